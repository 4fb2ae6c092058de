//! What only the inside of the store can show: panics, rollbacks, corrupt values, migrations. Journeys through the public
//! face on both databases are in the workspace's `tests`.
//!
//! `SQLite` always; `PostgreSQL` too where `OKRSYNC_TEST_POSTGRES` names a database that may be filled with schemas.

use crate::{
    Backend, Options, Store, StoreError, migrations, mirror,
    pool::{Db, on},
    schema,
    target::{Purpose, Target},
};
use diesel::{connection::SimpleConnection, prelude::*};
use diesel_migrations::MigrationHarness;
use okrsync_domain::{
    Random, UserId,
    issue::IssueId,
    person::{Role, User},
};
use std::{future::poll_fn, sync::mpsc, task::Poll, time::Duration};
use tempfile::TempDir;
use tokio::{sync::oneshot, time::timeout};

/// A place for a database.
pub(crate) struct Place {
    url: String,
    _folder: Option<TempDir>,
}

impl Place {
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url, Options::new(Random::from_os())).await.unwrap()
    }
}

fn file() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("okrsync.db").display());
    Place { url, _folder: Some(folder) }
}

/// A file, and a schema of its own on PostgreSQL.
pub(crate) async fn places() -> Vec<Place> {
    let mut places = vec![file()];
    #[expect(clippy::disallowed_methods, reason = "tests have no settings file")]
    if let Ok(url) = std::env::var("OKRSYNC_TEST_POSTGRES") {
        let schema =
            format!("t{}", Random::from_os().id::<UserId>("2026-11-20T12:00:00Z".parse().unwrap())).to_lowercase();
        let mut db = Target::parse(&url, None).unwrap().connect(Purpose::Write).await.unwrap();
        let create = format!("CREATE SCHEMA {schema}");
        tokio::task::spawn_blocking(move || on!(&mut db, |c| c.batch_execute(&create))).await.unwrap().unwrap();
        let join = if url.contains('?') { '&' } else { '?' };
        places.push(Place { url: format!("{url}{join}options=-c%20search_path%3D{schema}"), _folder: None });
    } else {
        println!("skipped PostgreSQL: OKRSYNC_TEST_POSTGRES is not set");
    }
    places
}

fn person(name: &str) -> User {
    let created_at = "2026-11-20T12:00:00Z".parse().unwrap();
    User {
        id: Random::from_os().id(created_at),
        email: format!("{name}@northwind.example"),
        name: name.to_owned(),
        role: Role::Admin,
        active: true,
        created_at,
    }
}

async fn execute(store: &Store, sql: &'static str) {
    store.write(move |db| Ok(on!(db, |c| c.batch_execute(sql))?)).await.unwrap();
}

