//! `okrsync user`: people.

use crate::output;
use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use okrsync_domain::person;
use okrsync_server::accounts::{NewUser, create_user};
use std::{io::Read, path::Path, process::ExitCode};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Adds a person who signs in with a password.
    Create {
        /// E-mail address to sign in with.
        #[arg(long)]
        email: String,
        /// Name that others see.
        #[arg(long)]
        name: String,
        /// What they may do.
        #[arg(long, value_enum)]
        role: Role,
        /// Reads the password from standard input (its first line).
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

/// What a person may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    /// Everything.
    Admin,
    /// Own connections and OKRs.
    Member,
    /// Reading.
    Viewer,
}

impl From<Role> for person::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Member => Self::Member,
            Role::Viewer => Self::Viewer,
        }
    }
}

pub(crate) async fn run(config: Option<&Path>, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Create { email, name, role, password_stdin: _ } = command;
    let password = first_line()?;
    let app = super::open(config).await?;
    let user = NewUser { email, name, password: password.into(), role: role.into() };
    let user = create_user(&app, user).await?;
    output::line(format_args!("{} <{}> was added with id {}.", user.name, user.email, user.id));
    Ok(ExitCode::SUCCESS)
}

fn first_line() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("the password could not be read from standard input")?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!(
            "standard input holds no password: pipe it in, as in `printf %s \"$PASSWORD\" | okrsync user create …`"
        ),
    }
}
