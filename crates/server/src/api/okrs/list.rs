//! The list of OKRs and the summary of a period.

use super::view::{ColourWord, KindWord, OkrView, StatusWord};
use crate::{
    api::{
        listing::{self, Listing},
        number::Number,
    },
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, sees_okr},
    },
    board::{Board, Shown},
    error::ApiResult,
    extract::Params,
};
use axum::{Json, extract::State};
use okrsync_domain::{Date, OkrId, UserId, okr::Okr};
use okrsync_metrics::{Status, company, count_by_status};
use okrsync_store::{BoardScope, Cursor, OkrFilter, Page, Slice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Which OKRs.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Objectives or key results.
    #[param(inline)]
    kind: Option<KindWord>,
    /// Where it stands today.
    #[param(inline)]
    status: Option<StatusWord>,
    /// Who answers for it.
    #[param(value_type = Option<String>)]
    owner: Option<UserId>,
    /// Name of the team.
    team: Option<String>,
    /// The objective above it.
    #[param(value_type = Option<String>)]
    parent: Option<OkrId>,
    /// Words in the title or the query.
    q: Option<String>,
    /// Begins on or before this day.
    starts_before: Option<Date>,
    /// Ends on or after this day.
    due_after: Option<Date>,
    /// Things on the page: 1 to 200, 50 if not said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// OKRs by creation.
#[utoipa::path(get, path = "/okrs", tag = "OKRs", params(Filter), responses((status = 200, body = Listing<OkrView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(filter): Params<Filter>,
) -> ApiResult<Json<Listing<OkrView>>> {
    caller.may(Act::Look)?;
    let page = listing::page(filter.limit, filter.cursor.as_deref())?;
    let status = filter.status.map(Status::from);
    let stored = OkrFilter {
        visible_to: Some(caller.viewer()),
        kind: filter.kind.map(Into::into),
        owner: filter.owner,
        team: filter.team,
        parent: filter.parent,
        text: filter.q.filter(|text| !text.trim().is_empty()),
        among: None,
        starts_before: filter.starts_before,
        due_after: filter.due_after,
    };
    // A status depends on today and is not stored: those that have it are found among all.
    let asked = if status.is_some() { Page::all() } else { page.clone() };
    let slice = app.store().okrs(&stored, asked).await?;
    let ids = slice.items.iter().map(|okr| okr.id).collect();
    let board = Board::load(&app, BoardScope::Trees(ids)).await?;
    let slice = match status {
        Some(status) => with_status(&board, slice, status, &page),
        None => slice,
    };
    let shown: BTreeMap<OkrId, Shown<'_>> = board.all().map(|shown| (shown.row.okr.id, shown)).collect();
    let listed = slice.items.iter().filter_map(|okr| shown.get(&okr.id).cloned());
    let items = super::views_of(&app, &caller, listed).await?;
    Ok(Json(Listing { items, next_cursor: slice.next.map(|cursor| cursor.to_string()) }))
}

/// The page of those that stand like this.
fn with_status(board: &Board, slice: Slice<Okr>, status: Status, page: &Page) -> Slice<Okr> {
    let stands = |okr: &Okr| board.standings.get(&okr.id).is_some_and(|standing| standing.status == status);
    let place = |okr: &Okr| (okr.created_at, okr.id.to_string());
    let behind = |okr: &Okr| page.after.as_ref().is_none_or(|after| place(okr) > (after.at, after.id.clone()));
    let mut items: Vec<Okr> = slice.items.into_iter().filter(|okr| stands(okr) && behind(okr)).collect();
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|okr| Cursor { at: okr.created_at, id: okr.id.to_string() });
    Slice { items, next }
}

/// Of which days.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Period {
    /// First day; OKRs that ended before are left out.
    from: Option<Date>,
    /// Last day; OKRs that begin later are left out.
    to: Option<Date>,
}

/// Key results by status.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Counts {
    on_track: u64,
    behind: u64,
    at_risk: u64,
    achieved: u64,
    not_started: u64,
    no_data: u64,
}

impl Counts {
    /// Counts of what stands where.
    pub(crate) fn of(counts: &BTreeMap<Status, u64>) -> Self {
        let of = |status| counts.get(&status).copied().unwrap_or(0);
        Self {
            on_track: of(Status::OnTrack),
            behind: of(Status::Behind),
            at_risk: of(Status::AtRisk),
            achieved: of(Status::Achieved),
            not_started: of(Status::NotStarted),
            no_data: of(Status::NoData),
        }
    }
}

/// Where the company stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryView {
    /// Mean of the top-level objectives that the caller may see.
    progress: Option<Number>,
    expected: Option<Number>,
    status: StatusWord,
    colour: ColourWord,
    /// Top-level objectives, and those of them that have data.
    objectives: u64,
    with_data: u64,
    key_results: u64,
    /// Key results by status.
    counts: Counts,
}

/// Where the company stands in a period.
#[utoipa::path(get, path = "/summary", tag = "OKRs", params(Period), responses((status = 200, body = SummaryView)))]
pub(crate) async fn summary(
    State(app): State<App>,
    caller: Caller,
    Params(period): Params<Period>,
) -> ApiResult<Json<SummaryView>> {
    caller.may(Act::Look)?;
    let mut board = Board::load(&app, BoardScope::All).await?;
    board.keep(|okr| {
        sees_okr(&caller.user, okr)
            && period.from.is_none_or(|from| okr.due_on >= from)
            && period.to.is_none_or(|to| okr.starts_on <= to)
    });
    let whole = company(&board.nodes, &board.standings, &board.organisation.limits);
    let counts = count_by_status(board.key_results().map(|shown| shown.standing));
    Ok(Json(SummaryView {
        progress: whole.progress.as_ref().map(|progress| progress.api().into()),
        expected: whole.expected.as_ref().map(|expected| expected.api().into()),
        status: whole.status.into(),
        colour: whole.colour.into(),
        objectives: whole.objectives,
        with_data: whole.with_data,
        key_results: counts.values().sum(),
        counts: Counts::of(&counts),
    }))
}
