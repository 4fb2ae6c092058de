//! The matcher against hand-made tables: issue × query.

use crate::world::{Issue, World, context, instant, issues};
use okrsync_jql::{
    Clause, EvalError,
    eval::{Datum, Item, Matcher, Named, Order, Past},
    parse,
};
use std::cmp::Ordering;

fn clause(text: &str) -> Clause {
    let query = parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    query.where_clause.expect("a restriction")
}

/// Checks a table of queries and the keys that they match, between spaces.
fn check(table: &[(&str, &str)]) {
    let issues = issues();
    for (text, expected) in table {
        let matcher =
            Matcher::strict(&clause(text), &context(&World)).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        let found: Vec<_> = issues.iter().filter(|issue| matcher.matches(*issue)).map(|issue| issue.key).collect();
        assert_eq!(found.join(" "), *expected, "{text}");
    }
}

const ALL: &str = "AE-1 AE-2 AE-3 OPS-1 OPS-12";

#[test]
fn values_by_id_key_and_name() {
    check(&[
        ("project = AE", "AE-1 AE-2 AE-3"),
        ("project = ae", "AE-1 AE-2 AE-3"),
        ("project = \"Northwind Apps\"", "AE-1 AE-2 AE-3"),
        ("project = 10001", "OPS-1 OPS-12"),
        ("project in (AE, OPS)", ALL),
        ("project not in (AE)", "OPS-1 OPS-12"),
        ("project != AE", "OPS-1 OPS-12"),
        ("type = bug", "AE-2 OPS-1"),
        ("issuetype in (Bug, 5)", "AE-2 OPS-1 OPS-12"),
        ("status = \"in progress\"", "AE-2"),
        ("status = 12", "AE-1 OPS-1"),
        ("statusCategory = Done", "AE-1 OPS-1"),
        ("statusCategory = 3", "AE-1 OPS-1"),
        ("statusCategory != done", "AE-2 AE-3 OPS-12"),
        ("statusCategory in (new, indeterminate)", "AE-2 AE-3 OPS-12"),
        ("issuekey = AE-1", "AE-1"),
        ("key in (ae-2, OPS-12, AE-999)", "AE-2 OPS-12"),
        ("id = 4", "OPS-1"),
        ("parent = AE-786", "AE-1 AE-2"),
        ("\"Epic Link\" = AE-786", "AE-1 AE-2"),
        ("parent in (9, OPS-1)", "AE-1 AE-2 OPS-12"),
        ("component = \"web shop\"", "AE-1"),
    ]);
}

#[test]
fn emptiness_and_its_opposites() {
    check(&[
        ("assignee is empty", "AE-3"),
        ("assignee = EMPTY", "AE-3"),
        ("assignee is not null", "AE-1 AE-2 OPS-1 OPS-12"),
        ("assignee != EMPTY", "AE-1 AE-2 OPS-1 OPS-12"),
        ("assignee in (EMPTY, \"Lee Chan\")", "AE-2 AE-3"),
        ("assignee not in (EMPTY, \"Lee Chan\")", "AE-1 OPS-1 OPS-12"),
        ("labels = backend", "AE-1 AE-2"),
        ("labels = BACKEND", "AE-1 AE-2"),
        ("labels != backend", "OPS-1"),
        ("labels not in (urgent)", "AE-2 OPS-1"),
        ("labels != backend or labels is empty", "AE-3 OPS-1 OPS-12"),
        ("labels in (urgent, \"back-end\")", "AE-1 OPS-1"),
        ("resolution = Unresolved", "AE-2 AE-3 OPS-12"),
        ("resolution is empty", "AE-2 AE-3 OPS-12"),
        ("resolution != unresolved", "AE-1 OPS-1"),
        ("resolution in (Unresolved, Done)", "AE-1 AE-2 AE-3 OPS-12"),
        ("duedate is empty", "AE-3 OPS-1"),
        ("remainingEstimate is empty", "AE-1 AE-3 OPS-1 OPS-12"),
    ]);
}

