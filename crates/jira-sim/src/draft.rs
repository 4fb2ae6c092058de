//! Filing issues: a draft in names, turned into ids when it is filed.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::catalogue::{self, Catalogue, Category, User};
use crate::clock::Instant;
use crate::error::SimError;
use crate::issue::{IssueId, IssueState};
use crate::number::Number;
use crate::options::Dialect;
use crate::sim::JiraSim;
use crate::site::Act;
use crate::sync::write;
use crate::webhooks::Happened;

/// An issue to be filed.
///
/// ```
/// use okrsync_jira_sim::IssueDraft;
///
/// let draft = IssueDraft::new("AE", "Story").summary("Bandwidth cap per site").points("5.0").status("Done");
/// ```
#[derive(Clone, Debug)]
pub struct IssueDraft {
    project: String,
    issue_type: String,
    summary: String,
    status: Option<String>,
    priority: String,
    points: Option<String>,
    numbers: Vec<(String, String)>,
    labels: Vec<String>,
    components: Vec<String>,
    versions: Vec<u32>,
    sprints: Vec<u32>,
    parent: Option<IssueId>,
    epic: Option<IssueId>,
    assignee: Option<String>,
    reporter: Option<String>,
    estimate: Option<i64>,
    remaining: Option<i64>,
    spent: Option<i64>,
    due: Option<NaiveDate>,
    key_number: Option<u32>,
    at: Option<Instant>,
}

impl IssueDraft {
    /// A draft in a project (by key) of a type (by name).
    pub fn new(project: &str, issue_type: &str) -> Self {
        Self {
            project: project.to_owned(),
            issue_type: issue_type.to_owned(),
            summary: format!("{issue_type} in {project}"),
            status: None,
            priority: "Medium".to_owned(),
            points: None,
            numbers: Vec::new(),
            labels: Vec::new(),
            components: Vec::new(),
            versions: Vec::new(),
            sprints: Vec::new(),
            parent: None,
            epic: None,
            assignee: None,
            reporter: None,
            estimate: None,
            remaining: None,
            spent: None,
            due: None,
            key_number: None,
            at: None,
        }
    }

    /// The summary.
    #[must_use]
    pub fn summary(mut self, text: &str) -> Self {
        text.clone_into(&mut self.summary);
        self
    }

    /// Born in this status, by name; without it in the first one.
    #[must_use]
    pub fn status(mut self, name: &str) -> Self {
        self.status = Some(name.to_owned());
        self
    }

    /// Priority by name; Medium otherwise.
    #[must_use]
    pub fn priority(mut self, name: &str) -> Self {
        name.clone_into(&mut self.priority);
        self
    }

    /// Story points, in the field that the project uses; the text goes out as it is.
    #[must_use]
    pub fn points(mut self, text: &str) -> Self {
        self.points = Some(text.to_owned());
        self
    }

    /// A number field by id; the text goes out as it is.
    #[must_use]
    pub fn number(mut self, field: &str, text: &str) -> Self {
        self.numbers.push((field.to_owned(), text.to_owned()));
        self
    }

    /// One more label.
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        self.labels.push(label.to_owned());
        self
    }

    /// One more component, by name.
    #[must_use]
    pub fn component(mut self, name: &str) -> Self {
        self.components.push(name.to_owned());
        self
    }

    /// One more fix version, by id.
    #[must_use]
    pub fn fix_version(mut self, id: u32) -> Self {
        self.versions.push(id);
        self
    }

    /// One more sprint, by id.
    #[must_use]
    pub fn sprint(mut self, id: u32) -> Self {
        self.sprints.push(id);
        self
    }

    /// The parent (Data Center: of a sub-task).
    #[must_use]
    pub fn parent(mut self, id: IssueId) -> Self {
        self.parent = Some(id);
        self
    }

    /// The epic: the parent on Cloud, the epic link on Data Center.
    #[must_use]
    pub fn epic(mut self, id: IssueId) -> Self {
        self.epic = Some(id);
        self
    }

    /// The assignee.
    #[must_use]
    pub fn assignee(mut self, user: &User) -> Self {
        self.assignee = Some(user.id.clone());
        self
    }

    /// The reporter and creator; the site's account otherwise.
    #[must_use]
    pub fn reporter(mut self, user: &User) -> Self {
        self.reporter = Some(user.id.clone());
        self
    }

    /// Original estimate in seconds; the remaining estimate starts the same.
    #[must_use]
    pub fn estimate(mut self, seconds: i64) -> Self {
        self.estimate = Some(seconds);
        self.remaining.get_or_insert(seconds);
        self
    }

    /// Remaining estimate in seconds.
    #[must_use]
    pub fn remaining(mut self, seconds: i64) -> Self {
        self.remaining = Some(seconds);
        self
    }

    /// Time already spent in seconds, without a worklog (as after an import).
    #[must_use]
    pub fn spent(mut self, seconds: i64) -> Self {
        self.spent = Some(seconds);
        self
    }

    /// The due date.
    #[must_use]
    pub fn due(mut self, day: NaiveDate) -> Self {
        self.due = Some(day);
        self
    }

    /// The number in the key; the next free one otherwise.
    #[must_use]
    pub fn key_number(mut self, number: u32) -> Self {
        self.key_number = Some(number);
        self
    }

    /// Filed at this instant; now otherwise.
    #[must_use]
    pub fn at(mut self, instant: Instant) -> Self {
        self.at = Some(instant);
        self
    }

    fn numbers(&self, points_field: &str) -> Result<BTreeMap<Arc<str>, Number>, SimError> {
        let points = self.points.iter().map(|text| (points_field, text.as_str()));
        let others = self.numbers.iter().map(|(field, text)| (field.as_str(), text.as_str()));
        points.chain(others).map(|(field, text)| Ok((field.into(), Number::new(text)?))).collect()
    }
}

