//! Bringing the schema up to date, and saying whether it is.

use crate::{
    error::StoreError,
    pool::{Db, on},
    target::{Purpose, Target},
};
use diesel::{
    QueryableByName, RunQueryDsl, SqliteConnection,
    backend::Backend,
    connection::SimpleConnection,
    migration::{Migration, MigrationSource},
    sql_query,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::{collections::BTreeSet, path::Path};

pub(crate) const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
pub(crate) const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
/// Any number that no other program on the same database takes: "okrsync" on a telephone's keys.
const POSTGRES_LOCK: i64 = 6_577_962;

/// How the schema of a database compares with what this version of okrsync needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Versions that are in the database.
    pub applied: Vec<String>,
    /// Versions that the database lacks.
    pub pending: Vec<String>,
    /// Versions in the database that only a newer okrsync knows.
    pub unknown: Vec<String>,
}

impl MigrationStatus {
    /// Whether the database is exactly as this version needs it.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.unknown.is_empty()
    }
}

/// Brings the database at `url` up to date and says which versions were applied. Several processes may try at once: one
/// does it.
pub async fn run(url: &str, database_ca: Option<&Path>) -> Result<Vec<String>, StoreError> {
    run_on(&Target::parse(url, database_ca)?).await
}

/// Brings a database up to date, on a connection of its own.
pub(crate) async fn run_on(target: &Target) -> Result<Vec<String>, StoreError> {
    let mut db = target.connect(Purpose::Migrate).await?;
    let work = move || match &mut db {
        Db::Sqlite(_) => db.write(|db| {
            let applied = apply_pending(db)?;
            check_foreign_keys(db)?;
            Ok(applied)
        }),
        Db::Pg(connection) => {
            // held until this connection closes, so that replicas that start together wait for the first
            connection.batch_execute(&format!("SELECT pg_advisory_lock({POSTGRES_LOCK})"))?;
            apply_pending(&mut db)
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(|panic| StoreError::Internal(panic.into()))?
}

fn apply_pending(db: &mut Db) -> Result<Vec<String>, StoreError> {
    let status = status(db)?;
    if !status.unknown.is_empty() {
        return Err(StoreError::Newer { versions: status.unknown });
    }
    let applied = match db {
        Db::Sqlite(c) => c.run_pending_migrations(SQLITE),
        Db::Pg(c) => c.run_pending_migrations(POSTGRES),
    };
    Ok(applied.map_err(failed)?.iter().map(ToString::to_string).collect())
}

/// Compares the database with the embedded migrations.
pub(crate) fn status(db: &mut Db) -> Result<MigrationStatus, StoreError> {
    let applied = on!(&mut *db, |c| c.applied_migrations()).map_err(failed)?;
    let applied: BTreeSet<String> = applied.iter().map(ToString::to_string).collect();
    let known = match db {
        Db::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE),
        Db::Pg(_) => versions::<diesel::pg::Pg>(&POSTGRES),
    }?;
    Ok(MigrationStatus {
        pending: known.difference(&applied).cloned().collect(),
        unknown: applied.difference(&known).cloned().collect(),
        applied: applied.into_iter().collect(),
    })
}

fn versions<B: Backend>(source: &EmbeddedMigrations) -> Result<BTreeSet<String>, StoreError> {
    let migrations: Vec<Box<dyn Migration<B>>> = source.migrations().map_err(failed)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Migration(error.to_string())
}

/// A row that points at nothing.
#[derive(QueryableByName)]
struct Dangling {
    #[diesel(sql_type = diesel::sql_types::Text)]
    table: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    parent: String,
}

/// Foreign keys are off while tables are rebuilt, so they are checked before the migration is kept.
pub(crate) fn check_foreign_keys(db: &mut Db) -> Result<(), StoreError> {
    let Db::Sqlite(connection) = db else { return Ok(()) };
    let connection: &mut SqliteConnection = connection;
    let dangling: Vec<Dangling> = sql_query("PRAGMA foreign_key_check").load(connection)?;
    match dangling.first() {
        None => Ok(()),
        Some(row) => {
            let text = format!("a row of `{}` points at nothing in `{}`", row.table, row.parent);
            Err(StoreError::Migration(text))
        }
    }
}
