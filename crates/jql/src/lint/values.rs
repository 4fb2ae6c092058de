//! Values by name: projects, statuses, types and priorities that a site does not have, and names that mislead.

use super::{Code, Fix, Lint, Subject, names::nearest};
use crate::{
    ast::{Condition, Operand, Term, Value},
    fields::find_system_field,
    value::quote_where_needed,
};
use okrsync_domain::catalogue::Catalogue;

/// A value that a field can have: id, key if there is one, name.
type Known<'a> = (&'a str, Option<&'a str>, &'a str);

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Some(catalogue) = subject.context.catalogue else { return };
    for term in subject.terms() {
        let Some(field) = find_system_field(&term.field.plain_name()) else { continue };
        // Values in histories may be names that have been given up since.
        let (Condition::Compare(_, operand) | Condition::In { operand, .. }) = &term.condition else { continue };
        let known = known_values(catalogue, field.id);
        for value in operand.leaves().into_iter().filter_map(Operand::as_value).filter(|_| !known.is_empty()) {
            lints.extend(unknown(term, value, &known).or_else(|| misleading(catalogue, field.id, value)));
        }
    }
}

fn known_values<'a>(catalogue: &'a Catalogue, field: &str) -> Vec<Known<'a>> {
    let named = |values: &'a [okrsync_domain::catalogue::Named]| {
        values.iter().map(|value| (value.id.as_str(), None, value.name.as_str())).collect()
    };
    match field {
        "project" => {
            catalogue.projects.iter().map(|it| (it.id.as_str(), Some(it.key.as_str()), it.name.as_str())).collect()
        }
        "status" => catalogue.statuses.iter().map(|it| (it.id.as_str(), None, it.name.as_str())).collect(),
        "issuetype" => named(&catalogue.issue_types),
        "priority" => named(&catalogue.priorities),
        _ => Vec::new(),
    }
}

fn unknown(term: &Term, value: &Value, known: &[Known<'_>]) -> Option<Lint> {
    let text = value.text.trim();
    let is = |other: &str| other.to_lowercase() == text.to_lowercase();
    if known.iter().any(|(id, key, name)| *id == text || key.is_some_and(is) || is(name)) {
        return None;
    }
    let field = term.field.plain_name();
    let near = nearest(text, known.iter().flat_map(|(_, key, name)| key.iter().copied().chain([*name])));
    let message = match near {
        Some(near) => format!("There is no {field} {text}; did you mean {near}?"),
        None => format!("There is no {field} {text}, or this account may not see it."),
    };
    let span = value.place.0;
    let fix = near.map(|near| Fix { span, text: quote_where_needed(near) });
    Some(Lint { code: Code::UnknownValue, message, span, fix })
}

/// Names that mean several things, or that are changed more easily than a key.
fn misleading(catalogue: &Catalogue, field: &str, value: &Value) -> Option<Lint> {
    let is = |name: &str| name.to_lowercase() == value.text.trim().to_lowercase();
    let span = value.place.0;
    let (message, fix) = match field {
        "project" => {
            let by_name = catalogue.projects.iter().find(|project| is(&project.name))?;
            if catalogue.projects.iter().any(|project| is(&project.key)) {
                return None;
            }
            let message = format!("Projects are renamed more easily than their keys change: {} is safer.", by_name.key);
            (message, Some(Fix { span, text: quote_where_needed(&by_name.key) }))
        }
        "status" => {
            let named = catalogue.statuses.iter().filter(|status| is(&status.name));
            let (done, open): (Vec<_>, Vec<_>) = named.partition(|status| status.done);
            let (one, other) = (done.first()?, open.first()?);
            let message = format!(
                "Several statuses are called {}, and not all mean finished: {} does, {} does not.",
                one.name, one.id, other.id
            );
            (message, None)
        }
        _ => return None,
    };
    Some(Lint { code: Code::NameInsteadOfId, message, span, fix })
}
