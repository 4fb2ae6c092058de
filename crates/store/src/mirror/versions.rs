//! Counting the changes of a connection's mirror, so that whoever read it before reads only what changed since.
//!
//! Changes are made one after another ([`turns::on_mirror`]): whoever sees a version sees all changes up to it.

use crate::{
    error::StoreError,
    pool::{Db, on},
    schema::{mirror, mirror_drops, mirror_versions},
    store::CHUNK,
    turns,
};
use diesel::{prelude::*, upsert::excluded};
use okrsync_domain::issue::IssueId;
use std::collections::HashSet;

/// Drops are written down for so many changes; who has not looked for longer begins anew.
const REMEMBERED: i64 = 10_000;

/// What a change does to what is known of the mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// What it does is written down, issue by issue.
    Told,
    /// It removes rows without saying which; nothing that was learnt before is vouched for.
    Begins,
}

/// Which changes there were: numbers that grow by one with each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = mirror_versions)]
pub(crate) struct Versions {
    /// The last.
    pub(crate) version: i64,
    /// The last that began the mirror anew: what was learnt before it is worth nothing.
    pub(crate) begun: i64,
}

/// The versions as they are.
pub(crate) fn current(db: &mut Db, connection: &str) -> Result<Versions, StoreError> {
    let row = mirror_versions::table.find(connection);
    Ok(on!(db, |c| row.select(Versions::as_select()).first(c).optional())?.unwrap_or_default())
}

/// Begins a change, as the only one until the transaction ends; its version, which the rows that it writes must have.
pub(super) fn next(db: &mut Db, connection: &str, change: Change) -> Result<i64, StoreError> {
    turns::on_mirror(db, connection)?;
    let Versions { version, begun } = current(db, connection)?;
    let version = version + 1;
    let begun = if change == Change::Begins { version } else { begun };
    let row = (
        mirror_versions::connection_id.eq(connection),
        mirror_versions::version.eq(version),
        mirror_versions::begun.eq(begun),
    );
    on!(&mut *db, |c| diesel::insert_into(mirror_versions::table)
        .values(row)
        .on_conflict(mirror_versions::connection_id)
        .do_update()
        .set((
            mirror_versions::version.eq(excluded(mirror_versions::version)),
            mirror_versions::begun.eq(excluded(mirror_versions::begun)),
        ))
        .execute(c))?;
    if change == Change::Begins {
        forget_drops(db, connection, version)?;
    }
    Ok(version)
}

/// A change that removes these issues, for the caller to do.
pub(super) fn note_drops(db: &mut Db, connection: &str, gone: &[IssueId]) -> Result<(), StoreError> {
    let version = next(db, connection, Change::Told)?;
    for part in gone.chunks(CHUNK) {
        let row = |id: &IssueId| {
            (
                mirror_drops::connection_id.eq(connection.to_owned()),
                mirror_drops::version.eq(version),
                mirror_drops::issue_id.eq(id.0),
            )
        };
        let rows: Vec<_> = part.iter().map(row).collect();
        on!(&mut *db, |c| diesel::insert_into(mirror_drops::table).values(rows).on_conflict_do_nothing().execute(c))?;
    }
    forget_drops(db, connection, version - REMEMBERED)
}

/// Forgets the drops up to a version; who knows less than that begins anew.
fn forget_drops(db: &mut Db, connection: &str, version: i64) -> Result<(), StoreError> {
    let old = mirror_drops::table
        .filter(mirror_drops::connection_id.eq(connection))
        .filter(mirror_drops::version.le(version));
    if on!(&mut *db, |c| diesel::delete(old).execute(c))? > 0 {
        let behind = mirror_versions::table.find(connection).filter(mirror_versions::begun.lt(version));
        on!(db, |c| diesel::update(behind).set(mirror_versions::begun.eq(version)).execute(c))?;
    }
    Ok(())
}

/// The issues that were removed by changes after a version, be they there again or not.
pub(crate) fn dropped_after(db: &mut Db, connection: &str, version: i64) -> Result<Vec<i64>, StoreError> {
    let rows = mirror_drops::table
        .filter(mirror_drops::connection_id.eq(connection).and(mirror_drops::version.gt(version)))
        .select(mirror_drops::issue_id);
    Ok(on!(db, |c| rows.load(c))?)
}

/// The issues that were written or removed by changes after a version.
pub(crate) fn changed_after(db: &mut Db, connection: &str, version: i64) -> Result<HashSet<IssueId>, StoreError> {
    let written = mirror::table
        .filter(mirror::connection_id.eq(connection).and(mirror::version.gt(version)))
        .select(mirror::issue_id);
    let mut changed: Vec<i64> = on!(&mut *db, |c| written.load(c))?;
    changed.extend(dropped_after(db, connection, version)?);
    Ok(changed.into_iter().map(IssueId).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, tests::places};

    /// Removes an issue in the change after so many.
    fn drop_after(db: &mut Db, changes: i64, issue: i64) -> Result<(), StoreError> {
        let row = mirror_versions::table.find("c");
        on!(&mut *db, |c| diesel::update(row).set(mirror_versions::version.eq(changes)).execute(c))?;
        note_drops(db, "c", &[IssueId(issue)])
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_knows_less_than_is_written_down_begins_anew() {
        for place in places().await {
            let store: Store = place.open().await;
            let seen = store.write(|db| {
                // the connection they belong to is of no interest
                match db {
                    Db::Sqlite(c) => diesel::sql_query("PRAGMA defer_foreign_keys = ON").execute(c)?,
                    Db::Pg(c) => diesel::sql_query("SET LOCAL session_replication_role = replica").execute(c)?,
                };
                drop_after(db, 0, 1)?;
                drop_after(db, REMEMBERED, 2)?;
                let remembered = (current(db, "c")?.begun, dropped_after(db, "c", 0)?);
                drop_after(db, REMEMBERED + 1, 3)?;
                let forgotten = (current(db, "c")?.begun, dropped_after(db, "c", 0)?);
                next(db, "c", Change::Begins)?;
                let Versions { version, begun } = current(db, "c")?;
                assert_eq!((version, dropped_after(db, "c", 0)?), (begun, Vec::new()), "nothing before it counts");
                on!(&mut *db, |c| diesel::delete(mirror_versions::table).execute(c))?;
                Ok((remembered, forgotten))
            });
            assert_eq!(
                seen.await.unwrap(),
                ((1, vec![2]), (1, vec![2, 3])),
                "only what is forgotten moves the beginning"
            );
        }
    }
}
