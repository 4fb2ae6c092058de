//! The gate that every request to Jira passes: is the integration on, is the connection, and has it budget left?
//!
//! What the database says is believed for a moment only, so that a switch or an edit made in another process stops requests
//! within a second, in the midst of a refresh, too. Requests are counted here, and put on the connection's account with
//! each look at it. A wait that Jira asks one process for is kept by all, from the next look on.

use crate::{
    budget::{self, Allowance},
    cost::ASKED_FIRST,
    waker::Waker,
};
use okrsync_connections::{Admission, Error, Later, Wait};
use okrsync_domain::{Clock, ConnectionId, Instant, connection::ConnectionState};
use okrsync_store::{Store, StoreError};
use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, Mutex as Lock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Mutex, Notify},
    time::Instant as Tick,
};

/// How long the integration's switch is believed to stand as it was seen.
const SWITCH_BELIEVED: Duration = Duration::from_millis(400);
/// How long a connection's account is believed to stand as it was seen.
const PURSE_BELIEVED: Duration = Duration::from_millis(800);
/// Nearer to the end of a budget than this, the account is looked at before each request: others spend from it as well.
const NEARLY_SPENT: u64 = 32;

/// The gate of a process. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Gate {
    store: Store,
    clock: Clock,
    waker: Waker,
    switch: Arc<Mutex<Switch>>,
    purses: Arc<Lock<HashMap<ConnectionId, Arc<Mutex<Purse>>>>>,
}

/// Whether the integration is on, as it was last seen.
#[derive(Default)]
struct Switch {
    on: bool,
    seen: Option<(Tick, u64)>,
}

/// What a connection may still send, as it was last seen.
#[derive(Default)]
struct Purse {
    off: bool,
    budget: u32,
    left: u64,
    free_at: Option<Instant>,
    /// What was sent within the hour, by minute.
    sent: Vec<(Instant, u64)>,
    /// Of what is left so much is meant for listings under way.
    pledge: Arc<Pledge>,
    unaccounted: u64,
    waits: Vec<Wait>,
    seen: Option<Look>,
}

/// When a purse was looked at: by the machine's ticks, by the clock, and after how many news.
#[derive(Clone, Copy)]
struct Look {
    tick: Tick,
    at: Instant,
    news: u64,
}

/// The gate as one connection's site passes it; without a connection, only the integration's switch counts.
pub(crate) struct Passage {
    gate: Gate,
    connection: Option<ConnectionId>,
}

impl Admission for Passage {
    fn admit(&self) -> Later<'_, Result<(), Error>> {
        Box::pin(async move {
            self.gate.check_switch().await?;
            match self.connection {
                Some(id) => self.gate.spend(id).await,
                None => Ok(()),
            }
        })
    }

    fn waits(&self) -> Later<'_, Vec<Wait>> {
        Box::pin(async move {
            match self.connection {
                Some(id) => self.gate.waits(id).await,
                None => Vec::new(),
            }
        })
    }

    fn note(&self, wait: Wait) -> Later<'_, ()> {
        Box::pin(async move {
            let Some(id) = self.connection else { return };
            if let Err(error) = self.gate.store.note_wait(id, wait.endpoint, wait.until).await {
                tracing::warn!(%error, connection.id = %id, "other processes could not be told to wait");
            }
        })
    }
}

impl Gate {
    pub(crate) fn new(store: Store, clock: Clock, waker: Waker) -> Self {
        Self { store, clock, waker, switch: Arc::default(), purses: Arc::default() }
    }

    /// The way through the gate for a site.
    pub(crate) fn passage(&self, connection: Option<ConnectionId>) -> Arc<Passage> {
        Arc::new(Passage { gate: self.clone(), connection })
    }

    async fn check_switch(&self) -> Result<(), Error> {
        let mut switch = self.switch.lock().await;
        let news = self.waker.news();
        let fresh = switch.seen.is_some_and(|(at, heard)| heard == news && at.elapsed() < SWITCH_BELIEVED);
        // That it is off is never believed: work that was claimed means that somebody switched it on.
        if !(fresh && switch.on) {
            match self.store.organisation().await {
                Ok(organisation) => *switch = Switch { on: organisation.jira_enabled, seen: Some((Tick::now(), news)) },
                // The database is in trouble, which ends the work by itself.
                Err(error) => tracing::warn!(%error, "whether the integration is on could not be read"),
            }
        }
        if switch.on { Ok(()) } else { Err(Error::SwitchedOff) }
    }

