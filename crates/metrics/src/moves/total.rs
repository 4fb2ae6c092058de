//! Totals: the accounts of consecutive moves, summed over an interval.

use super::{cause, sort, split::sum};
use crate::fraction::{exact, literal};
use num_rational::BigRational;
use okrsync_domain::{
    OkrId,
    issue::IssueId,
    moves::{Account, Cause, CauseKind, Effect},
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Causes that are one in a total: the same thing happened to the same issue, or to the same setting.
type Same = (CauseKind, Option<IssueId>, Option<OkrId>, Option<String>);

/// The sum of consecutive moves, newest first as they are read.
///
/// What happened to one issue several times is one cause: two changes of an estimate are told from the first number to
/// the last one. Where the number had no data in between, nobody can say what each issue did meanwhile; that part of the
/// difference is [`CauseKind::Unexplained`].
#[derive(Debug, Default)]
pub struct Total {
    causes: BTreeMap<Same, Cause>,
}

impl Total {
    /// Adds the account before.
    pub fn add(&mut self, account: Account) {
        for next in account.causes {
            let issue = next.issue.as_ref().map(|issue| issue.id);
            let known = self.causes.entry((next.kind, issue, next.okr_id, next.field.clone()));
            known
                .and_modify(|known| {
                    known.from.clone_from(&next.from);
                    known.effect.value = joined(known.effect.value, next.effect.value);
                    known.effect.progress = joined(known.effect.progress, next.effect.progress);
                })
                .or_insert(next);
        }
    }

    /// The account of the whole interval, whose difference is `delta`.
    pub fn finish(self, delta: Effect) -> Account {
        let mut causes: Vec<Cause> = self.causes.into_values().collect();
        for cause in &mut causes {
            cause.effect.value = delta.value.map(|_| cause.effect.value.unwrap_or_default());
            cause.effect.progress = delta.progress.map(|_| cause.effect.progress.unwrap_or_default());
        }
        let rest = |delta: Option<Decimal>, part: fn(&Effect) -> Option<Decimal>| {
            let all: BigRational = causes.iter().filter_map(|cause| part(&cause.effect)).map(literal).sum();
            delta.and_then(|delta| exact(&(literal(delta) - all)))
        };
        let rest = Effect {
            value: rest(delta.value, |effect| effect.value),
            progress: rest(delta.progress, |effect| effect.progress),
        };
        if [rest.value, rest.progress].into_iter().flatten().any(|rest| !rest.is_zero()) {
            causes.push(Cause { effect: rest, ..cause(CauseKind::Unexplained) });
        }
        sort(&mut causes);
        Account { delta, causes }
    }
}

/// What is known of either.
fn joined(a: Option<Decimal>, b: Option<Decimal>) -> Option<Decimal> {
    match (a, b) {
        (Some(a), Some(b)) => sum(a, b),
        (a, b) => a.or(b),
    }
}
