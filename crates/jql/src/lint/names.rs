//! Names that several fields share.

use super::{Code, Lint, Subject};
use crate::{ast::Field, catalogue::Known, fields::find_system_field};
use std::collections::BTreeSet;

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Some(known) = &subject.known else { return };
    let sorted_by = subject.query.order_by.iter().map(|sort| &sort.field);
    let fields = subject.terms.iter().map(|term| &term.field).chain(sorted_by);
    lints.extend(fields.filter_map(|field| of_field(known, field)));
}

fn of_field(known: &Known<'_>, field: &Field) -> Option<Lint> {
    let name = field.plain_name();
    if !field.properties.is_empty() || find_system_field(&name).is_some() {
        return None;
    }
    let ids: BTreeSet<&str> = known.fields(&field.name).iter().map(|field| field.id.0.as_str()).collect();
    if ids.len() < 2 {
        return None;
    }
    let (count, ids) = (ids.len(), ids.into_iter().collect::<Vec<_>>().join(", "));
    let message = format!("{count} fields are called {name} ({ids}): Jira asks them all.");
    Some(Lint { code: Code::AmbiguousField, message, span: field.place.0, fix: None })
}
