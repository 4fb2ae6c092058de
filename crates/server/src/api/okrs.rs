//! Objectives and key results: written, read, changed, deleted.

pub(crate) mod body;
pub(crate) mod copies;
pub(crate) mod ending;
mod list;
pub(crate) mod shares;
pub(crate) mod view;

use crate::{
    api::reply,
    app::App,
    auth::{caller::Caller, policy::Act},
    board::{Board, Shown},
    error::{ApiError, ApiResult},
    extract::{Body, Id, Params, Patch},
    quality,
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use body::OkrBody;
use okrsync_domain::{
    Date, OkrId, UserId,
    measure::Measure,
    okr::{Okr, OkrKind, ProgressMode, Visibility},
};
use okrsync_metrics::rollup;
use okrsync_scheduler::events::Event;
use okrsync_store::{BoardScope, OkrFilter, Page};
use serde::Deserialize;
use std::collections::BTreeSet;
use utoipa_axum::{router::OpenApiRouter, routes};
use view::OkrView;

/// Routes of OKRs.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, add)).routes(routes!(get, change, remove)).merge(ending::routes())
}

/// One OKR that the caller may see, and where it stands.
pub(crate) async fn answer(app: &App, caller: &Caller, id: OkrId) -> ApiResult<OkrView> {
    let board = Board::load(app, BoardScope::Trees(vec![id])).await?;
    view_of(app, caller, &board, id).await
}

/// One OKR of a board, as the caller sees it.
pub(crate) async fn view_of(app: &App, caller: &Caller, board: &Board, id: OkrId) -> ApiResult<OkrView> {
    let views = views_of(app, caller, board.find(id)).await?;
    views.into_iter().next().ok_or_else(|| ApiError::not_found("OKR", id))
}

/// Parents looked up at once.
const PARENTS: usize = 200;

/// OKRs that the caller may see: what they lie below is not even told by its id where it is private to others.
async fn views_of(app: &App, caller: &Caller, shown: impl IntoIterator<Item = Shown<'_>>) -> ApiResult<Vec<OkrView>> {
    let shown: Vec<Shown<'_>> = shown.into_iter().collect();
    let parents: BTreeSet<OkrId> = shown.iter().filter_map(|shown| shown.row.okr.parent_id).collect();
    let mut visible = BTreeSet::new();
    for part in parents.into_iter().collect::<Vec<_>>().chunks(PARENTS) {
        let among = Some(part.to_vec());
        let filter = OkrFilter { visible_to: Some(caller.viewer()), among, ..OkrFilter::default() };
        visible.extend(app.store().okrs(&filter, Page::all()).await?.items.into_iter().map(|okr| okr.id));
    }
    let sees = |shown: &Shown<'_>| shown.row.okr.parent_id.is_none_or(|parent| visible.contains(&parent));
    Ok(shown.iter().map(|shown| OkrView::of(shown, sees(shown))).collect())
}

/// Tells pages about a change of an OKR and of everything above it.
pub(crate) async fn announce(app: &App, okr: &Okr) -> ApiResult<()> {
    let (mut next, mut steps) = (Some(okr.clone()), 0);
    while let Some(okr) = next {
        app.engine().events().publish(Event::OkrUpdated { okr_id: okr.id });
        steps += 1;
        // A tree deeper than this is a circle.
        next = match okr.parent_id {
            Some(parent) if steps < 100 => app.store().find_okr(parent).await?,
            _ => None,
        };
    }
    Ok(())
}

/// Writes down an OKR.
#[utoipa::path(post, path = "/okrs", tag = "OKRs", request_body = OkrBody,
    responses((status = 201, body = OkrView, headers(("Location" = String)))))]
async fn add(State(app): State<App>, caller: Caller, Body(body): Body<OkrBody>) -> ApiResult<Response> {
    let okr = write_down(&app, &caller, body).await?;
    Ok(reply::created(&format!("/okrs/{}", okr.id), answer(&app, &caller, okr.id).await?))
}

/// Writes down an OKR: what the API and the form have in common.
pub(crate) async fn write_down(app: &App, caller: &Caller, body: OkrBody) -> ApiResult<Okr> {
    let okr = body.settle(blank(app, caller.user.id))?;
    caller.may(Act::CreateOkr(okr.owner_id))?;
    check_surroundings(app, caller, &okr, None).await?;
    app.store().noting(caller.did(app, "okr.create", &okr).after(&OkrBody::of(&okr))).add_okr(&okr).await?;
    announce(app, &okr).await?;
    Ok(okr)
}

/// One OKR.
#[utoipa::path(get, path = "/okrs/{id}", tag = "OKRs", params(("id" = String, Path)),
    responses((status = 200, body = OkrView)))]
async fn get(State(app): State<App>, caller: Caller, Id(id): Id<OkrId>) -> ApiResult<Json<OkrView>> {
    caller.may(Act::SeeOkr(&app.store().get_okr(id).await?))?;
    let board = Board::load(&app, BoardScope::Trees(vec![id])).await?;
    let view = view_of(&app, &caller, &board, id).await?;
    Ok(Json(view.with_quality(quality::of_okr(&app, &board, id, &caller.user).await?)))
}

