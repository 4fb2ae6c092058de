//! What a link would show: nothing is stored.

use super::{
    body::{fit, usable},
    lints::{LintView, UncheckedView, views},
};
use crate::{
    api::{
        issues::IssueView,
        measures::{MeasureBody, MetricBody},
        number::{Number, number},
        okrs::view::StatusWord,
        organisation::check_period,
        readings::CoverageView,
    },
    app::App,
    auth::{caller::Caller, policy::Act},
    board::Board,
    error::{ApiError, ApiResult, integration_disabled},
    extract::Body,
};
use axum::{Json, extract::State};
use okrsync_connections::PageSizes;
use okrsync_domain::{
    ConnectionId, Date, OkrId,
    connection::Connection,
    measure::{Measure, Metric},
    okr::Okr,
};
use okrsync_metrics::{Judgement, Percent, Progress, Standing, Status, expected, progress, status, value};
use okrsync_scheduler::{
    cost::{Cost, Unit},
    preview::{Draft, Preview},
};
use okrsync_store::BoardScope;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A link that is being written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewBody {
    /// The connection that asks Jira.
    #[schema(value_type = String)]
    connection_id: ConnectionId,
    /// The query.
    jql: String,
    /// What is measured over the matching issues.
    metric: MetricBody,
    /// Whether a KPI counts completed issues only.
    #[serde(default)]
    completed_only: Option<bool>,
    /// What it is measured against; of `okr_id` if not given, else `percent_complete`.
    #[serde(default)]
    measure: Option<MeasureBody>,
    /// The OKR whose link is edited.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    okr_id: Option<OkrId>,
    /// First day, for a new OKR.
    #[serde(default)]
    starts_on: Option<Date>,
    /// Last day, for a new OKR.
    #[serde(default)]
    due_on: Option<Date>,
    /// Minutes between refreshes, for what it would cost; the organisation's if absent.
    #[serde(default)]
    period_minutes: Option<u32>,
    /// Without effect: taken so that the body of a link fits.
    #[serde(default, rename = "confirm_empty")]
    _confirm_empty: bool,
}

/// The difference to what is shown today.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    value: Option<Number>,
    progress: Option<Number>,
    /// Status today.
    status: StatusWord,
}

/// What a link would show.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewView {
    canonical: String,
    matched: u64,
    completed: Option<u64>,
    /// Null where it is computed on saving only.
    value: Option<Number>,
    progress: Option<Number>,
    expected: Option<Number>,
    status: Option<StatusWord>,
    coverage: Option<CoverageView>,
    /// The difference to today; null for a new link.
    change: Option<ChangeView>,
    /// Whether counts are estimates (Jira Cloud, above 300 matches).
    estimate: bool,
    /// The first five.
    issues: Vec<IssueView>,
    lints: Vec<LintView>,
    /// What nobody can check: labels, values in histories.
    unchecked: Vec<UncheckedView>,
    /// What Jira says besides, such as unknown people.
    warnings: Vec<String>,
    /// Requests that the preview cost.
    requests: u64,
    /// What the link would cost.
    cost: CostView,
}

/// What a link would cost in requests to Jira, or in points where Jira counts points (OAuth on Cloud). Several links
/// on one query cost it once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CostView {
    /// `requests` or `points`.
    unit: &'static str,
    /// The first reading.
    first: u64,
    /// Each hour after that, if about one in two hundred issues changes.
    per_hour: u64,
}

impl CostView {
    fn of(connection: &Connection, matched: u64, period_minutes: u32) -> Self {
        let (sizes, unit) = (PageSizes::of(connection.deployment), Unit::of(connection));
        let first = Cost::of_first(matched, sizes, unit);
        let an_hour = Cost::of_refresh(matched, sizes, unit).an_hour(period_minutes);
        match unit {
            Unit::Requests => Self { unit: "requests", first: first.requests(), per_hour: an_hour.requests() },
            Unit::Points => Self { unit: "points", first: first.points(), per_hour: an_hour.points() },
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(preview))
}

/// What the OKR is, as far as the preview needs it.
struct Frame {
    measure: Measure,
    dates: Option<(Date, Date)>,
    current: Option<Standing>,
    /// Minutes between refreshes; none follows the organisation's.
    period_minutes: Option<u32>,
}

/// What a link would show, as far as it depends on today.
pub(crate) struct Looked {
    /// Whose site it is.
    pub(crate) connection: Connection,
    /// What Jira's issues come to.
    pub(crate) preview: Preview,
    /// What it is measured against.
    pub(crate) measure: Measure,
    /// The value that would be shown.
    pub(crate) value: Option<Decimal>,
    /// The progress that would be shown.
    pub(crate) progress: Option<Progress>,
    /// Where it should be.
    pub(crate) expected: Option<Percent>,
    /// The status that would be shown.
    pub(crate) status: Option<Status>,
    /// What is shown today; none for a new OKR.
    pub(crate) current: Option<Standing>,
    /// Minutes between refreshes.
    pub(crate) period_minutes: u32,
}

/// Shows what a link would show. Exact up to 300 matches; above that counts, at most four requests. A query that Jira
/// refuses is answered as a link of it would be.
#[utoipa::path(post, path = "/links/preview", tag = "Links", request_body = PreviewBody,
    responses((status = 200, body = PreviewView)))]
