//! A small site with five issues whose every field is known, for hand-made tables.

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use okrsync_jql::{
    eval::{Change, Context, Datum, FieldDef, Item, Named, Site, Sprint, SprintState, Version},
    fields::Kind,
};
use std::collections::HashMap;

/// 13:00 on a Friday in Berlin.
pub(crate) const NOW: &str = "2026-11-20T12:00:00Z";

pub(crate) fn context(site: &World) -> Context<'_> {
    Context { now: instant(NOW), zone: Tz::Europe__Berlin, week_starts: Weekday::Mon, user: Some("u-kim"), site }
}

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A Northwind of five issues.
pub(crate) struct World;

impl Site for World {
    fn fields(&self, name: &str) -> Vec<FieldDef> {
        let field = |id: &str, kind| FieldDef { id: id.to_owned(), kind };
        match name.to_lowercase().as_str() {
            "story points" | "customfield_10016" => vec![field("customfield_10016", Kind::Number)],
            "team" => vec![field("customfield_10020", Kind::Label), field("customfield_10021", Kind::Label)],
            "epic link" => vec![field("parent", Kind::Issue)],
            "notes" => vec![field("customfield_10030", Kind::Text)],
            "development[commits].all" => vec![field("commits", Kind::Number)],
            _ => vec![],
        }
    }

    fn has_value(&self, field: &str, value: &str) -> Option<bool> {
        let known = ["AE", "OPS", "Northwind Apps", "10000", "10001"];
        (field == "project").then(|| known.iter().any(|known| known.eq_ignore_ascii_case(value)))
    }

    fn members(&self, group: &str) -> Option<Vec<String>> {
        (group == "apps").then(|| vec!["u-kim".to_owned(), "u-max".to_owned()])
    }

    fn sprints(&self) -> Vec<Sprint> {
        let sprint = |id: &str, name: &str, state| Sprint { id: id.to_owned(), name: name.to_owned(), state };
        vec![
            sprint("1", "Sprint 1", SprintState::Closed),
            sprint("2", "Sprint 2", SprintState::Active),
            sprint("3", "Sprint 3", SprintState::Future),
        ]
    }

    fn versions(&self) -> Vec<Version> {
        let version = |id: &str, project: &str, name: &str, released, archived| Version {
            id: id.to_owned(),
            name: name.to_owned(),
            project_id: if project == "AE" { "10000" } else { "10001" }.to_owned(),
            project_key: project.to_owned(),
            released,
            archived,
        };
        vec![
            version("100", "AE", "1.0", true, false),
            version("101", "AE", "1.1", false, false),
            version("200", "OPS", "2.0", false, false),
            version("201", "OPS", "0.9", true, true),
        ]
    }

    fn ranked(&self, field: &str) -> Vec<Named<'_>> {
        let named = |id: &'static str, name: &'static str| Named::plain(id, name);
        match field {
            "priority" => vec![named("4", "Low"), named("3", "Medium"), named("2", "High")],
            "fixVersions" => vec![named("100", "1.0"), named("101", "1.1"), named("200", "2.0")],
            _ => vec![],
        }
    }

    fn call(&self, function: &str, arguments: &[String]) -> Option<Vec<String>> {
        (function == "linkedissues" && arguments == ["AE-1"]).then(|| vec!["2".to_owned(), "5".to_owned()])
    }
}

/// An issue as a list of what is known of it.
#[derive(Default)]
pub(crate) struct Issue {
    pub(crate) key: &'static str,
    values: HashMap<&'static str, Vec<Datum<'static>>>,
    changes: HashMap<&'static str, Vec<Change<'static>>>,
}

impl Item for Issue {
    fn values(&self, field: &str) -> Vec<Datum<'_>> {
        self.values.get(field).cloned().unwrap_or_default()
    }

    fn changes(&self, field: &str) -> Vec<Change<'_>> {
        self.changes.get(field).cloned().unwrap_or_default()
    }
}

