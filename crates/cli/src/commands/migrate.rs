//! `okrsync migrate`: brings the database up to date.

use crate::output;
use okrsync_server::Settings;
use secrecy::ExposeSecret;
use std::{path::Path, process::ExitCode};

pub(crate) async fn run(config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(config)?;
    okrsync_server::telemetry::start(&settings.log)?;
    std::fs::create_dir_all(&settings.data_dir)?;
    let url = settings.database_url.expose_secret();
    let applied = okrsync_store::migrations::run(url, settings.database_ca.as_deref()).await?;
    for version in &applied {
        output::line(format_args!("applied {version}"));
    }
    output::line(if applied.is_empty() { "The database is up to date." } else { "The database is up to date now." });
    Ok(ExitCode::SUCCESS)
}
