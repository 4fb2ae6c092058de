//! Fields by name: unknown ones, and names that several fields share.

use super::{Code, Fix, Lint, Subject};
use crate::{
    ast::{Field, FieldName},
    fields::{find_system_field, is_product_field, system_fields},
    value::quote_where_needed,
};
use okrsync_domain::catalogue::{self, Catalogue};
use std::collections::BTreeSet;

pub(super) fn check(subject: &Subject<'_>, lints: &mut Vec<Lint>) {
    let Some(catalogue) = subject.context.catalogue.filter(|catalogue| !catalogue.fields.is_empty()) else { return };
    let sorted_by = subject.query.order_by.iter().map(|sort| &sort.field);
    let fields = subject.terms().into_iter().map(|term| &term.field).chain(sorted_by);
    lints.extend(fields.filter_map(|field| of_field(catalogue, field)));
}

fn of_field(catalogue: &Catalogue, field: &Field) -> Option<Lint> {
    let span = field.place.0;
    let name = field.plain_name();
    // Entity properties are in no catalogue.
    if !field.properties.is_empty() || find_system_field(&name).is_some() || is_product_field(&name) {
        return None;
    }
    let found = find_fields(catalogue, &field.name);
    let ids: BTreeSet<&str> = found.iter().map(|field| field.id.0.as_str()).collect();
    match ids.len() {
        0 => {
            let near = nearest(&name, field_names(catalogue));
            let message = match &near {
                Some(near) => format!("No field is called {name}; did you mean {near}?"),
                None => format!("No field is called {name}, or this account may not see it."),
            };
            let fix = near.map(|near| Fix { span, text: quote_where_needed(near) });
            Some(Lint { code: Code::UnknownField, message, span, fix })
        }
        1 => None,
        count => {
            let ids: Vec<&str> = ids.into_iter().collect();
            let message = format!("{count} fields are called {name} ({}): Jira asks them all.", ids.join(", "));
            Some(Lint { code: Code::AmbiguousField, message, span, fix: None })
        }
    }
}

/// The fields that a query means by this name: by id, display name or clause name; Cloud's `"Effort[Number]"` means all
/// fields of the name before the bracket.
pub(crate) fn find_fields<'a>(catalogue: &'a Catalogue, name: &FieldName) -> Vec<&'a catalogue::Field> {
    let name = match name {
        FieldName::Custom(number) => format!("customfield_{number}"),
        FieldName::Named(name) => name.clone(),
    };
    let collapsed = name.strip_suffix(']').and_then(|name| name.rsplit_once('[')).map(|(name, _)| name);
    let called = |field: &&catalogue::Field, name: &str| {
        let names = [field.id.0.as_str(), field.name.as_str()].into_iter();
        names.chain(field.clause_names.iter().map(String::as_str)).any(|other| other.eq_ignore_ascii_case(name))
    };
    let exact: Vec<_> = catalogue.fields.iter().filter(|field| called(field, &name)).collect();
    match collapsed {
        Some(collapsed) if exact.is_empty() => {
            catalogue.fields.iter().filter(|field| called(field, collapsed)).collect()
        }
        _ => exact,
    }
}

fn field_names(catalogue: &Catalogue) -> impl Iterator<Item = &str> {
    system_fields().iter().map(|field| field.name).chain(catalogue.fields.iter().map(|field| field.name.as_str()))
}

/// The name most like `name`, if one is like enough to be meant.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let far = wanted.chars().count() / 3 + 1;
    let distance = |other: &str| strsim::osa_distance(&wanted, &other.to_lowercase());
    let near = names.map(|other| (distance(other), other)).filter(|(distance, _)| *distance <= far);
    near.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}
