//! Keys that seal secrets: rotated while a kill comes in between, checked, missing.

use okrsync_domain::Random;
use okrsync_jira_sim::Dialect;
use okrsync_server::keys::{KeyReport, KeyRing};
use okrsync_store::{Options, SealedSecret, SecretChanges, Store};
use okrsync_tests::{
    app::{DEADLINE, SECRET_KEY, TestApp},
    databases::TestDatabase,
    journey, leaks,
    process::Place,
    wait,
};

/// The key after the change.
const NEW_KEY: &str = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=";
/// Enough for many transactions.
const SECRETS: usize = 2000;

fn ring(current: &str, earlier: &[&str]) -> KeyRing {
    let earlier: Vec<_> = earlier.iter().map(|key| (*key).into()).collect();
    KeyRing::from_base64(&current.into(), &earlier).expect("sound keys")
}

/// A database with a connection, and very many more secrets sealed for it with the first key.
async fn filled(database: &TestDatabase, dialect: Dialect) -> Store {
    leaks::watch(NEW_KEY);
    let app = TestApp::start(database).await;
    let connection = app.connect(&app.jira(dialect).await).await.parse().expect("an id");
    let (keys, random) = (ring(SECRET_KEY, &[]), Random::from_os());
    let seal = |number| {
        let (name, row) = (format!("header:X-{number:05}"), format!("{connection}"));
        let place = okrsync_server::keys::Place { table: "connection_secrets", row: &row, column: &name };
        let sealed = keys.seal(&format!("value-of-header-{number:05}").into(), place, &random).0;
        SealedSecret { name, sealed }
    };
    let set = (0..SECRETS).map(seal).collect();
    let stored = app.app.store().get_connection(connection).await.expect("it");
    let changes = SecretChanges { set, remove: vec![] };
    app.app.store().update_connection(&stored, changes, app.clock.now()).await.expect("stored");
    Store::open(database.url(), Options { migrate: false, ..Options::new(random) }).await.expect("it opens")
}

async fn report(store: &Store, keys: &KeyRing) -> KeyReport {
    okrsync_server::keys::check(store, keys).await.expect("the database answers")
}

/// How many secrets each key seals, the first one and the new one.
async fn counts(store: &Store) -> (u64, u64) {
    let both = ring(NEW_KEY, &[SECRET_KEY]);
    let report = report(store, &both).await;
    assert_eq!(report.unreadable, [""; 0], "every row survives");
    let count = |id: &str| report.by_key.get(id).copied().unwrap_or(0);
    (count(ring(SECRET_KEY, &[]).current_id()), count(both.current_id()))
}

/// kill -9 in the midst of `key rotate`: old rows survive, a second run ends it.
async fn a_killed_rotation_loses_nothing(database: TestDatabase, dialect: Dialect) {
    let store = Box::pin(filled(&database, dialect)).await;
    let total = u64::try_from(SECRETS).expect("small") + 1;
    assert_eq!(counts(&store).await, (total, 0));
    let data = tempfile::tempdir().expect("a folder");
    let place = Place::new(data.path(), database.url())
        .with("OKRSYNC_SECRET_KEY", NEW_KEY)
        .with("OKRSYNC_EARLIER_SECRET_KEYS", SECRET_KEY);
    let started = place.start(&["key", "rotate"]);
    let begun = async || {
        let first = store.sealed_texts(None, 1).await.expect("the database answers").remove(0);
        first.sealed.contains(ring(NEW_KEY, &[]).current_id()).then_some(())
    };
    wait::until("the first secret is sealed anew", DEADLINE, begun).await.expect("in time");
    started.kill().await;
    let (old, new) = counts(&store).await;
    assert!(old > 0 && new > 0 && old + new == total, "cut off in the midst: {old} old, {new} new");

    let again = place.run(&["key", "rotate"], "").await;
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.out.starts_with(&format!("{old} secrets were sealed anew")), "{again:?}");
    assert_eq!(counts(&store).await, (0, total));
    let alone = report(&store, &ring(NEW_KEY, &[])).await;
    assert_eq!(alone.unreadable, [""; 0], "the earlier key is not needed any more");
    let once_more = place.run(&["key", "rotate"], "").await;
    assert!(once_more.out.starts_with("0 secrets") && once_more.out.contains("it can be taken away"), "{once_more:?}");
}

/// A key that is missing is named, and nothing is changed; the check says the same.
async fn a_missing_key_is_named(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    app.connect(&app.jira(dialect).await).await;
    drop(app);
    leaks::watch(NEW_KEY);
    let data = tempfile::tempdir().expect("a folder");
    let place = Place::new(data.path(), database.url());
    let sound = place.run(&["key", "check"], "").await;
    assert_eq!(sound.code, Some(0), "{sound:?}");
    let id = ring(SECRET_KEY, &[]).current_id().to_owned();
    assert!(sound.out.contains(&format!("key {id} (current): 1 secrets")), "{sound:?}");
    let stranger = place.with("OKRSYNC_SECRET_KEY", NEW_KEY);
    for command in ["check", "rotate"] {
        let refused = stranger.run(&["key", command], "").await;
        assert_eq!(refused.code, Some(1), "{command}: {refused:?}");
        assert!(refused.out.contains(&id) && refused.out.contains("cure:"), "{command}: {refused:?}");
    }
    let made = stranger.run(&["key", "new"], "").await;
    assert_eq!((made.code, made.out.trim().len()), (Some(0), 44), "{made:?}");
}

journey!(a_killed_rotation_loses_nothing, one dialect);
journey!(a_missing_key_is_named, one dialect);
