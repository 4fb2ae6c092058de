//! Claiming work: which refreshes a worker may begin now, so that no two workers ever hold the same one.
//!
//! On SQLite the transaction's write lock is the queue's lock. On PostgreSQL rows that another worker is just claiming are
//! skipped, and the unique index on open refreshes decides who makes one for a query that is due. Rows are locked
//! `FOR NO KEY UPDATE` only: somebody who refers to one must not wait for us while we wait for what they insert.

use crate::{
    Store,
    error::StoreError,
    hints,
    links::LinkRow,
    organisation,
    pool::{Db, on},
    queries::{Query, QueryRow},
    refresh_requests::{self, Origin},
    row::{Row, big, word},
    schema::{connection_health, links, okrs, queries, refreshes},
    sql_types::{Json, Ts},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use okrsync_domain::{
    ConnectionId, Instant, Random, RefreshId, connection::ConnectionState, link::Link, measure::Measure,
    refresh::RefreshState,
};
use std::collections::{HashMap, HashSet};

/// A worker's right to refresh a query and to write what it finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The refresh.
    pub refresh_id: RefreshId,
    /// The worker.
    pub worker: String,
    /// Which lease of this refresh it is: an earlier one is worth nothing, even in the same worker's hands.
    pub attempt: u32,
}

/// A link and what its OKR is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedMeasure {
    /// The link.
    pub link: Link,
    /// The OKR's measure.
    pub measure: Measure,
}

/// A refresh that a worker has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The right to do it.
    pub lease: Lease,
    /// Why it is done.
    pub origin: Origin,
    /// When it was asked for, by the clock of the process that was asked.
    pub requested_at: Instant,
    /// What is asked.
    pub query: Query,
    /// What is measured over the answer.
    pub links: Vec<LinkedMeasure>,
}

/// Connections that may be asked now.
struct Askable {
    /// What is due may be asked here.
    timely: Vec<String>,
    /// What people ask for may be asked here: our own pauses do not count.
    urgent: Vec<String>,
}

/// Sorts out connections that are off, wait for a sign-in or pause, or are not wanted.
fn askable(db: &mut Db, now: Instant, leave_out: &[ConnectionId]) -> Result<Askable, StoreError> {
    let leave_out: HashSet<String> = leave_out.iter().map(ToString::to_string).collect();
    let resting = [word(&ConnectionState::Disabled), word(&ConnectionState::NeedsAuthorization)];
    let query = connection_health::table.select((
        connection_health::connection_id,
        connection_health::state,
        connection_health::retry_at,
        connection_health::paused_until,
    ));
    let rows: Vec<(String, String, Option<Ts>, Option<Ts>)> = on!(db, |c| query.load(c))?;
    let over = |until: Option<Ts>| until.is_none_or(|until| until.0 <= now);
    let mut askable = Askable { timely: Vec::new(), urgent: Vec::new() };
    for (id, state, retry_at, paused_until) in rows {
        if resting.contains(&state) || !over(retry_at) || leave_out.contains(&id) {
            continue;
        }
        if over(paused_until) {
            askable.timely.push(id.clone());
        }
        askable.urgent.push(id);
    }
    Ok(askable)
}

/// Refreshes that wait, or whose worker was not heard of in time.
fn waiting(db: &mut Db, askable: &Askable, now: Instant, limit: i64) -> Result<Vec<String>, StoreError> {
    let queued = refreshes::state.eq(word(&RefreshState::Queued));
    let abandoned = refreshes::state.eq(word(&RefreshState::Running)).and(refreshes::lease_until.le(Some(Ts(now))));
    let timely = refreshes::connection_id.eq_any(askable.timely.clone());
    let urgent =
        refreshes::origin.eq_any(Origin::urgent()).and(refreshes::connection_id.eq_any(askable.urgent.clone()));
    let query = refreshes::table
        .filter(queued.or(abandoned))
        .filter(timely.or(urgent))
        .order((refreshes::requested_at, refreshes::id))
        .limit(limit)
        .select(refreshes::id);
    Ok(match db {
        Db::Sqlite(c) => query.load(c),
        Db::Pg(c) => query.for_no_key_update().skip_locked().load(c),
    }?)
}

/// Makes refreshes for queries that are due and have none open.
fn due(db: &mut Db, random: &Random, askable: &Askable, now: Instant, limit: i64) -> Result<Vec<String>, StoreError> {
    let open =
        refreshes::table.filter(refreshes::state.eq_any(refresh_requests::open_states())).select(refreshes::query_id);
    let query = queries::table
        .filter(queries::due_at.le(Some(Ts(now))))
        .filter(queries::id.ne_all(open))
        .filter(queries::connection_id.eq_any(askable.timely.clone()))
        .order((queries::due_at, queries::connection_id, queries::id))
        .limit(limit)
        .select((queries::id, queries::connection_id));
    let due: Vec<(String, String)> = match db {
        Db::Sqlite(c) => query.load(c),
        Db::Pg(c) => query.for_no_key_update().skip_locked().load(c),
    }?;
    refresh_requests::add(db, random, &due, Origin::Timer, now)
}

