//! The site and its issues as the JQL matcher sees them.

use std::borrow::Cow;

use chrono::Weekday;
use okrsync_jql::eval::{self, Change, Context, Datum, FieldDef, Item, Matcher, Named};
use okrsync_jql::fields::Kind;
use rust_decimal::Decimal;

use crate::catalogue::{Catalogue, Choice, SprintState};
use crate::clock::Instant;
use crate::field::FieldKind;
use crate::issue::{IssueId, IssueState, IssueView};
use crate::number::Number;
use crate::site::Site;

/// The site as the matcher asks it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteView<'a> {
    pub(crate) site: &'a Site,
    pub(crate) catalogue: &'a Catalogue,
    /// Whoever asks: what they may not see does not exist.
    pub(crate) user: Option<&'a str>,
}

/// An issue as the matcher asks it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ItemView<'a> {
    pub(crate) of: SiteView<'a>,
    pub(crate) view: IssueView<'a>,
}

/// Who asks, when, and where dates are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) zone: chrono_tz::Tz,
    pub(crate) now: Instant,
    pub(crate) week_starts: Weekday,
}

impl SiteView<'_> {
    /// Makes a matcher for a restriction.
    pub(crate) fn matcher(&self, clause: &okrsync_jql::Clause, asker: &Asker<'_>) -> Matcher {
        let context =
            Context { now: asker.now, zone: asker.zone, week_starts: asker.week_starts, user: asker.user, site: self };
        Matcher::new(clause, &context)
    }

    fn knows_user(&self, value: &str) -> bool {
        let is = |own: &str| own.eq_ignore_ascii_case(value);
        self.catalogue.users.iter().any(|u| is(&u.id) || is(&u.name) || is(&u.email) || is(&u.display_name))
    }

    fn knows_issue(&self, value: &str) -> bool {
        let view = self.site.find(value).and_then(|id| self.site.view(id));
        view.is_some_and(|view| Site::may_see(self.catalogue, self.user, view.state))
    }

    fn issue(&self, id: IssueId) -> Option<Datum<'static>> {
        let view = self.site.view(id)?;
        let key = view.state.key.to_string();
        Some(Datum::Named(Named::new(id.to_string(), key.clone(), key)))
    }

    fn user(&self, id: &str) -> Option<Datum<'_>> {
        let user = self.catalogue.user(id)?;
        Some(Datum::Named(Named::new(user.id.as_str(), user.name.as_str(), user.display_name.as_str())))
    }
}

