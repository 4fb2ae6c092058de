//! Evidence: how far back an OKR is known, and any past reading with its issues, query and rules.

mod table;

use crate::{
    api::{
        issues::points_fields,
        links::not_linked,
        measures::MetricBody,
        number::{Number, number},
        readings::ReadingView,
    },
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, sees_titles},
    },
    error::{ApiError, ApiResult},
    extract::{Id, Params},
};
use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use okrsync_domain::{
    Date, OkrId, QueryId, ReadingId,
    connection::Connection,
    issue::{FieldId, Issue, IssueId},
    link::Settings,
    measure::Metric,
    reading::{Reading, ReadingKind},
};
use okrsync_metrics::{RULES_VERSION, Rule, issue_value};
use okrsync_store::{BackfillState, BackfillStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Issues read at once.
const PART: u32 = 5_000;

/// How far the past of an OKR is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryView {
    /// `none` where there is nothing to read, `queued`, `running` or `done`.
    state: &'static str,
    /// The first day that is read.
    from: Option<Date>,
    /// Issues read.
    done: u64,
    /// Issues to read, once known.
    total: Option<u64>,
    /// What cannot be known of the past, with its possible effect.
    gaps: Vec<GapView>,
    /// Why the last try failed; it is tried again by itself.
    error: Option<GapView>,
    finished_at: Option<DateTime<Utc>>,
}

/// Something that cannot be known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GapView {
    /// Stable word, such as `moved_between_projects`.
    code: String,
    message: String,
}

/// A past reading with all that it was made of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceView {
    reading: ReadingView,
    /// The query as it was written then; null where that was not kept.
    jql: Option<String>,
    metric: Option<MetricBody>,
    completed_only: Option<bool>,
    /// The fields by which points were counted.
    #[schema(value_type = Vec<String>)]
    story_points_fields: Vec<FieldId>,
    /// Version of the rules of measuring.
    rules_version: u32,
    issues: Vec<EvidenceIssue>,
}

/// An issue as it was when it was measured; titles are today's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceIssue {
    id: String,
    key: String,
    url: String,
    /// Null for viewers where the connection hides titles.
    title: Option<String>,
    completed: bool,
    /// In the metric's unit; null where it had none.
    value: Option<Number>,
    time_spent_seconds: Option<i64>,
    original_estimate_seconds: Option<i64>,
    remaining_estimate_seconds: Option<i64>,
    /// Number fields that were measured.
    numbers: BTreeMap<String, Number>,
}

/// How the evidence is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EvidenceFormat {
    /// One document.
    #[default]
    Json,
    /// A table, a row for each issue.
    Csv,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// `json` or `csv`.
    #[param(inline)]
    #[serde(default)]
    format: EvidenceFormat,
}

/// Routes of evidence.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(history)).routes(routes!(evidence))
}

/// How far the past of a linked OKR is read from Jira's changelogs, and what cannot be known of it.
#[utoipa::path(get, path = "/okrs/{id}/history", tag = "Readings", params(("id" = String, Path)),
    responses((status = 200, body = HistoryView)))]
async fn history(State(app): State<App>, caller: Caller, Id(id): Id<OkrId>) -> ApiResult<Json<HistoryView>> {
    caller.may(Act::SeeOkr(&app.store().get_okr(id).await?))?;
    let link = app.store().find_link(id).await?.ok_or_else(|| not_linked(StatusCode::NOT_FOUND))?;
    Ok(Json(app.store().backfill_status(link.query_id).await?.into()))
}

impl From<Option<BackfillStatus>> for HistoryView {
    fn from(status: Option<BackfillStatus>) -> Self {
        let Some(status) = status else {
            return Self {
                state: "none",
                from: None,
                done: 0,
                total: None,
                gaps: vec![],
                error: None,
                finished_at: None,
            };
        };
        Self {
            state: match status.state {
                BackfillState::Queued => "queued",
                BackfillState::Running => "running",
                BackfillState::Done if status.from.is_none() => "none",
                BackfillState::Done => "done",
            },
            from: status.from,
            done: status.done,
            total: status.total,
            gaps: status.gaps.into_iter().map(|gap| GapView { code: gap.code, message: gap.message }).collect(),
            error: status
                .problem
                .map(|problem| GapView { code: problem.code.as_str().to_owned(), message: problem.message }),
            finished_at: status.finished_at,
        }
    }
}

