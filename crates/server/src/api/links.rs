//! Links: an OKR's connection, query and metric.

pub(crate) mod body;
mod check;
mod lints;
pub(crate) mod preview;

use crate::{
    api::{
        okrs::{self, view::LinkView, view::OkrView},
        readings::ReadingView,
        refreshes, reply,
    },
    app::App,
    auth::{caller::Caller, policy::Act},
    board::Board,
    error::{ApiError, ApiResult, integration_disabled},
    extract::{Body, Id, Params},
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use body::{LinkBody, LinkNote};
use okrsync_domain::{OkrId, okr::Okr};
use okrsync_store::{BoardScope, LinkPut};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Routes of links.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, put, remove)).merge(check::routes()).merge(preview::routes())
}

/// An OKR with its last reading.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Measured {
    #[serde(flatten)]
    okr: OkrView,
    /// The last reading; null where there is none.
    reading: Option<ReadingView>,
}

/// The refusal for what has no link.
pub(crate) fn not_linked(status: StatusCode) -> ApiError {
    ApiError::new(status, "not_linked", "This OKR is not linked to a query.")
        .hint("Link it: PUT /api/v1/okrs/{id}/link with a connection, a query and a metric.")
}

/// The link of an OKR.
#[utoipa::path(get, path = "/okrs/{id}/link", tag = "Links", params(("id" = String, Path)),
    responses((status = 200, body = LinkView)))]
async fn get(State(app): State<App>, caller: Caller, Id(id): Id<OkrId>) -> ApiResult<Json<LinkView>> {
    caller.may(Act::SeeOkr(&app.store().get_okr(id).await?))?;
    let link = app.store().find_link(id).await?.ok_or_else(|| not_linked(StatusCode::NOT_FOUND))?;
    Ok(Json((&link).into()))
}

/// Links an OKR to a query and measures it at once.
///
/// If Jira does not answer, the link is stored all the same and the last value stays. A query that Jira refuses is not
/// stored.
#[utoipa::path(put, path = "/okrs/{id}/link", tag = "Links", params(("id" = String, Path), refreshes::Waiting),
    request_body = LinkBody, responses((status = 200, body = Measured),
        (status = 202, body = Measured, headers(("Location" = String)), description = "Still measuring")))]
async fn put(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Params(waiting): Params<refreshes::Waiting>,
    Body(body): Body<LinkBody>,
) -> ApiResult<Response> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::EditOkr(&okr))?;
    let put = Box::pin(link(&app, &caller, &okr, body)).await?;
    let refresh = app.wait(put.refresh_id, waiting.duration()?).await?;
    let measured = measured(&app, &caller, &put.okr).await?;
    if refresh.is_none_or(|refresh| refreshes::is_over(&refresh)) {
        return Ok(Json(measured).into_response());
    }
    Ok(reply::accepted(&format!("/refreshes/{}", put.refresh_id), measured))
}

/// Links an OKR to a query, if Jira does not refuse it, and has it measured at once.
pub(crate) async fn link(app: &App, caller: &Caller, okr: &Okr, body: LinkBody) -> ApiResult<LinkPut> {
    let draft = body.settle(okr)?;
    let connection = draft.connection(app, caller).await?;
    if !app.store().organisation().await?.jira_enabled {
        return Err(integration_disabled());
    }
    let check = app.engine().check_link(connection.id, &draft.jql, draft.confirm_empty).await?;
    let before = app.store().find_link(okr.id).await?;
    let wanted = draft.put(okr.id, check.where_clause);
    let note = caller.did(app, "link.change", okr).before(&before.as_ref().map(LinkNote::from));
    let put = app.store().noting(note.after(&LinkNote::from(&wanted))).put_link(wanted, app.now()).await?;
    app.engine().wake();
    okrs::announce(app, &put.okr).await?;
    Ok(put)
}

async fn measured(app: &App, caller: &Caller, okr: &Okr) -> ApiResult<Measured> {
    let board = Board::load(app, BoardScope::Trees(vec![okr.id])).await?;
    let shown = board.find(okr.id).ok_or_else(|| ApiError::not_found("OKR", okr.id))?;
    let reading = shown.row.reading.as_ref().map(Into::into);
    Ok(Measured { okr: okrs::view_of(app, caller, &board, okr.id).await?, reading })
}

/// Removes the link. The last value stays, and from now on it is entered by hand.
#[utoipa::path(delete, path = "/okrs/{id}/link", tag = "Links", params(("id" = String, Path)),
    responses((status = 204)))]
async fn remove(State(app): State<App>, caller: Caller, Id(id): Id<OkrId>) -> ApiResult<StatusCode> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::EditOkr(&okr))?;
    let before = app.store().find_link(id).await?.ok_or_else(|| not_linked(StatusCode::NOT_FOUND))?;
    let note = caller.did(&app, "link.remove", &okr).before(&LinkNote::from(&before));
    let okr = app.store().noting(note).delete_link(id, app.now()).await?;
    okrs::announce(&app, &okr).await?;
    Ok(StatusCode::NO_CONTENT)
}
