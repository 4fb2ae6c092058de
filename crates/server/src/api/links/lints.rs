//! What a query means, though it may not be meant: judged from the text and what is known of the site, without asking it.

use crate::{app::App, error::ApiResult};
use chrono_tz::Tz;
use okrsync_domain::{connection::Connection, measure::Measure};
use okrsync_jql::{
    Span,
    lint::{Context, Counts, Fix, Lint, Measured, check},
    parse,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An edit that mends it: the characters from `start` to `end` become `text`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FixView {
    start: usize,
    end: usize,
    text: String,
}

/// What a query means, though it may not be meant. It never blocks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LintView {
    /// Stable word, such as `order_by_ignored`.
    code: String,
    /// One sentence.
    message: String,
    /// First character concerned, from 0.
    start: usize,
    /// One past the last.
    end: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixView>,
}

impl From<Lint> for LintView {
    fn from(Lint { code, message, span: Span { start, end }, fix }: Lint) -> Self {
        let fix = fix.map(|Fix { span, text }| FixView { start: span.start, end: span.end, text });
        Self { code: code.as_str().to_owned(), message, start, end, fix }
    }
}

/// What a link makes of the matches.
pub(crate) fn measured(measure: &Measure, completed_only: bool) -> Measured {
    match (measure.is_percent_complete(), completed_only) {
        (true, _) => Measured::PercentComplete,
        (false, true) => Measured::CompletedOnly,
        (false, false) => Measured::All,
    }
}

/// Everything that is to be said of a query; nothing of one that cannot be read.
pub(crate) async fn lints(
    app: &App,
    connection: Option<&Connection>,
    jql: &str,
    measured: Option<Measured>,
    counts: Counts,
) -> ApiResult<Vec<LintView>> {
    let Ok(query) = parse(jql) else { return Ok(vec![]) };
    let catalogue = match connection {
        Some(connection) => app.store().find_catalogue(connection.id).await?.map(|(catalogue, _)| catalogue),
        None => None,
    };
    let account = connection.and_then(|connection| connection.account.as_ref());
    // Jira reads dates in the account's own zone.
    let zone: Option<Tz> = account.and_then(|account| account.time_zone.as_deref()).and_then(|zone| zone.parse().ok());
    let zone = match zone {
        Some(zone) => zone,
        None => app.store().organisation().await?.time_zone,
    };
    let context = Context {
        catalogue: catalogue.as_ref(),
        deployment: connection.map(|connection| connection.deployment),
        measured,
        counts,
        asked_at: Some(app.now().with_timezone(&zone)),
        account: account.map(|account| account.id.as_str()),
    };
    Ok(check(jql, &query, &context).into_iter().map(LintView::from).collect())
}
