//! One connection type for both databases, one pool manager, and the three ways to use a connection.

use crate::{
    error::StoreError,
    target::{Purpose, Target},
};
use deadpool::{
    Runtime,
    managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult, Timeouts},
};
use diesel::{
    Connection, QueryResult, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
};
use diesel_async::{
    AsyncPgConnection,
    async_connection_wrapper::AsyncConnectionWrapper,
    pooled_connection::{PoolableConnection, RecyclingMethod},
};
use std::{thread::available_parallelism, time::Duration};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

/// tokio-postgres behind diesel's synchronous face. It blocks, so it is only used on the blocking pool.
pub(crate) type Pg = AsyncConnectionWrapper<AsyncPgConnection>;

/// An open connection to either database.
#[expect(clippy::large_enum_variant, reason = "a handful exist, and they move only into and out of the pool")]
pub(crate) enum Db {
    /// The embedded file.
    Sqlite(SqliteConnection),
    /// The server.
    Pg(Pg),
}

/// Writes a query once and has it type-checked for both databases.
macro_rules! on {
    ($db:expr, |$connection:ident| $body:expr) => {
        match $db {
            $crate::pool::Db::Sqlite($connection) => $body,
            $crate::pool::Db::Pg($connection) => $body,
        }
    };
}
pub(crate) use on;

diesel::define_sql_function! {
    /// The elements of an array as rows.
    fn unnest(ids: diesel::sql_types::Array<diesel::sql_types::BigInt>) -> diesel::sql_types::BigInt;
}

/// Like [`on!`], for a query about the rows with these ids, of which there may be hundreds.
///
/// PostgreSQL does not see how many they are, and looks up each of them. With hundreds before its eyes and no statistics of
/// the table, as in a first sync, it takes reading all issues of the connection for cheaper.
macro_rules! on_ids {
    ($db:expr, $column:expr, $ids:expr, |$connection:ident, $among:ident| $body:expr) => {
        match $db {
            $crate::pool::Db::Sqlite($connection) => {
                let $among = $column.eq_any($ids);
                $body
            }
            $crate::pool::Db::Pg($connection) => {
                let ids = diesel::dsl::array(diesel::select($crate::pool::unnest($ids)));
                let $among = $column.eq_any(ids);
                $body
            }
        }
    };
}
pub(crate) use on_ids;

fn commit<C: Connection>(connection: &mut C) -> QueryResult<()> {
    C::TransactionManager::commit_transaction(connection)
}

fn rollback<C: Connection>(connection: &mut C) -> QueryResult<()> {
    C::TransactionManager::rollback_transaction(connection)
}

impl Db {
    /// Runs `work` in a transaction that may write; nothing of it stays when it fails.
    pub(crate) fn write<R>(&mut self, work: impl FnOnce(&mut Self) -> Result<R, StoreError>) -> Result<R, StoreError> {
        match self {
            // at once, since a reader that turns writer may find that somebody was faster
            Self::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
            Self::Pg(c) => <Pg as Connection>::TransactionManager::begin_transaction(c)?,
        }
        self.finish(work)
    }

    /// Runs `work`, which asks more than once, on one unchanging state of the database.
    pub(crate) fn snapshot<R>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        match self {
            Self::Sqlite(c) => AnsiTransactionManager::begin_transaction(c)?,
            Self::Pg(c) => {
                <Pg as Connection>::TransactionManager::begin_transaction(c)?;
                c.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
            }
        }
        self.finish(work)
    }

    fn finish<R>(&mut self, work: impl FnOnce(&mut Self) -> Result<R, StoreError>) -> Result<R, StoreError> {
        match work(self) {
            Ok(value) => {
                on!(self, |c| commit(c))?;
                Ok(value)
            }
            Err(error) => {
                // the first error is the one that explains; a connection that cannot roll back is not recycled
                let _ = on!(self, |c| rollback(c));
                Err(error)
            }
        }
    }
}

/// Opens and keeps connections.
pub(crate) struct DbManager {
    target: Target,
    purpose: Purpose,
}

impl Manager for DbManager {
    /// `None` only while a closure owns the connection: one that panics leaves it so, and the connection is dropped.
    type Type = Option<Db>;
    type Error = StoreError;

    async fn create(&self) -> Result<Option<Db>, StoreError> {
        self.target.connect(self.purpose).await.map(Some)
    }

