//! History: the facts of an issue as they were, replayed from its changes.
//!
//! The replay goes backwards from what is known now: a change that came after the instant is undone by what it says was
//! there before. So a changelog that lost its oldest entries still gives the truth for the time that it covers.

use okrsync_domain::{
    Instant,
    history::Worklog,
    issue::{Facts, FieldId, WorkProgress},
};
use rust_decimal::Decimal;

/// One change of one fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactChange {
    /// When.
    pub at: Instant,
    /// What the fact was before.
    pub before: Fact,
}

/// One fact with its value; none is an empty field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Whether the status was in the category done.
    Completed(bool),
    /// Seconds logged.
    TimeSpent(Option<i64>),
    /// Seconds first estimated.
    OriginalEstimate(Option<i64>),
    /// Seconds left.
    RemainingEstimate(Option<i64>),
    /// A number field.
    Number(FieldId, Option<Decimal>),
}

/// The facts at an instant, from the facts now and all changes since the issue was filed, oldest first.
///
/// Jira's own progress has no history of its own: it is time logged over logged and remaining, then as now.
///
/// ```
/// use okrsync_domain::issue::Facts;
/// use okrsync_metrics::history::{Fact, FactChange, facts_at};
/// let [monday, tuesday, wednesday] = [2, 3, 4].map(|day| format!("2026-11-{day:02}T10:00:00Z").parse().unwrap());
/// let now = Facts { completed: true, time_spent: Some(7_200), ..Facts::default() };
/// let changes = [
///     FactChange { at: tuesday, before: Fact::TimeSpent(Some(3_600)) },
///     FactChange { at: wednesday, before: Fact::Completed(false) },
/// ];
/// assert_eq!(facts_at(&now, &changes, monday).time_spent, Some(3_600));
/// assert!(!facts_at(&now, &changes, tuesday).completed);
/// assert_eq!(facts_at(&now, &changes, tuesday).time_spent, Some(7_200), "a change counts from its instant on");
/// assert_eq!(facts_at(&now, &changes, wednesday), now);
/// ```
pub fn facts_at(now: &Facts, changes: &[FactChange], at: Instant) -> Facts {
    let mut facts = now.clone();
    for change in changes.iter().rev().take_while(|change| change.at > at) {
        undo(&mut facts, &change.before);
    }
    if facts.progress.is_some() {
        let done = facts.time_spent.unwrap_or(0);
        facts.progress = Some(WorkProgress { done, total: done + facts.remaining_estimate.unwrap_or(0) });
    }
    facts
}

/// Whether changes tell the whole past of logged time: from nothing, each from where the one before led, to what is there now.
///
/// ```
/// use okrsync_metrics::history::time_is_told;
/// assert!(time_is_told(Some(90), &[(None, Some(60)), (Some(60), Some(90))]));
/// assert!(time_is_told(None, &[]) && time_is_told(Some(0), &[]));
/// assert!(!time_is_told(Some(90), &[]), "as after an import");
/// assert!(!time_is_told(Some(90), &[(Some(60), Some(90))]), "the oldest entries are lost");
/// assert!(!time_is_told(Some(90), &[(None, Some(30)), (Some(60), Some(90))]), "one between is lost");
/// ```
pub fn time_is_told(now: Option<i64>, changes: &[(Option<i64>, Option<i64>)]) -> bool {
    let mut last = 0;
    let unbroken = changes.iter().all(|(from, to)| std::mem::replace(&mut last, to.unwrap_or(0)) == from.unwrap_or(0));
    unbroken && last == now.unwrap_or(0)
}

/// Logged time as worklogs tell it, backwards from what is logged now: each change with what was there before and after,
/// oldest first, and the seconds that no worklog tells, which were there all along.
///
/// ```
/// use okrsync_domain::history::Worklog;
/// use okrsync_metrics::history::time_by_worklogs;
/// let [monday, tuesday] = [2, 3].map(|day| format!("2026-11-{day:02}T10:00:00Z").parse().unwrap());
/// let logs = [Worklog { at: tuesday, seconds: 60 }, Worklog { at: monday, seconds: 30 }];
/// let told = [(monday, None, Some(30)), (tuesday, Some(30), Some(90))];
/// assert_eq!(time_by_worklogs(Some(90), &logs), (told.to_vec(), 0));
/// let imported = [(monday, Some(10), Some(40)), (tuesday, Some(40), Some(100))];
/// assert_eq!(time_by_worklogs(Some(100), &logs), (imported.to_vec(), 10));
/// ```
pub fn time_by_worklogs(now: Option<i64>, logs: &[Worklog]) -> (Vec<TimeChange>, i64) {
    let mut logs = logs.to_vec();
    logs.sort_by_key(|log| log.at);
    let (mut after, mut changes) = (now, Vec::with_capacity(logs.len()));
    for log in logs.iter().rev() {
        let before = Some(after.unwrap_or(0).saturating_sub(log.seconds)).filter(|seconds| *seconds > 0);
        changes.push((log.at, before, after));
        after = before;
    }
    changes.reverse();
    (changes, after.unwrap_or(0))
}

/// A change of logged time: when, and the seconds before and after.
pub type TimeChange = (Instant, Option<i64>, Option<i64>);

fn undo(facts: &mut Facts, before: &Fact) {
    match before {
        Fact::Completed(was) => facts.completed = *was,
        Fact::TimeSpent(was) => facts.time_spent = *was,
        Fact::OriginalEstimate(was) => facts.original_estimate = *was,
        Fact::RemainingEstimate(was) => facts.remaining_estimate = *was,
        Fact::Number(field, Some(was)) => {
            facts.numbers.insert(field.clone(), *was);
        }
        Fact::Number(field, None) => {
            facts.numbers.remove(field);
        }
    }
}
