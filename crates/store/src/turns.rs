//! Taking turns: whoever changes a connection's links, and whoever records what was read through it, come one after
//! another, so that PostgreSQL never finds two of them waiting for each other's rows.

use crate::{error::StoreError, pool::Db, schema::links};
use diesel::{prelude::*, sql_query, sql_types::Text};

/// Waits for these connections' turns and keeps them until the transaction ends. On SQLite every transaction that writes
/// has the whole database to itself.
pub(crate) fn take(db: &mut Db, mut connections: Vec<String>) -> Result<(), StoreError> {
    let Db::Pg(c) = db else { return Ok(()) };
    connections.sort();
    connections.dedup();
    for connection in connections {
        sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind::<Text, _>(connection).execute(c)?;
    }
    Ok(())
}

/// The same for the connections that these OKRs are linked to, and for others.
pub(crate) fn take_of_okrs(db: &mut Db, okrs: &[String], also: Vec<String>) -> Result<(), StoreError> {
    let mut connections = also;
    if let Db::Pg(c) = db {
        for part in okrs.chunks(crate::store::CHUNK) {
            let linked =
                links::table.filter(links::okr_id.eq_any(part.to_vec())).select(links::connection_id).distinct();
            connections.extend(linked.load::<String>(c)?);
        }
    }
    take(db, connections)
}
