//! Whether the query itself decides what is complete.

use super::{Code, Lint, Measured, Subject, mend::without_condition};
use crate::{
    ast::{Clause, Comparison, Condition, Operand, Term},
    fields::find_system_field,
};
use okrsync_domain::catalogue::Catalogue;

/// The state that an issue is supposed to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Finished,
    Open,
}

impl State {
    fn other(self) -> Self {
        match self {
            Self::Finished => Self::Open,
            Self::Open => Self::Finished,
        }
    }
}

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Some(clause) = &subject.query.where_clause else { return };
    let catalogue = subject.context.catalogue;
    let none_is = |state| truth(clause, state, catalogue) == Some(false);
    let (missing, message) = match subject.context.measured {
        Some(Measured::PercentComplete) if none_is(State::Open) => {
            (State::Open, "Only finished issues match, so that percent complete is always 100.")
        }
        Some(Measured::PercentComplete) if none_is(State::Finished) => {
            (State::Finished, "Finished issues do not match, so that percent complete is always 0.")
        }
        Some(Measured::CompletedOnly) if none_is(State::Finished) => {
            (State::Finished, "Finished issues do not match, but only they are counted: the value is always 0.")
        }
        _ => return,
    };
    let term = clause.terms().into_iter().find(|term| of_term(term, missing, catalogue).is_some());
    let span = term.map_or_else(|| subject.whole(), |term| term.place.0);
    let fix = term.and_then(|term| without_condition(subject.text, term.place.0));
    lints.push(Lint { code: Code::SelfFiltersDone, message: message.to_owned(), span, fix });
}

/// Whether an issue in `state` can match: certainly (`Some(true)`), certainly not, or perhaps.
fn truth(clause: &Clause, state: State, catalogue: Option<&Catalogue>) -> Option<bool> {
    match clause {
        Clause::And(clauses) => all(clauses.iter().map(|clause| truth(clause, state, catalogue))),
        Clause::Or(clauses) => {
            all(clauses.iter().map(|clause| truth(clause, state, catalogue).map(|truth| !truth))).map(|truth| !truth)
        }
        Clause::Not(clause) => truth(clause, state, catalogue).map(|truth| !truth),
        Clause::Term(term) => of_term(term, state, catalogue),
    }
}

fn all(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut certain = true;
    for truth in truths {
        match truth {
            Some(false) => return Some(false),
            Some(true) => {}
            None => certain = false,
        }
    }
    certain.then_some(true)
}

/// The same for one condition; nothing where it does not speak of completion.
fn of_term(term: &Term, state: State, catalogue: Option<&Catalogue>) -> Option<bool> {
    let field = find_system_field(&term.field.plain_name())?;
    let negated = match &term.condition {
        Condition::IsEmpty { negated } | Condition::In { negated, .. } => *negated,
        Condition::Compare(comparison, _) => *comparison == Comparison::NotEqual,
        Condition::Was { .. } | Condition::Changed(_) => return None,
    };
    let called = term.leaves().iter().any(|leaf| matches!(leaf, Operand::Function(_)));
    let positive = match field.id {
        "statusCategory" | "status" | "resolution" if called => None,
        "statusCategory" | "status" | "resolution" => of_values(field.id, &values(term), state, catalogue),
        "resolutiondate" => of_resolution_date(&term.condition, state),
        _ => None,
    };
    positive.map(|positive| positive != negated)
}

/// What a term compares with; an absent resolution is the text that Jira shows for it.
fn values(term: &Term) -> Vec<&str> {
    if let Condition::IsEmpty { .. } = term.condition {
        return vec![UNRESOLVED];
    }
    term.leaves().into_iter().map(|leaf| leaf.as_value().map_or(UNRESOLVED, |value| value.text.as_str())).collect()
}

/// How Jira calls the absence of a resolution.
const UNRESOLVED: &str = "unresolved";

/// Whether an issue in `state` has one of these values.
fn of_values(field: &str, texts: &[&str], state: State, catalogue: Option<&Catalogue>) -> Option<bool> {
    let meant: Vec<Option<State>> = texts
        .iter()
        .map(|text| match field {
            "statusCategory" => category(text),
            "status" => status(text, catalogue),
            // Any resolution stands for a finished issue.
            _ => Some(if text.eq_ignore_ascii_case(UNRESOLVED) { State::Open } else { State::Finished }),
        })
        .collect();
    if meant.iter().all(|found| *found == Some(state.other())) {
        return Some(false);
    }
    let of_state = meant.iter().filter(|found| **found == Some(state)).count();
    let covered = match (field, state, catalogue) {
        // There is one category for finished issues, two for open ones; resolutions are many, their absence is one.
        ("statusCategory", State::Finished, _) | ("resolution", State::Open, _) => of_state >= 1,
        ("statusCategory", State::Open, _) => of_state >= 2,
        ("status", _, Some(catalogue)) => of_state >= 1 && names_all(texts, state, catalogue),
        // Without the site's statuses: who names Done means all that is finished.
        ("status", State::Finished, None) => texts.iter().any(|text| text.eq_ignore_ascii_case("done")),
        _ => false,
    };
    covered.then_some(true)
}

/// Whether every status of `state` is among `texts`.
fn names_all(texts: &[&str], state: State, catalogue: &Catalogue) -> bool {
    let named = |name: &str, id: &str| texts.iter().any(|text| name.eq_ignore_ascii_case(text) || *text == id);
    let mut of_state = catalogue.statuses.iter().filter(|status| status.done == (state == State::Finished));
    of_state.all(|status| named(&status.name, &status.id))
}

/// Only resolved issues have the date of their resolution.
fn of_resolution_date(condition: &Condition, state: State) -> Option<bool> {
    match (condition, state) {
        (Condition::IsEmpty { .. }, state) => Some(state == State::Open),
        (_, State::Open) => Some(false),
        (_, State::Finished) => None,
    }
}

/// A status category by name, key or id.
fn category(text: &str) -> Option<State> {
    match text.to_lowercase().as_str() {
        "done" | "complete" | "3" => Some(State::Finished),
        "to do" | "new" | "2" | "in progress" | "indeterminate" | "4" => Some(State::Open),
        _ => None,
    }
}

/// A status by name or id; without a catalogue only names that leave no doubt.
fn status(text: &str, catalogue: Option<&Catalogue>) -> Option<State> {
    let Some(catalogue) = catalogue else {
        return match text.to_lowercase().as_str() {
            "done" | "closed" | "resolved" | "complete" | "completed" => Some(State::Finished),
            "to do" | "open" | "in progress" | "backlog" | "reopened" | "selected for development" => Some(State::Open),
            _ => None,
        };
    };
    let named = |name: &str, id: &str| name.eq_ignore_ascii_case(text) || id == text;
    let mut done = catalogue.statuses.iter().filter(|status| named(&status.name, &status.id)).map(|status| status.done);
    let first = done.next()?;
    done.all(|other| other == first).then_some(if first { State::Finished } else { State::Open })
}
