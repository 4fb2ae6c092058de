//! Says "there may be something to do" to whoever waits, without saying what.

use std::sync::Arc;
use tokio::sync::Notify;

/// Wakes the driver. Clones wake the same one; wakes that nobody has heard yet fold into one, so that late ticks are
/// not replayed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waker(Arc<Notify>);

impl Waker {
    /// Wakes; never blocks.
    pub(crate) fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits for the next wake, or returns at once if one has not been heard yet.
    pub(crate) async fn woken(&self) {
        self.0.notified().await;
    }
}
