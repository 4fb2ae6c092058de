//! The links of a query as rules of measuring: what each needs to be read, and which cannot be measured at all.

use crate::{context::Context, proof, visit::Visit};
use okrsync_connections::Wanted;
use okrsync_domain::{
    OkrId, Problem,
    catalogue::story_points_fields,
    issue::{FieldId, IssueId},
    measure::{Measure, Metric},
    reading::Tally,
};
use okrsync_metrics::{Rule, Tallier};
use okrsync_store::LinkedMeasure;
use std::collections::BTreeSet;

/// A link that can be measured.
#[derive(Debug, Clone)]
pub(crate) struct Measurable {
    pub(crate) okr_id: OkrId,
    pub(crate) measure: Measure,
    metric: Metric,
    rule: Rule,
}

/// A query's links: those that can be measured and those that fail alone.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) measurable: Vec<Measurable>,
    pub(crate) failed: Vec<(OkrId, Problem)>,
}

impl Links {
    /// Judges each link against what the account sees (proof rule 4).
    ///
    /// # Errors
    /// The catalogue could not be read.
    pub(crate) async fn judge(context: &Context, visit: &Visit, links: &[LinkedMeasure]) -> Result<Self, Problem> {
        let mut judged = Self::default();
        for LinkedMeasure { link, measure } in links {
            let points = match &link.metric {
                Metric::StoryPoints => story_points(context, visit).await?,
                _ => Vec::new(),
            };
            if link.metric == Metric::StoryPoints && points.is_empty() {
                judged.failed.push((link.okr_id, proof::no_story_points(context.clock.now())));
                continue;
            }
            let wanted = Wanted::for_metrics(&[(&link.metric, &points)]);
            match fields_available(context, visit, &link.metric, &wanted).await? {
                Err(problem) => judged.failed.push((link.okr_id, problem)),
                Ok(()) => judged.measurable.push(Measurable {
                    okr_id: link.okr_id,
                    measure: measure.clone(),
                    metric: link.metric.clone(),
                    rule: Rule::new(measure, &link.metric, link.completed_only, points),
                }),
            }
        }
        Ok(judged)
    }

    /// The fields that they measure by.
    pub(crate) fn fields(&self) -> BTreeSet<FieldId> {
        self.measurable.iter().flat_map(|link| link.wanted().fields).collect()
    }

    /// The story point fields by which points are measured; none where no link does.
    pub(crate) fn story_points_fields(&self) -> Vec<FieldId> {
        let points = self.measurable.iter().map(|link| &link.rule.story_points_fields);
        points.into_iter().find(|fields| !fields.is_empty()).cloned().unwrap_or_default()
    }

    /// The problem that all links share, if none can be measured.
    pub(crate) fn hopeless(&self) -> Option<Problem> {
        if self.measurable.is_empty() { self.failed.first().map(|(_, problem)| problem.clone()) } else { None }
    }
}

impl Measurable {
    /// Whether it measures by `field`.
    pub(crate) fn reads(&self, field: &FieldId) -> bool {
        self.wanted().fields.contains(field)
    }

    fn wanted(&self) -> Wanted {
        Wanted::for_metrics(&[(&self.metric, &self.rule.story_points_fields)])
    }

    /// A tally for a new walk.
    pub(crate) fn tallier(&self) -> Tallier<IssueId> {
        Tallier::new(self.rule.clone())
    }

    /// A measurement with its warnings.
    pub(crate) fn warned(tally: Tally, warnings: &[okrsync_domain::reading::Warning]) -> Tally {
        let mut tally = tally;
        tally.warnings.extend(warnings.iter().cloned());
        tally
    }
}

/// Everything that some metrics read, as far as the account sees it: what it does not see is not known to be empty.
pub(crate) async fn known_fields(context: &Context, visit: &Visit, metrics: &[Metric]) -> Result<Wanted, Problem> {
    let mut wanted = Wanted::default();
    for metric in metrics {
        let points = if *metric == Metric::StoryPoints { story_points(context, visit).await? } else { Vec::new() };
        for id in Wanted::for_metrics(&[(metric, &points)]).fields {
            let mut one = Wanted::default();
            one.fields.insert(id);
            if fields_available(context, visit, metric, &one).await?.is_ok() {
                wanted.fields.extend(one.fields);
            }
        }
    }
    Ok(wanted)
}

/// The connection's own story point fields, else those that its catalogue has now.
async fn story_points(context: &Context, visit: &Visit) -> Result<Vec<FieldId>, Problem> {
    let own = &visit.connection.story_points_fields;
    if own.is_empty() { Ok(story_points_fields(visit.fields(context).await?)) } else { Ok(own.clone()) }
}

/// Rule 4 for one link. The catalogue is read only if something is needed from it.
async fn fields_available(
    context: &Context,
    visit: &Visit,
    metric: &Metric,
    wanted: &Wanted,
) -> Result<Result<(), Problem>, Problem> {
    let mut needs = wanted.needs().peekable();
    if needs.peek().is_none() {
        return Ok(Ok(()));
    }
    Ok(proof::fields_available(metric, needs, visit.fields(context).await?, context.clock.now()))
}
