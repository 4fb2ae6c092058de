//! Is it alive, is it ready, what did it do last.

use crate::{
    api::connections::an_hour_before,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::{ApiError, ApiResult},
    telemetry,
};
use axum::{
    Json, Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, Utc};
use okrsync_connections::PageSizes;
use okrsync_domain::{ConnectionId, Instant, connection::Connection};
use okrsync_scheduler::{
    PassStatus,
    cost::{Cost, Unit, Way, way},
};
use okrsync_store::{Page, Query};
use serde::Serialize;
use std::{collections::BTreeMap, net::SocketAddr};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Routes at the root.
pub(crate) fn root() -> Router<App> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).route("/metrics", get(measurements))
}

/// Routes of the API.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sync_status))
}

async fn healthz() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

/// One thing that must be in order.
#[derive(Debug, Serialize)]
struct ReadyCheck {
    name: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

async fn readyz(State(app): State<App>) -> Response {
    let check = |name, outcome: Result<(), String>| ReadyCheck { name, ok: outcome.is_ok(), detail: outcome.err() };
    let database = app.store().ping().await.map_err(|error| {
        tracing::warn!(%error, "the database does not answer");
        "the database does not answer".to_owned()
    });
    let migrations = match app.store().migrations().await {
        Ok(status) if status.is_current() => Ok(()),
        Ok(_) => Err("run `okrsync migrate`".to_owned()),
        Err(_) => Err("they cannot be read".to_owned()),
    };
    // The key was read and found sound at start: without it nothing answers here.
    let checks = [check("database", database), check("key", Ok(())), check("migrations", migrations)];
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if ready { "ready" } else { "not_ready" };
    (status, Json(serde_json::json!({ "status": word, "checks": checks }))).into_response()
}

async fn measurements(
    State(app): State<App>,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let near = peer.is_some_and(|axum::Extension(ConnectInfo(address))| address.ip().to_canonical().is_loopback());
    // What a proxy on this machine passes on comes from elsewhere.
    let passed_on = headers.contains_key("x-forwarded-for") || headers.contains_key(header::FORWARDED);
    if !app.settings().metrics.public && (!near || passed_on) {
        return Err(ApiError::forbidden("Measurements are answered to this machine only.")
            .hint("Set `metrics.public = true` (OKRSYNC_METRICS__PUBLIC) to answer everybody."));
    }
    let Some(recorder) = telemetry::recorder() else {
        return Err(ApiError::unavailable("Measurements are not available.", "no recorder"));
    };
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Ok((kind, recorder.render()).into_response())
}

/// The last look for due work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PassView {
    pub(crate) running: bool,
    pub(crate) started_at: Option<DateTime<Utc>>,
    pub(crate) finished_at: Option<DateTime<Utc>>,
    /// Refreshes that were proved and recorded.
    pub(crate) done: u64,
    /// Refreshes that failed.
    pub(crate) failed: u64,
    /// Refreshes under way.
    pub(crate) in_flight: u64,
    pub(crate) requests: u64,
    pub(crate) issues: u64,
    pub(crate) lag_seconds: i64,
    pub(crate) error: Option<String>,
}

impl From<PassStatus> for PassView {
    fn from(pass: PassStatus) -> Self {
        Self {
            running: pass.is_running(),
            started_at: pass.started_at,
            finished_at: pass.finished_at,
            done: pass.done,
            failed: pass.failed,
            in_flight: pass.in_flight,
            requests: pass.requests,
            issues: pass.issues,
            lag_seconds: pass.lag_seconds,
            error: pass.error,
        }
    }
}

/// Work that waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueView {
    pub(crate) queued: u64,
    pub(crate) running: u64,
    pub(crate) due: u64,
}

/// What one connection has to do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanView {
    #[schema(value_type = String)]
    pub(crate) id: ConnectionId,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) links: u64,
    /// Distinct queries.
    pub(crate) queries: u64,
    /// Queries whose last attempt failed.
    pub(crate) failing: u64,
    pub(crate) next_at: Option<DateTime<Utc>>,
    pub(crate) paused_until: Option<DateTime<Utc>>,
    /// What the last hour cost.
    pub(crate) requests_last_hour: u64,
    pub(crate) budget_per_hour: u32,
    /// What the coming hours will cost.
    pub(crate) plan: ReadingPlan,
}

