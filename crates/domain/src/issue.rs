//! What is known of one Jira issue: identity, what a person wants to read, and the facts that numbers are made of.

use crate::Instant;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Id of the field with the instant at which an issue was resolved; empty while it has no resolution.
pub const RESOLVED_AT: &str = "resolutiondate";
/// Id of the field with the time logged.
pub const TIME_SPENT: &str = "timespent";
/// Id of the field with the original estimate.
pub const ORIGINAL_ESTIMATE: &str = "timeoriginalestimate";
/// Id of the field with the remaining estimate.
pub const REMAINING_ESTIMATE: &str = "timeestimate";
/// Id of the field with Jira's own progress.
pub const PROGRESS: &str = "progress";

/// Jira's own number of an issue: stable for life, while keys change when an issue moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssueId(pub i64);

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The key people know an issue by, such as `AE-786`. For display: ids identify.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssueKey(pub String);

impl IssueKey {
    /// The key of its project.
    ///
    /// ```
    /// use okrsync_domain::issue::IssueKey;
    /// assert_eq!(IssueKey("AE-786".to_owned()).project(), Some("AE"));
    /// assert_eq!(IssueKey("786".to_owned()).project(), None);
    /// ```
    pub fn project(&self) -> Option<&str> {
        self.0.rsplit_once('-').map(|(project, _)| project)
    }
}

impl fmt::Display for IssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Jira's id of a field, such as `timespent` or `customfield_10016`. Names are not unique; ids are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldId(pub String);

impl FieldId {
    /// A field id from its text.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Jira's own progress of an issue in seconds: time logged over logged + remaining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkProgress {
    /// Seconds logged.
    pub done: i64,
    /// Seconds logged and remaining; 0 means that the issue has no progress.
    pub total: i64,
}

/// The facts that a number is made of (what `product` calls measuring). Times are whole seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The status is in the category `done`, whatever the resolution.
    pub completed: bool,
    /// Own time logged (not the aggregate with sub-tasks), in seconds.
    pub time_spent: Option<i64>,
    /// Own original estimate in seconds.
    pub original_estimate: Option<i64>,
    /// Own remaining estimate in seconds; 0 is "nothing left", absent is "never estimated".
    pub remaining_estimate: Option<i64>,
    /// Jira's own progress.
    pub progress: Option<WorkProgress>,
    /// Values of the numeric fields that were asked for; an empty field is absent.
    pub numbers: BTreeMap<FieldId, Decimal>,
}

impl Facts {
    /// Forgets what other fields than these tell; whether the issue is completed stays.
    ///
    /// ```
    /// use okrsync_domain::issue::{Facts, FieldId};
    /// let mut facts = Facts { completed: true, time_spent: Some(60), remaining_estimate: Some(0), ..Facts::default() };
    /// facts.keep(&[FieldId::new("timespent")].into());
    /// assert_eq!(facts, Facts { completed: true, time_spent: Some(60), ..Facts::default() });
    /// ```
    pub fn keep(&mut self, fields: &BTreeSet<FieldId>) {
        let has = |id: &str| fields.iter().any(|field| field.0 == id);
        self.time_spent = self.time_spent.filter(|_| has(TIME_SPENT));
        self.original_estimate = self.original_estimate.filter(|_| has(ORIGINAL_ESTIMATE));
        self.remaining_estimate = self.remaining_estimate.filter(|_| has(REMAINING_ESTIMATE));
        self.progress = self.progress.filter(|_| has(PROGRESS));
        self.numbers.retain(|field, _| fields.contains(field));
    }
}

/// An issue as a connection's account sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Jira's own number.
    pub id: IssueId,
    /// The key at the time of reading.
    pub key: IssueKey,
    /// Last change that Jira itself stamps.
    pub updated: Option<Instant>,
    /// Summary line.
    pub title: Option<String>,
    /// Name of the issue type.
    pub issue_type: Option<String>,
    /// Id of the workflow status.
    pub status_id: Option<String>,
    /// Name of the workflow status.
    pub status: Option<String>,
    /// Display name of the assignee.
    pub assignee: Option<String>,
    /// Whether it has a resolution, whatever its status; none where that was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<bool>,
    /// What numbers are made of.
    pub facts: Facts,
}
