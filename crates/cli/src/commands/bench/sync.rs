//! `okrsync bench sync`: what refreshing many links costs, first and in a steady hour.

use super::{
    simulate::{self, Simulator},
    table, usage,
};
use crate::commands::seed::{CloudSite, Seed};
use chrono::TimeDelta;
use okrsync_domain::{Clock, Random, measure::Metric};
use okrsync_server::App;
use serde::Serialize;
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

/// A little more than the period, so that everything is due.
const AN_HOUR: TimeDelta = TimeDelta::minutes(61);
/// No benchmark is held up by it.
const BUDGET: u32 = 1_000_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Key results with a link, spread over the queries. They count issues, story points and hours in turn.
    #[arg(long, default_value_t = 500)]
    links: usize,
    #[command(flatten)]
    site: simulate::Args,
    /// Requests at once.
    #[arg(long, default_value_t = 8)]
    concurrency: u32,
    /// Percent of the issues that change in an hour.
    #[arg(long, default_value_t = 0.5)]
    changed_percent: f64,
    /// Steady hours after the first sync.
    #[arg(long, default_value_t = 2)]
    hours: u32,
    /// PostgreSQL instead of a new SQLite file: an empty database at `postgres://…`.
    #[arg(long)]
    database_url: Option<String>,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// What one pass cost.
#[derive(Debug, Serialize)]
struct Pass {
    run: String,
    queries: u64,
    failed: u64,
    /// Issues that matched, each as often as it matched.
    matched: u64,
    /// Issues that had changed before.
    changed: usize,
    requests: usize,
    searches: usize,
    kib: usize,
    wall_ms: u128,
    /// Requests × latency ÷ requests at once.
    waiting_ms: u128,
    cpu_ms: u128,
    matched_per_cpu_second: u64,
    peak_memory_mib: u64,
    /// What the database has grown to.
    stored_kib: u64,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut simulator = Simulator::start(&args.site).await?;
    let folder = tempfile::tempdir()?;
    let clock = Clock::manual(Clock::system().now());
    let settings = super::settings(folder.path(), args.database_url.as_deref());
    let app = App::open(settings, clock.clone(), Random::from_os()).await?;
    seed(&app, &args, &simulator).await?;
    simulator.traffic().await?;
    let mut passes = vec![pass(&app, &args, &mut simulator, "first", 0).await?];
    for hour in 1..=args.hours {
        clock.advance(AN_HOUR);
        simulator.advance(AN_HOUR).await?;
        let changed = simulator.change(args.changed_percent / 100.0).await?;
        passes.push(pass(&app, &args, &mut simulator, &format!("hour {hour}"), changed).await?);
    }
    let title = format!(
        "{} links over {} queries, {} issues, {} ms latency, {} requests at once",
        args.links, args.site.queries, args.site.issues, args.site.latency_ms, args.concurrency
    );
    table::print(&title, &passes, args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// What a link measures, in turn.
pub(crate) fn metric(number: usize) -> Metric {
    [Metric::Count, Metric::StoryPoints, Metric::TimeSpent][number % 3].clone()
}

/// One connection, and the links spread over its queries.
async fn seed(app: &App, args: &Args, simulator: &Simulator) -> anyhow::Result<()> {
    let (seed, site) = (Seed::new(app).await?, &simulator.site);
    let cloud = CloudSite {
        name: "Bench",
        addresses: [&site.server_url, &site.gateway_url],
        auth: [&site.email, &site.token],
        limits: [args.concurrency, BUDGET],
    };
    let connection = seed.limited_cloud(cloud).await?;
    for (number, jql) in site.queries.iter().cycle().take(args.links).enumerate() {
        let okr = seed.key_result(&format!("Key result {number}")).await?;
        seed.link(okr, connection, jql, metric(number), false).await?;
    }
    Ok(())
}

/// Runs all that is due and counts.
async fn pass(app: &App, args: &Args, simulator: &mut Simulator, name: &str, changed: usize) -> anyhow::Result<Pass> {
    let (cpu, begun) = (usage::cpu()?, Instant::now());
    let status = app.engine().pass().await;
    let (wall, cpu) = (begun.elapsed(), usage::cpu()?.saturating_sub(cpu));
    let traffic = simulator.traffic().await?;
    let waiting = u128::from(args.site.latency_ms) * traffic.requests as u128 / u128::from(args.concurrency.max(1));
    Ok(Pass {
        run: name.to_owned(),
        queries: status.done,
        failed: status.failed,
        matched: status.issues,
        changed,
        requests: traffic.requests,
        searches: traffic.searches,
        kib: traffic.bytes / 1024,
        wall_ms: wall.as_millis(),
        waiting_ms: waiting,
        cpu_ms: cpu.as_millis(),
        matched_per_cpu_second: per_second(status.issues, cpu),
        peak_memory_mib: usage::peak_memory()? / (1024 * 1024),
        stored_kib: app.store().size().await? / 1024,
    })
}

pub(crate) fn per_second(number: u64, time: Duration) -> u64 {
    let millis = time.as_millis().max(1);
    u64::try_from(u128::from(number) * 1000 / millis).unwrap_or(u64::MAX)
}
