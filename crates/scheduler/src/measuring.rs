//! Measuring the members of a query for each of its links, while they are recorded.

use crate::{
    error::jira,
    links::{Links, Measurable},
    refresh::too_large,
};
use okrsync_connections::Error;
use okrsync_domain::{
    Instant, OkrId, Problem, QueryId, Random, RefreshId,
    reading::{Reading, ReadingKind, Warning},
};
use okrsync_metrics::Tallier;
use okrsync_store::{Measure, Measured, Mirrored};

/// All links of a query with what they have gathered so far.
#[derive(Clone)]
pub(crate) struct Measuring {
    links: Vec<(Measurable, Tallier)>,
    failed: Vec<(OkrId, Problem)>,
    warnings: Vec<Warning>,
    query_id: QueryId,
    refresh_id: RefreshId,
    now: Instant,
    random: Random,
}

impl Measuring {
    pub(crate) fn new(
        links: Links,
        warnings: Vec<Warning>,
        (query_id, refresh_id): (QueryId, RefreshId),
        now: Instant,
        random: Random,
    ) -> Self {
        let Links { measurable, failed } = links;
        let links = measurable.into_iter().map(|link| (link.clone(), link.tallier())).collect();
        Self { links, failed, warnings, query_id, refresh_id, now, random }
    }
}

impl Measure for Measuring {
    /// A number that is too large costs the links that need it, not the others.
    fn take(&mut self, member: &Mirrored) {
        let issue = &member.issue;
        for (field, text) in &member.too_large {
            let error = Error::NumberTooLarge { issue: issue.key.clone(), field: field.clone(), text: text.clone() };
            for (link, _) in self.links.extract_if(.., |(link, _)| link.reads(field)) {
                self.failed.push((link.okr_id, jira(&error, self.now)));
            }
        }
        for (_, tallier) in &mut self.links {
            tallier.add(&issue.key, &issue.facts);
        }
    }

    fn finish(self: Box<Self>, at: Instant) -> Result<Measured, Problem> {
        let (mut readings, mut failed) = (Vec::with_capacity(self.links.len()), self.failed);
        for (link, tallier) in self.links {
            match tallier.finish() {
                Ok(tally) => readings.push(Reading {
                    id: self.random.id(self.now),
                    okr_id: link.okr_id,
                    at,
                    kind: ReadingKind::Automatic,
                    query_id: Some(self.query_id),
                    refresh_id: Some(self.refresh_id),
                    repeats: None,
                    measure: link.measure,
                    tally: Measurable::warned(tally, &self.warnings),
                }),
                Err(error) => failed.push((link.okr_id, too_large(&error.to_string(), self.now))),
            }
        }
        match failed.first() {
            Some((_, problem)) if readings.is_empty() => Err(problem.clone()),
            _ => Ok(Measured { readings, failed }),
        }
    }
}
