//! One pass: due queries are claimed in small batches, worked on by connection, and claimed again as places become
//! free, until nothing is due. A wake during the pass is part of it.
//!
//! Each connection works on as many queries at once as it has places; about as many more are claimed for it and wait. Then
//! it is left out of claims, so that a slow site with very many due queries never takes the places of others. Where slow
//! sites together take all places, a connection that has nothing at hand gets one beyond them.

use crate::{
    SyncError,
    context::Context,
    endings::{MOST_ATTEMPTS, Stranded},
    refresh::{Ended, Refresh},
    status::PassStatus,
    visit::Visit,
};
use okrsync_domain::{ConnectionId, Instant, OkrId};
use okrsync_store::{Claim, Lease, Origin, StoreError};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use tokio::{
    sync::watch,
    task::{Id, JoinSet},
};
use tokio_util::sync::CancellationToken;

/// Queries claimed in one transaction: few, so that no connection and no replica takes more than it can work on.
const BATCH: usize = 8;
/// For each of its places so many queries of a connection are at hand: one that is worked on and one that follows.
const AT_HAND: usize = 2;

/// A pass under way.
pub(crate) struct Pass<'a> {
    pub(crate) context: Arc<Context>,
    stop: &'a CancellationToken,
    pub(crate) status: &'a watch::Sender<PassStatus>,
    worker: &'a str,
    visits: HashMap<ConnectionId, Arc<Visit>>,
    work: JoinSet<Ended>,
    pub(crate) held: HashMap<Id, Held>,
    pub(crate) stranded: Vec<Stranded>,
    /// Whether another look may find something due: after a look that found nothing, only news make it worth one.
    may_find_more: bool,
    /// Connections with enough work at hand, of which there may be more as soon as some of it ends.
    pub(crate) left_out: Vec<ConnectionId>,
    began: bool,
    pub(crate) gave_back: bool,
}

/// A refresh under way.
pub(crate) struct Held {
    pub(crate) visit: Arc<Visit>,
    pub(crate) lease: Lease,
    pub(crate) okrs: Vec<OkrId>,
}

impl Held {
    pub(crate) fn connection(&self) -> ConnectionId {
        self.visit.connection.id
    }
}

impl<'a> Pass<'a> {
    pub(crate) fn new(
        context: Arc<Context>,
        stop: &'a CancellationToken,
        status: &'a watch::Sender<PassStatus>,
        worker: &'a str,
    ) -> Self {
        let (visits, work, held, stranded) = (HashMap::new(), JoinSet::new(), HashMap::new(), Vec::new());
        Self {
            context,
            stop,
            status,
            worker,
            visits,
            work,
            held,
            stranded,
            may_find_more: true,
            left_out: Vec::new(),
            began: false,
            gave_back: false,
        }
    }

    /// Runs until nothing is due and nothing under way, or, once stopped, until nothing is under way.
    pub(crate) async fn run(mut self) -> PassStatus {
        self.look();
        loop {
            if !self.stop.is_cancelled() && (self.may_find_more || self.work.is_empty()) {
                Box::pin(self.fill()).await;
            }
            self.settle().await;
            if self.work.is_empty() {
                break;
            }
            let waker = self.context.waker.clone();
            tokio::select! {
                Some(ended) = self.work.join_next_with_id() => self.note(ended).await,
                () = waker.woken() => self.may_find_more = true,
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
        self.left_out.clear();
        loop {
            let room = self.context.config.parallel_refreshes.saturating_sub(self.held.len()).min(BATCH);
            let (room, busy) = if room > 0 { (room, self.busy()) } else { (BATCH, self.at_work()) };
            let claims = match self.claim(room, &busy).await {
                Ok(claims) => claims,
                Err(error) => return self.complain(&error),
            };
            if claims.is_empty() {
                self.may_find_more = !busy.is_empty();
                self.left_out = busy;
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

    /// Connections with enough work at hand.
    fn busy(&self) -> Vec<ConnectionId> {
        let mut at_hand: BTreeMap<ConnectionId, (usize, usize)> = BTreeMap::new();
        for held in self.held.values() {
            at_hand.entry(held.connection()).or_insert((0, held.visit.concurrency())).0 += 1;
        }
        let enough = |(held, places): &(usize, usize)| *held >= places * AT_HAND;
        at_hand.into_iter().filter(|(_, counts)| enough(counts)).map(|(id, _)| id).collect()
    }

    /// Connections with any work at hand.
    fn at_work(&self) -> Vec<ConnectionId> {
        let at_work: BTreeSet<ConnectionId> = self.held.values().map(Held::connection).collect();
        at_work.into_iter().collect()
    }

    async fn claim(&self, room: usize, leave_out: &[ConnectionId]) -> Result<Vec<Claim>, StoreError> {
        let lease = chrono::TimeDelta::from_std(self.context.config.lease()).unwrap_or(chrono::TimeDelta::MAX);
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        self.context.store.claim(self.context.clock.now(), self.worker, lease, limit, leave_out).await
    }

    async fn start(&mut self, connection: ConnectionId, claims: Vec<Claim>) {
        let asked_at =
            claims.iter().filter(|claim| claim.origin != Origin::Timer).map(|claim| claim.requested_at).max();
        let visit = match self.visit(connection, asked_at).await {
            Ok(visit) => visit,
            Err(SyncError::Jira(problem)) => return self.turn_away(connection, claims, &problem),
            // Our own trouble, or switched off since the claim: the queue has them back.
            Err(error) => return self.give_back(claims, &error).await,
        };
        for claim in claims {
            self.note_lag(&claim);
            if claim.lease.attempt > MOST_ATTEMPTS {
                self.bury(claim).await;
                continue;
            }
            let held = Held { visit: visit.clone(), lease: claim.lease.clone(), okrs: okrs_of(&claim) };
            let task = self.work.spawn(work(self.context.clone(), visit.clone(), claim, self.stop.clone()));
            self.held.insert(task.id(), held);
        }
        self.show();
    }

    /// The visit of this pass, or a new one where the connection was edited meanwhile or the visit is too old.
    async fn visit(&mut self, id: ConnectionId, asked_at: Option<Instant>) -> Result<Arc<Visit>, SyncError> {
        let connection = self.context.store.get_connection(id).await?;
        if let Some(visit) = self.visits.get(&id).filter(|visit| visit.serves(&self.context, &connection, asked_at)) {
            return Ok(visit.clone());
        }
        let visit = Arc::new(Box::pin(Visit::open(&self.context, connection)).await?);
        self.visits.insert(id, visit.clone());
        Ok(visit)
    }

    fn complain(&self, error: &StoreError) {
        tracing::error!(%error, "due queries could not be claimed");
        self.status.send_modify(|status| status.error = Some(error.to_string()));
    }

    fn note_lag(&self, claim: &Claim) {
        let late = claim.query.due_at.map_or(0, |due| (self.context.clock.now() - due).num_seconds());
        self.status.send_modify(|status| status.lag_seconds = status.lag_seconds.max(late));
    }

    pub(crate) fn show(&self) {
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