#[test]
fn connectives_and_not() {
    check(&[
        ("type = Bug and project = AE", "AE-2"),
        ("type = Bug or project = AE", "AE-1 AE-2 AE-3 OPS-1"),
        ("type = Bug or type = Story and project = OPS", "AE-2 OPS-1"),
        ("not project = AE", "OPS-1 OPS-12"),
        ("not (project = AE or type = Bug)", "OPS-12"),
        ("not (project = AE and type = Bug)", "AE-1 AE-3 OPS-1 OPS-12"),
        // NOT turns the operator around, and `!=` does not match the empty field of AE-3.
        ("not assignee = u-kim", "AE-2 OPS-12"),
        ("not assignee != u-kim", "AE-1 OPS-1"),
        ("not not assignee = u-kim", "AE-1 OPS-1"),
        ("not assignee is empty", "AE-1 AE-2 OPS-1 OPS-12"),
        ("not due < \"2026-11-20\"", "AE-2 OPS-12"),
        ("not (labels = backend or assignee is empty)", "OPS-1"),
        ("not (status was Done or status changed)", "AE-3 OPS-12"),
    ]);
}

#[test]
fn people() {
    check(&[
        ("assignee = currentUser()", "AE-1 OPS-1"),
        ("assignee != currentUser()", "AE-2 OPS-12"),
        ("assignee in (currentUser(), \"max@northwind.example\")", "AE-1 OPS-1 OPS-12"),
        ("assignee in membersOf(apps)", "AE-1 OPS-1 OPS-12"),
        ("assignee not in membersOf(\"apps\")", "AE-2"),
        ("reporter = \"KIM BERG\"", "AE-2 OPS-12"),
        ("creator = u-kim", ALL),
        ("assignee in (membersOf(apps), EMPTY)", "AE-1 AE-3 OPS-1 OPS-12"),
    ]);
}

#[test]
fn numbers_and_working_time() {
    check(&[
        ("\"Story Points\" > 0.4", "AE-1 AE-2 OPS-12"),
        ("cf[10016] = 3.0", "AE-1"),
        ("cf[10016] >= 3", "AE-1 OPS-12"),
        ("\"Story Points\" != 3", "AE-2 OPS-12"),
        ("\"Story Points[Number]\" in (3, 0.50)", "AE-1 AE-2"),
        ("\"Story Points\" is empty", "AE-3 OPS-1"),
        ("votes > 2", "AE-1 OPS-1"),
        ("votes = -1", ""),
        ("development[commits].all > 0", "AE-1"),
        ("timespent > 2h", "OPS-1"),
        ("timespent >= 90m", "AE-1 OPS-1"),
        ("timespent = 1d", "OPS-1"),
        ("timespent < 2h", "AE-1"),
        ("originalEstimate = \"1h 60m\"", "AE-1"),
        ("remainingEstimate = 0", "AE-2"),
        ("timespent is empty", "AE-2 AE-3 OPS-12"),
        // Two fields share this name; either may match.
        ("Team = Red", "AE-1 AE-2"),
        ("Team != Red", "OPS-1"),
    ]);
}

#[test]
fn dates_in_the_asker_s_zone() {
    check(&[
        // 23:30 UTC of the 31st is 00:30 of the 1st in Berlin.
        ("created >= 2026-01-01", ALL),
        ("created < \"2026/01/01\"", ""),
        ("created >= \"2026-01-01 00:31\"", "AE-1 AE-2 AE-3 OPS-12"),
        ("created >= \"2026/01/01 00:30\"", ALL),
        ("created >= startOfYear()", ALL),
        ("created >= 1767223800000", ALL),
        ("created > 1767223800000", "AE-1 AE-2 AE-3 OPS-12"),
        ("created >= -7d", "AE-3 OPS-12"),
        ("created >= \"-1w\"", "AE-3 OPS-12"),
    ]);
    check(&[
        ("created >= -7h", "AE-3"),
        ("created >= -6h", ""),
        ("created >= -420m", "AE-3"),
        ("created >= -1M", ""),
        ("created >= \"-2w 6d\"", "AE-2 AE-3 OPS-12"),
        ("created > startOfDay()", "AE-3"),
        ("created > startOfDay(-4)", "AE-3 OPS-12"),
        ("created > startOfDay(\"-3d\")", "AE-3 OPS-12"),
        ("created > startOfDay(\"-2d\")", "AE-3"),
        ("created >= startOfWeek()", "AE-3 OPS-12"),
        ("created >= startOfMonth()", "AE-2 AE-3 OPS-12"),
        ("created >= startOfMonth(-2M)", "AE-1 AE-2 AE-3 OPS-12"),
        ("created >= startOfMonth(\"+15d\")", "AE-3 OPS-12"),
        ("created < endOfMonth(-1)", "AE-1 OPS-1"),
        ("created <= endOfYear(\"-1y\")", ""),
        ("updated >= startOfDay()", "AE-2 AE-3"),
        ("updated > endOfDay(\"-1d\")", "AE-2 AE-3"),
        ("updated < now()", ALL),
        ("due = 2026-11-20", "AE-2"),
        ("due = now()", "AE-2"),
        ("due < now()", "AE-1"),
        ("due <= now()", "AE-1 AE-2"),
        ("due > now()", "OPS-12"),
        ("due <= 7d", "AE-1 AE-2 OPS-12"),
        ("due <= endOfWeek()", "AE-1 AE-2"),
        ("due in (2026-11-27, \"2026/10/31\")", "AE-1 OPS-12"),
        ("due != 2026-11-27", "AE-1 AE-2"),
        ("resolved >= 2026-10-15 and resolved < 2026-10-16", "AE-1"),
    ]);
}

