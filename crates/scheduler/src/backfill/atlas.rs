//! The atlas: which field a word means and what its values are, for queries on the past.

use okrsync_domain::{
    catalogue::{Catalogue, Field},
    history::{FieldChange, FieldValue, IssueHistory, Thing},
};
use okrsync_jql::{
    Clause,
    eval::{FieldDef, Named, Site},
    fields::{Kind, find_system_field, kind_of},
};
use std::collections::{BTreeMap, BTreeSet};

/// Fields whose past Jira does not keep.
const WITHOUT_PAST: [&str; 20] = [
    "attachment",
    "category",
    "comment",
    "filter",
    "hierarchyLevel",
    "issueLinkType",
    "lastViewed",
    "level",
    "projectType",
    "statuscategorychangedate",
    "subtasks",
    "text",
    "voter",
    "votes",
    "watcher",
    "watches",
    "worklogAuthor",
    "worklogComment",
    "worklogDate",
    "workratio",
];

/// What is known of a site.
pub(crate) struct Atlas {
    catalogue: Catalogue,
    /// Categories by status.
    categories: BTreeMap<String, Thing>,
    /// People by id.
    people: BTreeMap<String, Thing>,
    /// Everything else that issues name now, by field and id: things are renamed, and queries call them as they are now.
    present: BTreeMap<(String, String), Thing>,
    /// Issues' present keys by id.
    keys: BTreeMap<String, String>,
}

impl Atlas {
    /// From the catalogue, the categories of the statuses, and everybody who is named in the issues.
    pub(crate) fn new(catalogue: Catalogue, categories: BTreeMap<String, Thing>, issues: &[IssueHistory]) -> Self {
        let mut people = BTreeMap::new();
        let named = issues.iter().flat_map(|issue| issue.changes.iter().filter_map(|change| change.by.as_ref()));
        people.extend(named.map(|thing| (thing.id.clone(), thing.clone())));
        let keys = issues.iter().map(|issue| (issue.id.to_string(), issue.key.0.clone())).collect();
        let mut atlas = Self { catalogue, categories, people, present: BTreeMap::new(), keys };
        for (field, value) in issues.iter().flat_map(|issue| &issue.values) {
            for thing in value.iter().filter_map(as_thing) {
                if ["assignee", "reporter", "creator"].contains(&field.as_str()) {
                    atlas.people.insert(thing.id.clone(), thing.clone());
                }
                let field = if atlas.is_sprint(field) { "sprint" } else { field };
                atlas.present.insert((field.to_owned(), thing.id.clone()), thing.clone());
            }
        }
        atlas
    }

    /// The present name of a value of a field, if any issue has it now.
    pub(crate) fn present_name(&self, field: &str, id: &str) -> Option<&str> {
        let status = || self.catalogue.statuses.iter().find(|status| status.id == id).map(|status| &status.name);
        let known = self.present.get(&(field.to_owned(), id.to_owned())).map(|thing| &thing.name);
        if field == "status" { status().or(known) } else { known }.map(String::as_str)
    }

    /// The present key of an issue.
    pub(crate) fn issue_key(&self, field: &str, id: &str) -> Option<&str> {
        let named = || self.present.get(&(field.to_owned(), id.to_owned()))?.key.as_ref();
        self.keys.get(id).or_else(named).map(String::as_str)
    }

    /// The catalogue.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The category of a status.
    pub(crate) fn category(&self, status: &str) -> Option<&Thing> {
        self.categories.get(status)
    }

    /// Whether a status is a completed one.
    pub(crate) fn is_done(&self, status: &str) -> Option<bool> {
        let known = self.category(status).map(is_done);
        known.or_else(|| self.catalogue.statuses.iter().find(|known| known.id == status).map(|known| known.done))
    }

    /// A person by id.
    pub(crate) fn person(&self, id: &str) -> Option<&Thing> {
        self.people.get(id)
    }

    /// A project's key by id.
    pub(crate) fn project_key(&self, id: &str) -> Option<&str> {
        self.catalogue.projects.iter().find(|project| project.id == id).map(|project| project.key.as_str())
    }

    /// The id under which the matcher knows the field of a change.
    pub(crate) fn changed_field(&self, change: &FieldChange) -> String {
        let name = change.field.as_str();
        let own = change.field_id.as_deref();
        match own.unwrap_or(name) {
            "IssueParentAssociation" | "Parent" | "parent" => "parent".to_owned(),
            "Key" => "issuekey".to_owned(),
            id if self.is_sprint(id) => "sprint".to_owned(),
            id => {
                let custom = self.catalogue.fields.iter().find(|field| field.id.0 == id);
                let custom = custom.or_else(|| self.by_name(id).next());
                match custom {
                    Some(field) if self.is_sprint(&field.id.0) => "sprint".to_owned(),
                    Some(field) if field.custom => field.id.0.clone(),
                    _ => find_system_field(id)
                        .or_else(|| find_system_field(name))
                        .map_or(id, |field| field.id)
                        .to_owned(),
                }
            }
        }
    }

