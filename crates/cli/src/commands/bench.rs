//! `okrsync bench`: counts, bytes and ratios against the simulated Jira, which runs in a process of its own; and how often
//! forecasts come true.

mod forecast;
pub(crate) mod simulate;
mod sync;
mod usage;

use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Refreshes many links: the first pass, and the same an hour later.
    Sync(sync::Args),
    /// Forecasts simulated projects and counts how often they come true.
    Forecast(forecast::Args),
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Sync(args) => sync::run(args).await,
        Command::Forecast(args) => forecast::run(&args),
    }
}