#[test]
fn sprints_versions_and_order() {
    check(&[
        ("sprint in openSprints()", "AE-2 OPS-1"),
        ("sprint not in openSprints()", "AE-1"),
        ("sprint in closedSprints()", "AE-1 AE-2"),
        ("sprint in futureSprints()", ""),
        ("sprint not in futureSprints()", "AE-1 AE-2 OPS-1"),
        ("sprint = 2", "AE-2 OPS-1"),
        ("sprint = \"Sprint 1\"", "AE-1 AE-2"),
        ("sprint is empty", "AE-3 OPS-12"),
        ("fixVersion = 1.0", "AE-1"),
        ("fixVersion in releasedVersions()", "AE-1"),
        ("fixVersion in unreleasedVersions()", "OPS-1"),
        ("fixVersion in unreleasedVersions(AE)", ""),
        ("fixVersion in (earliestUnreleasedVersion(OPS))", "OPS-1"),
        ("fixVersion in latestReleasedVersion(AE)", "AE-1"),
        ("fixVersion > 1.0", "OPS-1"),
        ("fixVersion ~ \"2.*\"", "OPS-1"),
        ("priority > Low", "AE-1 AE-2 OPS-1 OPS-12"),
        ("priority >= High", "AE-1 OPS-12"),
        ("priority < 2", "AE-2 AE-3 OPS-1"),
        ("issuekey > AE-1", "AE-2 AE-3"),
        ("issuekey <= OPS-1", "OPS-1"),
        ("issue in linkedIssues(AE-1)", "AE-2 OPS-12"),
        ("issue not in linkedIssues(AE-1)", "AE-1 AE-3 OPS-1"),
    ]);
}

#[test]
fn text() {
    check(&[
        ("summary ~ login", "AE-1 OPS-1"),
        ("summary ~ \"LOGIN times\"", "AE-1 OPS-1"),
        ("summary ~ \"\\\"login times\\\"\"", "OPS-1"),
        ("summary ~ \"time*\"", "AE-1 OPS-1 OPS-12"),
        ("summary !~ login", "AE-2 AE-3 OPS-12"),
        ("not summary ~ login", "AE-2 AE-3 OPS-12"),
        ("description ~ köln", "AE-1"),
        ("description !~ berlin", "AE-1"),
        ("description ~ EMPTY", "AE-2 AE-3 OPS-1 OPS-12"),
        ("description is not empty", "AE-1"),
        ("comment ~ \"reproduce crash\"", ""),
        ("comment ~ crash", "AE-2"),
        ("text ~ crash", "AE-2"),
        ("text ~ \"customer*\"", "AE-1 AE-2"),
        ("text !~ login", "AE-2 AE-3 OPS-12"),
        ("notes ~ portal", "OPS-1"),
    ]);
}

