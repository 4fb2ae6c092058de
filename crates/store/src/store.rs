//! The handle on a database: opening it, and whether it is fit.

use crate::{
    audit,
    error::StoreError,
    migrations::{self, MigrationStatus},
    mirror::AllStandings,
    pool::{Connections, Db, on},
    target::{Backend, Target},
};
use diesel::{prelude::*, sql_types::Integer};
use okrsync_domain::{Random, audit::Note, organisation::Organisation};
use std::{path::PathBuf, sync::Arc};

/// Rows or ids in one statement: far below the limits of bound values, and the fastest on both databases.
pub(crate) const CHUNK: usize = 500;

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where ids of things that the store makes itself come from.
    pub random: Random,
    /// A certificate authority in PEM that `PostgreSQL`'s certificate is checked against, besides the system's.
    pub database_ca: Option<PathBuf>,
    /// Whether to bring the schema up to date first.
    pub migrate: bool,
    /// Most connections at once. A file is read by no more of them than the machine has cores.
    pub connections: usize,
    /// Minutes between refreshes while nobody has set a period in the organisation's settings.
    pub period_minutes: u32,
}

impl Options {
    /// The usual way: migrate, 8 connections, 60 minutes.
    pub fn new(random: Random) -> Self {
        let period_minutes = Organisation::default().period_minutes;
        Self { random, database_ca: None, migrate: true, connections: 8, period_minutes }
    }
}

/// A handle on a database; clones share its connections.
#[derive(Clone)]
pub struct Store {
    connections: Connections,
    backend: Backend,
    pub(crate) target: Arc<Target>,
    pub(crate) random: Random,
    pub(crate) period_minutes: u32,
    pub(crate) standings: AllStandings,
    note: Option<Arc<Note>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("backend", &self.backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database at `sqlite://path` or `postgres://…`, and brings its schema up to date unless told not to. A
    /// database that a newer okrsync has migrated is refused.
    pub async fn open(url: &str, options: Options) -> Result<Self, StoreError> {
        let target = Target::parse(url, options.database_ca.as_deref())?;
        if options.migrate {
            migrations::run_on(&target).await?;
        }
        let store = Self {
            connections: Connections::new(&target, options.connections)?,
            backend: target.backend(),
            target: Arc::new(target),
            random: options.random,
            period_minutes: options.period_minutes,
            standings: AllStandings::default(),
            note: None,
        };
        let status = store.migrations().await?;
        if status.unknown.is_empty() { Ok(store) } else { Err(StoreError::Newer { versions: status.unknown }) }
    }

    /// The same store, whose next change is written down in the audit log within the change's own transaction: both or
    /// neither. Use it for one call.
    #[must_use]
    pub fn noting(&self, note: Note) -> Self {
        Self { note: Some(Arc::new(note)), ..self.clone() }
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|db| {
            on!(db, |c| diesel::select(1.into_sql::<Integer>()).get_result::<i32>(c))?;
            Ok(())
        })
        .await
    }

    /// Whether the schema is what this version needs.
    pub async fn migrations(&self) -> Result<MigrationStatus, StoreError> {
        self.write(migrations::status).await
    }

    /// One statement that reads.
    pub(crate) fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<R, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<R, StoreError>> + Send {
        self.connections.read(Box::new(work))
    }

    /// Several statements that read one state of the database.
    pub(crate) fn snapshot<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<R, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<R, StoreError>> + Send {
        self.connections.snapshot(Box::new(work))
    }

    /// One transaction that writes: all of it or nothing.
    pub(crate) fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<R, StoreError> + Send + 'static,
    ) -> impl Future<Output = Result<R, StoreError>> + Send {
        let note = self.note.clone().map(|note| (note, self.random.clone()));
        self.connections.write(Box::new(move |db| {
            let done = work(db)?;
            if let Some((note, random)) = note {
                audit::add(db, &random, &note)?;
            }
            Ok(done)
        }))
    }
}
