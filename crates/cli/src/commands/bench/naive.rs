//! `okrsync bench naive`: the work of `bench sync` done by plain paging with the same client, for the ratio.

use super::{
    simulate::{self, Simulator},
    sync::metric,
    table, usage,
};
use okrsync_connections::{Credential, Site, SiteConfig, Wanted};
use okrsync_domain::{Clock, Random, catalogue::story_points_fields, connection::Deployment};
use serde::Serialize;
use std::{process::ExitCode, time::Instant};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Links, each of which pages through its query with the fields of its metric, one request after the other.
    #[arg(long, default_value_t = 500)]
    links: usize,
    #[command(flatten)]
    site: simulate::Args,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// What one hour costs, every hour alike.
#[derive(Debug, Serialize)]
struct Hour {
    run: &'static str,
    links: usize,
    matched: u64,
    requests: usize,
    kib: usize,
    wall_ms: u128,
    cpu_ms: u128,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut simulator = Simulator::start(&args.site).await?;
    let (url, email) = (simulator.site.server_url.parse()?, simulator.site.email.clone());
    let credential = Credential::ApiToken { email, token: simulator.site.token.clone().into() };
    let config = SiteConfig { requests_per_second: 1000, ..SiteConfig::new(url, Deployment::Cloud, credential) };
    let site = Site::open(config, Clock::system(), Random::from_os())?;
    let points = story_points_fields(&site.fields().await?);
    simulator.traffic().await?;
    let (cpu, begun, mut matched) = (usage::cpu()?, Instant::now(), 0);
    for (number, jql) in simulator.site.queries.iter().cycle().take(args.links).enumerate() {
        let mut pages = site.search(jql, &Wanted::for_metrics(&[(&metric(number), &points)]));
        while pages.next().await?.is_some() {}
        matched += pages.read();
    }
    let (wall_ms, cpu) = (begun.elapsed().as_millis(), usage::cpu()?.saturating_sub(cpu));
    let traffic = simulator.traffic().await?;
    let (requests, kib) = (traffic.requests, traffic.bytes / 1024);
    let hour = Hour { run: "naive", links: args.links, matched, requests, kib, wall_ms, cpu_ms: cpu.as_millis() };
    let title = format!(
        "{} links over {} queries, {} issues, {} ms latency, one request at a time",
        args.links, args.site.queries, args.site.issues, args.site.latency_ms
    );
    table::print(&title, &[hour], args.json)?;
    Ok(ExitCode::SUCCESS)
}
