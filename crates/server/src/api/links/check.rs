//! What is wrong with a query, and what it means.

use super::{
    body::usable,
    lints::{JqlProblem, LintView, TokenView, UncheckedView, views},
};
use crate::{
    api::measures::MeasureBody,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::Body,
};
use axum::{Json, extract::State};
use okrsync_domain::ConnectionId;
use okrsync_jql::highlight;
use okrsync_scheduler::{
    SyncError,
    check::{JqlCheck, Question},
    measured,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A query to check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckBody {
    /// The connection whose site it is for.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    connection_id: Option<ConnectionId>,
    /// The query.
    jql: String,
    /// What its matches are measured against, for `self_filters_done`; `percent_complete` if not given.
    #[serde(default)]
    measure: Option<MeasureBody>,
    /// Whether a KPI counts completed issues only.
    #[serde(default)]
    completed_only: bool,
    /// Whether Jira gives its verdict, too. Without, a check costs no request: what somebody types can be checked at each
    /// key. Names that the site does not have are then lints, not errors.
    #[serde(default = "yes")]
    ask_jira: bool,
}

fn yes() -> bool {
    true
}

/// What is known of a query.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckView {
    valid: bool,
    /// The query as okrsync reads it; null where it cannot be read.
    canonical: Option<String>,
    errors: Vec<JqlProblem>,
    lints: Vec<LintView>,
    /// What nobody can check: labels, values in histories.
    unchecked: Vec<UncheckedView>,
    /// What Jira says besides, such as unknown people.
    warnings: Vec<String>,
    /// Whether the query matches no issue at this moment; null where Jira was not asked.
    matches_nothing: Option<bool>,
    /// Why Jira did not judge it although it was asked.
    unanswered: Option<String>,
    /// The parts of the text, in order, for colours.
    tokens: Vec<TokenView>,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check))
}

/// Checks a query: its grammar, its meaning and, with a connection, its names and what Jira says to it.
#[utoipa::path(post, path = "/jql/check", tag = "Links", request_body = CheckBody,
    responses((status = 200, body = CheckView)))]
async fn check(State(app): State<App>, caller: Caller, Body(body): Body<CheckBody>) -> ApiResult<Json<CheckView>> {
    caller.may(Act::Look)?;
    let connection = match body.connection_id {
        Some(id) => Some(usable(&app, &caller, id).await?),
        None => None,
    };
    let measure = body.measure.map(MeasureBody::measure).transpose()?.unwrap_or_default();
    let question = Question {
        jql: &body.jql,
        connection: connection.as_ref(),
        measured: measured(&measure, body.completed_only),
        ask_jira: body.ask_jira,
    };
    let (check, silent) = judge(&app, question).await?;
    Ok(Json(CheckView {
        valid: check.is_valid(),
        canonical: check.canonical,
        errors: views(check.errors),
        lints: views(check.lints),
        unchecked: views(check.unchecked),
        warnings: check.warnings,
        matches_nothing: check.matches_nothing,
        unanswered: silent.or(check.unanswered.map(|problem| problem.message)),
        tokens: views(highlight::parts(&body.jql)),
    }))
}

/// What is known of a query; where Jira may not be asked, what is known without, and why.
pub(crate) async fn judge(app: &App, question: Question<'_>) -> ApiResult<(JqlCheck, Option<String>)> {
    match app.engine().check_jql(&question).await {
        Ok(check) => Ok((check, None)),
        Err(error @ (SyncError::Disabled | SyncError::NeedsAuthorization)) => {
            let question = Question { ask_jira: false, ..question };
            Ok((app.engine().check_jql(&question).await?, Some(error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}
