//! The engine as others see it: run it, wake it, ask it, wait for it.

use crate::{
    SyncConfig, SyncError,
    catalogues::Catalogues,
    context::Context,
    credentials::Tools,
    driver::Driver,
    events::Events,
    expiry::Told,
    gate::Gate,
    pass::Pass,
    replicas::{News, Outbox},
    sites::Sites,
    status::PassStatus,
    upkeep::Upkeep,
    waker::Waker,
    webhooks::Mailbox,
};
use okrsync_connections::{KeyRing, ServerPolicy};
use okrsync_domain::{
    Clock, Instant, Problem, Random, RefreshId,
    connection::{Connection, ConnectionState},
    refresh::{Refresh, RefreshState},
};
use okrsync_store::{Origin, RefreshRequest, RefreshScope, Store};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

/// How often somebody who waits looks whether another process has finished the work.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// A refresh may end in the instant in which it is joined; the next try then makes a new one.
const JOINING_TRIES: u32 = 3;
/// The engine. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) context: Arc<Context>,
    status: watch::Sender<PassStatus>,
    /// One pass at a time in this process.
    single_flight: Arc<Mutex<()>>,
    /// Name under which this process holds leases.
    worker: Arc<str>,
    pub(crate) upkeep: Upkeep,
    pub(crate) told_expiry: Told,
    pub(crate) mailbox: Mailbox,
}

impl Engine {
    /// An engine that does nothing until it is run or asked for a pass.
    pub fn new(
        store: Store,
        keys: KeyRing,
        clock: Clock,
        random: Random,
        config: SyncConfig,
        policy: ServerPolicy,
    ) -> Self {
        let waker = Waker::default();
        let gate = Gate::new(store.clone(), clock.clone(), waker.clone());
        let worker = format!("{:032x}", u128::from_le_bytes(random.bytes())).into();
        let outbox = Outbox::default();
        let events = Events::new(&clock).telling(&outbox);
        let tools =
            Tools { store: store.clone(), keys, clock: clock.clone(), random: random.clone(), events: events.clone() };
        let sites = Sites::new(tools, &config, policy, gate);
        let context =
            Context { store, clock, random, config, sites, catalogues: Catalogues::default(), events, waker, outbox };
        let (status, single_flight, upkeep, told_expiry, mailbox) = Default::default();
        Self { context: Arc::new(context), status, single_flight, worker, upkeep, told_expiry, mailbox }
    }

    /// Refreshes what is due, at ticks and when woken, until `shutdown`. Work under way is then finished within the
    /// configured time; what takes longer is taken over by another process when its lease runs out.
    ///
    /// # Errors
    /// The ticking clock could not be started.
    pub async fn run(&self, shutdown: CancellationToken) -> Result<(), SyncError> {
        let config = &self.context.config;
        let driver = Driver { tick: config.tick(), stop_within: config.shutdown(), waker: self.context.waker.clone() };
        let stop = shutdown.clone();
        let pass = || {
            let (engine, stop) = (self.clone(), stop.clone());
            async move { drop(engine.pass_until(&stop).await) }
        };
        let backfills = async {
            if config.backfill {
                Box::pin(self.run_backfills(shutdown.clone())).await;
            }
        };
        let hints = Box::pin(self.run_hints(shutdown.clone()));
        // the last work of a process is told as well
        let over = CancellationToken::new();
        let replicas = Box::pin(self.run_replicas(over.clone()));
        let drive = async {
            let ended = driver.run(shutdown.clone(), pass).await;
            over.cancel();
            ended
        };
        let upkeep = shutdown.clone().run_until_cancelled_owned(self.clone().keep_house());
        let (ended, (), (), (), _) = tokio::join!(drive, backfills, hints, replicas, upkeep);
        Ok(ended?)
    }

    /// Name under which this process holds leases.
    pub(crate) fn worker(&self) -> &str {
        &self.worker
    }

    /// Says that something is due now. Never blocks.
    pub fn wake(&self) {
        self.context.waker.note_news();
        self.context.waker.wake();
        self.context.outbox.put(News::Work);
    }

    /// One full pass: everything that is due is refreshed, until nothing is. Waits for a pass under way first.
    pub async fn pass(&self) -> PassStatus {
        self.pass_until(&CancellationToken::new()).await
    }

    async fn pass_until(&self, stop: &CancellationToken) -> PassStatus {
        let _alone = self.single_flight.lock().await;
        Box::pin(Pass::new(self.context.clone(), stop, &self.status, &self.worker).run()).await
    }