impl Issue {
    pub(crate) fn new(id: &'static str, key: &'static str, created: &str) -> Self {
        let (project, _) = key.split_once('-').expect("a key has a hyphen");
        let (project_id, name) = if project == "AE" { ("10000", "Northwind Apps") } else { ("10001", "Operations") };
        Self { key, ..Self::default() }
            .with("issuekey", Datum::Named(Named::new(id, key, key)))
            .with("project", Datum::Named(Named::new(project_id, project, name)))
            .with("created", Datum::Instant(instant(created)))
            .with("creator", user("kim"))
    }

    fn with(mut self, field: &'static str, datum: Datum<'static>) -> Self {
        self.values.entry(field).or_default().push(datum);
        self
    }

    /// Adds a change; the last one decides the present value.
    pub(crate) fn changed(
        mut self,
        field: &'static str,
        at: &str,
        by: &'static str,
        from: Vec<Datum<'static>>,
        to: Vec<Datum<'static>>,
    ) -> Self {
        let Datum::Named(by) = user(by) else { unreachable!("users are named") };
        self.values.insert(field, to.clone());
        self.changes.entry(field).or_default().push(Change { at: instant(at), by: Some(by), from, to });
        self
    }
}

fn text(text: &'static str) -> Datum<'static> {
    Datum::Text(text.into())
}

fn number(text: &str) -> Datum<'static> {
    Datum::Number(text.parse().expect("a decimal"))
}

fn day(text: &str) -> Datum<'static> {
    Datum::Day(text.parse::<NaiveDate>().expect("a day"))
}

fn at(text: &str) -> Datum<'static> {
    Datum::Instant(instant(text))
}

fn user(name: &str) -> Datum<'static> {
    let (name, mail) = match name {
        "kim" => ("Kim Berg", "kim@northwind.example"),
        "lee" => ("Lee Chan", "lee@northwind.example"),
        _ => ("Max Ruiz", "max@northwind.example"),
    };
    Datum::Named(Named::new(format!("u-{}", &mail[..3]), mail, name))
}

fn status(name: &'static str) -> Datum<'static> {
    let id = match name {
        "To Do" => "10",
        "In Progress" => "11",
        _ => "12",
    };
    Datum::Named(Named::plain(id, name))
}

fn category(id: &'static str) -> Datum<'static> {
    Datum::Named(match id {
        "2" => Named::new("2", "new", "To Do"),
        "4" => Named::new("4", "indeterminate", "In Progress"),
        _ => Named::new("3", "done", "Done"),
    })
}

fn named(id: &'static str, name: &'static str) -> Datum<'static> {
    Datum::Named(Named::plain(id, name))
}

fn issue(id: &'static str, key: &'static str) -> Datum<'static> {
    Datum::Named(Named::new(id, key, key))
}

/// All issues, by key: AE-1, AE-2, AE-3, OPS-1, OPS-12.
pub(crate) fn issues() -> Vec<Issue> {
    vec![finished_story(), reopened_bug(), fresh_task(), dropped_bug(), subtask()]
}

fn finished_story() -> Issue {
    Issue::new("1", "AE-1", "2026-09-01T08:00:00Z")
        .with("issuetype", named("1", "Story"))
        .with("statusCategory", category("3"))
        .with("priority", named("2", "High"))
        .with("assignee", user("kim"))
        .with("reporter", user("lee"))
        .with("labels", text("backend"))
        .with("labels", text("urgent"))
        .with("components", named("50", "Web Shop"))
        .with("fixVersions", named("100", "1.0"))
        .with("sprint", named("1", "Sprint 1"))
        .with("parent", issue("9", "AE-786"))
        .with("summary", text("Login page times out"))
        .with("description", text("Seen by customers in Köln and Zürich"))
        .with("updated", at("2026-11-19T22:30:00Z"))
        .with("resolutiondate", at("2026-10-15T09:00:00Z"))
        .with("duedate", day("2026-10-31"))
        .with("timespent", Datum::Seconds(5400))
        .with("timeoriginalestimate", Datum::Seconds(7200))
        .with("votes", number("3"))
        .with("customfield_10016", number("3"))
        .with("customfield_10020", text("Red"))
        .with("commits", number("4"))
        .changed("status", "2026-09-10T10:00:00Z", "kim", vec![status("To Do")], vec![status("In Progress")])
        .changed("status", "2026-10-15T09:00:00Z", "lee", vec![status("In Progress")], vec![status("Done")])
        .changed("resolution", "2026-10-15T09:00:00Z", "lee", vec![], vec![named("90", "Done")])
}

