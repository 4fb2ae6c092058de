//! Moves: what made a number change from one reading to another, issue by issue.

use crate::{
    OkrId,
    issue::{Facts, IssueId, IssueKey},
    link::Settings,
    reading::Reading,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Why an issue that left a query cannot be found at all any more.
///
/// Jira gives one answer for "does not exist" and "you may not see it", so what can be known is whether the issue's
/// project is still there for the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// The project is still seen, the issue is not: it was deleted, or a security level of its own hides it.
    Deleted,
    /// The project is not seen either: the account lost the right to browse it, or the whole project is gone.
    Hidden,
}

/// A reading with the settings that it was measured by; of a check-in there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The reading.
    pub reading: Reading,
    /// What the link was set to.
    pub settings: Option<Settings>,
}

/// An issue that is not the same at two readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueChange {
    /// Jira's own number.
    pub id: IssueId,
    /// The key last seen.
    pub key: IssueKey,
    /// The summary line last seen.
    pub title: Option<String>,
    /// As the earlier reading measured it; none if it did not match.
    pub before: Option<Facts>,
    /// As the later reading measured it; none if it does not match.
    pub after: Option<Facts>,
    /// What is known of one that cannot be found any more.
    pub gone: Option<Gone>,
}

/// The issues of two readings of a link, compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Those that differ, by id.
    pub changed: Vec<IssueChange>,
    /// The facts of all others. Needed where numbers do not add up issue by issue, or the settings differ; else empty.
    pub same: Vec<Facts>,
}

/// Two neighbouring readings of an OKR and what lies between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The reading before, whatever its kind.
    pub from: Evidence,
    /// The last measured reading before `to`: `from` itself, unless that is a check-in. None if nothing was measured.
    pub measured: Option<Evidence>,
    /// The reading.
    pub to: Evidence,
    /// The issues of `measured` and `to`.
    pub issues: Compared,
}

/// A reading and the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Neighbours {
    /// There is none before.
    First(Box<Evidence>),
    /// There is.
    Step(Box<Step>),
}

/// Why a number moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// An issue matches that did not.
    Joined,
    /// An issue no longer matches; Jira still gives it.
    Left,
    /// An issue no longer matches and is not given any more, though its project is: see [`Gone::Deleted`].
    Deleted,
    /// An issue no longer matches and its project is no longer seen: see [`Gone::Hidden`].
    Hidden,
    /// An issue was completed.
    Completed,
    /// A completed issue is open again.
    Reopened,
    /// The number that an issue brings changed: points, an estimate, time logged, a field.
    ValueChanged,
    /// The link or the measure was edited.
    Setting,
    /// A person entered a number, or such a number no longer stands.
    CheckIn,
    /// A child of the objective got its first number, or lost it: the others weigh differently.
    Children,
    /// The number had no data at some time in between, or what was kept does not explain the difference.
    Unexplained,
}

/// What something did to a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effect {
    /// In the reading's own unit. None where a reading has no value, the unit changed, or no decimal holds it.
    pub value: Option<Decimal>,
    /// In percentage points, 4 decimals. None where a reading has no progress.
    pub progress: Option<Decimal>,
}

/// An issue as people know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IssueName {
    /// Jira's own number.
    pub id: IssueId,
    /// The key last seen.
    pub key: IssueKey,
    /// The summary line last seen.
    pub title: Option<String>,
}

/// One reason why a number moved, with its part of the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What happened.
    pub kind: CauseKind,
    /// To which issue.
    pub issue: Option<IssueName>,
    /// In an objective's account, to which OKR below it.
    pub okr_id: Option<OkrId>,
    /// The field of Jira, or the setting.
    pub field: Option<String>,
    /// What it was.
    pub from: Option<String>,
    /// What it is.
    pub to: Option<String>,
    /// Its part of the difference.
    pub effect: Effect,
}

/// The account of a difference: the effects of the causes add up to it exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The difference.
    pub delta: Effect,
    /// The causes, those with the largest effect first.
    pub causes: Vec<Cause>,
}
