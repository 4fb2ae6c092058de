//! Keeps a refresh ours while it is worked on: the lease is extended from time to time, and with it the progress that
//! people see. A process that dies extends nothing, and another takes over.

use crate::context::Context;
use okrsync_store::{Lease, Progress, StoreError};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How far the work has come; written by the work, read by the heartbeat.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    progress: Mutex<Progress>,
    shown_at: Mutex<Option<Instant>>,
}

impl Gauge {
    pub(crate) fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn read(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether people should see it now: once a second is enough for them and spares the database.
    pub(crate) fn is_news(&self) -> bool {
        let mut shown_at = self.shown_at.lock().unwrap_or_else(PoisonError::into_inner);
        let news = shown_at.is_none_or(|shown_at| shown_at.elapsed() >= SHOWN_EVERY);
        if news {
            *shown_at = Some(Instant::now());
        }
        news
    }
}

/// Time between two shows of one refresh's progress.
const SHOWN_EVERY: Duration = Duration::from_secs(1);

/// Does `work` while the lease is ours; none as soon as somebody else has it.
pub(crate) async fn hold<T>(
    context: &Context,
    lease: &Lease,
    gauge: &Gauge,
    work: impl Future<Output = T>,
) -> Option<T> {
    // Both are polled all the time: a heartbeat that waits for the database behind our own work must not stop it.
    tokio::select! {
        biased;
        done = work => Some(done),
        () = beat(context, lease, gauge) => None,
    }
}

/// Extends the lease from time to time; ends when it is lost.
async fn beat(context: &Context, lease: &Lease, gauge: &Gauge) {
    loop {
        tokio::time::sleep(context.config.lease() / BEATS).await;
        match extend(context, lease, gauge).await {
            Err(StoreError::LeaseLost { .. }) => return,
            // The database may be back before the lease is over.
            Err(error) => tracing::warn!(%error, refresh.id = %lease.refresh_id, "a lease could not be extended"),
            Ok(()) => {}
        }
    }
}

/// Heartbeats within the length of a lease: two may fail before it is lost.
const BEATS: u32 = 3;

/// Tries a write again while the database is only busy: hours of reading may hang on it.
pub(crate) async fn insist<T, F>(write: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    for pause in INSISTING {
        match write().await {
            Err(error) if error.is_transient() => tracing::warn!(%error, "the database is busy; once more"),
            done => return done,
        }
        tokio::time::sleep(pause).await;
    }
    write().await
}

/// Pauses between such tries.
const INSISTING: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// Extends the lease by its full length from now.
pub(crate) async fn extend(context: &Context, lease: &Lease, gauge: &Gauge) -> Result<(), StoreError> {
    let until = end(context.clock.now(), context.config.lease());
    context.store.extend_lease(lease, until, gauge.read()).await
}

fn end(now: okrsync_domain::Instant, length: Duration) -> okrsync_domain::Instant {
    now + chrono::TimeDelta::from_std(length).unwrap_or(chrono::TimeDelta::MAX)
}
