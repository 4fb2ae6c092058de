//! `!=`, NOT IN and `!~`, which silently leave out issues without any value.

use super::{Code, Fix, Lint, Subject};
use crate::{
    ast::{Clause, Comparison, Condition, Operand, Term},
    fields::find_system_field,
};
use std::collections::HashSet;

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Some(clause) = &subject.query.where_clause else { return };
    let name = |term: &Term| term.field.plain_name().to_lowercase();
    // Who speaks of emptiness elsewhere has thought of it; who asks for a value of the same field has no empty ones.
    let spoken = subject.terms.iter().filter(|term| speaks_of_emptiness(term) || asks_for_value(term));
    let thought_of: HashSet<String> = spoken.map(|term| name(term)).collect();
    let mut upright = Vec::new();
    outside_not(clause, &mut upright);
    for term in upright.into_iter().filter(|term| leaves_out_empty(term) && !thought_of.contains(&name(term))) {
        let span = term.place.0;
        let message = format!("Issues without any {} are left out, too.", term.field.plain_name());
        let text = format!("({term} OR {} IS EMPTY)", term.field);
        lints.push(Lint { code: Code::LeavesOutEmpty, message, span, fix: Some(Fix { span, text }) });
    }
}

/// Conditions that no NOT turns around.
fn outside_not<'a>(clause: &'a Clause, into: &mut Vec<&'a Term>) {
    match clause {
        Clause::And(clauses) | Clause::Or(clauses) => clauses.iter().for_each(|clause| outside_not(clause, into)),
        Clause::Not(_) => {}
        Clause::Term(term) => into.push(term),
    }
}

/// Fields that most issues do not have: leaving out the empty ones is rarely meant.
fn leaves_out_empty(term: &Term) -> bool {
    const OFTEN_EMPTY: [&str; 7] = ["labels", "components", "fixVersions", "versions", "sprint", "assignee", "parent"];
    let name = term.field.plain_name();
    let often = match find_system_field(&name) {
        Some(field) => OFTEN_EMPTY.contains(&field.id),
        None => name.eq_ignore_ascii_case("Epic Link"),
    };
    let negative = match &term.condition {
        Condition::Compare(Comparison::NotEqual, operand) => !matches!(operand, Operand::Empty(_)),
        Condition::In { negated, .. } => *negated,
        _ => false,
    };
    often && negative && !speaks_of_emptiness(term)
}

fn asks_for_value(term: &Term) -> bool {
    matches!(
        term.condition,
        Condition::Compare(Comparison::Equal | Comparison::Like, _) | Condition::In { negated: false, .. }
    )
}

fn speaks_of_emptiness(term: &Term) -> bool {
    let empty = |leaf: &&Operand| matches!(leaf, Operand::Empty(_));
    matches!(term.condition, Condition::IsEmpty { .. }) || term.leaves().iter().any(empty)
}
