//! The tree of a query. Parsed trees are at most [`crate::parser::MAX_DEPTH`] deep, so that walking and dropping them
//! needs little stack.

mod operand;
mod term;

pub use operand::{Function, Operand, Value};
pub use term::{Comparison, Condition, Field, FieldName, Predicate, PredicateKind, Property, Term};

use crate::span::Place;

/// A whole query: what it matches and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What an issue must satisfy; none for an empty query or a lone ORDER BY.
    pub where_clause: Option<Clause>,
    /// The order asked for; changes no number.
    pub order_by: Vec<Sort>,
}

impl Query {
    /// Whether there is a search restriction at all. Cloud refuses queries without one, and so does okrsync.
    ///
    /// ```
    /// assert!(okrsync_jql::parse("project = AE").unwrap().is_bounded());
    /// assert!(!okrsync_jql::parse("ORDER BY rank").unwrap().is_bounded());
    /// ```
    pub fn is_bounded(&self) -> bool {
        self.where_clause.is_some()
    }

    /// This query's restriction and `extra`, joined on the tree, so that nothing in the text can escape. The order is
    /// cut off.
    ///
    /// ```
    /// let query = okrsync_jql::parse("x = 1 OR y = 2 ORDER BY rank").unwrap();
    /// let extra = okrsync_jql::parse("updated >= -1d").unwrap().where_clause.unwrap();
    /// assert_eq!(query.and(&extra).canonical(), "(x = 1 OR y = 2) AND updated >= -1d");
    /// ```
    #[must_use]
    pub fn and(&self, extra: &Clause) -> Self {
        let clauses = self.where_clause.iter().chain([extra]).cloned().collect();
        Self { where_clause: Clause::all(clauses), order_by: Vec::new() }
    }
}

/// A restriction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// All of two or more; none of them an `And` (see [`Clause::all`]).
    And(Vec<Clause>),
    /// Any of two or more; none of them an `Or` (see [`Clause::any`]).
    Or(Vec<Clause>),
    /// The opposite.
    Not(Box<Clause>),
    /// One condition on one field.
    Term(Term),
}

impl Clause {
    /// All of `clauses`, flattened; none if there is none.
    pub fn all(clauses: Vec<Self>) -> Option<Self> {
        let flat = clauses.into_iter().flat_map(|clause| match clause {
            Self::And(inner) => inner,
            other => vec![other],
        });
        join(flat.collect(), Self::And)
    }

    /// Any of `clauses`, flattened; none if there is none.
    pub fn any(clauses: Vec<Self>) -> Option<Self> {
        let flat = clauses.into_iter().flat_map(|clause| match clause {
            Self::Or(inner) => inner,
            other => vec![other],
        });
        join(flat.collect(), Self::Or)
    }

    /// All conditions, from left to right.
    ///
    /// ```
    /// let clause = okrsync_jql::parse("x = 1 AND NOT (y = 2 OR z = 3)").unwrap().where_clause.unwrap();
    /// let fields: Vec<_> = clause.terms().iter().map(|term| term.field.to_string()).collect();
    /// assert_eq!(fields, ["x", "y", "z"]);
    /// ```
    pub fn terms(&self) -> Vec<&Term> {
        let mut terms = Vec::new();
        self.collect_terms(&mut terms);
        terms
    }

    /// The condition, if it is a single one.
    pub fn as_term(&self) -> Option<&Term> {
        if let Self::Term(term) = self { Some(term) } else { None }
    }

    fn collect_terms<'a>(&'a self, into: &mut Vec<&'a Term>) {
        match self {
            Self::And(clauses) | Self::Or(clauses) => clauses.iter().for_each(|clause| clause.collect_terms(into)),
            Self::Not(clause) => clause.collect_terms(into),
            Self::Term(term) => into.push(term),
        }
    }
}

fn join(mut clauses: Vec<Clause>, many: fn(Vec<Clause>) -> Clause) -> Option<Clause> {
    if clauses.len() > 1 { Some(many(clauses)) } else { clauses.pop() }
}

/// One part of ORDER BY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// What is sorted by.
    pub field: Field,
    /// Which way, if said.
    pub direction: Option<Direction>,
    /// From the field to its direction.
    pub place: Place,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}
