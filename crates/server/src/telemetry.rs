//! What okrsync says about itself: log lines, request ids, measurements for Prometheus.
//!
//! A message reads alone; ids and units are fields (`duration_ms`, `connection.id`). No secret is ever a field: bodies,
//! `Authorization` and cookies are not logged, and paths are logged without what follows the question mark.

use crate::config::{LogFormat, LogSettings};
use axum::{body::Body, extract::MatchedPath, http::Request, response::Response};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::{io::IsTerminal as _, sync::OnceLock, time::Duration};
use tracing::Span;
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// Why logging or measuring cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.level` is not a filter.
    #[error("`log.level` is not a filter such as \"info,okrsync=debug\": {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Another subscriber is there already.
    #[error("logging was started before")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Sends log lines to standard error. Once per process.
pub fn start(settings: &LogSettings) -> Result<(), TelemetryError> {
    // The cron scheduler logs each tick at info.
    let filter = EnvFilter::try_new(format!("tokio_cron_scheduler=warn,{}", settings.level))?;
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    match settings.format {
        LogFormat::Text => registry.with(lines.with_target(false)).try_init()?,
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init()?,
    }
    Ok(())
}

/// The process's one recorder of measurements.
pub(crate) fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(install).as_ref()
}

fn install() -> Option<PrometheusHandle> {
    build().inspect_err(|error| tracing::warn!(%error, "measurements are not available")).ok()
}

fn build() -> Result<PrometheusHandle, BuildError> {
    let seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    let suffix = Matcher::Suffix("_seconds".to_owned());
    PrometheusBuilder::new().set_buckets_for_metric(suffix, &seconds)?.install_recorder()
}

/// The span of one request.
pub(crate) fn request_span(request: &Request<Body>) -> Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    let path = crate::api::webhooks::shown(request.uri().path());
    tracing::info_span!("http", method = %request.method(), path, request_id = id)
}

/// One line and one measurement for each answer.
pub(crate) fn answered(response: &Response, latency: Duration, _: &Span) {
    let status = response.status();
    let duration_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), duration_ms, "answered with an error");
    } else {
        tracing::debug!(status = status.as_u16(), duration_ms, "answered");
    }
}

/// Counts and times requests by route, so that ids in paths do not multiply the series.
pub(crate) async fn measure(request: Request<Body>, next: axum::middleware::Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let started = std::time::Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    let labels = [("method", method), ("route", route), ("status", status)];
    metrics_facade::histogram!("okrsync_http_request_seconds", &labels).record(started.elapsed().as_secs_f64());
    response
}
