//! Changing issues: each call is one act of one person at one instant, with its changelog entry.

mod fields;

use std::sync::Arc;

use crate::catalogue::{Catalogue, Category, User};
use crate::clock::Instant;
use crate::error::SimError;
use crate::issue::{AsOf, ChangeItem, IssueId, IssueState, Side, Worklog};
use crate::number::Number;
use crate::options::Dialect;
use crate::sim::JiraSim;
use crate::site::Act;
use crate::sync::{read, write};
use crate::webhooks::Happened;

/// An issue under someone's hands. Every method acts at once and hands the edit back, so that acts can follow:
/// `sim.edit(id)?.transition("Done")?.points("8")?`.
#[derive(Clone, Debug)]
pub struct IssueEdit<'a> {
    sim: &'a JiraSim,
    id: IssueId,
    at: Option<Instant>,
    author: Arc<str>,
    imported: bool,
}

impl JiraSim {
    /// Begins to edit an issue, as the site's account and now.
    pub fn edit(&self, id: IssueId) -> Result<IssueEdit<'_>, SimError> {
        let known = read(&self.shared.site).view(id).is_some();
        let edit = IssueEdit { sim: self, id, at: None, author: self.account().id.as_str().into(), imported: false };
        if known { Ok(edit) } else { Err(SimError::unknown("issue", &id)) }
    }
}

