//! The state of one simulated site, and how its past is read.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::catalogue::{Catalogue, Project};
use crate::clock::Instant;
use crate::error::SimError;
use crate::issue::{AsOf, Change, ChangeItem, Issue, IssueId, IssueState, IssueView, StateVersion};

/// Ids of issues start here.
const FIRST_ISSUE: u64 = 10_001;

/// The whole state of a site.
#[derive(Debug)]
pub(crate) struct Site {
    /// Grows by one with every change.
    pub(crate) revision: u64,
    catalogues: Vec<CatalogueVersion>,
    /// By id: the first has [`FIRST_ISSUE`], the next one more.
    issues: Vec<Issue>,
    /// Upper-case keys, old ones of moved issues included.
    keys: HashMap<String, IssueId>,
    children: HashMap<IssueId, BTreeSet<IssueId>>,
    /// By label in lower case.
    labelled: HashMap<String, BTreeSet<IssueId>>,
    counters: HashMap<u32, u32>,
    next_id: u64,
    /// Which issue changed in which revision, ascending.
    touched: Vec<(u64, IssueId)>,
    /// The last revision in which an issue was moved or deleted: queries may name it by its key.
    pub(crate) structure: u64,
    /// Cloud's index lag: how many more searches still see the issue as it was in that revision.
    pub(crate) lag: HashMap<IssueId, Lag>,
}

/// An issue that the search index has not caught up with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lag {
    pub(crate) seen_as_of: u64,
    pub(crate) searches_left: u32,
}

#[derive(Debug)]
struct CatalogueVersion {
    at: Instant,
    revision: u64,
    catalogue: Arc<Catalogue>,
}

/// Who did something, and when.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) at: Instant,
    pub(crate) author: Arc<str>,
}

impl Site {
    pub(crate) fn new(at: Instant, catalogue: Catalogue) -> Self {
        let first = CatalogueVersion { at, revision: 0, catalogue: Arc::new(catalogue) };
        Self {
            revision: 0,
            catalogues: vec![first],
            issues: Vec::new(),
            keys: HashMap::new(),
            children: HashMap::new(),
            labelled: HashMap::new(),
            counters: HashMap::new(),
            next_id: 20_001,
            touched: Vec::new(),
            structure: 0,
            lag: HashMap::new(),
        }
    }

    /// The catalogue as it is.
    pub(crate) fn catalogue(&self) -> &Arc<Catalogue> {
        self.catalogue_as_of(AsOf::Now)
    }

    /// The catalogue as it was; the oldest one for times before the site.
    pub(crate) fn catalogue_as_of(&self, as_of: AsOf) -> &Arc<Catalogue> {
        let version = self.catalogues.iter().rev().find(|v| as_of.includes(v.at, v.revision));
        &version.unwrap_or(&self.catalogues[0]).catalogue
    }

    /// Changes the catalogue; issues stay untouched, as in Jira.
    pub(crate) fn change_catalogue<T>(&mut self, at: Instant, change: impl FnOnce(&mut Catalogue) -> T) -> T {
        let mut next = Catalogue::clone(self.catalogue());
        let answer = change(&mut next);
        self.revision += 1;
        let revision = self.revision;
        self.catalogues.push(CatalogueVersion { at, revision, catalogue: Arc::new(next) });
        answer
    }

    /// Lets the present catalogue have been so since an instant, as far as instants are asked for.
    pub(crate) fn backdate(&mut self, at: Instant) {
        let present = self.catalogue().clone();
        let revision = self.revision;
        self.catalogues.retain(|version| version.at < at);
        self.catalogues.push(CatalogueVersion { at, revision, catalogue: present });
    }

    /// A fresh id for anything that is not an issue.
    pub(crate) fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// A fresh id as the catalogue's small numbers.
    pub(crate) fn take_small_id(&mut self) -> u32 {
        u32::try_from(self.take_id()).expect("a simulator never makes four thousand million things")
    }

    /// Every issue that ever was, by ascending id.
    pub(crate) fn issues(&self) -> &[Issue] {
        &self.issues
    }

    /// An issue by id, also a deleted one.
    pub(crate) fn issue(&self, id: IssueId) -> Option<&Issue> {
        self.issues.get(usize::try_from(id.0.checked_sub(FIRST_ISSUE)?).ok()?)
    }

