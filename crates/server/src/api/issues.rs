//! The issues behind a number, each with what it adds.

use crate::{
    api::{
        connections,
        links::not_linked,
        listing::{self, Listing, Paging},
        number::{Number, number},
    },
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, sees_titles},
    },
    error::{ApiError, ApiResult},
    extract::{Id, Params},
};
use axum::{Json, extract::State, http::StatusCode};
use okrsync_domain::{
    OkrId,
    catalogue::story_points_fields,
    connection::Connection,
    issue::{FieldId, Issue, IssueId},
    measure::{Measure, Metric},
    reading::Tally,
};
use okrsync_metrics::{Rule, attainment, issue_value};
use okrsync_store::{BoardRow, BoardScope};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// An issue behind a number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssueView {
    /// Jira's own number: stable, while keys change.
    id: String,
    key: String,
    /// Its page in Jira.
    url: String,
    /// Null for viewers where the connection hides titles.
    title: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
    completed: bool,
    assignee: Option<String>,
    /// In the metric's unit; null where it has none.
    value: Option<Number>,
    /// What it adds to the progress, in percentage points: 0 for an issue that does not count (yet). Null where issues
    /// do not add up: averages, extremes, lines to keep.
    contribution: Option<Number>,
}

impl IssueView {
    /// The view of an issue.
    pub(crate) fn of(
        issue: Issue,
        connection: &Connection,
        value: Option<Decimal>,
        contribution: Option<Decimal>,
        titles: bool,
    ) -> Self {
        Self {
            url: format!("{}/browse/{}", connection.server_url, issue.key),
            id: issue.id.to_string(),
            key: issue.key.to_string(),
            title: issue.title.filter(|_| titles),
            kind: issue.issue_type,
            status: issue.status,
            completed: issue.facts.completed,
            assignee: issue.assignee,
            value: number(value),
            contribution: number(contribution),
        }
    }
}

