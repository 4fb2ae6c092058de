//! First syncs: how far the queries of a connection have come that were never measured.

use crate::{
    error::StoreError,
    pool::{Db, on},
    refresh_requests::open_states,
    row::Row,
    schema::{queries, refreshes},
    sql_types::Ts,
};
use diesel::prelude::*;
use okrsync_domain::Instant;
use std::collections::HashMap;

/// How far the first sync of a connection's queries has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstSync {
    /// Issues read so far.
    pub done: u64,
    /// Issues to read; none until every query's are known.
    pub total: Option<u64>,
    /// When the first of the refreshes under way began; none while all of them wait.
    pub started_at: Option<Instant>,
}

impl FirstSync {
    /// Percent of the issues that are read, once it is known how many there are.
    pub fn percent(&self) -> Option<u64> {
        self.total.and_then(|total| self.done.saturating_mul(100).checked_div(total)).map(|share| share.min(100))
    }

    /// Seconds left at the speed so far; none until that can be told.
    pub fn seconds_left(&self, now: Instant) -> Option<u64> {
        let spent = self.started_at.and_then(|at| u64::try_from((now - at).num_seconds()).ok())?;
        let left = self.total?.saturating_sub(self.done);
        left.saturating_mul(spent).checked_div(self.done)
    }

    fn and(self, other: Self) -> Self {
        Self {
            done: self.done + other.done,
            total: self.total.zip(other.total).map(|(one, other)| one + other),
            started_at: self.started_at.into_iter().chain(other.started_at).min(),
        }
    }
}

/// The first syncs of some connections, where there are any.
pub(crate) fn load(db: &mut Db, connections: &[String]) -> Result<HashMap<String, FirstSync>, StoreError> {
    let query = refreshes::table
        .inner_join(queries::table)
        .filter(queries::last_ok_at.is_null().and(queries::due_at.is_not_null()))
        .filter(refreshes::state.eq_any(open_states()).and(refreshes::connection_id.eq_any(connections.to_vec())))
        .select((refreshes::connection_id, refreshes::done, refreshes::total, refreshes::started_at));
    let rows: Vec<(String, i64, Option<i64>, Option<Ts>)> = on!(db, |c| query.load(c))?;
    let mut found: HashMap<String, FirstSync> = HashMap::new();
    for (connection, done, total, started_at) in rows {
        let row = Row { table: "refreshes", key: &connection };
        let one = FirstSync {
            done: row.number("done", done)?,
            total: total.map(|total| row.number("total", total)).transpose()?,
            started_at: started_at.map(|at| at.0),
        };
        let all = found.get(&connection).map_or(one, |before| before.and(one));
        found.insert(connection, all);
    }
    Ok(found)
}
