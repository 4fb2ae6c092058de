//! What a site has beside issues: projects, statuses, types, people, versions, sprints, fields.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::error::SimError;
use crate::field::{self, Field};
use crate::options::Dialect;

/// The number of a project, `"id"` on the wire.
pub(crate) type ProjectId = u32;

/// The four status categories that Jira has, no more and no fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// `undefined`, id 1.
    NoCategory,
    /// `new`, id 2.
    ToDo,
    /// `done`, id 3.
    Done,
    /// `indeterminate`, id 4.
    InProgress,
}

impl Category {
    /// All four, by id.
    pub const ALL: [Self; 4] = [Self::NoCategory, Self::ToDo, Self::Done, Self::InProgress];

    /// Id, key, colour and name, as `/statuscategory` lists them.
    pub(crate) fn wire(self) -> (u8, &'static str, &'static str, &'static str) {
        match self {
            Self::NoCategory => (1, "undefined", "medium-gray", "No Category"),
            Self::ToDo => (2, "new", "blue-gray", "To Do"),
            Self::Done => (3, "done", "green", "Done"),
            Self::InProgress => (4, "indeterminate", "yellow", "In Progress"),
        }
    }
}

/// Who may see a project's issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Browsers {
    /// Every user who signed in.
    Everyone,
    /// Also people who did not sign in.
    Anonymous,
    /// These users only, by [`User::id`].
    Only(Vec<String>),
}

/// A project.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) team_managed: bool,
    pub(crate) browsers: Browsers,
}

impl Project {
    /// Whether a user (None: nobody signed in) may browse it.
    pub(crate) fn is_seen_by(&self, user: Option<&str>) -> bool {
        match (&self.browsers, user) {
            (Browsers::Anonymous, _) | (Browsers::Everyone, Some(_)) => true,
            (Browsers::Only(users), Some(user)) => users.iter().any(|known| known == user),
            _ => false,
        }
    }
}

/// A status; its category can be re-mapped without touching an issue.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) category: Category,
    pub(crate) scope: Option<ProjectId>,
}

/// An issue type.
#[derive(Clone, Debug)]
pub(crate) struct IssueType {
    pub(crate) id: u32,
    pub(crate) name: String,
    /// −1 sub-task, 0 base, 1 epic.
    pub(crate) level: i8,
    pub(crate) scope: Option<ProjectId>,
}

/// A value with an id and a name: priority, resolution, component.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) id: u32,
    pub(crate) name: String,
}

/// A version of a project.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: u32,
    pub(crate) project: ProjectId,
    pub(crate) name: String,
    pub(crate) released: bool,
}

/// The state of a sprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SprintState {
    /// Planned.
    Future,
    /// Running.
    Active,
    /// Over.
    Closed,
}

/// A sprint.
#[derive(Clone, Debug)]
pub(crate) struct Sprint {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) state: SprintState,
}

/// A person of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Account id on Cloud, user key on Data Center.
    pub id: String,
    /// User name (Data Center).
    pub name: String,
    /// E-mail address; the user part of Cloud's Basic sign-in.
    pub email: String,
    /// Shown name.
    pub display_name: String,
    /// Time zone of the profile; JQL reads dates in it.
    pub zone: Tz,
}

/// Everything of a site beside its issues. Each change makes a new version, so that the past keeps its own.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue {
    pub(crate) projects: Vec<Project>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) types: Vec<IssueType>,
    pub(crate) priorities: Vec<Choice>,
    pub(crate) resolutions: Vec<Choice>,
    pub(crate) components: Vec<Choice>,
    pub(crate) versions: Vec<Version>,
    pub(crate) sprints: Vec<Sprint>,
    pub(crate) fields: Vec<Field>,
    pub(crate) users: Vec<User>,
    pub(crate) groups: BTreeMap<String, Vec<String>>,
}