/// Routes of issues.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The issues behind an OKR's last reading, by id.
///
/// The contributions of percent complete add up to the progress; those of a KPI that sums, to the way from its start.
#[utoipa::path(get, path = "/okrs/{id}/issues", tag = "Readings", params(("id" = String, Path), Paging),
    responses((status = 200, body = Listing<IssueView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Params(paging): Params<Paging>,
) -> ApiResult<Json<Listing<IssueView>>> {
    let limit = listing::limit(paging.limit)?;
    let after = paging.cursor.as_deref().map(str::parse).transpose().map_err(|_| listing::bad_cursor())?.map(IssueId);
    let page = Box::pin(behind(&app, &caller, id, after, limit)).await?;
    let next_cursor = page.next.map(|id| id.to_string());
    let view = |it: Contributing| IssueView::of(it.issue, &page.connection, it.value, it.contribution, page.titles);
    Ok(Json(Listing { items: page.issues.into_iter().map(view).collect(), next_cursor }))
}

/// An issue with what it adds.
#[derive(Debug, Clone)]
pub(crate) struct Contributing {
    /// The issue.
    pub(crate) issue: Issue,
    /// In the metric's unit.
    pub(crate) value: Option<Decimal>,
    /// What it adds to the progress, in points.
    pub(crate) contribution: Option<Decimal>,
    /// What it would add once it is completed; none where that changes nothing.
    pub(crate) at_most: Option<Decimal>,
}

/// A page of the issues behind a number.
pub(crate) struct Behind {
    /// The issues, by id.
    pub(crate) issues: Vec<Contributing>,
    /// The last one's id, if more follow.
    pub(crate) next: Option<IssueId>,
    /// Where they are from.
    pub(crate) connection: Connection,
    /// Whether the reader sees titles.
    pub(crate) titles: bool,
}

/// The issues behind an OKR's last reading: what the API and the page have in common.
pub(crate) async fn behind(
    app: &App,
    caller: &Caller,
    id: OkrId,
    after: Option<IssueId>,
    limit: u32,
) -> ApiResult<Behind> {
    caller.may(Act::SeeOkr(&app.store().get_okr(id).await?))?;
    let mut rows = app.store().board(BoardScope::Only(vec![id]), None).await?;
    let row = rows.pop().ok_or_else(|| ApiError::not_found("OKR", id))?;
    let Some(linked) = &row.link else { return Err(not_linked(StatusCode::NOT_FOUND)) };
    let connection = app.store().get_connection(linked.link.connection_id).await?;
    // One more than asked tells whether another page follows.
    let mut issues = app.store().members(linked.link.query_id, None, after, limit + 1).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = issues.len() > size;
    issues.truncate(size);
    let next = issues.last().filter(|_| more).map(|issue| issue.id);
    let points = match linked.link.metric {
        Metric::StoryPoints => points_fields(app, &connection).await,
        _ => vec![],
    };
    let share = Share::of(&row, &points);
    let contributing = |issue: Issue| {
        let (value, contribution) = share.as_ref().map_or((None, None), |share| share.of_issue(&issue));
        let at_most = share.as_ref().filter(|_| !issue.facts.completed);
        let at_most =
            at_most.and_then(|share| share.contribution(value, true)).filter(|most| Some(*most) != contribution);
        Contributing { issue, value, contribution, at_most }
    };
    let titles = sees_titles(&caller.user, &connection);
    Ok(Behind { issues: issues.into_iter().map(contributing).collect(), next, connection, titles })
}

/// The connection's story point fields, its own or those that its catalogue has.
pub(crate) async fn points_fields(app: &App, connection: &Connection) -> Vec<FieldId> {
    if !connection.story_points_fields.is_empty() {
        return connection.story_points_fields.clone();
    }
    // The issues are shown also while Jira does not answer; their points are then unknown.
    let fields = connections::fields::read(app, connection).await.unwrap_or_default();
    story_points_fields(&fields)
}

/// How much of the progress one issue makes.
struct Share {
    rule: Rule,
    measure: Measure,
    total: Option<Decimal>,
}

impl Share {
    /// The rule by which the last reading was measured.
    fn of(row: &BoardRow, points: &[FieldId]) -> Option<Self> {
        let (link, reading) = (&row.link.as_ref()?.link, row.reading.as_ref()?);
        let rule = Rule::new(&reading.measure, &link.metric, link.completed_only, points);
        Some(Self { rule, measure: reading.measure.clone(), total: reading.tally.total })
    }

    /// Its value, and what that adds.
    fn of_issue(&self, issue: &Issue) -> (Option<Decimal>, Option<Decimal>) {
        let value = issue_value(&issue.facts, &self.rule);
        (value, self.contribution(value, issue.facts.completed))
    }

    fn contribution(&self, value: Option<Decimal>, completed: bool) -> Option<Decimal> {
        if !self.rule.metric.adds_up() || self.measure.is_control() {
            return None;
        }
        let only_completed = self.rule.percent_complete || self.rule.completed_only;
        let value = if only_completed && !completed { Decimal::ZERO } else { value.unwrap_or_default() };
        // The way that this issue alone would go: the same arithmetic as for all of them.
        let (measure, tally) = match &self.measure {
            Measure::Kpi { start, target, .. } => {
                let way = Measure::Kpi {
                    name: String::new(),
                    unit: String::new(),
                    start: Decimal::ZERO,
                    // Too far apart to be subtracted: no contribution rather than a wrong one.
                    target: target.checked_sub(*start)?,
                };
                (way, Tally { value: Some(value), ..Tally::default() })
            }
            other => (other.clone(), Tally { done: Some(value), total: self.total, ..Tally::default() }),
        };
        attainment(&measure, &tally).map(|points| points.api())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::issue::{Facts, IssueKey};

    fn issue(completed: bool, points: i64) -> Issue {
        let numbers = [(FieldId::new("customfield_1"), Decimal::from(points))].into();
        Issue {
            id: IssueId(1),
            key: IssueKey("AE-1".into()),
            updated: None,
            title: None,
            issue_type: None,
            status_id: None,
            status: None,
            assignee: None,
            resolved: None,
            facts: Facts { completed, numbers, ..Facts::default() },
        }
    }

    fn share(measure: Measure, completed_only: bool) -> Share {
        let rule = Rule::new(&measure, &Metric::StoryPoints, completed_only, &[FieldId::new("customfield_1")]);
        Share { rule, measure, total: Some(64.into()) }
    }

    #[test]
    fn contributions_are_points_of_progress() {
        let percent = share(Measure::default(), false);
        assert_eq!(percent.of_issue(&issue(true, 2)), (Some(2.into()), Some("3.125".parse().unwrap())));
        assert_eq!(percent.of_issue(&issue(false, 5)).1, Some(Decimal::ZERO));
        let kpi = |start: i64, target: i64| Measure::Kpi {
            name: String::new(),
            unit: String::new(),
            start: start.into(),
            target: target.into(),
        };
        assert_eq!(share(kpi(10, 60), true).of_issue(&issue(true, 5)).1, Some(10.into()));
        assert_eq!(share(kpi(10, 60), true).of_issue(&issue(false, 5)).1, Some(0.into()));
        assert_eq!(share(kpi(60, 10), false).of_issue(&issue(false, 5)).1, Some((-10).into()));
    }
}
