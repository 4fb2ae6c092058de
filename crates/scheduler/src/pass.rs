//! One pass: due queries are claimed in small batches, worked on by connection, and claimed again as places become
//! free, until nothing is due. A slow site fills its own places only; a wake during the pass is part of it.

use crate::{
    SyncError,
    context::Context,
    error, plan,
    refresh::{Ended, Refresh},
    status::PassStatus,
    visit::{Visit, note_failed},
};
use okrsync_domain::{ConnectionId, Instant, OkrId, Problem, refresh::RefreshState};
use okrsync_store::{Claim, Failure, Lease, StoreError};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;

/// Queries claimed in one transaction: few, so that no connection and no replica takes more than it can work on.
const BATCH: usize = 8;
/// Claims of one refresh after which it is not begun again: it may be what kills the process.
const MOST_ATTEMPTS: u32 = 10;

/// A pass under way.
pub(crate) struct Pass<'a> {
    context: Arc<Context>,
    stop: &'a CancellationToken,
    status: &'a watch::Sender<PassStatus>,
    worker: &'a str,
    visits: HashMap<ConnectionId, Arc<Visit>>,
    work: JoinSet<Ended>,
    held: HashMap<Id, (ConnectionId, Lease, Vec<OkrId>)>,
    began: bool,
    gave_back: bool,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(
        context: Arc<Context>,
        stop: &'a CancellationToken,
        status: &'a watch::Sender<PassStatus>,
        worker: &'a str,
    ) -> Self {
        let (visits, work, held) = (HashMap::new(), JoinSet::new(), HashMap::new());
        Self { context, stop, status, worker, visits, work, held, began: false, gave_back: false }
    }

    /// Runs until nothing is due and nothing under way, or, once stopped, until nothing is under way.
    pub(crate) async fn run(mut self) -> PassStatus {
        self.look();
        loop {
            if !self.stop.is_cancelled() {
                self.fill().await;
            }
            if self.work.is_empty() {
                break;
            }
            let waker = self.context.waker.clone();
            tokio::select! {
                Some(ended) = self.work.join_next_with_id() => self.note(ended).await,
                () = waker.woken() => {}
                () = self.stop.cancelled(), if !self.stop.is_cancelled() => {}
            }
        }
        self.finish().await
    }

    fn look(&self) {
        let looked_at = Some(self.context.clock.now());
        self.status.send_modify(|status| (status.looked_at, status.error) = (looked_at, None));
    }

    /// Opens the account of this pass with its first work.
    fn begin(&mut self) {
        if !std::mem::replace(&mut self.began, true) {
            let now = Some(self.context.clock.now());
            self.status.send_replace(PassStatus { looked_at: now, started_at: now, ..PassStatus::default() });
        }
    }

    async fn finish(self) -> PassStatus {
        self.measure_queue().await;
        let finished_at = Some(self.context.clock.now());
        if self.began {
            self.status.send_modify(|status| status.finished_at = finished_at);
            return self.status.borrow().clone();
        }
        let PassStatus { looked_at, error, .. } = self.status.borrow().clone();
        PassStatus { looked_at, started_at: looked_at, finished_at, error, ..PassStatus::default() }
    }

    /// Claims and starts work until nothing is due or every place is taken.
    async fn fill(&mut self) {
        loop {
            let room = self.context.config.parallel_refreshes.saturating_sub(self.held.len()).min(BATCH);
            if room == 0 {
                return;
            }
            let claims = match self.claim(room).await {
                Ok(claims) => claims,
                Err(error) => return self.complain(&error),
            };
            if claims.is_empty() {
                return;
            }
            self.begin();
            for (connection, claims) in by_connection(claims) {
                self.start(connection, claims).await;
            }
            // What was given back would be claimed again at once: the next look is soon enough.
            if std::mem::take(&mut self.gave_back) {
                return;
            }
        }
    }

    async fn claim(&self, room: usize) -> Result<Vec<Claim>, StoreError> {
        let lease = chrono::TimeDelta::from_std(self.context.config.lease()).unwrap_or(chrono::TimeDelta::MAX);
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        self.context.store.claim(self.context.clock.now(), self.worker, lease, limit).await
    }

    /// Connections whose places are all taken.
    fn full(&self) -> Vec<ConnectionId> {
        let mut held: BTreeMap<ConnectionId, usize> = BTreeMap::new();
        for (connection, ..) in self.held.values() {
            *held.entry(*connection).or_default() += 1;
        }
        let places = |id: &ConnectionId| self.visits.get(id).map_or(1, |visit| visit.connection.concurrency.max(1));
        held.into_iter()
            .filter(|(id, held)| *held >= usize::try_from(places(id)).unwrap_or(1))
            .map(|(id, _)| id)
            .collect()
    }

    async fn start(&mut self, connection: ConnectionId, claims: Vec<Claim>) {
        let visit = match self.visit(connection).await {
            Ok(visit) => visit,
            Err(SyncError::Jira(problem)) => return self.turn_away(connection, claims, &problem).await,
            // Our own trouble, or switched off since the claim: the queue has them back.
            Err(error) => return self.give_back(claims, &error).await,
        };
        for claim in claims {
            self.note_lag(&claim);
            if claim.lease.attempt > MOST_ATTEMPTS {
                self.bury(claim).await;
                continue;
            }
            let held = (connection, claim.lease.clone(), okrs_of(&claim));
            let task = self.work.spawn(work(self.context.clone(), visit.clone(), claim, self.stop.clone()));
            self.held.insert(task.id(), held);
        }
        self.show();
    }

    /// The visit of this pass, or a new one where the connection was edited meanwhile or the visit is too old.
    async fn visit(&mut self, id: ConnectionId) -> Result<Arc<Visit>, SyncError> {
        let connection = self.context.store.get_connection(id).await?;
        let now = self.context.clock.now();
        if let Some(visit) = self.visits.get(&id).filter(|visit| visit.serves(&connection, now)) {
            return Ok(visit.clone());
        }
        let visit = Arc::new(Visit::open(&self.context, connection).await?);
        self.visits.insert(id, visit.clone());
        Ok(visit)
    }

    /// A connection that cannot even be opened: a secret that no key fits, an unsound address.
    async fn turn_away(&mut self, id: ConnectionId, claims: Vec<Claim>, problem: &Problem) {
        let next_due = self.context.clock.now() + self.context.config.backoff_cap();
        if let Ok(Some(connection)) = self.context.store.find_connection(id).await {
            note_failed(&self.context, &connection, problem, Some(next_due)).await;
        }
        for claim in claims {
            self.fail(claim.lease.clone(), &okrs_of(&claim), problem, next_due).await;
        }
    }

    async fn give_back(&mut self, claims: Vec<Claim>, error: &SyncError) {
        tracing::warn!(%error, claims = claims.len(), "claims are given back");
        for claim in claims {
            if let Err(error) = self.context.store.release(&claim.lease).await {
                tracing::warn!(%error, "a claim could not be given back; its lease will run out");
            }
        }
        self.gave_back = true;
    }

    /// A refresh that never comes to an end, perhaps because it takes its process with it, rests until its next slot.
    async fn bury(&mut self, claim: Claim) {
        let (query, now) = (&claim.query, self.context.clock.now());
        let next_due = plan::next_slot(query.connection_id, query.period_minutes, now);
        let problem = error::internal(&format!("it was begun {MOST_ATTEMPTS} times and never ended"), now);
        self.fail(claim.lease.clone(), &okrs_of(&claim), &problem, next_due).await;
    }

    async fn fail(&self, lease: Lease, okrs: &[OkrId], problem: &Problem, next_due: Instant) {
        let (now, refresh_id) = (self.context.clock.now(), lease.refresh_id);
        let failure = Failure { lease, problem: problem.clone(), at: now, finished_at: now, next_due, requests: 0 };
        if let Err(error) = self.context.store.fail(failure).await {
            tracing::warn!(%error, "a failure could not be noted; its lease will run out");
        }
        self.context.events.refresh_ended(refresh_id, RefreshState::Failed, 0, okrs);
        self.status.send_modify(|status| status.failed += 1);
    }

    async fn note(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let held = self.held.remove(&id);
        let outcome = ended.as_ref().map_or("panicked", |(_, ended)| ended.outcome());
        metrics_facade::counter!("okrsync_refreshes_total", "outcome" => outcome).increment(1);
        match (ended, held) {
            (Ok((_, ended)), Some((connection, ..))) => {
                let requests = self.context.sites.account(connection).await;
                self.status.send_modify(|status| count(status, ended, requests));
            }
            (Err(error), Some((_, lease, okrs))) => {
                tracing::error!(%error, refresh.id = %lease.refresh_id, "a refresh ended abnormally");
                let at = self.context.clock.now();
                let next_due = at + self.context.config.backoff_cap();
                self.fail(lease, &okrs, &error::internal("an unexpected error; the log has more", at), next_due).await;
            }
            (_, None) => {}
        }
        self.show();
    }

    fn complain(&self, error: &StoreError) {
        tracing::error!(%error, "due queries could not be claimed");
        self.status.send_modify(|status| status.error = Some(error.to_string()));
    }

    fn note_lag(&self, claim: &Claim) {
        let late = claim.query.due_at.map_or(0, |due| (self.context.clock.now() - due).num_seconds());
        self.status.send_modify(|status| status.lag_seconds = status.lag_seconds.max(late));
    }

    fn show(&self) {
        let in_flight = self.held.len();
        metrics_facade::gauge!("okrsync_refreshes_in_flight").set(f64::from(u32::try_from(in_flight).unwrap_or(0)));
        self.status.send_modify(|status| status.in_flight = u64::try_from(in_flight).unwrap_or(0));
    }

    /// What is left waiting, for the operator's gauges.
    async fn measure_queue(&self) {
        let now = self.context.clock.now();
        let Ok(queue) = self.context.store.queue(now).await else { return };
        let waiting = u32::try_from(queue.queued + queue.due).unwrap_or(u32::MAX);
        let lag = queue.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
        metrics_facade::gauge!("okrsync_queue").set(f64::from(waiting));
        metrics_facade::gauge!("okrsync_lag_seconds").set(f64::from(u32::try_from(lag).unwrap_or(u32::MAX)));
    }
}

