//! Each lint: when it speaks, which part it marks, what its mend makes of the query.

use crate::trees;
use okrsync_domain::{
    catalogue::{Catalogue, Field, Named, Project, Status},
    connection::Deployment,
    issue::FieldId,
};
use okrsync_jql::{
    lint::{Code, Context, Counts, Fix, Lint, Measured, check},
    parse,
};
use proptest::prelude::*;

fn field(id: &str, name: &str) -> Field {
    let custom = id.starts_with("customfield_");
    Field {
        id: FieldId::new(id),
        name: name.to_owned(),
        custom,
        clause_names: vec![name.to_owned()],
        schema_type: Some("number".to_owned()),
        custom_type: None,
    }
}

pub(crate) fn catalogue() -> Catalogue {
    let status =
        |id: &str, name: &str, done| Status { id: id.to_owned(), name: name.to_owned(), done, under_way: false };
    let named = |id: &str, name: &str| Named { id: id.to_owned(), name: name.to_owned(), subtask: false };
    let project =
        |id: &str, key: &str, name: &str| Project { id: id.to_owned(), key: key.to_owned(), name: name.to_owned() };
    Catalogue {
        fields: vec![
            field("status", "Status"),
            field("customfield_10016", "Story point estimate"),
            field("customfield_10020", "Team"),
            field("customfield_10021", "Team"),
            field("customfield_10030", "Größe"),
        ],
        statuses: vec![
            status("1", "To Do", false),
            status("2", "In Prüfung", false),
            status("3", "Done", true),
            status("4", "Closed", true),
            status("5", "Parked", false),
            status("6", "Parked", true),
        ],
        projects: vec![project("10000", "AE", "Northwind Apps"), project("10001", "OPS", "Operations")],
        issue_types: vec![named("1", "Story"), named("2", "Bug")],
        priorities: vec![named("1", "High"), named("2", "Medium")],
        functions: vec!["currentUser()".to_owned()],
    }
}

/// Where a query is asked, by one word.
fn context<'a>(place: &str, catalogue: &'a Catalogue) -> Context<'a> {
    let base = Context { catalogue: Some(catalogue), ..Context::default() };
    let now: chrono::DateTime<chrono::Utc> = "2026-11-20T12:00:00Z".parse().expect("an instant");
    match place {
        "percent" => Context { measured: Some(Measured::PercentComplete), ..base },
        "kpi" => Context { measured: Some(Measured::CompletedOnly), ..base },
        "blind" => Context { measured: Some(Measured::PercentComplete), ..Context::default() },
        "cloud" => Context { deployment: Some(Deployment::Cloud), ..base },
        "dc" => Context { deployment: Some(Deployment::SelfManaged), ..base },
        "asked" => {
            Context { asked_at: Some(now.with_timezone(&chrono_tz::Europe::Berlin)), account: Some("u-1:x"), ..base }
        }
        _ => base,
    }
}

fn mended(text: &str, lint: &Lint) -> String {
    lint.fix.as_ref().map(|fix| applied(text, fix)).unwrap_or_default()
}

/// A text after a mend.
pub(crate) fn applied(text: &str, fix: &Fix) -> String {
    let chars: Vec<char> = text.chars().collect();
    let part = |from: usize, to: usize| chars[from..to].iter().collect::<String>();
    part(0, fix.span.start) + &fix.text + &part(fix.span.end, chars.len())
}

