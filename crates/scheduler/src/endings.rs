//! How refreshes leave a pass: counted, failed with their connection, given back, or buried.

use crate::{
    SyncError, error, lease,
    pass::{Held, Pass, okrs_of},
    plan,
    refresh::Ended,
    status::PassStatus,
    visit::{Visit, note_failed},
};
use okrsync_domain::{ConnectionId, Instant, OkrId, Problem, refresh::RefreshState};
use okrsync_store::{Claim, Failure, Lease};
use std::{collections::BTreeMap, sync::Arc};
use tokio::task::{Id, JoinError};

/// Claims of one refresh after which it is not begun again: it may be what kills the process.
pub(crate) const MOST_ATTEMPTS: u32 = 10;

/// A refresh that fails with its connection. It is written down after the connection's own trouble, so that whoever
/// sees the one sees the other, and after everything that is due on the connection was claimed, so that all of it says
/// so.
pub(crate) struct Stranded {
    trouble: Trouble,
    failure: Failure,
    okrs: Vec<OkrId>,
}

/// Where the connection's trouble was found.
enum Trouble {
    /// By asking.
    Visit(Arc<Visit>),
    /// It could not even be opened.
    Unopened(ConnectionId),
}

impl Trouble {
    fn connection(&self) -> ConnectionId {
        match self {
            Self::Visit(visit) => visit.connection.id,
            Self::Unopened(id) => *id,
        }
    }
}

impl Pass<'_> {
    /// Takes account of a refresh that ended.
    pub(crate) async fn note(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let outcome = ended.as_ref().map_or("panicked", |(_, ended)| ended.outcome());
        metrics_facade::counter!("okrsync_refreshes_total", "outcome" => outcome).increment(1);
        let Some(held) = self.held.remove(&id) else { return };
        let requests = self.context.sites.account(held.connection()).await;
        self.status.send_modify(|status| status.requests += requests);
        match ended {
            Ok((_, ended)) => self.count(ended, held),
            Err(error) => self.mourn(&error, held).await,
        }
        self.show();
    }

    fn count(&mut self, ended: Ended, held: Held) {
        match ended {
            Ended::Done { issues } => self.status.send_modify(|status| {
                status.done += 1;
                status.issues += issues;
            }),
            Ended::Failed => self.status.send_modify(failed),
            Ended::Stranded(failure) => {
                let Held { visit, okrs, .. } = held;
                self.stranded.push(Stranded { trouble: Trouble::Visit(visit), failure: *failure, okrs });
            }
            Ended::Lost | Ended::Released => {}
        }
    }

    /// A refresh that panicked.
    async fn mourn(&self, error: &JoinError, held: Held) {
        tracing::error!(%error, refresh.id = %held.lease.refresh_id, "a refresh ended abnormally");
        let now = self.context.clock.now();
        let problem = error::internal("an unexpected error; the log has more", now);
        let failure = self.failure(held.lease, problem, now + self.context.config.backoff_cap());
        self.fail(failure, &held.okrs).await;
    }

    /// A connection that cannot even be opened: a secret that no key fits, an unsound address.
    pub(crate) fn turn_away(&mut self, id: ConnectionId, claims: Vec<Claim>, problem: &Problem) {
        let next_due = self.context.clock.now() + self.context.config.backoff_cap();
        for claim in claims {
            let failure = self.failure(claim.lease.clone(), problem.clone(), next_due);
            self.stranded.push(Stranded { trouble: Trouble::Unopened(id), failure, okrs: okrs_of(&claim) });
        }
    }

    /// Writes down the trouble of connections, then that of their queries.
    pub(crate) async fn settle(&mut self) {
        let left_out = std::mem::take(&mut self.left_out);
        let more_to_come = |stranded: &Stranded| left_out.contains(&stranded.trouble.connection());
        let (later, stranded) = std::mem::take(&mut self.stranded).into_iter().partition(more_to_come);
        let stranded: Vec<Stranded> = stranded;
        (self.stranded, self.left_out) = (later, left_out);
        let mut unopened = BTreeMap::new();
        for Stranded { trouble, failure, .. } in &stranded {
            match trouble {
                Trouble::Visit(visit) => visit.report(&self.context).await,
                Trouble::Unopened(id) => drop(unopened.insert(*id, failure)),
            }
        }
        for (id, failure) in unopened {
            if let Ok(Some(connection)) = self.context.store.find_connection(id).await {
                note_failed(&self.context, &connection, &failure.problem, Some(failure.next_due)).await;
            }
        }
        for Stranded { failure, okrs, .. } in stranded {
            self.fail(failure, &okrs).await;
        }
    }

    /// Puts claims back into the queue, because we ourselves cannot work on them now.
    pub(crate) async fn give_back(&mut self, claims: Vec<Claim>, error: &SyncError) {
        tracing::warn!(%error, claims = claims.len(), "claims are given back");
        for claim in claims {
            if let Err(error) = self.context.store.release(&claim.lease).await {
                tracing::warn!(%error, "a claim could not be given back; its lease will run out");
            }
        }
        self.gave_back = true;
    }

    /// A refresh that never comes to an end, perhaps because it takes its process with it, rests until its next slot.
    pub(crate) async fn bury(&mut self, claim: Claim) {
        let (query, now) = (&claim.query, self.context.clock.now());
        let next_due = plan::next_slot(query.connection_id, query.period_minutes, now);
        let problem = error::internal(&format!("it was begun {MOST_ATTEMPTS} times and never ended"), now);
        self.fail(self.failure(claim.lease.clone(), problem, next_due), &okrs_of(&claim)).await;
    }

    fn failure(&self, lease: Lease, problem: Problem, next_due: Instant) -> Failure {
        let now = self.context.clock.now();
        Failure { lease, problem, at: now, finished_at: now, next_due, requests: 0 }
    }

    async fn fail(&self, failure: Failure, okrs: &[OkrId]) {
        let refresh_id = failure.lease.refresh_id;
        if let Err(error) = lease::insist(|| self.context.store.fail(failure.clone())).await {
            tracing::warn!(%error, refresh.id = %refresh_id, "a failure could not be noted");
        }
        self.context.events.refresh_ended(refresh_id, RefreshState::Failed, 0, okrs);
        self.status.send_modify(failed);
    }
}

fn failed(status: &mut PassStatus) {
    status.failed += 1;
}
