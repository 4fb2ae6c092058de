//! Reading everything that the page of an OKR says.

use crate::{
    api::{days, issues, issues::Behind},
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, Verdict, judge, sees_okr},
    },
    board::{Board, people},
    components::{chart::Point, issue_status::UnderWay},
    error::{ApiError, ApiResult},
    moves,
    outlook::Outlook,
    pages::{Visitor, okr::moves::Told, period::Quarter, reader::Reader},
    reached::Reached,
};
use okrsync_domain::{
    Date, OkrId, UserId,
    check_in::CheckIn,
    issue::IssueId,
    okr::{Okr, ProgressMode},
    person::User,
    reading::Reading,
    refresh::Refresh,
};
use okrsync_metrics::{
    expected,
    forecast::{Forecast, NoForecast, Series, forecast},
    progress,
};
use okrsync_store::{BoardScope, Page, Span};
use serde::Deserialize;
use std::{cmp::Ordering, collections::BTreeMap};

/// Check-ins on the page; issues on one page of their table; refreshes in the list.
const CHECK_INS: u32 = 20;
const ISSUES: u32 = 50;
const REFRESHES: u32 = 6;
/// Moves on the page, and when more are asked for.
const MOVES: u32 = 7;
const MANY_MOVES: u32 = 100;
/// Most steps up to the top; a tree deeper than this is a circle.
const DEEPEST: usize = 100;

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// The issue that the page of issues before ended with.
    #[serde(default)]
    issues_after: String,
    /// `all` for more of why it moved.
    #[serde(default)]
    moves: String,
    /// `all` for every refresh that is kept.
    #[serde(default)]
    refreshes: String,
}

/// Everything that the page says.
pub(crate) struct OkrPage {
    /// Whose page it is.
    pub(crate) id: OkrId,
    /// The OKR and what the reader may see below it.
    pub(crate) board: Board,
    /// When what is achieved got there.
    pub(crate) reached: Reached,
    /// Everybody.
    pub(crate) people: BTreeMap<UserId, User>,
    /// The period that it is shown in.
    pub(crate) quarter: Quarter,
    /// Objectives above it that the reader may see, the highest first.
    pub(crate) above: Vec<(OkrId, String)>,
    /// The OKR before it under the same objective.
    pub(crate) before: Option<OkrId>,
    /// The one after it.
    pub(crate) after: Option<OkrId>,
    /// The last value of each day.
    pub(crate) points: Vec<Point>,
    /// Where it goes, or why that cannot be said; none of what nobody measures.
    pub(crate) forecast: Option<Result<Forecast, NoForecast>>,
    /// Newest first.
    pub(crate) check_ins: Vec<CheckIn>,
    /// Issues behind the number, if there is a link and a reading.
    pub(crate) issues: Option<Behind>,
    /// In which statuses of their site somebody works.
    pub(crate) under_way: UnderWay,
    /// Why it moved, newest first.
    pub(crate) moves: Vec<Told>,
    /// Newest first.
    pub(crate) history: Vec<Refresh>,
    /// Which parts are shown.
    pub(crate) parts: Parts,
    /// What the reader may do.
    pub(crate) rights: Rights,
    /// Who reads it.
    pub(crate) reader: Reader,
}

/// Which parts of long lists are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    /// The issues are the first ones.
    pub(crate) first_issues: bool,
    /// The list of refreshes is complete.
    pub(crate) whole_history: bool,
    /// There are more moves than are shown.
    pub(crate) more_moves: bool,
}

/// What the reader may do with the OKR.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rights {
    /// Change it.
    pub(crate) edits: bool,
    /// Have Jira asked again.
    pub(crate) refreshes: bool,
}

/// Reads the page.
pub(crate) async fn read(app: &App, visitor: Visitor, id: OkrId, asked: &Asked) -> ApiResult<OkrPage> {
    let okr = app.store().get_okr(id).await?;
    visitor.caller.may(Act::SeeOkr(&okr))?;
    let caller = visitor.caller.clone();
    let mut board = Board::load(app, BoardScope::Trees(vec![id])).await?;
    board.keep(|okr| sees_okr(&caller.user, okr));
    let link = board.find(id).and_then(|shown| shown.row.link.as_ref().map(|linked| linked.link.query_id));
    let after = asked.issues_after.parse().ok().map(IssueId);
    let issues = match link {
        Some(_) => Some(Box::pin(issues::behind(app, &caller, id, after, ISSUES)).await?),
        None => None,
    };
    let catalogue = match &issues {
        Some(behind) => app.store().find_catalogue(behind.connection.id).await?,
        None => None,
    };
    let whole_history = asked.refreshes == "all";
    let history = match link {
        Some(query) => app.store().refresh_history(query, if whole_history { 500 } else { REFRESHES }).await?,
        None => vec![],
    };
    let (moves, more_moves) = told(app, &okr, &caller, asked.moves == "all").await?;
    let above = above(app, &okr).await?;
    let (before, next) = neighbours(app, &caller.user, &okr).await?;
    let reader = Reader::of(app, visitor).await?;
    Ok(OkrPage {
        id,
        points: points(app, &okr, &reader).await?,
        forecast: outlook(app, &okr).await?,
        check_ins: app.store().check_ins(id, Page::first(CHECK_INS)).await?.items,
        people: people(app).await?,
        quarter: Quarter::of_okr(okr.starts_on, okr.due_on, reader.today),
        above: above.into_iter().filter(|it| sees_okr(&caller.user, it)).map(|it| (it.id, it.title)).collect(),
        before,
        after: next,
        issues,
        under_way: UnderWay::of(catalogue.as_ref().map(|(catalogue, _)| catalogue)),
        parts: Parts { first_issues: after.is_none(), whole_history, more_moves },
        moves,
        history,
        rights: Rights {
            edits: judge(&caller.user, Act::EditOkr(&okr)) == Verdict::Allowed,
            refreshes: judge(&caller.user, Act::RefreshOkr(&okr)) == Verdict::Allowed,
        },
        reached: app.stretches().of(app.store(), &board).await?,
        board,
        reader,
    })
}

