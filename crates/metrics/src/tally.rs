//! The tally: what a set of issues adds up to, by one rule, exactly and whatever their order.

use crate::{
    Rule,
    aggregate::{Gathered, Part, in_unit},
};
use okrsync_domain::{
    issue::{Facts, FieldId, IssueKey},
    measure::Metric,
    reading::{Coverage, Tally, WarningCode},
};
use rust_decimal::Decimal;

/// Why a set of issues could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError<Name = IssueKey> {
    /// The numbers have more digits together than a decimal keeps (28). Nothing is stored; the cure is in Jira.
    #[error("the numbers in `{field}` are too large to add up exactly; the largest is in {issue}")]
    TooLarge {
        /// The issue with the largest number.
        issue: Name,
        /// The field it is in.
        field: FieldId,
    },
}

impl<Name> MeasureError<Name> {
    /// The same, with the issue named otherwise.
    pub fn naming<Other>(self, name: impl FnOnce(Name) -> Other) -> MeasureError<Other> {
        let Self::TooLarge { issue, field } = self;
        MeasureError::TooLarge { issue: name(issue), field }
    }
}

/// Measures a set of issues.
///
/// - `done` and `total` are the metric over the completed and over all matches, whatever the toggle; hours for times.
/// - `value` is the KPI's measure: `done` where the rule counts completed issues only, else `total`. Percent complete
///   has none of its own: its progress comes from `done` and `total` ([`crate::progress`](crate::progress())).
/// - A sum takes an absent value as 0; `average`, `min`, `max`, `median` and the mean `progress` leave the issue out.
/// - `coverage` counts the issues that the value is made of, with and without a number of their own.
///
/// # Errors
/// [`MeasureError::TooLarge`], never a wrong sum.
///
/// Three of ten stories are done:
/// ```
/// use okrsync_domain::{issue::{Facts, IssueKey}, measure::{Measure, Metric}};
/// use okrsync_metrics::{Rule, measure, progress};
/// let issues: Vec<_> = (0..10)
///     .map(|n| (IssueKey(format!("AE-{n}")), Facts { completed: n < 3, ..Facts::default() }))
///     .collect();
/// let percent = Measure::default();
/// let rule = Rule::new(&percent, &Metric::Count, false, []);
/// let tally = measure(issues.iter().map(|(key, facts)| (key, facts)), &rule)?;
/// assert_eq!((tally.matched, tally.completed), (10, 3));
/// assert_eq!(progress(&percent, &tally).unwrap().api(), 30.into());
/// # Ok::<(), okrsync_metrics::MeasureError>(())
/// ```
/// Hours are seconds ÷ 3600, divided once, at the end:
/// ```
/// # use okrsync_domain::{issue::{Facts, IssueKey}, measure::{Measure, Metric}};
/// # use okrsync_metrics::{Rule, measure};
/// # let kpi = Measure::Kpi { name: String::new(), unit: String::new(), start: 0.into(), target: 8.into() };
/// # let key = IssueKey("AE-1".into());
/// let logged = [5_400, 1_800].map(|time_spent| Facts { time_spent: Some(time_spent), ..Facts::default() });
/// let tally = measure(logged.iter().map(|facts| (&key, facts)), &Rule::new(&kpi, &Metric::TimeSpent, false, []))?;
/// assert_eq!(tally.value, Some(2.into()));
/// # Ok::<(), okrsync_metrics::MeasureError>(())
/// ```
/// Of several story point fields an issue's first non-empty one counts; an issue without points adds nothing, and the
/// coverage says so. "Completed issues only" filters before a KPI is measured:
/// ```
/// # use okrsync_domain::{issue::{Facts, FieldId, IssueKey}, measure::{Measure, Metric}};
/// # use okrsync_metrics::{Rule, measure};
/// # let kpi = Measure::Kpi { name: String::new(), unit: String::new(), start: 0.into(), target: 8.into() };
/// # let key = IssueKey("AE-1".into());
/// let fields = ["customfield_10002", "customfield_10016"].map(FieldId::new);
/// let issue = |completed, numbers: &[(usize, i64)]| Facts {
///     completed,
///     numbers: numbers.iter().map(|(field, points)| (fields[*field].clone(), (*points).into())).collect(),
///     ..Facts::default()
/// };
/// let issues = [issue(true, &[(0, 3), (1, 8)]), issue(false, &[(1, 5)]), issue(false, &[])];
/// let over = |completed_only| {
///     let rule = Rule::new(&kpi, &Metric::StoryPoints, completed_only, fields.clone());
///     measure(issues.iter().map(|facts| (&key, facts)), &rule)
/// };
/// assert_eq!((over(true)?.value, over(false)?.value), (Some(3.into()), Some(8.into())));
/// assert_eq!((over(false)?.coverage.with_value, over(false)?.coverage.without_value), (2, 1));
/// # Ok::<(), okrsync_metrics::MeasureError>(())
/// ```
/// Sums over nothing are 0, with a warning; means over nothing are no data:
/// ```
/// # use okrsync_domain::{issue::{Facts, FieldId, IssueKey, WorkProgress}, measure::{Aggregate, Measure, Metric}, reading::WarningCode};
/// # use okrsync_metrics::{Rule, measure};
/// # let kpi = Measure::Kpi { name: String::new(), unit: String::new(), start: 0.into(), target: 8.into() };
/// # let key = IssueKey("AE-1".into());
/// let of = |issues: &[Facts], metric: Metric| {
///     measure(issues.iter().map(|facts| (&key, facts)), &Rule::new(&kpi, &metric, false, []))
/// };
/// let nothing = of(&[], Metric::Count)?;
/// assert_eq!((nothing.value, nothing.warnings[0].code), (Some(0.into()), WarningCode::NoIssueMatches));
/// let average = Metric::CustomField { field_id: FieldId::new("customfield_10050"), aggregate: Aggregate::Average };
/// assert_eq!(of(&[], average)?.value, None);
/// // an issue with a total of 0 has no progress and is left out of the mean
/// let progress = |done, total| Facts { progress: Some(WorkProgress { done, total }), ..Facts::default() };
/// assert_eq!(of(&[progress(1, 2), progress(0, 0)], Metric::Progress)?.value, Some(50.into()));
/// # Ok::<(), okrsync_metrics::MeasureError>(())
/// ```
pub fn measure<'a>(
    issues: impl IntoIterator<Item = (&'a IssueKey, &'a Facts)>,
    rule: &Rule,
) -> Result<Tally, MeasureError> {
    let mut tallier = Tallier::new(rule.clone());
    for (key, facts) in issues {
        tallier.add(key, facts);
    }
    tallier.finish()
}

