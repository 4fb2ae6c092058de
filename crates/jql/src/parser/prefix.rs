//! The beginning of a query: what may come next.

use super::{Expected, Parser};
use crate::{
    ast::{Clause, Condition, Field, PredicateKind, Query, Term},
    lexer::Kind,
    words::Keyword,
};

/// Where a text ends and what may follow.
pub(crate) struct Prefix {
    /// What may come next.
    pub expected: Expected,
    /// The last word, which may leave a choice (`IS` before NOT or EMPTY).
    pub last: Option<Keyword>,
    /// The field of the condition being written.
    pub field: Option<Field>,
    /// The predicate whose operand comes next.
    pub predicate: Option<PredicateKind>,
    /// Whether the condition just completed takes predicates; then whether FROM and TO, too.
    pub takes_predicates: Option<bool>,
}

/// What may follow `text`; nothing where it is wrong before its end.
pub(crate) fn read_prefix(text: &str) -> Option<Prefix> {
    let mut parser = Parser::new(text);
    let (expected, takes_predicates) = match parser.query() {
        Ok(query) if query.order_by.is_empty() => (after(&query), last_term(&query).and_then(predicates_of)),
        Ok(_) => (Expected::SortEnd, None),
        Err(_) => {
            let (token, expected) = parser.stuck.get()?;
            let at_end = parser.tokens.get(token).is_some_and(|token| token.kind == Kind::End);
            at_end.then_some((expected, None))?
        }
    };
    let last = parser.tokens.iter().rev().find(|token| token.kind != Kind::End).and_then(|token| match token.kind {
        Kind::Keyword(keyword) => Some(keyword),
        _ => None,
    });
    Some(Prefix { expected, last, field: parser.field, predicate: parser.predicate, takes_predicates })
}

fn after(query: &Query) -> Expected {
    if query.is_bounded() { Expected::Connector } else { Expected::Field }
}

fn last_term(query: &Query) -> Option<&Term> {
    query.where_clause.as_ref().and_then(|clause| Clause::terms(clause).pop())
}

fn predicates_of(term: &Term) -> Option<bool> {
    match term.condition {
        Condition::Was { .. } => Some(false),
        Condition::Changed(_) => Some(true),
        _ => None,
    }
}
