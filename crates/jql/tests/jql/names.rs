//! Names that a catalogue does not know, what nobody can check, and where Jira's messages point.

use crate::{
    lints::{applied, catalogue},
    trees,
};
use okrsync_jql::{lint::Lint, mentioned, parse, unchecked::unchecked, unknown::unknown};
use proptest::prelude::*;

/// Query, code, marked part, query after the mend (empty: none is offered).
const UNKNOWN: [(&str, &str, &str, &str); 13] = [
    ("\"Story points estimate\" > 1", "unknown_field", "\"Story points estimate\"", "\"Story point estimate\" > 1"),
    ("project = AE order by statsu", "unknown_field", "statsu", "project = AE order by status"),
    ("cf[99] = 1", "unknown_field", "cf[99]", ""),
    ("größe = 1 AND flavour = sweet", "unknown_field", "flavour", ""),
    ("status = \"In Prufung\"", "unknown_value", "\"In Prufung\"", "status = \"In Prüfung\""),
    (
        "größe = \"🙂\" AND status in (Done, Clsoed)",
        "unknown_value",
        "Clsoed",
        "größe = \"🙂\" AND status in (Done, Closed)",
    ),
    ("project in (AE, OSP)", "unknown_value", "OSP", "project in (AE, OPS)"),
    ("NOT (project = nowhere)", "unknown_value", "nowhere", ""),
    ("priority > Medum", "unknown_value", "Medum", "priority > Medium"),
    ("type != Storry", "unknown_value", "Storry", "type != Story"),
    ("type in (99)", "unknown_value", "99", ""),
    ("sprint in openSprint()", "unknown_function", "openSprint()", "sprint in openSprints()"),
    (
        "issue in linkedIssuesOf(\"x = 1\")",
        "unknown_function",
        "linkedIssuesOf(\"x = 1\")",
        "issue in linkedIssues(\"x = 1\")",
    ),
];

#[test]
fn unknown_names_have_a_place_and_the_nearest_name() {
    let catalogue = catalogue();
    for (text, code, marked, after) in UNKNOWN {
        let found = unknown(&parse(text).expect(text), &catalogue);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        let (unknown, lint) = (&found[0], Lint::from(found[0].clone()));
        assert_eq!((unknown.code().as_str(), unknown.span.slice(text)), (code, marked), "{text}");
        let mended = unknown.fix().map(|fix| applied(text, &fix)).unwrap_or_default();
        assert_eq!((mended.as_str(), unknown.hint().is_some()), (after, !after.is_empty()), "{text}");
        assert_eq!((lint.span, lint.fix), (unknown.span, unknown.fix()));
    }
}

#[test]
fn what_a_catalogue_knows_or_cannot_know_is_not_unknown() {
    let catalogue = catalogue();
    for text in [
        "\"Größe[Number]\" = 1 and issue.property[x].y = 1",
        "status was Gone and status changed from Gone",
        "priority = high and type = 2 and project = 10000 and status = 5",
        "project = ae and project = \"NORTHWIND apps\" and cf[10016] > 1 and customfield_10016 > 1",
        "component = nowhere and fixVersion = never and labels = nothing and assignee = nobody",
        "\"Epic Link\" = AE-1 and development[commits].all > 0 order by rank",
        "assignee in membersOf(apps) and status in (EMPTY) and project is not EMPTY",
    ] {
        assert_eq!(unknown(&parse(text).expect(text), &catalogue), [], "{text}");
    }
    let blind = okrsync_domain::catalogue::Catalogue::default();
    for (text, ..) in UNKNOWN {
        assert_eq!(unknown(&parse(text).expect(text), &blind), [], "{text}: nothing is known");
    }
}

#[test]
fn what_nobody_can_check_is_named() {
    for (text, parts) in [
        ("project = AE AND labels = backend", vec!["backend"]),
        ("labels not in (a, b) OR labels is EMPTY", vec!["(a, b)"]),
        ("status WAS NOT IN (Done, Gone) AFTER -1w", vec!["(Done, Gone)"]),
        ("priority CHANGED FROM High TO Low BY kim", vec!["High", "Low"]),
        ("status CHANGED AND labels = EMPTY AND assignee WAS currentUser()", vec![]),
        ("größe = \"日本\" AND labels = x", vec!["x"]),
    ] {
        let found = unchecked(&parse(text).expect(text));
        assert_eq!(found.iter().map(|part| part.span.slice(text)).collect::<Vec<_>>(), parts, "{text}");
    }
}

#[test]
fn jiras_messages_get_their_places() {
    let text =
        "größe = 1 AND component = x AND version = X AND sprint in opensprints() AND cf[7] = \"a b\" ORDER BY rnak";
    let query = parse(text).expect(text);
    for (message, marked) in [
        ("The value 'x' does not exist for the field 'component'.", "x"),
        ("The value 'x' does not exist for the field 'version'.", "X"),
        ("Der Wert „a b“ ist für das Feld „cf[7]“ nicht vorhanden.", "\"a b\""),
        ("Unable to find JQL function 'openSprints()'.", "opensprints()"),
        ("La valeur « rien » ne va pas.", ""),
        ("Field 'rnak' does not exist or you do not have permission to view it.", "rnak"),
        ("The operator '=' is not supported by the 'GRÖSSE' field, but by 'größe'.", "größe"),
        ("It's broken, isn't it", ""),
    ] {
        let found = mentioned(&query, message);
        assert_eq!(found.map(|span| span.slice(text)).unwrap_or_default(), marked, "{message}");
    }
}

proptest! {
    #[test]
    fn places_lie_in_the_text(parts in prop::collection::vec(trees::fragment(), 0..12), message in "\\PC{0,40}") {
        let text = parts.join(" ");
        if let Ok(query) = parse(&text) {
            let length = text.chars().count();
            for unknown in unknown(&query, &catalogue()) {
                prop_assert!(unknown.span.start < unknown.span.end && unknown.span.end <= length);
                if let Some(fix) = unknown.fix() {
                    prop_assert!(parse(&applied(&text, &fix)).is_ok(), "{} mended by {:?}", text, fix);
                }
            }
            prop_assert!(unchecked(&query).iter().all(|part| part.span.end <= length));
            prop_assert!(mentioned(&query, &message).is_none_or(|span| span.end <= length));
        }
    }
}
