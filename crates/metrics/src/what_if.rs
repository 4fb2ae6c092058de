//! What if: how a number would be after edits that nobody has made, and the fewest issues that bring it back on track.
//!
//! Nothing here knows more than the tally does: the issues that match, each with its facts. That an issue which is
//! completed leaves a query that asks for open ones is said by the caller ([`Scenario::leaves_when_done`]).

use crate::{MeasureError, Rule, aggregate::HOUR, issue_value, measure};
use okrsync_domain::{
    Invalid,
    issue::{Facts, IssueKey},
    measure::{Aggregate, Measure, Metric},
    reading::Tally,
};
use rust_decimal::Decimal;
use std::cmp::Reverse;

/// An issue that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its key.
    pub key: IssueKey,
    /// Its facts.
    pub facts: Facts,
}

/// A set of issues under a rule.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The issues that match.
    pub issues: Vec<Candidate>,
    /// The rule they are measured by.
    pub rule: Rule,
    /// What the measure is aimed at.
    pub measure: Measure,
    /// Whether the query asks for open issues only, so that a completed one matches no longer.
    pub leaves_when_done: bool,
}

/// An edit of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// It is completed.
    Complete,
    /// It matches no longer, whatever becomes of it.
    Drop,
    /// It has this value in the metric's unit.
    Value(Decimal),
}

/// Completing the issues changes nothing that could be added up issue by issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an average, a median, a smallest or a largest value is not made of contributions that add up")]
pub struct NotAdditive;

impl Scenario {
    /// What the issues add up to.
    pub fn tally(&self) -> Result<Tally, MeasureError> {
        measure(self.issues.iter().map(|issue| (&issue.key, &issue.facts)), &self.rule)
    }

    /// Edits the issue at a place of [`Scenario::issues`]; the places stay until [`Scenario::settle`].
    ///
    /// # Errors
    /// `value_not_editable`: the metric has no value of its own in an issue, or not this one.
    pub fn edit(&mut self, place: usize, edit: Edit) -> Result<(), Invalid> {
        let Some(issue) = self.issues.get_mut(place) else { return Ok(()) };
        match edit {
            Edit::Complete => issue.facts.completed = true,
            Edit::Value(value) => set_value(&mut issue.facts, value, &self.rule)?,
            Edit::Drop => {}
        }
        Ok(())
    }

    /// Takes away the issues at these places, and those that were completed and left with it.
    #[must_use]
    pub fn settle(mut self, dropped: &[usize], completed: &[usize]) -> Self {
        let left = if self.leaves_when_done { completed } else { &[] };
        let mut place = 0;
        self.issues.retain(|_| {
            let stays = !dropped.contains(&place) && !left.contains(&place);
            place += 1;
            stays
        });
        self
    }

