//! Values by name that mislead.

use super::{Code, Fix, Lint, Subject};
use crate::{
    ast::{Condition, Operand, Value},
    catalogue::Known,
    fields::find_system_field,
    value::quote_where_needed,
};

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Some(known) = &subject.known else { return };
    for term in &subject.terms {
        let Some(field) = find_system_field(&term.field.plain_name()) else { continue };
        let (Condition::Compare(_, operand) | Condition::In { operand, .. }) = &term.condition else { continue };
        let values = operand.leaves().into_iter().filter_map(Operand::as_value);
        lints.extend(values.filter_map(|value| misleading(known, field.id, value)));
    }
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
