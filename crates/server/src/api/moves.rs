//! Moves of an OKR: why its number changed, cause by cause.

use crate::{
    api::{
        days, listing,
        number::{Number, number},
        okrs::view::word,
    },
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, sees_titles},
    },
    error::{ApiError, ApiResult},
    extract::{Id, Params},
    moves::{self, Interval, Move},
};
use axum::{Json, extract::State};
use chrono::{DateTime, TimeDelta, Utc, Weekday};
use okrsync_domain::{
    ConnectionId, Date, OkrId, ReadingId,
    moves::{Account, Cause, CauseKind, Effect},
    okr::Okr,
    person::Role,
};
use okrsync_metrics::moves::{KindSum, Split, words};
use okrsync_store::{Page, Span};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Most causes of one move in an answer; the others are told together.
const MOST_CAUSES: usize = 100;

/// What something did to a number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectView {
    /// In the reading's own unit; null where a reading has no value or the unit changed.
    value: Option<Number>,
    /// In percentage points, 4 decimals; null where a reading has no progress.
    progress: Option<Number>,
}

impl From<Effect> for EffectView {
    fn from(effect: Effect) -> Self {
        Self { value: number(effect.value), progress: number(effect.progress) }
    }
}

/// Why a number moved.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CauseWord {
    /// An issue matches that did not.
    Joined,
    /// An issue no longer matches; Jira still gives it.
    Left,
    /// Jira no longer gives an issue, though it gives its project: it was deleted, or a security level hides it.
    Deleted,
    /// Jira no longer gives an issue, nor its project: the account may not browse it, or it is gone.
    Hidden,
    /// An issue was completed.
    Completed,
    /// A completed issue is open again.
    Reopened,
    /// The number that an issue brings changed.
    ValueChanged,
    /// The link or the measure was edited: `field` is `jql`, `connection`, `metric`, `story_points_fields`,
    /// `completed_only`, `measure.kind`, `measure.start`, `measure.target`, or `link` for the first measurement.
    Setting,
    /// A person entered a number, or such a number no longer stands.
    CheckIn,
    /// Something below the objective got its first number or lost it, or may not be seen.
    Children,
    /// The number had no data in between, or what was kept does not explain the difference.
    Unexplained,
}

/// One cause with its part of the difference.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CauseView {
    kind: CauseWord,
    /// Jira's own number of the issue.
    issue_id: Option<String>,
    /// Its key, as last seen.
    issue_key: Option<String>,
    /// Its summary line; null for viewers where the connection hides titles.
    issue_title: Option<String>,
    /// Its page in Jira.
    issue_url: Option<String>,
    /// In an objective's moves, the OKR below it.
    #[schema(value_type = Option<String>)]
    okr_id: Option<OkrId>,
    /// The field of Jira, or the setting.
    field: Option<String>,
    from: Option<String>,
    to: Option<String>,
    #[serde(flatten)]
    effect: EffectView,
}

/// How many causes there are and what they did together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SumView {
    count: u64,
    #[serde(flatten)]
    effect: EffectView,
}

impl From<KindSum> for SumView {
    fn from(sum: KindSum) -> Self {
        Self { count: sum.count, effect: sum.effect.into() }
    }
}

/// Scope and work told apart. The four parts add up to the difference.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SplitView {
    /// What there is to do: issues that joined, left, were deleted or hidden.
    scope: SumView,
    /// What is done: issues completed or reopened.
    work: SumView,
    /// Numbers of issues that changed.
    values: SumView,
    /// Edits, numbers by hand, and the rest.
    other: SumView,
    /// How many causes of each kind there are.
    counts: BTreeMap<String, u64>,
    /// Issues that left, were deleted, hidden or reopened.
    lost: u64,
}

/// Why a number moved: the effects of all causes, with `more`, add up to `delta` exactly.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountView {
    delta: EffectView,
    /// In words: "AE-797 joined, 0 lost".
    text: String,
    split: SplitView,
    /// At most 100, those with the largest effect first.
    causes: Vec<CauseView>,
    /// The causes that are left out, together; null if none is.
    more: Option<SumView>,
}