    /// The smallest set of open issues whose completion makes `is_enough` true of the tally: the fewest issues; among
    /// sets of the same size the one that goes farthest, and then the one with the first keys. Empty if it is true
    /// already, none if completing all of them is not enough.
    ///
    /// Exact, because every issue adds its own part whatever the others do: no other set of as many issues goes farther
    /// than those with the largest parts.
    ///
    /// # Errors
    /// [`NotAdditive`] for averages, medians and extremes.
    ///
    /// ```
    /// use okrsync_domain::{issue::{Facts, IssueKey}, measure::{Measure, Metric}, reading::Tally};
    /// use okrsync_metrics::{Rule, what_if::{Candidate, Scenario}};
    /// let issue = |number: i64, hours: i64| Candidate {
    ///     key: IssueKey(format!("AE-{number}")),
    ///     facts: Facts { original_estimate: Some(hours * 3600), completed: number == 1, ..Facts::default() },
    /// };
    /// let measure = Measure::default();
    /// let scenario = Scenario {
    ///     issues: vec![issue(1, 2), issue(2, 3), issue(10, 5), issue(9, 5), issue(4, 1)],
    ///     rule: Rule::new(&measure, &Metric::OriginalEstimate, false, []),
    ///     measure, leaves_when_done: false,
    /// };
    /// let done = |hours: i64| move |tally: &Tally| tally.done >= Some(hours.into());
    /// let keys = |hours| scenario.way_back(done(hours)).unwrap().map(|places| {
    ///     places.into_iter().map(|place| scenario.issues[place].key.0.clone()).collect::<Vec<_>>()
    /// });
    /// assert_eq!(keys(2), Some(vec![]));
    /// assert_eq!(keys(6), Some(vec!["AE-9".to_owned()]), "of two that would do, the first by number");
    /// assert_eq!(keys(8), Some(vec!["AE-9".to_owned(), "AE-10".to_owned()]));
    /// assert_eq!(keys(17), None);
    /// ```
    pub fn way_back(&self, is_enough: impl Fn(&Tally) -> bool) -> Result<Option<Vec<usize>>, NotAdditive> {
        if !adds_up(&self.rule.metric) {
            return Err(NotAdditive);
        }
        let helpful = self.helpful();
        let enough = |count: usize| self.after(&helpful[..count]).is_some_and(|tally| is_enough(&tally));
        if !enough(helpful.len()) {
            return Ok(None);
        }
        let (mut low, mut high) = (0, helpful.len());
        while low < high {
            let middle = low.midpoint(high);
            if enough(middle) { high = middle } else { low = middle + 1 }
        }
        Ok(Some(helpful[..low].to_vec()))
    }

    /// The places of open issues whose completion helps, those that help most first.
    fn helpful(&self) -> Vec<usize> {
        let sign = if aims_down(&self.measure) { -Decimal::ONE } else { Decimal::ONE };
        let part = |issue: &Candidate| {
            let value = issue_value(&issue.facts, &self.rule).unwrap_or_default();
            let counts_completed = self.rule.percent_complete || self.rule.completed_only;
            match (counts_completed, self.leaves_when_done) {
                (true, false) => value * sign,
                (false, true) => -value * sign,
                // completing it leaves the number as it is
                _ => Decimal::ZERO,
            }
        };
        let open = self.issues.iter().enumerate().filter(|(_, issue)| !issue.facts.completed);
        let mut helpful: Vec<_> =
            open.map(|(place, issue)| (Reverse(part(issue)), by_number(&issue.key), place)).collect();
        helpful.retain(|(part, ..)| part.0 > Decimal::ZERO);
        helpful.sort_unstable();
        helpful.into_iter().map(|(.., place)| place).collect()
    }

    /// The tally once the issues at these places are completed.
    fn after(&self, completed: &[usize]) -> Option<Tally> {
        let mut scenario = self.clone();
        for place in completed {
            scenario.issues[*place].facts.completed = true;
        }
        scenario.settle(&[], completed).tally().ok()
    }
}

/// Whether values of several issues add up to the metric.
fn adds_up(metric: &Metric) -> bool {
    match metric {
        Metric::Progress => false,
        Metric::CustomField { aggregate, .. } => *aggregate == Aggregate::Sum,
        _ => true,
    }
}

/// Whether less is better.
fn aims_down(measure: &Measure) -> bool {
    match measure {
        Measure::Kpi { start, target, .. } => target < start,
        Measure::StayBelow(_) => true,
        Measure::PercentComplete {} | Measure::StayAbove(_) => false,
    }
}

/// Keys in the order of people: `AE-9` before `AE-10`.
fn by_number(key: &IssueKey) -> (&str, u64, &str) {
    let (project, number) = key.0.rsplit_once('-').unwrap_or((&key.0, ""));
    (project, number.parse().unwrap_or(u64::MAX), number)
}

