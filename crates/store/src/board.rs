//! The board: everything that the colours of OKRs depend on, read in a fixed number of queries.

use crate::{
    Store,
    check_ins::CheckInRow,
    error::StoreError,
    links::LinkRow,
    okr_rows::OkrRow,
    okrs::{Viewer, below},
    organisation,
    pool::{Db, on},
    queries::{Query, QueryRow},
    readings::ReadingRow,
    row::{Row, word},
    schema::{check_ins, connection_health, connections, links, okrs, queries, readings},
    sql_types::Json,
    store::CHUNK,
};
use diesel::prelude::*;
use okrsync_domain::{
    ConnectionId, OkrId, Problem,
    check_in::CheckIn,
    connection::{ConnectionState, Deployment},
    link::Link,
    okr::{Okr, Visibility},
    reading::Reading,
};
use std::collections::HashMap;

/// Which OKRs a board shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoardScope {
    /// All of them.
    All,
    /// These and everything below them.
    Trees(Vec<OkrId>),
    /// These.
    Only(Vec<OkrId>),
}

/// An OKR with everything that its colour depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardRow {
    /// The OKR.
    pub okr: Okr,
    /// Its link, with how the query and the connection fare.
    pub link: Option<Linked>,
    /// The last automatic reading, also after the link was removed.
    pub reading: Option<Reading>,
    /// The last check-in with a value.
    pub value_check_in: Option<CheckIn>,
    /// A later check-in that states a status without a value.
    pub status_check_in: Option<CheckIn>,
}

/// A link with how its query and connection fare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The link.
    pub link: Link,
    /// The query it shares.
    pub query: Query,
    /// The link's own trouble, or else its query's; `at` is since when.
    pub problem: Option<Problem>,
    /// What a reader should know of the connection.
    pub connection: LinkedConnection,
}

/// What a reader should know of a link's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedConnection {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Where Jira is.
    pub server_url: String,
    /// Cloud or self-managed.
    pub deployment: Deployment,
    /// How it fares.
    pub state: ConnectionState,
    /// Whether viewers see titles of issues.
    pub show_titles_to_viewers: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = connections)]
struct SourceRow {
    id: String,
    name: String,
    server_url: String,
    deployment: String,
    show_titles_to_viewers: bool,
}

impl SourceRow {
    fn read(self, state: &str) -> Result<LinkedConnection, StoreError> {
        let row = Row { table: "connections", key: &self.id };
        Ok(LinkedConnection {
            id: row.id("id", &self.id)?,
            deployment: row.word("deployment", &self.deployment)?,
            state: Row { table: "connection_health", key: &self.id }.word("state", state)?,
            name: self.name,
            server_url: self.server_url,
            show_titles_to_viewers: self.show_titles_to_viewers,
        })
    }
}

/// Which rows of `okrs` a query joins: all, or a chunk of ids.
type Chunk<'a> = Option<&'a [String]>;

fn read_okrs(db: &mut Db, ids: Chunk<'_>, viewer: Option<Viewer>) -> Result<Vec<Okr>, StoreError> {
    let rows: Vec<OkrRow> = on!(db, |c| {
        let mut query = okrs::table.select(OkrRow::as_select()).into_boxed();
        if let Some(ids) = ids {
            query = query.filter(okrs::id.eq_any(ids.to_vec()));
        }
        if let Some(viewer) = viewer.filter(|viewer| !viewer.admin) {
            let everyone = okrs::visibility.eq(word(&Visibility::Everyone));
            query = query.filter(everyone.or(okrs::owner_id.eq(viewer.user_id.to_string())));
        }
        query.load(c)
    })?;
    rows.into_iter().map(OkrRow::read).collect()
}

fn read_links(db: &mut Db, ids: Chunk<'_>, period: u32) -> Result<Vec<Linked>, StoreError> {
    let rows: Vec<(LinkRow, QueryRow, SourceRow, String)> = on!(db, |c| {
        let mut query = links::table
            .inner_join(queries::table)
            .inner_join(connections::table.inner_join(connection_health::table))
            .select((LinkRow::as_select(), QueryRow::as_select(), SourceRow::as_select(), connection_health::state))
            .into_boxed();
        if let Some(ids) = ids {
            query = query.filter(links::okr_id.eq_any(ids.to_vec()));
        }
        query.load(c)
    })?;
    rows.into_iter()
        .map(|(link, query, connection, state)| {
            let own: Option<&Json> = link.problem.as_ref();
            let own = Row { table: "links", key: &link.okr_id }.json_opt("problem", own)?;
            let query = query.read(period)?;
            Ok(Linked {
                problem: own.or_else(|| query.problem.clone()),
                link: link.read()?,
                query,
                connection: connection.read(&state)?,
            })
        })
        .collect()
}

