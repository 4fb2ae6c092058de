//! Fields by name: unknown ones, and names that several fields share.

use super::{Code, Fix, Lint, Subject};
use crate::{
    ast::Field,
    catalogue::Known,
    fields::{find_system_field, is_product_field, system_fields},
    value::quote_where_needed,
};
use std::collections::BTreeSet;

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Some(known) = subject.known.as_ref().filter(|known| !known.catalogue.fields.is_empty()) else { return };
    let sorted_by = subject.query.order_by.iter().map(|sort| &sort.field);
    let fields = subject.terms.iter().map(|term| &term.field).chain(sorted_by);
    lints.extend(fields.filter_map(|field| of_field(known, field)));
}

fn of_field(known: &Known<'_>, field: &Field) -> Option<Lint> {
    let name = field.plain_name();
    // Entity properties are in no catalogue.
    if !field.properties.is_empty() || find_system_field(&name).is_some() || is_product_field(&name) {
        return None;
    }
    let ids: BTreeSet<&str> = known.fields(&field.name).iter().map(|field| field.id.0.as_str()).collect();
    match ids.len() {
        0 => Some(unknown(known, field, &name)),
        1 => None,
        count => {
            let ids: Vec<&str> = ids.into_iter().collect();
            let message = format!("{count} fields are called {name} ({}): Jira asks them all.", ids.join(", "));
            Some(Lint { code: Code::AmbiguousField, message, span: field.place.0, fix: None })
        }
    }
}

fn unknown(known: &Known<'_>, field: &Field, name: &str) -> Lint {
    let span = field.place.0;
    let system = system_fields().iter().map(|field| field.name);
    let near = known.nearest(name, system.chain(known.catalogue.fields.iter().map(|field| field.name.as_str())));
    let message = match near {
        Some(near) => format!("No field is called {name}; did you mean {near}?"),
        None => format!("No field is called {name}, or this account may not see it."),
    };
    let fix = near.map(|near| Fix { span, text: quote_where_needed(near) });
    Lint { code: Code::UnknownField, message, span, fix }
}