/// Puts the lease on refreshes that this transaction holds locked.
fn lease(db: &mut Db, ids: &[String], worker: &str, now: Instant, until: Instant) -> Result<(), StoreError> {
    let rows = refreshes::table.filter(refreshes::id.eq_any(ids.to_vec()));
    let taken = (
        refreshes::state.eq(word(&RefreshState::Running)),
        refreshes::lease_owner.eq(Some(worker)),
        refreshes::lease_until.eq(Some(Ts(until))),
        refreshes::attempt.eq(refreshes::attempt + 1),
        refreshes::done.eq(0),
        refreshes::total.eq(None::<i64>),
        refreshes::started_at.eq(Some(Ts(now))),
    );
    on!(db, |c| diesel::update(rows).set(taken).execute(c))?;
    Ok(())
}

/// The links of queries with their measures, by query.
pub(crate) fn measures(db: &mut Db, queries: Vec<String>) -> Result<HashMap<String, Vec<LinkedMeasure>>, StoreError> {
    let query = links::table
        .inner_join(okrs::table)
        .filter(links::query_id.eq_any(queries))
        .order((links::query_id, links::okr_id));
    let rows: Vec<(LinkRow, Json)> = on!(db, |c| query.select((LinkRow::as_select(), okrs::measure)).load(c))?;
    let mut found: HashMap<String, Vec<LinkedMeasure>> = HashMap::new();
    for (link, measure) in rows {
        let measure = Row { table: "okrs", key: &link.okr_id }.json("measure", &measure)?;
        found.entry(link.query_id.clone()).or_default().push(LinkedMeasure { link: link.read()?, measure });
    }
    Ok(found)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = refreshes)]
struct Claimed {
    id: String,
    origin: String,
    requested_at: Ts,
    attempt: i64,
}

/// What was claimed, with everything that is needed to do it.
fn describe(db: &mut Db, ids: Vec<String>, worker: &str, period: u32) -> Result<Vec<Claim>, StoreError> {
    let query = refreshes::table
        .inner_join(queries::table)
        .filter(refreshes::id.eq_any(ids))
        .order((refreshes::requested_at, refreshes::id));
    let rows: Vec<(Claimed, QueryRow)> =
        on!(&mut *db, |c| query.select((Claimed::as_select(), QueryRow::as_select())).load(c))?;
    let mut measures = measures(db, rows.iter().map(|(_, query)| query.id.clone()).collect())?;
    rows.into_iter()
        .map(|(claimed, query)| {
            let row = Row { table: "refreshes", key: &claimed.id };
            Ok(Claim {
                lease: Lease {
                    refresh_id: row.id("id", &claimed.id)?,
                    worker: worker.to_owned(),
                    attempt: row.number("attempt", claimed.attempt)?,
                },
                origin: row.word("origin", &claimed.origin)?,
                requested_at: claimed.requested_at.0,
                links: measures.remove(&query.id).unwrap_or_default(),
                query: query.read(period)?,
            })
        })
        .collect()
}

impl Store {
    /// Takes up to `limit` refreshes for `worker`, who must write or extend within `lease`: those asked for first, then
    /// those whose worker fell silent, then queries that are due. Connections that are off, wait for a sign-in or pause
    /// are left alone; what people ask for waits only for a pause that Jira itself asked for. Nothing is taken of connections to `leave_out`, because the worker has enough of
    /// them.
    pub async fn claim(
        &self,
        now: Instant,
        worker: &str,
        lease_time: TimeDelta,
        limit: u32,
        leave_out: &[ConnectionId],
    ) -> Result<Vec<Claim>, StoreError> {
        let (worker, random, default) = (worker.to_owned(), self.random.clone(), self.period_minutes);
        let leave_out = leave_out.to_vec();
        self.write(move |db| {
            let organisation = organisation::load(db, default)?;
            if !organisation.jira_enabled {
                return Ok(Vec::new());
            }
            let askable = askable(db, now, &leave_out)?;
            let mut ids = waiting(db, &askable, now, i64::from(limit))?;
            let left = i64::from(limit) - big(ids.len());
            if left > 0 {
                ids.extend(due(db, &random, &askable, now, left)?);
            }
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            lease(db, &ids, &worker, now, now + lease_time)?;
            hints::heed(db, &ids)?;
            describe(db, ids, &worker, organisation.period_minutes)
        })
        .await
    }
}
