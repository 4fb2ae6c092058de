//! The account in short: scope and work told apart, and one sentence.

use okrsync_domain::{
    decimal::plain,
    moves::{Account, Cause, CauseKind, Effect},
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// How many causes of a kind there are, and what they did together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KindSum {
    /// How many.
    pub count: u64,
    /// Their effect.
    pub effect: Effect,
}

impl KindSum {
    /// With one more. Effects that cannot be told, or not be added exactly, leave the sum untold.
    fn and(self, effect: Effect) -> Self {
        let add = |a: Option<Decimal>, b: Option<Decimal>| a.zip(b).and_then(|(a, b)| sum(a, b));
        let first = self.count == 0;
        let sum = |a, b| if first { b } else { add(a, b) };
        Self {
            count: self.count + 1,
            effect: Effect {
                value: sum(self.effect.value, effect.value),
                progress: sum(self.effect.progress, effect.progress),
            },
        }
    }
}

/// Exactly, or not at all.
pub(super) fn sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    crate::fraction::exact(&(crate::fraction::literal(a) + crate::fraction::literal(b)))
}

/// The causes of an account by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    by_kind: BTreeMap<CauseKind, KindSum>,
}

impl Split {
    /// Of these causes.
    pub fn of<'a>(causes: impl IntoIterator<Item = &'a Cause>) -> Self {
        let mut by_kind: BTreeMap<CauseKind, KindSum> = BTreeMap::new();
        for cause in causes {
            let sum = by_kind.entry(cause.kind).or_default();
            *sum = sum.and(cause.effect);
        }
        Self { by_kind }
    }

    /// Of one kind.
    pub fn kind(&self, kind: CauseKind) -> KindSum {
        self.by_kind.get(&kind).copied().unwrap_or_default()
    }

    /// Of several kinds together. Of none the effect is 0.
    fn kinds(&self, kinds: &[CauseKind]) -> KindSum {
        let zero = Effect { value: Some(Decimal::ZERO), progress: Some(Decimal::ZERO) };
        let present = kinds.iter().filter_map(|kind| self.by_kind.get(kind));
        present.fold(KindSum { count: 0, effect: zero }, |all, one| KindSum {
            count: all.count + one.count,
            effect: KindSum { count: 1, effect: all.effect }.and(one.effect).effect,
        })
    }

    /// How many there are of each kind that there is.
    pub fn counts(&self) -> impl Iterator<Item = (CauseKind, u64)> + '_ {
        self.by_kind.iter().map(|(kind, sum)| (*kind, sum.count))
    }

    /// All together.
    pub fn all(&self) -> KindSum {
        self.kinds(&self.by_kind.keys().copied().collect::<Vec<_>>())
    }

    /// What changed in what there is to do: issues came and went.
    pub fn scope(&self) -> KindSum {
        self.kinds(&[CauseKind::Joined, CauseKind::Left, CauseKind::Deleted, CauseKind::Hidden])
    }

    /// What changed in what is done: issues were completed or opened again.
    pub fn work(&self) -> KindSum {
        self.kinds(&[CauseKind::Completed, CauseKind::Reopened])
    }

    /// Numbers of issues that changed.
    pub fn values(&self) -> KindSum {
        self.kinds(&[CauseKind::ValueChanged])
    }

    /// Everything else: edits, numbers by hand, children, what cannot be explained.
    pub fn other(&self) -> KindSum {
        self.kinds(&[CauseKind::Setting, CauseKind::CheckIn, CauseKind::Children, CauseKind::Unexplained])
    }

    /// Issues that were lost: they left, or their work was undone.
    pub fn lost(&self) -> u64 {
        let lost = [CauseKind::Left, CauseKind::Deleted, CauseKind::Hidden, CauseKind::Reopened];
        lost.into_iter().map(|kind| self.kind(kind).count).sum()
    }
}

/// The kinds of issues' causes in the order in which they are said, with their words.
const SAID: [(CauseKind, &str); 7] = [
    (CauseKind::Joined, "joined"),
    (CauseKind::Completed, "completed"),
    (CauseKind::Reopened, "reopened"),
    (CauseKind::Left, "left the query"),
    (CauseKind::Deleted, "deleted"),
    (CauseKind::Hidden, "hidden"),
    (CauseKind::ValueChanged, "changed"),
];

/// One sentence without an end: "AE-797 joined, 0 lost", "query edited", "3 completed, AE-12 reopened".
pub fn words(account: &Account) -> String {
    let split = Split::of(&account.causes);
    let mut said: Vec<String> = SAID.iter().filter_map(|(kind, word)| issues(account, *kind, word)).collect();
    if split.kind(CauseKind::Joined).count > 0 && split.lost() == 0 {
        said.push("0 lost".to_owned());
    }
    said.extend(account.causes.iter().filter_map(other).fold(Vec::new(), |mut unique, next| {
        if !unique.contains(&next) {
            unique.push(next);
        }
        unique
    }));
    said.join(", ")
}

/// "AE-797 joined", "3 joined"; nothing if there is none.
fn issues(account: &Account, kind: CauseKind, word: &str) -> Option<String> {
    let mut causes = account.causes.iter().filter(|cause| cause.kind == kind);
    let first = causes.next()?;
    let others = causes.count();
    Some(match &first.issue {
        Some(issue) if others == 0 => format!("{} {word}", issue.key),
        _ => format!("{} {word}", others + 1),
    })
}

fn other(cause: &Cause) -> Option<String> {
    let change = |what: &str| match (&cause.from, &cause.to) {
        (Some(from), Some(to)) => format!("{what} {from} → {to}"),
        _ => format!("{what} edited"),
    };
    match cause.kind {
        CauseKind::Setting => Some(match cause.field.as_deref() {
            Some("jql") => "query edited".to_owned(),
            Some("connection") => "asked on another connection".to_owned(),
            Some("link") => "linked to a query".to_owned(),
            Some("metric") => change("metric"),
            Some("story_points_fields") => change("story point fields"),
            Some("completed_only") => match cause.to.as_deref() {
                Some("true") => "only completed issues count".to_owned(),
                _ => "all issues count".to_owned(),
            },
            Some("measure.start") => change("start"),
            Some("measure.target") => change("target"),
            _ => "measure edited".to_owned(),
        }),
        CauseKind::CheckIn if cause.to.is_none() => Some("measured again".to_owned()),
        CauseKind::CheckIn => Some("checked in".to_owned()),
        CauseKind::Children => Some(match (&cause.from, &cause.to) {
            (Some(from), Some(to)) => format!("{to} instead of {from} key results with data"),
            _ => "something below that you may not see".to_owned(),
        }),
        CauseKind::Unexplained => Some("not explained by what was kept".to_owned()),
        _ => None,
    }
}

/// A signed number as people read it: "+2.5", "−2.7273", "0".
///
/// ```
/// use okrsync_metrics::moves::signed;
/// assert_eq!(signed("-2.7273".parse().unwrap()), "−2.7273");
/// assert_eq!(signed("9.0909".parse().unwrap()), "+9.0909");
/// ```
pub fn signed(number: Decimal) -> String {
    match number {
        zero if zero.is_zero() => "0".to_owned(),
        loss if loss.is_sign_negative() => format!("−{}", plain(loss.abs())),
        gain => format!("+{}", plain(gain)),
    }
}
