//! `okrsync export`: what is stored, for other programs and for keeping.

use crate::output;
use clap::{Subcommand, ValueEnum};
use futures_util::TryStreamExt as _;
use okrsync_domain::{Date, UserId};
use okrsync_server::audit_export::{ExportFormat, days, export};
use std::{path::Path, pin::pin, process::ExitCode};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Writes the audit log to standard output, newest first.
    Audit {
        /// What the lines look like.
        #[arg(long, value_enum, default_value = "jsonl")]
        format: Format,
        /// First day, in the organisation's time zone.
        #[arg(long)]
        from: Option<Date>,
        /// Last day.
        #[arg(long)]
        to: Option<Date>,
        /// E-mail address of the person whose changes are wanted.
        #[arg(long)]
        user: Option<String>,
    },
}

/// What the lines look like.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values with a head line.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

pub(crate) async fn run(config: Option<&Path>, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Audit { format, from, to, user } = command;
    let app = super::open(config).await?;
    let actor: Option<UserId> = match user {
        Some(email) => Some(super::person(&app, &email).await?.id),
        None => None,
    };
    let mut filter = days(app.store(), from, to).await?;
    filter.actor = actor;
    let format = match format {
        Format::Csv => ExportFormat::Csv,
        Format::Jsonl => ExportFormat::JsonLines,
    };
    let mut pieces = pin!(export(app.store().clone(), filter, format));
    while let Some(piece) = pieces.try_next().await? {
        output::raw(&piece)?;
    }
    Ok(ExitCode::SUCCESS)
}
