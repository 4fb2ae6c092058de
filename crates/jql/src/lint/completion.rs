//! Whether the query itself decides what is complete.

use super::{Code, Lint, Measured, Subject, mend::without_condition};
use crate::{
    ast::{Clause, Comparison, Condition, Operand, Term},
    catalogue::Known,
    fields::find_system_field,
};
use std::collections::HashSet;

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
    let known = subject.known.as_ref();
    let none_is = |state| truth(clause, state, known) == Some(false);
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
    let term = subject.terms.iter().find(|term| of_term(term, missing, known).is_some());
    let span = term.map_or_else(|| subject.whole(), |term| term.place.0);
    let fix = term.and_then(|term| without_condition(subject.text, term.place.0));
    lints.push(Lint { code: Code::SelfFiltersDone, message: message.to_owned(), span, fix });
}

/// Whether finished issues certainly do not match.
pub(super) fn leaves_out_finished(clause: &Clause, known: Option<&Known<'_>>) -> bool {
    truth(clause, State::Finished, known) == Some(false)
}

/// Whether an issue in `state` can match: certainly (`Some(true)`), certainly not, or perhaps.
fn truth(clause: &Clause, state: State, known: Option<&Known<'_>>) -> Option<bool> {
    match clause {
        Clause::And(clauses) => all(clauses.iter().map(|clause| truth(clause, state, known))),
        Clause::Or(clauses) => {
            all(clauses.iter().map(|clause| truth(clause, state, known).map(|truth| !truth))).map(|truth| !truth)
        }
        Clause::Not(clause) => truth(clause, state, known).map(|truth| !truth),
        Clause::Term(term) => of_term(term, state, known),
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
fn of_term(term: &Term, state: State, known: Option<&Known<'_>>) -> Option<bool> {
    let field = find_system_field(&term.field.plain_name())?;
    let negated = match &term.condition {
        Condition::IsEmpty { negated } | Condition::In { negated, .. } => *negated,
        Condition::Compare(comparison, _) => *comparison == Comparison::NotEqual,
        Condition::Was { .. } | Condition::Changed(_) => return None,
    };
    let called = term.leaves().iter().any(|leaf| matches!(leaf, Operand::Function(_)));
    let positive = match field.id {
        "statusCategory" | "status" | "resolution" if called => None,
        "statusCategory" | "status" | "resolution" => of_values(field.id, &values(term), state, known),
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
fn of_values(field: &str, texts: &[&str], state: State, known: Option<&Known<'_>>) -> Option<bool> {
    let meant = |text: &&str| match field {
        "statusCategory" => category(text).map(|(state, _)| state),
        "status" => status(text, known),
        // Any resolution stands for a finished issue.
        _ => Some(if text.eq_ignore_ascii_case(UNRESOLVED) { State::Open } else { State::Finished }),
    };
    if texts.iter().all(|text| meant(text) == Some(state.other())) {
        return Some(false);
    }
    let named = texts.iter().any(|text| meant(text) == Some(state));
    let covered = match (field, known) {
        ("statusCategory", _) => {
            let ids = texts.iter().filter_map(|text| category(text)).filter(|(found, _)| *found == state);
            let ids: HashSet<u8> = ids.map(|(_, id)| id).collect();
            ids.len() == if state == State::Finished { 1 } else { 2 }
        }
        ("resolution", _) => named && state == State::Open,
        ("status", Some(known)) => named && names_all(texts, state, known),
        // Without the site's statuses: who names Done means all that is finished.
        _ => state == State::Finished && texts.iter().any(|text| text.eq_ignore_ascii_case("done")),
    };
    covered.then_some(true)
}

/// Whether every status of `state` is among `texts`.
fn names_all(texts: &[&str], state: State, known: &Known<'_>) -> bool {
    let texts: HashSet<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let mut of_state = known.catalogue.statuses.iter().filter(|status| status.done == (state == State::Finished));
    of_state.all(|status| texts.contains(&status.name.to_lowercase()) || texts.contains(&status.id))
}

/// Only resolved issues have the date of their resolution.
fn of_resolution_date(condition: &Condition, state: State) -> Option<bool> {
    match (condition, state) {
        (Condition::IsEmpty { .. }, state) => Some(state == State::Open),
        (_, State::Open) => Some(false),
        (_, State::Finished) => None,
    }
}

/// A status category by name, key or id: what it means, and its id.
fn category(text: &str) -> Option<(State, u8)> {
    match text.to_lowercase().as_str() {
        "done" | "complete" | "3" => Some((State::Finished, 3)),
        "to do" | "new" | "2" => Some((State::Open, 2)),
        "in progress" | "indeterminate" | "4" => Some((State::Open, 4)),
        _ => None,
    }
}

/// A status by name or id; without a catalogue only names that leave no doubt.
fn status(text: &str, known: Option<&Known<'_>>) -> Option<State> {
    let Some(known) = known else {
        return match text.to_lowercase().as_str() {
            "done" | "closed" | "resolved" | "complete" | "completed" => Some(State::Finished),
            "to do" | "open" | "in progress" | "backlog" | "reopened" | "selected for development" => Some(State::Open),
            _ => None,
        };
    };
    let mut done = known.statuses(text).iter().map(|status| status.done);
    let first = done.next()?;
    done.all(|other| other == first).then_some(if first { State::Finished } else { State::Open })
}
