//! Says "there may be something to do" to whoever waits, without saying what.

use okrsync_domain::ConnectionId;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Notify;

/// Wakes the driver. Clones wake the same one; wakes that nobody has heard yet fold into one, so that late ticks are
/// not replayed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waker {
    notify: Arc<Notify>,
    news: Arc<AtomicU64>,
    hints: Arc<Mutex<HashMap<ConnectionId, u64>>>,
}

impl Waker {
    /// Wakes; never blocks.
    pub(crate) fn wake(&self) {
        self.notify.notify_one();
    }

    /// Says that somebody asked for something just now: what was learnt before may be out of date for it.
    pub(crate) fn note_news(&self) {
        self.news.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts the news.
    pub(crate) fn news(&self) -> u64 {
        self.news.load(Ordering::SeqCst)
    }

    /// Says that a connection's issues changed just now: what was learnt of that connection before may be out of date.
    pub(crate) fn note_hint(&self, id: ConnectionId) {
        *self.hints.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
    }

    /// Counts the hints at a connection's issues.
    pub(crate) fn hints(&self, id: ConnectionId) -> u64 {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied().unwrap_or(0)
    }

    /// Waits for the next wake, or returns at once if one has not been heard yet.
    pub(crate) async fn woken(&self) {
        self.notify.notified().await;
    }
}
