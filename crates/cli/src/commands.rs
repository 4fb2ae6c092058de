//! One file a subcommand.

pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod jql;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod refresh;
mod seed;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod user;

use anyhow::Context;
use okrsync_domain::{Clock, Random, person::User};
use okrsync_server::{App, Settings};
use std::path::Path;

/// Opens the application of the settings, for commands that end by themselves.
async fn open(config: Option<&Path>) -> anyhow::Result<App> {
    open_at(config, Clock::system()).await
}

/// The same by another clock than the machine's.
async fn open_at(config: Option<&Path>, clock: Clock) -> anyhow::Result<App> {
    let settings = Settings::load(config)?;
    okrsync_server::telemetry::start(&settings.log)?;
    App::open(settings, clock, Random::from_os()).await.context("okrsync cannot be opened (try `okrsync doctor`)")
}

/// The person with this e-mail address.
async fn person(app: &App, email: &str) -> anyhow::Result<User> {
    let found = app.store().find_user_by_email(email.trim()).await?;
    found.with_context(|| format!("nobody has the e-mail address `{email}`: `okrsync user list` shows everybody"))
}
