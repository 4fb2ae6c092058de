//! What Jira's verdict on a query leaves open: it accepts any label and any value in a history, and only warns of people
//! whom it does not know.

use crate::{
    ast::{Condition, Operand, PredicateKind, Query, Term},
    fields::{Kind, find_system_field},
    span::Span,
};

/// A part of a query that nobody can check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchecked {
    /// One sentence for people.
    pub message: String,
    /// The part.
    pub span: Span,
}

/// The labels and past values of a query, from left to right: Jira accepts any.
///
/// ```
/// use okrsync_jql::{parse, unchecked::unchecked};
/// let text = "labels in (backend, urgnt) AND status WAS Dnoe AND assignee = kim";
/// let parts: Vec<_> = unchecked(&parse(text).unwrap()).iter().map(|part| part.span.slice(text)).collect();
/// assert_eq!(parts, ["(backend, urgnt)", "Dnoe"]);
/// ```
pub fn unchecked(query: &Query) -> Vec<Unchecked> {
    let mut found = Vec::new();
    for term in query.where_clause.as_ref().map(crate::Clause::terms).unwrap_or_default() {
        let name = term.field.plain_name();
        match &term.condition {
            Condition::Compare(_, operand) | Condition::In { operand, .. }
                if is_labels(&name) && has_value(operand) =>
            {
                let message = "Jira does not tell whether such a label exists: check its spelling.".to_owned();
                found.push(Unchecked { message, span: operand.place().0 });
            }
            Condition::Was { operand, .. } => found.extend(of_history(&name, operand)),
            _ => {}
        }
        let ends = term.condition.predicates().iter();
        let ends = ends.filter(|it| matches!(it.kind, PredicateKind::From | PredicateKind::To));
        found.extend(ends.filter_map(|predicate| of_history(&name, &predicate.operand)));
    }
    found
}

fn of_history(field: &str, operand: &Operand) -> Option<Unchecked> {
    has_value(operand).then(|| Unchecked {
        message: format!("Jira does not tell whether {field} ever had such a value: check its spelling."),
        span: operand.place().0,
    })
}

fn is_labels(name: &str) -> bool {
    find_system_field(name).is_some_and(|field| field.id == "labels")
}

fn has_value(operand: &Operand) -> bool {
    operand.leaves().iter().any(|leaf| leaf.as_value().is_some())
}

/// Whether a query names people, of whom Jira only warns where it does not know them.
///
/// ```
/// use okrsync_jql::{parse, unchecked::names_people};
/// assert!(names_people(&parse("assignee in (kim, currentUser())").unwrap()));
/// assert!(!names_people(&parse("assignee = currentUser() OR reporter IS EMPTY").unwrap()));
/// ```
pub fn names_people(query: &Query) -> bool {
    let of_people =
        |term: &&Term| find_system_field(&term.field.plain_name()).is_some_and(|field| field.kind == Kind::User);
    let terms = query.where_clause.as_ref().map(crate::Clause::terms).unwrap_or_default();
    terms.iter().filter(|term| of_people(term)).any(|term| term.condition.operand().is_some_and(has_value))
}
