//! One visit to a connection within a pass: who we are there and what fields there are is asked once for all its
//! queries, and when it turns out to be in trouble, its other queries are not asked at all.

use crate::{SyncError, catch_up::Ground, context::Context, cost::Unit, error::jira, events::Event, plan};
use chrono::TimeDelta;
use okrsync_connections::{Error, Site};
use okrsync_domain::{
    ConnectionId, Instant, Problem,
    catalogue::{Catalogue, Field},
    connection::Connection,
    problem::ProblemCode,
};
use okrsync_store::{ConnectionOk, StateChange, StoreError};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU32, Ordering},
};
use tokio::sync::{OnceCell, Semaphore};

/// What was asked once is asked again after this time, should a pass last longer.
const FRESH_FOR: TimeDelta = TimeDelta::minutes(5);
/// Refreshes that reach a broken connection within this time share its problem; one asked for later is a new try.
const BROKEN_FOR: TimeDelta = TimeDelta::seconds(10);
/// So many queries that get no answer, while none does, are the connection's trouble even if it tells who we are.
const UNANSWERED_QUERIES: u32 = 2;

/// Hints that searches are told of, at most; a site takes fewer.
const MOST_HINTS: u32 = 100;

/// What was heard so far.
fn heard(context: &Context, id: ConnectionId) -> (u64, u64) {
    (context.waker.news(), context.waker.hints(id))
}

/// Trouble that concerns the whole connection.
struct Broken {
    problem: Problem,
    seen_at: Instant,
    until: Instant,
}

/// A visit to a connection. Dropped with its pass.
pub(crate) struct Visit {
    pub(crate) connection: Connection,
    pub(crate) site: Site,
    /// Queries asked at once.
    pub(crate) places: Arc<Semaphore>,
    /// What it knows of the connection's issues.
    pub(crate) ground: Ground,
    pub(crate) opened_at: Instant,
    /// News heard when it was opened, and hints at the connection's issues.
    news: (u64, u64),
    account: OnceCell<Result<(), Problem>>,
    fields: OnceCell<Result<Vec<Field>, Problem>>,
    broken: OnceLock<Broken>,
    reported: AtomicBool,
    praised: AtomicBool,
    unanswered: AtomicU32,
    /// Whether it was cut short by the integration's switch.
    stopped: AtomicBool,
}

impl Visit {
    pub(crate) async fn open(context: &Context, connection: Connection) -> Result<Self, SyncError> {
        let (opened_at, news) = (context.clock.now(), heard(context, connection.id));
        let hinted = context.store.hints(connection.id, opened_at, MOST_HINTS).await?;
        let site = context.sites.of(&connection).await?.reconciling(&hinted);
        let places = usize::try_from(connection.concurrency.max(1)).unwrap_or(1);
        Ok(Self {
            ground: Ground::default(),
            site,
            places: Arc::new(Semaphore::new(places)),
            opened_at,
            news,
            account: OnceCell::new(),
            fields: OnceCell::new(),
            broken: OnceLock::new(),
            reported: AtomicBool::new(false),
            praised: AtomicBool::new(false),
            unanswered: AtomicU32::new(0),
            stopped: AtomicBool::new(false),
            connection,
        })
    }

    /// Whether a query claimed now may still use it: not if it was asked for after the visit began, or the connection
    /// was edited meanwhile. What another process was asked for may come before its news.
    pub(crate) fn serves(&self, context: &Context, connection: &Connection, asked_at: Option<Instant>) -> bool {
        if self.stopped.load(Ordering::SeqCst)
            || self.news != heard(context, connection.id)
            || self.connection.version != connection.version
            || asked_at.is_some_and(|at| at > self.opened_at)
        {
            return false;
        }
        let now = context.clock.now();
        let usable = self.broken.get().is_none_or(|broken| now - broken.seen_at < BROKEN_FOR);
        usable && now - self.opened_at < FRESH_FOR
    }

    /// Requests at once.
    pub(crate) fn concurrency(&self) -> usize {
        usize::try_from(self.connection.concurrency.max(1)).unwrap_or(1)
    }

    /// What Jira counts on this connection.
    pub(crate) fn unit(&self) -> Unit {
        Unit::of(&self.connection)
    }

    /// Why the whole connection cannot be asked, if it is known by now.
    pub(crate) fn broken(&self) -> Option<&Problem> {
        self.broken.get().map(|broken| &broken.problem)
    }

    /// Rule 1: the account is who the connection was authorised for. Asked once.
    pub(crate) async fn prove_account(&self, context: &Context) -> Result<(), Problem> {
        let prove = Box::pin(async {
            // After trouble one try is enough: the pauses between the visits are the patience.
            let site = if self.connection.failures > 0 { self.site.impatient() } else { self.site.clone() };
            let account = self.answered(context, site.myself().await)?;
            if self.connection.account.as_ref() != Some(&account) && self.is_current(context).await {
                let ok = ConnectionOk { account: Some(account), ..sound(context.clock.now()) };
                note_ok(context, &self.connection, ok).await;
            }
            Ok(())
        });
        self.account.get_or_init(|| prove).await.clone()
    }