/// A past reading with its issues as they were, its query and the version of the rules: what proves the number.
#[utoipa::path(get, path = "/okrs/{id}/readings/{reading_id}/issues", tag = "Readings",
    params(("id" = String, Path), ("reading_id" = String, Path), Wanted),
    responses((status = 200, body = EvidenceView)))]
async fn evidence(
    State(app): State<App>,
    caller: Caller,
    Path((id, reading_id)): Path<(String, String)>,
    Params(wanted): Params<Wanted>,
) -> ApiResult<Response> {
    let okr: OkrId = id.parse().map_err(|_| ApiError::not_found("OKR", &id))?;
    caller.may(Act::SeeOkr(&app.store().get_okr(okr).await?))?;
    let id: ReadingId = reading_id.parse().map_err(|_| no_reading(&reading_id))?;
    let found = app.store().find_reading_with_settings(id).await?.filter(|(reading, _)| reading.okr_id == okr);
    let (reading, settings) = found.ok_or_else(|| no_reading(&reading_id))?;
    let view = Box::pin(gather(&app, &caller, reading, settings)).await?;
    if wanted.format == EvidenceFormat::Json {
        return Ok(Json(view).into_response());
    }
    let file = format!("attachment; filename=\"reading-{reading_id}.csv\"");
    let body = table::csv(&view).map_err(ApiError::internal)?;
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((headers, body).into_response())
}

fn no_reading(id: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "no_reading", format!("This OKR has no reading with the id `{id}`."))
        .hint("GET /api/v1/okrs/{id}/readings lists them.")
}

/// Reads who matched at the reading's instant.
async fn gather(app: &App, caller: &Caller, reading: Reading, settings: Option<Settings>) -> ApiResult<EvidenceView> {
    let query = match reading.query_id {
        Some(query) => app.store().find_query(query).await?,
        None => None,
    };
    let (mut issues, mut points) = (Vec::new(), Vec::new());
    if let Some(query) = query {
        let connection = app.store().get_connection(query.connection_id).await?;
        points = match &settings {
            Some(settings) if settings.metric == Metric::StoryPoints && settings.story_points_fields.is_empty() => {
                points_fields(app, &connection).await
            }
            Some(settings) => settings.story_points_fields.clone(),
            None => vec![],
        };
        let rule = settings
            .as_ref()
            .map(|settings| Rule::new(&reading.measure, &settings.metric, settings.completed_only, points.clone()));
        let titles = sees_titles(&caller.user, &connection);
        let members = members(app, query.id, &reading).await?;
        issues = members.into_iter().map(|issue| row(issue, &connection, rule.as_ref(), titles)).collect();
    }
    Ok(EvidenceView {
        reading: (&reading).into(),
        jql: settings.as_ref().map(|settings| settings.jql.clone()),
        metric: settings.as_ref().map(|settings| (&settings.metric).into()),
        completed_only: settings.as_ref().map(|settings| settings.completed_only),
        story_points_fields: points,
        rules_version: RULES_VERSION,
        issues,
    })
}

async fn members(app: &App, query: QueryId, reading: &Reading) -> ApiResult<Vec<Issue>> {
    let mut issues: Vec<Issue> = Vec::new();
    loop {
        let after: Option<IssueId> = issues.last().map(|issue| issue.id);
        let part = match reading.refresh_id.filter(|_| reading.kind == ReadingKind::Reconstructed) {
            Some(run) => app.store().past_members(run, reading.at, after, PART).await?,
            None => app.store().members(query, Some(reading.at), after, PART).await?,
        };
        let more = part.len() == usize::try_from(PART).unwrap_or(usize::MAX);
        issues.extend(part);
        if !more {
            return Ok(issues);
        }
    }
}

fn row(issue: Issue, connection: &Connection, rule: Option<&Rule>, titles: bool) -> EvidenceIssue {
    let facts = issue.facts;
    EvidenceIssue {
        url: format!("{}/browse/{}", connection.server_url, issue.key),
        id: issue.id.to_string(),
        key: issue.key.to_string(),
        title: issue.title.filter(|_| titles),
        completed: facts.completed,
        value: number(rule.and_then(|rule| issue_value(&facts, rule))),
        time_spent_seconds: facts.time_spent,
        original_estimate_seconds: facts.original_estimate,
        remaining_estimate_seconds: facts.remaining_estimate,
        numbers: facts.numbers.into_iter().map(|(field, value)| (field.0, Number(value))).collect(),
    }
}
