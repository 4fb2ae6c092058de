//! Fields of a site: what `/field` lists, what issues show and what JQL can ask for.

use crate::catalogue::ProjectId;
use crate::options::Dialect;

/// What a field holds; decides how it is shown and matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FieldKind {
    IssueKey,
    Summary,
    Description,
    Project,
    IssueType,
    Status,
    Priority,
    Resolution,
    ResolutionDate,
    Assignee,
    Reporter,
    Creator,
    Labels,
    Components,
    FixVersions,
    AffectedVersions,
    Parent,
    Subtasks,
    Created,
    Updated,
    DueDate,
    TimeSpent,
    OriginalEstimate,
    RemainingEstimate,
    AggregateTimeSpent,
    AggregateOriginalEstimate,
    AggregateRemainingEstimate,
    Progress,
    AggregateProgress,
    WorkRatio,
    TimeTracking,
    Worklog,
    Number,
    EpicLink,
    Sprint,
}

impl FieldKind {
    /// Whether the field exists only while time tracking is on.
    pub(crate) fn is_time(self) -> bool {
        use FieldKind as K;
        matches!(
            self,
            K::TimeSpent
                | K::OriginalEstimate
                | K::RemainingEstimate
                | K::AggregateTimeSpent
                | K::AggregateOriginalEstimate
                | K::AggregateRemainingEstimate
                | K::Progress
                | K::AggregateProgress
                | K::WorkRatio
                | K::TimeTracking
                | K::Worklog
        )
    }
}

/// The type key of Jira's plain number field.
pub(crate) const FLOAT: &str = "com.atlassian.jira.plugin.system.customfieldtypes:float";
/// The type key of the newer story point field.
pub(crate) const JSW_STORY_POINTS: &str = "com.pyxis.greenhopper.jira:jsw-story-points";
/// The type key of the epic link.
pub(crate) const EPIC_LINK: &str = "com.pyxis.greenhopper.jira:gh-epic-link";
/// The type key of the sprint field.
pub(crate) const SPRINT: &str = "com.pyxis.greenhopper.jira:gh-sprint";

/// A field as the site defines it.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// `summary` or `customfield_10016`.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    /// `schema.type`; None for fields without a schema.
    pub(crate) schema_type: Option<&'static str>,
    /// `schema.items`.
    pub(crate) items: Option<&'static str>,
    /// `schema.custom` of custom fields.
    pub(crate) custom_type: Option<String>,
    /// Names that JQL knows, the safe `cf[…]` first.
    pub(crate) clause_names: Vec<String>,
    /// Shown by `*navigable`.
    pub(crate) navigable: bool,
    /// Team-managed scope.
    pub(crate) scope: Option<ProjectId>,
    /// Switched off by a test: neither listed nor shown nor searchable.
    pub(crate) hidden: bool,
}

impl Field {
    /// The number in `customfield_10016`.
    pub(crate) fn custom_id(&self) -> Option<u32> {
        self.id.strip_prefix("customfield_")?.parse().ok()
    }

    /// Whether JQL means this field by that name.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.clause_names.iter().any(|known| known.eq_ignore_ascii_case(name))
            || self.name.eq_ignore_ascii_case(name)
            || self.id.eq_ignore_ascii_case(name)
    }

    /// A number field that users made.
    pub(crate) fn number(number: u32, name: &str, custom_type: &str) -> Self {
        let clause_names =
            vec![format!("cf[{number}]"), name.to_owned(), format!("{name}[Number]"), format!("customfield_{number}")];
        Self::custom(number, name, FieldKind::Number, "number", custom_type, clause_names)
    }

    /// A field of Jira Software with its own type.
    pub(crate) fn software(number: u32, name: &str, kind: FieldKind, custom_type: &str) -> Self {
        let schema_type = if kind == FieldKind::Sprint { "array" } else { "any" };
        let clause_names = vec![format!("cf[{number}]"), name.to_owned()];
        Self::custom(number, name, kind, schema_type, custom_type, clause_names)
    }

    fn custom(
        number: u32,
        name: &str,
        kind: FieldKind,
        schema_type: &'static str,
        custom_type: &str,
        clause_names: Vec<String>,
    ) -> Self {
        Self {
            id: format!("customfield_{number}"),
            name: name.to_owned(),
            kind,
            schema_type: Some(schema_type),
            items: (kind == FieldKind::Sprint).then_some("json"),
            custom_type: Some(custom_type.to_owned()),
            clause_names,
            navigable: true,
            scope: None,
            hidden: false,
        }
    }
}

