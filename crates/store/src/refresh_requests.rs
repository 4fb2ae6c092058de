//! Asking for refreshes: a query has at most one open refresh, and whoever asks meanwhile joins it.

use crate::{
    Store,
    error::StoreError,
    pool::{Db, on},
    row::{Row, word},
    schema::{links, queries, refresh_group_members, refresh_groups, refreshes},
    sql_types::Ts,
    store::CHUNK,
    turns,
};
use diesel::prelude::*;
use okrsync_domain::{ConnectionId, Instant, OkrId, QueryId, Random, RefreshId, refresh::RefreshState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a refresh was asked for. What people ask for is not held back by our own pauses, only by Jira's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It was due.
    Timer,
    /// Somebody pressed the button.
    Person,
    /// A link or a measure was made or edited.
    Link,
    /// Jira hinted at a change.
    Webhook,
}

impl Origin {
    /// The words of origins that our own pauses do not hold back.
    pub(crate) fn urgent() -> [String; 2] {
        [word(&Self::Person), word(&Self::Link)]
    }
}

/// Which queries are to be refreshed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshScope {
    /// Every linked one.
    All,
    /// Those of one connection.
    Connection(ConnectionId),
    /// Those of these OKRs' own links.
    Okrs(Vec<OkrId>),
    /// These.
    Queries(Vec<QueryId>),
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRequest {
    /// The one refresh's id, or that of a group of several.
    pub id: RefreshId,
    /// The open refresh of each query.
    pub refreshes: Vec<(QueryId, RefreshId)>,
}

// `treat_none_as_default_value = false` here and elsewhere: SQLite then takes all rows in one statement
#[derive(Insertable)]
#[diesel(table_name = refreshes, treat_none_as_default_value = false)]
struct NewRefresh {
    id: String,
    query_id: String,
    connection_id: String,
    origin: String,
    state: String,
    requested_at: Ts,
    attempt: i64,
    done: i64,
    requests: i64,
    issues: i64,
}

#[derive(Insertable)]
#[diesel(table_name = refresh_group_members, treat_none_as_default_value = false)]
struct Grouped {
    group_id: String,
    refresh_id: String,
}

/// The words of states in which a refresh is open.
pub(crate) fn open_states() -> [String; 2] {
    [word(&RefreshState::Queued), word(&RefreshState::Running)]
}