    /// Rule 4's catalogue: the fields as the account sees them now. Asked once.
    pub(crate) async fn fields(&self, context: &Context) -> Result<&[Field], Problem> {
        let read = Box::pin(async {
            let fields = self.answered(context, self.site.fields().await)?;
            remember_fields(context, &self.connection, &fields).await;
            Ok(fields)
        });
        match self.fields.get_or_init(|| read).await {
            Ok(fields) => Ok(fields),
            Err(problem) => Err(problem.clone()),
        }
    }

    /// What every query needs and Jira does not give is the connection's trouble, whatever its code.
    pub(crate) fn answered<T>(&self, context: &Context, answer: Result<T, Error>) -> Result<T, Problem> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let problem = jira(&error, context.clock.now());
                if problem.code == ProblemCode::IntegrationDisabled {
                    self.stopped.store(true, Ordering::SeqCst); // nobody's trouble
                } else {
                    self.break_off(context, &problem);
                }
                Err(problem)
            }
        }
    }

    /// Whether `problem` is the connection's own. A server that fails one query only and answers the simplest question
    /// is not in trouble as a whole: such a query must not take the others down with it.
    pub(crate) async fn concerns_all(&self, problem: &Problem) -> bool {
        if problem.code != ProblemCode::JiraUnreachable {
            return problem.code.concerns_connection();
        }
        let unanswered = self.unanswered.fetch_add(1, Ordering::SeqCst) + 1;
        let answers_somebody = self.praised.load(Ordering::SeqCst);
        (unanswered >= UNANSWERED_QUERIES && !answers_somebody) || self.site.impatient().myself().await.is_err()
    }

    /// The connection as a whole is in trouble: nobody asks it any more on this visit. Until when it rests.
    pub(crate) fn break_off(&self, context: &Context, problem: &Problem) -> Instant {
        let now = context.clock.now();
        let failures = self.connection.failures.saturating_add(1);
        let until = plan::pause_until(problem, failures, now, &context.config, &context.random);
        self.broken.get_or_init(|| Broken { problem: problem.clone(), seen_at: now, until }).until
    }

    /// Writes down, once, that the visit was broken off. The connection rests from then on.
    pub(crate) async fn report(&self, context: &Context) {
        let Some(Broken { problem, until, .. }) = self.broken.get() else { return };
        if !self.reported.swap(true, Ordering::SeqCst) && self.is_current(context).await {
            note_failed(context, &self.connection, problem, Some(*until)).await;
        }
    }

    /// Whether the connection is still as it was when the visit began: what an edit made meanwhile is not judged by
    /// what came of the old settings.
    async fn is_current(&self, context: &Context) -> bool {
        let now = context.store.find_connection(self.connection.id).await;
        now.is_ok_and(|now| now.is_some_and(|now| now.version == self.connection.version))
    }

    /// Notes a proved answer, once a visit.
    pub(crate) async fn praise(&self, context: &Context) {
        let first = self.broken.get().is_none() && !self.praised.swap(true, Ordering::SeqCst);
        if first && self.is_current(context).await {
            note_ok(context, &self.connection, sound(context.clock.now())).await;
        }
    }
}

/// A proved answer that teaches nothing else.
fn sound(at: Instant) -> ConnectionOk {
    ConnectionOk { at, account: None, jira: None, cloud_id: None, via_gateway: None }
}

/// Writes down that a connection answers and tells who listens, if that is news. A failure to write is only logged:
/// it must not turn a good reading into a bad one.
pub(crate) async fn note_ok(context: &Context, connection: &Connection, ok: ConnectionOk) {
    let change = context.store.connection_ok(connection.id, ok).await;
    tell(context, connection, change);
}

/// Writes down that a connection is in trouble.
pub(crate) async fn note_failed(
    context: &Context,
    connection: &Connection,
    problem: &Problem,
    paused_until: Option<Instant>,
) {
    tracing::warn!(
        connection.id = %connection.id, connection.name = %connection.name, code = problem.code.as_str(),
        paused_until = ?paused_until, "Jira cannot be asked: {}", problem.message
    );
    let change = context.store.connection_failed(connection.id, problem, paused_until).await;
    tell(context, connection, change);
}

fn tell(context: &Context, connection: &Connection, change: Result<StateChange, StoreError>) {
    match change {
        Ok(change) if change.is_change() => {
            context.events.publish(Event::ConnectionState { connection_id: connection.id, state: change.after });
        }
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(%error, connection.id = %connection.id, "a connection's health could not be noted");
        }
    }
}

/// Keeps the stored catalogue's fields as they were just read, for pages that choose a field.
async fn remember_fields(context: &Context, connection: &Connection, fields: &[Field]) {
    let (kept, read_at) = match context.store.find_catalogue(connection.id).await {
        Ok(Some((catalogue, _))) if catalogue.fields == fields => return,
        Ok(Some(kept)) => kept,
        // A catalogue of fields alone would pass for a site without projects.
        Ok(None) => return,
        Err(error) => return tracing::warn!(%error, connection.id = %connection.id, "the catalogue could not be read"),
    };
    let catalogue = Catalogue { fields: fields.to_vec(), ..kept };
    if let Err(error) = context.store.save_catalogue(connection.id, &catalogue, read_at).await {
        tracing::warn!(%error, connection.id = %connection.id, "the catalogue could not be kept");
    }
}
