//! What a literal or function stands for, and whether a value of an issue is it.

use super::item::{Datum, Named};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use std::{cmp::Ordering, collections::HashMap, sync::Arc};

/// One thing that a field is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    /// No value at all.
    Empty,
    /// An id, key or name, in lower case.
    Text(String),
    /// An id and nothing else: what functions give.
    Id(String),
    Number(Decimal),
    /// Working time.
    Seconds(i64),
    Day(NaiveDate),
    Instant(DateTime<Utc>),
    /// A place in the order of a field's values, by id.
    Rank(usize, Arc<HashMap<String, usize>>),
    /// An issue by project and number.
    Key(String, u64),
}

impl Wanted {
    /// A text literal, compared without regard to case.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_lowercase())
    }

    /// Whether `datum` is this.
    pub(super) fn is(&self, datum: &Datum<'_>) -> bool {
        match (self, datum) {
            (Self::Text(text), Datum::Text(other)) => same(other, text),
            (Self::Text(text), Datum::Named(named)) => names(named).any(|name| same(name, text)),
            (Self::Id(id), Datum::Named(named)) => named.id == *id,
            _ => self.order_of(datum) == Some(Ordering::Equal),
        }
    }

    /// How `datum` stands to this: less, equal or greater; nothing where the two have no order.
    pub(super) fn order_of(&self, datum: &Datum<'_>) -> Option<Ordering> {
        match (self, datum) {
            (Self::Number(wanted), Datum::Number(number)) => Some(number.cmp(wanted)),
            (Self::Seconds(wanted), Datum::Seconds(seconds)) => Some(seconds.cmp(wanted)),
            (Self::Day(wanted), Datum::Day(day)) => Some(day.cmp(wanted)),
            (Self::Instant(wanted), Datum::Instant(instant)) => Some(instant.cmp(wanted)),
            (Self::Rank(wanted, ranks), Datum::Named(named)) => Some(ranks.get(&*named.id)?.cmp(wanted)),
            (Self::Key(project, number), Datum::Named(named)) => {
                // Jira orders issues within a project only.
                let (other, found) = split_key(named.key.as_deref()?)?;
                other.eq_ignore_ascii_case(project).then(|| found.cmp(number))
            }
            _ => None,
        }
    }
}

fn names<'a>(named: &'a Named<'_>) -> impl Iterator<Item = &'a str> {
    [Some(&*named.id), named.key.as_deref(), Some(&*named.name)].into_iter().flatten()
}

/// Whether `text` is `lower` but for the case of letters.
fn same(text: &str, lower: &str) -> bool {
    text.chars().flat_map(char::to_lowercase).eq(lower.chars())
}

/// `AE-786` as project and number.
pub(super) fn split_key(key: &str) -> Option<(&str, u64)> {
    let (project, number) = key.rsplit_once('-')?;
    Some((project, number.parse().ok()?))
}
