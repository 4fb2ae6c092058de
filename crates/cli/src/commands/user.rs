//! `okrsync user`: people.

use crate::output;
use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use okrsync_domain::{audit::Actor, person};
use okrsync_server::{
    App,
    accounts::{NewUser, create_user, reset_link, set_active},
};
use okrsync_store::Page;
use secrecy::ExposeSecret;
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
    /// Lists everybody: role, whether they may sign in, address, name.
    List,
    /// Takes somebody's right to sign in: their sessions and tokens end at once, what they own stays.
    Deactivate {
        /// E-mail address.
        #[arg(long)]
        email: String,
    },
    /// Lets somebody sign in again.
    Activate {
        /// E-mail address.
        #[arg(long)]
        email: String,
    },
    /// Prints a link by which somebody chooses a new password; it works once, for a day.
    ResetPassword {
        /// E-mail address.
        #[arg(long)]
        email: String,
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
    match command {
        Command::Create { email, name, role, password_stdin: _ } => {
            let password = first_line()?;
            let app = super::open(config).await?;
            let user = NewUser { email, name, password: password.into(), role: role.into() };
            let user = create_user(&app, user).await?;
            output::line(format_args!("{} <{}> was added with id {}.", user.name, user.email, user.id));
        }
        Command::List => list(&super::open(config).await?).await?,
        Command::Deactivate { email } => set(&super::open(config).await?, &email, false).await?,
        Command::Activate { email } => set(&super::open(config).await?, &email, true).await?,
        Command::ResetPassword { email } => {
            let app = super::open(config).await?;
            let user = super::person(&app, &email).await?;
            if !user.active {
                bail!("{} may not sign in: activate them first", user.email);
            }
            let link = reset_link(&app, Actor::command_line(), &user).await?;
            output::line(link.url.expose_secret());
            output::note(format_args!("It works once, until {}.", link.expires_at.format("%Y-%m-%d %H:%M UTC")));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App) -> anyhow::Result<()> {
    for user in app.store().users(Page::all()).await?.items {
        let role = match user.role {
            person::Role::Admin => "admin",
            person::Role::Member => "member",
            person::Role::Viewer => "viewer",
        };
        let active = if user.active { "active" } else { "deactivated" };
        output::line(format_args!("{role:<7} {active:<12} {:<32} {}", user.email, user.name));
    }
    Ok(())
}

async fn set(app: &App, email: &str, active: bool) -> anyhow::Result<()> {
    let user = super::person(app, email).await?;
    set_active(app, Actor::command_line(), &user, active).await?;
    let word = if active { "may sign in" } else { "may no longer sign in" };
    output::line(format_args!("{} <{}> {word}.", user.name, user.email));
    Ok(())
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