fn read_readings(db: &mut Db, ids: Chunk<'_>) -> Result<Vec<Reading>, StoreError> {
    let rows: Vec<ReadingRow> = on!(db, |c| {
        let newest = okrs::table.inner_join(readings::table.on(okrs::reading_id.eq(readings::id.nullable())));
        let mut query = newest.select(ReadingRow::as_select()).into_boxed();
        if let Some(ids) = ids {
            query = query.filter(okrs::id.eq_any(ids.to_vec()));
        }
        query.load(c)
    })?;
    rows.into_iter().map(ReadingRow::read).collect()
}

fn read_check_ins(db: &mut Db, ids: Chunk<'_>) -> Result<Vec<CheckIn>, StoreError> {
    let rows: Vec<CheckInRow> = on!(db, |c| {
        let id = check_ins::id.nullable();
        let newest = okrs::value_check_in_id.eq(id).or(okrs::standing_check_in_id.eq(id));
        let mut query = okrs::table
            .inner_join(check_ins::table.on(okrs::id.eq(check_ins::okr_id)))
            .filter(newest)
            .select(CheckInRow::as_select())
            .into_boxed();
        if let Some(ids) = ids {
            query = query.filter(okrs::id.eq_any(ids.to_vec()));
        }
        query.load(c)
    })?;
    rows.into_iter().map(CheckInRow::read).collect()
}

/// The ids in scope; none means all.
fn in_scope(db: &mut Db, scope: BoardScope) -> Result<Option<Vec<String>>, StoreError> {
    let texts = |ids: Vec<OkrId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut ids = match scope {
        BoardScope::All => return Ok(None),
        BoardScope::Only(ids) => texts(ids),
        BoardScope::Trees(roots) => {
            let roots = texts(roots);
            let mut ids = below(db, roots.clone())?;
            ids.extend(roots);
            ids
        }
    };
    ids.sort();
    ids.dedup();
    Ok(Some(ids))
}

/// Reads one chunk and adds its rows.
fn read_chunk(
    db: &mut Db,
    ids: Chunk<'_>,
    viewer: Option<Viewer>,
    period: u32,
    rows: &mut Vec<BoardRow>,
) -> Result<(), StoreError> {
    let okrs = read_okrs(db, ids, viewer)?;
    let mut links: HashMap<OkrId, Linked> =
        read_links(db, ids, period)?.into_iter().map(|linked| (linked.link.okr_id, linked)).collect();
    let mut readings: HashMap<OkrId, Reading> =
        read_readings(db, ids)?.into_iter().map(|reading| (reading.okr_id, reading)).collect();
    // at most one of each: the newest with a value is also the newest of all, or else the newest states a status only
    let (valued, stated): (Vec<CheckIn>, Vec<CheckIn>) =
        read_check_ins(db, ids)?.into_iter().partition(|check_in| check_in.entered.is_some());
    let by_okr = |check_ins: Vec<CheckIn>| -> HashMap<OkrId, CheckIn> {
        check_ins.into_iter().map(|check_in| (check_in.okr_id, check_in)).collect()
    };
    let (mut valued, mut stated) = (by_okr(valued), by_okr(stated));
    rows.extend(okrs.into_iter().map(|okr| BoardRow {
        link: links.remove(&okr.id),
        reading: readings.remove(&okr.id),
        value_check_in: valued.remove(&okr.id),
        status_check_in: stated.remove(&okr.id),
        okr,
    }));
    Ok(())
}

impl Store {
    /// OKRs with everything that their colours depend on, by the moment they were written down. Somebody's view leaves out
    /// what is private to others.
    pub async fn board(&self, scope: BoardScope, visible_to: Option<Viewer>) -> Result<Vec<BoardRow>, StoreError> {
        let default = self.period_minutes;
        self.snapshot(move |db| {
            let period = organisation::load(db, default)?.period_minutes;
            let mut rows = Vec::new();
            match in_scope(db, scope)? {
                None => read_chunk(db, None, visible_to, period, &mut rows)?,
                Some(ids) => {
                    ids.chunks(CHUNK).try_for_each(|part| read_chunk(db, Some(part), visible_to, period, &mut rows))?;
                }
            }
            rows.sort_by_key(|row| (row.okr.created_at, row.okr.id));
            Ok(rows)
        })
        .await
    }
}
