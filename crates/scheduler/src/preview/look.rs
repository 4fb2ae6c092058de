//! What is asked of Jira for a draft, in which order: what costs most comes last, and only if there is little.

use super::{Draft, EXACT_UP_TO};
use crate::{check::JqlCheck, proof};
use okrsync_connections::{Count, Error, Page, Site, Verdict, Wanted};
use okrsync_domain::{
    Instant, Problem,
    catalogue::{Catalogue, Field, story_points_fields},
    connection::Connection,
    issue::{FieldId, Issue},
    measure::Metric,
};
use okrsync_jql::unchecked::names_people;

/// Issues asked for at once. Cloud gives at most 100 with fields, Data Center what it is asked for.
const PAGE: u32 = 300;
/// Where Jira gives no total, this many issues make it worth a request to ask how many there are.
const WORTH_COUNTING: u64 = 50;

/// What came of looking.
pub(super) enum Seen {
    /// Jira refuses the query.
    Refused(Verdict),
    /// The metric cannot be measured.
    Unavailable(Problem),
    /// It can be told what a link would show.
    Found {
        /// What matches.
        found: Found,
        /// The story point fields that were read.
        points: Vec<FieldId>,
        /// What Jira tolerates.
        warnings: Vec<String>,
    },
}

/// What was found of a query's matches.
pub(super) enum Found {
    /// All of them.
    All(Vec<Issue>),
    /// Too many: the first ones and how many there are.
    Many {
        /// A page of them.
        first: Vec<Issue>,
        /// All.
        matched: u64,
        /// Of these, completed.
        completed: u64,
        /// Whether the numbers are exact.
        exact: bool,
    },
}

/// A look at a site on behalf of a draft.
pub(super) struct Look<'a> {
    pub(super) site: &'a Site,
    pub(super) draft: &'a Draft,
    pub(super) check: &'a JqlCheck,
    pub(super) connection: &'a Connection,
    pub(super) now: Instant,
}

impl Look<'_> {
    /// The verdict first: Cloud's search takes what makes no sense for a query that matches nothing there. Fields that
    /// `kept` does not have are looked up only if everything is going to be read.
    pub(super) async fn look(&self, kept: Option<&Catalogue>) -> Result<Seen, Error> {
        let verdict = self.site.judge(&self.draft.jql).await?;
        if !verdict.accepted() {
            return Ok(Seen::Refused(verdict));
        }
        let mut warnings = verdict.warnings;
        let counts = self.draft.metric == Metric::Count;
        let kept = kept.map(|kept| &kept.fields[..]).or(counts.then_some(&[]));
        let known = kept.and_then(|fields| self.points(fields).ok());
        let mut points = known.clone().unwrap_or_default();
        let mut found = self.find(known.as_deref(), &mut warnings).await?;
        if let (Found::All(_), None) = (&found, &known) {
            points = match self.points(&self.site.fields().await?) {
                Ok(points) => points,
                Err(problem) => return Ok(Seen::Unavailable(problem)),
            };
            found = self.find(Some(&points), &mut warnings).await?;
        }
        if matches!(found, Found::All(_)) && self.check.query.as_ref().is_some_and(names_people) {
            warnings.extend(self.site.unknown_people(&self.draft.jql).await?);
        }
        Ok(Seen::Found { found, points, warnings: without_repeats(warnings) })
    }

    /// The story point fields, if all that the metric reads is there.
    fn points(&self, fields: &[Field]) -> Result<Vec<FieldId>, Problem> {
        let (metric, own) = (&self.draft.metric, &self.connection.story_points_fields);
        let points = if own.is_empty() { story_points_fields(fields) } else { own.clone() };
        if *metric == Metric::Count {
            return Ok(points);
        }
        if *metric == Metric::StoryPoints && points.is_empty() {
            return Err(proof::no_story_points(self.now));
        }
        let wanted = Wanted::for_metrics(&[(metric, &points)]);
        proof::fields_available(metric, wanted.needs(), fields, self.now).map(|()| points)
    }

    /// Reads everything if there is little, else counts. Without `points` nothing is known of the fields yet, and none is
    /// read.
    async fn find(&self, points: Option<&[FieldId]>, warnings: &mut Vec<String>) -> Result<Found, Error> {
        let text = self.check.where_clause.as_deref().unwrap_or_default();
        let metrics = |points| [&self.draft.metric].into_iter().chain(&self.draft.table).map(move |it| (it, points));
        let wanted = points.map(|points| Wanted::for_metrics(&metrics(points).collect::<Vec<_>>())).unwrap_or_default();
        let mut pages = self.site.search(text, &wanted.with_display().with_page_size(PAGE));
        let (mut issues, mut counted): (Vec<Issue>, Option<Count>) = (Vec::new(), None);
        // Asking for the page behind the last one costs nothing.
        while let Some(Page { issues: more, total, warnings: said }) = pages.next().await? {
            warnings.extend(said);
            issues.extend(more);
            let read = u64::try_from(issues.len()).unwrap_or(u64::MAX);
            counted = match (total, counted) {
                (Some(number), _) => Some(Count { number, exact: true }),
                (None, None) if read >= WORTH_COUNTING => Some(self.site.count(text).await?),
                (None, counted) => counted,
            };
            let Some(Count { number, exact }) = counted else { continue };
            if number.max(read) > EXACT_UP_TO {
                let (matched, done) = (number.max(read), self.site.count(&completed(self.check)).await?);
                return Ok(Found::Many { first: issues, matched, completed: done.number.min(matched), exact });
            }
        }
        Ok(Found::All(issues))
    }
}

/// The same query, completed issues only.
fn completed(check: &JqlCheck) -> String {
    let done = okrsync_jql::parse("statusCategory = Done").ok().and_then(|query| query.where_clause);
    let restricted = check.query.as_ref().zip(done).map(|(query, done)| query.and(&done));
    restricted.and_then(|query| query.canonical_where()).unwrap_or_default()
}

fn without_repeats(warnings: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    warnings.into_iter().filter(|warning| seen.insert(warning.clone())).collect()
}
