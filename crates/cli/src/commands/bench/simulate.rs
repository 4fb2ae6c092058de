//! A simulated Jira in a process of its own, so that its cost is not counted as ours. It counts what it is asked.

use crate::output;
use anyhow::{Context, bail};
use chrono::TimeDelta;
use okrsync_domain::Clock;
use okrsync_jira_sim::{JiraSim, SimClock, SiteOptions, scenario::bulk};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    process::{ExitCode, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines, stdin},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// Issues are this old when a benchmark begins.
const AGE: TimeDelta = TimeDelta::days(30);
/// The query that matches all.
const EVERYTHING: &str = "project is not EMPTY";

/// What to simulate.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)] // `bench sync` takes these among its own
pub(crate) struct Args {
    /// Issues of the site.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) issues: usize,
    /// Distinct queries over them; 0 for one that matches them all.
    #[arg(long, default_value_t = 100)]
    pub(crate) queries: usize,
    /// Issues that a query matches on average, at most 5,000 each.
    #[arg(long, default_value_t = 2000)]
    pub(crate) per_query: usize,
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

/// What it was asked since the last count.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Traffic {
    pub(crate) requests: usize,
    /// Searches among them.
    pub(crate) searches: usize,
    /// Bytes of all answers' bodies.
    pub(crate) bytes: usize,
}

/// What it is told, a line of JSON each; it answers with one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// Time passes.
    Advance { seconds: i64 },
    /// A share of the issues changes; answers how many.
    Change { share: f64 },
    /// Answers [`Traffic`] and counts anew.
    Count,
    /// Tells of changes at an address from now on.
    Hook { url: String, secret: String },
    /// One issue changes; answers [`Touched`].
    Touch,
}

/// The queries that match an issue that changed, by their numbers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Touched {
    pub(crate) queries: Vec<usize>,
}

/// Serves until standard input closes.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let latency = Duration::from_millis(args.latency_ms);
    let clock = SimClock::manual(Clock::system().now() - AGE);
    let options = SiteOptions { latency, clock: clock.clone(), keep_bodies: false, ..SiteOptions::default() };
    let site = JiraSim::cloud(options).await?;
    let (issues, per_query) = (args.issues, args.per_query);
    let filled = bulk::Bulk { issues, queries: args.queries, per_query, ..bulk::Bulk::default() };
    let mut queries = bulk::fill(&site, &filled)?;
    if queries.is_empty() {
        queries.push(EVERYTHING.to_owned());
    }
    clock.advance(AGE);
    let account = site.account();
    let announcement = Announcement {
        server_url: site.base_url(),
        gateway_url: site.gateway_url(),
        token: site.token(&account),
        email: account.email,
        queries,
    };
    output::line(serde_json::to_string(&announcement)?);
    let mut orders = BufReader::new(stdin()).lines();
    let mut touched = 0;
    while let Some(line) = orders.next_line().await? {
        output::line(obey(&site, &clock, &mut touched, serde_json::from_str(&line)?)?);
    }
    Ok(ExitCode::SUCCESS)
}

/// Issues between two that change: so that one event has little to do with the next.
const STRIDE: usize = 997;

fn obey(site: &JiraSim, clock: &SimClock, touched: &mut usize, order: Order) -> anyhow::Result<String> {
    Ok(match order {
        Order::Advance { seconds } => {
            clock.advance(TimeDelta::seconds(seconds));
            serde_json::to_string(&seconds)?
        }
        Order::Change { share } => serde_json::to_string(&bulk::change(site, share, site.revision())?)?,
        Order::Count => {
            let ledger = site.ledger();
            let (requests, searches, bytes) = (ledger.len(), ledger.count("/search"), ledger.bytes_out());
            ledger.clear();
            serde_json::to_string(&Traffic { requests, searches, bytes })?
        }
        Order::Hook { url, secret } => {
            site.add_webhook(&url, Some(&secret), None)?;
            serde_json::to_string(&url)?
        }
        Order::Touch => {
            *touched += STRIDE;
            serde_json::to_string(&Touched { queries: bulk::touch(site, *touched)? })?
        }
    })
}

/// The simulator beside this process; it ends with this value.
pub(crate) struct Simulator {
    pub(crate) site: Announcement,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Simulator {
    pub(crate) async fn start(args: &Args) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program cannot be found again")?;
        let mut process = Command::new(program)
            .args(["simulate", "--issues", &args.issues.to_string(), "--queries", &args.queries.to_string()])
            .args(["--per-query", &args.per_query.to_string(), "--latency-ms", &args.latency_ms.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let orders = process.stdin.take().context("the simulator has no input")?;
        let out = process.stdout.take().context("the simulator has no output")?;
        let mut answers = BufReader::new(out).lines();
        let site = answer(&mut answers).await?;
        Ok(Self { site, orders, answers, _process: process })
    }

    async fn tell<T: DeserializeOwned>(&mut self, order: Order) -> anyhow::Result<T> {
        self.orders.write_all(format!("{}\n", serde_json::to_string(&order)?).as_bytes()).await?;
        answer(&mut self.answers).await
    }

    /// Lets time pass there.
    pub(crate) async fn advance(&mut self, by: TimeDelta) -> anyhow::Result<()> {
        self.tell::<i64>(Order::Advance { seconds: by.num_seconds() }).await.map(drop)
    }

    /// Changes a share of the issues; how many those were.
    pub(crate) async fn change(&mut self, share: f64) -> anyhow::Result<usize> {
        self.tell(Order::Change { share }).await
    }

    /// From now on it tells of changes.
    pub(crate) async fn hook(&mut self, url: String, secret: String) -> anyhow::Result<()> {
        self.tell::<String>(Order::Hook { url, secret }).await.map(drop)
    }

    /// Changes one issue.
    pub(crate) async fn touch(&mut self) -> anyhow::Result<Touched> {
        self.tell(Order::Touch).await
    }

    /// What it was asked since the last time.
    pub(crate) async fn traffic(&mut self) -> anyhow::Result<Traffic> {
        self.tell(Order::Count).await
    }
}

async fn answer<T: DeserializeOwned>(answers: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<T> {
    match answers.next_line().await? {
        Some(line) => Ok(serde_json::from_str(&line)?),
        None => bail!("the simulator has ended"),
    }
}
