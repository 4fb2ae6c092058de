//! Changing the plain fields of issues: versions, components, priority, type, reporter, due date, summary.

use chrono::NaiveDate;

use super::{IssueEdit, system};
use crate::catalogue::{self, User};
use crate::error::SimError;
use crate::issue::{ChangeItem, Side};

/// A change of a set, of which Jira writes down only what came or went.
fn member(field: &str, field_id: &str, known: &Side, come: bool) -> ChangeItem {
    let (from, to) = if come { (Side::default(), known.clone()) } else { (known.clone(), Side::default()) };
    ChangeItem { field: field.to_owned(), custom: false, field_id: Some(field_id.to_owned()), from, to }
}

impl IssueEdit<'_> {
    /// Adds a fix version by id.
    pub fn fix_version(self, version: u32) -> Result<Self, SimError> {
        self.version(version, true)
    }

    /// Takes a fix version away by id.
    pub fn fix_version_remove(self, version: u32) -> Result<Self, SimError> {
        self.version(version, false)
    }

    /// Adds a component by name.
    pub fn component_add(self, name: &str) -> Result<Self, SimError> {
        self.component(name, true)
    }

    /// Takes a component away by name.
    pub fn component_remove(self, name: &str) -> Result<Self, SimError> {
        self.component(name, false)
    }

    /// Sets the priority by name.
    pub fn priority(self, name: &str) -> Result<Self, SimError> {
        self.apply(|state, catalogue| {
            let next = catalogue::choice(&catalogue.priorities, "priority", name)?;
            let was = catalogue.priorities.iter().find(|p| Some(p.id) == state.priority);
            let from = was.map_or(Side::default(), |p| Side::named(&p.id, &p.name));
            state.priority = Some(next.id);
            Ok(vec![system("priority", from, Side::named(&next.id, &next.name))])
        })
    }

    /// Sets the type by name.
    pub fn issue_type(self, name: &str) -> Result<Self, SimError> {
        self.apply(|state, catalogue| {
            let next = catalogue.type_named(name)?;
            let was = catalogue.issue_type(state.issue_type);
            let from = was.map_or(Side::default(), |known| Side::named(&known.id, &known.name));
            state.issue_type = next.id;
            Ok(vec![system("issuetype", from, Side::named(&next.id, &next.name))])
        })
    }

    /// Sets the reporter.
    pub fn reporter(self, user: &User) -> Result<Self, SimError> {
        self.apply(|state, catalogue| {
            let side = |id: &str| catalogue.user(id).map_or(Side::default(), |u| Side::named(&u.id, &u.display_name));
            let item = system("reporter", side(&state.reporter), side(&user.id));
            state.reporter = user.id.as_str().into();
            Ok(vec![item])
        })
    }

    /// Sets or clears the due date.
    pub fn due(self, day: Option<NaiveDate>) -> Result<Self, SimError> {
        self.apply(|state, _| {
            // people read it with a time of day, as Jira writes it
            let side = |day: Option<NaiveDate>| {
                day.map_or(Side::default(), |day| Side::named(&day, &format!("{day} 00:00:00.0")))
            };
            let item = system("duedate", side(state.due), side(day));
            state.due = day;
            Ok(vec![item])
        })
    }

    /// Sets the summary.
    pub fn summary(self, text: &str) -> Result<Self, SimError> {
        self.apply(|state, _| {
            let from = Side::plain(Some(state.summary.to_string()));
            state.summary = text.into();
            Ok(vec![system("summary", from, Side::plain(Some(text.to_owned())))])
        })
    }

    fn version(self, version: u32, come: bool) -> Result<Self, SimError> {
        self.apply(|state, catalogue| {
            let known = catalogue.versions.iter().find(|known| known.id == version);
            let known = known.ok_or_else(|| SimError::unknown("version", &version))?;
            let changed = in_set(&mut state.fix_versions, version, come);
            let item = member("Fix Version", "fixVersions", &Side::named(&known.id, &known.name), come);
            Ok(changed.then_some(item).into_iter().collect())
        })
    }

    fn component(self, name: &str, come: bool) -> Result<Self, SimError> {
        self.apply(|state, catalogue| {
            let known = catalogue::choice(&catalogue.components, "component", name)?;
            let changed = in_set(&mut state.components, known.id, come);
            let item = member("Component", "components", &Side::named(&known.id, &known.name), come);
            Ok(changed.then_some(item).into_iter().collect())
        })
    }
}

/// Puts an id into a set or takes it out; whether that changed anything.
fn in_set(set: &mut Vec<u32>, id: u32, come: bool) -> bool {
    let was = set.contains(&id);
    match (was, come) {
        (false, true) => set.push(id),
        (true, false) => set.retain(|known| *known != id),
        _ => {}
    }
    was != come
}
