//! What a link would show, before it is stored: exact up to 300 matches, above that four requests at most.

mod look;

use crate::{
    Engine, SyncError,
    check::{
        JqlCheck,
        asked::{is_refusal, unknown_in},
    },
    error::internal,
    lints::{Known, measured},
    refresh::too_large,
};
use look::{Found, Look, Seen};
use okrsync_connections::{Error, Verdict};
use okrsync_domain::{
    ConnectionId,
    catalogue::Catalogue,
    connection::Connection,
    issue::{FieldId, Issue},
    measure::{Measure, Metric},
    reading::{Coverage, Tally},
};
use okrsync_jql::{
    lint::{Counts, Lint},
    unchecked::Unchecked,
};
use okrsync_metrics::{Progress, Rule, measure, progress};
use rust_decimal::Decimal;

/// Up to so many matches everything is read.
pub const EXACT_UP_TO: u64 = 300;
/// Issues shown.
const SHOWN: usize = 5;

/// A link that is being written.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Who asks Jira.
    pub connection_id: ConnectionId,
    /// The query as written.
    pub jql: String,
    /// What is measured.
    pub metric: Metric,
    /// Whether a KPI counts completed issues only.
    pub completed_only: bool,
    /// What it is measured against.
    pub measure: Measure,
    /// Metrics to choose from: each is measured as well where everything is read anyway.
    pub table: Vec<Metric>,
}

/// What another metric would show.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The metric.
    pub metric: Metric,
    /// As percent complete; none without data, or where that cannot be.
    pub percent: Option<Progress>,
    /// As the value of a KPI.
    pub value: Option<Decimal>,
}

/// What a link would show.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The query in canonical form.
    pub canonical: String,
    /// Issues that match.
    pub matched: u64,
    /// Of these, completed.
    pub completed: Option<u64>,
    /// The measurement as it would be; none where it takes reading everything ("computed on saving").
    pub tally: Option<Tally>,
    /// Whether the numbers are Jira's estimate.
    pub estimate: bool,
    /// The first few issues.
    pub issues: Vec<Issue>,
    /// What the metrics of the draft's table would show.
    pub table: Vec<Choice>,
    /// What the query means, though it may not be meant.
    pub lints: Vec<Lint>,
    /// What nobody can check.
    pub unchecked: Vec<Unchecked>,
    /// What Jira tolerates in the query.
    pub warnings: Vec<String>,
    /// Requests that this took.
    pub requests: u64,
}

impl Engine {
    /// Measures a draft without storing anything.
    ///
    /// # Errors
    /// [`SyncError::Refused`] for a query or metric that would be refused, [`SyncError::Jira`] where Jira does not
    /// answer, [`SyncError::Disabled`].
    pub async fn preview(&self, draft: &Draft) -> Result<Preview, SyncError> {
        okrsync_metrics::check(&draft.measure, &draft.metric, Some(draft.completed_only))?;
        let check = JqlCheck::of_text(&draft.jql).accepted()?;
        let connection = self.connection(draft.connection_id).await?;
        let kept = self.context.store.find_catalogue(connection.id).await?.map(|(catalogue, _)| catalogue);
        let now = self.context.clock.now();
        let asked = Box::pin(self.ask(&connection, async |site| {
            let before = site.requests();
            let seen =
                Look { site: &site, draft, check: &check, connection: &connection, now }.look(kept.as_ref()).await?;
            Ok((seen, site.requests().saturating_sub(before)))
        }));
        let (found, points, warnings, requests) = match asked.await? {
            Ok((Seen::Found { found, points, warnings }, requests)) => (found, points, warnings, requests),
            Ok((Seen::Unavailable(problem), _)) => return Err(SyncError::Jira(problem)),
            Ok((Seen::Refused(verdict), _)) => {
                return Err(Box::pin(self.refused(&connection, check, kept, Ok(verdict))).await);
            }
            Err(error) => return Err(Box::pin(self.refused(&connection, check, kept, Err(error))).await),
        };
        let mut preview = judge(draft, &points, found).map_err(|message| SyncError::Jira(too_large(&message, now)))?;
        preview.lints = self.lints_of(draft, &check, &connection, kept.as_ref(), &preview).await?;
        let (canonical, unchecked) = (check.canonical.unwrap_or_default(), check.unchecked);
        Ok(Preview { canonical, unchecked, warnings, requests, ..preview })
    }

