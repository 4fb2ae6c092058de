//! `okrsync key`: the keys that seal Jira's secrets at rest.

use crate::output;
use anyhow::Context;
use clap::Subcommand;
use okrsync_domain::Random;
use okrsync_server::{
    Settings,
    config::new_key,
    keys::{self, KeyReport, KeyRing},
};
use okrsync_store::Store;
use secrecy::ExposeSecret;
use std::{path::Path, process::ExitCode};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes a key and prints nothing but it.
    New {
        /// Puts it before the keys of the key file instead; it seals from the next start of okrsync on.
        #[arg(long)]
        add: bool,
    },
    /// Opens every sealed secret and tells which keys are in use.
    Check,
    /// Seals every secret anew with the current key. May be cut off and run again.
    #[command(after_help = "\
To change the key:
  1. Make the new key the current one and keep the old one: `okrsync key new --add`, or OKRSYNC_SECRET_KEY=<new> and
     OKRSYNC_EARLIER_SECRET_KEYS=<old>.
  2. Restart every okrsync process, so that all know both.
  3. `okrsync key rotate`.
  4. Take the old key away and restart.")]
    Rotate,
}

pub(crate) async fn run(config: Option<&Path>, command: Command) -> anyhow::Result<ExitCode> {
    let random = Random::from_os();
    if matches!(command, Command::New { add: false }) {
        output::line(new_key(&random).expose_secret());
        return Ok(ExitCode::SUCCESS);
    }
    let settings = Settings::load(config)?;
    okrsync_server::telemetry::start(&settings.log)?;
    if let Command::New { add: true } = command {
        let path = settings.add_key(&random)?;
        output::line(format_args!("{} has a new key. Restart okrsync, then run `okrsync key rotate`.", path.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let keys = settings.key_ring(&random)?;
    let store = settings.open_store(&random).await.context("the database cannot be opened (try `okrsync doctor`)")?;
    let report = match command {
        Command::Rotate => rotate(&store, &keys, &random).await?,
        _ => keys::check(&store, &keys).await?,
    };
    tell(&report, &keys);
    Ok(if report.unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn rotate(store: &Store, keys: &KeyRing, random: &Random) -> anyhow::Result<KeyReport> {
    let report = keys::rotate(store, keys, random, |seen| tracing::debug!(seen, "seals were looked at")).await?;
    output::line(format_args!("{} secrets were sealed anew with the key {}.", report.resealed, keys.current_id()));
    Ok(report)
}

fn tell(report: &KeyReport, keys: &KeyRing) {
    for (key, number) in &report.by_key {
        let role = if key == keys.current_id() { "current" } else { "earlier" };
        output::line(format_args!("key {key} ({role}): {number} secrets"));
    }
    for idle in keys.earlier_ids().filter(|id| !report.by_key.contains_key(*id)) {
        output::line(format_args!("key {idle} (earlier): no secret; it can be taken away"));
    }
    for trouble in &report.unreadable {
        output::line(format_args!(
            "WRONG {trouble}\n      cure: give okrsync the key it was sealed with, or enter the secret again"
        ));
    }
}