impl JiraSim {
    /// Files an issue. Unknown names and taken keys are refused.
    pub fn create(&self, draft: IssueDraft) -> Result<IssueId, SimError> {
        let at = draft.at.unwrap_or_else(|| self.now());
        let author: Arc<str> = draft.reporter.as_deref().unwrap_or(&self.account().id).into();
        let mut site = write(&self.shared.site);
        let catalogue = site.catalogue().clone();
        let project = catalogue.project_named(&draft.project)?;
        let key = site.take_key(project, draft.key_number)?;
        let numbers = draft.numbers(self.points_field_of(project.team_managed))?;
        let state = self.state(&catalogue, draft, key, numbers, &author, at)?;
        let before = site.revision;
        let id = site.insert(Act { at, author }, state);
        self.note_lag(&mut site, id, before);
        self.shared.announce(&site, id, Happened::Created);
        Ok(id)
    }

    /// The field that [`IssueDraft::points`] fills in a company-managed project.
    pub fn points_field(&self) -> &'static str {
        self.points_field_of(false)
    }

    /// Cloud: the field that team-managed projects estimate with.
    pub fn estimate_field(&self) -> &'static str {
        self.points_field_of(true)
    }

    fn points_field_of(&self, team_managed: bool) -> &'static str {
        match (self.shared.dialect, team_managed) {
            (Dialect::Cloud, true) => "customfield_10016",
            (Dialect::Cloud, false) => "customfield_10187",
            (Dialect::DataCenter, _) => "customfield_10006",
        }
    }

    fn state(
        &self,
        catalogue: &Catalogue,
        draft: IssueDraft,
        key: Arc<str>,
        numbers: BTreeMap<Arc<str>, Number>,
        author: &Arc<str>,
        at: Instant,
    ) -> Result<IssueState, SimError> {
        let status = catalogue.status_named(draft.status.as_deref().unwrap_or("To Do"))?;
        let done = status.category == Category::Done;
        let component = |name: &String| Ok(catalogue::choice(&catalogue.components, "component", name)?.id);
        let (parent, epic) = match self.shared.dialect {
            Dialect::Cloud => (draft.parent.or(draft.epic), None),
            Dialect::DataCenter => (draft.parent, draft.epic),
        };
        Ok(IssueState {
            project: catalogue.project_named(&draft.project)?.id,
            key,
            summary: draft.summary.into(),
            description: None,
            issue_type: catalogue.type_named(&draft.issue_type)?.id,
            status: status.id,
            priority: Some(catalogue::choice(&catalogue.priorities, "priority", &draft.priority)?.id),
            resolution: done.then(|| catalogue.resolutions.first().map(|r| r.id)).flatten(),
            resolved: done.then_some(at),
            assignee: draft.assignee.map(Into::into),
            reporter: author.clone(),
            labels: draft.labels.into_iter().map(Into::into).collect(),
            components: draft.components.iter().map(component).collect::<Result<_, SimError>>()?,
            fix_versions: draft.versions,
            sprints: draft.sprints,
            parent,
            epic,
            time_spent: draft.spent,
            original_estimate: draft.estimate,
            remaining_estimate: draft.remaining,
            numbers,
            due: draft.due,
            updated: at,
            only: None,
            deleted: false,
        })
    }
}
