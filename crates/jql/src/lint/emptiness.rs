//! `!=`, NOT IN and `!~`, which silently leave out issues without any value.

use super::{Code, Fix, Lint, Subject};
use crate::{
    ast::{Clause, Comparison, Condition, Operand, Term},
    fields::find_system_field,
    span::Span,
};

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Some(clause) = &subject.query.where_clause else { return };
    let terms = clause.terms();
    for term in terms.iter().filter(|term| leaves_out_empty(term)) {
        let name = term.field.plain_name();
        // Who speaks of emptiness elsewhere has thought of it; who asks for a value of the same field has no empty ones.
        let thought_of = terms.iter().any(|other| {
            let same = other.field.plain_name().eq_ignore_ascii_case(&name);
            same && (speaks_of_emptiness(other) || asks_for_value(other))
        });
        if thought_of || under_not(clause, term) {
            continue;
        }
        let span = term.place.0;
        let message = format!("Issues without any {name} are left out, too.");
        let text = format!("({} OR {} IS EMPTY)", span.slice(subject.text), term.field);
        lints.push(Lint { code: Code::LeavesOutEmpty, message, span, fix: Some(Fix { span, text }) });
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

/// Whether a NOT around the term turns it back.
fn under_not(clause: &Clause, term: &Term) -> bool {
    fn find(clause: &Clause, place: Span, not: bool) -> bool {
        match clause {
            Clause::And(clauses) | Clause::Or(clauses) => clauses.iter().any(|clause| find(clause, place, not)),
            Clause::Not(clause) => find(clause, place, true),
            Clause::Term(term) => not && term.place.0 == place,
        }
    }
    find(clause, term.place.0, false)
}
