//! What the matcher asks of the site around the issues: who asks, when, and what exists.

use super::item::Named;
use crate::fields::Kind;
use chrono::{DateTime, Utc, Weekday};
use chrono_tz::Tz;

/// Who asks, when and where.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What `now()` is.
    pub now: DateTime<Utc>,
    /// Time zone of the asking account's profile: dates in queries are in it.
    pub zone: Tz,
    /// First day of a week for `startOfWeek()`.
    pub week_starts: Weekday,
    /// Id of the asking account, as in [`Named::id`]; none for an anonymous one.
    pub user: Option<&'a str>,
    /// The site.
    pub site: &'a dyn Site,
}

/// What exists on a site. Every method has a default that knows nothing.
pub trait Site {
    /// The custom fields of this name, several where a name is shared. `cf[10016]` is asked for as
    /// `customfield_10016`, entity properties as written (`development[commits].all`).
    fn fields(&self, name: &str) -> Vec<FieldDef> {
        let _ = name;
        Vec::new()
    }

    /// Whether a field (by id) has such a value (by id, key or name); nothing where that cannot be told, as with labels.
    fn has_value(&self, field: &str, value: &str) -> Option<bool> {
        let _ = (field, value);
        None
    }

    /// Ids of a group's members; nothing if there is no such group.
    fn members(&self, group: &str) -> Option<Vec<String>> {
        let _ = group;
        None
    }

    /// All sprints.
    fn sprints(&self) -> Vec<Sprint> {
        Vec::new()
    }

    /// All versions in the order that people gave them, project by project.
    fn versions(&self) -> Vec<Version> {
        Vec::new()
    }

    /// The values of a field that has an order, smallest first, for `priority > Medium`.
    fn ranked(&self, field: &str) -> Vec<Named<'_>> {
        let _ = field;
        Vec::new()
    }

    /// The ids that any other function stands for, such as `linkedIssues` (name in lower case); nothing if the function is
    /// unknown.
    fn call(&self, function: &str, arguments: &[String]) -> Option<Vec<String>> {
        let _ = (function, arguments);
        None
    }
}

/// A site of which nothing is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptySite;

impl Site for EmptySite {}

/// A field of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDef {
    /// Jira's id, under which an item is asked for values.
    pub id: String,
    /// What its values are.
    pub kind: Kind,
}

/// A sprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sprint {
    /// Jira's id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Where it is in its life.
    pub state: SprintState,
}

/// Where a sprint is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SprintState {
    /// Not started.
    Future,
    /// Started, not completed.
    Active,
    /// Completed.
    Closed,
}

/// A version of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Jira's id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Id of its project.
    pub project_id: String,
    /// Key of its project.
    pub project_key: String,
    /// Whether it is out.
    pub released: bool,
    /// Whether it is put away.
    pub archived: bool,
}
