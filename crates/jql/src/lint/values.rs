//! Values by name: projects, statuses, types and priorities that a site does not have, and names that mislead.

use super::{Code, Fix, Lint, Subject};
use crate::{
    ast::{Condition, Operand, Value},
    catalogue::Known,
    fields::find_system_field,
    value::quote_where_needed,
};
use okrsync_domain::catalogue::Named;

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Some(known) = &subject.known else { return };
    for term in &subject.terms {
        let Some(field) = find_system_field(&term.field.plain_name()) else { continue };
        // Values in histories may be names that have been given up since.
        let (Condition::Compare(_, operand) | Condition::In { operand, .. }) = &term.condition else { continue };
        for value in operand.leaves().into_iter().filter_map(Operand::as_value) {
            lints.extend(match exists(known, field.id, value.text.trim()) {
                Some(true) => misleading(known, field.id, value),
                Some(false) => Some(unknown(known, field.id, value)),
                None => None,
            });
        }
    }
}

/// Whether a field has such a value; nothing where the catalogue does not tell.
fn exists(known: &Known<'_>, field: &str, text: &str) -> Option<bool> {
    let among = |values: &[Named]| {
        let is = |value: &Named| value.id == text || value.name.to_lowercase() == text.to_lowercase();
        (!values.is_empty()).then(|| values.iter().any(is))
    };
    let catalogue = known.catalogue;
    match field {
        "project" => (!catalogue.projects.is_empty()).then(|| !known.projects(text).is_empty()),
        "status" => (!catalogue.statuses.is_empty()).then(|| !known.statuses(text).is_empty()),
        "issuetype" => among(&catalogue.issue_types),
        "priority" => among(&catalogue.priorities),
        _ => None,
    }
}

fn unknown(known: &Known<'_>, field: &str, value: &Value) -> Lint {
    let catalogue = known.catalogue;
    let names: Vec<&str> = match field {
        "project" => {
            catalogue.projects.iter().flat_map(|project| [project.key.as_str(), project.name.as_str()]).collect()
        }
        "status" => catalogue.statuses.iter().map(|status| status.name.as_str()).collect(),
        "issuetype" => catalogue.issue_types.iter().map(|value| value.name.as_str()).collect(),
        _ => catalogue.priorities.iter().map(|value| value.name.as_str()).collect(),
    };
    let (text, span) = (value.text.trim(), value.place.0);
    let near = known.nearest(text, names.into_iter());
    let what = if field == "issuetype" { "issue type" } else { field };
    let message = match near {
        Some(near) => format!("There is no {what} {text}; did you mean {near}?"),
        None => format!("There is no {what} {text}, or this account may not see it."),
    };
    let fix = near.map(|near| Fix { span, text: quote_where_needed(near) });
    Lint { code: Code::UnknownValue, message, span, fix }
}

/// Names that mean several things, or that are changed more easily than a key.
fn misleading(known: &Known<'_>, field: &str, value: &Value) -> Option<Lint> {
    let text = value.text.trim();
    let (message, fix) = match field {
        "project" => {
            let project = known.projects(text).first()?;
            let by_name = !project.key.eq_ignore_ascii_case(text) && project.id != text;
            let message = format!("Projects are renamed more easily than their keys change: {} is safer.", project.key);
            by_name.then(|| (message, Some(quote_where_needed(&project.key))))?
        }
        "status" => {
            let statuses = known.statuses(text);
            let one = statuses.iter().find(|status| status.done)?;
            let other = statuses.iter().find(|status| !status.done)?;
            let message = format!(
                "Several statuses are called {}, and not all mean finished: {} does, {} does not.",
                one.name, one.id, other.id
            );
            (message, None)
        }
        _ => return None,
    };
    let span = value.place.0;
    Some(Lint { code: Code::NameInsteadOfId, message, span, fix: fix.map(|text| Fix { span, text }) })
}
