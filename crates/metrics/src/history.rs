//! History: the facts of an issue as they were, replayed from its changes.
//!
//! The replay goes backwards from what is known now: a change that came after the instant is undone by what it says was
//! there before. So a changelog that lost its oldest entries still gives the truth for the time that it covers.

use okrsync_domain::{
    Instant,
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
