//! Keeping house beside the passes: what is over is cleared away, readings are thinned by their age, the mirror lets go of
//! what no query holds, and sign-ins that nobody uses are kept alive.

use crate::Engine;
use chrono::TimeDelta;
use okrsync_domain::{ConnectionId, Instant};
use okrsync_store::{Ages, Page, StoreError, Thinned};
use std::sync::{Arc, Mutex, PoisonError};

/// Time between two clearings.
const TIDY_EVERY: TimeDelta = TimeDelta::hours(1);
/// Time between two looks at what is kept for long.
const THIN_EVERY: TimeDelta = TimeDelta::days(1);
/// How long a finished refresh can be looked up.
const KEPT_FOR: TimeDelta = TimeDelta::days(7);
/// OKRs that are looked up together; each is thinned in a transaction of its own.
const BATCH: u32 = 500;
/// Issues that the mirror lets go of in one transaction.
const LET_GO: usize = 500;

/// When something was done last. A new process does it again.
#[derive(Debug, Clone, Default)]
struct Last(Arc<Mutex<Option<Instant>>>);

impl Last {
    fn read(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, at: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    fn is_due(&self, now: Instant, every: TimeDelta) -> bool {
        self.read().is_none_or(|before| now - before >= every)
    }
}

/// When what was done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upkeep {
    tidied: Last,
    thinned: Last,
}

impl Engine {
    /// Keeps house from time to time. Neither it nor a pass waits for the other.
    pub(crate) async fn keep_house(self) {
        loop {
            Box::pin(self.tidy()).await;
            tokio::time::sleep(self.context.config.tick()).await;
        }
    }

    /// Clears away once an hour what nobody asks for any more.
    async fn tidy(&self) {
        let now = self.context.clock.now();
        if !self.upkeep.tidied.is_due(now, TIDY_EVERY) {
            return;
        }
        self.upkeep.tidied.set(Some(now));
        Box::pin(self.keep_grants_alive()).await;
        Box::pin(self.look_after_webhooks()).await;
        match self.context.store.prune(now - KEPT_FOR, now).await {
            Ok(pruned) => tracing::debug!(?pruned, "old refreshes and sessions are cleared away"),
            Err(error) => tracing::warn!(%error, "old refreshes and sessions could not be cleared away"),
        }
        self.tell_of_expiry().await;
        if self.upkeep.thinned.is_due(now, THIN_EVERY) {
            self.keep_less(now).await;
        }
    }

    /// Thins, once a day, what is old.
    async fn keep_less(&self, now: Instant) {
        let done = async {
            let thinned = self.thin(now, self.upkeep.thinned.read()).await?;
            Ok::<_, StoreError>((thinned, self.let_go(now).await?))
        };
        match done.await {
            Ok((thinned, let_go)) => {
                self.upkeep.thinned.set(Some(now));
                tracing::info!(thinned.folded, thinned.dropped, let_go, "what is old is thinned");
            }
            Err(error) => tracing::warn!(%error, "what is old could not be thinned; it is tried again in an hour"),
        }
    }

    /// Thins the readings of all OKRs by their age.
    async fn thin(&self, now: Instant, since: Option<Instant>) -> Result<Thinned, StoreError> {
        let (store, config) = (&self.context.store, &self.context.config);
        let (daily_before, weekly_before) = (now - config.all_readings(), now - config.daily_readings());
        let ages = Ages { now, daily_before, weekly_before, since };
        let (mut sum, mut after) = (Thinned::default(), None);
        loop {
            let okrs = store.okr_ids(after, BATCH).await?;
            for okr in &okrs {
                let thinned = store.thin_readings(*okr, ages).await?;
                sum.folded += thinned.folded;
                sum.dropped += thinned.dropped;
            }
            match okrs.last() {
                Some(last) => after = Some(*last),
                None => return Ok(sum),
            }
        }
    }

    /// Has the mirror let go of what no query holds; how many issues that were. One connection's trouble (that it was removed
    /// meanwhile, say) is none of the others'.
    async fn let_go(&self, now: Instant) -> Result<usize, StoreError> {
        let (mut number, mut trouble) = (0, Ok(()));
        for overview in self.context.store.connections(None, now, Page::all()).await?.items {
            match self.let_go_of(overview.connection.id, now).await {
                Ok(issues) => number += issues,
                Err(error) => trouble = Err(error),
            }
        }
        trouble.map(|()| number)
    }

    async fn let_go_of(&self, connection: ConnectionId, now: Instant) -> Result<usize, StoreError> {
        let store = &self.context.store;
        let unheld = store.unheld(connection, now - self.context.config.believed_for()).await?;
        for part in unheld.chunks(LET_GO) {
            store.unmirror(connection, part.to_vec()).await?;
        }
        Ok(unheld.len())
    }
}
