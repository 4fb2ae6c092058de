//! Counting the changes of a connection's mirror, so that whoever read it before reads only what changed since.
//!
//! Changes are made one after another ([`turns::on_mirror`]): whoever sees a version sees all changes up to it.

use crate::{
    error::StoreError,
    pool::{Db, on},
    schema::{mirror, mirror_versions},
    turns,
};
use diesel::{prelude::*, upsert::excluded};
use okrsync_domain::issue::IssueId;
use std::collections::HashSet;

/// What a change does to rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It writes some.
    Writes,
    /// It removes some.
    Drops,
    /// It removes some, and what was recorded from the others is no longer vouched for.
    Begins,
}

/// Which changes there were: numbers that grow by one with each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = mirror_versions)]
pub(crate) struct Versions {
    /// The last.
    pub(crate) version: i64,
    /// The last that removed rows.
    pub(crate) dropped: i64,
    /// The last that began the mirror anew.
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
    let before = current(db, connection)?;
    let version = before.version + 1;
    let row = (
        mirror_versions::connection_id.eq(connection),
        mirror_versions::version.eq(version),
        mirror_versions::dropped.eq(if change == Change::Writes { before.dropped } else { version }),
        mirror_versions::begun.eq(if change == Change::Begins { version } else { before.begun }),
    );
    on!(db, |c| diesel::insert_into(mirror_versions::table)
        .values(row)
        .on_conflict(mirror_versions::connection_id)
        .do_update()
        .set((
            mirror_versions::version.eq(excluded(mirror_versions::version)),
            mirror_versions::dropped.eq(excluded(mirror_versions::dropped)),
            mirror_versions::begun.eq(excluded(mirror_versions::begun)),
        ))
        .execute(c))?;
    Ok(version)
}

/// The issues that were written by changes after a version.
pub(crate) fn written_after(db: &mut Db, connection: &str, version: i64) -> Result<HashSet<IssueId>, StoreError> {
    let rows = mirror::table
        .filter(mirror::connection_id.eq(connection).and(mirror::version.gt(version)))
        .select(mirror::issue_id);
    let written: Vec<i64> = on!(db, |c| rows.load(c))?;
    Ok(written.into_iter().map(IssueId).collect())
}