impl eval::Site for SiteView<'_> {
    fn fields(&self, name: &str) -> Vec<FieldDef> {
        let kind = |kind| match kind {
            FieldKind::Number => Some(Kind::Number),
            FieldKind::Sprint => Some(Kind::Sprint),
            FieldKind::EpicLink => Some(Kind::Issue),
            _ => None,
        };
        let known = self.catalogue.visible_fields().filter(|field| field.is_called(name));
        let known = known.filter_map(|field| Some(FieldDef { id: field.id.clone(), kind: kind(field.kind)? }));
        let mut fields: Vec<FieldDef> = known.collect();
        if fields.is_empty() && name.eq_ignore_ascii_case("Epic Link") {
            // Cloud folded the epic link into the parent; old queries go on working
            fields.push(FieldDef { id: "parent".to_owned(), kind: Kind::Issue });
        }
        fields
    }

    fn has_value(&self, field: &str, value: &str) -> Option<bool> {
        let c = self.catalogue;
        let is = |name: &str, id: u32| name.eq_ignore_ascii_case(value) || id.to_string() == value;
        let among = |choices: &[Choice]| choices.iter().any(|choice| is(&choice.name, choice.id));
        Some(match field {
            "project" => c
                .projects
                .iter()
                .any(|p| p.is_seen_by(self.user) && (is(&p.key, p.id) || p.name.eq_ignore_ascii_case(value))),
            "status" => c.statuses.iter().any(|s| is(&s.name, s.id)),
            "issuetype" => c.types.iter().any(|t| is(&t.name, t.id)),
            "priority" => among(&c.priorities),
            "resolution" => value.eq_ignore_ascii_case("Unresolved") || among(&c.resolutions),
            "components" => among(&c.components),
            "fixVersions" | "versions" => c.versions.iter().any(|v| is(&v.name, v.id)),
            "sprint" => c.sprints.iter().any(|s| is(&s.name, s.id)),
            "statusCategory" => crate::catalogue::Category::ALL.iter().any(|category| {
                let (id, key, _, name) = category.wire();
                is(name, id.into()) || key.eq_ignore_ascii_case(value)
            }),
            "assignee" | "reporter" | "creator" | "worklogAuthor" => self.knows_user(value),
            "issuekey" | "parent" => self.knows_issue(value),
            other if c.field(other).is_some_and(|known| known.kind == FieldKind::EpicLink) => self.knows_issue(value),
            _ => return None,
        })
    }

    fn members(&self, group: &str) -> Option<Vec<String>> {
        let known = self.catalogue.groups.iter().find(|(name, _)| name.eq_ignore_ascii_case(group));
        known.map(|(_, members)| members.clone())
    }

    fn sprints(&self) -> Vec<eval::Sprint> {
        let state = |state| match state {
            SprintState::Future => eval::SprintState::Future,
            SprintState::Active => eval::SprintState::Active,
            SprintState::Closed => eval::SprintState::Closed,
        };
        let sprints = self.catalogue.sprints.iter();
        sprints.map(|s| eval::Sprint { id: s.id.to_string(), name: s.name.clone(), state: state(s.state) }).collect()
    }

    fn versions(&self) -> Vec<eval::Version> {
        let versions = self.catalogue.versions.iter();
        let shape = |v: &crate::catalogue::Version| eval::Version {
            id: v.id.to_string(),
            name: v.name.clone(),
            project_id: v.project.to_string(),
            project_key: self.catalogue.project(v.project).map(|p| p.key.clone()).unwrap_or_default(),
            released: v.released,
            archived: false,
        };
        versions.map(shape).collect()
    }

    fn ranked(&self, field: &str) -> Vec<Named<'_>> {
        // Jira lists the highest first; smaller means less urgent
        let priorities = self.catalogue.priorities.iter().rev();
        let named = priorities.map(|p| Named::plain(p.id.to_string(), p.name.as_str()));
        if field == "priority" { named.collect() } else { Vec::new() }
    }

    fn call(&self, function: &str, arguments: &[String]) -> Option<Vec<String>> {
        let _ = arguments;
        let types = |subtask: bool| {
            let types = self.catalogue.types.iter().filter(|t| (t.level < 0) == subtask);
            types.map(|t| t.id.to_string()).collect()
        };
        match function.to_ascii_lowercase().as_str() {
            "standardissuetypes" => Some(types(false)),
            "subtaskissuetypes" => Some(types(true)),
            "linkedissues" | "watchedissues" | "votedissues" | "issuehistory" => Some(Vec::new()),
            _ => None,
        }
    }
}

impl Item for ItemView<'_> {
    fn values(&self, field: &str) -> Vec<Datum<'_>> {
        self.values_in(self.view.state, field)
    }

    fn changes(&self, field: &str) -> Vec<Change<'_>> {
        let issue = self.view.issue;
        let author = |revision: u64| {
            let change = issue.changes.iter().find(|change| change.revision == revision)?;
            match self.of.user(&change.author)? {
                Datum::Named(user) => Some(user),
                _ => None,
            }
        };
        let mut known = issue.versions.iter().filter(|v| self.view.as_of.includes(v.at, v.revision)).peekable();
        let mut changes = Vec::new();
        while let Some(before) = known.next() {
            let Some(after) = known.peek() else { break };
            let (from, to) = (self.values_in(&before.state, field), self.values_in(&after.state, field));
            if from != to {
                changes.push(Change { at: after.at, by: author(after.revision), from, to });
            }
        }
        changes
    }
}

