//! What an administrator does to a site: projects, statuses, fields, versions, sprints, permissions.

use crate::catalogue::{Browsers, Category, Choice, IssueType, Project, Sprint, SprintState, Status, Version};
use crate::clock::Instant;
use crate::error::SimError;
use crate::field::{FLOAT, Field, FieldKind};
use crate::options::Dialect;
use crate::sim::JiraSim;
use crate::sync::{read, write};

impl JiraSim {
    /// Adds a company-managed project that every signed-in user may browse.
    pub fn add_project(&self, key: &str, name: &str) -> Result<(), SimError> {
        self.add_project_of(key, name, false)
    }

    /// Cloud: adds a team-managed project with statuses, a type and a number field ("Effort") of its own, which carry
    /// the same names as others.
    pub fn add_team_managed_project(&self, key: &str, name: &str) -> Result<(), SimError> {
        if self.dialect() == Dialect::DataCenter {
            return Err(SimError::OtherDeployment("a team-managed project"));
        }
        self.add_project_of(key, name, true)?;
        let ids = self.small_ids(4);
        self.change_catalogue(|catalogue| {
            let project = catalogue.project_named(key)?.id;
            let scope = Some(project);
            let status = |id, name: &str, category| Status { id, name: name.to_owned(), category, scope };
            catalogue.statuses.push(status(ids[0], "Done", Category::Done));
            catalogue.statuses.push(status(ids[1], "In Progress", Category::InProgress));
            catalogue.types.push(IssueType { id: ids[2], name: "Story".to_owned(), level: 0, scope });
            let mut field = Field::number(ids[3], "Effort", FLOAT);
            field.scope = scope;
            catalogue.fields.push(field);
            Ok(())
        })
    }

    /// Who may browse a project. Issues are not touched by it.
    pub fn set_browsers(&self, project: &str, browsers: Browsers) -> Result<(), SimError> {
        self.change_catalogue(|catalogue| {
            let id = catalogue.project_named(project)?.id;
            let known = catalogue.projects.iter_mut().find(|p| p.id == id);
            known.map(|p| p.browsers = browsers).ok_or_else(|| SimError::unknown("project", project))
        })
    }

    /// Adds a status, shared by all projects.
    pub fn add_status(&self, name: &str, category: Category) -> Result<(), SimError> {
        let id = self.small_ids(1)[0];
        self.change_catalogue(|catalogue| {
            if catalogue.status_named(name).is_ok() {
                return Err(SimError::Taken(name.to_owned()));
            }
            catalogue.statuses.push(Status { id, name: name.to_owned(), category, scope: None });
            Ok(())
        })
    }

    /// Re-maps a status to another category: issues move between done and open without being touched.
    pub fn set_status_category(&self, name: &str, category: Category) -> Result<(), SimError> {
        self.with_status(name, |status| status.category = category)
    }

    /// Renames a status.
    pub fn rename_status(&self, name: &str, new_name: &str) -> Result<(), SimError> {
        self.with_status(name, |status| new_name.clone_into(&mut status.name))
    }

    /// Adds an issue type: level −1 for sub-tasks, 0 for usual ones, 1 for epics.
    pub fn add_issue_type(&self, name: &str, level: i8) -> Result<(), SimError> {
        let id = self.small_ids(1)[0];
        self.change_catalogue(|c| c.types.push(IssueType { id, name: name.to_owned(), level, scope: None }));
        Ok(())
    }

    /// Adds a number field and answers with its id. Names need not be unique.
    pub fn add_number_field(&self, name: &str) -> Result<String, SimError> {
        let field = Field::number(self.small_ids(1)[0], name, FLOAT);
        let id = field.id.clone();
        self.change_catalogue(|catalogue| catalogue.fields.push(field));
        Ok(id)
    }

    /// The id of the first number field of that name.
    pub fn number_field(&self, name: &str) -> Option<String> {
        let site = read(&self.shared.site);
        let mut numbers = site.catalogue().fields.iter().filter(|field| field.kind == FieldKind::Number);
        numbers.find(|field| field.name == name).map(|field| field.id.clone())
    }

