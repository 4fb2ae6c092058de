//! Operators and words of the grammar.

use super::{Candidate, Kind};
use crate::{
    fields::Kind as FieldKind,
    parser::{Expected, Prefix},
    words::Keyword,
};

pub(super) fn keywords(words: &[&str]) -> impl Iterator<Item = Candidate> {
    words.iter().map(|word| Candidate::plain(Kind::Keyword, word))
}

/// The operators that a field takes.
pub(super) fn operators(kind: Option<FieldKind>) -> Vec<Candidate> {
    const EQUALITY: [&str; 4] = ["=", "!=", "IN", "NOT IN"];
    const ORDER: [&str; 4] = [">=", "<=", ">", "<"];
    const SEARCH: [&str; 2] = ["~", "!~"];
    const EMPTINESS: [&str; 2] = ["IS EMPTY", "IS NOT EMPTY"];
    const HISTORY: [&str; 5] = ["WAS", "WAS IN", "WAS NOT", "WAS NOT IN", "CHANGED"];
    let groups: &[&[&str]] = match kind {
        Some(FieldKind::Text) => &[&SEARCH, &EMPTINESS],
        Some(FieldKind::Number | FieldKind::Duration | FieldKind::Day | FieldKind::Instant) => {
            &[&ORDER, &EQUALITY, &EMPTINESS]
        }
        Some(FieldKind::Version) => &[&EQUALITY, &ORDER, &SEARCH, &EMPTINESS, &HISTORY],
        Some(FieldKind::Named | FieldKind::User) => &[&EQUALITY, &EMPTINESS, &HISTORY],
        Some(FieldKind::Label | FieldKind::Issue | FieldKind::Sprint) => &[&EQUALITY, &EMPTINESS],
        None => &[&EQUALITY, &ORDER, &SEARCH, &EMPTINESS],
    };
    groups.concat().into_iter().map(|operator| Candidate::plain(Kind::Operator, operator)).collect()
}

/// What may follow where neither a field nor a value can stand.
pub(super) fn candidates(expected: Expected, prefix: &Prefix) -> Vec<Candidate> {
    const BOTH: [&str; 5] = ["AFTER", "BEFORE", "ON", "DURING", "BY"];
    let words: Vec<&str> = match expected {
        Expected::Connector => {
            let ends: &[&str] = if prefix.takes_predicates == Some(true) { &["FROM", "TO"] } else { &[] };
            let history: &[&str] = if prefix.takes_predicates.is_some() { &BOTH } else { &[] };
            [&["AND", "OR", "ORDER BY"], ends, history].concat()
        }
        Expected::Close => vec!["AND", "OR", ")"],
        Expected::ListEnd => vec![")"],
        Expected::Empty if prefix.last == Some(Keyword::Not) => vec!["EMPTY"],
        Expected::Empty => vec!["EMPTY", "NOT EMPTY"],
        Expected::In => vec!["IN"],
        Expected::By => vec!["BY"],
        Expected::SortEnd => vec!["ASC", "DESC"],
        _ => vec![],
    };
    keywords(&words).collect()
}