#[test]
fn history() {
    check(&[
        ("status was Done", "AE-1 AE-2 OPS-1"),
        ("status was \"In Progress\"", "AE-1 AE-2"),
        ("status was not Done", "AE-3 OPS-12"),
        ("status was in (Done, \"In Progress\")", "AE-1 AE-2 OPS-1"),
        ("status was not in (Done)", "AE-3 OPS-12"),
        ("status was \"To Do\"", "AE-1 AE-2 AE-3 OPS-12"),
        ("status was Done before 2026-11-01", "AE-1 OPS-1"),
        ("status was Done after 2026-11-10", "AE-1 AE-2 OPS-1"),
        ("status was Done after 2026-11-11", "AE-1 OPS-1"),
        ("status was Done on 2026-11-07", "AE-1 AE-2 OPS-1"),
        ("status was \"In Progress\" on 2026-10-01", "AE-1"),
        ("status was \"To Do\" during (2026-09-05, 2026-09-06)", "AE-1"),
        ("status was Done during (\"2026-11-11\", now())", "AE-1 OPS-1"),
        ("status was Done after 2026-11-12 before 2026-11-01", ""),
        ("status was Done by \"lee@northwind.example\"", "AE-1"),
        ("status was Done by currentUser()", "AE-2 OPS-1"),
        ("status was Done by (u-lee, u-max)", "AE-1"),
        ("status changed", "AE-1 AE-2"),
        ("status changed to Done", "AE-1 AE-2"),
        ("status changed from Done", "AE-2"),
        ("status changed from \"To Do\" to Done", "AE-2"),
        ("status changed to (Done, \"In Progress\") by u-lee", "AE-1 AE-2"),
        ("status changed to Done after startOfMonth()", "AE-2"),
        ("status changed to Done before startOfMonth()", "AE-1"),
        ("status changed on 2026-11-10", "AE-2"),
        ("status changed during (2026-10-01, 2026-10-31)", "AE-1"),
        ("status changed after -11d", "AE-2"),
        ("status changed after -1w", ""),
        ("status changed by membersOf(apps)", "AE-1 AE-2"),
        ("not status changed", "AE-3 OPS-1 OPS-12"),
        ("assignee was u-kim", "AE-1 AE-2 OPS-1"),
        ("assignee was currentUser() before 2026-01-15", "OPS-1"),
        ("assignee was empty", "AE-3"),
        ("assignee changed from currentUser()", "AE-2"),
        ("assignee changed from EMPTY", ""),
        ("resolution changed from EMPTY to Done", "AE-1"),
        ("fixVersion was 1.0", "AE-1 OPS-1"),
        ("fixVersion was EMPTY", "AE-2 AE-3 OPS-1 OPS-12"),
        ("fixVersion was 1.0 after 2026-02-11", "AE-1"),
        ("priority was High", "AE-1 OPS-12"),
    ]);
}

#[test]
fn conditions_that_mean_nothing_match_nothing_and_say_so() {
    for (text, message, place) in [
        ("nonsense = 1", "Field 'nonsense' does not exist", (0, 8)),
        ("project = AE or cf[99] = 1", "Field 'cf[99]' does not exist", (16, 22)),
        ("\"Ü\" = 1", "Field 'Ü' does not exist", (0, 3)),
        ("issue in orbit()", "Unable to find JQL function 'orbit()'", (9, 16)),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'", (10, 14)),
        ("summary = x", "The operator '=' is not supported by the 'summary' field", (8, 9)),
        ("summary not in (x)", "The operator 'not in' is not supported", (8, 14)),
        ("status ~ x", "The operator '~' is not supported by the 'status' field", (7, 8)),
        ("assignee > x", "The operator '>' is not supported", (9, 10)),
        ("created > soon", "Date value 'soon' for field 'created' is invalid", (10, 14)),
        ("created > -1y", "Date value '-1y' for field 'created' is invalid", (10, 13)),
        ("created > \"2026-13-01\"", "Date value '2026-13-01'", (10, 22)),
        ("created > startOfDay(x)", "gives no date", (10, 23)),
        ("created > now(1)", "gives no date", (10, 16)),
        ("status = now()", "is invalid for the field 'status'", (9, 14)),
        ("status changed during (2026-01-01)", "DURING predicate takes two dates", (22, 34)),
        ("status was Done after EMPTY", "gives no date", (22, 27)),
        ("\"Story Points\" > many", "is not a number", (17, 21)),
        ("timespent > 2x", "is not a duration", (12, 14)),
        ("assignee in membersOf(nobody)", "the group does not exist", (12, 29)),
        ("assignee = membersOf(apps)", "Operator '=' does not support the list value 'membersOf(apps)'", (11, 26)),
        ("created > 99999999999999999999", "Date value", (10, 30)),
        ("created > \"-99999999999999w\"", "Date value", (10, 28)),
        ("issuekey > x", "issue key 'x'", (11, 12)),
    ] {
        let lenient = Matcher::new(&clause(text), &context(&World));
        let [problem] = lenient.problems() else { panic!("{text}: {:?}", lenient.problems()) };
        assert!(problem.to_string().contains(message), "{text}: {problem}");
        assert_eq!((problem.span().start, problem.span().end), place, "{text}");
        let found = issues().iter().filter(|issue| lenient.matches(*issue)).count();
        assert_eq!(found, if text.contains(" or ") { 3 } else { 0 }, "{text}");
        if !matches!(problem, EvalError::UnknownValue { .. }) {
            let opposite = Matcher::new(&clause(&format!("not ({text}) and project is not empty")), &context(&World));
            assert_eq!(issues().iter().filter(|issue| opposite.matches(*issue)).count(), 0, "not {text}");
        }
    }
}