    /// Why there is no preview; a refused query is the author's to mend, with its places.
    async fn refused(
        &self,
        connection: &Connection,
        check: JqlCheck,
        mut catalogue: Option<Catalogue>,
        verdict: Result<Verdict, Error>,
    ) -> SyncError {
        let at = self.context.clock.now();
        if catalogue.is_none() && is_refusal(&verdict) {
            catalogue = match self.catalogue_if_any(connection).await {
                Ok(catalogue) => catalogue,
                Err(error) => return error,
            };
        }
        let unknown = check.query.as_ref().map(|query| unknown_in(query, catalogue.as_ref())).unwrap_or_default();
        match check.judged(verdict, &unknown, at).accepted() {
            Err(invalid) => invalid.into(),
            Ok(check) => {
                let without_reason = || internal("Jira refused the query without a reason", at);
                SyncError::Jira(check.unanswered.unwrap_or_else(without_reason))
            }
        }
    }

    async fn lints_of(
        &self,
        draft: &Draft,
        check: &JqlCheck,
        connection: &Connection,
        catalogue: Option<&Catalogue>,
        preview: &Preview,
    ) -> Result<Vec<Lint>, SyncError> {
        let Some(query) = &check.query else { return Ok(Vec::new()) };
        let coverage = preview.tally.as_ref().map(|tally| tally.coverage);
        let counts = Counts {
            matched: Some(preview.matched),
            estimated: preview.estimate,
            coverage: coverage.map(|coverage| (coverage.with_value, coverage.without_value)),
            with_parent: None,
        };
        let measured = measured(&draft.measure, draft.completed_only);
        self.lints(&Known { text: &draft.jql, query, connection: Some(connection), catalogue, measured, counts }).await
    }
}

/// The reading as it would be; an error where a number is too large.
fn judge(draft: &Draft, points: &[FieldId], found: Found) -> Result<Preview, String> {
    let rule = Rule::new(&draft.measure, &draft.metric, draft.completed_only, points.to_vec());
    Ok(match found {
        Found::All(issues) => {
            let facts = issues.iter().map(|issue| (&issue.key, &issue.facts));
            let tally = measure(facts, &rule).map_err(|error| error.to_string())?;
            let (matched, completed) = (tally.matched, Some(tally.completed));
            let table = draft.table.iter().map(|metric| choice(draft, metric, points, &issues)).collect();
            Preview { table, ..shown(issues, matched, completed, Some(tally), false) }
        }
        Found::Many { first, matched, completed, exact } => {
            let tally = (draft.metric == Metric::Count).then(|| counted(&rule, matched, completed));
            shown(first, matched, Some(completed), tally, !exact)
        }
    })
}

fn shown(
    mut issues: Vec<Issue>,
    matched: u64,
    completed: Option<u64>,
    tally: Option<Tally>,
    estimate: bool,
) -> Preview {
    issues.truncate(SHOWN);
    let (canonical, table, lints, unchecked, warnings, requests) = Default::default();
    Preview { canonical, matched, completed, tally, estimate, issues, table, lints, unchecked, warnings, requests }
}

/// A count needs no issue to be read.
fn counted(rule: &Rule, matched: u64, completed: u64) -> Tally {
    let value = if rule.completed_only { completed } else { matched };
    Tally {
        matched,
        completed,
        value: (!rule.percent_complete).then(|| value.into()),
        done: Some(completed.into()),
        total: Some(matched.into()),
        coverage: Coverage { with_value: matched, without_value: 0 },
        warnings: Vec::new(),
    }
}

/// What another metric would show over the same issues; a number that is too large is not shown.
fn choice(draft: &Draft, metric: &Metric, points: &[FieldId], issues: &[Issue]) -> Choice {
    let percent = Measure::default();
    let undecided = draft.measure.is_percent_complete();
    let only = if undecided { metric.completed_only_by_default() } else { draft.completed_only };
    let tally = |percent_complete| {
        let rule = Rule {
            percent_complete,
            metric: metric.clone(),
            completed_only: only && !percent_complete,
            story_points_fields: points.to_vec(),
        };
        measure(issues.iter().map(|issue| (&issue.key, &issue.facts)), &rule).ok()
    };
    let available = okrsync_metrics::check(&percent, metric, None).is_ok();
    Choice {
        metric: metric.clone(),
        percent: tally(true).filter(|_| available).and_then(|tally| progress(&percent, &tally)),
        value: tally(false).and_then(|tally| tally.value),
    }
}
