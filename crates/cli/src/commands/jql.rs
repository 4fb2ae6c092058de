//! `okrsync jql check`: shows what is wrong with a query and what it means, as a compiler would.

mod report;

use crate::output;
use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use okrsync_domain::{Clock, connection::Connection};
use okrsync_jql::lint::{self, Measured};
use okrsync_scheduler::check::{JqlCheck, Question};
use okrsync_store::Page;
use report::Report;
use std::{io::Read, path::Path, process::ExitCode};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Checks one query; exit code 1 if it is wrong. What it means, though it may not be meant, is only a warning.
    Check(Check),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// File that holds the query, or - for standard input.
    file: String,
    /// Name or id of a connection: names are compared with what its site has, and its Jira gives its verdict.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// What is made of the matches.
    #[arg(long, value_enum, default_value_t = Measure::Percent)]
    measure: Measure,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Measure {
    /// Completed over all.
    Percent,
    /// A KPI over all matches.
    Kpi,
    /// A KPI over completed matches.
    KpiCompleted,
}

impl From<Measure> for Measured {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::Percent => Self::PercentComplete,
            Measure::Kpi => Self::All,
            Measure::KpiCompleted => Self::CompletedOnly,
        }
    }
}

pub(crate) async fn run(config: Option<&Path>, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Check(args) = command;
    let text = read(&args.file)?;
    let text = text.trim_end();
    let check = match &args.connection {
        Some(name) => on_site(config, name, text, args.measure.into()).await?,
        None => alone(text, args.measure.into()),
    };
    let path = if args.file == "-" { "standard input" } else { &args.file };
    Report { path, text }.print(&check);
    if let Some(canonical) = check.canonical.as_ref().filter(|_| check.is_valid()) {
        output::line(canonical);
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// What can be said without any site.
fn alone(text: &str, measured: Measured) -> JqlCheck {
    let mut check = JqlCheck::of_text(text);
    if let Ok(query) = okrsync_jql::parse(text) {
        let now = Clock::system().now().with_timezone(&chrono_tz::UTC);
        let context = lint::Context { measured: Some(measured), asked_at: Some(now), ..lint::Context::default() };
        check.lints = lint::check(text, &query, &context);
    }
    check
}

/// The same with a connection's site, as the API says it.
async fn on_site(config: Option<&Path>, name: &str, text: &str, measured: Measured) -> anyhow::Result<JqlCheck> {
    let app = super::open(config).await?;
    let now = app.clock().now();
    let all: Vec<Connection> =
        app.store().connections(None, now, Page::all()).await?.items.into_iter().map(|it| it.connection).collect();
    let Some(connection) = all.iter().find(|it| it.name == name || it.id.to_string() == name) else {
        let names: Vec<&str> = all.iter().map(|connection| connection.name.as_str()).collect();
        bail!("there is no connection `{name}`; there are: {}", names.join(", "));
    };
    let question = Question { jql: text, connection: Some(connection), measured, ask_jira: true };
    Ok(app.engine().check_jql(&question).await?)
}

fn read(file: &str) -> anyhow::Result<String> {
    if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input could not be read")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("{file} could not be read"))
}
