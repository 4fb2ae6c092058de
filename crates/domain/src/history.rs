//! What Jira keeps of an issue's past: its fields as they are, and every change of them.

use crate::{
    Instant,
    issue::{IssueId, IssueKey},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An issue with its past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueHistory {
    /// Jira's own number.
    pub id: IssueId,
    /// Its key now.
    pub key: IssueKey,
    /// When it was filed.
    pub created: Instant,
    /// The values of its fields now, by Jira's id of the field; empty fields are absent.
    pub values: BTreeMap<String, Vec<FieldValue>>,
    /// Its changes, oldest first.
    pub changes: Vec<FieldChange>,
    /// What tells when time was logged.
    #[serde(default)]
    pub time: TimeSource,
}

/// What tells when time was logged on an issue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeSource {
    /// Its changelog: from nothing to what is logged now without a break, with what was changed and deleted.
    #[default]
    Changelog,
    /// Its worklogs as they are now, because the changelog does not tell it, as after an import.
    Worklogs {
        /// Seconds that they do not tell either; they count from the issue's first instant on.
        untold: i64,
    },
}

/// Time that was logged on an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worklog {
    /// When it was written down: from then on Jira counts it, whenever the work was done.
    pub at: Instant,
    /// Seconds.
    pub seconds: i64,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldValue {
    /// A text, as Jira writes it: also days, instants and labels.
    Text(String),
    /// A number.
    Number(Decimal),
    /// Something with an id: a status, a person, an issue.
    Thing(Thing),
}

/// Something with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    /// Jira's id: a number for most, the account id or user key for people.
    pub id: String,
    /// A second name, where there is one: an issue's or project's key, a category's key, a person's user name.
    pub key: Option<String>,
    /// Display name; of an issue, its key again.
    pub name: String,
}

/// One change of one field, as Jira wrote it down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// When.
    pub at: Instant,
    /// By whom, where the account is still there.
    pub by: Option<Thing>,
    /// Jira's id of the field, where it was written down.
    pub field_id: Option<String>,
    /// Name of the field at that time.
    pub field: String,
    /// Before.
    pub from: Side,
    /// After.
    pub to: Side,
}

/// One side of a change; both are absent where the field was empty. Of components and versions, only what came or went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The raw value: an id, several ids with commas, seconds.
    pub id: Option<String>,
    /// As people read it.
    pub text: Option<String>,
}

impl Side {
    /// Whether the field was empty.
    pub fn is_empty(&self) -> bool {
        let empty = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
        empty(&self.id) && empty(&self.text)
    }
}

/// Something that cannot be asked of the past, with its possible effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// Stable word.
    pub code: String,
    /// What is missing and what that may change, for people.
    pub message: String,
}

impl Gap {
    /// A gap in a word and a sentence.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}
