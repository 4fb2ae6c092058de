//! Measuring the members of a query for each of its links, while they are recorded.

use crate::{
    error::jira,
    links::{Links, Measurable},
    refresh::too_large,
};
use okrsync_connections::Error;
use okrsync_domain::{
    Instant, OkrId, Problem, QueryId, Random, RefreshId,
    issue::{Facts, FieldId, IssueId, IssueKey},
    reading::{Reading, ReadingKind, Warning},
};
use okrsync_metrics::Tallier;
use okrsync_store::{Measure, Measured};
use std::collections::BTreeMap;

/// All links of a query with what they have gathered so far.
#[derive(Clone)]
pub(crate) struct Measuring {
    links: Vec<(Measurable, Tallier<IssueId>)>,
    failed: Vec<(OkrId, Problem)>,
    too_large: Vec<TooLarge>,
    warnings: Vec<Warning>,
    query_id: QueryId,
    refresh_id: RefreshId,
    now: Instant,
    random: Random,
}

/// A number of an issue that cannot be kept exactly, and the OKR that cannot be measured therefore.
#[derive(Clone)]
struct TooLarge {
    okr: OkrId,
    issue: IssueId,
    field: FieldId,
    text: String,
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
        Self { links, failed, too_large: Vec::new(), warnings, query_id, refresh_id, now, random }
    }
}

impl Measure for Measuring {
    /// A number that is too large costs the links that need it, not the others.
    fn take(&mut self, id: IssueId, facts: &Facts, too_large: &BTreeMap<FieldId, String>) {
        for (field, text) in too_large {
            for (link, _) in self.links.extract_if(.., |(link, _)| link.reads(field)) {
                self.too_large.push(TooLarge { okr: link.okr_id, issue: id, field: field.clone(), text: text.clone() });
            }
        }
        for (_, tallier) in &mut self.links {
            tallier.add(&id, facts);
        }
    }

    fn finish(self: Box<Self>, at: Instant, key: &mut dyn FnMut(IssueId) -> IssueKey) -> Result<Measured, Problem> {
        let (mut readings, mut failed) = (Vec::with_capacity(self.links.len()), self.failed);
        for TooLarge { okr, issue, field, text } in self.too_large {
            let error = Error::NumberTooLarge { issue: key(issue), field, text };
            failed.push((okr, jira(&error, self.now)));
        }
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
                Err(error) => {
                    let error = error.naming(&mut *key);
                    failed.push((link.okr_id, too_large(&error.to_string(), self.now)));
                }
            }
        }
        match failed.first() {
            Some((_, problem)) if readings.is_empty() => Err(problem.clone()),
            _ => Ok(Measured { readings, failed }),
        }
    }
}