/// Changes an OKR. If its measure changes and it is linked, it is measured again.
#[utoipa::path(patch, path = "/okrs/{id}", tag = "OKRs", params(("id" = String, Path)), request_body = OkrBody,
    responses((status = 200, body = OkrView)))]
async fn change(State(app): State<App>, caller: Caller, Id(id): Id<OkrId>, patch: Patch) -> ApiResult<Json<OkrView>> {
    edit(&app, &caller, id, patch, None).await?;
    Ok(Json(answer(&app, &caller, id).await?))
}

/// Changes an OKR: what the API and the form have in common. `seen` is the version that the editor saw; if somebody else
/// has changed it since, nothing is changed.
pub(crate) async fn edit(app: &App, caller: &Caller, id: OkrId, patch: Patch, seen: Option<i64>) -> ApiResult<Okr> {
    let before = app.store().get_okr(id).await?;
    caller.may(Act::EditOkr(&before))?;
    let current = serde_json::to_value(OkrBody::of(&before)).map_err(ApiError::internal)?;
    let mut okr = patch.apply::<OkrBody>(current)?.settle(before.clone())?;
    okr.version = seen.unwrap_or(okr.version);
    if okr.owner_id != before.owner_id {
        caller.may(Act::CreateOkr(okr.owner_id))?;
    }
    check_surroundings(app, caller, &okr, Some(&before)).await?;
    if okr.measure != before.measure {
        check_link(app, id, &okr.measure).await?;
    }
    let note = caller.did(app, "okr.change", &okr).before(&OkrBody::of(&before)).after(&OkrBody::of(&okr));
    app.store().noting(note).update_okr(&okr, app.now()).await?;
    app.engine().wake();
    announce(app, &okr).await?;
    if before.parent_id != okr.parent_id
        && let Some(parent) = before.parent_id
    {
        app.engine().events().publish(Event::OkrUpdated { okr_id: parent });
    }
    Ok(okr)
}

/// Whether children are deleted as well.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Removing {
    /// Delete everything below it as well.
    #[serde(default)]
    with_children: bool,
}

/// Deletes an OKR; one with children only with `with_children`.
#[utoipa::path(delete, path = "/okrs/{id}", tag = "OKRs", params(("id" = String, Path), Removing),
    responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Params(removing): Params<Removing>,
) -> ApiResult<StatusCode> {
    delete(&app, &caller, id, removing.with_children).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes an OKR: what the API and the form have in common.
pub(crate) async fn delete(app: &App, caller: &Caller, id: OkrId, with_children: bool) -> ApiResult<Okr> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::EditOkr(&okr))?;
    if with_children {
        for below in app.store().descendants(id).await? {
            caller.may(Act::EditOkr(&app.store().get_okr(below).await?))?;
        }
    }
    let note = caller.did(app, "okr.delete", &okr).before(&OkrBody::of(&okr));
    app.store().noting(note).delete_okr(id, with_children, app.now()).await?;
    announce(app, &okr).await?;
    Ok(okr)
}

/// Checks what the OKR refers to: its owner, its parent, the shares beside it. It may stay below what the caller may not see.
async fn check_surroundings(app: &App, caller: &Caller, okr: &Okr, before: Option<&Okr>) -> ApiResult<()> {
    if app.store().find_user(okr.owner_id).await?.is_none() {
        return Err(ApiError::missing("person", okr.owner_id, "owner_id"));
    }
    let Some(parent_id) = okr.parent_id else { return Ok(()) };
    let missing = || ApiError::missing("objective", parent_id, "parent_id");
    let parent = app.store().find_okr(parent_id).await?.ok_or_else(missing)?;
    if before.and_then(|before| before.parent_id) != Some(parent_id) {
        caller.may(Act::SeeOkr(&parent)).map_err(|_| missing())?;
    }
    if okr.share.is_some() {
        let siblings = app.store().children(parent_id).await?;
        let others = siblings.iter().filter(|sibling| sibling.id != okr.id).map(|sibling| sibling.share);
        let fixed: Vec<_> = others.chain([okr.share]).collect();
        rollup::shares(&fixed)?;
    }
    Ok(())
}

/// A linked OKR's new measure must go with what its link measures.
async fn check_link(app: &App, id: OkrId, measure: &Measure) -> ApiResult<()> {
    let Some(link) = app.store().find_link(id).await? else { return Ok(()) };
    let fits = okrsync_metrics::check(measure, &link.metric, Some(link.completed_only));
    Ok(fits
        .map_err(|invalid| invalid.hint("Change both at once: PUT /api/v1/okrs/{id}/link takes a `measure`, too."))?)
}

/// An OKR before anything is known of it.
fn blank(app: &App, owner_id: UserId) -> Okr {
    let now = app.now();
    Okr {
        id: app.random().id(now),
        kind: OkrKind::KeyResult,
        parent_id: None,
        title: String::new(),
        description: None,
        owner_id,
        team: None,
        starts_on: Date::MIN,
        due_on: Date::MAX,
        progress_mode: ProgressMode::Manual,
        measure: Measure::default(),
        share: None,
        visibility: Visibility::Everyone,
        closed: None,
        created_at: now,
        version: 0,
    }
}