    fn purse(&self, id: ConnectionId) -> Arc<Mutex<Purse>> {
        self.purses.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().clone()
    }

    async fn waits(&self, id: ConnectionId) -> Vec<Wait> {
        let purse = self.purse(id);
        let mut purse = purse.lock().await;
        self.refresh(id, &mut purse).await;
        purse.waits.clone()
    }

    /// Looks at the account, unless what was seen is believed.
    async fn refresh(&self, id: ConnectionId, purse: &mut Purse) {
        if !purse.is_believed(self.clock.now(), self.waker.news())
            && let Err(error) = self.look(id, purse).await
        {
            tracing::warn!(%error, connection.id = %id, "the budget could not be read");
        }
    }

    async fn spend(&self, id: ConnectionId) -> Result<(), Error> {
        let purse = self.purse(id);
        let mut purse = purse.lock().await;
        self.refresh(id, &mut purse).await;
        if purse.off {
            return Err(Error::SwitchedOff);
        }
        purse.spend(self.clock.now())
    }

    /// Waits until the budget has room for what must be sent at one go, besides what was promised to others: listings are
    /// not begun in vain, time and again. Promises are among listings of this process; what else is sent does not ask.
    ///
    /// # Errors
    /// [`Error::BudgetUsedUp`] until when so many may be free, or [`Error::BudgetTooSmall`].
    pub(crate) async fn promise(&self, id: ConnectionId, needed: u64) -> Result<Promise, Error> {
        let purse = self.purse(id);
        loop {
            let mut seen = purse.lock().await;
            self.refresh(id, &mut seen).await;
            let pledge = seen.pledge.clone();
            let mut freed = pin!(pledge.freed.notified());
            // before the look at what is promised, so that nothing that comes free behind it is missed
            freed.as_mut().enable();
            if let Some(promise) = seen.promise(needed, self.clock.now())? {
                return Ok(promise);
            }
            drop(seen);
            freed.await;
        }
    }

    async fn look(&self, id: ConnectionId, purse: &mut Purse) -> Result<(), StoreError> {
        let (now, news) = (self.clock.now(), self.waker.news());
        self.pay(id, purse).await?;
        let Some(spending) = self.store.spending(id, budget::window_start(now), now).await? else {
            purse.off = true; // removed
            return Ok(());
        };
        let Allowance { left, free_at } = budget::allowance(&spending.minutes, spending.budget_per_hour, now);
        purse.off = spending.state == ConnectionState::Disabled;
        (purse.budget, purse.left, purse.free_at) = (spending.budget_per_hour, left, free_at);
        purse.sent = spending.minutes;
        let waits = spending.waits.into_iter();
        purse.waits = waits.map(|(endpoint, until)| Wait { endpoint, until }).collect();
        purse.seen = Some(Look { tick: Tick::now(), at: now, news });
        Ok(())
    }

    /// Puts what was counted on the account.
    async fn pay(&self, id: ConnectionId, purse: &mut Purse) -> Result<u64, StoreError> {
        let sent = purse.unaccounted;
        if sent > 0 {
            self.store.add_requests(id, self.clock.now(), sent).await?;
            metrics_facade::counter!("okrsync_requests_total", "connection" => id.to_string()).increment(sent);
            purse.unaccounted = 0;
        }
        Ok(sent)
    }

    /// Puts the requests of a connection that were sent since the last time on its account; their number.
    pub(crate) async fn account(&self, id: ConnectionId) -> u64 {
        let purse = self.purse(id);
        let mut purse = purse.lock().await;
        match self.pay(id, &mut purse).await {
            Ok(sent) => sent,
            Err(error) => {
                tracing::warn!(%error, connection.id = %id, "requests could not be put on the account; it is tried again");
                0
            }
        }
    }
}

/// What is promised of a purse.
#[derive(Debug, Default)]
struct Pledge {
    requests: AtomicU64,
    freed: Notify,
}

/// Requests that were promised; the rest of them is free again when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Promise {
    pledge: Arc<Pledge>,
    left: u64,
}

