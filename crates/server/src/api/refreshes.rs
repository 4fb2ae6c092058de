//! Asking Jira again.

use crate::{
    api::{links::not_linked, okrs, okrs::view::OkrView, reply},
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, sees_okr},
    },
    board::{Board, Shown},
    error::{ApiError, ApiResult},
    extract::{Body, Id, Params},
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use okrsync_domain::{
    ConnectionId, OkrId, Problem, RefreshId,
    refresh::{Refresh, RefreshState},
};
use okrsync_store::{BoardScope, RefreshScope};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Seconds that a request waits for Jira unless asked otherwise.
const USUAL_WAIT: u32 = 20;
/// Most seconds that a request waits.
const LONGEST_WAIT: u32 = 120;

/// How long the answer may take.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Waiting {
    /// Seconds to wait for Jira before answering 202: 0 to 120, 20 if not said.
    wait: Option<u32>,
}

impl Waiting {
    /// How long to wait.
    pub(crate) fn duration(&self) -> ApiResult<Duration> {
        let seconds = self.wait.unwrap_or(USUAL_WAIT);
        if seconds <= LONGEST_WAIT {
            return Ok(Duration::from_secs(seconds.into()));
        }
        Err(ApiError::field("invalid_value", "wait", format!("`wait` lies between 0 and {LONGEST_WAIT} seconds.")))
    }
}

/// How far a refresh has come.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefreshWord {
    /// Waiting for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// Every number was measured and proved.
    Done,
    /// Something failed; earlier values stay.
    Failed,
}

/// How much of a refresh is done: issues, or queries where several are asked together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgressView {
    done: u64,
    total: Option<u64>,
}

/// Why a refresh failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureView {
    code: String,
    message: String,
    hint: Option<String>,
}

impl From<&Problem> for FailureView {
    fn from(problem: &Problem) -> Self {
        let code = problem.code.as_str().to_owned();
        Self { code, message: problem.message.clone(), hint: problem.hint.clone() }
    }
}

/// A refresh.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefreshView {
    #[schema(value_type = String)]
    id: RefreshId,
    state: RefreshWord,
    progress: ProgressView,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    /// Requests sent to Jira.
    requests: u64,
    /// Issues that matched.
    issues: u64,
    error: Option<FailureView>,
}

impl From<Refresh> for RefreshView {
    fn from(refresh: Refresh) -> Self {
        Self {
            id: refresh.id,
            state: match refresh.state {
                RefreshState::Queued => RefreshWord::Queued,
                RefreshState::Running => RefreshWord::Running,
                RefreshState::Done => RefreshWord::Done,
                RefreshState::Failed => RefreshWord::Failed,
            },
            progress: ProgressView { done: refresh.done, total: refresh.total },
            started_at: refresh.started_at,
            finished_at: refresh.finished_at,
            requests: refresh.requests,
            issues: refresh.issues,
            error: refresh.error.as_ref().map(Into::into),
        }
    }
}

/// Whether it has ended.
pub(crate) fn is_over(refresh: &Refresh) -> bool {
    matches!(refresh.state, RefreshState::Done | RefreshState::Failed)
}

/// One OKR that could not be measured.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailedOkr {
    #[schema(value_type = String)]
    okr_id: OkrId,
    code: String,
}

/// An OKR after a refresh.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refreshed {
    #[serde(flatten)]
    okr: OkrView,
    /// Of an objective: the links below it that could not be measured.
    failures: Vec<FailedOkr>,
}

/// Routes of refreshes.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(of_okr)).routes(routes!(start)).routes(routes!(get))
}

/// Asks Jira again for an OKR, of an objective for everything below it. One under way is joined.
#[utoipa::path(post, path = "/okrs/{id}/refresh", tag = "Readings", params(("id" = String, Path), Waiting),
    responses((status = 200, body = Refreshed),
        (status = 202, body = RefreshView, headers(("Location" = String)), description = "Still measuring")))]
