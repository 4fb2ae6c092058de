//! REST API, web pages and sign-in of okrsync.
//!
//! A request's way: [`router`] → `api/<noun>` (who may: `auth::policy`; what: the domain's checks) → store or engine → answer.
//! Pages are `pages/<page>` made of `components`. Errors of every kind leave through [`error::ApiError`].

pub mod accounts;
pub mod app;
pub mod audit_export;
pub mod config;
pub mod error;
pub mod keys;
pub mod telemetry;

mod api;
mod assets;
mod auth;
mod board;
mod components;
mod consent;
mod extract;
mod freshness;
mod headers;
mod history;
mod moves;
mod openapi;
mod outlook;
mod pages;
mod quality;
mod reached;
mod trends;

pub use api::check_ins::reading as check_in_reading;
pub use app::{App, Error};
pub use auth::access;
pub use config::Settings;

use api::webhooks::shown;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, OriginalUri, Request},
    http::{HeaderName, Method, StatusCode, header},
    middleware::from_fn,
    routing::get,
};
use error::ApiError;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    trace::TraceLayer,
};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

/// Answers requests and refreshes links until `shutdown` is cancelled; both end gracefully.
///
/// # Errors
/// The engine or the network gave up.
pub async fn serve(app: App, listener: TcpListener, shutdown: CancellationToken) -> Result<(), Error> {
    accounts::codes::announce_setup(&app).await?;
    let engine = app.engine().clone();
    // Whoever ends first takes the other along.
    let both = shutdown.child_token();
    let refreshing = async {
        let ended = engine.run(both.clone()).await;
        both.cancel();
        ended.map_err(Error::from)
    };
    let answering = async {
        let ended = serve_http(app, listener, both.clone()).await;
        both.cancel();
        ended
    };
    let (refreshed, answered) = tokio::join!(refreshing, answering);
    refreshed.and(answered)
}

/// Answers requests only: the engine is driven by somebody else.
///
/// # Errors
/// The network gave up.
pub async fn serve_http(app: App, listener: TcpListener, shutdown: CancellationToken) -> Result<(), Error> {
    let closing = app.closing().clone();
    let end = async move {
        shutdown.cancelled().await;
        closing.cancel();
    };
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).with_graceful_shutdown(end).await?)
}

/// The API with its own description.
fn described() -> (Router<App>, utoipa::openapi::OpenApi) {
    let api = OpenApiRouter::with_openapi(openapi::Description::openapi()).nest(api::reply::BASE, api::routes());
    let (api, mut description) = api.split_for_parts();
    openapi::complete(&mut description);
    (api, description)
}

/// The API's description as it is served at `/api/v1/openapi.json`.
pub fn describe() -> utoipa::openapi::OpenApi {
    described().1
}

/// Every route.
pub fn router(app: App) -> Router {
    let (api, description) = described();
    let docs = pages::docs::page(&description);
    let limit = usize::try_from(app.settings().web.body_limit_kb).unwrap_or(1024).saturating_mul(1024);
    api.route("/api/v1/openapi.json", get(|| async move { Json(description) }))
        .route("/api/docs", get(|| async move { docs }))
        .merge(pages::routes())
        .layer(auth::sessions::layer(&app))
        .merge(api::operations::root())
        .merge(api::webhooks::root())
        .route_layer(from_fn(access::guard))
        .merge(assets::routes())
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(limit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(headers::set))
        // packing a board of a thousand rows is a good part of its time, and at this level it still takes 152 KiB
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn(telemetry::measure))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(telemetry::request_span)
                .on_response(telemetry::answered)
                // An answer says for itself whether it failed.
                .on_failure(()),
        )
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION, header::COOKIE]))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .with_state(app)
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

async fn missing(OriginalUri(uri): OriginalUri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", format!("There is nothing at `{}`.", shown(uri.path())))
        .hint("/api/docs lists everything there is.")
}

pub(crate) async fn wrong_method(method: Method, request: Request) -> ApiError {
    let detail = format!("`{method}` is not something that can be done with `{}`.", shown(request.uri().path()));
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// What a handler's own fault looks like from outside. The panic itself is in the log.
fn panicked(_: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    axum::response::IntoResponse::into_response(ApiError::internal("a handler panicked"))
}