impl Catalogue {
    /// What a new site is born with.
    pub(crate) fn standard(dialect: Dialect, time_tracking: bool) -> Self {
        let choices = |first: u32, names: &[&str]| {
            (first..).zip(names).map(|(id, name)| Choice { id, name: (*name).to_owned() }).collect()
        };
        let status = |id, name: &str, category| Status { id, name: name.to_owned(), category, scope: None };
        let issue_type = |id, name: &str, level| IssueType { id, name: name.to_owned(), level, scope: None };
        Self {
            projects: Vec::new(),
            statuses: vec![
                status(10000, "To Do", Category::ToDo),
                status(3, "In Progress", Category::InProgress),
                status(10001, "In Review", Category::InProgress),
                status(10002, "Done", Category::Done),
            ],
            types: vec![
                issue_type(10000, "Epic", 1),
                issue_type(10001, "Story", 0),
                issue_type(10002, "Task", 0),
                issue_type(10004, "Bug", 0),
                issue_type(10003, "Sub-task", -1),
            ],
            priorities: choices(1, &["Highest", "High", "Medium", "Low", "Lowest"]),
            resolutions: choices(10000, &["Done", "Won't Do", "Duplicate"]),
            components: Vec::new(),
            versions: Vec::new(),
            sprints: Vec::new(),
            fields: field::standard(dialect, time_tracking),
            users: Vec::new(),
            groups: BTreeMap::new(),
        }
    }

    /// A project by key (any case) or id.
    pub(crate) fn project_named(&self, key: &str) -> Result<&Project, SimError> {
        let found = self.projects.iter().find(|p| p.key.eq_ignore_ascii_case(key) || p.id.to_string() == key);
        found.ok_or_else(|| SimError::unknown("project", key))
    }

    /// A project by id.
    pub(crate) fn project(&self, id: ProjectId) -> Option<&Project> {
        self.projects.iter().find(|p| p.id == id)
    }

    /// A status by name (any case) or id.
    pub(crate) fn status_named(&self, name: &str) -> Result<&Status, SimError> {
        let found = self.statuses.iter().find(|s| s.name.eq_ignore_ascii_case(name) || s.id.to_string() == name);
        found.ok_or_else(|| SimError::unknown("status", name))
    }

    /// A status by id.
    pub(crate) fn status(&self, id: u32) -> Option<&Status> {
        self.statuses.iter().find(|s| s.id == id)
    }

    /// The category that a status has in this version of the catalogue.
    pub(crate) fn category(&self, status: u32) -> Category {
        self.status(status).map_or(Category::NoCategory, |s| s.category)
    }

    /// An issue type by name (any case) or id.
    pub(crate) fn type_named(&self, name: &str) -> Result<&IssueType, SimError> {
        let found = self.types.iter().find(|t| t.name.eq_ignore_ascii_case(name) || t.id.to_string() == name);
        found.ok_or_else(|| SimError::unknown("issue type", name))
    }

    /// An issue type by id.
    pub(crate) fn issue_type(&self, id: u32) -> Option<&IssueType> {
        self.types.iter().find(|t| t.id == id)
    }

    /// A user by id.
    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|u| u.id == id)
    }

    /// A field by id that is switched on.
    pub(crate) fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.id == id && !f.hidden)
    }

    /// Fields that are switched on.
    pub(crate) fn visible_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|f| !f.hidden)
    }

    /// The fields that hold story points, in the order in which a reader should ask them.
    pub(crate) fn story_point_fields(&self) -> impl Iterator<Item = &Field> {
        let mut fields: Vec<&Field> = self.visible_fields().filter(|f| story_point_rank(f).is_some()).collect();
        fields.sort_by_key(|f| (story_point_rank(f), f.custom_id()));
        fields.into_iter()
    }
}

/// Named "Story Points" first, then the newer type, then the newer name.
fn story_point_rank(field: &Field) -> Option<u8> {
    if field.kind != field::FieldKind::Number {
        None
    } else if field.name.eq_ignore_ascii_case("Story Points") {
        Some(0)
    } else if field.custom_type.as_deref() == Some(field::JSW_STORY_POINTS) {
        Some(1)
    } else if field.name.eq_ignore_ascii_case("Story point estimate") {
        Some(2)
    } else {
        None
    }
}

/// Finds an id or name in a list of choices.
pub(crate) fn choice<'a>(choices: &'a [Choice], what: &'static str, name: &str) -> Result<&'a Choice, SimError> {
    let found = choices.iter().find(|c| c.name.eq_ignore_ascii_case(name) || c.id.to_string() == name);
    found.ok_or_else(|| SimError::unknown(what, name))
}