fn reopened_bug() -> Issue {
    Issue::new("2", "AE-2", "2026-11-01T00:30:00Z")
        .with("issuetype", named("2", "Bug"))
        .with("statusCategory", category("4"))
        .with("priority", named("3", "Medium"))
        .with("reporter", user("kim"))
        .with("labels", text("backend"))
        .with("sprint", named("1", "Sprint 1"))
        .with("sprint", named("2", "Sprint 2"))
        .with("parent", issue("9", "AE-786"))
        .with("summary", text("Crash when \"saving\" a draft"))
        .with("comment", text("Cannot reproduce on staging"))
        .with("comment", text("Customer confirms the crash"))
        .with("updated", at("2026-11-20T11:00:00Z"))
        .with("duedate", day("2026-11-20"))
        .with("timeestimate", Datum::Seconds(0))
        .with("votes", number("0"))
        .with("customfield_10016", number("0.5"))
        .with("customfield_10021", text("Red"))
        .changed("status", "2026-11-05T10:00:00Z", "kim", vec![status("To Do")], vec![status("Done")])
        .changed("status", "2026-11-10T15:00:00Z", "lee", vec![status("Done")], vec![status("In Progress")])
        .changed("assignee", "2026-11-10T15:00:00Z", "lee", vec![user("kim")], vec![user("lee")])
}

fn fresh_task() -> Issue {
    Issue::new("3", "AE-3", "2026-11-20T05:00:00Z")
        .with("issuetype", named("3", "Task"))
        .with("status", status("To Do"))
        .with("statusCategory", category("2"))
        .with("priority", named("4", "Low"))
        .with("reporter", user("max"))
        .with("summary", text("Write release notes"))
        .with("updated", at("2026-11-20T05:00:00Z"))
        .with("votes", number("0"))
}

fn dropped_bug() -> Issue {
    Issue::new("4", "OPS-1", "2025-12-31T23:30:00Z")
        .with("issuetype", named("2", "Bug"))
        .with("status", status("Done"))
        .with("statusCategory", category("3"))
        .with("resolution", named("91", "Won't Do"))
        .with("priority", named("3", "Medium"))
        .with("assignee", user("kim"))
        .with("reporter", user("max"))
        .with("labels", text("Back-End"))
        .with("sprint", named("2", "Sprint 2"))
        .with("summary", text("login times shown in UTC"))
        .with("updated", at("2026-03-01T12:00:00Z"))
        .with("resolutiondate", at("2026-03-01T12:00:00Z"))
        .with("timespent", Datum::Seconds(28_800))
        .with("votes", number("12"))
        .with("customfield_10020", text("Blue"))
        .with("customfield_10030", text("Moved to the portal"))
        .changed("fixVersions", "2026-02-01T12:00:00Z", "max", vec![], vec![named("100", "1.0")])
        .changed("fixVersions", "2026-02-10T12:00:00Z", "max", vec![named("100", "1.0")], vec![named("200", "2.0")])
}

fn subtask() -> Issue {
    Issue::new("5", "OPS-12", "2026-11-16T23:30:00Z")
        .with("issuetype", named("5", "Sub-task"))
        .with("status", status("To Do"))
        .with("statusCategory", category("2"))
        .with("priority", named("2", "High"))
        .with("assignee", user("max"))
        .with("reporter", user("kim"))
        .with("parent", issue("4", "OPS-1"))
        .with("summary", text("Check time zones"))
        .with("updated", at("2026-11-16T23:30:00Z"))
        .with("duedate", day("2026-11-27"))
        .with("votes", number("1"))
        .with("customfield_10016", number("8"))
}
