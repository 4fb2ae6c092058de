//! What a site offers, as one account sees it: fields, statuses, projects, issue types.

use crate::issue::FieldId;
use serde::{Deserialize, Serialize};

/// Type key of the newer story point field.
pub const JSW_STORY_POINTS: &str = "com.pyxis.greenhopper.jira:jsw-story-points";

/// A field of a Jira site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Jira's id, the only safe way to name a field.
    pub id: FieldId,
    /// Display name; neither unique nor stable, and translated on some sites.
    pub name: String,
    /// Whether the site defined it.
    pub custom: bool,
    /// Names that a query may use for it.
    pub clause_names: Vec<String>,
    /// `schema.type`, such as `number`; some system fields have none.
    pub schema_type: Option<String>,
    /// `schema.custom`, the type key of a custom field.
    pub custom_type: Option<String>,
}

impl Field {
    /// Whether a number can be measured from it: a custom field of schema type `number`.
    pub fn is_numeric(&self) -> bool {
        self.custom && self.schema_type.as_deref() == Some("number")
    }
}

/// The story point fields of a site in the order in which an issue's first non-null one counts: number fields named
/// "Story Points" by ascending id, then those of the newer type, then those named "Story point estimate".
///
/// ```
/// use okrsync_domain::{catalogue::{Field, story_points_fields}, issue::FieldId};
/// let field = |id: &str, name: &str| Field {
///     id: FieldId::new(id), name: name.into(), custom: true, clause_names: vec![],
///     schema_type: Some("number".into()), custom_type: None,
/// };
/// let fields = [field("customfield_10016", "Story point estimate"), field("customfield_10187", "Story Points")];
/// let ids = story_points_fields(&fields);
/// assert_eq!(ids[0], FieldId::new("customfield_10187"));
/// assert_eq!(ids.len(), 2);
/// ```
pub fn story_points_fields(fields: &[Field]) -> Vec<FieldId> {
    let rank = |field: &Field| {
        let named = |name: &str| field.name.eq_ignore_ascii_case(name);
        if named("Story Points") {
            Some(0)
        } else if field.custom_type.as_deref() == Some(JSW_STORY_POINTS) {
            Some(1)
        } else if named("Story point estimate") {
            Some(2)
        } else {
            None
        }
    };
    let mut ranked: Vec<_> = fields
        .iter()
        .filter(|field| field.is_numeric())
        .filter_map(|field| Some((rank(field)?, custom_number(&field.id), field.id.clone())))
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(_, _, id)| id).collect()
}

/// The number behind `customfield_`, so that ids sort as numbers.
fn custom_number(id: &FieldId) -> u64 {
    id.0.strip_prefix("customfield_").and_then(|number| number.parse().ok()).unwrap_or(u64::MAX)
}

/// A workflow status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Jira's id.
    pub id: String,
    /// Display name; repeats across team-managed projects.
    pub name: String,
    /// Whether the category is `done`.
    pub done: bool,
    /// Whether the category is "in progress". A catalogue that was read before this was asked for does not know.
    #[serde(default)]
    pub under_way: bool,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Jira's id.
    pub id: String,
    /// The key before the hyphen.
    pub key: String,
    /// Display name.
    pub name: String,
}

/// Something with an id and a name: an issue type, a priority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Jira's id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Whether it is a type of sub-tasks.
    #[serde(default)]
    pub subtask: bool,
}

/// What a site offers, as one account sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// All fields.
    pub fields: Vec<Field>,
    /// All statuses.
    pub statuses: Vec<Status>,
    /// All projects.
    pub projects: Vec<Project>,
    /// All issue types.
    pub issue_types: Vec<Named>,
    /// All priorities.
    pub priorities: Vec<Named>,
    /// Names of the functions that a query may call, as `currentUser()`.
    pub functions: Vec<String>,
}
