//! `okrsync bench board`: reading a board of many OKRs, at rest and while everything is refreshed.

use super::{
    simulate::{self, Simulator},
    sync::metric,
    table,
};
use crate::commands::seed::{CloudSite, Seed};
use anyhow::Context;
use okrsync_domain::{Clock, Random};
use okrsync_server::{App, Settings};
use okrsync_store::{Origin, RefreshScope};
use serde::Serialize;
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

/// Who reads.
const EMAIL: &str = "bench@okrsync.example";
/// OKRs on a page of the API.
const PAGE: usize = 100;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Key results, each with a link.
    #[arg(long, default_value_t = 10_000)]
    okrs: usize,
    #[command(flatten)]
    site: simulate::Args,
    /// Pages read for each row.
    #[arg(long, default_value_t = 200)]
    pages: usize,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// How long pages took.
#[derive(Debug, Serialize)]
struct Reads {
    board: &'static str,
    pages: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// Size of the web page as it was sent.
    kib: Option<usize>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let simulator = Simulator::start(&args.site).await?;
    let folder = tempfile::tempdir()?;
    let app = App::open(Settings::embedded(folder.path()), Clock::system(), Random::from_os()).await?;
    let password = app.random().bytes::<16>().map(|byte| format!("{byte:02x}")).concat();
    let seed = Seed::with_admin(&app, EMAIL, "Bench", &password).await?;
    let site = &simulator.site;
    let cloud = CloudSite {
        name: "Bench",
        addresses: [&site.server_url, &site.gateway_url],
        auth: [&site.email, &site.token],
        limits: [8, 1_000_000],
    };
    let connection = seed.limited_cloud(cloud).await?;
    for (number, jql) in site.queries.iter().cycle().take(args.okrs).enumerate() {
        let okr = seed.key_result(&format!("Key result {number}")).await?;
        seed.link(okr, connection, jql, metric(number), false).await?;
    }
    app.engine().pass().await;
    let rest = read(&seed, &args, "at rest").await?;
    app.store().request_refresh(RefreshScope::All, Origin::Person, app.clock().now()).await?;
    let engine = app.engine().clone();
    let refreshing = tokio::spawn(async move { engine.pass().await });
    let busy = read(&seed, &args, "while all is refreshed").await?;
    refreshing.await?;
    let pages = read_pages(&seed, &password, args.pages).await?;
    table::print(&format!("{} OKRs, {PAGE} a page, SQLite", args.okrs), &[rest, busy, pages], args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Walks through the board, from its start again where it ends.
async fn read(seed: &Seed, args: &Args, board: &'static str) -> anyhow::Result<Reads> {
    let (first, mut cursor, mut times) = (format!("/api/v1/okrs?limit={PAGE}"), None::<String>, Vec::new());
    for _ in 0..args.pages {
        let path = cursor.take().map_or_else(|| first.clone(), |cursor| format!("{first}&cursor={cursor}"));
        let begun = Instant::now();
        let page = seed.get(&path).await?;
        times.push(begun.elapsed());
        cursor = page["next_cursor"].as_str().map(ToOwned::to_owned);
        page["items"].as_array().context("no list of OKRs")?;
    }
    Ok(Reads::of(board, times))
}

/// Reads the board as browsers show it: up to a thousand OKRs are one page.
async fn read_pages(seed: &Seed, password: &str, times: usize) -> anyhow::Result<Reads> {
    let cookie = seed.sign_in(EMAIL, password).await?;
    let (mut taken, mut bytes) = (Vec::new(), 0);
    for _ in 0..times {
        let begun = Instant::now();
        bytes = seed.page("/", &cookie).await?;
        taken.push(begun.elapsed());
    }
    Ok(Reads { kib: Some(bytes / 1024), ..Reads::of("as the web page", taken) })
}

impl Reads {
    fn of(board: &'static str, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| millis(times[(times.len() * percent / 100).min(times.len() - 1)]);
        Self { board, pages: times.len(), p50_ms: at(50), p99_ms: at(99), max_ms: at(100), kib: None }
    }
}

/// To a hundredth.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}
