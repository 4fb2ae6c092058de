//! What the matcher asks of an issue.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// An issue, as far as a query can see it: the simulator's own, a mirrored one, or one as it was (see
/// [`crate::eval::Past`]).
///
/// Fields are asked for by Jira's id. System fields: `issuekey`, `project`, `projectType`, `category`, `issuetype`,
/// `status`, `statusCategory`, `statuscategorychangedate`, `priority`, `resolution`, `level`, `components`, `labels`,
/// `fixVersions`, `versions`, `sprint`, `parent`, `subtasks`, `hierarchyLevel`, `assignee`, `reporter`, `creator`,
/// `voter`, `watcher`, `worklogAuthor`, `summary`, `description`, `environment`, `comment`, `worklogComment`,
/// `created`, `updated`, `resolutiondate`, `lastViewed`, `duedate`, `worklogDate`, `timespent`,
/// `timeoriginalestimate`, `timeestimate`, `workratio`, `votes`, `watches`, `attachment`, `issueLinkType`. Others:
/// whatever [`crate::eval::Site::fields`] answered.
pub trait Item {
    /// Values of a field; none if it is empty on this issue or unknown.
    fn values(&self, field: &str) -> Vec<Datum<'_>>;

    /// Changes of a field, oldest first. Fields without any had their present value since the issue was created.
    fn changes(&self, field: &str) -> Vec<Change<'_>> {
        let _ = field;
        Vec::new()
    }
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum<'a> {
    /// Prose or a label.
    Text(Cow<'a, str>),
    /// A number.
    Number(Decimal),
    /// Working time in seconds.
    Seconds(i64),
    /// A day.
    Day(NaiveDate),
    /// A point in time.
    Instant(DateTime<Utc>),
    /// Something with an id and a name: a status, a person, an issue, a sprint, a version.
    Named(Named<'a>),
}

/// Something with an id and a name. A query may use the id, the key or the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a> {
    /// Jira's id: a number for most, the account id or user key for people.
    pub id: Cow<'a, str>,
    /// A second name, where there is one: an issue's or project's key, a status category's key, a person's user name
    /// or e-mail address.
    pub key: Option<Cow<'a, str>>,
    /// Display name; of an issue, its key again.
    pub name: Cow<'a, str>,
}

impl<'a> Named<'a> {
    /// With a key.
    pub fn new(id: impl Into<Cow<'a, str>>, key: impl Into<Cow<'a, str>>, name: impl Into<Cow<'a, str>>) -> Self {
        Self { id: id.into(), key: Some(key.into()), name: name.into() }
    }

    /// Without a key.
    pub fn plain(id: impl Into<Cow<'a, str>>, name: impl Into<Cow<'a, str>>) -> Self {
        Self { id: id.into(), key: None, name: name.into() }
    }
}

/// One change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: Option<Named<'a>>,
    /// All values before; none if the field was empty. (Jira's changelog names only the one version or component that
    /// came or went: whoever implements [`Item`] makes whole values of it.)
    pub from: Vec<Datum<'a>>,
    /// All values after.
    pub to: Vec<Datum<'a>>,
}
