//! `okrsync refresh`: asks Jira again, now, and shows how far it has come.
//!
//! The command works on the database itself: a running service and this process share the work by leases.

use crate::output;
use anyhow::bail;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use okrsync_domain::{OkrId, RefreshId, refresh::RefreshState};
use okrsync_server::App;
use okrsync_store::{Origin, RefreshScope};
use std::{collections::BTreeMap, path::Path, process::ExitCode, time::Duration};
use tokio_util::sync::CancellationToken;

/// Time between two looks at the refreshes under way.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(crate) struct Args {
    /// Ids of objectives or key results; an objective stands for all below it.
    #[arg(group = "what", value_name = "OKR")]
    okrs: Vec<OkrId>,
    /// Every linked query of every connection.
    #[arg(long, group = "what")]
    all: bool,
}

pub(crate) async fn run(config: Option<&Path>, args: Args) -> anyhow::Result<ExitCode> {
    let app = super::open(config).await?;
    if !app.store().organisation().await?.jira_enabled {
        bail!("the Jira integration is switched off: values stay as they are until an admin switches it on");
    }
    let scope = if args.all { RefreshScope::All } else { RefreshScope::Okrs(with_descendants(&app, args.okrs).await?) };
    let Some(request) = app.store().request_refresh(scope, Origin::Person, app.clock().now()).await? else {
        output::line("Nothing to refresh: no data source is connected.");
        return Ok(ExitCode::SUCCESS);
    };
    let ids = request.refreshes.iter().map(|(_, refresh)| *refresh).collect();
    let stop = CancellationToken::new();
    let engine = tokio::spawn({
        let (engine, stop) = (app.engine().clone(), stop.clone());
        async move { engine.run(stop).await }
    });
    app.engine().wake();
    let watched = watch(&app, ids).await;
    stop.cancel();
    engine.await??;
    report(&app, request.id, watched?).await
}

/// The OKRs and all below them.
async fn with_descendants(app: &App, okrs: Vec<OkrId>) -> anyhow::Result<Vec<OkrId>> {
    let mut all = vec![];
    for id in okrs {
        app.store().get_okr(id).await?;
        all.push(id);
        all.extend(app.store().descendants(id).await?);
    }
    Ok(all)
}

/// What became of each refresh.
#[derive(Default)]
struct Ended {
    done: u64,
    failed: u64,
    requests: u64,
    issues: u64,
}

/// Shows a bar for each refresh under way and one for all, until every one has ended.
async fn watch(app: &App, mut open: Vec<RefreshId>) -> anyhow::Result<Ended> {
    let bars = MultiProgress::new();
    let all = bars.add(ProgressBar::new(open.len() as u64).with_style(style("{pos}/{len} queries")?));
    let mut running: BTreeMap<RefreshId, ProgressBar> = BTreeMap::new();
    let mut ended = Ended::default();
    while !open.is_empty() {
        let mut still_open = vec![];
        for id in open {
            let Some(refresh) = app.store().find_refresh(id).await? else { continue };
            match refresh.state {
                RefreshState::Done | RefreshState::Failed => {
                    let counter = if refresh.state == RefreshState::Done { &mut ended.done } else { &mut ended.failed };
                    *counter += 1;
                    ended.requests += refresh.requests;
                    ended.issues += refresh.issues;
                    all.inc(1);
                    if let Some(bar) = running.remove(&id) {
                        bar.finish_and_clear();
                    }
                }
                RefreshState::Running => {
                    let bar = running.entry(id).or_insert_with(|| bars.add(ProgressBar::new(0)));
                    bar.set_style(style("{pos}/{len} issues, {eta} left")?);
                    bar.set_length(refresh.total.unwrap_or(refresh.done));
                    bar.set_position(refresh.done);
                    still_open.push(id);
                }
                RefreshState::Queued => still_open.push(id),
            }
        }
        open = still_open;
        tokio::time::sleep(LOOK).await;
    }
    all.finish_and_clear();
    Ok(ended)
}

fn style(counts: &str) -> anyhow::Result<ProgressStyle> {
    Ok(ProgressStyle::with_template(&format!("[{{bar:32}}] {counts}"))?.progress_chars("=> "))
}

/// Sums up, and names what failed with its cure.
async fn report(app: &App, id: RefreshId, ended: Ended) -> anyhow::Result<ExitCode> {
    for outcome in app.store().refresh_outcomes(id).await? {
        if let Some(problem) = outcome.error {
            output::note(format_args!("failed: {}", problem.message));
            if let Some(hint) = problem.hint {
                output::note(format_args!("  hint: {hint}"));
            }
        }
    }
    output::line(format_args!(
        "{} of {} queries measured: {} issues with {} requests.",
        ended.done,
        ended.done + ended.failed,
        ended.issues,
        ended.requests
    ));
    Ok(if ended.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
