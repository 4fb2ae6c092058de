//! `okrsync token`: personal API tokens.

use crate::output;
use clap::{Subcommand, ValueEnum};
use okrsync_domain::{Date, person};
use okrsync_server::accounts::{NewToken, create_token};
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
        /// How far it reaches; never further than its owner's role.
        #[arg(long, value_enum, default_value = "admin")]
        scope: Scope,
        /// Last day on which it works, as 2026-12-31.
        #[arg(long)]
        expires_on: Option<Date>,
    },
}

/// How far a token reaches.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Scope {
    /// Reading, as a viewer does.
    Read,
    /// Reading and writing, as a member does.
    Write,
    /// Everything that its owner may do.
    Admin,
}

impl From<Scope> for person::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Write => Self::Write,
            Scope::Admin => Self::Admin,
        }
    }
}

pub(crate) async fn run(config: Option<&Path>, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Create { user, name, scope, expires_on } = command;
    let app = super::open(config).await?;
    let (_, secret) = create_token(&app, &user, NewToken { name, scope: scope.into(), expires_on }).await?;
    output::line(secret.expose_secret());
    Ok(ExitCode::SUCCESS)
}
