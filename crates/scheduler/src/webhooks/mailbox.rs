//! Hints that wait to be looked at, by connection. A repeated one counts once; beyond a limit they are left to the sweep.

use okrsync_domain::{ConnectionId, issue::IssueId};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Issues that wait for one connection at most.
const MOST_WAITING: usize = 10_000;
/// Issues that are looked at together.
const BATCH: usize = 500;

/// Hints by connection. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mailbox {
    piles: Arc<Mutex<HashMap<ConnectionId, Pile>>>,
    news: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Pile {
    waiting: BTreeSet<IssueId>,
    /// Whether somebody looks after it.
    attended: bool,
}

impl Mailbox {
    fn piles(&self) -> MutexGuard<'_, HashMap<ConnectionId, Pile>> {
        self.piles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts hints down. Never blocks.
    pub(crate) fn put(&self, connection: ConnectionId, issues: Vec<IssueId>) {
        if issues.is_empty() {
            return;
        }
        let mut piles = self.piles();
        let pile = piles.entry(connection).or_default();
        let room = MOST_WAITING.saturating_sub(pile.waiting.len());
        pile.waiting.extend(issues.into_iter().take(room));
        let is_new = !pile.attended;
        drop(piles);
        if is_new {
            self.news.notify_one();
        }
    }

    /// Waits for a pile that nobody looks after; now the caller does, until [`Mailbox::take`] gives nothing.
    pub(crate) async fn next(&self) -> ConnectionId {
        loop {
            let found = self.piles().iter_mut().find(|(_, pile)| !pile.attended).map(|(id, pile)| {
                pile.attended = true;
                *id
            });
            match found {
                Some(id) => return id,
                None => self.news.notified().await,
            }
        }
    }

    /// Takes the next hints of a pile. None where there are none: then nobody looks after it any more.
    pub(crate) fn take(&self, connection: ConnectionId) -> Option<Vec<IssueId>> {
        let mut piles = self.piles();
        let pile = piles.get_mut(&connection)?;
        if pile.waiting.is_empty() {
            piles.remove(&connection);
            return None;
        }
        let rest = pile.waiting.iter().nth(BATCH).copied();
        let left = rest.map(|first| pile.waiting.split_off(&first)).unwrap_or_default();
        Some(std::mem::replace(&mut pile.waiting, left).into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    #[tokio::test]
    async fn hints_are_gathered_and_every_pile_has_one_keeper() {
        let (mailbox, id) = (Mailbox::default(), ConnectionId::from(Ulid::from(1_u128)));
        let issues = |range: std::ops::Range<i64>| range.map(IssueId).collect::<Vec<_>>();
        mailbox.put(id, issues(0..3));
        mailbox.put(id, issues(2..5));
        assert_eq!(mailbox.next().await, id);
        let nobody = tokio::time::timeout(std::time::Duration::ZERO, mailbox.next()).await;
        assert!(nobody.is_err(), "the pile has its keeper");
        assert_eq!(mailbox.take(id), Some(issues(0..5)), "each once");
        mailbox.put(id, issues(0..20_000));
        assert_eq!(mailbox.take(id), Some(issues(0..500)));
        let mut taken = 500;
        while let Some(more) = mailbox.take(id) {
            taken += more.len();
        }
        assert_eq!(taken, MOST_WAITING, "the rest is the sweep's");
        mailbox.put(id, issues(7..8));
        assert_eq!(mailbox.next().await, id, "it was left");
    }
}
