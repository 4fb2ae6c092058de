//! An issue with its whole past: every state it was in, its changelog, its worklogs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::catalogue::ProjectId;
use crate::clock::Instant;
use crate::number::Number;

/// The number of an issue: stable for life, unlike its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueId(pub(crate) u64);

impl IssueId {
    /// The number itself.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl From<u64> for IssueId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an issue is at one moment.
#[derive(Clone, Debug)]
pub(crate) struct IssueState {
    pub(crate) project: ProjectId,
    /// `AE-786`.
    pub(crate) key: Arc<str>,
    pub(crate) summary: Arc<str>,
    pub(crate) description: Option<Arc<str>>,
    pub(crate) issue_type: u32,
    pub(crate) status: u32,
    pub(crate) priority: Option<u32>,
    pub(crate) resolution: Option<u32>,
    pub(crate) resolved: Option<Instant>,
    pub(crate) assignee: Option<Arc<str>>,
    pub(crate) reporter: Arc<str>,
    pub(crate) labels: Vec<Arc<str>>,
    pub(crate) components: Vec<u32>,
    pub(crate) fix_versions: Vec<u32>,
    pub(crate) sprints: Vec<u32>,
    pub(crate) parent: Option<IssueId>,
    /// The epic of a Data Center issue, which is not its parent.
    pub(crate) epic: Option<IssueId>,
    pub(crate) time_spent: Option<i64>,
    pub(crate) original_estimate: Option<i64>,
    pub(crate) remaining_estimate: Option<i64>,
    /// Custom numbers by field id.
    pub(crate) numbers: BTreeMap<Arc<str>, Number>,
    pub(crate) due: Option<NaiveDate>,
    pub(crate) updated: Instant,
    /// Who may see it beyond the project's own rule: None for everyone, else only these.
    pub(crate) only: Option<Vec<Arc<str>>>,
    pub(crate) deleted: bool,
}

/// A state and when it began.
#[derive(Clone, Debug)]
pub(crate) struct StateVersion {
    pub(crate) at: Instant,
    pub(crate) revision: u64,
    pub(crate) state: Arc<IssueState>,
}

/// One entry of the changelog.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) id: u64,
    pub(crate) at: Instant,
    pub(crate) revision: u64,
    pub(crate) author: Arc<str>,
    pub(crate) items: Vec<ChangeItem>,
}

/// One changed field of an entry.
#[derive(Clone, Debug)]
pub(crate) struct ChangeItem {
    /// The field's display name (system fields: its id).
    pub(crate) field: String,
    pub(crate) custom: bool,
    /// Missing on some entries, as in Jira.
    pub(crate) field_id: Option<String>,
    pub(crate) from: Side,
    pub(crate) to: Side,
}

/// One side of a change: the raw id and what people read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) id: Option<String>,
    pub(crate) text: Option<String>,
}

impl Side {
    /// An id with its name.
    pub(crate) fn named(id: &impl ToString, text: &impl ToString) -> Self {
        Self { id: Some(id.to_string()), text: Some(text.to_string()) }
    }

    /// A value that has no id of its own.
    pub(crate) fn plain(text: Option<String>) -> Self {
        Self { id: None, text }
    }

    /// A number: both sides carry the digits.
    pub(crate) fn number(value: Option<i64>) -> Self {
        value.map_or_else(Self::default, |value| Self::named(&value, &value))
    }
}

/// Logged work.
#[derive(Clone, Debug)]
pub(crate) struct Worklog {
    pub(crate) id: u64,
    pub(crate) author: Arc<str>,
    pub(crate) started: Instant,
    pub(crate) created: Instant,
    pub(crate) revision: u64,
    pub(crate) seconds: i64,
}

/// An issue with its past.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(crate) id: IssueId,
    pub(crate) created: Instant,
    pub(crate) creator: Arc<str>,
    pub(crate) versions: Vec<StateVersion>,
    pub(crate) changes: Vec<Change>,
    pub(crate) worklogs: Vec<Worklog>,
}

/// A moment of the site's own history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The present.
    Now,
    /// The last state that began at this instant or before.
    Instant(Instant),
    /// Just after this revision, exact also where several changes share an instant.
    Revision(u64),
}

impl AsOf {
    /// Whether something of that instant and revision had happened.
    pub(crate) fn includes(self, at: Instant, revision: u64) -> bool {
        match self {
            Self::Now => true,
            Self::Instant(limit) => at <= limit,
            Self::Revision(limit) => revision <= limit,
        }
    }
}

impl Issue {
    /// The state at a moment; None before its creation and after its deletion.
    pub(crate) fn state(&self, as_of: AsOf) -> Option<&IssueState> {
        let version = self.versions.iter().rev().find(|v| as_of.includes(v.at, v.revision))?;
        Some(version.state.as_ref()).filter(|state| !state.deleted)
    }

    /// Changelog entries up to a moment, oldest first.
    pub(crate) fn changes(&self, as_of: AsOf) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.iter().filter(move |c| as_of.includes(c.at, c.revision))
    }

    /// Worklogs up to a moment.
    pub(crate) fn worklogs(&self, as_of: AsOf) -> impl Iterator<Item = &Worklog> {
        self.worklogs.iter().filter(move |w| as_of.includes(w.created, w.revision))
    }
}

/// An issue as someone sees it at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IssueView<'a> {
    pub(crate) issue: &'a Issue,
    pub(crate) state: &'a IssueState,
    pub(crate) as_of: AsOf,
}
