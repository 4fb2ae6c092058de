//! A simulated Jira in a process of its own, so that its cost is not counted as ours.

use crate::output;
use anyhow::{Context, bail};
use okrsync_jira_sim::{JiraSim, SimClock, SiteOptions, scenario::bulk};
use serde::{Deserialize, Serialize};
use std::{
    process::{ExitCode, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
};

/// What to simulate.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)] // `bench sync` takes these among its own
pub(crate) struct Args {
    /// Issues of the site.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) issues: usize,
    /// Distinct queries over them.
    #[arg(long, default_value_t = 100)]
    pub(crate) queries: usize,
    /// Milliseconds until each answer.
    #[arg(long, default_value_t = 20)]
    pub(crate) latency_ms: u64,
}

/// How to reach it: one line of JSON on its standard output.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Announcement {
    pub(crate) server_url: String,
    pub(crate) gateway_url: String,
    pub(crate) email: String,
    pub(crate) token: String,
    pub(crate) queries: Vec<String>,
}

/// Serves until standard input closes.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let latency = Duration::from_millis(args.latency_ms);
    let options = SiteOptions { latency, clock: SimClock::wall(), keep_bodies: false, ..SiteOptions::default() };
    let site = JiraSim::cloud(options).await?;
    let queries =
        bulk::fill(&site, &bulk::Bulk { issues: args.issues, queries: args.queries, ..bulk::Bulk::default() })?;
    let account = site.account();
    let announcement = Announcement {
        server_url: site.base_url(),
        gateway_url: site.gateway_url(),
        token: site.token(&account),
        email: account.email,
        queries,
    };
    output::line(serde_json::to_string(&announcement)?);
    tokio::io::stdin().read_to_end(&mut vec![]).await?;
    Ok(ExitCode::SUCCESS)
}

/// Starts the simulator beside this process; it ends with the returned child.
pub(crate) async fn start(args: &Args) -> anyhow::Result<(Child, Announcement)> {
    let program = std::env::current_exe().context("this program cannot be found again")?;
    let mut child = Command::new(program)
        .args(["simulate", "--issues", &args.issues.to_string(), "--queries", &args.queries.to_string()])
        .args(["--latency-ms", &args.latency_ms.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let out = child.stdout.take().context("the simulator has no output")?;
    let mut line = String::new();
    if BufReader::new(out).read_line(&mut line).await? == 0 {
        bail!("the simulator ended before it was ready");
    }
    Ok((child, serde_json::from_str(&line)?))
}