impl<'a> ItemView<'a> {
    fn values_in(&self, state: &'a IssueState, field: &str) -> Vec<Datum<'a>> {
        let c = self.of.catalogue;
        let one = |datum: Option<Datum<'a>>| datum.into_iter().collect();
        match field {
            "issuekey" => {
                vec![named(&self.view.issue.id, Some(&*state.key), &state.key)]
            }
            "project" => one(c.project(state.project).map(|p| named(&p.id, Some(&p.key), &p.name))),
            "issuetype" => one(c.issue_type(state.issue_type).map(|t| named(&t.id, None, &t.name))),
            "status" => one(c.status(state.status).map(|s| named(&s.id, None, &s.name))),
            "statusCategory" => {
                let (id, key, _, name) = c.category(state.status).wire();
                vec![named(&id, Some(key), name)]
            }
            "priority" => chosen(&c.priorities, state.priority.as_slice()),
            "resolution" => chosen(&c.resolutions, state.resolution.as_slice()),
            "components" => chosen(&c.components, &state.components),
            "assignee" => self.people(state.assignee.as_deref()),
            "reporter" => self.people(Some(&state.reporter)),
            "creator" => self.people(Some(&self.view.issue.creator)),
            "labels" => state.labels.iter().map(|label| Datum::Text(Cow::Borrowed(&**label))).collect(),
            "summary" => vec![Datum::Text(Cow::Borrowed(&*state.summary))],
            "description" => one(state.description.as_deref().map(|text| Datum::Text(Cow::Borrowed(text)))),
            "created" => vec![Datum::Instant(self.view.issue.created)],
            "updated" => vec![Datum::Instant(state.updated)],
            "resolutiondate" => one(state.resolved.map(Datum::Instant)),
            "duedate" => one(state.due.map(Datum::Day)),
            "timespent" => one(state.time_spent.map(Datum::Seconds)),
            "timeoriginalestimate" => one(state.original_estimate.map(Datum::Seconds)),
            "timeestimate" => one(state.remaining_estimate.map(Datum::Seconds)),
            "parent" => one(state.parent.and_then(|id| self.of.issue(id))),
            "fixVersions" => {
                let known = state.fix_versions.iter().filter_map(|id| c.versions.iter().find(|v| v.id == *id));
                known.map(|v| named(&v.id, None, &v.name)).collect()
            }
            "sprint" => self.sprints(state),
            "hierarchyLevel" => one(c.issue_type(state.issue_type).map(|t| Datum::Number(Decimal::from(t.level)))),
            "worklogAuthor" | "worklogDate" => self.worklogs(field),
            other => self.custom(state, other),
        }
    }

    fn custom(&self, state: &'a IssueState, field: &str) -> Vec<Datum<'a>> {
        let datum = match self.of.catalogue.field(field).map(|known| known.kind) {
            Some(FieldKind::Number) => state.numbers.get(field).and_then(Number::decimal).map(Datum::Number),
            Some(FieldKind::EpicLink) => state.epic.and_then(|id| self.of.issue(id)),
            Some(FieldKind::Sprint) => return self.sprints(state),
            _ => None,
        };
        datum.into_iter().collect()
    }

    fn sprints(&self, state: &'a IssueState) -> Vec<Datum<'a>> {
        let sprints = &self.of.catalogue.sprints;
        let known = state.sprints.iter().filter_map(|id| sprints.iter().find(|s| s.id == *id));
        known.map(|s| named(&s.id, None, &s.name)).collect()
    }

    fn people(&self, id: Option<&str>) -> Vec<Datum<'a>> {
        let user = id.and_then(|id| self.of.catalogue.user(id));
        user.map(|user| named(&user.id, Some(&user.name), &user.display_name)).into_iter().collect()
    }

    fn worklogs(&self, field: &str) -> Vec<Datum<'a>> {
        let logs = self.view.issue.worklogs(self.view.as_of);
        match field {
            "worklogDate" => logs.map(|log| Datum::Day(log.started.date_naive())).collect(),
            _ => logs.flat_map(|log| self.people(Some(&log.author))).collect(),
        }
    }
}

fn named<'a>(id: &impl ToString, key: Option<&'a str>, name: &'a str) -> Datum<'a> {
    Datum::Named(Named { id: Cow::Owned(id.to_string()), key: key.map(Cow::Borrowed), name: Cow::Borrowed(name) })
}

fn chosen<'a>(among: &'a [Choice], ids: &[u32]) -> Vec<Datum<'a>> {
    let known = ids.iter().filter_map(|id| among.iter().find(|choice| choice.id == *id));
    known.map(|choice| named(&choice.id, None, &choice.name)).collect()
}
