//! `okrsync token`: personal API tokens.

use crate::output;
use clap::Subcommand;
use okrsync_domain::Date;
use okrsync_server::accounts::create_token;
use secrecy::ExposeSecret;
use std::{path::Path, process::ExitCode};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes a token and prints nothing but it: it cannot be shown again.
    Create {
        /// E-mail address of its owner.
        #[arg(long)]
        user: String,
        /// What it is for.
        #[arg(long)]
        name: String,
        /// Last day on which it works, as 2026-12-31.
        #[arg(long)]
        expires_on: Option<Date>,
    },
}

pub(crate) async fn run(config: Option<&Path>, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Create { user, name, expires_on } = command;
    let app = super::open(config).await?;
    let (_, secret) = create_token(&app, &user, &name, expires_on).await?;
    output::line(secret.expose_secret());
    Ok(ExitCode::SUCCESS)
}
