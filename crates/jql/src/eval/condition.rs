//! One prepared condition, asked of an issue.

use super::{
    history::{When, among, stretches},
    item::{Datum, Item},
    text::Pattern,
    wanted::Wanted,
};
use crate::ast::Comparison;
use std::cmp::Ordering;

/// A condition on the values of a field, or of several taken together (`text`).
#[derive(Debug, Clone)]
pub(super) struct Test {
    /// Ids of the fields.
    pub fields: Vec<String>,
    /// Whether the opposite is asked for.
    pub negated: bool,
    /// What is asked.
    pub check: Check,
}

#[derive(Debug, Clone)]
pub(super) enum Check {
    /// Any value is one of these.
    Among(Vec<Wanted>),
    /// There is no value.
    Empty,
    /// Any value stands so to one of these.
    Ordered(Comparison, Vec<Wanted>),
    /// Any value holds this text.
    Like(Pattern),
    /// The field was one of these at a time that counts.
    Was(Vec<Wanted>, When),
    /// The field changed so at a time that counts.
    Changed { from: Vec<Vec<Wanted>>, to: Vec<Vec<Wanted>>, when: When },
}

impl Test {
    pub(super) fn holds(&self, item: &dyn Item) -> bool {
        let field = self.fields.first().map_or("", String::as_str);
        match &self.check {
            Check::Was(wanted, when) => {
                let stretches = stretches(item, field);
                let was = stretches.iter().any(|stretch| among(wanted, &stretch.values) && when.touches(stretch));
                was != self.negated
            }
            Check::Changed { from, to, when } => {
                let changed = item.changes(field).iter().any(|change| {
                    let before = from.iter().all(|wanted| among(wanted, &change.from));
                    let after = to.iter().all(|wanted| among(wanted, &change.to));
                    before && after && when.holds(change.at, change.by.as_ref())
                });
                changed != self.negated
            }
            _ => self.holds_now(&self.fields.iter().flat_map(|field| item.values(field)).collect::<Vec<_>>()),
        }
    }

    fn holds_now(&self, values: &[Datum<'_>]) -> bool {
        let positive = match &self.check {
            Check::Among(wanted) => among(wanted, values),
            Check::Empty => return values.is_empty() != self.negated,
            Check::Ordered(comparison, wanted) => {
                let fits = |datum: &Datum<'_>| wanted.iter().any(|wanted| stands(*comparison, wanted.order_of(datum)));
                values.iter().any(fits)
            }
            Check::Like(pattern) => values.iter().any(|datum| text_of(datum).is_some_and(|text| pattern.is_in(text))),
            Check::Was(..) | Check::Changed { .. } => false,
        };
        // The opposite of a comparison never matches an empty field.
        if self.negated { !positive && !values.is_empty() } else { positive }
    }
}

fn stands(comparison: Comparison, order: Option<Ordering>) -> bool {
    let Some(order) = order else { return false };
    match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
        Comparison::Equal | Comparison::NotEqual | Comparison::Like | Comparison::NotLike => order.is_eq(),
    }
}

fn text_of<'a>(datum: &'a Datum<'_>) -> Option<&'a str> {
    match datum {
        Datum::Text(text) => Some(text),
        Datum::Named(named) => Some(&named.name),
        _ => None,
    }
}
