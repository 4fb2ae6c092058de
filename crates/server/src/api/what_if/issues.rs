//! The issues behind a number, as they would be.

use super::{body::WhatIfBody, tree::Tree};
use crate::{
    api::{issues::points_fields, links::not_linked},
    app::App,
    error::{ApiError, ApiResult},
};
use axum::http::StatusCode;
use okrsync_domain::{
    Invalid, QueryId,
    connection::Connection,
    issue::{Issue, IssueKey},
    measure::Metric,
    okr::{Okr, ProgressMode},
    reading::Tally,
};
use okrsync_jql::{lint::leaves_out_finished, parse};
use okrsync_metrics::{
    MeasureError, Rule,
    what_if::{Candidate, Edit, Scenario},
};
use okrsync_store::Linked;
use std::collections::{HashMap, HashSet};

/// Issues read at once.
const PART: u32 = 5_000;

/// The issues after the edits.
pub(super) struct Edited {
    /// Who shows them.
    pub(super) connection: Connection,
    /// The issues that are left, in the order of the scenario.
    pub(super) issues: Vec<Issue>,
    /// The same as the arithmetic takes them.
    pub(super) scenario: Scenario,
    /// What they add up to.
    pub(super) tally: Tally,
}

impl Edited {
    /// The issues of a measured OKR after the edits; none where nothing is measured.
    pub(super) async fn of(
        app: &App,
        tree: &Tree,
        okr: &Okr,
        changed: &Okr,
        body: &WhatIfBody,
    ) -> ApiResult<Option<Self>> {
        let row = tree.row(okr.id);
        let linked = row.and_then(|row| row.link.as_ref()).filter(|_| okr.progress_mode == ProgressMode::DataSource);
        let measured = row.is_some_and(|row| row.reading.is_some());
        let Some(linked) = linked.filter(|_| measured) else {
            return if body.edits_issues() { Err(not_linked(StatusCode::CONFLICT)) } else { Ok(None) };
        };
        let connection = app.store().get_connection(linked.link.connection_id).await?;
        let issues = members(app, linked.link.query_id).await?;
        let scenario = scenario(app, &connection, linked, changed, &issues).await?;
        let places = Places::of(&issues);
        let (completed, dropped) = (places.all(&body.complete, "complete")?, places.all(&body.drop, "drop")?);
        let mut edited = scenario;
        for (number, value) in body.values.iter().enumerate() {
            let place = places.one(&value.issue, &format!("values[{number}].issue"))?;
            edited.edit(place, Edit::Value(value.value.0))?;
        }
        for place in &completed {
            edited.edit(*place, Edit::Complete)?;
        }
        let scenario = edited.settle(&dropped, &completed);
        let left: HashSet<&IssueKey> = scenario.issues.iter().map(|issue| &issue.key).collect();
        let issues = issues.into_iter().filter(|issue| left.contains(&issue.key)).collect();
        let tally = scenario.tally().map_err(|error| too_large(&error))?;
        Ok(Some(Self { connection, issues, scenario, tally }))
    }
}

/// Numbers that cannot be added up are the asker's to mend.
fn too_large(error: &MeasureError) -> ApiError {
    Invalid::new("value_too_large", "values", error.to_string()).hint("Give smaller values.").into()
}

async fn members(app: &App, query: QueryId) -> ApiResult<Vec<Issue>> {
    let mut issues: Vec<Issue> = Vec::new();
    loop {
        let after = issues.last().map(|issue| issue.id);
        let part = app.store().members(query, None, after, PART).await?;
        let more = part.len() == usize::try_from(PART).unwrap_or(usize::MAX);
        issues.extend(part);
        if !more {
            return Ok(issues);
        }
    }
}

async fn scenario(
    app: &App,
    connection: &Connection,
    linked: &Linked,
    changed: &Okr,
    issues: &[Issue],
) -> ApiResult<Scenario> {
    let points = match linked.link.metric {
        Metric::StoryPoints => points_fields(app, connection).await,
        _ => vec![],
    };
    let catalogue = app.store().find_catalogue(connection.id).await?.map(|(catalogue, _)| catalogue);
    let leaves = parse(&linked.link.jql).is_ok_and(|query| leaves_out_finished(&query, catalogue.as_ref()));
    let candidate = |issue: &Issue| Candidate { key: issue.key.clone(), facts: issue.facts.clone() };
    Ok(Scenario {
        issues: issues.iter().map(candidate).collect(),
        rule: Rule::new(&changed.measure, &linked.link.metric, linked.link.completed_only, points),
        measure: changed.measure.clone(),
        leaves_when_done: leaves,
    })
}

/// Where issues are, by key and id.
struct Places(HashMap<String, usize>);

impl Places {
    fn of(issues: &[Issue]) -> Self {
        let names = |(place, issue): (usize, &Issue)| [(issue.key.0.clone(), place), (issue.id.to_string(), place)];
        Self(issues.iter().enumerate().flat_map(names).collect())
    }

    fn one(&self, name: &str, field: &str) -> ApiResult<usize> {
        self.0.get(name).copied().ok_or_else(|| {
            ApiError::field("not_a_match", field, format!("`{name}` is not among the issues that the query matches."))
                .hint("GET /api/v1/okrs/{id}/issues lists them.")
        })
    }

    fn all(&self, names: &[String], field: &str) -> ApiResult<Vec<usize>> {
        names.iter().enumerate().map(|(number, name)| self.one(name, &format!("{field}[{number}]"))).collect()
    }
}