    /// The pass under way, or the last one.
    pub fn status(&self) -> watch::Receiver<PassStatus> {
        self.status.subscribe()
    }

    /// What happens, as it happens.
    pub fn events(&self) -> &Events {
        &self.context.events
    }

    /// The sites behind the connections.
    pub fn sites(&self) -> &Sites {
        &self.context.sites
    }

    /// The refresh button: marks the queries in scope due now, joins what is under way, and wakes the engine. A pause
    /// of our own making is no obstacle; one that Jira asked for is. None if nothing in scope has a link.
    ///
    /// # Errors
    /// [`SyncError::Disabled`] with the integration or the connection off, [`SyncError::NeedsAuthorization`], or
    /// [`SyncError::Jira`] with `retry_at` while Jira wants to be left alone.
    pub async fn request(&self, scope: RefreshScope) -> Result<Option<RefreshRequest>, SyncError> {
        let Context { store, clock, .. } = &*self.context;
        if !store.organisation().await?.jira_enabled {
            return Err(SyncError::Disabled);
        }
        let connection = self.only_connection(&scope).await?;
        if let Some(connection) = &connection {
            askable(connection, clock.now())?;
        }
        // Before it can be claimed, so that it is not measured by what was learnt before it was asked for.
        self.context.waker.note_news();
        let mut request = None;
        for _ in 0..JOINING_TRIES {
            request = store.request_refresh(scope.clone(), Origin::Person, clock.now()).await?;
            if request.is_some() || connection.is_none() {
                break;
            }
        }
        self.wake();
        Ok(request)
    }

    /// The connection that a scope is about, if it is about one: its trouble is then the answer. A wider scope is
    /// queued, and each query tells for itself.
    async fn only_connection(&self, scope: &RefreshScope) -> Result<Option<Connection>, SyncError> {
        let store = &self.context.store;
        let id = match scope {
            RefreshScope::All => None,
            RefreshScope::Connection(id) => Some(*id),
            RefreshScope::Okrs(okrs) => match okrs.as_slice() {
                [okr] => store.find_link(*okr).await?.map(|link| link.connection_id),
                _ => None,
            },
            RefreshScope::Queries(queries) => match queries.as_slice() {
                [query] => store.find_query(*query).await?.map(|query| query.connection_id),
                _ => None,
            },
        };
        Ok(match id {
            Some(id) => Some(store.get_connection(id).await?),
            None => None,
        })
    }

    /// Waits until a refresh, or a group, has ended, but no longer than `at_most`: look at its state. None if there is
    /// no such refresh.
    ///
    /// # Errors
    /// The database.
    pub async fn wait(&self, id: RefreshId, at_most: Duration) -> Result<Option<Refresh>, SyncError> {
        let mut events = self.context.events.subscribe(None);
        let deadline = tokio::time::Instant::now() + at_most;
        loop {
            let refresh = self.context.store.find_refresh(id).await?;
            if refresh.as_ref().is_none_or(is_over) || tokio::time::Instant::now() >= deadline {
                return Ok(refresh);
            }
            // Another process may do the work and tell nobody here.
            let look_again = deadline.min(tokio::time::Instant::now() + LOOK_AGAIN);
            let _ = tokio::time::timeout_at(look_again, ended(&mut events)).await;
        }
    }
}

fn is_over(refresh: &Refresh) -> bool {
    matches!(refresh.state, RefreshState::Done | RefreshState::Failed)
}

/// The next event that may end somebody's waiting.
async fn ended(events: &mut crate::events::Subscription) {
    use crate::events::Event;
    while let Some(sequenced) = events.next().await {
        if let Event::RefreshProgress { state: RefreshState::Done | RefreshState::Failed, .. } | Event::Missed =
            sequenced.event
        {
            return;
        }
    }
}

/// Whether a person may have a connection asked now.
pub(crate) fn askable(connection: &Connection, now: Instant) -> Result<(), SyncError> {
    match connection.state {
        ConnectionState::Disabled => return Err(SyncError::Disabled),
        ConnectionState::NeedsAuthorization => return Err(SyncError::NeedsAuthorization),
        ConnectionState::Untested | ConnectionState::Ok | ConnectionState::Failing => {}
    }
    let held = |problem: &&Problem| problem.retry_at.is_some_and(|retry_at| retry_at > now);
    connection.last_error.as_ref().filter(held).map_or(Ok(()), |problem| Err(SyncError::Jira(problem.clone())))
}
