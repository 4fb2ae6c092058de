//! `okrsync bench webhook`: from an event in Jira to the readings that it moves, with many queries on the connection.

use super::{
    simulate::{self, Simulator, Touched},
    sync::metric,
    table,
};
use crate::commands::seed::{CloudSite, Seed};
use anyhow::{Context, bail};
use okrsync_domain::{Clock, OkrId, Random};
use okrsync_scheduler::events::{Event, Subscription};
use okrsync_server::App;
use serde::Serialize;
use std::{
    collections::HashSet,
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, time};
use tokio_util::sync::CancellationToken;

/// No event takes longer unless it was lost.
const LONGEST: Duration = Duration::from_mins(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    site: simulate::Args,
    /// Events, one after another: each begins when the one before has moved everything that it should.
    #[arg(long, default_value_t = 100)]
    events: usize,
    /// Milliseconds between two events.
    #[arg(long, default_value_t = 500)]
    pause_ms: u64,
    /// Requests at once.
    #[arg(long, default_value_t = 8)]
    concurrency: u32,
    /// PostgreSQL instead of a new SQLite file: an empty database at `postgres://…`.
    #[arg(long)]
    database_url: Option<String>,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// How long events took until all the readings that they move were stored.
#[derive(Debug, Serialize)]
struct Latencies {
    database: &'static str,
    queries: usize,
    events: usize,
    /// Queries that an event concerns, on average.
    affected: f64,
    /// Requests to Jira for an event, on average.
    requests: f64,
    p50_ms: u128,
    p95_ms: u128,
    max_ms: u128,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut simulator = Simulator::start(&args.site).await?;
    let folder = tempfile::tempdir()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut settings = super::settings(folder.path(), args.database_url.as_deref());
    settings.listen = listener.local_addr()?;
    settings.sync.backfill = false;
    let app = App::open(settings, Clock::system(), Random::from_os()).await?;
    let okrs = seed(&app, &args, &mut simulator).await?;
    app.engine().pass().await;
    let stop = CancellationToken::new();
    let serving = tokio::spawn(okrsync_server::serve(app.clone(), listener, stop.clone()));
    simulator.traffic().await?;
    let found = measure(&app, &args, &mut simulator, &okrs).await;
    stop.cancel();
    serving.await??;
    let title = format!(
        "{} queries over {} issues, {} ms latency, {} requests at once",
        okrs.len(),
        args.site.issues,
        args.site.latency_ms,
        args.concurrency
    );
    table::print(&title, &[found?], args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// A key result for each query, and a webhook; the key results in the order of the queries.
async fn seed(app: &App, args: &Args, simulator: &mut Simulator) -> anyhow::Result<Vec<OkrId>> {
    let (seed, site) = (Seed::new(app).await?, &simulator.site);
    let cloud = CloudSite {
        name: "Bench",
        addresses: [&site.server_url, &site.gateway_url],
        auth: [&site.email, &site.token],
        limits: [args.concurrency, 1_000_000],
    };
    let connection = seed.limited_cloud(cloud).await?;
    let mut okrs = Vec::new();
    for (number, jql) in site.queries.iter().enumerate() {
        let okr = seed.key_result(&format!("Key result {number}")).await?;
        seed.link(okr, connection, jql, metric(number), false).await?;
        okrs.push(okr);
    }
    let hook = seed.post(&format!("/api/v1/connections/{connection}/webhook"), &serde_json::Value::Null).await?;
    let text = |name: &str| hook[name].as_str().map(ToOwned::to_owned).context("no webhook was set up");
    simulator.hook(text("url")?, text("signing_secret")?).await?;
    Ok(okrs)
}

async fn measure(app: &App, args: &Args, simulator: &mut Simulator, okrs: &[OkrId]) -> anyhow::Result<Latencies> {
    let (mut times, mut affected) = (Vec::new(), 0);
    for _ in 0..args.events {
        time::sleep(Duration::from_millis(args.pause_ms)).await;
        let mut events = app.engine().events().subscribe(None);
        let begun = Instant::now();
        let Touched { queries } = simulator.touch().await?;
        let waiting = queries.iter().filter_map(|number| okrs.get(*number).copied()).collect();
        affected += queries.len();
        time::timeout(LONGEST, moved(&mut events, waiting)).await.context("an event moved nothing")??;
        times.push(begun.elapsed());
    }
    let requests = simulator.traffic().await?.requests;
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_millis();
    Ok(Latencies {
        database: if args.database_url.is_some() { "PostgreSQL" } else { "SQLite" },
        queries: okrs.len(),
        events: times.len(),
        affected: average(affected, times.len()),
        requests: average(requests, times.len()),
        p50_ms: at(50),
        p95_ms: at(95),
        max_ms: at(100),
    })
}

/// To a tenth.
fn average(sum: usize, number: usize) -> f64 {
    let tenths = (sum * 10 + number / 2) / number.max(1);
    f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0
}

/// Waits until all these key results were measured.
async fn moved(events: &mut Subscription, mut waiting: HashSet<OkrId>) -> anyhow::Result<()> {
    while !waiting.is_empty() {
        match events.next().await.map(|event| event.event) {
            Some(Event::OkrUpdated { okr_id }) => drop(waiting.remove(&okr_id)),
            Some(Event::Missed) | None => bail!("events were missed"),
            Some(_) => {}
        }
    }
    Ok(())
}
