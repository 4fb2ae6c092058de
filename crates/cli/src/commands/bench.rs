//! `okrsync bench`: counts, bytes and ratios against the simulated Jira, which runs in a process of its own; and how often
//! forecasts come true.

mod board;
mod forecast;
mod naive;
pub(crate) mod simulate;
mod sync;
mod table;
mod usage;
mod webhook;

use clap::Subcommand;
use okrsync_domain::Random;
use okrsync_server::{Settings, config::new_key, telemetry};
use std::{path::Path, process::ExitCode};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Refreshes many links: the first sync, and steady hours in which some issues change.
    Sync(sync::Args),
    /// Forecasts simulated projects and counts how often they come true.
    Forecast(forecast::Args),
    /// The same work by plain paging with the same client, for the ratio.
    Naive(naive::Args),
    /// From an event in Jira to the readings that it moves, with many queries on the connection.
    Webhook(webhook::Args),
    /// Reads a board of many OKRs, at rest and while everything is refreshed.
    Board(board::Args),
}

pub(crate) async fn run(config: Option<&Path>, command: Command) -> anyhow::Result<ExitCode> {
    // so that what fails in a measured run is not only counted
    telemetry::start(&Settings::load(config)?.log)?;
    match command {
        Command::Sync(args) => Box::pin(sync::run(args)).await,
        Command::Forecast(args) => forecast::run(&args),
        Command::Naive(args) => naive::run(args).await,
        Command::Webhook(args) => Box::pin(webhook::run(args)).await,
        Command::Board(args) => Box::pin(board::run(args)).await,
    }
}

/// A new SQLite file in a folder, or an empty database at `postgres://…`. Either seals with a key of its own.
fn settings(folder: &Path, database_url: Option<&str>) -> Settings {
    let mut settings = Settings::embedded(folder);
    settings.secret_key = Some(new_key(&Random::from_os()));
    if let Some(url) = database_url {
        settings.database_url = url.to_owned().into();
    }
    settings
}
