//! `okrsync bench sync`: what refreshing many links costs, first and an hour later.

use super::{simulate, usage};
use crate::{commands::seed::Seed, output};
use chrono::TimeDelta;
use okrsync_domain::{Clock, Random, measure::Metric};
use okrsync_server::{App, Settings};
use serde::Serialize;
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Key results with a link.
    #[arg(long, default_value_t = 500)]
    links: usize,
    #[command(flatten)]
    site: simulate::Args,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// What one pass cost.
#[derive(Debug, Serialize)]
struct Pass {
    name: &'static str,
    queries: u64,
    failed: u64,
    requests: u64,
    issues: u64,
    issues_per_second: u64,
    wall_ms: u128,
    cpu_ms: u128,
    peak_memory_mib: u64,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (_simulator, site) = simulate::start(&args.site).await?;
    let folder = tempfile::tempdir()?;
    let clock = Clock::manual(Clock::system().now());
    let app = App::open(Settings::embedded(folder.path()), clock.clone(), Random::from_os()).await?;
    seed(&app, &args, &site).await?;
    let first = pass(&app, "first").await?;
    clock.advance(TimeDelta::minutes(61));
    let second = pass(&app, "an hour later").await?;
    print(&args, &[first, second])?;
    Ok(ExitCode::SUCCESS)
}

/// One connection, and the links spread over its queries.
async fn seed(app: &App, args: &Args, site: &simulate::Announcement) -> anyhow::Result<()> {
    let seed = Seed::new(app).await?;
    let connection = seed.cloud("Bench", [&site.server_url, &site.gateway_url], [&site.email, &site.token]).await?;
    for (number, jql) in site.queries.iter().cycle().take(args.links).enumerate() {
        let okr = seed.key_result(&format!("Key result {number}")).await?;
        seed.link(okr, connection, jql, Metric::Count, false).await?;
    }
    Ok(())
}

/// Runs all that is due and counts.
async fn pass(app: &App, name: &'static str) -> anyhow::Result<Pass> {
    let (cpu, begun) = (usage::cpu()?, Instant::now());
    let status = app.engine().pass().await;
    let wall = begun.elapsed();
    Ok(Pass {
        name,
        queries: status.done,
        failed: status.failed,
        requests: status.requests,
        issues: status.issues,
        issues_per_second: per_second(status.issues, wall),
        wall_ms: wall.as_millis(),
        cpu_ms: (usage::cpu()?.saturating_sub(cpu)).as_millis(),
        peak_memory_mib: usage::peak_memory()? / (1024 * 1024),
    })
}

fn per_second(number: u64, time: Duration) -> u64 {
    let millis = time.as_millis().max(1);
    u64::try_from(u128::from(number) * 1000 / millis).unwrap_or(u64::MAX)
}

fn print(args: &Args, passes: &[Pass]) -> anyhow::Result<()> {
    if args.json {
        output::line(serde_json::to_string_pretty(passes)?);
        return Ok(());
    }
    output::line(format_args!(
        "{} links over {} queries, {} issues, {} ms latency, SQLite",
        args.links, args.site.queries, args.site.issues, args.site.latency_ms
    ));
    let head = ["pass", "queries", "failed", "requests", "issues", "issues/s", "wall ms", "CPU ms", "peak MiB"];
    output::line(format_args!(
        "{:<14}{:>9}{:>8}{:>10}{:>9}{:>10}{:>9}{:>8}{:>10}",
        head[0], head[1], head[2], head[3], head[4], head[5], head[6], head[7], head[8]
    ));
    for pass in passes {
        output::line(format_args!(
            "{:<14}{:>9}{:>8}{:>10}{:>9}{:>10}{:>9}{:>8}{:>10}",
            pass.name,
            pass.queries,
            pass.failed,
            pass.requests,
            pass.issues,
            pass.issues_per_second,
            pass.wall_ms,
            pass.cpu_ms,
            pass.peak_memory_mib
        ));
    }
    Ok(())
}
