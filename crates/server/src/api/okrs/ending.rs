//! How an OKR ends, or does not yet: close, postpone, reopen; and the summary beside it.

use super::{announce, answer, body::OkrBody, list, view::OkrView};
use crate::{
    api::number::Number,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::{ApiError, ApiResult},
    extract::{Body, Id},
};
use axum::{Json, extract::State};
use okrsync_domain::{
    Date, OkrId,
    audit::Note,
    check_in::{CheckIn, Hold},
    okr::{Closing, Okr},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// How an OKR ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseBody {
    /// A person's verdict.
    #[serde(default)]
    score: Option<Number>,
    /// Why.
    #[serde(default)]
    note: String,
}

/// A later last day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostponeBody {
    /// The new last day.
    due_on: Date,
    /// Why.
    #[serde(default)]
    note: String,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(close))
        .routes(routes!(postpone))
        .routes(routes!(reopen))
        .routes(routes!(list::summary))
}

/// Closes an OKR: it stands as it stood on this day.
#[utoipa::path(post, path = "/okrs/{id}/close", tag = "OKRs", params(("id" = String, Path)), request_body = CloseBody,
    responses((status = 200, body = OkrView)))]
async fn close(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Body(body): Body<CloseBody>,
) -> ApiResult<Json<OkrView>> {
    Box::pin(end(&app, &caller, id, body)).await?;
    Ok(Json(answer(&app, &caller, id).await?))
}

/// Closes an OKR: what the API and the form have in common.
pub(crate) async fn end(app: &App, caller: &Caller, id: OkrId, body: CloseBody) -> ApiResult<Okr> {
    let mut okr = editable(app, caller, id).await?;
    if okr.closed.is_some() {
        return Err(ApiError::conflict("already_closed", "This OKR is closed already.").hint("Reopen it first."));
    }
    let note = caller.did(app, "okr.close", &okr).after(&serde_json::json!({ "score": body.score, "note": body.note }));
    okr.closed = Some(Closing { score: body.score.map(|Number(score)| score), note: body.note, at: app.now() });
    save(app, okr, note).await
}

/// Gives an OKR a later last day.
#[utoipa::path(post, path = "/okrs/{id}/postpone", tag = "OKRs", params(("id" = String, Path)),
    request_body = PostponeBody, responses((status = 200, body = OkrView)))]
async fn postpone(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Body(body): Body<PostponeBody>,
) -> ApiResult<Json<OkrView>> {
    Box::pin(put_off(&app, &caller, id, body)).await?;
    Ok(Json(answer(&app, &caller, id).await?))
}

/// Postpones an OKR and says so in a note: what the API and the form have in common.
pub(crate) async fn put_off(app: &App, caller: &Caller, id: OkrId, body: PostponeBody) -> ApiResult<Okr> {
    let mut okr = editable(app, caller, id).await?;
    if body.due_on <= okr.due_on {
        let detail = format!("The new last day must lie after the present one ({}).", okr.due_on);
        return Err(ApiError::field("invalid_value", "due_on", detail).hint("To shorten it, change `due_on` by PATCH."));
    }
    let words = format!("Postponed from {} to {}. {}", okr.due_on, body.due_on, body.note);
    let note = caller.did(app, "okr.postpone", &okr).before(&OkrBody::of(&okr));
    okr.due_on = body.due_on;
    okr.check()?;
    let note = note.after(&OkrBody::of(&okr));
    let okr = save(app, okr, note).await?;
    add_note(app, caller, id, words.trim()).await?;
    Ok(okr)
}

/// Opens a closed OKR again.
#[utoipa::path(post, path = "/okrs/{id}/reopen", tag = "OKRs", params(("id" = String, Path)),
    responses((status = 200, body = OkrView)))]
async fn reopen(State(app): State<App>, caller: Caller, Id(id): Id<OkrId>) -> ApiResult<Json<OkrView>> {
    Box::pin(open_again(&app, &caller, id)).await?;
    Ok(Json(answer(&app, &caller, id).await?))
}

/// Opens a closed OKR again: what the API and the form have in common.
pub(crate) async fn open_again(app: &App, caller: &Caller, id: OkrId) -> ApiResult<Okr> {
    let mut okr = editable(app, caller, id).await?;
    if okr.closed.take().is_none() {
        return Err(ApiError::conflict("not_closed", "This OKR is not closed."));
    }
    let note = caller.did(app, "okr.reopen", &okr);
    save(app, okr, note).await
}

async fn editable(app: &App, caller: &Caller, id: OkrId) -> ApiResult<Okr> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::EditOkr(&okr))?;
    Ok(okr)
}

async fn save(app: &App, okr: Okr, note: Note) -> ApiResult<Okr> {
    let saved = app.store().noting(note).update_okr(&okr, app.now()).await?.okr;
    announce(app, &saved).await?;
    Ok(saved)
}

/// A check-in of words alone: it changes no number.
async fn add_note(app: &App, caller: &Caller, okr_id: OkrId, note: &str) -> ApiResult<()> {
    let at = app.now();
    let check_in = CheckIn {
        id: app.random().id(at),
        okr_id,
        author_id: caller.user.id,
        at,
        entered: None,
        status: None,
        note: note.to_owned(),
        hold: Hold::NextReading,
        released_at: None,
    };
    Ok(app.store().add_check_in(&check_in, None).await?)
}
