//! What is said of wrong queries: where, what, and the cure.

use okrsync_jql::parse;

/// Query, the marked part, a piece of the message, a piece of the hint (empty: none is asked for).
const TABLE: [(&str, &str, &str, &str); 47] = [
    ("labels = next", "next", "found the reserved word `next`", "put quotes around the text: \"next\""),
    ("größe = next", "next", "reserved word", "\"next\""),
    ("project = AE AND", "", "Expected a field, NOT or `(`, found the end", "A condition must follow `AND`"),
    ("project = AE AND OR x = 1", "OR", "Expected a field", "A condition must follow `AND`"),
    ("project = AE AND ORDER BY rank", "ORDER", "Expected a field", "remove it"),
    ("status = To Do", "To", "found the keyword `To`", "\"To Do\""),
    ("status = In Progress", "In", "found the keyword `In`", "\"In Progress\""),
    ("status = Ready Now", "Now", "Expected AND, OR, ORDER BY", "needs quotes: \"Ready Now\""),
    ("status in (Ready for Test)", "for", "Expected `,` or `)`", "needs quotes: \"Ready for Test\""),
    ("Epic Link = AE-1", "Link", "Expected an operator", "needs quotes: \"Epic Link\""),
    ("status Done", "Done", "Expected an operator", ""),
    ("status", "", "Expected an operator", "A condition reads field, operator, value"),
    ("status = Done OR Closed", "", "Expected an operator", "status IN (A, B)"),
    ("status == Done", "=", "Expected a value", "single `=`"),
    ("status <> Done", ">", "Expected a value", "`!=`"),
    ("votes => 3", ">", "Expected a value", "`>=`"),
    ("votes =< 3", "<", "Expected a value", "`<=`"),
    ("status ! = Done", "!", "Expected an operator", "without a space"),
    ("status not = Done", "=", "Expected IN behind NOT", "`!=`"),
    ("summary not ~ x", "~", "Expected IN behind NOT", "`!~`"),
    ("assignee not is empty", "is", "Expected IN behind NOT", "IS NOT EMPTY"),
    ("summary like x", "like", "Expected an operator", "`~`"),
    ("summary contains x", "contains", "Expected an operator", "`~`"),
    ("assignee isempty", "isempty", "Expected an operator", "IS EMPTY"),
    ("assignee is kim", "kim", "Expected EMPTY", "compare with a value by `=`"),
    ("due < empty", "empty", "Expected a value or a function", "IS EMPTY"),
    ("status = (Done, Closed)", "(", "Expected a value", "IN (a, b)"),
    ("votes > (1, 2)", "(", "Expected a value", "several values"),
    ("status in Done", "Done", "Expected values in parentheses", "IN (\"Done\")"),
    ("status in ()", ")", "Expected a value", ""),
    ("status in (Done", "", "Expected `,` or `)`", ""),
    ("(status = Done", "", "Expected AND, OR or `)`", "never closed"),
    ("status = Done)", ")", "Expected AND, OR", "no `(` for this `)`"),
    ("status = Done, Closed", ",", "Expected AND, OR", "IN (a, b)"),
    ("status = Done AFTER -1w", "AFTER", "Expected AND, OR", "WAS and CHANGED only"),
    ("status was Done FROM x", "FROM", "Expected AND, OR", "CHANGED only"),
    ("status = Done ORDER rank", "rank", "Expected BY", ""),
    ("status = Done LIMIT 5", "LIMIT", "Expected AND, OR", ""),
    ("status = Done ORDER BY rank LIMIT 5", "LIMIT", "Expected ASC", "no LIMIT"),
    ("ORDER BY rank AND status = Done", "AND", "Expected ASC", "comes last"),
    ("status = \"Done", "\"Done", "never closed", "Close it"),
    ("status = “To Do”", "Do”", "Expected AND, OR", "straight"),
    ("assignee = kim@northwind.example", "@", "cannot stand outside quotes", "e-mail"),
    ("created > 2026/05/07", "/", "cannot stand outside quotes", "\"2026/05/07\""),
    ("status = Done // old", "/", "cannot stand outside quotes", "no comments"),
    ("status = Done -- old", "--", "Expected AND, OR", "no comments"),
    (r#"summary ~ "a\d""#, r"\d", "is no escape", "\\\\ for a backslash"),
];

#[test]
fn errors_mark_the_wrong_part_and_name_a_cure() {
    for (text, marked, message, hint) in TABLE {
        let errors = parse(text).expect_err(text);
        let error = &errors[0];
        assert_eq!(error.span.slice(text), marked, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
        let said = error.hint.as_deref().unwrap_or_default();
        assert!(said.contains(hint), "{text}: {said}");
    }
}

/// Query, and what it is after its mend.
const MENDED: [(&str, &str); 27] = [
    ("labels = next", "labels = \"next\""),
    ("project = AE AND", "project = AE "),
    ("project = AE AND OR x = 1", "project = AE  OR x = 1"),
    ("project = AE AND ORDER BY rank", "project = AE  ORDER BY rank"),
    ("status = To Do", "status = \"To Do\""),
    ("status = In Progress AND x = 1", "status = \"In Progress\" AND x = 1"),
    ("größe = Ready Now", "größe = \"Ready Now\""),
    ("status in (Ready for Test)", "status in (\"Ready for Test\")"),
    ("Epic Link = AE-1", "\"Epic Link\" = AE-1"),
    ("status == Done", "status = Done"),
    ("status <> Done", "status != Done"),
    ("votes => 3", "votes >= 3"),
    ("votes =< 3", "votes <= 3"),
    ("summary =~ x", "summary ~ x"),
    ("status not = Done", "status != Done"),
    ("summary not ~ x", "summary !~ x"),
    ("assignee not is empty", "assignee IS NOT empty"),
    ("summary like x", "summary ~ x"),
    ("summary contains x", "summary ~ x"),
    ("assignee isempty", "assignee IS EMPTY"),
    ("assignee is kim", "assignee = kim"),
    ("status != (Done, Closed)", "status NOT IN (Done, Closed)"),
    ("status in Done", "status in (Done)"),
    ("status in (Done", "status in (Done)"),
    ("(status = Done", "(status = Done)"),
    ("status = Done)", "status = Done"),
    ("status = “To Do”", "status = \"To Do\""),
];

#[test]
fn a_mend_leaves_a_query() {
    for (text, after) in MENDED {
        let fix = parse(text).expect_err(text)[0].fix.clone().unwrap_or_else(|| panic!("{text} has no mend"));
        assert_eq!(fix.applied_to(text), after);
        assert!(parse(after).is_ok(), "{after}");
    }
}
