//! The fields that every Jira has: their names, synonyms and kinds.

use okrsync_domain::catalogue;
use std::{collections::HashMap, sync::LazyLock};

/// What the values of a field are, which decides the operators it takes and how literals are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Prose, searched by words with `~`.
    Text,
    /// Exact text, such as a label.
    Label,
    /// A decimal.
    Number,
    /// Working time; literals such as `2h` or `1d 4h`.
    Duration,
    /// A day without a time.
    Day,
    /// A point in time.
    Instant,
    /// Something with an id and a name: status, priority, project, component.
    Named,
    /// A person.
    User,
    /// An issue.
    Issue,
    /// A version of a project.
    Version,
    /// A sprint.
    Sprint,
}

/// A field that every Jira has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemField {
    /// Jira's id, under which an [`crate::eval::Item`] is asked for values.
    pub id: &'static str,
    /// How people write it.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Other names, in lower case; the id and the name are always names too.
    synonyms: &'static [&'static str],
}

/// The system field of that name, in any case of letters.
///
/// ```
/// use okrsync_jql::fields::find_system_field;
/// assert_eq!(find_system_field("fixVersion").unwrap().id, "fixVersions");
/// assert_eq!(find_system_field("KEY").unwrap().id, "issuekey");
/// assert!(find_system_field("Story Points").is_none());
/// ```
pub fn find_system_field(name: &str) -> Option<&'static SystemField> {
    static BY_NAME: LazyLock<HashMap<String, &'static SystemField>> = LazyLock::new(|| {
        let names = |field: &SystemField| [field.id, field.name].into_iter().chain(field.synonyms.iter().copied());
        SYSTEM_FIELDS.iter().flat_map(|field| names(field).map(move |name| (name.to_lowercase(), field))).collect()
    });
    BY_NAME.get(&name.to_lowercase()).copied()
}

/// What the values of a field of a site are, from its type.
///
/// ```
/// use okrsync_domain::{catalogue::Field, issue::FieldId};
/// use okrsync_jql::fields::{Kind, kind_of};
/// let field = Field {
///     id: FieldId::new("customfield_10014"), name: "Epic Link".into(), custom: true, clause_names: vec![],
///     schema_type: Some("any".into()), custom_type: Some("com.pyxis.greenhopper.jira:gh-epic-link".into()),
/// };
/// assert_eq!(kind_of(&field), Kind::Issue);
/// ```
pub fn kind_of(field: &catalogue::Field) -> Kind {
    if let Some(system) = find_system_field(&field.id.0).filter(|_| !field.custom) {
        return system.kind;
    }
    let custom = field.custom_type.as_deref().and_then(|key| key.rsplit(':').next());
    match (field.schema_type.as_deref(), custom) {
        (_, Some("gh-epic-link" | "jpo-custom-field-parent")) => Kind::Issue,
        (_, Some("gh-sprint")) => Kind::Sprint,
        (_, Some("textarea" | "textfield")) => Kind::Text,
        (_, Some("multiversion" | "version")) | (Some("version"), _) => Kind::Version,
        (_, Some("userpicker" | "multiuserpicker" | "people")) | (Some("user"), _) => Kind::User,
        (Some("number"), _) => Kind::Number,
        (Some("date"), _) => Kind::Day,
        (Some("datetime"), _) => Kind::Instant,
        _ => Kind::Label,
    }
}

/// All system fields.
pub fn system_fields() -> &'static [SystemField] {
    &SYSTEM_FIELDS
}

/// Whether a product on top of Jira brings this field, so that it may be missing from a site's list of fields.
pub(crate) fn is_product_field(name: &str) -> bool {
    const BROUGHT: [&str; 14] = [
        "approvals",
        "organizations",
        "request type",
        "customer request type",
        "request-type",
        "request-channel-type",
        "request-last-activity-time",
        "development",
        "deployment",
        "issue.property",
        "epic link",
        "parent link",
        "rank",
        "subtask",
    ];
    BROUGHT.iter().any(|brought| brought.eq_ignore_ascii_case(name))
}

const fn field(id: &'static str, name: &'static str, kind: Kind, synonyms: &'static [&'static str]) -> SystemField {
    SystemField { id, name, kind, synonyms }
}

static SYSTEM_FIELDS: [SystemField; 46] = [
    field("issuekey", "issuekey", Kind::Issue, &["key", "id", "issue"]),
    field("project", "project", Kind::Named, &[]),
    field("projectType", "projectType", Kind::Named, &[]),
    field("category", "category", Kind::Named, &[]),
    field("issuetype", "issuetype", Kind::Named, &["type", "issue type"]),
    field("status", "status", Kind::Named, &[]),
    field("statusCategory", "statusCategory", Kind::Named, &["status category"]),
    field("statuscategorychangedate", "statusCategoryChangedDate", Kind::Instant, &["status category changed"]),
    field("priority", "priority", Kind::Named, &[]),
    field("resolution", "resolution", Kind::Named, &[]),
    field("level", "level", Kind::Named, &["security level"]),
    field("components", "component", Kind::Named, &[]),
    field("labels", "labels", Kind::Label, &[]),
    field("fixVersions", "fixVersion", Kind::Version, &["fix version", "fix versions"]),
    field("versions", "affectedVersion", Kind::Version, &["affectedversions", "affects version", "affects versions"]),
    field("sprint", "sprint", Kind::Sprint, &[]),
    field("parent", "parent", Kind::Issue, &[]),
    field("subtasks", "subtasks", Kind::Issue, &[]),
    field("hierarchyLevel", "hierarchyLevel", Kind::Number, &[]),
    field("assignee", "assignee", Kind::User, &[]),
    field("reporter", "reporter", Kind::User, &[]),
    field("creator", "creator", Kind::User, &[]),
    field("voter", "voter", Kind::User, &[]),
    field("watcher", "watcher", Kind::User, &[]),
    field("worklogAuthor", "worklogAuthor", Kind::User, &[]),
    field("summary", "summary", Kind::Text, &[]),
    field("description", "description", Kind::Text, &[]),
    field("environment", "environment", Kind::Text, &[]),
    field("comment", "comment", Kind::Text, &[]),
    field("worklogComment", "worklogComment", Kind::Text, &[]),
    field("text", "text", Kind::Text, &["textfields"]),
    field("created", "created", Kind::Instant, &["createddate"]),
    field("updated", "updated", Kind::Instant, &["updateddate"]),
    field("resolutiondate", "resolved", Kind::Instant, &[]),
    field("lastViewed", "lastViewed", Kind::Instant, &[]),
    field("duedate", "due", Kind::Day, &["due date"]),
    field("worklogDate", "worklogDate", Kind::Day, &[]),
    field("timespent", "timeSpent", Kind::Duration, &["time spent"]),
    field("timeoriginalestimate", "originalEstimate", Kind::Duration, &["original estimate"]),
    field("timeestimate", "remainingEstimate", Kind::Duration, &["remaining estimate"]),
    field("workratio", "workRatio", Kind::Number, &["work ratio"]),
    field("votes", "votes", Kind::Number, &[]),
    field("watches", "watchers", Kind::Number, &[]),
    field("attachment", "attachments", Kind::Label, &[]),
    field("issueLinkType", "issueLinkType", Kind::Label, &["issuelink"]),
    field("filter", "filter", Kind::Named, &["request", "savedfilter", "searchrequest"]),
];
