//! The order of issues that ORDER BY asks for.

use super::{
    item::{Datum, Item},
    site::Context,
    wanted::split_key,
};
use crate::{
    ast::{Direction, FieldName, Sort},
    error::EvalError,
    fields::find_system_field,
};
use std::{cmp::Ordering, collections::HashMap};

/// ORDER BY made ready.
#[derive(Debug, Clone, Default)]
pub struct Order {
    keys: Vec<Key>,
    problems: Vec<EvalError>,
}

#[derive(Debug, Clone)]
struct Key {
    field: String,
    descending: bool,
    /// Places by id of fields whose values have an order of their own.
    ranks: HashMap<String, usize>,
}

impl Order {
    /// Prepares `sorts`; an unknown field sorts nothing and is listed by [`Order::problems`].
    pub fn new(sorts: &[Sort], context: &Context<'_>) -> Self {
        let mut order = Self::default();
        for sort in sorts {
            if let Some(field) = find_field(sort, context) {
                let named = context.site.ranked(&field);
                let ranks = named.iter().enumerate().map(|(rank, named)| (named.id.to_string(), rank)).collect();
                let descending = sort.direction == Some(Direction::Descending);
                order.keys.push(Key { field, descending, ranks });
            } else {
                let field = sort.field.to_string();
                order.problems.push(EvalError::UnknownField { field, span: sort.field.place.0 });
            }
        }
        order
    }

    /// What means nothing on this site.
    pub fn problems(&self) -> &[EvalError] {
        &self.problems
    }

    /// Which of two issues comes first. Empty fields come last when ascending.
    pub fn compare(&self, one: &dyn Item, other: &dyn Item) -> Ordering {
        let orders = self.keys.iter().map(|key| key.compare(one, other));
        orders.fold(Ordering::Equal, Ordering::then)
    }
}

impl Key {
    fn compare(&self, one: &dyn Item, other: &dyn Item) -> Ordering {
        let (one, other) = (one.values(&self.field), other.values(&self.field));
        let order = match (one.first(), other.first()) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) => self.compare_data(one, other),
        };
        if self.descending { order.reverse() } else { order }
    }

    fn compare_data(&self, one: &Datum<'_>, other: &Datum<'_>) -> Ordering {
        match (one, other) {
            (Datum::Number(one), Datum::Number(other)) => one.cmp(other),
            (Datum::Seconds(one), Datum::Seconds(other)) => one.cmp(other),
            (Datum::Day(one), Datum::Day(other)) => one.cmp(other),
            (Datum::Instant(one), Datum::Instant(other)) => one.cmp(other),
            (Datum::Text(one), Datum::Text(other)) => one.to_lowercase().cmp(&other.to_lowercase()),
            (Datum::Named(one), Datum::Named(other)) => {
                let rank = |id: &str| self.ranks.get(id);
                let keys = (one.key.as_deref().and_then(split_key), other.key.as_deref().and_then(split_key));
                match (rank(&one.id), rank(&other.id), keys) {
                    (Some(one), Some(other), _) => one.cmp(other),
                    (_, _, (Some(one), Some(other))) => one.cmp(&other),
                    _ => one.name.to_lowercase().cmp(&other.name.to_lowercase()),
                }
            }
            _ => Ordering::Equal,
        }
    }
}

fn find_field(sort: &Sort, context: &Context<'_>) -> Option<String> {
    let name = match &sort.field.name {
        FieldName::Named(name) if sort.field.properties.is_empty() => match find_system_field(name) {
            Some(system) => return Some(system.id.to_owned()),
            None => name.clone(),
        },
        FieldName::Custom(number) => format!("customfield_{number}"),
        FieldName::Named(_) => sort.field.to_string(),
    };
    context.site.fields(&name).into_iter().next().map(|field| field.id)
}