/// A move between two neighbouring readings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MoveView {
    /// That of the reading that shows it.
    #[schema(value_type = String)]
    id: ReadingId,
    at: DateTime<Utc>,
    /// Whose readings they are; null if it may not be seen.
    #[schema(value_type = Option<String>)]
    okr_id: Option<OkrId>,
    #[schema(value_type = Option<String>)]
    from_reading: Option<ReadingId>,
    #[schema(value_type = String)]
    to_reading: ReadingId,
    #[serde(flatten)]
    account: AccountView,
}

/// All moves of the span as one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryView {
    #[schema(value_type = Option<String>)]
    from_reading: Option<ReadingId>,
    #[schema(value_type = Option<String>)]
    to_reading: Option<ReadingId>,
    #[serde(flatten)]
    account: AccountView,
}

/// Moves of an OKR.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MovesView {
    items: Vec<MoveView>,
    /// Hand it in as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
    /// The sum over the whole span, on the first page; null on the others.
    summary: Option<SummaryView>,
}

/// Which moves.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// First day in the organisation's time zone.
    from: Option<Date>,
    /// Last day in the organisation's time zone.
    to: Option<Date>,
    /// In place of `from`: `check_in` begins behind the last check-in, and without one with the first reading; `week` begins
    /// on this week's Monday.
    #[param(inline)]
    since: Option<Since>,
    /// Things on the page: 1 to 200, 50 if not said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Where a span begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Since {
    /// Behind the last check-in.
    CheckIn,
    /// On this week's Monday.
    Week,
}

impl Wanted {
    /// The span of time that is meant.
    async fn span(&self, app: &App, okr: &Okr) -> ApiResult<Span> {
        if self.since.is_some() && self.from.is_some() {
            let both = "`since` and `from` both say where to begin: leave one out.";
            return Err(ApiError::field("invalid_value", "since", both));
        }
        let organisation = app.store().organisation().await?;
        let zone = organisation.time_zone;
        let from = match self.since {
            None => self.from.map(|day| days::start_of(day, zone)),
            Some(Since::Week) => {
                let week = organisation.today(app.clock().now()).week(Weekday::Mon);
                Some(days::start_of(week.first_day(), zone))
            }
            Some(Since::CheckIn) => {
                let last = app.store().check_ins(okr.id, Page::first(1)).await?.items.pop();
                // its own number is not what happened since
                last.map(|check_in| check_in.at + TimeDelta::microseconds(1))
            }
        };
        Ok(Span { from, before: self.to.map(|day| days::end_of(day, zone)) })
    }
}

/// Routes of moves.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Why the number moved: every move between neighbouring readings, newest first, and their sum.
///
/// An objective has the moves of everything below it, by what they did to its progress with the shares of today.
#[utoipa::path(get, path = "/okrs/{id}/moves", tag = "Readings", params(("id" = String, Path), Wanted),
    responses((status = 200, body = MovesView)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Params(wanted): Params<Wanted>,
) -> ApiResult<Json<MovesView>> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::SeeOkr(&okr))?;
    let span = wanted.span(&app, &okr).await?;
    let page = listing::page(wanted.limit, wanted.cursor.as_deref())?;
    let first = page.after.is_none();
    let slice = moves::list(&app, &okr, &caller.user, span, page).await?;
    let summary = if first { Some(moves::total(&app, &okr, &caller.user, span).await?) } else { None };
    let accounts = slice.items.iter().map(|told| &told.account).chain(summary.iter().map(|sum| &sum.account));
    let places = Places::load(&app, &caller, &okr, accounts).await?;
    Ok(Json(MovesView {
        items: slice.items.into_iter().map(|told| MoveView::of(told, &places)).collect(),
        next_cursor: slice.next.map(|cursor| cursor.to_string()),
        summary: summary.map(|interval| SummaryView::of(interval, &places)),
    }))
}

/// Where the issues of an OKR's causes are read in Jira, and whether the caller reads their titles.
struct Places {
    okr: OkrId,
    of: BTreeMap<OkrId, (String, bool)>,
}

