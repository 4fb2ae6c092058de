//! Says "there may be something to do" to whoever waits, without saying what.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::Notify;

/// Wakes the driver. Clones wake the same one; wakes that nobody has heard yet fold into one, so that late ticks are
/// not replayed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waker {
    notify: Arc<Notify>,
    news: Arc<AtomicU64>,
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

    /// Waits for the next wake, or returns at once if one has not been heard yet.
    pub(crate) async fn woken(&self) {
        self.notify.notified().await;
    }
}