/// The last moves with the progress that each led to, and whether there are more.
async fn told(app: &App, okr: &Okr, caller: &Caller, all: bool) -> ApiResult<(Vec<Told>, bool)> {
    let page = Page::first(if all { MANY_MOVES } else { MOVES });
    let found = Box::pin(moves::list(app, okr, &caller.user, Span::default(), page)).await?;
    let mut told = Vec::with_capacity(found.items.len());
    for moved in found.items {
        // In an objective's moves the readings are those of OKRs below it.
        let own = moved.okr_id == Some(okr.id) && okr.progress_mode != ProgressMode::RollUp;
        let reading = if own { app.store().find_reading(moved.to).await? } else { None };
        let to = reading.and_then(|reading| progress(&reading.measure, &reading.tally));
        told.push(Told { moved, to });
    }
    Ok((told, found.next.is_some()))
}

/// The objectives above, the highest first.
pub(crate) async fn above(app: &App, okr: &Okr) -> ApiResult<Vec<Okr>> {
    let (mut all, mut next) = (vec![], okr.parent_id);
    while let Some(id) = next.filter(|_| all.len() < DEEPEST) {
        let Some(parent) = app.store().find_okr(id).await? else { break };
        next = parent.parent_id;
        all.push(parent);
    }
    all.reverse();
    Ok(all)
}

async fn neighbours(app: &App, user: &User, okr: &Okr) -> ApiResult<(Option<OkrId>, Option<OkrId>)> {
    let Some(parent) = okr.parent_id else { return Ok((None, None)) };
    let siblings = app.store().children(parent).await?;
    let seen: Vec<OkrId> =
        siblings.iter().filter(|it| it.kind == okr.kind && sees_okr(user, it)).map(|it| it.id).collect();
    let at = seen.iter().position(|id| *id == okr.id).ok_or_else(|| ApiError::internal("an OKR that is no child"))?;
    Ok((at.checked_sub(1).and_then(|at| seen.get(at)).copied(), seen.get(at + 1).copied()))
}

/// The forecast of what is measured. How earlier ones came out is left to the API.
async fn outlook(app: &App, okr: &Okr) -> ApiResult<Option<Result<Forecast, NoForecast>>> {
    if okr.progress_mode != ProgressMode::DataSource || okr.closed.is_some() {
        return Ok(None);
    }
    let (question, readings) = Outlook::ground(app, okr, true).await?;
    // ten thousand trials are work for the machine, not a wait
    let work = move || forecast(&Series::of(&readings, &question.measure), &question);
    tokio::task::spawn_blocking(work).await.map(Some).map_err(ApiError::internal)
}

/// The last value of each day of the OKR's time, of the kind that its mode shows.
async fn points(app: &App, okr: &Okr, reader: &Reader) -> ApiResult<Vec<Point>> {
    let from = days::start_of(okr.starts_on, reader.zone());
    let until = days::end_of(reader.today, reader.zone());
    let day_of = |reading: &Reading| reading.at.with_timezone(&reader.zone()).date_naive();
    let days: BTreeMap<Date, Reading> = match okr.progress_mode {
        ProgressMode::RollUp => return Ok(vec![]),
        ProgressMode::DataSource => {
            let daily = app.store().daily_readings(okr.id, from, until).await?;
            daily.into_iter().map(|daily| (daily.on, daily.reading)).collect()
        }
        // Newest first: turned around, the last of a day stays.
        ProgressMode::Manual => {
            let readings = app.store().readings(okr.id, Some(from), Some(until), Page::all()).await?.items;
            readings.into_iter().rev().map(|reading| (day_of(&reading), reading)).collect()
        }
    };
    // Of a KPI the target does not move with what is to be done.
    let scope_of = |reading: &Reading| reading.tally.total.filter(|_| reading.measure.is_percent_complete());
    let mut before = None;
    let point = |(day, reading): (Date, Reading)| {
        let expected = expected(&okr.measure, okr.starts_on, okr.due_on, day);
        let now = scope_of(&reading);
        let scope = now.zip(before).map_or(Ordering::Equal, |(now, before)| now.cmp(&before));
        before = now.or(before);
        progress(&reading.measure, &reading.tally).map(|progress| Point { day, progress, expected, scope })
    };
    Ok(days.into_iter().filter_map(point).collect())
}
