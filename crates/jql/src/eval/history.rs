//! The past of a field: what it was, from when to when, and who made it so.

use super::{
    item::{Datum, Item, Named},
    wanted::Wanted,
};
use chrono::{DateTime, Utc};

/// A stretch of an issue's life in which a field did not change.
#[derive(Debug)]
pub(super) struct Stretch<'a> {
    /// First instant; none for "since the beginning" where creation is unknown.
    pub from: Option<DateTime<Utc>>,
    /// First instant after it; none while it lasts.
    pub until: Option<DateTime<Utc>>,
    /// Who began it: the changer, or the creator.
    pub by: Option<Named<'a>>,
    /// All values.
    pub values: Vec<Datum<'a>>,
}

/// The whole past of `field`, oldest first.
pub(super) fn stretches<'a>(item: &'a dyn Item, field: &str) -> Vec<Stretch<'a>> {
    let created = item.values("created").into_iter().find_map(|datum| match datum {
        Datum::Instant(instant) => Some(instant),
        _ => None,
    });
    let creator = item.values("creator").into_iter().find_map(|datum| match datum {
        Datum::Named(named) => Some(named),
        _ => None,
    });
    let changes = item.changes(field);
    let first = changes.first().map_or_else(|| item.values(field), |change| change.from.clone());
    let mut stretches = vec![Stretch { from: created, until: None, by: creator, values: first }];
    for change in changes {
        if let Some(last) = stretches.last_mut() {
            last.until = Some(change.at);
        }
        stretches.push(Stretch { from: Some(change.at), until: None, by: change.by, values: change.to });
    }
    stretches
}

/// When and by whom, from the predicates of a condition. Instants count to the millisecond.
#[derive(Debug, Clone, Default)]
pub(super) struct When {
    /// First instant that counts.
    pub from: Option<DateTime<Utc>>,
    /// First instant that counts no more.
    pub until: Option<DateTime<Utc>>,
    /// Each set must hold the one who changed.
    pub by: Vec<Vec<Wanted>>,
}

impl When {
    /// Only instants in `from..until` count from now on.
    pub(super) fn narrow(&mut self, from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) {
        self.from = self.from.max(from);
        self.until = match (self.until, until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Whether some instant of `stretch` counts.
    pub(super) fn touches(&self, stretch: &Stretch<'_>) -> bool {
        let begins = self.until.is_none_or(|until| stretch.from.is_none_or(|from| from < until));
        let lasts = self.from.is_none_or(|from| stretch.until.is_none_or(|until| until > from));
        begins && lasts && self.possible() && self.allows(stretch.by.as_ref())
    }

    /// Whether a change at `at` counts.
    pub(super) fn holds(&self, at: DateTime<Utc>, by: Option<&Named<'_>>) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until) && self.allows(by)
    }

    fn possible(&self) -> bool {
        !matches!((self.from, self.until), (Some(from), Some(until)) if from >= until)
    }

    fn allows(&self, by: Option<&Named<'_>>) -> bool {
        let person = by.map(|named| Datum::Named(named.clone()));
        self.by.iter().all(|people| among(people, person.as_slice()))
    }
}

/// Whether one of `values` is wanted; with no value, whether emptiness is.
pub(super) fn among(wanted: &[Wanted], values: &[Datum<'_>]) -> bool {
    if values.is_empty() {
        return wanted.contains(&Wanted::Empty);
    }
    values.iter().any(|datum| wanted.iter().any(|wanted| wanted.is(datum)))
}
