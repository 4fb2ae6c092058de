//! Connections and what is linked through them: who uses one, and which one somebody is likely to want.

use crate::{
    Store,
    connection_rows::{ConnectionRow, HealthRow},
    connections::usable,
    error::StoreError,
    okrs::Viewer,
    people::count,
    pool::{Db, on},
    row::{Row, word},
    schema::{connection_health, connections, links, okrs as okr_table},
    sql_types::Ts,
};
use diesel::{dsl::count_star, prelude::*};
use okrsync_domain::{
    ConnectionId, OkrId, UserId,
    connection::{Candidate, Connection, Sharing},
    okr::Visibility,
};
use std::collections::HashMap;

/// An objective or key result that is linked through a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedOkr {
    /// Its id.
    pub id: OkrId,
    /// Its title.
    pub title: String,
    /// Whose it is.
    pub owner_id: UserId,
    /// Who may see it.
    pub visibility: Visibility,
}

/// Links of each connection.
pub(crate) fn count_links(db: &mut Db, ids: &[String]) -> Result<HashMap<String, i64>, StoreError> {
    let query = links::table
        .filter(links::connection_id.eq_any(ids.to_vec()))
        .group_by(links::connection_id)
        .select((links::connection_id, count_star()));
    let counts: Vec<(String, i64)> = on!(db, |c| query.load(c))?;
    Ok(counts.into_iter().collect())
}

/// When somebody last linked something of theirs through each connection.
fn last_used(db: &mut Db, viewer: Viewer) -> Result<HashMap<String, Ts>, StoreError> {
    let query = links::table
        .inner_join(okr_table::table)
        .filter(okr_table::owner_id.eq(viewer.user_id.to_string()))
        .order(links::edited_at)
        .select((links::connection_id, links::edited_at));
    let rows: Vec<(String, Ts)> = on!(db, |c| query.load(c))?;
    Ok(rows.into_iter().collect())
}

impl Store {
    /// The connections that somebody may use, as candidates for a link, and the one that an OKR is linked through.
    pub async fn connection_candidates(
        &self,
        viewer: Viewer,
        okr: Option<OkrId>,
    ) -> Result<(Vec<Candidate>, Option<ConnectionId>), StoreError> {
        self.snapshot(move |db| {
            let rows: Vec<(ConnectionRow, HealthRow)> = on!(&mut *db, |c| usable!(viewer).load(c))?;
            let ids: Vec<String> = rows.iter().map(|(row, _)| row.id.clone()).collect();
            let (links, used) = (count_links(db, &ids)?, last_used(db, viewer)?);
            let candidate = |(row, health): (ConnectionRow, HealthRow)| {
                let key = row.id.clone();
                let Connection { id, state, owner_id, created_at, .. } = row.read(&health)?;
                let links = count(links.get(&key).copied().unwrap_or(0))?;
                let linked_at = used.get(&key).map(|at| at.0);
                Ok(Candidate { id, state, own: owner_id == viewer.user_id, linked_at, links, created_at })
            };
            let candidates = rows.into_iter().map(candidate).collect::<Result<_, StoreError>>()?;
            let linked = match okr {
                Some(okr) => crate::links::connection_of(db, okr)?,
                None => None,
            };
            Ok((candidates, linked))
        })
        .await
    }

    /// The objectives and key results that are linked through a connection, by title.
    pub async fn linked_okrs(&self, id: ConnectionId) -> Result<Vec<LinkedOkr>, StoreError> {
        self.read(move |db| {
            let query = links::table
                .inner_join(okr_table::table)
                .filter(links::connection_id.eq(id.to_string()))
                .order((okr_table::title, okr_table::id))
                .select((okr_table::id, okr_table::title, okr_table::owner_id, okr_table::visibility));
            let rows: Vec<(String, String, String, String)> = on!(db, |c| query.load(c))?;
            rows.into_iter()
                .map(|(id, title, owner, visibility)| {
                    let row = Row { table: "okrs", key: &id };
                    Ok(LinkedOkr {
                        id: row.id("id", &id)?,
                        owner_id: row.id("owner_id", &owner)?,
                        visibility: row.word("visibility", &visibility)?,
                        title,
                    })
                })
                .collect()
        })
        .await
    }
}