impl IssueEdit<'_> {
    /// The acts that follow happen at this instant (in the order of the calls).
    #[must_use]
    pub fn at(mut self, instant: Instant) -> Self {
        self.at = Some(instant);
        self
    }

    /// The acts that follow are this user's.
    #[must_use]
    pub fn by(mut self, user: &User) -> Self {
        self.author = user.id.as_str().into();
        self
    }

    /// The acts that follow leave nothing in the changelog, as when an issue is imported with its worklogs.
    #[must_use]
    pub fn imported(mut self) -> Self {
        self.imported = true;
        self
    }

    /// Moves to a status by name. Entering a done status sets the resolution, leaving it clears it.
    pub fn transition(self, status: &str) -> Result<Self, SimError> {
        let at = self.instant();
        self.apply(|state, catalogue| {
            let next = catalogue.status_named(status)?;
            let was = catalogue.status(state.status).map_or(Side::default(), |s| Side::named(&s.id, &s.name));
            let mut items = vec![system("status", was, Side::named(&next.id, &next.name))];
            let (was_done, is_done) =
                (catalogue.category(state.status) == Category::Done, next.category == Category::Done);
            state.status = next.id;
            if was_done != is_done {
                items.extend(resolve(state, catalogue, is_done.then_some(at)));
            }
            Ok(items)
        })
    }

    /// Takes the resolution away and leaves the status, as workflows do that forget to set one.
    pub fn unresolve(self) -> Result<Self, SimError> {
        self.apply(|state, catalogue| Ok(resolve(state, catalogue, None).into_iter().collect()))
    }

    /// Sets the story points, in the field that the project uses.
    pub fn points(self, text: &str) -> Result<Self, SimError> {
        let team_managed = {
            let site = read(&self.sim.shared.site);
            let project = site.view(self.id).map(|view| view.state.project);
            project.and_then(|id| site.catalogue().project(id)).is_some_and(|project| project.team_managed)
        };
        let field = if team_managed { self.sim.estimate_field() } else { self.sim.points_field() };
        self.number(field, Some(text))
    }

    /// Sets or empties a number field by id; the text goes out as it is.
    pub fn number(self, field: &str, text: Option<&str>) -> Result<Self, SimError> {
        let next = text.map(Number::new).transpose()?;
        self.apply(|state, catalogue| {
            let known = catalogue.field(field).ok_or_else(|| SimError::unknown("field", field))?;
            let was = state.numbers.remove(field).map(|number| number.text().to_owned());
            if let Some(next) = next {
                state.numbers.insert(field.into(), next);
            }
            let (from, to) = (Side::plain(was), Side::plain(text.map(str::to_owned)));
            Ok(vec![ChangeItem { field: known.name.clone(), custom: true, field_id: Some(known.id.clone()), from, to }])
        })
    }

    /// Sets or empties the original estimate, in seconds; the remaining estimate follows.
    pub fn estimate(self, seconds: Option<i64>) -> Result<Self, SimError> {
        self.apply(|state, _| {
            let original = number_item("timeoriginalestimate", state.original_estimate, seconds);
            let remaining = number_item("timeestimate", state.remaining_estimate, seconds);
            (state.original_estimate, state.remaining_estimate) = (seconds, seconds);
            Ok(vec![original, remaining])
        })
    }

    /// Sets or empties the remaining estimate, in seconds.
    pub fn remaining(self, seconds: Option<i64>) -> Result<Self, SimError> {
        self.apply(|state, _| {
            let item = number_item("timeestimate", state.remaining_estimate, seconds);
            state.remaining_estimate = seconds;
            Ok(vec![item])
        })
    }

    /// Logs work, in seconds: adds to the time spent and takes it from the remaining estimate.
    pub fn log_work(self, seconds: i64) -> Result<Self, SimError> {
        let worklog = write(&self.sim.shared.site).take_id();
        let (at, author) = (self.instant(), self.author.clone());
        let edit = self.apply(|state, _| {
            let spent = Some(state.time_spent.unwrap_or(0) + seconds);
            let left = state.remaining_estimate.map(|left| (left - seconds).max(0));
            let items = vec![
                number_item("timeestimate", state.remaining_estimate, left),
                number_item("timespent", state.time_spent, spent),
                system("WorklogId", Side::default(), Side::named(&worklog, &worklog)),
            ];
            (state.time_spent, state.remaining_estimate) = (spent, left);
            Ok(items)
        })?;
        let mut site = write(&edit.sim.shared.site);
        if let Some(issue) = site.issue_mut(edit.id) {
            let revision = issue.versions.last().map_or(0, |version| version.revision);
            issue.worklogs.push(Worklog { id: worklog, author, started: at, created: at, revision, seconds });
        }
        drop(site);
        Ok(edit)
    }

    /// Adds a label.
    pub fn label_add(self, label: &str) -> Result<Self, SimError> {
        self.labels(|labels| labels.push(label.into()))
    }

    /// Takes a label away.
    pub fn label_remove(self, label: &str) -> Result<Self, SimError> {
        self.labels(|labels| labels.retain(|known| &**known != label))
    }

    /// Assigns to a user, or to nobody.
    pub fn assign(self, user: Option<&User>) -> Result<Self, SimError> {
        self.apply(|state, catalogue| {
            let side = |id: Option<&str>| {
                let user = id.and_then(|id| catalogue.user(id));
                user.map_or(Side::default(), |user| Side::named(&user.id, &user.display_name))
            };
            let items = vec![system("assignee", side(state.assignee.as_deref()), side(user.map(|u| u.id.as_str())))];
            state.assignee = user.map(|user| user.id.as_str().into());
            Ok(items)
        })
    }

    /// Sets or clears the parent.
    pub fn parent(self, parent: Option<IssueId>) -> Result<Self, SimError> {
        let (sim, id) = (self.sim, self.id);
        let side = |of: Option<IssueId>| side_of_issue(sim, of);
        let was = read(&sim.shared.site).view(id).and_then(|view| view.state.parent);
        let (from, to) = (side(was)?, side(parent)?);
        self.apply(|state, _| {
            state.parent = parent;
            // Jira writes this entry without a field id
            Ok(vec![ChangeItem { field: "IssueParentAssociation".into(), custom: false, field_id: None, from, to }])
        })
    }

    /// Sets or clears the epic: the parent on Cloud, the epic link on Data Center.
    pub fn epic(self, epic: Option<IssueId>) -> Result<Self, SimError> {
        if self.sim.dialect() == Dialect::Cloud {
            return self.parent(epic);
        }
        let (sim, id) = (self.sim, self.id);
        let was = read(&sim.shared.site).view(id).and_then(|view| view.state.epic);
        let (from, to) = (side_of_issue(sim, was)?, side_of_issue(sim, epic)?);
        self.apply(|state, _| {
            state.epic = epic;
            Ok(vec![ChangeItem { field: "Epic Link".into(), custom: true, field_id: None, from, to }])
        })
    }

    /// Puts into a sprint (after those it was in), or takes out of all.
    pub fn sprint(self, sprint: Option<u32>) -> Result<Self, SimError> {
        self.apply(|state, catalogue| {
            let from = sprints(catalogue, &state.sprints);
            match sprint {
                Some(id) => state.sprints.push(id),
                None => state.sprints.clear(),
            }
            let to = sprints(catalogue, &state.sprints);
            Ok(vec![ChangeItem { field: "Sprint".into(), custom: true, field_id: None, from, to }])
        })
    }

    /// Moves to another project: same id, new key; the old key goes on resolving.
    pub fn move_to(self, project: &str) -> Result<Self, SimError> {
        let (key, id) = {
            let mut site = write(&self.sim.shared.site);
            let catalogue = site.catalogue().clone();
            let target = catalogue.project_named(project)?;
            (site.take_key(target, None)?, target.id)
        };
        self.apply(|state, catalogue| {
            let side = |project| {
                catalogue.project(project).map_or(Side::default(), |project| Side::named(&project.id, &project.name))
            };
            let moved = system("project", side(state.project), side(id));
            let keys = (Side::plain(Some(state.key.to_string())), Side::plain(Some(key.to_string())));
            (state.project, state.key) = (id, key);
            Ok(vec![moved, system("Key", keys.0, keys.1)])
        })
    }

    /// Deletes the issue for good.
    pub fn delete(self) -> Result<(), SimError> {
        self.apply(|state, _| {
            state.deleted = true;
            Ok(Vec::new())
        })?;
        Ok(())
    }

    fn labels(self, change: impl FnOnce(&mut Vec<Arc<str>>)) -> Result<Self, SimError> {
        self.apply(|state, _| {
            let from = Side::plain(Some(state.labels.join(" ")));
            change(&mut state.labels);
            Ok(vec![system("labels", from, Side::plain(Some(state.labels.join(" "))))])
        })
    }

    fn instant(&self) -> Instant {
        self.at.unwrap_or_else(|| self.sim.now())
    }

    pub(crate) fn apply(
        self,
        change: impl FnOnce(&mut IssueState, &Catalogue) -> Result<Vec<ChangeItem>, SimError>,
    ) -> Result<Self, SimError> {
        let act = Act { at: self.instant(), author: self.author.clone() };
        let mut site = write(&self.sim.shared.site);
        let catalogue = site.catalogue().clone();
        let issue = site.issue(self.id).and_then(|issue| issue.state(AsOf::Now));
        let mut state = issue.cloned().ok_or_else(|| SimError::unknown("issue", &self.id))?;
        let mut items = change(&mut state, &catalogue)?;
        // Jira writes down what is different afterwards
        items.retain(|item| item.from != item.to);
        if self.imported {
            items.clear();
            state.updated = act.at;
        }
        let (before, deleted) = (site.revision, state.deleted);
        site.update(self.id, &act, state, items);
        self.sim.note_lag(&mut site, self.id, before);
        if deleted {
            self.sim.shared.announce(&site, self.id, Happened::Deleted);
        } else {
            self.sim.shared.announce_update(&site, self.id);
        }
        drop(site);
        Ok(self)
    }
}