#[tokio::test]
async fn every_table_can_be_read_as_the_schema_describes_it() {
    macro_rules! select_each {
        ($db:expr, $($table:ident),*) => {{ $(
            let found: Option<_> = on!(&mut *$db, |c| schema::$table::table.limit(1).execute(c)).map(Some).unwrap();
            assert!(found.is_some(), stringify!($table));
        )* }};
    }
    for place in places().await {
        place
            .open()
            .await
            .write(|db| {
                select_each!(
                    db,
                    organisation,
                    users,
                    api_tokens,
                    sessions,
                    form_submissions,
                    connections,
                    connection_secrets,
                    connection_health,
                    catalogues,
                    okrs,
                    queries,
                    links,
                    refreshes,
                    refresh_groups,
                    refresh_group_members,
                    mirror,
                    mirror_marks,
                    mirror_versions,
                    mirror_drops,
                    issues,
                    members,
                    readings,
                    check_ins,
                    request_usage,
                    authorization_attempts,
                    grants,
                    backfills,
                    backfill_stage,
                    past_members,
                    webhooks,
                    hints
                );
                Ok(())
            })
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_loses_one_connection_and_nothing_else() {
    for place in places().await {
        let store = place.open().await;
        for _ in 0..20 {
            let lost = store.write(|db| -> Result<(), StoreError> {
                on!(db, |c| diesel::delete(schema::organisation::table).execute(c))?;
                panic!("somebody's mistake, on purpose")
            });
            assert!(matches!(lost.await, Err(StoreError::Internal(_))));
        }
        store.organisation().await.expect("what the panicking transactions did is undone");
        assert!(store.add_user(&person("dana"), None).await.is_ok(), "the writer is there again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_caller_that_is_not_polled_holds_nobody_up() {
    let (place, (release, held), (enter, entered)) = (file(), mpsc::channel(), oneshot::channel());
    let store = place.open().await;
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        let until_told = move |_: &mut Db| {
            enter.send(()).unwrap();
            held.recv().unwrap();
            Ok(())
        };
        writer.write(until_told).await
    });
    entered.await.unwrap();
    let mut resting = Box::pin(store.write(|_| Ok(())));
    let waits = poll_fn(|context| Poll::Ready(resting.as_mut().poll(context).is_pending())).await;
    assert!(waits, "there is one writer");
    release.send(()).unwrap();
    timeout(Duration::from_secs(10), store.write(|_| Ok(()))).await.expect("a free connection is handed out").unwrap();
    writing.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_fails_leaves_nothing_behind() {
    for place in places().await {
        let store = place.open().await;
        let failed = store.write(|db| -> Result<(), StoreError> {
            on!(&mut *db, |c| diesel::delete(schema::organisation::table).execute(c))?;
            Err(StoreError::LastAdmin)
        });
        assert!(matches!(failed.await, Err(StoreError::LastAdmin)));
        store.organisation().await.unwrap();
    }
}

#[tokio::test]
async fn readers_cannot_write() {
    for place in places().await {
        let store = place.open().await;
        let refused =
            store.snapshot(|db| Ok(on!(db, |c| diesel::delete(schema::organisation::table).execute(c))?)).await;
        assert!(refused.is_err());
    }
}

#[tokio::test]
async fn a_corrupt_value_is_named_by_table_column_and_row() {
    for place in places().await {
        let store = place.open().await;
        execute(&store, "UPDATE organisation SET time_zone = 'Mars/Olympus'").await;
        let error = store.organisation().await.unwrap_err();
        let StoreError::Corrupt { table, column, row, detail } = &error else { panic!("{error}") };
        assert_eq!((table.as_str(), column.as_str(), row.as_str()), ("organisation", "time_zone", "1"), "{detail}");
        assert!(!error.is_transient());

        let dana = person("dana");
        store.add_user(&dana, None).await.unwrap();
        execute(&store, "UPDATE users SET role = 'emperor'").await;
        let error = store.find_user(dana.id).await.unwrap_err().to_string();
        assert!(
            error.contains("`users`") && error.contains("`role`") && error.contains(&dana.id.to_string()),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_decimal_that_is_none_is_named_too() {
    let place = file();
    let store = place.open().await;
    execute(&store, "UPDATE organisation SET behind_above = 'much'").await;
    let error = store.organisation().await.unwrap_err().to_string();
    assert!(error.contains("`behind_above`") && error.contains("much"), "{error}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    for place in places().await {
        let store = place.open().await;
        assert!(store.migrations().await.unwrap().is_current());
        execute(&store, "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')").await;
        let status = store.migrations().await.unwrap();
        assert_eq!(status.unknown, ["29991231000000"]);
        for migrate in [true, false] {
            let options = Options { migrate, ..Options::new(Random::from_os()) };
            let refused = Store::open(&place.url, options).await.unwrap_err();
            assert!(matches!(&refused, StoreError::Newer { versions } if versions == &["29991231000000"]), "{refused}");
        }
        assert!(matches!(migrations::run(&place.url, None).await, Err(StoreError::Newer { .. })));
    }
}

#[tokio::test]
async fn migrations_can_be_undone_and_done_again() {
    for place in places().await {
        let store = place.open().await;
        store
            .write(|db| {
                let undone = match db {
                    Db::Sqlite(c) => c.revert_all_migrations(migrations::SQLITE).map(|undone| undone.len()),
                    Db::Pg(c) => c.revert_all_migrations(migrations::POSTGRES).map(|undone| undone.len()),
                };
                assert!(undone.unwrap() > 0);
                Ok(())
            })
            .await
            .unwrap();
        let pending = store.migrations().await.unwrap().pending;
        assert!(!pending.is_empty());
        assert_eq!(migrations::run(&place.url, None).await.unwrap(), pending);
        assert!(store.migrations().await.unwrap().is_current());
    }
}

#[tokio::test]
async fn rows_that_point_at_nothing_stop_a_migration() {
    let place = file();
    place.open().await;
    let target = Target::parse(&place.url, None).unwrap();
    let mut db = target.connect(Purpose::Migrate).await.unwrap();
    let dangling = "INSERT INTO catalogues (connection_id, document, read_at) VALUES ('none', '{}', 0)";
    on!(&mut db, |c| c.batch_execute(dangling)).unwrap();
    let error = migrations::check_foreign_keys(&mut db).unwrap_err().to_string();
    assert!(error.contains("`catalogues`") && error.contains("`connections`"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = file();
    let store = place.open().await;
    assert_eq!(store.backend(), Backend::Sqlite);
    store.add_user(&person("dana"), None).await.unwrap();
    let path = place.url.strip_prefix("sqlite://").unwrap();
    for file in [path.to_owned(), format!("{path}-wal")] {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn another_process_that_writes_is_waited_for_and_then_named() {
    let place = file();
    let store = place.open().await;
    let mut other = Target::parse(&place.url, None).unwrap().connect(Purpose::Write).await.unwrap();
    on!(&mut other, |c| c.batch_execute("BEGIN IMMEDIATE")).unwrap();
    store.write(|_| Ok(())).await.map_err(|error| assert!(error.is_transient(), "{error}")).unwrap_err();
    store.organisation().await.expect("readers do not mind");
    on!(&mut other, |c| c.batch_execute("COMMIT")).unwrap();
    store.write(|_| Ok(())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_server_ends_are_replaced() {
    for place in places().await {
        let store = place.open().await;
        if store.backend() == Backend::Sqlite {
            continue;
        }
        let lost = store.read(|db| {
            on!(&mut *db, |c| c.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())")).ok();
            Ok(on!(db, |c| schema::organisation::table.count().get_result::<i64>(c))?)
        });
        let error = lost.await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        store.organisation().await.expect("the next call has a new connection");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_mirrored_is_looked_up_one_by_one_while_a_first_sync_fills_the_table() {
    #[derive(QueryableByName)]
    struct Read {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        rows: i64,
    }
    fn rows_read(db: &mut Db) -> i64 {
        let read = "SELECT pg_stat_get_xact_tuples_returned('mirrored'::regclass) \
            + pg_stat_get_xact_tuples_returned('mirror_pkey'::regclass) AS rows";
        let Db::Pg(c) = db else { unreachable!("only servers get here") };
        diesel::sql_query(read).get_result::<Read>(c).unwrap().rows
    }
    for place in places().await {
        let store = place.open().await;
        if store.backend() == Backend::Sqlite {
            continue;
        }
        let read = store.write(|db| {
            // the connection they belong to is of no interest
            on!(&mut *db, |c| c.batch_execute("SET LOCAL session_replication_role = replica"))?;
            let odd: Vec<IssueId> = (1..=500).map(|number| IssueId(20_001 + number * 36)).collect();
            let even = |first: u32, last: u32| {
                format!(
                    "INSERT INTO mirrored (connection_id, issue_id, seen_at, fields, document) \
                    SELECT 'c', number, now(), '[]', repeat('x', 500) FROM generate_series({first}, {last}, 2) AS number"
                )
            };
            on!(&mut *db, |c| c.batch_execute(&even(20_000, 20_018)))?;
            for _ in 0..10 {
                mirror::load(db, "c", &odd)?;
            }
            on!(&mut *db, |c| c.batch_execute(&even(20_020, 40_000)))?;
            let before = rows_read(db);
            assert_eq!(mirror::load(db, "c", &odd)?.len(), 0);
            Ok(rows_read(db) - before)
        });
        let read = read.await.unwrap();
        assert!(read <= 1000, "{read} rows read for 500 issues");
    }
}

/// Names of the tables that have a column called `sealed`.
fn sealed_tables(db: &mut Db) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let named: Vec<Named> = match db {
        Db::Sqlite(c) => diesel::sql_query(
            "SELECT t.name AS name FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND c.name LIKE '%sealed%' ORDER BY 1",
        )
        .load(c),
        Db::Pg(c) => diesel::sql_query(
            "SELECT table_name::text AS name FROM information_schema.columns \
             WHERE table_schema = current_schema() AND column_name LIKE '%sealed%' ORDER BY 1",
        )
        .load(c),
    }
    .unwrap();
    named.into_iter().map(|named| named.name).collect()
}

#[tokio::test]
async fn every_sealed_column_is_found_by_what_seals_anew() {
    let mut known: Vec<_> = crate::secrets::COLUMNS.iter().map(|column| column.table.to_owned()).collect();
    known.sort();
    for place in places().await {
        let tables = place.open().await.write(|db| Ok(sealed_tables(db))).await.unwrap();
        assert_eq!(tables, known, "a table is missing in secrets::COLUMNS");
    }
}
