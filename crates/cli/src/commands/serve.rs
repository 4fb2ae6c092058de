//! `okrsync serve`: the service until a signal ends it.

use anyhow::Context;
use okrsync_domain::Clock;
use okrsync_server::App;
use std::{path::Path, process::ExitCode};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Lets the clock run so many times as fast since an instant: "2026-11-20T10:00:00Z 120". For rehearsals on data that may
    /// be thrown away.
    #[arg(long, hide = true, value_name = "INSTANT SPEED", value_parser = rehearsal)]
    rehearse: Option<Clock>,
}

fn rehearsal(text: &str) -> Result<Clock, String> {
    let unsound = || "an instant and a speed, such as \"2026-11-20T10:00:00Z 120\"".to_owned();
    let (since, speed) = text.split_once(' ').ok_or_else(unsound)?;
    let (since, speed) = (since.parse().map_err(|_| unsound())?, speed.parse().map_err(|_| unsound())?);
    Ok(Clock::hurried(since, speed))
}

pub(crate) async fn run(config: Option<&Path>, args: &Args) -> anyhow::Result<ExitCode> {
    let app = super::open_at(config, args.rehearse.clone().unwrap_or_else(Clock::system)).await?;
    let listener = listen(&app).await?;
    okrsync_server::serve(app, listener, until_signal()?).await?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the address of the settings.
pub(super) async fn listen(app: &App) -> anyhow::Result<TcpListener> {
    let address = app.settings().listen;
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on: choose another with OKRSYNC_LISTEN=127.0.0.1:8081"))
}

/// A token that is cancelled by SIGTERM or Ctrl+C.
pub(super) fn until_signal() -> anyhow::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let cancelled = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        cancelled.cancel();
    });
    Ok(token)
}
