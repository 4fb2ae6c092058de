//! Numbers and instants come back exactly, equal on both databases; databases come and go.

#![expect(
    clippy::unwrap_used,
    reason = "a story ends where the store refuses what it should do, and the error says why"
)]

use crate::store_world::{World, noon, on_both, tally};
use okrsync_domain::{
    Instant, Random, ReadingId,
    measure::Measure,
    okr::OkrKind,
    organisation::{GapReading, Organisation, StatusLimits},
    reading::{Coverage, Reading, ReadingKind, Tally, WarningCode},
};
use okrsync_store::{Options, Page, Store, StoreError, migrations};
use okrsync_tests::{Cluster, databases::TestDatabase, wait};
use rust_decimal::Decimal;
use std::time::Duration;

on_both!(readings_are_exact, settings_are_exact, several_processes_may_migrate_at_once, an_older_schema_is_noticed);

/// Decimals at every edge and some in between.
fn decimals(random: &Random) -> Vec<Decimal> {
    let edges =
        ["0", "-0.1", "0.3333333333333333333333333333", "1000000000000000000000", "0.0000000000000000000000000001"];
    let mut all: Vec<Decimal> = edges.iter().map(|text| text.parse().unwrap()).collect();
    all.extend([Decimal::MAX, Decimal::MIN, Decimal::ONE_HUNDRED, Decimal::new(10, 1)]);
    all.extend((0..40_u32).map(|scale| {
        let mantissa = i64::from_le_bytes(random.bytes());
        Decimal::new(mantissa, scale % 28)
    }));
    all
}