/// Id, name, kind, `schema.type`, `schema.items` and JQL names (separated by `|`) of the system fields.
type Row = (&'static str, &'static str, FieldKind, Option<&'static str>, Option<&'static str>, &'static str);

const SYSTEM: &[Row] = &[
    ("issuekey", "Key", FieldKind::IssueKey, None, None, "id|issue|issuekey|key"),
    ("summary", "Summary", FieldKind::Summary, Some("string"), None, "summary"),
    ("description", "Description", FieldKind::Description, Some("string"), None, "description"),
    ("project", "Project", FieldKind::Project, Some("project"), None, "project"),
    ("issuetype", "Issue Type", FieldKind::IssueType, Some("issuetype"), None, "issuetype|type"),
    ("status", "Status", FieldKind::Status, Some("status"), None, "status"),
    ("priority", "Priority", FieldKind::Priority, Some("priority"), None, "priority"),
    ("resolution", "Resolution", FieldKind::Resolution, Some("resolution"), None, "resolution"),
    ("resolutiondate", "Resolved", FieldKind::ResolutionDate, Some("datetime"), None, "resolutiondate|resolved"),
    ("assignee", "Assignee", FieldKind::Assignee, Some("user"), None, "assignee"),
    ("reporter", "Reporter", FieldKind::Reporter, Some("user"), None, "reporter"),
    ("creator", "Creator", FieldKind::Creator, Some("user"), None, "creator"),
    ("labels", "Labels", FieldKind::Labels, Some("array"), Some("string"), "labels"),
    ("components", "Components", FieldKind::Components, Some("array"), Some("component"), "component"),
    ("fixVersions", "Fix versions", FieldKind::FixVersions, Some("array"), Some("version"), "fixVersion"),
    ("versions", "Affects versions", FieldKind::AffectedVersions, Some("array"), Some("version"), "affectedVersion"),
    ("parent", "Parent", FieldKind::Parent, None, None, "parent"),
    ("subtasks", "Sub-tasks", FieldKind::Subtasks, Some("array"), Some("issuelinks"), "subtasks"),
    ("created", "Created", FieldKind::Created, Some("datetime"), None, "created|createdDate"),
    ("updated", "Updated", FieldKind::Updated, Some("datetime"), None, "updated|updatedDate"),
    ("duedate", "Due date", FieldKind::DueDate, Some("date"), None, "due|duedate"),
    ("timespent", "Time Spent", FieldKind::TimeSpent, Some("number"), None, "timespent"),
    (
        "timeoriginalestimate",
        "Original estimate",
        FieldKind::OriginalEstimate,
        Some("number"),
        None,
        "originalEstimate|timeoriginalestimate",
    ),
    (
        "timeestimate",
        "Remaining Estimate",
        FieldKind::RemainingEstimate,
        Some("number"),
        None,
        "remainingEstimate|timeestimate",
    ),
    ("aggregatetimespent", "Σ Time Spent", FieldKind::AggregateTimeSpent, Some("number"), None, ""),
    (
        "aggregatetimeoriginalestimate",
        "Σ Original Estimate",
        FieldKind::AggregateOriginalEstimate,
        Some("number"),
        None,
        "",
    ),
    ("aggregatetimeestimate", "Σ Remaining Estimate", FieldKind::AggregateRemainingEstimate, Some("number"), None, ""),
    ("progress", "Progress", FieldKind::Progress, Some("progress"), None, "progress"),
    ("aggregateprogress", "Σ Progress", FieldKind::AggregateProgress, Some("progress"), None, ""),
    ("workratio", "Work Ratio", FieldKind::WorkRatio, Some("number"), None, "workratio"),
    ("timetracking", "Time tracking", FieldKind::TimeTracking, Some("timetracking"), None, ""),
    ("worklog", "Log Work", FieldKind::Worklog, Some("array"), Some("worklog"), ""),
];

/// The fields that every site of this kind is born with.
pub(crate) fn standard(dialect: Dialect, time_tracking: bool) -> Vec<Field> {
    let mut fields: Vec<Field> =
        SYSTEM.iter().filter(|row| time_tracking || !row.2.is_time()).map(|row| system(*row)).collect();
    match dialect {
        Dialect::Cloud => {
            fields.push(Field::number(10016, "Story point estimate", JSW_STORY_POINTS));
            fields.push(Field::software(10020, "Sprint", FieldKind::Sprint, SPRINT));
            fields.push(Field::number(10187, "Story Points", FLOAT));
        }
        Dialect::DataCenter => {
            fields.push(Field::software(10005, "Sprint", FieldKind::Sprint, SPRINT));
            fields.push(Field::number(10006, "Story Points", FLOAT));
            fields.push(Field::software(10008, "Epic Link", FieldKind::EpicLink, EPIC_LINK));
        }
    }
    fields
}

fn system((id, name, kind, schema_type, items, clauses): Row) -> Field {
    let hidden_from_lists = matches!(kind, FieldKind::Description | FieldKind::Worklog | FieldKind::TimeTracking);
    Field {
        id: id.to_owned(),
        name: name.to_owned(),
        kind,
        schema_type,
        items,
        custom_type: None,
        clause_names: clauses.split('|').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        navigable: !hidden_from_lists,
        scope: None,
        hidden: false,
    }
}
