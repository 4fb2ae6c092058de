//! `okrsync demo`: everything on one machine, with simulated Jira sites that people work on.

mod data;
mod state;

use super::serve;
use crate::output;
use anyhow::Context;
use okrsync_domain::{Clock, Random, refresh::RefreshState};
use okrsync_jira_sim::{
    SimClock,
    scenario::{Northwind, ScenarioOptions, SiteName},
};
use okrsync_server::{App, Settings};
use okrsync_store::{Origin, RefreshScope};
use state::State;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Minutes between refreshes in the demo, so that the board moves while one watches.
const PERIOD_MINUTES: u32 = 5;
/// Seconds between two things that the simulated people do.
const PACE: Duration = Duration::from_secs(15);
/// Longest wait for the first sync before the Halden plant refuses its sign-in.
const FIRST_SYNC: Duration = Duration::from_mins(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Forgets the data of earlier runs.
    #[arg(long)]
    fresh: bool,
}

pub(crate) async fn run(config: Option<&Path>, args: Args) -> anyhow::Result<ExitCode> {
    let (settings, folder) = settings(config)?;
    if args.fresh && folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    okrsync_server::telemetry::start(&settings.log)?;
    let clock = Clock::system();
    let app = App::open(settings, clock.clone(), Random::from_os()).await?;
    let listener = serve::listen(&app).await?;
    let (mut state, is_new) = State::load_or_make(&folder, &app)?;
    let northwind = start_sites(&state, clock).await?;
    if is_new {
        state.api_token = data::write(&app, &northwind, &state).await?;
        state.save(&folder)?;
    }
    let stop = serve::until_signal()?;
    let life = tokio::spawn(live(app.clone(), northwind.clone(), state.clone(), folder.clone(), is_new, stop.clone()));
    announce(&app, &northwind, &state, &folder);
    okrsync_server::serve(app, listener, stop.clone()).await?;
    stop.cancel();
    life.await??;
    Ok(ExitCode::SUCCESS)
}

/// The demo's own folder, beside the data of a real installation; the address is that of the settings.
fn settings(config: Option<&Path>) -> anyhow::Result<(Settings, PathBuf)> {
    let real = Settings::load(config)?;
    let folder = real.data_dir.join("demo");
    let mut settings = Settings::embedded(&folder);
    settings.listen = real.listen;
    settings.public_url = real.public_url;
    settings.log = real.log;
    settings.sync.period_minutes = PERIOD_MINUTES;
    Ok((settings, folder))
}

/// The four sites, as the simulated people left them.
async fn start_sites(state: &State, clock: Clock) -> anyhow::Result<Northwind> {
    let options = ScenarioOptions {
        seed: state.seed,
        today: state.first_day,
        clock: SimClock::following(move || clock.now()),
        first_port: state.first_port,
        ..ScenarioOptions::default()
    };
    Northwind::start(options).await.with_context(|| {
        let last = state.first_port + 3;
        format!("the simulated Jira sites need ports {} to {last}: is another demo running?", state.first_port)
    })
}

/// People work on the sites until the demo ends; how far they came is kept for the next run.
async fn live(
    app: App,
    northwind: Northwind,
    mut state: State,
    folder: PathBuf,
    is_new: bool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut people = northwind.live();
    for _ in 0..state.steps {
        people.step()?;
    }
    if is_new {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            done = first_sync(&app) => done?,
        }
    }
    northwind.refuse_halden();
    let halden = data::connection_named(&app, SiteName::Halden.title()).await?;
    if let Some(halden) = halden {
        app.store().request_refresh(RefreshScope::Connection(halden), Origin::Person, app.clock().now()).await?;
        app.engine().wake();
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => return state.save(&folder),
            () = tokio::time::sleep(PACE) => {}
        }
        people.step()?;
        state.steps += 1;
    }
}

/// Waits until every link was measured once.
async fn first_sync(app: &App) -> anyhow::Result<()> {
    let Some(request) = app.store().request_refresh(RefreshScope::All, Origin::Link, app.clock().now()).await? else {
        return Ok(());
    };
    app.engine().wake();
    let refresh = app.engine().wait(request.id, FIRST_SYNC).await?;
    if refresh.is_none_or(|refresh| refresh.state != RefreshState::Done) {
        tracing::warn!("not every key result of the demo could be measured");
    }
    Ok(())
}

/// Says what to open and how to sign in.
fn announce(app: &App, northwind: &Northwind, state: &State, folder: &Path) {
    let address = app.settings().listen;
    output::line(format_args!(
        "okrsync demo is ready.\n\n  \
         Board    http://{address}\n  \
         Sign in  {} with the password {}\n  \
         API      http://{address}/api/docs with the token {}",
        data::EMAIL,
        state.password,
        state.api_token,
    ));
    for (number, plan) in northwind.connections().into_iter().enumerate() {
        let label = if number == 0 { "Jira" } else { "" };
        output::line(format_args!("  {label:<8} {} ({}, simulated)", plan.server_url, plan.name));
    }
    output::line(format_args!(
        "  Data     {} (kept; `--fresh` starts anew)\n\n\
         People work on the simulated sites; the board follows every {PERIOD_MINUTES} minutes and on its refresh buttons.\n\
         Ctrl+C ends the demo.",
        folder.display()
    ));
}