/// Context, query, code, marked part, query after the mend (empty: none is offered).
const SPEAKS: [(&str, &str, Code, &str, &str); 37] = [
    (
        "percent",
        "project = AE AND statusCategory = Done",
        Code::SelfFiltersDone,
        "statusCategory = Done",
        "project = AE",
    ),
    ("percent", "statusCategory = 3 AND project = AE", Code::SelfFiltersDone, "statusCategory = 3", "project = AE"),
    ("percent", "statusCategory != Done", Code::SelfFiltersDone, "statusCategory != Done", ""),
    ("percent", "NOT statusCategory = Done", Code::SelfFiltersDone, "statusCategory = Done", ""),
    ("percent", "statusCategory in (\"To Do\", 4)", Code::SelfFiltersDone, "statusCategory in (\"To Do\", 4)", ""),
    ("percent", "project = AE and (status = Done or status = 4)", Code::SelfFiltersDone, "status = Done", ""),
    ("percent", "status not in (Done, Closed, 6)", Code::SelfFiltersDone, "status not in (Done, Closed, 6)", ""),
    (
        "percent",
        "größe > 1 AND status = \"in prüfung\" AND a = 1",
        Code::SelfFiltersDone,
        "status = \"in prüfung\"",
        "größe > 1 AND a = 1",
    ),
    ("percent", "resolution is empty", Code::SelfFiltersDone, "resolution is empty", ""),
    ("percent", "resolved >= 2026-10-01", Code::SelfFiltersDone, "resolved >= 2026-10-01", ""),
    ("blind", "status in (Done, Closed)", Code::SelfFiltersDone, "status in (Done, Closed)", ""),
    ("kpi", "project = AE AND statusCategory != Done", Code::SelfFiltersDone, "statusCategory != Done", "project = AE"),
    ("", "created > -1w", Code::MovesByItself, "-1w", ""),
    ("asked", "created > -1w", Code::MovesByItself, "-1w", "created > \"2026-11-13 13:00\""),
    ("asked", "created >= startOfYear()", Code::MovesByItself, "startOfYear()", "created >= \"2026-01-01\""),
    ("asked", "created >= startOfWeek()", Code::MovesByItself, "startOfWeek()", ""),
    ("", "größe = \"日本\" AND due < now()", Code::MovesByItself, "now()", ""),
    ("", "status changed after -1w", Code::MovesByItself, "-1w", ""),
    ("", "assignee = currentUser()", Code::DependsOnCaller, "currentUser()", ""),
    ("asked", "assignee = currentUser()", Code::DependsOnCaller, "currentUser()", "assignee = \"u-1:x\""),
    ("", "watcher = kim", Code::DependsOnCaller, "watcher", ""),
    ("", "sprint in openSprints()", Code::ChangesWithoutIssue, "openSprints()", ""),
    ("", "issueFunction in linkedIssuesOf(\"x = 1\")", Code::ChangesWithoutIssue, "linkedIssuesOf(\"x = 1\")", ""),
    ("", "filter = 10200", Code::ChangesWithoutIssue, "filter", ""),
    ("", "development[commits].all > 0", Code::ChangesWithoutIssue, "development[commits].all", ""),
    ("cloud", "\"Epic Link\" = AE-7", Code::EpicLinkOrParent, "\"Epic Link\"", "parent = AE-7"),
    ("dc", "parent = AE-7", Code::EpicLinkOrParent, "parent", "\"Epic Link\" = AE-7"),
    ("", "key = AE-7 OR parent = AE-7", Code::CountsParentsAndSubtasks, "key = AE-7 OR parent = AE-7", ""),
    (
        "",
        "\"Epic Link\" = AE-7 or parent in (AE-8)",
        Code::CountsParentsAndSubtasks,
        "\"Epic Link\" = AE-7 or parent in (AE-8)",
        "",
    ),
    ("", "type in (Story, Sub-task)", Code::CountsParentsAndSubtasks, "type in (Story, Sub-task)", ""),
    ("", "project = AE order by rank desc", Code::OrderByIgnored, "order by rank desc", "project = AE"),
    ("", "summary ~ \"order by x\" ORDER BY key", Code::OrderByIgnored, "ORDER BY key", "summary ~ \"order by x\""),
    ("", "team = red", Code::AmbiguousField, "team", ""),
    ("", "project = \"northwind apps\"", Code::NameInsteadOfId, "\"northwind apps\"", "project = AE"),
    ("", "status = parked", Code::NameInsteadOfId, "parked", ""),
    (
        "",
        "labels != x AND project = AE",
        Code::LeavesOutEmpty,
        "labels != x",
        "(labels != x OR labels IS EMPTY) AND project = AE",
    ),
    (
        "",
        "fixVersion not in (1, 2)",
        Code::LeavesOutEmpty,
        "fixVersion not in (1, 2)",
        "(fixVersion NOT IN (1, 2) OR fixVersion IS EMPTY)",
    ),
];

#[test]
fn lints_mark_their_part_and_mend_it() {
    let catalogue = catalogue();
    for (place, text, code, marked, after) in SPEAKS {
        let lints = check(text, &parse(text).expect(text), &context(place, &catalogue));
        let lint = lints.iter().find(|lint| lint.code == code);
        let lint = lint.unwrap_or_else(|| panic!("{} is silent on {text}: {lints:?}", code.as_str()));
        assert_eq!(lint.span.slice(text), marked, "{text}");
        assert_eq!(mended(text, lint), after, "{text}: {}", lint.message);
        assert!(after.is_empty() || parse(after).is_ok(), "{after}");
    }
}