/// Gives an issue another value in the metric's unit.
fn set_value(facts: &mut Facts, value: Decimal, rule: &Rule) -> Result<(), Invalid> {
    match &rule.metric {
        Metric::TimeSpent => facts.time_spent = Some(seconds(value)?),
        Metric::OriginalEstimate => facts.original_estimate = Some(seconds(value)?),
        Metric::RemainingEstimate => facts.remaining_estimate = Some(seconds(value)?),
        Metric::CustomField { field_id, .. } => {
            facts.numbers.insert(field_id.clone(), value);
        }
        Metric::StoryPoints => {
            let used = rule.story_points_fields.iter().find(|field| facts.numbers.contains_key(field));
            let Some(field) = used.or(rule.story_points_fields.first()) else {
                return Err(not_editable("This connection has no story point field."));
            };
            facts.numbers.insert(field.clone(), value);
        }
        Metric::Count => return Err(not_editable("Every issue counts as one.")),
        Metric::Progress => return Err(not_editable("Progress comes from the time logged and remaining.")),
    }
    Ok(())
}

/// Hours as whole seconds, which is what Jira keeps.
fn seconds(hours: Decimal) -> Result<i64, Invalid> {
    let seconds = hours.checked_mul(HOUR.into()).filter(|seconds| seconds.is_integer() && !hours.is_sign_negative());
    let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok());
    seconds.ok_or_else(|| not_editable("Hours are whole seconds from 0 up, such as \"1.5\"."))
}

fn not_editable(why: &str) -> Invalid {
    Invalid::new("value_not_editable", "values", format!("This value cannot be set: {why}"))
        .hint("Complete or drop the issue instead, or give a value in the metric's unit.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kpi(start: i64, target: i64) -> Measure {
        Measure::Kpi { name: String::new(), unit: String::new(), start: start.into(), target: target.into() }
    }

    fn scenario(measure: Measure, metric: &Metric, completed_only: bool, leaves: bool) -> Scenario {
        let issue = |number: i64| Candidate {
            key: IssueKey(format!("AE-{number}")),
            facts: Facts { completed: number == 1, time_spent: Some(number * 3600), ..Facts::default() },
        };
        let rule = Rule::new(&measure, metric, completed_only, []);
        Scenario { issues: (1..=4).map(issue).collect(), rule, measure, leaves_when_done: leaves }
    }

    #[test]
    fn finishing_open_bugs_makes_a_falling_number_fall() {
        let open_bugs = scenario(kpi(10, 0), &Metric::Count, false, true);
        let at_most = |most: i64| move |tally: &Tally| tally.value <= Some(most.into());
        assert_eq!(open_bugs.way_back(at_most(2)), Ok(Some(vec![1, 2])));
        // without leaving, the number of issues stays as it is
        let all_bugs = Scenario { leaves_when_done: false, ..open_bugs };
        assert_eq!(all_bugs.way_back(at_most(2)), Ok(None));
    }

    #[test]
    fn what_does_not_add_up_has_no_way_back() {
        let field_id = okrsync_domain::issue::FieldId::new("customfield_1");
        let average = Metric::CustomField { field_id, aggregate: Aggregate::Average };
        assert_eq!(scenario(kpi(0, 5), &average, true, false).way_back(|_| true), Err(NotAdditive));
    }

    #[test]
    fn edits_are_measured_like_issues() {
        let mut hours = scenario(kpi(0, 20), &Metric::TimeSpent, true, false);
        assert_eq!(hours.tally().unwrap().value, Some(1.into()));
        hours.edit(1, Edit::Complete).unwrap();
        hours.edit(0, Edit::Value("2.5".parse().unwrap())).unwrap();
        assert_eq!(hours.edit(0, Edit::Value("0.0001".parse().unwrap())).unwrap_err().code, "value_not_editable");
        assert_eq!(hours.tally().unwrap().value, Some("4.5".parse().unwrap()));
        assert_eq!(hours.settle(&[0], &[1]).tally().unwrap().value, Some(2.into()));
    }
}
