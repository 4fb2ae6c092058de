//! Working under a lease: staying alive, giving up.

use crate::{
    Store,
    claims::Lease,
    error::StoreError,
    pool::{Db, on},
    queries, refresh_requests,
    row::{Row, big, word},
    schema::{self, refreshes},
    sql_types::{Json, Ts},
    turns,
};
use diesel::prelude::*;
use okrsync_domain::{Instant, Problem, refresh::RefreshState};

/// How far a refresh has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Issues read so far.
    pub done: u64,
    /// Issues to read, once known.
    pub total: Option<u64>,
    /// Requests sent so far.
    pub requests: u64,
}

/// A refresh that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The right to say so.
    pub lease: Lease,
    /// Why.
    pub problem: Problem,
    /// When it began.
    pub at: Instant,
    /// When it ended.
    pub finished_at: Instant,
    /// When the query is to be tried again.
    pub next_due: Instant,
    /// Requests sent.
    pub requests: u64,
}

/// The refresh's row, as long as the lease on it is worth something.
macro_rules! held {
    ($lease:expr) => {
        refreshes::table
            .filter(refreshes::id.eq($lease.refresh_id.to_string()))
            .filter(refreshes::state.eq(word(&RefreshState::Running)))
            .filter(refreshes::lease_owner.eq(Some($lease.worker.clone())))
            .filter(refreshes::attempt.eq(i64::from($lease.attempt)))
    };
}

/// Turns "no such row" into "the lease is lost".
pub(crate) fn one(rows: usize, lease: &Lease) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost { refresh_id: lease.refresh_id }) }
}

/// Makes sure that the lease is ours until the transaction ends, and tells the query.
pub(crate) fn hold(db: &mut Db, lease: &Lease) -> Result<String, StoreError> {
    let row = held!(lease).select(refreshes::query_id);
    let query: Option<String> = match db {
        Db::Sqlite(c) => row.first(c).optional(),
        Db::Pg(c) => row.for_no_key_update().first(c).optional(),
    }?;
    query.ok_or(StoreError::LeaseLost { refresh_id: lease.refresh_id })
}

/// The same for those who also write what was found: they take the connection's turn first.
pub(crate) fn hold_turn(db: &mut Db, lease: &Lease) -> Result<String, StoreError> {
    let connection = held!(lease).select(refreshes::connection_id);
    let connection: Option<String> = on!(&mut *db, |c| connection.first(c).optional())?;
    let connection = connection.ok_or(StoreError::LeaseLost { refresh_id: lease.refresh_id })?;
    turns::on_connection(db, &connection)?;
    hold(db, lease)
}

/// Ends a refresh with or without a problem.
pub(crate) fn end(
    db: &mut Db,
    lease: &Lease,
    problem: Option<&Problem>,
    (at, requests, issues): (Instant, u64, u64),
) -> Result<(), StoreError> {
    let state = if problem.is_some() { RefreshState::Failed } else { RefreshState::Done };
    let ended = (
        refreshes::state.eq(word(&state)),
        refreshes::lease_owner.eq(None::<String>),
        refreshes::lease_until.eq(None::<Ts>),
        refreshes::finished_at.eq(Some(Ts(at))),
        refreshes::requests.eq(big(requests)),
        refreshes::issues.eq(big(issues)),
        refreshes::error.eq(problem.map(Json::of)),
    );
    let rows = on!(&mut *db, |c| diesel::update(held!(lease)).set(ended).execute(c))?;
    one(rows, lease)
}

/// Notes a failure on the query: the last good reading stays, with why and since when.
fn note_failure(db: &mut Db, query: &str, failure: &Failure) -> Result<(), StoreError> {
    let row = schema::queries::table.filter(schema::queries::id.eq(query));
    let before: Option<Json> = on!(&mut *db, |c| row.select(schema::queries::problem).first(c))?;
    let before: Option<Problem> = Row { table: "queries", key: query }.json_opt("problem", before.as_ref())?;
    let problem = Problem { at: before.map_or(failure.problem.at, |problem| problem.at), ..failure.problem.clone() };
    let noted = (
        schema::queries::last_attempt_at.eq(Some(Ts(failure.at))),
        schema::queries::problem.eq(Some(Json::of(&problem))),
        schema::queries::failures.eq(schema::queries::failures + 1),
    );
    on!(&mut *db, |c| diesel::update(row).set(noted).execute(c))?;
    queries::plan(db, query, failure.next_due)
}

impl Store {
    /// Keeps a lease until a later instant and notes the progress.
    pub async fn extend_lease(&self, lease: &Lease, until: Instant, progress: Progress) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |db| {
            let alive = (
                refreshes::lease_until.eq(Some(Ts(until))),
                refreshes::done.eq(big(progress.done)),
                refreshes::total.eq(progress.total.map(big)),
                refreshes::requests.eq(big(progress.requests)),
            );
            one(on!(db, |c| diesel::update(held!(lease)).set(alive).execute(c))?, &lease)
        })
        .await
    }

    /// Gives a refresh back to the queue, because the worker stops in good order.
    pub async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |db| {
            hold(db, &lease)?;
            refresh_requests::requeue(db, &[lease.refresh_id.to_string()])
        })
        .await
    }

    /// Ends a refresh that came to nothing. Readings stay; the query says why and since when, and when it is tried again.
    pub async fn fail(&self, failure: Failure) -> Result<(), StoreError> {
        self.write(move |db| {
            let query = hold_turn(db, &failure.lease)?;
            end(db, &failure.lease, Some(&failure.problem), (failure.finished_at, failure.requests, 0))?;
            note_failure(db, &query, &failure)
        })
        .await
    }
}