impl Places {
    async fn load(app: &App, caller: &Caller, okr: &Okr, accounts: impl Iterator<Item = &Account>) -> ApiResult<Self> {
        let mut okrs: BTreeSet<OkrId> =
            accounts.flat_map(|account| &account.causes).filter_map(|cause| cause.okr_id).collect();
        okrs.insert(okr.id);
        let (mut connections, mut of) = (BTreeMap::<ConnectionId, (String, bool)>::new(), BTreeMap::new());
        for id in okrs {
            let Some(link) = app.store().find_link(id).await? else { continue };
            if !connections.contains_key(&link.connection_id) {
                let connection = app.store().get_connection(link.connection_id).await?;
                let titles = sees_titles(&caller.user, &connection);
                connections.insert(connection.id, (connection.server_url, titles));
            }
            of.extend(connections.get(&link.connection_id).cloned().map(|place| (id, place)));
        }
        // Without a link nothing says that viewers may read titles.
        let unlinked = (String::new(), caller.user.role != Role::Viewer);
        of.entry(okr.id).or_insert(unlinked);
        Ok(Self { okr: okr.id, of })
    }

    fn cause(&self, cause: Cause) -> CauseView {
        let place = self.of.get(&cause.okr_id.unwrap_or(self.okr));
        let url = |key: &str| {
            let (server, _) = place.filter(|(server, _)| !server.is_empty())?;
            Some(format!("{server}/browse/{key}"))
        };
        let (id, key, title) = match cause.issue {
            Some(issue) => (Some(issue.id.to_string()), Some(issue.key.0), issue.title),
            None => (None, None, None),
        };
        CauseView {
            kind: cause.kind.into(),
            issue_id: id,
            issue_url: key.as_deref().and_then(url),
            issue_key: key,
            issue_title: title.filter(|_| place.is_some_and(|(_, titles)| *titles)),
            okr_id: cause.okr_id,
            field: cause.field,
            from: cause.from,
            to: cause.to,
            effect: cause.effect.into(),
        }
    }

    fn account(&self, mut account: Account) -> AccountView {
        let (text, split) = (words(&account), Split::of(&account.causes));
        let rest = account.causes.split_off(account.causes.len().min(MOST_CAUSES));
        AccountView {
            delta: account.delta.into(),
            text,
            split: (&split).into(),
            causes: account.causes.into_iter().map(|cause| self.cause(cause)).collect(),
            more: (!rest.is_empty()).then(|| Split::of(&rest).all().into()),
        }
    }
}

impl MoveView {
    fn of(told: Move, places: &Places) -> Self {
        Self {
            id: told.to,
            at: told.at,
            okr_id: told.okr_id,
            from_reading: told.from,
            to_reading: told.to,
            account: places.account(told.account),
        }
    }
}

impl SummaryView {
    fn of(interval: Interval, places: &Places) -> Self {
        let account = places.account(interval.account);
        Self { from_reading: interval.from, to_reading: interval.to, account }
    }
}

impl From<&Split> for SplitView {
    fn from(split: &Split) -> Self {
        Self {
            scope: split.scope().into(),
            work: split.work().into(),
            values: split.values().into(),
            other: split.other().into(),
            counts: split.counts().map(|(kind, count)| (word(&kind), count)).collect(),
            lost: split.lost(),
        }
    }
}

impl From<CauseKind> for CauseWord {
    fn from(kind: CauseKind) -> Self {
        match kind {
            CauseKind::Joined => Self::Joined,
            CauseKind::Left => Self::Left,
            CauseKind::Deleted => Self::Deleted,
            CauseKind::Hidden => Self::Hidden,
            CauseKind::Completed => Self::Completed,
            CauseKind::Reopened => Self::Reopened,
            CauseKind::ValueChanged => Self::ValueChanged,
            CauseKind::Setting => Self::Setting,
            CauseKind::CheckIn => Self::CheckIn,
            CauseKind::Children => Self::Children,
            CauseKind::Unexplained => Self::Unexplained,
        }
    }
}
