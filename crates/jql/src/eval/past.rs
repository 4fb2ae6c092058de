//! An issue as it was.

use super::item::{Change, Datum, Item};
use chrono::{DateTime, Utc};

/// An issue as it was at an instant, replayed from its changes: queries then match it as they would have.
///
/// Fields without changes keep their present values; `resolutiondate` follows the changes of `resolution`. What an
/// item derives from another field, such as `statusCategory` from the status, moves only if the item lists its changes.
pub struct Past<'a> {
    item: &'a dyn Item,
    at: DateTime<Utc>,
}

impl<'a> Past<'a> {
    /// `item` as it was at `at`.
    pub fn new(item: &'a dyn Item, at: DateTime<Utc>) -> Self {
        Self { item, at }
    }

    /// Whether it had been created by then.
    pub fn existed(&self) -> bool {
        !matches!(self.item.values("created").first(), Some(Datum::Instant(created)) if *created > self.at)
    }

    /// When the resolution was last set, if one was set at that instant.
    fn resolved(&self) -> Vec<Datum<'a>> {
        let changes = self.item.changes("resolution");
        if changes.is_empty() {
            return self.item.values("resolutiondate");
        }
        if changes.first().is_some_and(|first| first.at > self.at && !first.from.is_empty()) {
            // born resolved, and reopened later
            return self.item.values("created");
        }
        let last = changes.into_iter().rfind(|change| change.at <= self.at);
        last.filter(|change| !change.to.is_empty()).map(|change| Datum::Instant(change.at)).into_iter().collect()
    }
}

impl Item for Past<'_> {
    fn values(&self, field: &str) -> Vec<Datum<'_>> {
        if field == "resolutiondate" {
            return self.resolved();
        }
        if !self.existed() {
            return Vec::new();
        }
        let mut changes = self.item.changes(field);
        match changes.iter().rposition(|change| change.at <= self.at) {
            Some(last) => changes.swap_remove(last).to,
            None if changes.is_empty() => self.item.values(field),
            None => changes.swap_remove(0).from,
        }
    }

    fn changes(&self, field: &str) -> Vec<Change<'_>> {
        self.item.changes(field).into_iter().filter(|change| change.at <= self.at).collect()
    }
}
