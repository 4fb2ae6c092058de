//! Which facts of an issue are asked for: only what a metric or a reader needs.

use okrsync_domain::{
    issue::{FieldId, ORIGINAL_ESTIMATE, PROGRESS, REMAINING_ESTIMATE, RESOLVED_AT, TIME_SPENT},
    measure::Metric,
};
use std::collections::BTreeSet;

/// Which facts of an issue are asked for. Status and last change always come along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Ids of the fields with the measured facts; all but the time fields and `progress` must hold numbers.
    pub fields: BTreeSet<FieldId>,
    /// Whether title, type, assignee and whether it is resolved are read too.
    pub display: bool,
    /// Issues a page; none takes what suits the deployment. The site may give fewer.
    pub page_size: Option<u32>,
    /// How much of each issue a listing shows; everything above counts only where facts are read.
    pub(crate) extent: Extent,
}

/// How much of each issue is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The fields.
    #[default]
    Facts,
    /// Ids alone: what Cloud gives in its largest pages.
    Ids,
    /// Ids and when each issue last changed.
    Stamps,
}

impl Wanted {
    /// What these metrics need together; with each comes the list of story point fields that it would use.
    ///
    /// ```
    /// use okrsync_connections::Wanted;
    /// use okrsync_domain::{issue::FieldId, measure::Metric};
    /// let points = [FieldId::new("customfield_10016")];
    /// let wanted = Wanted::for_metrics(&[(&Metric::Count, &points), (&Metric::StoryPoints, &points)]);
    /// assert_eq!(wanted.needs().collect::<Vec<_>>(), [&points[0]]);
    /// ```
    pub fn for_metrics(metrics: &[(&Metric, &[FieldId])]) -> Self {
        let fields = metrics.iter().flat_map(|(metric, story_points)| fields_of(metric, story_points)).collect();
        Self { fields, ..Self::default() }
    }

    /// With title, type, assignee and whether it is resolved, for people.
    #[must_use]
    pub fn with_display(mut self) -> Self {
        self.display = true;
        self
    }

    /// With `size` issues a page.
    #[must_use]
    pub fn with_page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }

    /// The fields that must be in the catalogue, or the numbers would be wrong.
    pub fn needs(&self) -> impl Iterator<Item = &FieldId> {
        self.fields.iter()
    }

    /// Of each issue only this much, in pages of `size`.
    pub(crate) fn listing(extent: Extent, size: u32) -> Self {
        Self { extent, page_size: Some(size), ..Self::default() }
    }

    /// Names of all fields to ask Jira for.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self.extent {
            Extent::Facts => {}
            Extent::Ids => return vec!["id"],
            Extent::Stamps => return vec!["updated"],
        }
        let display: &[&str] = if self.display { &["summary", "issuetype", "assignee", RESOLVED_AT] } else { &[] };
        let facts = self.fields.iter().map(|field| field.0.as_str());
        ["status", "updated"].into_iter().chain(display.iter().copied()).chain(facts).collect()
    }

    /// The numeric field with the id `name`, if it is asked for.
    pub(crate) fn number(&self, name: &str) -> Option<&FieldId> {
        let fixed = [TIME_SPENT, ORIGINAL_ESTIMATE, REMAINING_ESTIMATE, PROGRESS];
        self.fields.iter().find(|field| field.0 == name && !fixed.contains(&name))
    }
}

fn fields_of(metric: &Metric, story_points: &[FieldId]) -> Vec<FieldId> {
    let field = |id: &str| vec![FieldId::new(id)];
    match metric {
        Metric::Count => Vec::new(),
        Metric::TimeSpent => field(TIME_SPENT),
        Metric::OriginalEstimate => field(ORIGINAL_ESTIMATE),
        Metric::RemainingEstimate => field(REMAINING_ESTIMATE),
        Metric::Progress => field(PROGRESS),
        Metric::StoryPoints => story_points.to_vec(),
        Metric::CustomField { field_id, .. } => vec![field_id.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_is_asked_for() {
        assert_eq!(Wanted::for_metrics(&[(&Metric::Count, &[])]).names(), ["status", "updated"]);
        let hours = Wanted::for_metrics(&[(&Metric::TimeSpent, &[]), (&Metric::TimeSpent, &[])]).with_display();
        assert_eq!(hours.names(), ["status", "updated", "summary", "issuetype", "assignee", RESOLVED_AT, "timespent"]);
        assert!(hours.number(TIME_SPENT).is_none(), "seconds are no decimals");
    }
}