    /// Takes a field away from this account's eyes: not listed, not shown, not searchable.
    pub fn hide_field(&self, id: &str) -> Result<(), SimError> {
        self.set_field_hidden(id, true)
    }

    /// Brings a hidden field back.
    pub fn show_field(&self, id: &str) -> Result<(), SimError> {
        self.set_field_hidden(id, false)
    }

    /// Adds a component.
    pub fn add_component(&self, name: &str) -> Result<(), SimError> {
        let id = self.small_ids(1)[0];
        self.change_catalogue(|catalogue| catalogue.components.push(Choice { id, name: name.to_owned() }));
        Ok(())
    }

    /// Adds an unreleased version to a project and answers with its id.
    pub fn add_version(&self, project: &str, name: &str) -> Result<u32, SimError> {
        let id = self.small_ids(1)[0];
        self.change_catalogue(|catalogue| {
            let project = catalogue.project_named(project)?.id;
            catalogue.versions.push(Version { id, project, name: name.to_owned(), released: false });
            Ok(id)
        })
    }

    /// Releases a version, or takes the release back.
    pub fn set_released(&self, version: u32, released: bool) -> Result<(), SimError> {
        self.change_catalogue(|catalogue| {
            let known = catalogue.versions.iter_mut().find(|known| known.id == version);
            known.map(|known| known.released = released).ok_or_else(|| SimError::unknown("version", &version))
        })
    }

    /// Adds a sprint and answers with its id.
    pub fn add_sprint(&self, name: &str, state: SprintState) -> Result<u32, SimError> {
        let id = self.small_ids(1)[0];
        self.change_catalogue(|catalogue| catalogue.sprints.push(Sprint { id, name: name.to_owned(), state }));
        Ok(id)
    }

    /// Starts or ends a sprint; its issues are not touched.
    pub fn set_sprint_state(&self, sprint: u32, state: SprintState) -> Result<(), SimError> {
        self.change_catalogue(|catalogue| {
            let known = catalogue.sprints.iter_mut().find(|known| known.id == sprint);
            known.map(|known| known.state = state).ok_or_else(|| SimError::unknown("sprint", &sprint))
        })
    }

    /// Lets projects, statuses, people and the rest have been as they are now since an instant. For sites whose issues
    /// are filed with a past: [`crate::JiraSim::truth_at`] asks the catalogue of that time, too.
    pub fn backdate(&self, since: Instant) {
        write(&self.shared.site).backdate(since);
    }

    fn add_project_of(&self, key: &str, name: &str, team_managed: bool) -> Result<(), SimError> {
        let id = self.small_ids(1)[0];
        self.change_catalogue(|catalogue| {
            if catalogue.project_named(key).is_ok() {
                return Err(SimError::Taken(key.to_owned()));
            }
            let (key, name, browsers) = (key.to_owned(), name.to_owned(), Browsers::Everyone);
            catalogue.projects.push(Project { id, key, name, team_managed, browsers });
            Ok(())
        })
    }

    fn with_status(&self, name: &str, change: impl FnOnce(&mut Status)) -> Result<(), SimError> {
        self.change_catalogue(|catalogue| {
            let id = catalogue.status_named(name)?.id;
            let known = catalogue.statuses.iter_mut().find(|status| status.id == id);
            known.map(change).ok_or_else(|| SimError::unknown("status", name))
        })
    }

    fn set_field_hidden(&self, id: &str, hidden: bool) -> Result<(), SimError> {
        self.change_catalogue(|catalogue| {
            let known = catalogue.fields.iter_mut().find(|field| field.id == id);
            known.map(|field| field.hidden = hidden).ok_or_else(|| SimError::unknown("field", id))
        })
    }

    fn small_ids(&self, count: usize) -> Vec<u32> {
        let mut site = write(&self.shared.site);
        (0..count).map(|_| site.take_small_id()).collect()
    }
}
