//! Happenings: what became of one issue, as single steps from one state to the next.

use crate::{
    Rule,
    aggregate::{self, in_unit},
    tally::{field, part},
};
use okrsync_domain::{
    decimal::plain,
    issue::Facts,
    measure::Metric,
    moves::{Cause, CauseKind, Gone, IssueChange, IssueName},
};

/// What an issue brings to a reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct State {
    pub(super) completed: bool,
    pub(super) part: Option<aggregate::Part>,
}

impl State {
    pub(super) fn of(facts: &Facts, rule: &Rule) -> Self {
        Self { completed: facts.completed, part: part(facts, rule) }
    }
}

/// One thing that happened to one issue.
pub(super) struct Happening {
    pub(super) cause: Cause,
    pub(super) before: Option<State>,
    pub(super) after: Option<State>,
}

/// What of a change concerns a reading that is measured by `rule`: nothing if another field changed.
pub(super) fn happenings(change: &IssueChange, rule: &Rule) -> Vec<Happening> {
    let happened = |kind, before, after| Happening {
        cause: Cause {
            issue: Some(IssueName { id: change.id, key: change.key.clone(), title: change.title.clone() }),
            ..super::cause(kind)
        },
        before,
        after,
    };
    let state = |facts: &Facts| State::of(facts, rule);
    match (&change.before, &change.after) {
        (None, None) => Vec::new(),
        (None, Some(now)) => {
            let mut joined = happened(CauseKind::Joined, None, Some(state(now)));
            joined.cause.to = shown(now, rule);
            vec![joined]
        }
        (Some(was), None) => {
            let kind = match change.gone {
                None => CauseKind::Left,
                Some(Gone::Deleted) => CauseKind::Deleted,
                Some(Gone::Hidden) => CauseKind::Hidden,
            };
            let mut left = happened(kind, Some(state(was)), None);
            left.cause.from = shown(was, rule);
            vec![left]
        }
        (Some(was), Some(now)) => {
            let (before, after) = (state(was), state(now));
            let between = State { part: after.part, ..before };
            let mut all = Vec::new();
            if before != between {
                let mut changed = happened(CauseKind::ValueChanged, Some(before), Some(between));
                let holder = if after.part.is_some() { now } else { was };
                changed.cause.field = Some(field(holder, rule).0);
                changed.cause.from = shown(was, rule);
                changed.cause.to = shown(now, rule);
                all.push(changed);
            }
            if between != after {
                let kind = if after.completed { CauseKind::Completed } else { CauseKind::Reopened };
                all.push(happened(kind, Some(between), Some(after)));
            }
            all
        }
    }
}

/// The issue's number as it is shown; a count needs no saying that each issue is one.
fn shown(facts: &Facts, rule: &Rule) -> Option<String> {
    let part = part(facts, rule).filter(|_| rule.metric != Metric::Count)?;
    in_unit(&rule.metric, part).ok().flatten().map(plain)
}