/// One issue's own number in the metric's unit (hours for times, percent for progress, 1 for a count); none if the
/// issue has no value, or one too large to be kept.
///
/// ```
/// use okrsync_domain::{issue::Facts, measure::{Measure, Metric}};
/// use okrsync_metrics::{Rule, issue_value};
/// let rule = Rule::new(&Measure::default(), &Metric::OriginalEstimate, false, []);
/// let facts = Facts { original_estimate: Some(5_400), ..Facts::default() };
/// assert_eq!(issue_value(&facts, &rule), Some("1.5".parse().unwrap()));
/// assert_eq!(issue_value(&Facts::default(), &rule), None);
/// ```
pub fn issue_value(facts: &Facts, rule: &Rule) -> Option<Decimal> {
    in_unit(&rule.metric, part(facts, rule)?).ok().flatten()
}

/// Gathers issues one by one, so that a large set can pass page by page. An error names an issue as it was given.
#[derive(Debug, Clone)]
pub struct Tallier<Name = IssueKey> {
    rule: Rule,
    matched: u64,
    completed: u64,
    all: Gathered,
    done: Gathered,
    coverage: Coverage,
    negative: bool,
    largest: Option<Largest<Name>>,
}

/// The largest number so far: what an error names.
#[derive(Debug, Clone)]
struct Largest<Name> {
    size: Decimal,
    issue: Name,
    field: FieldId,
}

impl<Name: Clone + Ord> Tallier<Name> {
    /// Without any issue.
    pub fn new(rule: Rule) -> Self {
        let gathered = Gathered::new(&rule.metric);
        Self {
            rule,
            matched: 0,
            completed: 0,
            all: gathered.clone(),
            done: gathered,
            coverage: Coverage::default(),
            negative: false,
            largest: None,
        }
    }

