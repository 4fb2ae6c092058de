//! What decides whether mirrored issues are good enough, kept in memory: every query asks it for all that it lists, and most
//! of it is as it was. About 100 bytes an issue. The database says what changed since, so that processes which share it need
//! not tell each other.

use super::{Demand, Sighting, has_fields, life, versions};
use crate::{
    error::StoreError,
    pool::{Db, on},
    schema::mirror,
    sql_types::Ts,
};
use diesel::prelude::*;
use okrsync_domain::{ConnectionId, Instant, issue::IssueId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

/// Rows read at once.
const PIECE: i64 = 5000;
/// Before every version.
const NOTHING: i64 = -1;

/// The standings of all connections; clones are the same ones.
#[derive(Clone, Default)]
pub(crate) struct AllStandings(Arc<Mutex<HashMap<ConnectionId, Arc<tokio::sync::Mutex<Standings>>>>>);

impl AllStandings {
    fn all(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<tokio::sync::Mutex<Standings>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection's, for one user at a time.
    pub(crate) async fn of(&self, connection: ConnectionId) -> OwnedMutexGuard<Standings> {
        let standings = self.all().entry(connection).or_default().clone();
        standings.lock_owned().await
    }

    /// Lets go of those of a connection that is removed.
    pub(crate) fn forget(&self, connection: ConnectionId) {
        self.all().remove(&connection);
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = mirror)]
struct StandingRow {
    issue_id: i64,
    seen_at: Ts,
    listed_at: Option<Ts>,
    updated_at: Option<Ts>,
    status_id: Option<String>,
    fields: String,
    version: i64,
}

/// A row, with texts by their places among all texts.
#[derive(Debug, Clone, Copy)]
struct Standing {
    seen_at: i64,
    listed_at: Option<i64>,
    updated_at: Option<i64>,
    status: Option<u32>,
    fields: u32,
}

/// Different texts, each with its place.
#[derive(Default)]
struct Texts(HashMap<String, u32>);

impl Texts {
    fn place(&mut self, text: String) -> u32 {
        let next = u32::try_from(self.0.len()).expect("statuses and lists of fields are few");
        *self.0.entry(text).or_insert(next)
    }

    /// For each text, by its place, whether it is as it should be.
    fn judge(&self, is_good: impl Fn(&str) -> bool) -> Vec<bool> {
        let mut judged = vec![false; self.0.len()];
        for (text, place) in &self.0 {
            judged[at(*place)] = is_good(text);
        }
        judged
    }
}

fn at(place: u32) -> usize {
    usize::try_from(place).expect("a place in memory")
}

/// The standings of a connection's issues, as of a version of its mirror.
pub(crate) struct Standings {
    version: i64,
    issues: HashMap<i64, Standing>,
    statuses: Texts,
    lists: Texts,
}

impl Default for Standings {
    fn default() -> Self {
        let (issues, statuses, lists) = (HashMap::new(), Texts::default(), Texts::default());
        Self { version: NOTHING, issues, statuses, lists }
    }
}

/// The next rows behind one, by version and issue.
fn written_behind(db: &mut Db, connection: &str, (version, issue): (i64, i64)) -> Result<Vec<StandingRow>, StoreError> {
    let of_connection = mirror::table.filter(mirror::connection_id.eq(connection));
    let same = of_connection.filter(mirror::version.eq(version).and(mirror::issue_id.gt(issue)));
    let same = same.order(mirror::issue_id).limit(PIECE);
    let rows: Vec<StandingRow> = on!(&mut *db, |c| same.select(StandingRow::as_select()).load(c))?;
    if !rows.is_empty() {
        return Ok(rows);
    }
    let later = of_connection.filter(mirror::version.gt(version));
    let later = later.order((mirror::version, mirror::issue_id)).limit(PIECE);
    Ok(on!(db, |c| later.select(StandingRow::as_select()).load(c))?)
}

impl Standings {
    /// Learns what changed, inside somebody's transaction. One that sees less than is known already teaches nothing.
    pub(crate) fn catch_up(&mut self, db: &mut Db, connection: &str) -> Result<(), StoreError> {
        let current = versions::current(db, connection)?;
        if self.version < current.begun {
            *self = Self::default();
        }
        if self.version >= current.version {
            return Ok(());
        }
        // first what went: of it, what is there again was written since
        for id in versions::dropped_after(db, connection, self.version)? {
            self.issues.remove(&id);
        }
        let mut behind = (self.version, i64::MAX);
        loop {
            let rows = written_behind(db, connection, behind)?;
            let Some(last) = rows.last() else { break };
            behind = (last.version, last.issue_id);
            for row in rows {
                self.note(row);
            }
        }
        // not before all is known: what was learnt twice does no harm
        self.version = current.version;
        Ok(())
    }

    fn note(&mut self, row: StandingRow) {
        let standing = Standing {
            seen_at: row.seen_at.0.timestamp_micros(),
            listed_at: row.listed_at.map(|at| at.0.timestamp_micros()),
            updated_at: row.updated_at.map(|at| at.0.timestamp_micros()),
            status: row.status_id.map(|status| self.statuses.place(status)),
            fields: self.lists.place(row.fields),
        };
        self.issues.insert(row.issue_id, standing);
    }

    /// Those of some issues that are not mirrored as well as they must be.
    pub(crate) fn lacking(&self, listed: &[Sighting], demand: &Demand) -> Vec<IssueId> {
        let known = self.statuses.judge(|status| demand.statuses.contains(status));
        let asked = self.lists.judge(|list| has_fields(list, &demand.fields));
        let is_good = |(id, updated): &Sighting| {
            self.issues.get(&id.0).is_some_and(|standing| {
                standing.is_current()
                    && standing.says(*updated)
                    && standing.is_young(*id, demand)
                    && standing.status.is_some_and(|status| known[at(status)])
                    && asked[at(standing.fields)]
            })
        };
        listed.iter().filter(|seen| !is_good(seen)).map(|(id, _)| *id).collect()
    }
}

impl Standing {
    /// Whether it was fetched after it was last listed as changed.
    fn is_current(&self) -> bool {
        self.listed_at.is_none_or(|listed| listed < self.seen_at)
    }

    /// Whether it has not changed since, by Jira's own word.
    fn says(&self, updated: Option<Instant>) -> bool {
        updated.is_none_or(|updated| self.updated_at == Some(updated.timestamp_micros()))
    }

    fn is_young(&self, id: IssueId, demand: &Demand) -> bool {
        let age = demand.now.timestamp_micros() - self.seen_at;
        life(id.0, demand.believed_for).num_microseconds().is_none_or(|life| age < life)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_takes_little_memory() {
        assert!(size_of::<(i64, Standing)>() <= 64, "{}", size_of::<(i64, Standing)>());
    }
}