    async fn recycle(&self, db: &mut Option<Db>, _: &Metrics) -> RecycleResult<StoreError> {
        match db {
            None => Err(RecycleError::message("lost in a panic")),
            Some(Db::Sqlite(connection)) => {
                let depth = AnsiTransactionManager::transaction_manager_status_mut(connection).transaction_depth();
                if depth.is_ok_and(|depth| depth.is_none()) {
                    Ok(())
                } else {
                    Err(RecycleError::message("a transaction is open"))
                }
            }
            Some(Db::Pg(connection)) => {
                let connection: &mut AsyncPgConnection = &mut *connection;
                if PoolableConnection::is_broken(connection) {
                    return Err(RecycleError::message("broken"));
                }
                PoolableConnection::ping(connection, &RecyclingMethod::Fast)
                    .await
                    .map_err(|error| RecycleError::Backend(StoreError::Unavailable(error.to_string())))
            }
        }
    }
}

/// How long a caller waits for a connection before it is told that the database is busy.
const WAIT: Duration = Duration::from_secs(30);
/// How long opening a connection may take.
const CREATE: Duration = Duration::from_secs(20);
/// How long a look at an idle connection may take.
const RECYCLE: Duration = Duration::from_secs(5);

/// Readers of a file at once. Reading one is the processor's work: more of them than it has cores are not faster, and each
/// takes the memory of a thread that reads.
fn readers() -> usize {
    available_parallelism().map_or(LEAST_READERS, usize::from).max(LEAST_READERS)
}

/// A long reading leaves room for a short one.
const LEAST_READERS: usize = 2;

/// What somebody does with a connection. Boxed, because it carries what is to be written through several futures, each of
/// which would make room for it.
type Work<R> = Box<dyn FnOnce(&mut Db) -> Result<R, StoreError> + Send>;

/// The connections of a store. SQLite: one writer and several readers; PostgreSQL: one pool for both.
#[derive(Clone)]
pub(crate) struct Connections {
    write: Pool<DbManager>,
    read: Pool<DbManager>,
}

impl Connections {
    /// Pools of at most `size` connections; nothing is opened yet.
    pub(crate) fn new(target: &Target, size: usize) -> Result<Self, StoreError> {
        let pool = |purpose, size: usize| {
            Pool::builder(DbManager { target: target.clone(), purpose })
                .max_size(size.max(1))
                .runtime(Runtime::Tokio1)
                .timeouts(Timeouts { wait: Some(WAIT), create: Some(CREATE), recycle: Some(RECYCLE) })
                .build()
                .map_err(|error| StoreError::Internal(error.into()))
        };
        match target {
            Target::Sqlite(_) => {
                Ok(Self { write: pool(Purpose::Write, 1)?, read: pool(Purpose::Read, size.min(readers()))? })
            }
            Target::Postgres(..) => {
                let both = pool(Purpose::Write, size)?;
                Ok(Self { write: both.clone(), read: both })
            }
        }
    }

    /// One statement that reads.
    pub(crate) async fn read<R: Send + 'static>(&self, work: Work<R>) -> Result<R, StoreError> {
        run(&self.read, work).await
    }

    /// Several statements that read one state.
    pub(crate) async fn snapshot<R: Send + 'static>(&self, work: Work<R>) -> Result<R, StoreError> {
        run(&self.read, Box::new(|db| db.snapshot(work))).await
    }

    /// One transaction that writes.
    pub(crate) async fn write<R: Send + 'static>(&self, work: Work<R>) -> Result<R, StoreError> {
        run(&self.write, Box::new(|db| db.write(work))).await
    }
}

/// Does `work` in a task of its own. A connection that becomes free goes to whoever has waited longest: were that a future
/// that nobody polls just then (one of several requests whose answers are taken one by one, say), everybody behind it would
/// wait in vain. A caller that goes away takes back what has not begun.
async fn run<R: Send + 'static>(pool: &Pool<DbManager>, work: Work<R>) -> Result<R, StoreError> {
    let pool = pool.clone();
    let done = async move {
        let mut slot: Object<DbManager> = pool.get().await.map_err(no_connection)?;
        let done = tokio::task::spawn_blocking(move || {
            let mut db = slot.take().expect("create and recycle hand out connections only");
            let result = work(&mut db);
            *slot = Some(db);
            result
        });
        done.await.map_err(|panic| StoreError::Internal(panic.into()))?
    };
    let task = AbortOnDropHandle::new(tokio::spawn(done.in_current_span()));
    task.await.map_err(|panic| StoreError::Internal(panic.into()))?
}

fn no_connection(error: PoolError<StoreError>) -> StoreError {
    match error {
        PoolError::Backend(error) => error,
        PoolError::Timeout(_) => StoreError::Busy("no connection became free in time".to_owned()),
        error => StoreError::Internal(error.into()),
    }
}