#[test]
fn an_anonymous_account_is_nobody() {
    let anonymous = okrsync_jql::eval::Context { user: None, ..context(&World) };
    let matcher = Matcher::strict(&clause("assignee = currentUser()"), &anonymous).unwrap();
    assert!(issues().iter().all(|issue| !matcher.matches(issue)));
}

#[test]
fn the_past_is_replayed() {
    let issues = issues();
    let done = Matcher::strict(&clause("status = Done"), &context(&World)).unwrap();
    for (at, expected) in [
        ("2025-12-01T00:00:00Z", ""),
        ("2026-01-01T00:00:00Z", "OPS-1"),
        ("2026-10-15T08:59:59Z", "OPS-1"),
        ("2026-10-15T09:00:00Z", "AE-1 OPS-1"),
        ("2026-11-07T00:00:00Z", "AE-1 AE-2 OPS-1"),
        ("2026-11-20T12:00:00Z", "AE-1 OPS-1"),
    ] {
        let past = |issue| Past::new(issue, instant(at));
        let matching = issues.iter().filter(|issue| past(*issue).existed() && done.matches(&past(*issue)));
        assert_eq!(matching.map(|issue| issue.key).collect::<Vec<_>>().join(" "), expected, "{at}");
    }
    let before = Past::new(&issues[0], instant("2026-10-01T00:00:00Z"));
    assert!(before.values("resolutiondate").is_empty() && before.changes("status").len() == 1);
    let done = || vec![Datum::Named(Named::plain("90", "Done"))];
    let born_resolved = Issue::new("9", "AE-9", "2026-09-01T10:00:00Z").changed(
        "resolution",
        "2026-10-01T10:00:00Z",
        "kim",
        done(),
        vec![],
    );
    let then = Past::new(&born_resolved, instant("2026-09-15T00:00:00Z"));
    assert_eq!(then.values("resolutiondate"), [Datum::Instant(instant("2026-09-01T10:00:00Z"))], "when it was filed");
    assert!(Past::new(&born_resolved, instant("2026-10-02T00:00:00Z")).values("resolutiondate").is_empty());
}

#[test]
fn issues_are_ordered() {
    let issues = issues();
    for (text, expected) in [
        ("order by created", "OPS-1 AE-1 AE-2 OPS-12 AE-3"),
        ("order by key desc", "OPS-12 OPS-1 AE-3 AE-2 AE-1"),
        ("order by priority desc, key", "AE-1 OPS-12 AE-2 OPS-1 AE-3"),
        ("order by due", "AE-1 AE-2 OPS-12 AE-3 OPS-1"),
        ("order by \"Story Points\" desc, summary", "OPS-1 AE-3 OPS-12 AE-1 AE-2"),
    ] {
        let order = Order::new(&parse(text).unwrap().order_by, &context(&World));
        assert!(order.problems().is_empty());
        let mut sorted: Vec<_> = issues.iter().collect();
        sorted.sort_by(|one, other| order.compare(*one, *other));
        assert_eq!(sorted.iter().map(|issue| issue.key).collect::<Vec<_>>().join(" "), expected, "{text}");
    }
    let order = Order::new(&parse("order by nonsense").unwrap().order_by, &context(&World));
    assert_eq!((order.problems().len(), order.compare(&issues[0], &issues[1])), (1, Ordering::Equal));
}
