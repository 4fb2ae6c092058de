//! `okrsync serve`: the service until a signal ends it.

use anyhow::Context;
use okrsync_server::App;
use std::{path::Path, process::ExitCode};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

pub(crate) async fn run(config: Option<&Path>) -> anyhow::Result<ExitCode> {
    let app = super::open(config).await?;
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
