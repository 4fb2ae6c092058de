//! Keeps a refresh ours while it is worked on: the lease is extended from time to time, and with it the progress that
//! people see. A process that dies extends nothing, and another takes over.

use crate::context::Context;
use okrsync_domain::Instant;
use okrsync_store::{Lease, Progress, StoreError};
use std::{
    pin::pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How far the work has come; written by the work, read by the heartbeat.
#[derive(Debug, Default)]
pub(crate) struct Gauge(Mutex<Progress>);

impl Gauge {
    pub(crate) fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn read(&self) -> Progress {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Does `work` while the lease is ours; none as soon as somebody else has it.
pub(crate) async fn hold<T>(
    context: &Context,
    lease: &Lease,
    gauge: &Gauge,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            () = tokio::time::sleep(context.config.lease() / BEATS) => {}
        }
        match extend(context, lease, gauge).await {
            Err(StoreError::LeaseLost { .. }) => return None,
            // The database may be back before the lease is over.
            Err(error) => tracing::warn!(%error, refresh.id = %lease.refresh_id, "a lease could not be extended"),
            Ok(()) => {}
        }
    }
}

/// Heartbeats within the length of a lease: two may fail before it is lost.
const BEATS: u32 = 3;

/// Extends the lease by its full length from now.
pub(crate) async fn extend(context: &Context, lease: &Lease, gauge: &Gauge) -> Result<(), StoreError> {
    let until = end(context.clock.now(), context.config.lease());
    context.store.extend_lease(lease, until, gauge.read()).await
}

fn end(now: Instant, length: Duration) -> Instant {
    now + chrono::TimeDelta::from_std(length).unwrap_or(chrono::TimeDelta::MAX)
}
