//! What a link would show, before it is stored: exact up to 300 matches, above that a few requests and no more.

use crate::{Engine, SyncError, check::JqlCheck};
use okrsync_connections::{Error, Page, Site, Wanted};
use okrsync_domain::{
    ConnectionId, Instant,
    catalogue::story_points_fields,
    connection::Connection,
    issue::{FieldId, Issue},
    measure::{Measure, Metric},
    reading::{Coverage, Tally},
};
use okrsync_metrics::{Rule, measure};

/// Up to so many matches everything is read.
pub const EXACT_UP_TO: u64 = 300;
/// Issues shown.
const SHOWN: usize = 5;
/// Issues asked for at once. Cloud gives at most 100 with fields, Data Center what it is asked for.
const PAGE: u32 = 300;

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
    /// What Jira tolerates in the query.
    pub warnings: Vec<String>,
    /// Requests that this took.
    pub requests: u64,
}

/// What was found of a query's matches.
enum Found {
    /// All of them.
    All(Vec<Issue>),
    /// Too many: the first ones and how many there are.
    Many { first: Vec<Issue>, matched: u64, completed: u64, exact: bool },
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
        let site = self.site(draft.connection_id).await?.impatient();
        let before = site.requests();
        let asked = self.ask(draft, check, &site).await;
        let requests = site.requests().saturating_sub(before);
        self.context.sites.account(draft.connection_id).await;
        Ok(Preview { requests, ..asked? })
    }

    async fn ask(&self, draft: &Draft, check: JqlCheck, site: &Site) -> Result<Preview, SyncError> {
        let connection = self.context.store.get_connection(draft.connection_id).await?;
        let points = self.points(draft, &connection, site).await?;
        let text = check.where_clause.clone().unwrap_or_default();
        let mut warnings = Vec::new();
        let wanted = Wanted::for_metrics(&[(&draft.metric, &points)]).with_display().with_page_size(PAGE);
        let found = self.jiras(find(site, &text, &completed(&check), &wanted, &mut warnings).await, &check)?;
        if matches!(&found, Found::All(issues) if issues.is_empty()) {
            // Cloud answers a query that makes no sense with nothing: its strict check tells the two apart.
            let verdict = self.jiras(site.check_query(&text).await, &check)?;
            let check = check.clone().judged(Ok(verdict), self.context.clock.now()).accepted()?;
            warnings.extend(check.warnings);
        }
        let preview = self.judge(draft, &points, found)?;
        Ok(Preview { canonical: check.canonical.unwrap_or_default(), warnings, ..preview })
    }

    /// Jira's answer; a refused query is the author's to mend.
    fn jiras<T>(&self, answer: Result<T, Error>, check: &JqlCheck) -> Result<T, SyncError> {
        let at = self.context.clock.now();
        answer.map_err(|error| match error {
            Error::QueryInvalid { .. } | Error::QueryUnbounded => {
                match check.clone().judged(Err(error.clone()), at).accepted() {
                    Err(invalid) => invalid.into(),
                    Ok(_) => SyncError::jira(&error, at),
                }
            }
            error => SyncError::jira(&error, at),
        })
    }

    /// Story point fields: the connection's own, else those of the stored catalogue, else asked for.
    async fn points(&self, draft: &Draft, connection: &Connection, site: &Site) -> Result<Vec<FieldId>, SyncError> {
        if draft.metric != Metric::StoryPoints {
            return Ok(Vec::new());
        }
        if !connection.story_points_fields.is_empty() {
            return Ok(connection.story_points_fields.clone());
        }
        let fields = match self.context.store.find_catalogue(connection.id).await? {
            Some((catalogue, _)) => catalogue.fields,
            None => site.fields().await.map_err(|error| SyncError::jira(&error, self.now()))?,
        };
        let points = story_points_fields(&fields);
        if points.is_empty() { Err(SyncError::Jira(crate::proof::no_story_points(self.now()))) } else { Ok(points) }
    }

    fn judge(&self, draft: &Draft, points: &[FieldId], found: Found) -> Result<Preview, SyncError> {
        let rule = Rule::new(&draft.measure, &draft.metric, draft.completed_only, points.to_vec());
        match found {
            Found::All(issues) => {
                let tally = measure(issues.iter().map(|issue| (&issue.key, &issue.facts)), &rule)
                    .map_err(|error| SyncError::Jira(crate::refresh::too_large(&error.to_string(), self.now())))?;
                let (matched, completed) = (tally.matched, Some(tally.completed));
                Ok(shown(issues, matched, completed, Some(tally), false))
            }
            Found::Many { first, matched, completed, exact } => {
                let tally = (draft.metric == Metric::Count).then(|| counted(&rule, matched, completed));
                Ok(shown(first, matched, Some(completed), tally, !exact))
            }
        }
    }

    fn now(&self) -> Instant {
        self.context.clock.now()
    }
}

/// The same query, completed issues only.
fn completed(check: &JqlCheck) -> String {
    let done = okrsync_jql::parse("statusCategory = Done").ok().and_then(|query| query.where_clause);
    let restricted = check.query.as_ref().zip(done).map(|(query, done)| query.and(&done));
    restricted.and_then(|query| query.canonical_where()).unwrap_or_default()
}

/// Reads everything if there is little, else counts.
async fn find(
    site: &Site,
    text: &str,
    completed: &str,
    wanted: &Wanted,
    warnings: &mut Vec<String>,
) -> Result<Found, Error> {
    let mut pages = site.search(text, wanted);
    let mut issues: Vec<Issue> = Vec::new();
    let mut counted = None;
    while let Some(page) = pages.next().await? {
        let Page { issues: more, total, warnings: said, last } = page;
        warnings.extend(said);
        issues.extend(more);
        if last {
            return Ok(Found::All(issues));
        }
        let (matched, exact) = match (total, counted) {
            (Some(total), _) => (total, true),
            (None, Some(counted)) => counted,
            (None, None) => {
                let count = site.count(text).await?;
                (count.number, count.exact)
            }
        };
        counted = Some((matched, exact));
        if matched > EXACT_UP_TO || issues.len() as u64 > EXACT_UP_TO {
            let done = site.count(completed).await?;
            let matched = matched.max(issues.len() as u64);
            return Ok(Found::Many { first: issues, matched, completed: done.number.min(matched), exact });
        }
    }
    Ok(Found::All(issues))
}

fn shown(
    mut issues: Vec<Issue>,
    matched: u64,
    completed: Option<u64>,
    tally: Option<Tally>,
    estimate: bool,
) -> Preview {
    issues.truncate(SHOWN);
    let (canonical, warnings, requests) = (String::new(), Vec::new(), 0);
    Preview { canonical, matched, completed, tally, estimate, issues, warnings, requests }
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
