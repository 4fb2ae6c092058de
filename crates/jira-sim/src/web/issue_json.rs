//! Issues as JSON: only what was asked for, numbers by their own text.

use chrono_tz::Tz;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::catalogue_json as shape;
use super::changelog_json::{self, Histories};
use super::selection::{Selection, Shown};
use super::worklog_json;
use crate::catalogue::Catalogue;
use crate::clock::Instant;
use crate::field::FieldKind;
use crate::issue::{IssueId, IssueState, IssueView};
use crate::options::Dialect;
use crate::site::Site;

/// What all issues of an answer have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    pub(crate) site: &'a Site,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) selection: &'a Selection,
    pub(crate) base_url: &'a str,
    pub(crate) dialect: Dialect,
    pub(crate) zone: Tz,
    pub(crate) histories: Histories,
}

/// One issue of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IssueJson<'a> {
    pub(crate) page: Page<'a>,
    pub(crate) view: IssueView<'a>,
}

impl Page<'_> {
    /// Where the REST interface of this dialect is.
    pub(crate) fn rest(&self) -> String {
        let version = if self.dialect == Dialect::Cloud { 3 } else { 2 };
        format!("{}/rest/api/{version}", self.base_url)
    }
}

/// A time as Jira writes it: milliseconds, and an offset without a colon.
pub(crate) fn timestamp(at: Instant, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string()
}

impl Serialize for IssueJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (page, view) = (&self.page, &self.view);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &view.issue.id.to_string())?;
        if page.selection.key {
            map.serialize_entry("key", &*view.state.key)?;
            map.serialize_entry("self", &format!("{}/issue/{}", page.rest(), view.issue.id))?;
        }
        if !page.selection.bare {
            map.serialize_entry("fields", &Fields(self))?;
        }
        if let Some(log) = changelog_json::expanded(self) {
            map.serialize_entry("changelog", &log)?;
        }
        map.end()
    }
}

struct Fields<'a>(&'a IssueJson<'a>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for shown in &self.0.page.selection.fields {
            self.0.field(&mut map, shown)?;
        }
        map.end()
    }
}

impl IssueJson<'_> {
    fn field<M: SerializeMap>(&self, map: &mut M, shown: &Shown) -> Result<(), M::Error> {
        use FieldKind as K;
        let (state, catalogue) = (self.view.state, self.page.catalogue);
        let id = shown.id.as_str();
        match shown.kind {
            K::Number => map.serialize_entry(id, &state.numbers.get(id)),
            K::Summary => map.serialize_entry(id, &*state.summary),
            K::Status => map.serialize_entry(id, &shape::status_of(&self.page, state.status)),
            K::Updated => map.serialize_entry(id, &timestamp(state.updated, self.page.zone)),
            K::Created => map.serialize_entry(id, &timestamp(self.view.issue.created, self.page.zone)),
            K::ResolutionDate => map.serialize_entry(id, &state.resolved.map(|at| timestamp(at, self.page.zone))),
            K::DueDate => map.serialize_entry(id, &state.due),
            K::Labels => map.serialize_entry(id, &state.labels.iter().map(|label| &**label).collect::<Vec<_>>()),
            K::Description => map.serialize_entry(id, &self.description()),
            K::Project => {
                map.serialize_entry(id, &catalogue.project(state.project).map(|p| shape::project(&self.page, p)))
            }
            K::IssueType => map
                .serialize_entry(id, &catalogue.issue_type(state.issue_type).map(|t| shape::issue_type(&self.page, t))),
            K::Assignee => map.serialize_entry(id, &self.person(state.assignee.as_deref())),
            K::Reporter => map.serialize_entry(id, &self.person(Some(&state.reporter))),
            K::Creator => map.serialize_entry(id, &self.person(Some(&self.view.issue.creator))),
            K::EpicLink => map.serialize_entry(id, &state.epic.and_then(|epic| self.key_of(epic))),
            _ => match self.composite(shown.kind, state) {
                Some(value) => map.serialize_entry(id, &value),
                None => Ok(()),
            },
        }
    }

    /// Fields that are lists or small objects. None: the field is left out, as Jira leaves out a missing parent.
    fn composite(&self, kind: FieldKind, state: &IssueState) -> Option<Value> {
        use FieldKind as K;
        let catalogue = self.page.catalogue;
        Some(match kind {
            K::Priority => shape::choice(&self.page, "priority", &catalogue.priorities, state.priority),
            K::Resolution => shape::choice(&self.page, "resolution", &catalogue.resolutions, state.resolution),
            K::Components => shape::choices(&self.page, "component", &catalogue.components, &state.components),
            K::FixVersions => shape::versions(&self.page, &state.fix_versions),
            K::AffectedVersions => json!([]),
            K::Sprint => shape::sprints(catalogue, &state.sprints, self.page.dialect),
            K::Parent => return state.parent.and_then(|parent| self.relative(parent)),
            K::Subtasks => {
                let subtasks = self.page.site.children(self.view.issue.id).filter_map(|id| self.relative(id));
                Value::Array(subtasks.filter(|child| child["fields"]["issuetype"]["subtask"] == true).collect())
            }
            K::Worklog => worklog_json::embedded(self),
            _ => worklog_json::time_field(self, kind)?,
        })
    }

    /// Cloud's version 3 writes rich text as a document, Data Center as a string.
    fn description(&self) -> Value {
        match (&self.view.state.description, self.page.dialect) {
            (None, _) => Value::Null,
            (Some(text), Dialect::Cloud) => shape::document(text),
            (Some(text), Dialect::DataCenter) => json!(**text),
        }
    }

    fn person(&self, id: Option<&str>) -> Option<Value> {
        let user = self.page.catalogue.user(id?)?;
        Some(shape::user(&self.page, user))
    }

    fn key_of(&self, id: IssueId) -> Option<String> {
        self.page.site.view(id).map(|view| view.state.key.to_string())
    }

    /// A parent or sub-task in short.
    fn relative(&self, id: IssueId) -> Option<Value> {
        let view = self.page.site.view(id)?;
        let issue_type = self.page.catalogue.issue_type(view.state.issue_type)?;
        Some(json!({
            "id": id.to_string(), "key": *view.state.key, "self": format!("{}/issue/{id}", self.page.rest()),
            "fields": {
                "summary": *view.state.summary,
                "status": shape::status_of(&self.page, view.state.status),
                "issuetype": shape::issue_type(&self.page, issue_type),
            },
        }))
    }
}
