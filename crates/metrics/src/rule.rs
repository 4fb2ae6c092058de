//! Rules of measuring: which metric, over which issues, and which combinations make sense.

use okrsync_domain::{
    Invalid,
    issue::FieldId,
    measure::{Aggregate, Measure, Metric},
};

/// Version of the rules of measuring: it grows when the same issues would give another number.
pub const RULES_VERSION: u32 = 1;

/// How the numbers of a set of issues become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Whether completed ÷ all is measured, rather than a value of a KPI.
    pub percent_complete: bool,
    /// What is measured of each issue.
    pub metric: Metric,
    /// Whether a KPI's value counts the completed issues only; without meaning for percent complete.
    pub completed_only: bool,
    /// The connection's story point fields: an issue's first non-empty one counts.
    pub story_points_fields: Vec<FieldId>,
}

impl Rule {
    /// The rule of a link: `metric` and `completed_only` are its own, `story_points_fields` its connection's.
    pub fn new(
        measure: &Measure,
        metric: &Metric,
        completed_only: bool,
        story_points_fields: impl Into<Vec<FieldId>>,
    ) -> Self {
        let percent_complete = measure.is_percent_complete();
        Self {
            percent_complete,
            metric: metric.clone(),
            completed_only: completed_only && !percent_complete,
            story_points_fields: story_points_fields.into(),
        }
    }

    /// The fields of Jira that must be read to apply it (besides the status).
    ///
    /// ```
    /// use okrsync_domain::{issue::FieldId, measure::{Measure, Metric}};
    /// use okrsync_metrics::Rule;
    /// let rule = Rule::new(&Measure::default(), &Metric::TimeSpent, false, []);
    /// assert_eq!(rule.fields(), [FieldId::new("timespent")]);
    /// ```
    pub fn fields(&self) -> Vec<FieldId> {
        match &self.metric {
            Metric::Count => Vec::new(),
            Metric::TimeSpent => vec![FieldId::new("timespent")],
            Metric::OriginalEstimate => vec![FieldId::new("timeoriginalestimate")],
            Metric::RemainingEstimate => vec![FieldId::new("timeestimate")],
            Metric::Progress => vec![FieldId::new("progress")],
            Metric::StoryPoints => self.story_points_fields.clone(),
            Metric::CustomField { field_id, .. } => vec![field_id.clone()],
        }
    }
}

/// Whether a KPI counts completed issues only: as asked, else the metric's default. Percent complete never does.
///
/// ```
/// use okrsync_domain::measure::{Measure, Metric};
/// use okrsync_metrics::completed_only;
/// let kpi = Measure::Kpi { name: String::new(), unit: String::new(), start: 0.into(), target: 20.into() };
/// assert!(!completed_only(&kpi, &Metric::Count, None));
/// assert!(completed_only(&kpi, &Metric::StoryPoints, None));
/// assert!(completed_only(&kpi, &Metric::Count, Some(true)));
/// assert!(!completed_only(&Measure::default(), &Metric::StoryPoints, None));
/// ```
pub fn completed_only(measure: &Measure, metric: &Metric, asked: Option<bool>) -> bool {
    !measure.is_percent_complete() && asked.unwrap_or_else(|| metric.completed_only_by_default())
}

/// Checks that a metric can be measured this way.
///
/// # Errors
/// `metric_not_available` (no percent complete of remaining estimates or of progress), `not_for_percent_complete`
/// (percent complete compares the completed with all issues, so neither a filter nor another aggregate fits).
///
/// ```
/// use okrsync_domain::measure::{Aggregate, Measure, Metric};
/// use okrsync_metrics::check;
/// let percent = Measure::default();
/// assert!(check(&percent, &Metric::Count, None).is_ok());
/// assert_eq!(check(&percent, &Metric::RemainingEstimate, None).unwrap_err().code, "metric_not_available");
/// assert_eq!(check(&percent, &Metric::Progress, None).unwrap_err().code, "metric_not_available");
/// assert_eq!(check(&percent, &Metric::Count, Some(true)).unwrap_err().code, "not_for_percent_complete");
/// let average = Metric::CustomField {
///     field_id: okrsync_domain::issue::FieldId::new("customfield_10050"), aggregate: Aggregate::Average,
/// };
/// assert_eq!(check(&percent, &average, None).unwrap_err().code, "not_for_percent_complete");
/// let kpi = Measure::Kpi { name: String::new(), unit: String::new(), start: 0.into(), target: 20.into() };
/// assert!(check(&kpi, &average, Some(true)).is_ok() && check(&kpi, &Metric::Progress, None).is_ok());
/// ```
pub fn check(measure: &Measure, metric: &Metric, completed_only: Option<bool>) -> Result<(), Invalid> {
    if !measure.is_percent_complete() {
        return Ok(());
    }
    if matches!(metric, Metric::RemainingEstimate | Metric::Progress) {
        let detail = format!("`{}` cannot be measured as percent complete.", metric.kind());
        return Err(Invalid::new("metric_not_available", "metric.kind", detail)
            .hint("Measure it as a KPI with a start and a target, or choose another metric."));
    }
    if completed_only == Some(true) {
        return Err(not_for_percent_complete("completed_only", "compares the completed issues with all of them"));
    }
    match metric {
        Metric::CustomField { aggregate, .. } if *aggregate != Aggregate::Sum => {
            Err(not_for_percent_complete("metric.aggregate", "needs sums"))
        }
        _ => Ok(()),
    }
}

fn not_for_percent_complete(field: &str, why: &str) -> Invalid {
    Invalid::new("not_for_percent_complete", field, format!("Percent complete {why}, so `{field}` does not fit."))
        .hint("Leave it out, or measure a KPI with a start and a target.")
}