impl Promise {
    /// One of them was sent.
    pub(crate) fn spend(&mut self) {
        if self.left > 0 {
            self.left -= 1;
            self.pledge.requests.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.pledge.requests.fetch_sub(self.left, Ordering::SeqCst);
        self.pledge.freed.notify_waiters();
    }
}

impl Purse {
    /// None where what others were promised must come free first.
    fn promise(&self, needed: u64, now: Instant) -> Result<Option<Promise>, Error> {
        let (budget, all) = (u64::from(self.budget), needed + ASKED_FIRST);
        if self.seen.is_some() && budget < all {
            return Err(Error::BudgetTooSmall { budget: self.budget, needed: all });
        }
        if self.seen.is_some() && self.left < needed {
            let free_at = budget::free_at(&self.sent, budget, all, now).max(self.free_at.unwrap_or(now));
            return Err(Error::BudgetUsedUp { budget: self.budget, retry_at: free_at });
        }
        let promised = self.pledge.requests.load(Ordering::SeqCst);
        if promised > 0 && self.left < needed + promised {
            return Ok(None);
        }
        self.pledge.requests.fetch_add(needed, Ordering::SeqCst);
        Ok(Some(Promise { pledge: self.pledge.clone(), left: needed }))
    }

    /// Whether it may be spent from without a look; a clock turned by hand is noticed.
    fn is_believed(&self, now: Instant, news: u64) -> bool {
        let fresh = self.seen.is_some_and(|seen| {
            let age = (now - seen.at).abs().to_std().unwrap_or(Duration::MAX);
            seen.news == news && age.max(seen.tick.elapsed()) < PURSE_BELIEVED
        });
        fresh && !self.off && self.left > NEARLY_SPENT
    }

    fn spend(&mut self, now: Instant) -> Result<(), Error> {
        if self.left == 0 && self.seen.is_some() {
            let retry_at = self.free_at.unwrap_or(now);
            return Err(Error::BudgetUsedUp { budget: self.budget, retry_at });
        }
        self.left = self.left.saturating_sub(1);
        self.unaccounted += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::Random;
    use okrsync_store::Options;
    use std::{future::poll_fn, task::Poll};

    #[test]
    fn what_is_set_aside_for_one_is_not_promised_to_another() {
        let now: Instant = "2026-11-20T12:00:00Z".parse().unwrap();
        let minute = now - chrono::TimeDelta::minutes(30);
        let seen = Some(Look { tick: Tick::now(), at: now, news: 0 });
        let purse = Purse { budget: 30, left: 20, sent: vec![(minute, 10)], seen, ..Purse::default() };
        let promise = |needed| purse.promise(needed, now);
        let mut first = promise(15).unwrap().expect("there is room");
        assert!(promise(6).unwrap().is_none(), "it waits for the first");
        drop(promise(5).unwrap().expect("so much is left"));
        first.spend();
        let second = promise(6).unwrap().expect("five and the one");
        assert!(promise(1).unwrap().is_none());
        drop((first, second));
        assert!(promise(20).unwrap().is_some(), "all of it is free again");
        let free_at = minute + chrono::TimeDelta::minutes(61);
        let used_up = Error::BudgetUsedUp { budget: 30, retry_at: free_at };
        assert_eq!(promise(21).unwrap_err(), used_up, "with what is asked before");
        assert_eq!(promise(28).unwrap_err(), Error::BudgetTooSmall { budget: 30, needed: 31 });
    }

    #[tokio::test]
    async fn a_listing_waits_for_what_another_was_promised() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("okrsync.db").display());
        let store = Store::open(&url, Options::new(Random::seeded(7))).await.unwrap();
        let gate = Gate::new(store, Clock::system(), Waker::default());
        let id = ConnectionId::from(ulid::Ulid::from(1_u128));
        let seen = Some(Look { tick: Tick::now(), at: gate.clock.now(), news: 0 });
        *gate.purse(id).lock().await = Purse { budget: 1000, left: 100, seen, ..Purse::default() };
        let mut first = gate.promise(id, 60).await.unwrap();
        let mut second = Box::pin(gate.promise(id, 50));
        let waits = poll_fn(|context| Poll::Ready(second.as_mut().poll(context).is_pending())).await;
        assert!(waits, "forty are left");
        first.spend();
        drop(first);
        let second = tokio::time::timeout(Duration::from_secs(20), second).await.expect("it is told");
        assert_eq!(second.unwrap().left, 50);
    }
}