    /// Adds an issue. The name is kept only to name the issue in an error.
    pub fn add(&mut self, name: &Name, facts: &Facts) {
        self.matched += 1;
        self.completed += u64::from(facts.completed);
        let part = part(facts, &self.rule);
        if facts.completed || !self.rule.completed_only {
            self.coverage.with_value += u64::from(part.is_some());
            self.coverage.without_value += u64::from(part.is_none());
        }
        let Some(part) = part else { return };
        self.note_size(name, facts, part);
        self.all.add(part);
        if facts.completed {
            self.done.add(part);
        }
    }

    /// Remembers the issue with the largest number; of equal ones the first by name, so that order plays no part.
    fn note_size(&mut self, name: &Name, facts: &Facts, part: Part) {
        let number = match part {
            Part::Number(number) => number,
            Part::Progress(progress) => progress.done.into(),
        };
        self.negative |= number.is_sign_negative() && !number.is_zero();
        let size = number.abs();
        let larger = self.largest.as_ref().is_none_or(|l| size > l.size || (size == l.size && *name < l.issue));
        if larger {
            self.largest = Some(Largest { size, issue: name.clone(), field: field(facts, &self.rule) });
        }
    }

    /// What they add up to: see [`measure`].
    ///
    /// # Panics
    /// Never: only a number can be too large, and the largest one is known.
    pub fn finish(self) -> Result<Tally, MeasureError<Name>> {
        let Self { rule, matched, completed, all, done, coverage, negative, largest } = self;
        let too_large = |_| {
            let Largest { issue, field, .. } = largest.clone().expect("without a number nothing is too large");
            MeasureError::TooLarge { issue, field }
        };
        let total = all.finish().map_err(too_large)?;
        let done = done.finish().map_err(too_large)?;
        let value = match rule {
            Rule { percent_complete: true, .. } => None,
            Rule { completed_only: true, .. } => done,
            _ => total,
        };
        let data = value.is_some() || total.is_some_and(|total| rule.percent_complete && total > Decimal::ZERO);
        let warning = if matched == 0 {
            Some(WarningCode::NoIssueMatches)
        } else if !data && rule.percent_complete && negative {
            Some(WarningCode::NegativeValues)
        } else if !data || (coverage.with_value == 0 && coverage.without_value > 0) {
            Some(WarningCode::NoValues)
        } else {
            None
        };
        let warnings = warning.into_iter().map(Into::into).collect();
        Ok(Tally { matched, completed, value, done, total, coverage, warnings })
    }
}

/// What an issue brings to the metric; none if its field is empty.
pub(crate) fn part(facts: &Facts, rule: &Rule) -> Option<Part> {
    let seconds = |seconds: Option<i64>| seconds.map(|seconds| Part::Number(seconds.into()));
    match &rule.metric {
        Metric::Count => Some(Part::Number(Decimal::ONE)),
        Metric::TimeSpent => seconds(facts.time_spent),
        Metric::OriginalEstimate => seconds(facts.original_estimate),
        Metric::RemainingEstimate => seconds(facts.remaining_estimate),
        Metric::Progress => facts.progress.filter(|progress| progress.total > 0).map(Part::Progress),
        Metric::StoryPoints => story_points(facts, rule).map(|(_, points)| Part::Number(points)),
        Metric::CustomField { field_id, .. } => facts.numbers.get(field_id).copied().map(Part::Number),
    }
}

/// The first story point field that is not empty, and its number.
fn story_points<'a>(facts: &Facts, rule: &'a Rule) -> Option<(&'a FieldId, Decimal)> {
    rule.story_points_fields.iter().find_map(|field| Some((field, *facts.numbers.get(field)?)))
}

/// The field that an issue's part was read from.
pub(crate) fn field(facts: &Facts, rule: &Rule) -> FieldId {
    match story_points(facts, rule) {
        Some((field, _)) if rule.metric == Metric::StoryPoints => field.clone(),
        _ => rule.fields().into_iter().next().unwrap_or_else(|| FieldId::new(rule.metric.kind())),
    }
}