/// Context, query, code that must be silent.
const SILENT: [(&str, &str, Code); 23] = [
    ("percent", "status != Done", Code::SelfFiltersDone),
    ("percent", "status in (Done, \"To Do\")", Code::SelfFiltersDone),
    ("percent", "status = Parked", Code::SelfFiltersDone),
    ("percent", "statusCategory = Done OR created > 2026-01-01", Code::SelfFiltersDone),
    ("percent", "status was Done", Code::SelfFiltersDone),
    ("percent", "resolved >= 2026-10-01 or resolved is empty", Code::SelfFiltersDone),
    ("", "statusCategory = Done", Code::SelfFiltersDone),
    ("kpi", "statusCategory = Done", Code::SelfFiltersDone),
    ("", "labels = 3d AND timespent > 2h AND cf[1] = 5d", Code::MovesByItself),
    ("", "created >= 1732877091000 and due < 2026-12-31", Code::MovesByItself),
    ("", "worklogAuthor = kim", Code::DependsOnCaller),
    ("", "sprint = 12", Code::ChangesWithoutIssue),
    ("", "type in standardIssueTypes()", Code::ChangesWithoutIssue),
    ("dc", "\"Epic Link\" = AE-7", Code::EpicLinkOrParent),
    ("dc", "parent = AE-7 and type in subTaskIssueTypes()", Code::EpicLinkOrParent),
    ("", "\"Epic Link\" = AE-7", Code::EpicLinkOrParent),
    ("", "\"Epic Link\" = AE-7 or parent = AE-7", Code::CountsParentsAndSubtasks),
    ("", "(key = AE-7 OR parent = AE-7) AND type = Story", Code::CountsParentsAndSubtasks),
    ("", "cf[10020] = red", Code::AmbiguousField),
    ("", "project = ae", Code::NameInsteadOfId),
    ("", "labels != x or labels is empty", Code::LeavesOutEmpty),
    ("", "labels = y and labels != x", Code::LeavesOutEmpty),
    ("", "status != Done and not labels = x", Code::LeavesOutEmpty),
];

#[test]
fn lints_are_silent_where_all_is_well() {
    let catalogue = catalogue();
    for (place, text, code) in SILENT {
        let lints = check(text, &parse(text).expect(text), &context(place, &catalogue));
        assert!(lints.iter().all(|lint| lint.code != code), "{text}: {lints:?}");
    }
}

#[test]
fn counts_speak_for_themselves() {
    let text = " project = AE ";
    let query = parse(text).expect(text);
    let codes = |matched, coverage, with_parent| {
        let counts = Counts { matched, coverage, with_parent, estimated: false };
        let lints = check(text, &query, &Context { counts, ..Context::default() });
        assert!(lints.iter().all(|lint| lint.span.slice(text) == "project = AE"));
        lints.into_iter().map(|lint| lint.code.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(codes(Some(0), Some((0, 0)), None), ["matches_nothing"]);
    assert_eq!(codes(Some(2_000), Some((1_000, 1_000)), Some(0)), [""; 0]);
    assert_eq!(codes(Some(2_001), Some((1_000, 1_001)), None), ["matches_many", "metric_empty"]);
    assert_eq!(codes(Some(2_000), Some((10, 5)), None), [""; 0], "completed issues only: the others do not count");
    assert_eq!(codes(Some(10), None, Some(3)), ["counts_parents_and_subtasks"]);
    assert_eq!(codes(None, Some((0, 1)), None), [""; 0]);
    let counts = Counts { matched: Some(50_000), estimated: true, ..Counts::default() };
    let lints = check(text, &query, &Context { counts, ..Context::default() });
    assert!(lints[0].message.starts_with("About 50000 issues match"), "{lints:?}");
}

proptest! {
    #[test]
    fn mends_leave_a_query(query in trees::query(), parts in prop::collection::vec(trees::fragment(), 0..12)) {
        let catalogue = catalogue();
        for text in [query.canonical(), parts.join(" ")] {
            let Ok(query) = parse(&text) else { continue };
            for place in ["percent", "blind", "cloud", "dc", "asked"] {
                for lint in check(&text, &query, &context(place, &catalogue)) {
                    prop_assert!(lint.span.start <= lint.span.end && lint.span.end <= text.chars().count());
                    let after = mended(&text, &lint);
                    prop_assert!(lint.fix.is_none() || parse(&after).is_ok(), "{} became {}", text, after);
                }
            }
        }
    }
}
