//! Looking at refreshes: how far one has come, what came of it, and how long the queue is.

use crate::{
    Store,
    error::StoreError,
    people::count,
    pool::{Db, on},
    refresh_requests::open_states,
    row::{Row, word},
    schema::{links, queries, refresh_group_members, refresh_groups, refreshes},
    sql_types::{Json, Ts},
};
use diesel::{dsl::min, prelude::*};
use okrsync_domain::{
    Instant, OkrId, Problem, QueryId, RefreshId,
    refresh::{Refresh, RefreshState},
};
use std::collections::HashMap;

#[derive(Queryable, Selectable)]
#[diesel(table_name = refreshes)]
pub(crate) struct RefreshRow {
    id: String,
    query_id: String,
    state: String,
    done: i64,
    total: Option<i64>,
    requests: i64,
    issues: i64,
    started_at: Option<Ts>,
    finished_at: Option<Ts>,
    error: Option<Json>,
}

/// What came of one query's refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshOutcome {
    /// The refresh.
    pub refresh_id: RefreshId,
    /// Its query.
    pub query_id: QueryId,
    /// OKRs that are linked to the query now.
    pub okr_ids: Vec<OkrId>,
    /// How far it has come.
    pub state: RefreshState,
    /// Why it failed.
    pub error: Option<Problem>,
}

/// The work that waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queue {
    /// Refreshes that wait for a worker.
    pub queued: u64,
    /// Refreshes that a worker has.
    pub running: u64,
    /// Queries that are due.
    pub due: u64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Instant>,
}

impl RefreshRow {
    /// As the product speaks of it.
    pub(crate) fn read(self) -> Result<Refresh, StoreError> {
        let row = Row { table: "refreshes", key: &self.id };
        Ok(Refresh {
            id: row.id("id", &self.id)?,
            queries: vec![row.id("query_id", &self.query_id)?],
            state: row.word("state", &self.state)?,
            done: row.number("done", self.done)?,
            total: self.total.map(|total| row.number("total", total)).transpose()?,
            started_at: self.started_at.map(|at| at.0),
            finished_at: self.finished_at.map(|at| at.0),
            requests: row.number("requests", self.requests)?,
            issues: row.number("issues", self.issues)?,
            error: row.json_opt("error", self.error.as_ref())?,
        })
    }
}

/// The one refresh of this id, or those of the group.
fn load(db: &mut Db, id: RefreshId) -> Result<Option<Vec<Refresh>>, StoreError> {
    let key = id.to_string();
    let one = refreshes::table.filter(refreshes::id.eq(&key));
    let mut rows: Vec<RefreshRow> = on!(&mut *db, |c| one.select(RefreshRow::as_select()).load(c))?;
    if rows.is_empty() {
        let group = refresh_groups::table.filter(refresh_groups::id.eq(&key)).count();
        if on!(&mut *db, |c| group.get_result::<i64>(c))? == 0 {
            return Ok(None);
        }
        let grouped = refresh_group_members::table
            .filter(refresh_group_members::group_id.eq(&key))
            .select(refresh_group_members::refresh_id);
        let several = refreshes::table.filter(refreshes::id.eq_any(grouped)).order(refreshes::id);
        rows = on!(db, |c| several.select(RefreshRow::as_select()).load(c))?;
    }
    rows.into_iter().map(RefreshRow::read).collect::<Result<_, _>>().map(Some)
}

/// Several refreshes seen as one: running until the last has ended, failed if any has failed.
fn together(id: RefreshId, parts: &[Refresh]) -> Refresh {
    let ended = |part: &&Refresh| part.finished_at.is_some();
    let finished = parts.iter().filter(ended).count();
    let all_ended = finished == parts.len();
    let error = parts.iter().find_map(|part| part.error.clone());
    let state = match (all_ended, &error) {
        (true, Some(_)) => RefreshState::Failed,
        (true, None) => RefreshState::Done,
        (false, _) if parts.iter().all(|part| part.state == RefreshState::Queued) => RefreshState::Queued,
        (false, _) => RefreshState::Running,
    };
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Refresh {
        id,
        queries: parts.iter().flat_map(|part| part.queries.clone()).collect(),
        state,
        done: number(finished),
        total: Some(number(parts.len())),
        started_at: parts.iter().filter_map(|part| part.started_at).min(),
        finished_at: parts.iter().filter_map(|part| part.finished_at).max().filter(|_| all_ended),
        requests: parts.iter().map(|part| part.requests).sum(),
        issues: parts.iter().map(|part| part.issues).sum(),
        error: error.filter(|_| all_ended),
    }
}