async fn preview(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<PreviewBody>,
) -> ApiResult<Json<PreviewView>> {
    Ok(Json(Box::pin(look(&app, &caller, body, vec![])).await?.into()))
}

/// What a link would show, and what the metrics of `table` would.
pub(crate) async fn look(app: &App, caller: &Caller, body: PreviewBody, table: Vec<Metric>) -> ApiResult<Looked> {
    let okr = okr(app, caller, body.okr_id).await?;
    body.period_minutes.map_or(Ok(()), check_period)?;
    let frame = frame(app, okr, body.measure, body.starts_on.zip(body.due_on)).await?;
    let frame = Frame { period_minutes: body.period_minutes, ..frame };
    let (metric, completed_only) = fit(body.metric, &frame.measure, body.completed_only)?;
    let connection = usable(app, caller, body.connection_id).await?;
    if !app.store().organisation().await?.jira_enabled {
        return Err(integration_disabled());
    }
    let measure = frame.measure.clone();
    let draft = Draft { connection_id: connection.id, jql: body.jql, metric, completed_only, measure, table };
    let preview = app.engine().preview(&draft).await?;
    Box::pin(judge(app, connection, frame, preview)).await
}

async fn okr(app: &App, caller: &Caller, id: Option<OkrId>) -> ApiResult<Option<Okr>> {
    let Some(id) = id else { return Ok(None) };
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::SeeOkr(&okr))?;
    Ok(Some(okr))
}

async fn frame(
    app: &App,
    okr: Option<Okr>,
    body: Option<MeasureBody>,
    dates: Option<(Date, Date)>,
) -> ApiResult<Frame> {
    let given = body.map(MeasureBody::measure).transpose()?;
    if dates.is_some_and(|(starts_on, due_on)| starts_on > due_on) {
        return Err(ApiError::field("invalid_value", "due_on", "The due date must not lie before the start."));
    }
    let Some(okr) = okr else {
        return Ok(Frame { measure: given.unwrap_or_default(), dates, current: None, period_minutes: None });
    };
    let board = Board::load(app, BoardScope::Trees(vec![okr.id])).await?;
    Ok(Frame {
        measure: given.unwrap_or_else(|| okr.measure.clone()),
        dates: dates.or(Some((okr.starts_on, okr.due_on))),
        current: board.standings.get(&okr.id).cloned(),
        period_minutes: None,
    })
}

async fn judge(app: &App, connection: Connection, frame: Frame, preview: Preview) -> ApiResult<Looked> {
    let (organisation, today) = app.today().await?;
    let Frame { measure, dates, current, period_minutes } = frame;
    let tally = preview.tally.as_ref();
    let reached = tally.and_then(|tally| progress(&measure, tally));
    let shown = tally.and_then(|tally| value(&measure, tally));
    let due = dates.and_then(|(starts_on, due_on)| expected(&measure, starts_on, due_on, today));
    let status = tally.zip(dates).map(|(_, (starts_on, _))| {
        let (progress, expected) = (reached.as_ref(), due.as_ref());
        let judgement = Judgement { measure: &measure, progress, value: shown, expected, starts_on, today };
        status(&judgement, &organisation.limits)
    });
    let period_minutes = period_minutes.unwrap_or(organisation.period_minutes);
    let (value, progress, expected) = (shown, reached, due);
    Ok(Looked { connection, preview, measure, value, progress, expected, status, current, period_minutes })
}

impl From<Looked> for PreviewView {
    fn from(looked: Looked) -> Self {
        let cost = CostView::of(&looked.connection, looked.preview.matched, looked.period_minutes);
        let Looked { connection, preview, value: shown, progress, expected, status, current, .. } = looked;
        let reached = progress.map(|progress| progress.api());
        let issue = |issue| IssueView::of(issue, &connection, None, None, true);
        Self {
            canonical: preview.canonical,
            matched: preview.matched,
            completed: preview.completed,
            value: number(shown),
            progress: number(reached),
            expected: expected.map(|expected| expected.api().into()),
            status: status.map(Into::into),
            coverage: preview.tally.as_ref().map(|tally| tally.coverage.into()),
            change: current.as_ref().map(|current| ChangeView {
                value: number(shown.zip(current.value).and_then(|(new, old)| new.checked_sub(old))),
                progress: number(reached.zip(current.progress.as_ref()).map(|(new, old)| new - old.api())),
                status: current.status.into(),
            }),
            estimate: preview.estimate,
            issues: preview.issues.into_iter().map(issue).collect(),
            lints: views(preview.lints),
            unchecked: views(preview.unchecked),
            warnings: preview.warnings,
            requests: preview.requests,
            cost,
        }
    }
}
