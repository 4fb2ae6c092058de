//! The `okrsync` command: one binary, one subcommand per role.

mod commands;
mod output;

use clap::{Parser, Subcommand};
use commands::{bench, demo, doctor, export, jql, key, migrate, refresh, serve, token, user};
use std::{path::PathBuf, process::ExitCode};

/// Keeps objectives and key results true: measures Jira queries, proves every number, explains every move.
#[derive(Debug, Parser)]
#[command(name = "okrsync", version, about, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    /// Settings file in TOML; environment variables OKRSYNC_… win over it.
    #[arg(long, global = true, env = "OKRSYNC_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the service: web pages, REST API and the refresh of all links.
    Serve(serve::Args),
    /// Runs everything on this machine with simulated Jira sites and a lively data set.
    Demo(demo::Args),
    /// Brings the database up to date and ends.
    Migrate,
    /// Checks a deployment and names the cure for what is wrong.
    Doctor,
    /// Manages people.
    #[command(subcommand)]
    User(user::Command),
    /// Manages personal API tokens.
    #[command(subcommand)]
    Token(token::Command),
    /// Manages the keys that seal Jira's secrets at rest.
    #[command(subcommand)]
    Key(key::Command),
    /// Asks Jira again, now, and shows how far it has come.
    Refresh(refresh::Args),
    /// Writes out what is stored.
    #[command(subcommand)]
    Export(export::Command),
    /// Works with JQL texts.
    #[command(subcommand)]
    Jql(jql::Command),
    /// Measures okrsync against the simulated Jira and prints counts and ratios.
    #[command(subcommand)]
    Bench(bench::Command),
    /// Serves a simulated Jira for `bench`; ends when its standard input closes.
    #[command(hide = true)]
    Simulate(bench::simulate::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::failure(&error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => output::failure(&error),
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let config = cli.config.as_deref();
    match cli.command {
        Command::Serve(args) => serve::run(config, &args).await,
        Command::Demo(args) => Box::pin(demo::run(config, args)).await,
        Command::Migrate => migrate::run(config).await,
        Command::Doctor => Box::pin(doctor::run(config)).await,
        Command::User(command) => Box::pin(user::run(config, command)).await,
        Command::Token(command) => Box::pin(token::run(config, command)).await,
        Command::Key(command) => Box::pin(key::run(config, command)).await,
        Command::Refresh(args) => Box::pin(refresh::run(config, args)).await,
        Command::Export(command) => Box::pin(export::run(config, command)).await,
        Command::Jql(command) => Box::pin(jql::run(config, command)).await,
        Command::Bench(command) => Box::pin(bench::run(config, command)).await,
        Command::Simulate(args) => bench::simulate::run(args).await,
    }
}
