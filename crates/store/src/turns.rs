//! Taking turns, so that `PostgreSQL` never finds two transactions waiting for each other's rows.
//!
//! Whoever changes links, or what they measure, does so alone: that is rare and short. Whoever records what was read
//! may do so beside others, but one after another on each connection. On SQLite every transaction that writes has the
//! whole database to itself anyway.

use crate::{error::StoreError, pool::Db};
use diesel::{prelude::*, sql_query, sql_types::Text};

/// Names the turn that concerns people.
const PEOPLE: &str = "people";
/// Names the turn that concerns links; connections' turns are named by their ids.
const LINKS: &str = "links";

/// Waits until nobody changes links or records, and keeps it so until the transaction ends.
pub(crate) fn alone(db: &mut Db) -> Result<(), StoreError> {
    wait(db, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", LINKS)
}

/// Waits until nobody else changes who may sign in or counts tries to, and keeps it so until the transaction ends.
pub(crate) fn of_people(db: &mut Db) -> Result<(), StoreError> {
    wait(db, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", PEOPLE)
}

/// Waits until nobody changes links, and keeps it so until the transaction ends.
pub(crate) fn beside(db: &mut Db) -> Result<(), StoreError> {
    wait(db, "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", LINKS)
}

/// [`beside`] others, but as the only one on this connection.
pub(crate) fn on_connection(db: &mut Db, connection: &str) -> Result<(), StoreError> {
    beside(db)?;
    wait(db, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", connection)
}

/// Waits until nobody writes to a connection's mirror, and keeps it so until the transaction ends.
pub(crate) fn on_mirror(db: &mut Db, connection: &str) -> Result<(), StoreError> {
    wait(db, "SELECT pg_advisory_xact_lock(hashtextextended('mirror ' || $1, 0))", connection)
}

fn wait(db: &mut Db, lock: &str, name: &str) -> Result<(), StoreError> {
    if let Db::Pg(c) = db {
        sql_query(lock).bind::<Text, _>(name).execute(c)?;
    }
    Ok(())
}