    fn by_name<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        let is = move |text: &str| text.eq_ignore_ascii_case(name);
        self.catalogue
            .fields
            .iter()
            .filter(move |field| is(&field.id.0) || is(&field.name) || field.clause_names.iter().any(|known| is(known)))
    }

    fn is_sprint(&self, id: &str) -> bool {
        self.catalogue.fields.iter().any(|field| field.id.0 == id && kind_of(field) == Kind::Sprint)
    }

    /// What the values of a field are, by the id that the matcher asks for.
    pub(crate) fn kind(&self, id: &str) -> Kind {
        let system = find_system_field(id).filter(|field| field.id == id).map(|field| field.kind);
        let custom = || self.catalogue.fields.iter().find(|field| field.id.0 == id).map(kind_of);
        system.or_else(custom).unwrap_or(Kind::Label)
    }

    /// The fields that a query asks about, as the matcher names them.
    pub(crate) fn asked(&self, clause: &Clause) -> BTreeSet<String> {
        let id = |name: String| match find_system_field(&name) {
            Some(field) => vec![field.id.to_owned()],
            None => self.fields(&name).into_iter().map(|field| field.id).collect(),
        };
        clause.terms().into_iter().flat_map(|term| id(term.field.plain_name())).collect()
    }

    /// Those of them whose past is not kept.
    pub(crate) fn without_past(asked: &BTreeSet<String>) -> Vec<&str> {
        asked.iter().map(String::as_str).filter(|id| WITHOUT_PAST.contains(id)).collect()
    }

    /// The names under which Jira is asked for fields.
    pub(crate) fn wire_fields(&self, asked: &BTreeSet<String>) -> BTreeSet<String> {
        let mut wire: BTreeSet<String> = ["created", "creator", "status"].map(str::to_owned).into();
        for id in asked {
            match id.as_str() {
                "issuekey" | "statusCategory" => {}
                "sprint" => {
                    let sprints = self.catalogue.fields.iter().filter(|field| kind_of(field) == Kind::Sprint);
                    wire.extend(sprints.map(|field| field.id.0.clone()));
                }
                "resolutiondate" => wire.extend(["resolution", "resolutiondate"].map(str::to_owned)),
                other => {
                    wire.insert(other.to_owned());
                }
            }
        }
        wire
    }
}

fn as_thing(value: &FieldValue) -> Option<&Thing> {
    match value {
        FieldValue::Thing(thing) => Some(thing),
        _ => None,
    }
}

/// Whether a category is `done`: by its key; very old servers tell only the id.
pub(crate) fn is_done(category: &Thing) -> bool {
    category.key.as_deref().map_or(category.id == "3", |key| key == "done")
}

impl Site for Atlas {
    fn fields(&self, name: &str) -> Vec<FieldDef> {
        let custom = self.by_name(name).filter(|field| field.custom);
        let mut found: Vec<FieldDef> = custom
            .map(|field| match kind_of(field) {
                Kind::Sprint => FieldDef { id: "sprint".to_owned(), kind: Kind::Sprint },
                kind => FieldDef { id: field.id.0.clone(), kind },
            })
            .collect();
        if found.is_empty() && name.eq_ignore_ascii_case("Epic Link") {
            // Cloud folded the epic link into the parent; old queries go on working
            found.push(FieldDef { id: "parent".to_owned(), kind: Kind::Issue });
        }
        found
    }
    fn ranked(&self, field: &str) -> Vec<Named<'_>> {
        // Jira lists the most urgent first
        let ranked = self.catalogue.priorities.iter().rev().filter(|_| field == "priority");
        ranked.map(|priority| Named::plain(priority.id.as_str(), priority.name.as_str())).collect()
    }

    fn call(&self, function: &str, _: &[String]) -> Option<Vec<String>> {
        let subtasks = match function.to_ascii_lowercase().as_str() {
            "standardissuetypes" => false,
            "subtaskissuetypes" => true,
            _ => return None,
        };
        let types = self.catalogue.issue_types.iter().filter(|known| known.subtask == subtasks);
        Some(types.map(|known| known.id.clone()).collect())
    }
}