    /// An issue as it is now; None where it never was or is deleted.
    pub(crate) fn view(&self, id: IssueId) -> Option<IssueView<'_>> {
        let issue = self.issue(id)?;
        Some(IssueView { issue, state: issue.state(AsOf::Now)?, as_of: AsOf::Now })
    }

    /// An issue by id or by present or former key, any case.
    pub(crate) fn find(&self, id_or_key: &str) -> Option<IssueId> {
        match id_or_key.parse() {
            Ok(id) => self.issue(IssueId(id)).map(|issue| issue.id),
            Err(_) => self.keys.get(&id_or_key.to_ascii_uppercase()).copied(),
        }
    }

    /// Issues whose parent (or epic) this is, by ascending id.
    pub(crate) fn children(&self, id: IssueId) -> impl Iterator<Item = IssueId> + '_ {
        self.children.get(&id).into_iter().flatten().copied()
    }

    /// Issues with a label, in any case of letters.
    pub(crate) fn labelled(&self, label: &str) -> impl Iterator<Item = IssueId> + '_ {
        self.labelled.get(&label.to_lowercase()).into_iter().flatten().copied()
    }

    /// Issues that changed after a revision, each once.
    pub(crate) fn touched_since(&self, revision: u64) -> BTreeSet<IssueId> {
        let start = self.touched.partition_point(|(at, _)| *at <= revision);
        self.touched[start..].iter().map(|(_, id)| *id).collect()
    }

    /// The next free key of a project, or the wanted one if it is free.
    pub(crate) fn take_key(&mut self, project: &Project, wanted: Option<u32>) -> Result<Arc<str>, SimError> {
        let counter = self.counters.entry(project.id).or_insert(0);
        let number = wanted.unwrap_or(*counter + 1);
        *counter = number.max(*counter);
        let key = format!("{}-{number}", project.key);
        if self.keys.contains_key(&key) { Err(SimError::Taken(key)) } else { Ok(key.into()) }
    }

    /// Files a new issue.
    pub(crate) fn insert(&mut self, act: Act, state: IssueState) -> IssueId {
        let id = IssueId(FIRST_ISSUE + self.issues.len() as u64);
        self.revision += 1;
        self.touched.push((self.revision, id));
        self.index(id, &state);
        let versions = vec![StateVersion { at: act.at, revision: self.revision, state: Arc::new(state) }];
        let (created, creator) = (act.at, act.author);
        self.issues.push(Issue { id, created, creator, versions, changes: Vec::new(), worklogs: Vec::new() });
        id
    }

    /// Replaces an issue's state and writes its changelog. Without items (hiding, deleting) nothing is written and
    /// `updated` stays.
    pub(crate) fn update(&mut self, id: IssueId, act: &Act, mut state: IssueState, items: Vec<ChangeItem>) {
        self.revision += 1;
        let revision = self.revision;
        let change_id = self.take_id();
        if !items.is_empty() {
            state.updated = act.at;
        }
        self.touched.push((revision, id));
        let moved = self.view(id).is_some_and(|view| view.state.key != state.key);
        if moved || state.deleted {
            self.structure = revision;
        }
        self.index(id, &state);
        if let Some(issue) = self.issue_mut(id) {
            if !items.is_empty() {
                let author = act.author.clone();
                issue.changes.push(Change { id: change_id, at: act.at, revision, author, items });
            }
            issue.versions.push(StateVersion { at: act.at, revision, state: Arc::new(state) });
        }
    }

    /// An issue to be changed, also a deleted one.
    pub(crate) fn issue_mut(&mut self, id: IssueId) -> Option<&mut Issue> {
        let index = usize::try_from(id.0.checked_sub(FIRST_ISSUE)?).ok()?;
        self.issues.get_mut(index)
    }

    /// Whether a user (None: nobody signed in) may see an issue in that state.
    pub(crate) fn may_see(catalogue: &Catalogue, user: Option<&str>, state: &IssueState) -> bool {
        let project = catalogue.project(state.project).is_some_and(|project| project.is_seen_by(user));
        let listed = |only: &[Arc<str>]| user.is_some_and(|user| only.iter().any(|known| &**known == user));
        project && state.only.as_deref().is_none_or(listed)
    }

    fn index(&mut self, id: IssueId, state: &IssueState) {
        self.keys.insert(state.key.to_ascii_uppercase(), id);
        let (mut above, mut labels) = (Vec::new(), Vec::new());
        if let Some(before) = self.view(id).map(|view| view.state) {
            if (before.parent, before.epic, &before.labels) == (state.parent, state.epic, &state.labels) {
                return;
            }
            above.extend([before.parent, before.epic].into_iter().flatten());
            labels.clone_from(&before.labels);
        }
        for old in above {
            self.children.entry(old).or_default().remove(&id);
        }
        for old in labels {
            self.labelled.entry(old.to_lowercase()).or_default().remove(&id);
        }
        for new in [state.parent, state.epic].into_iter().flatten() {
            self.children.entry(new).or_default().insert(id);
        }
        for new in &state.labels {
            self.labelled.entry(new.to_lowercase()).or_default().insert(id);
        }
    }
}