async fn of_okr(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Params(waiting): Params<Waiting>,
) -> ApiResult<Response> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::RefreshOkr(&okr))?;
    let duration = waiting.duration()?;
    let Some(started) = start_okr(&app, id).await? else { return Err(not_linked(StatusCode::CONFLICT)) };
    let refresh = app.wait(started, duration).await?;
    let refresh = refresh.ok_or_else(|| ApiError::not_found("refresh", started))?;
    if !is_over(&refresh) {
        return Ok(reply::accepted(&format!("/refreshes/{started}"), RefreshView::from(refresh)));
    }
    Ok(Json(outcome(&app, &caller, id).await?).into_response())
}

/// Asks again for the links of an OKR and of everything below it; none if there are no links.
pub(crate) async fn start_okr(app: &App, id: OkrId) -> ApiResult<Option<RefreshId>> {
    let mut okrs = vec![id];
    okrs.extend(app.store().descendants(id).await?);
    Ok(app.engine().request(RefreshScope::Okrs(okrs)).await?.map(|request| request.id))
}

/// What came out: the OKR and what failed below it; an error if nothing could be measured.
async fn outcome(app: &App, caller: &Caller, id: OkrId) -> ApiResult<Refreshed> {
    let board = Board::load(app, BoardScope::Trees(vec![id])).await?;
    let linked: Vec<Shown<'_>> = board.all().filter(|shown| shown.row.link.is_some()).collect();
    let failed: Vec<_> = linked.iter().filter_map(|shown| Some((shown, shown.freshness.error?))).collect();
    if let Some((_, problem)) = failed.first()
        && failed.len() == linked.len()
    {
        return Err(ApiError::jira(problem, app.now()));
    }
    let failures = failed
        .iter()
        .filter(|(shown, _)| sees_okr(&caller.user, &shown.row.okr))
        .map(|(shown, problem)| FailedOkr { okr_id: shown.row.okr.id, code: problem.code.as_str().to_owned() })
        .collect();
    Ok(Refreshed { okr: okrs::answer(app, caller, id).await?, failures })
}

/// What is asked again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeBody {
    /// "all", or the id of a connection.
    scope: String,
}

/// Asks Jira again for everything, or for all links of a connection.
#[utoipa::path(post, path = "/refreshes", tag = "Readings", request_body = ScopeBody,
    responses((status = 202, body = RefreshView, headers(("Location" = String)))))]
async fn start(State(app): State<App>, caller: Caller, Body(body): Body<ScopeBody>) -> ApiResult<Response> {
    caller.may(Act::RefreshAll)?;
    let scope = match body.scope.as_str() {
        "all" => RefreshScope::All,
        id => RefreshScope::Connection(connection(&app, &caller, id).await?),
    };
    let request = app.engine().request(scope).await?.ok_or_else(|| {
        ApiError::conflict("not_linked", "Nothing is linked there, so there is nothing to ask Jira for.")
    })?;
    let refresh = app.store().find_refresh(request.id).await?;
    let refresh = refresh.ok_or_else(|| ApiError::not_found("refresh", request.id))?;
    Ok(reply::accepted(&format!("/refreshes/{}", request.id), RefreshView::from(refresh)))
}

async fn connection(app: &App, caller: &Caller, text: &str) -> ApiResult<ConnectionId> {
    let id: ConnectionId = text
        .parse()
        .map_err(|_| ApiError::field("invalid_value", "scope", "`scope` is \"all\" or the id of a connection."))?;
    caller.may(Act::UseConnection(&app.store().get_connection(id).await?))?;
    Ok(id)
}

/// How far a refresh has come.
#[utoipa::path(get, path = "/refreshes/{id}", tag = "Readings", params(("id" = String, Path)),
    responses((status = 200, body = RefreshView)))]
async fn get(State(app): State<App>, caller: Caller, Id(id): Id<RefreshId>) -> ApiResult<Json<RefreshView>> {
    caller.may(Act::Look)?;
    let refresh = app.store().find_refresh(id).await?.ok_or_else(|| ApiError::not_found("refresh", id))?;
    Ok(Json(refresh.into()))
}
