//! A person's own sessions in browsers.

use crate::{
    api::listing::Listing,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::Id,
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use okrsync_domain::{SessionId, audit::Subject};
use okrsync_store::SessionOwner;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A session of a browser.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    #[schema(value_type = String)]
    pub(crate) id: SessionId,
    /// When its person signed in.
    pub(crate) began_at: DateTime<Utc>,
    /// When it was last used, to the day.
    pub(crate) seen_at: DateTime<Utc>,
    /// What the browser called itself.
    pub(crate) agent: String,
    /// Whether it is the one that asks.
    pub(crate) current: bool,
}

/// Routes of sessions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end))
}

/// One's own sessions, the newest first.
pub(crate) async fn own(app: &App, caller: &Caller) -> ApiResult<Vec<SessionView>> {
    let sessions = app.store().sessions(caller.user.id, app.now()).await?;
    let view = |SessionOwner { handle, began_at, seen_at, agent, .. }| {
        let current = caller.session == Some(handle);
        SessionView { id: handle, began_at, seen_at, agent, current }
    };
    Ok(sessions.into_iter().map(view).collect())
}

/// Ends one of one's own sessions.
pub(crate) async fn end_own(app: &App, caller: &Caller, id: SessionId) -> ApiResult<()> {
    let note = caller.did(app, "session.end", Subject::new("session", &id, "a session in a browser"));
    Ok(app.store().noting(note).end_session(caller.user.id, id).await?)
}

/// One's own sessions in browsers, the newest first.
#[utoipa::path(get, path = "/sessions", tag = "People", responses((status = 200, body = Listing<SessionView>)))]
async fn list(State(app): State<App>, caller: Caller) -> ApiResult<Json<Listing<SessionView>>> {
    caller.may(Act::Look)?;
    Ok(Json(Listing::whole(own(&app, &caller).await?)))
}

/// Ends one of one's own sessions: that browser is signed out.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "People", params(("id" = String, Path)),
    responses((status = 204)))]
async fn end(State(app): State<App>, caller: Caller, Id(id): Id<SessionId>) -> ApiResult<StatusCode> {
    caller.may(Act::EditUser(caller.user.id))?;
    end_own(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