/// How a connection's queries will be read, and what that costs.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct ReadingPlan {
    /// Queries that are read whole, with the facts of all their issues.
    whole: u64,
    /// Queries whose issues are listed, and only those fetched that have changed.
    swept: u64,
    /// Requests an hour.
    requests_per_hour: u64,
    /// Points an hour, where Jira counts points (OAuth on Cloud).
    points_per_hour: Option<u64>,
}

impl ReadingPlan {
    fn of(connection: &Connection, queries: &[Query]) -> Self {
        let (sizes, unit) = (PageSizes::of(connection.deployment), Unit::of(connection));
        let matched = |query: &Query| query.last_matched.unwrap_or(0);
        let swept = queries.iter().filter(|query| way(matched(query), sizes, unit) == Way::Sweep).count();
        let cost = |query: &Query| Cost::of_refresh(matched(query), sizes, unit).an_hour(query.period_minutes);
        let an_hour = queries.iter().map(cost).fold(Cost::default(), Cost::and);
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Self {
            whole: count(queries.len() - swept),
            swept: count(swept),
            requests_per_hour: an_hour.requests(),
            points_per_hour: (unit == Unit::Points).then(|| an_hour.points()),
        }
    }
}

/// How the refreshing goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SyncView {
    pub(crate) last_pass: PassView,
    pub(crate) queue: QueueView,
    /// Seconds that the longest-waiting work has waited.
    pub(crate) lag_seconds: i64,
    pub(crate) next_at: Option<DateTime<Utc>>,
    pub(crate) connections: Vec<PlanView>,
}

/// How the refreshing goes: last pass, queue, lag, and what each connection has to do.
#[utoipa::path(get, path = "/sync/status", tag = "Operations", responses((status = 200, body = SyncView)))]
async fn sync_status(State(app): State<App>, caller: Caller) -> ApiResult<Json<SyncView>> {
    Ok(Json(status(&app, &caller).await?))
}

/// How the refreshing goes: what the API and the page have in common.
pub(crate) async fn status(app: &App, caller: &Caller) -> ApiResult<SyncView> {
    caller.may(Act::Look)?;
    let now = app.now();
    let queue = app.store().queue(now).await?;
    let pass = app.engine().status().borrow().clone();
    Ok(SyncView {
        last_pass: pass.into(),
        lag_seconds: queue.oldest.map_or(0, |since| (now - since).num_seconds().max(0)),
        queue: QueueView { queued: queue.queued, running: queue.running, due: queue.due },
        next_at: app.store().next_due().await?,
        connections: plans(app, caller, now).await?,
    })
}

async fn plans(app: &App, caller: &Caller, now: Instant) -> ApiResult<Vec<PlanView>> {
    let overviews = app.store().connections(Some(caller.viewer()), an_hour_before(now), Page::all()).await?.items;
    let mut queries: BTreeMap<ConnectionId, Vec<Query>> = BTreeMap::new();
    for query in app.store().queries(None).await? {
        queries.entry(query.connection_id).or_default().push(query);
    }
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let mut plans = Vec::with_capacity(overviews.len());
    for overview in overviews {
        let own = queries.remove(&overview.connection.id).unwrap_or_default();
        let connection = overview.connection;
        plans.push(PlanView {
            id: connection.id,
            state: crate::api::okrs::view::word(&connection.state),
            links: overview.links,
            queries: count(own.len()),
            failing: count(own.iter().filter(|query| query.problem.is_some()).count()),
            next_at: own.iter().filter_map(|query| query.due_at).min(),
            paused_until: connection.paused_until.filter(|until| *until > now),
            requests_last_hour: overview.requests,
            budget_per_hour: connection.budget_per_hour,
            plan: ReadingPlan::of(&connection, &own),
            name: connection.name,
        });
    }
    Ok(plans)
}