impl Store {
    /// A refresh, or a group of several seen as one. Of a query that no link uses any more it may be gone.
    pub async fn find_refresh(&self, id: RefreshId) -> Result<Option<Refresh>, StoreError> {
        self.snapshot(move |db| {
            Ok(load(db, id)?.map(|mut parts| match parts.len() {
                1 if parts[0].id == id => parts.remove(0),
                _ => together(id, &parts),
            }))
        })
        .await
    }

    /// What came of each query of a refresh or a group; empty for one that is not known.
    pub async fn refresh_outcomes(&self, id: RefreshId) -> Result<Vec<RefreshOutcome>, StoreError> {
        self.snapshot(move |db| {
            let parts = load(db, id)?.unwrap_or_default();
            let ids: Vec<String> = parts.iter().flat_map(|part| part.queries.iter().map(ToString::to_string)).collect();
            let mut okrs: HashMap<String, Vec<OkrId>> = HashMap::new();
            for part in ids.chunks(crate::store::CHUNK) {
                let query = links::table
                    .filter(links::query_id.eq_any(part.to_vec()))
                    .order(links::okr_id)
                    .select((links::query_id, links::okr_id));
                for (query, okr) in on!(&mut *db, |c| query.load::<(String, String)>(c))? {
                    let okr = Row { table: "links", key: &okr }.id("okr_id", &okr)?;
                    okrs.entry(query).or_default().push(okr);
                }
            }
            let outcome = |part: Refresh, query: String| {
                let okr_ids = okrs.remove(&query).unwrap_or_default();
                let query_id = part.queries[0];
                RefreshOutcome { refresh_id: part.id, query_id, okr_ids, state: part.state, error: part.error }
            };
            Ok(std::iter::zip(parts, ids)
                .map({
                    let mut outcome = outcome;
                    move |(part, query)| outcome(part, query)
                })
                .collect())
        })
        .await
    }

    /// How much work waits at `now`.
    pub async fn queue(&self, now: Instant) -> Result<Queue, StoreError> {
        self.snapshot(move |db| {
            let with = |state| refreshes::table.filter(refreshes::state.eq(word(&state)));
            let queued = with(RefreshState::Queued);
            let due =
                queries::table.filter(queries::due_at.le(Some(Ts(now)))).filter(queries::id.ne_all(
                    refreshes::table.filter(refreshes::state.eq_any(open_states())).select(refreshes::query_id),
                ));
            let asked: Option<Ts> = on!(&mut *db, |c| queued.clone().select(min(refreshes::requested_at)).first(c))?;
            let planned: Option<Ts> = on!(&mut *db, |c| due.clone().select(min(queries::due_at)).first(c))?;
            Ok(Queue {
                queued: count(on!(&mut *db, |c| queued.count().get_result(c))?)?,
                running: count(on!(&mut *db, |c| with(RefreshState::Running).count().get_result(c))?)?,
                due: count(on!(db, |c| due.count().get_result(c))?)?,
                oldest: asked.into_iter().chain(planned).min().map(|at| at.0),
            })
        })
        .await
    }

    /// The earliest instant at which there is something to claim, pauses aside: when a queued refresh was asked for, a
    /// lease ends, or a query without an open refresh is due.
    pub async fn next_due(&self) -> Result<Option<Instant>, StoreError> {
        self.snapshot(|db| {
            let with = |state| refreshes::table.filter(refreshes::state.eq(word(&state)));
            let free =
                queries::table.filter(queries::id.ne_all(
                    refreshes::table.filter(refreshes::state.eq_any(open_states())).select(refreshes::query_id),
                ));
            let asked: Option<Ts> =
                on!(&mut *db, |c| with(RefreshState::Queued).select(min(refreshes::requested_at)).first(c))?;
            let lease: Option<Ts> =
                on!(&mut *db, |c| with(RefreshState::Running).select(min(refreshes::lease_until)).first(c))?;
            let due: Option<Ts> = on!(db, |c| free.select(min(queries::due_at)).first(c))?;
            Ok(asked.into_iter().chain(lease).chain(due).min().map(|at| at.0))
        })
        .await
    }
}
