//! `okrsync token`: personal API tokens.

use crate::output;
use clap::{Subcommand, ValueEnum};
use okrsync_domain::{Date, TokenId, audit::Actor, person};
use okrsync_server::accounts::{NewToken, create_token, revoke_token};
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
    /// Lists somebody's tokens: id, scope, last use, last day, name.
    List {
        /// E-mail address of their owner.
        #[arg(long)]
        user: String,
    },
    /// Ends a token at once.
    Revoke {
        /// E-mail address of its owner.
        #[arg(long)]
        user: String,
        /// Its id, as `list` shows it.
        id: TokenId,
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
    let app = super::open(config).await?;
    match command {
        Command::Create { user, name, scope, expires_on } => {
            let token = NewToken { name, scope: scope.into(), expires_on };
            let (_, secret) = create_token(&app, &user, token).await?;
            output::line(secret.expose_secret());
        }
        Command::List { user } => {
            let owner = super::person(&app, &user).await?;
            for token in app.store().tokens(owner.id).await? {
                let day = |day: Option<String>| day.unwrap_or_else(|| "never".to_owned());
                let used = day(token.last_used_at.map(|at| at.date_naive().to_string()));
                let ends = day(token.expires_on.map(|day| day.to_string()));
                let scope = format!("{:?}", token.scope).to_lowercase();
                output::line(format_args!("{} {scope:<5} used {used:<10} expires {ends:<10} {}", token.id, token.name));
            }
        }
        Command::Revoke { user, id } => {
            let owner = super::person(&app, &user).await?;
            revoke_token(&app, Actor::command_line(), owner.id, id).await?;
            output::line(format_args!("The token {id} of {} is revoked.", owner.email));
        }
    }
    Ok(ExitCode::SUCCESS)
}