/// Waits for one of the connection's places, then refreshes; gives the claim back if a stop comes first.
async fn work(context: Arc<Context>, visit: Arc<Visit>, claim: Claim, stop: CancellationToken) -> Ended {
    let gauge = crate::lease::Gauge::default();
    let place = tokio::select! {
        biased;
        () = stop.cancelled() => None,
        place = crate::lease::hold(&context, &claim.lease, &gauge, visit.places.acquire()) => place.and_then(Result::ok),
    };
    if place.is_some() {
        return Box::pin(Refresh { context: &context, visit: &visit, claim: &claim }.run()).await;
    }
    if let Err(error) = context.store.release(&claim.lease).await {
        tracing::debug!(%error, refresh.id = %claim.lease.refresh_id, "a claim was lost before it began");
        return Ended::Lost;
    }
    Ended::Released
}

pub(crate) fn okrs_of(claim: &Claim) -> Vec<OkrId> {
    claim.links.iter().map(|linked| linked.link.okr_id).collect()
}

fn by_connection(claims: Vec<Claim>) -> BTreeMap<ConnectionId, Vec<Claim>> {
    let mut grouped: BTreeMap<ConnectionId, Vec<Claim>> = BTreeMap::new();
    for claim in claims {
        grouped.entry(claim.query.connection_id).or_default().push(claim);
    }
    grouped
}

fn count(status: &mut PassStatus, ended: Ended, requests: u64) {
    status.requests += requests;
    match ended {
        Ended::Done { issues } => {
            status.done += 1;
            status.issues += issues;
        }
        Ended::Failed => status.failed += 1,
        Ended::Lost | Ended::Released => {}
    }
}
