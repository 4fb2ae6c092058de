//! What a link would show, before it is stored: exact up to 300 matches, above that a few requests and no more.

use crate::{Engine, SyncError, check::JqlCheck, proof, refresh::too_large};
use okrsync_connections::{Count, Error, Page, Site, Verdict, Wanted};
use okrsync_domain::{
    ConnectionId, Instant, Problem,
    catalogue::{Field, story_points_fields},
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
/// Where Jira gives no total, this many issues make it worth a request to ask how many there are.
const WORTH_COUNTING: u64 = 50;

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

impl Found {
    fn is_nothing(&self) -> bool {
        matches!(self, Self::All(issues) if issues.is_empty())
    }
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
        let known = self.context.store.find_catalogue(connection.id).await?.map(|(catalogue, _)| catalogue.fields);
        let (own, now) = (&connection.story_points_fields, self.context.clock.now());
        let asked = self.ask(&connection, async |site| {
            let before = site.requests();
            let found = look(&site, draft, &check, own, known, now).await?;
            Ok((found, site.requests().saturating_sub(before)))
        });
        let (seen, requests) = self.answered(asked.await?, &check)?;
        let Seen { found, points, verdict, mut warnings } = seen.map_err(SyncError::Jira)?;
        if let Some(verdict) = verdict {
            warnings.extend(check.clone().judged(Ok(verdict), now).accepted()?.warnings);
        }
        let preview = judge(draft, &points, found).map_err(|message| SyncError::Jira(too_large(&message, now)))?;
        Ok(Preview { canonical: check.canonical.unwrap_or_default(), warnings, requests, ..preview })
    }

    /// Jira's answer; a refused query is the author's to mend.
    fn answered<T>(&self, answer: Result<T, Error>, check: &JqlCheck) -> Result<T, SyncError> {
        let at = self.context.clock.now();
        answer.map_err(|error| match check.clone().judged(Err(error.clone()), at).accepted() {
            Err(invalid) => invalid.into(),
            Ok(_) => SyncError::jira(&error, at),
        })
    }
}

/// What Jira was asked for a draft.
struct Seen {
    found: Found,
    points: Vec<FieldId>,
    /// The strict check, where nothing was found.
    verdict: Option<Verdict>,
    warnings: Vec<String>,
}

/// Looks at what the draft is about, if its fields are there.
async fn look(
    site: &Site,
    draft: &Draft,
    check: &JqlCheck,
    own_points: &[FieldId],
    known: Option<Vec<Field>>,
    now: Instant,
) -> Result<Result<Seen, Problem>, Error> {
    let points = match fields(site, draft, own_points, known, now).await? {
        Ok(points) => points,
        Err(problem) => return Ok(Err(problem)),
    };
    let (text, mut warnings) = (check.where_clause.clone().unwrap_or_default(), Vec::new());
    let wanted = Wanted::for_metrics(&[(&draft.metric, &points)]).with_display().with_page_size(PAGE);
    let found = find(site, &text, &completed(check), &wanted, &mut warnings).await?;
    // Cloud answers a query that makes no sense with nothing: its strict check tells the two apart.
    let verdict = if found.is_nothing() { Some(site.check_query(&text).await?) } else { None };
    Ok(Ok(Seen { found, points, verdict, warnings }))
}

/// The story point fields, and whether all that the metric reads is there: from the known catalogue, else asked for.
async fn fields(
    site: &Site,
    draft: &Draft,
    own_points: &[FieldId],
    known: Option<Vec<Field>>,
    now: Instant,
) -> Result<Result<Vec<FieldId>, Problem>, Error> {
    if draft.metric == Metric::Count {
        return Ok(Ok(Vec::new()));
    }
    let fields = match known {
        Some(fields) => fields,
        None => site.fields().await?,
    };
    let points = if own_points.is_empty() { story_points_fields(&fields) } else { own_points.to_vec() };
    if draft.metric == Metric::StoryPoints && points.is_empty() {
        return Ok(Err(proof::no_story_points(now)));
    }
    let wanted = Wanted::for_metrics(&[(&draft.metric, &points)]);
    Ok(proof::fields_available(&draft.metric, wanted.needs(), &fields, now).map(|()| points))
}

/// The reading as it would be; an error where a number is too large.
fn judge(draft: &Draft, points: &[FieldId], found: Found) -> Result<Preview, String> {
    let rule = Rule::new(&draft.measure, &draft.metric, draft.completed_only, points.to_vec());
    Ok(match found {
        Found::All(issues) => {
            let facts = issues.iter().map(|issue| (&issue.key, &issue.facts));
            let tally = measure(facts, &rule).map_err(|error| error.to_string())?;
            let (matched, completed) = (tally.matched, Some(tally.completed));
            shown(issues, matched, completed, Some(tally), false)
        }
        Found::Many { first, matched, completed, exact } => {
            let tally = (draft.metric == Metric::Count).then(|| counted(&rule, matched, completed));
            shown(first, matched, Some(completed), tally, !exact)
        }
    })
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
    let (mut issues, mut counted): (Vec<Issue>, Option<Count>) = (Vec::new(), None);
    // Asking for the page behind the last one costs nothing.
    while let Some(Page { issues: more, total, warnings: said }) = pages.next().await? {
        warnings.extend(said);
        issues.extend(more);
        let read = u64::try_from(issues.len()).unwrap_or(u64::MAX);
        counted = match (total, counted) {
            (Some(number), _) => Some(Count { number, exact: true }),
            (None, None) if read >= WORTH_COUNTING => Some(site.count(text).await?),
            (None, counted) => counted,
        };
        let Some(Count { number, exact }) = counted else { continue };
        if number.max(read) > EXACT_UP_TO {
            let (matched, done) = (number.max(read), site.count(completed).await?);
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