fn system(field: &str, from: Side, to: Side) -> ChangeItem {
    ChangeItem { field: field.to_owned(), custom: false, field_id: Some(field.to_owned()), from, to }
}

fn number_item(field: &str, from: Option<i64>, to: Option<i64>) -> ChangeItem {
    system(field, Side::number(from), Side::number(to))
}

fn resolve(state: &mut IssueState, catalogue: &Catalogue, at: Option<Instant>) -> Option<ChangeItem> {
    let side = |id: Option<u32>| {
        let known = catalogue.resolutions.iter().find(|r| Some(r.id) == id);
        known.map_or(Side::default(), |r| Side::named(&r.id, &r.name))
    };
    let from = side(state.resolution);
    state.resolution = at.and(catalogue.resolutions.first().map(|r| r.id));
    state.resolved = at;
    let to = side(state.resolution);
    (from != to).then(|| system("resolution", from, to))
}

fn sprints(catalogue: &Catalogue, ids: &[u32]) -> Side {
    let known = || ids.iter().filter_map(|id| catalogue.sprints.iter().find(|s| s.id == *id));
    let join = |parts: Vec<String>| parts.join(", ");
    Side::named(&join(known().map(|s| s.id.to_string()).collect()), &join(known().map(|s| s.name.clone()).collect()))
}

fn side_of_issue(sim: &JiraSim, id: Option<IssueId>) -> Result<Side, SimError> {
    id.map_or(Ok(Side::default()), |id| Ok(Side::named(&id, &sim.key(id)?)))
}
