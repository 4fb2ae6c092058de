//! What is shown in which colour, also while a query is being written.

use crate::trees;
use okrsync_jql::{
    ast::Operand,
    highlight::{Part, parts},
    parse,
};
use proptest::prelude::*;

/// Text, its parts by one letter each: field, Keyword, call, string, number, operator, punctuation, wrong.
const TABLE: [(&str, &str); 20] = [
    ("project = AE", "f o s"),
    ("größe >= 3.5 AND due < -1w", "f o n K f o n"),
    ("created >= 2026-10-01 OR key = OKR-1", "f o n K f o s"),
    ("status NOT IN (Done, \"To Do\")", "f K K p s p s p"),
    ("NOT (\"Epic Link\" = 'AE-7')", "K p f o s p"),
    ("sprint in openSprints() AND x = 1", "f K c p p K f o n"),
    ("assignee in membersOf(\"a b\")", "f K c p s p"),
    ("assignee IS NOT EMPTY", "f K K K"),
    ("status WAS Done BY kim AFTER startOfDay()", "f K s K s K c p p"),
    ("status CHANGED FROM a TO b AND c = d", "f K K s K s K f o s"),
    ("cf[10016] > 1", "f f f f o n"),
    ("issue.property[x].y = 1", "f f f f f o n"),
    ("a = 1 ORDER BY rank DESC, \"Due date\" asc", "f o n K K f K p f K"),
    ("order by key", "K K f"),
    ("a = 1 & b = 2 | !c = 3", "f o n K f o n K o f o n"),
    ("Epic Link = AE-1", "f f o s"),
    ("labels = next AND", "f o s K"),
    ("a = 1 # note", "f o n w"),
    ("a = \"b", "f o w"),
    ("", ""),
];

fn letter(part: Part) -> &'static str {
    match part {
        Part::Field => "f",
        Part::Keyword => "K",
        Part::Function => "c",
        Part::String => "s",
        Part::Number => "n",
        Part::Operator => "o",
        Part::Punctuation => "p",
        Part::Wrong => "w",
    }
}

#[test]
fn parts_are_what_they_are() {
    for (text, expected) in TABLE {
        let letters: Vec<_> = parts(text).into_iter().map(|(part, _)| letter(part)).collect();
        assert_eq!(letters.join(" "), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn parts_are_in_order_and_leave_out_spaces_only(soup in prop::collection::vec(trees::fragment(), 0..14)) {
        let text = soup.join(" ");
        let chars: Vec<char> = text.chars().collect();
        let (mut at, mut wrong) = (0, false);
        for (part, span) in parts(&text) {
            prop_assert!(!wrong && at <= span.start && span.start < span.end && span.end <= chars.len());
            prop_assert!(chars[at..span.start].iter().all(|char| char.is_whitespace()));
            (at, wrong) = (span.end, part == Part::Wrong);
        }
        prop_assert!(wrong || chars[at..].iter().all(|char| char.is_whitespace()));
    }

    #[test]
    fn a_sound_query_has_its_fields_and_values_told_apart(query in trees::query()) {
        let text = query.canonical();
        let read = parse(&text).unwrap();
        let found = parts(&text);
        let part_at = |start| found.iter().find(|(_, span)| span.start == start).map(|(part, _)| *part);
        for term in read.where_clause.as_ref().map(|clause| clause.terms()).unwrap_or_default() {
            prop_assert_eq!(part_at(term.field.place.0.start), Some(Part::Field), "{}", text);
            for leaf in term.leaves() {
                let expected = match leaf {
                    Operand::Function(_) => vec![Part::Function],
                    Operand::Value(_) => vec![Part::String, Part::Number],
                    _ => vec![Part::Keyword],
                };
                prop_assert!(part_at(leaf.place().0.start).is_some_and(|part| expected.contains(&part)), "{}", text);
            }
        }
    }
}