/// Instants to the microsecond, far apart.
fn instants() -> Vec<Instant> {
    [
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "2026-11-20T12:00:00.000001Z",
        "2199-12-31T23:59:59.123456Z",
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect()
}

async fn readings_are_exact(world: World) {
    let okr = world.okr(OkrKind::KeyResult, None).await;
    let decimals = decimals(&world.random);
    let instants = instants();
    let mut stored = Vec::new();
    for (number, value) in decimals.iter().enumerate() {
        let check_in = okrsync_domain::check_in::CheckIn {
            id: world.random.id(noon()),
            okr_id: okr.id,
            author_id: world.dana.id,
            at: instants[number % instants.len()],
            entered: Some(okrsync_domain::check_in::Entered::Value(*value)),
            status: None,
            note: String::new(),
            hold: okrsync_domain::check_in::Hold::NextReading,
            released_at: None,
        };
        let measure = Measure::Kpi { name: "n".into(), unit: "u".into(), start: *value, target: Decimal::MAX };
        let reading = Reading {
            id: world.random.id::<ReadingId>(noon()),
            okr_id: okr.id,
            at: check_in.at,
            kind: ReadingKind::CheckIn,
            query_id: None,
            refresh_id: None,
            repeats: None,
            measure,
            tally: Tally {
                matched: u64::try_from(i64::MAX).unwrap(),
                value: Some(*value),
                done: None,
                total: Some(-*value),
                coverage: Coverage { with_value: 1, without_value: 2 },
                warnings: vec![WarningCode::SuddenDrop.into()],
                ..tally(&[])
            },
        };
        world.store.add_check_in(&check_in, Some(reading.clone())).await.unwrap();
        assert_eq!(world.store.find_reading(reading.id).await.unwrap().as_ref(), Some(&reading), "{value}");
        stored.push((reading, check_in));
    }
    stored.sort_by_key(|(reading, _)| std::cmp::Reverse((reading.at, reading.id)));
    let mut check_ins: Vec<_> = stored.iter().map(|(_, check_in)| check_in.clone()).collect();
    check_ins.sort_by_key(|check_in| std::cmp::Reverse((check_in.at, check_in.id)));
    let readings: Vec<_> = stored.into_iter().map(|(reading, _)| reading).collect();
    let digits =
        |readings: &[Reading]| readings.iter().map(|reading| format!("{:?}", reading.tally)).collect::<Vec<_>>();
    let found = world.store.readings(okr.id, None, None, Page::all()).await.unwrap().items;
    assert_eq!(found, readings, "newest first");
    let plain: Vec<Reading> = readings.into_iter().map(normal).collect();
    assert_eq!(digits(&found), digits(&plain), "digit by digit, and without trailing zeros on both databases");
    assert_eq!(world.store.check_ins(okr.id, Page::all()).await.unwrap().items, check_ins);
}

/// The reading with its decimals normalised, as both databases give them back.
fn normal(mut reading: Reading) -> Reading {
    reading.tally.value = reading.tally.value.map(|value| value.normalize());
    reading.tally.total = reading.tally.total.map(|total| total.normalize());
    reading
}

async fn settings_are_exact(world: World) {
    assert_eq!(world.store.organisation().await.unwrap(), Organisation::default());
    let settings = Organisation {
        name: "Northwind \u{1F680}".to_owned(),
        time_zone: "America/Argentina/ComodRivadavia".parse().unwrap(),
        limits: StatusLimits {
            behind_above: "0.0001".parse().unwrap(),
            at_risk_above: "33.3333333333333333333333".parse().unwrap(),
            reading: GapReading::Ratio,
        },
        period_minutes: 1440,
        jira_enabled: false,
    };
    world.store.update_organisation(&settings, noon()).await.unwrap();
    assert_eq!(world.store.organisation().await.unwrap(), settings);

    let slow = Options { period_minutes: 30, ..Options::new(Random::from_os()) };
    let other = Store::open(world.database.url(), slow.clone()).await.unwrap();
    assert_eq!(other.organisation().await.unwrap().period_minutes, 1440, "somebody has set it");
    let fresh = TestDatabase::fresh(world.database.backend()).unwrap();
    let fresh = Store::open(fresh.url(), slow).await.unwrap();
    assert_eq!(fresh.organisation().await.unwrap().period_minutes, 30, "nobody has set it: the configuration's");
}

async fn several_processes_may_migrate_at_once(world: World) {
    let fresh = TestDatabase::fresh(world.database.backend()).unwrap();
    let tries = (0..4).map(|_| {
        let url = fresh.url().to_owned();
        tokio::spawn(async move { migrations::run(&url, None).await })
    });
    let mut applied = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        applied.push(one.await.unwrap().unwrap().len());
    }
    let all = world.store.migrations().await.unwrap().applied.len();
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, 0, all], "one of them did it");
}

async fn an_older_schema_is_noticed(world: World) {
    let fresh = TestDatabase::fresh(world.database.backend()).unwrap();
    let options = Options { migrate: false, ..Options::new(Random::from_os()) };
    let store = Store::open(fresh.url(), options).await.unwrap();
    let status = store.migrations().await.unwrap();
    assert!(!status.is_current() && status.applied.is_empty() && !status.pending.is_empty());
    store.ping().await.expect("alive, but not ready");
    assert!(store.organisation().await.is_err());
    assert_eq!(migrations::run(fresh.url(), None).await.unwrap(), status.pending);
    store.organisation().await.expect("nothing needs to be opened again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_is_found_again() {
    let Some(cluster) = Cluster::start() else { return };
    let database = cluster.fresh();
    let store = Store::open(database.url(), Options::new(Random::from_os())).await.unwrap();
    store.ping().await.unwrap();
    cluster.stop().unwrap();
    let error = store.ping().await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    cluster.start_again().unwrap();
    let deadline = Duration::from_secs(20);
    wait::until("the database", deadline, async || store.organisation().await.ok()).await.unwrap();
    drop(database);
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    let url = "postgres://dana:hunter2hunter2@127.0.0.1:1/okrsync?sslmode=disable";
    let error = Store::open(url, Options::new(Random::from_os())).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    let odd = Store::open("oracle://db", Options::new(Random::from_os())).await.unwrap_err();
    assert!(matches!(&odd, StoreError::Configuration(text) if text.contains("sqlite://")), "{odd:?}");
}
