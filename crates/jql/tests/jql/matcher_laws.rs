//! Laws of the matcher over generated restrictions.

use crate::world::{World, context, issues};
use okrsync_jql::{Clause, eval::Matcher, parse};
use proptest::{prelude::*, sample::select};

/// Conditions that mean something in the world of the tests.
const KNOWN: [&str; 14] = [
    "project = AE",
    "assignee = u-kim",
    "assignee is empty",
    "labels != backend",
    "labels not in (urgent, EMPTY)",
    "status was Done",
    "status changed after -11d",
    "due <= now()",
    "created > startOfMonth()",
    "summary !~ login",
    "\"Story Points\" > 1",
    "sprint not in openSprints()",
    "priority >= Medium",
    "resolution = Unresolved",
];

fn known() -> impl Strategy<Value = Clause> {
    let read = |text: &str| parse(text).expect("a known condition").where_clause.expect("a restriction");
    select(&KNOWN[..]).prop_map(read)
}

fn matched(clause: &Clause) -> Vec<bool> {
    let matcher = Matcher::new(clause, &context(&World));
    issues().iter().map(|issue| matcher.matches(issue)).collect()
}

proptest! {
    #[test]
    fn connectives_are_those_of_sets(one in known(), other in known()) {
        let (left, right) = (matched(&one), matched(&other));
        let all = matched(&Clause::all(vec![one.clone(), other.clone()]).unwrap());
        let any = matched(&Clause::any(vec![one, other]).unwrap());
        for issue in 0..left.len() {
            prop_assert_eq!(all[issue], left[issue] && right[issue]);
            prop_assert_eq!(any[issue], left[issue] || right[issue]);
        }
    }

    #[test]
    fn nothing_matches_a_condition_and_its_opposite(one in known(), other in known()) {
        let clause = Clause::any(vec![one, other]).unwrap();
        let opposite = matched(&Clause::Not(Box::new(clause.clone())));
        prop_assert!(matched(&clause).iter().zip(&opposite).all(|(yes, no)| !(*yes && *no)));
    }

    #[test]
    fn any_tree_is_evaluated(clause in crate::trees::clause()) {
        matched(&clause);
        matched(&Clause::Not(Box::new(clause)));
    }

    #[test]
    fn any_literal_is_a_value_or_a_problem(
        field in select(&["created", "due", "timespent", "\"Story Points\"", "issuekey", "status", "priority", "summary", "labels"][..]),
        operator in select(&["=", "<", ">=", "!=", "~", "was", "changed after", "changed to"][..]),
        text in "[-+]?[0-9]{0,20}[wdhmMy]?|[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2})?|\\PC{0,12}",
    ) {
        if let Ok(query) = parse(&format!("{field} {operator} {}", okrsync_jql::value::quote(&text))) {
            matched(&query.where_clause.unwrap());
        }
        if let Ok(query) = parse(&format!("{field} {operator} startOfMonth({})", okrsync_jql::value::quote(&text))) {
            matched(&query.where_clause.unwrap());
        }
        if let Ok(query) = parse(&format!("{field} {operator} {text}")) {
            query.where_clause.iter().for_each(|clause| drop(matched(clause)));
        }
    }
}
