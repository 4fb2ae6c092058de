//! Epics, parents and sub-tasks: which of the two names of the relation fits, and whether both ends are counted.

use super::{Code, Fix, Lint, Subject};
use crate::{
    ast::{Clause, Comparison, Condition, Operand, Term},
    fields::find_system_field,
    span::Span,
};
use okrsync_domain::connection::Deployment;

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    // Who restricts the type of issue to sub-tasks knows what a parent is.
    let sub_tasks = subject.terms.iter().any(|term| is_system(term, "issuetype") && asks_for_subtasks(term));
    lints.extend(subject.terms.iter().filter_map(|term| epic_or_parent(subject, term, sub_tasks)));
    let both = subject.query.where_clause.as_ref().and_then(both_ends);
    let counted = subject.context.counts.with_parent.filter(|count| *count > 0);
    let (span, message) = match (both, counted) {
        (_, Some(1)) => (subject.whole(), "1 match is a sub-task or child of another match: both count.".to_owned()),
        (_, Some(count)) => {
            (subject.whole(), format!("{count} matches are sub-tasks or children of other matches: both count."))
        }
        (Some(span), None) => {
            (span, "Issues and their own sub-tasks or children can both match: then both count.".to_owned())
        }
        (None, None) => return,
    };
    lints.push(Lint { code: Code::CountsParentsAndSubtasks, message, span, fix: None });
}

fn epic_or_parent(subject: &Subject<'_>, term: &Term, sub_tasks: bool) -> Option<Lint> {
    let epic_link = term.field.plain_name().eq_ignore_ascii_case("Epic Link");
    let (message, better) = match subject.context.deployment? {
        Deployment::Cloud if epic_link => {
            ("\"Epic Link\" finds issues of company-managed projects only; `parent` finds those of all.", "parent")
        }
        Deployment::SelfManaged if is_parent(term) && names_issue(term) && !sub_tasks => {
            ("Here `parent` finds sub-tasks only; the stories of an epic are found by \"Epic Link\".", "\"Epic Link\"")
        }
        _ => return None,
    };
    let span = term.field.place.0;
    let fix = Some(Fix { span, text: better.to_owned() });
    Some(Lint { code: Code::EpicLinkOrParent, message: message.to_owned(), span, fix })
}

fn names_issue(term: &Term) -> bool {
    matches!(term.condition, Condition::Compare(Comparison::Equal, _) | Condition::In { negated: false, .. })
}

/// The part of a restriction that lets an issue and its own sub-tasks or children match.
fn both_ends(clause: &Clause) -> Option<Span> {
    let one_type = |clause: &Clause| matches!(clause, Clause::Term(term) if has_one_type(term));
    match clause {
        Clause::And(clauses) if clauses.iter().any(one_type) => None,
        Clause::And(clauses) => clauses.iter().find_map(both_ends),
        Clause::Or(clauses) => either(clauses).or_else(|| clauses.iter().find_map(both_ends)),
        Clause::Not(_) => None,
        Clause::Term(term) => mixed(term).then_some(term.place.0),
    }
}

/// Issues of one type are not each other's children.
fn has_one_type(term: &Term) -> bool {
    is_system(term, "issuetype") && names_issue(term) && matches!(term.leaves()[..], [Operand::Value(_)])
}

/// `key = K OR parent = K`: K and its children; `"Epic Link" = E OR parent in (…)`: stories and their sub-tasks.
fn either(clauses: &[Clause]) -> Option<Span> {
    let terms: Vec<&Term> = clauses.iter().filter_map(Clause::as_term).filter(|term| names_issue(term)).collect();
    let child = terms.iter().find(|term| is_parent(term))?;
    let above = |term: &&&Term| {
        let same = term.condition.operand() == child.condition.operand();
        let epic = term.field.plain_name().eq_ignore_ascii_case("Epic Link");
        (epic && !same) || (is_system(term, "issuekey") && same)
    };
    let (child, above) = (child.place.0, terms.iter().find(above)?.place.0);
    Some(Span::new(child.start.min(above.start), child.end.max(above.end)))
}

/// One condition that asks for parents and children.
fn mixed(term: &Term) -> bool {
    let all_below = |leaf: &&Operand| {
        let Operand::Function(function) = leaf else { return false };
        ["portfolioChildIssuesOf", "childIssuesOf"].iter().any(|name| function.name.eq_ignore_ascii_case(name))
    };
    let of_types = is_system(term, "issuetype") && asks_for_subtasks(term) && asks_for_others(term);
    names_issue(term) && (of_types || term.leaves().iter().any(all_below))
}

fn is_parent(term: &Term) -> bool {
    is_system(term, "parent")
}

fn is_system(term: &Term, id: &str) -> bool {
    find_system_field(&term.field.plain_name()).is_some_and(|field| field.id == id)
}

fn asks_for_subtasks(term: &Term) -> bool {
    names_issue(term) && term.leaves().into_iter().any(is_subtask_type)
}

fn asks_for_others(term: &Term) -> bool {
    term.leaves().into_iter().any(|leaf| !is_subtask_type(leaf))
}

/// Whether a literal or function names types of sub-tasks.
fn is_subtask_type(leaf: &Operand) -> bool {
    let name = match leaf {
        Operand::Value(value) => &value.text,
        Operand::Function(function) => &function.name,
        Operand::List(..) | Operand::Empty(_) => return false,
    };
    name.to_lowercase().replace(['-', ' '], "").starts_with("subtask")
}