/// Adds a queued refresh to each query that has none open, and tells the ids of those added.
pub(crate) fn add(
    db: &mut Db,
    random: &Random,
    wanted: &[(String, String)],
    origin: Origin,
    now: Instant,
) -> Result<Vec<String>, StoreError> {
    let mut added = Vec::new();
    // always in the same order, so that two who ask for the same queries never wait for each other
    let mut wanted = wanted.to_vec();
    wanted.sort();
    for part in wanted.chunks(CHUNK) {
        let rows: Vec<NewRefresh> = part
            .iter()
            .map(|(query, connection)| NewRefresh {
                id: random.id::<RefreshId>(now).to_string(),
                query_id: query.clone(),
                connection_id: connection.clone(),
                origin: word(&origin),
                state: word(&RefreshState::Queued),
                requested_at: Ts(now),
                attempt: 0,
                done: 0,
                requests: 0,
                issues: 0,
            })
            .collect();
        let new: Vec<String> = on!(&mut *db, |c| diesel::insert_into(refreshes::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .returning(refreshes::id)
            .get_results(c))?;
        added.extend(new);
    }
    Ok(added)
}

/// Queues a refresh of each query that has none open, and returns the open one of each by query.
pub(crate) fn enqueue(
    db: &mut Db,
    random: &Random,
    wanted: &[(String, String)],
    origin: Origin,
    now: Instant,
) -> Result<BTreeMap<String, String>, StoreError> {
    add(db, random, wanted, origin, now)?;
    let mut open = BTreeMap::new();
    for part in wanted.chunks(CHUNK) {
        let ids: Vec<String> = part.iter().map(|(query, _)| query.clone()).collect();
        let joined =
            refreshes::table.filter(refreshes::query_id.eq_any(ids)).filter(refreshes::state.eq_any(open_states()));
        if Origin::urgent().contains(&word(&origin)) {
            let queued = joined.clone().filter(refreshes::state.eq(word(&RefreshState::Queued))).select(refreshes::id);
            let queued: Vec<String> = match db {
                Db::Sqlite(c) => queued.load(c),
                // one that a worker is just claiming need not wait for anybody any more
                Db::Pg(c) => queued.for_no_key_update().skip_locked().load(c),
            }?;
            let queued = refreshes::table.filter(refreshes::id.eq_any(queued));
            on!(&mut *db, |c| diesel::update(queued).set(refreshes::origin.eq(word(&origin))).execute(c))?;
        }
        let found: Vec<(String, String)> =
            on!(&mut *db, |c| joined.select((refreshes::query_id, refreshes::id)).load(c))?;
        open.extend(found);
    }
    Ok(open)
}

/// Queues a refresh of one query whose links have changed. One under way measures the links as they were, so it starts
/// again under its own id.
pub(crate) fn measure_again(
    db: &mut Db,
    random: &Random,
    query: &str,
    origin: Origin,
    now: Instant,
) -> Result<RefreshId, StoreError> {
    restart(db, &[query.to_owned()])?;
    let connection = queries::table.filter(queries::id.eq(query)).select(queries::connection_id);
    let connection: String = on!(&mut *db, |c| connection.first(c))?;
    let open = enqueue(db, random, &[(query.to_owned(), connection)], origin, now)?;
    let id = open.get(query).ok_or_else(|| StoreError::Busy("the refresh ended while it was joined".to_owned()))?;
    Row { table: "refreshes", key: id }.id("id", id)
}

/// Takes running refreshes of these queries out of their workers' hands and queues them again.
pub(crate) fn restart(db: &mut Db, queries: &[String]) -> Result<(), StoreError> {
    for part in queries.chunks(CHUNK) {
        let running = refreshes::table
            .filter(refreshes::query_id.eq_any(part.to_vec()))
            .filter(refreshes::state.eq(word(&RefreshState::Running)));
        let ids: Vec<String> = on!(&mut *db, |c| running.select(refreshes::id).load(c))?;
        requeue(db, &ids)?;
    }
    Ok(())
}

/// Puts refreshes back into the queue as if no worker had begun, but for the count of attempts.
pub(crate) fn requeue(db: &mut Db, ids: &[String]) -> Result<(), StoreError> {
    let running = refreshes::state.eq(word(&RefreshState::Running));
    let rows = refreshes::table.filter(refreshes::id.eq_any(ids.to_vec()).and(running));
    let fresh = (
        refreshes::state.eq(word(&RefreshState::Queued)),
        refreshes::lease_owner.eq(None::<String>),
        refreshes::lease_until.eq(None::<Ts>),
        refreshes::done.eq(0),
        refreshes::total.eq(None::<i64>),
    );
    on!(db, |c| diesel::update(rows).set(fresh).execute(c))?;
    Ok(())
}

/// Ends open refreshes of a query that no link uses any more: there is nothing left to measure.
pub(crate) fn drop_open(db: &mut Db, query: &str, now: Instant) -> Result<(), StoreError> {
    let open = refreshes::table.filter(refreshes::query_id.eq(query)).filter(refreshes::state.eq_any(open_states()));
    let ended = (
        refreshes::state.eq(word(&RefreshState::Done)),
        refreshes::lease_owner.eq(None::<String>),
        refreshes::lease_until.eq(None::<Ts>),
        refreshes::finished_at.eq(Some(Ts(now))),
    );
    on!(db, |c| diesel::update(open).set(ended).execute(c))?;
    Ok(())
}

/// Linked queries in scope with their connections.
fn in_scope(db: &mut Db, scope: &RefreshScope) -> Result<Vec<(String, String)>, StoreError> {
    let texts = match scope {
        RefreshScope::Okrs(ids) => ids.iter().map(ToString::to_string).collect(),
        RefreshScope::Queries(ids) => ids.iter().map(ToString::to_string).collect(),
        RefreshScope::Connection(id) => vec![id.to_string()],
        RefreshScope::All => Vec::new(),
    };
    let mut found: Vec<(String, String)> = on!(db, |c| {
        let mut query = links::table.select((links::query_id, links::connection_id)).distinct().into_boxed();
        query = match scope {
            RefreshScope::All => query,
            RefreshScope::Connection(_) => query.filter(links::connection_id.eq_any(texts)),
            RefreshScope::Okrs(_) => query.filter(links::okr_id.eq_any(texts)),
            RefreshScope::Queries(_) => query.filter(links::query_id.eq_any(texts)),
        };
        query.load(c)
    })?;
    found.sort();
    Ok(found)
}

/// Bundles refreshes under one id.
fn group(db: &mut Db, id: RefreshId, refreshes: &[(QueryId, RefreshId)], now: Instant) -> Result<(), StoreError> {
    let new = (refresh_groups::id.eq(id.to_string()), refresh_groups::requested_at.eq(Ts(now)));
    on!(&mut *db, |c| diesel::insert_into(refresh_groups::table).values(new).execute(c))?;
    for part in refreshes.chunks(CHUNK) {
        let rows: Vec<Grouped> = part
            .iter()
            .map(|(_, refresh)| Grouped { group_id: id.to_string(), refresh_id: refresh.to_string() })
            .collect();
        on!(&mut *db, |c| diesel::insert_into(refresh_group_members::table).values(&rows).execute(c))?;
    }
    Ok(())
}

impl Store {
    /// Asks for a refresh of every linked query in scope and joins those that are open; none when nothing is linked.
    pub async fn request_refresh(
        &self,
        scope: RefreshScope,
        origin: Origin,
        now: Instant,
    ) -> Result<Option<RefreshRequest>, StoreError> {
        let random = self.random.clone();
        self.write(move |db| {
            turns::beside(db)?;
            let wanted = in_scope(db, &scope)?;
            let open = enqueue(db, &random, &wanted, origin, now)?;
            let refreshes: Result<Vec<(QueryId, RefreshId)>, StoreError> = open
                .iter()
                .map(|(query, refresh)| {
                    let row = Row { table: "refreshes", key: refresh };
                    Ok((row.id("query_id", query)?, row.id("id", refresh)?))
                })
                .collect();
            let refreshes = refreshes?;
            let id = match refreshes[..] {
                [] => return Ok(None),
                [(_, only)] => only,
                _ => {
                    let id = random.id(now);
                    group(db, id, &refreshes, now)?;
                    id
                }
            };
            Ok(Some(RefreshRequest { id, refreshes }))
        })
        .await
    }
}
