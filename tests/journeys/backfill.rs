//! Reading the past in the background: killed, refused, cut off, counted, and never in the way of the hourly refresh.

use crate::past::{backfill, gap_codes, reconstructed};
use chrono::TimeDelta;
use okrsync_domain::{Clock, Instant};
use okrsync_jira_sim::{AsOf, Dialect, Fault, IssueDraft, JiraSim, Quantity};
use okrsync_tests::{
    app::{DEADLINE, TestApp},
    databases::TestDatabase,
    journey, wait,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// The first day of every story here.
const FIRST: &str = "2026-10-01";

/// A project of so many stories, each with an end of its own, some days old, and a key result that counts them.
async fn world(database: &TestDatabase, dialect: Dialect, stories: u32, days: i64) -> (TestApp, JiraSim, String) {
    let clock = Clock::manual(format!("{FIRST}T00:00:30Z").parse().expect("a literal instant"));
    let app = TestApp::start_at(database, clock, |_| {}).await;
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    let stories: Vec<_> =
        (0..stories).map(|_| site.create(IssueDraft::new("AE", "Story").points("3")).expect("a story")).collect();
    for day in 0..days {
        app.clock.advance(TimeDelta::days(1));
        for story in stories.iter().skip(usize::try_from(day).expect("small")).step_by(7) {
            let status = if day % 2 == 0 { "Done" } else { "In Progress" };
            site.edit(*story).expect("a story").transition(status).expect("a status");
        }
    }
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({"starts_on": FIRST})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    (app, site, okr)
}

async fn history(app: &TestApp, okr: &str) -> Value {
    app.admin.get(&format!("/okrs/{okr}/history")).await.expect(200)
}

/// One try.
async fn try_once(app: &TestApp) -> bool {
    Box::pin(app.app.engine().backfill(&CancellationToken::new())).await.expect("the database answers")
}

async fn assert_true(app: &TestApp, site: &JiraSim, okr: &str, days: usize) {
    let readings = reconstructed(app, okr).await;
    assert_eq!(readings.len(), days, "one of each day");
    for reading in readings {
        let at: Instant = reading["at"].as_str().expect("an instant").parse().expect("an instant");
        let truth = site.truth_at(AsOf::Instant(at), "project = AE").expect("a query");
        let numbers = (&reading["matched"], &reading["completed"]);
        assert_eq!(numbers, (&json!(truth.matched()), &json!(truth.completed())), "{at}");
    }
}

/// The part of the path by which the changelogs of a hundred issues are asked for.
fn changelogs(dialect: Dialect) -> &'static str {
    if dialect == Dialect::Cloud { "/changelog/bulkfetch" } else { "/search" }
}

/// Asks for the pasts of issues, each by the body that named the issues.
fn parts(site: &JiraSim, mark: usize, dialect: Dialect) -> Vec<Value> {
    let entries = site.ledger().since(mark).into_iter().filter(|entry| entry.path.contains(changelogs(dialect)));
    let bodies = entries.map(|entry| serde_json::from_slice(&entry.request_body).expect("a JSON body"));
    bodies.filter(|body: &Value| body.get("expand").is_some() || body.get("issueIdsOrKeys").is_some()).collect()
}

/// A process that dies half-way: another one goes on when its lease is over, and only the part that was under way is asked
/// for again.
async fn a_killed_backfill_goes_on(database: TestDatabase, dialect: Dialect) {
    let (app, site, okr) = world(&database, dialect, 250, 5).await;
    let twin = app.twin(&database).await;
    let mark = site.ledger().arrived();
    // Data Center lists the issues by the same path first
    let passed = if dialect == Dialect::Cloud { 1 } else { 2 };
    let hang = site.faults().add(Fault::slow(DEADLINE).on_path(changelogs(dialect)).after(passed).times(1));
    let engine = app.app.engine().clone();
    let killed = tokio::spawn(async move { Box::pin(engine.backfill(&CancellationToken::new())).await });
    let hangs = async || (site.faults().fired_by(hang) == 1).then_some(());
    wait::until("the second part hangs", DEADLINE, hangs).await.expect("it hangs");
    let under_way = history(&app, &okr).await;
    let progress = (&under_way["state"], &under_way["done"], &under_way["total"]);
    assert_eq!(progress, (&json!("running"), &json!(100), &json!(250)), "{under_way}");
    killed.abort();
    assert!(killed.await.is_err(), "it is dead");

    assert!(!try_once(&twin).await, "the dead one's lease still runs");
    app.clock.advance(TimeDelta::minutes(2));
    backfill(&twin).await;
    let ended = history(&app, &okr).await;
    assert_eq!((&ended["state"], &ended["done"]), (&json!("done"), &json!(250)), "{ended}");
    let asked = parts(&site, mark, dialect);
    let times = |part: &Value| asked.iter().filter(|other| *other == part).count();
    let twice: Vec<_> = asked.iter().filter(|part| times(part) > 1).collect();
    assert!(asked.len() <= 4 && twice.len() <= 2, "three parts, one of them again: {asked:?}");
    assert_true(&app, &site, &okr, 5).await;
}

/// Whatever goes wrong is said, waited out and made good; what was read is kept.
async fn a_refused_backfill_waits_and_goes_on(database: TestDatabase, dialect: Dialect) {
    let (app, site, okr) = world(&database, dialect, 150, 5).await;
    let path = changelogs(dialect);
    let first = if dialect == Dialect::Cloud { 1 } else { 2 };
    let faults = [
        (Fault::status(500), "jira_unreachable"),
        (Fault::html(503), "jira_unreachable"),
        (Fault::truncated(), "jira_unreachable"),
        (Fault::reset(), "jira_unreachable"),
        (Fault::rate_limited(Some(1_200)), "jira_rate_limited"),
    ];
    for (index, (fault, code)) in faults.into_iter().enumerate() {
        let skipped = if index == 0 { first } else { first - 1 };
        site.faults().add(fault.on_path(path).after(skipped).forever());
        assert!(try_once(&app).await, "there is a past to read");
        site.faults().clear();
        let waits = history(&app, &okr).await;
        assert_eq!((&waits["state"], &waits["done"]), (&json!("queued"), &json!(100)), "{waits}");
        assert_eq!(waits["error"]["code"], code, "{waits}");
        assert_eq!(reconstructed(&app, &okr).await.len(), 0, "nothing by halves");
        assert!(!try_once(&app).await, "not at once again");
        app.clock.advance(TimeDelta::minutes(21));
    }
    assert_eq!(site.ledger().sent_while_retry_after(), 0);
    backfill(&app).await;
    let ended = history(&app, &okr).await;
    assert_eq!((&ended["state"], &ended["error"]), (&json!("done"), &Value::Null), "{ended}");
    assert_true(&app, &site, &okr, 5).await;
}

/// 5,000 issues over a quarter cost two requests a hundred and a few more; three are allowed.
async fn a_quarter_of_five_thousand_issues_is_cheap(database: TestDatabase, dialect: Dialect) {
    let (app, site, okr) = world(&database, dialect, 5_000, 10).await;
    app.clock.advance(TimeDelta::days(80));
    app.refresh(&okr).await;
    let mark = site.ledger().arrived();
    backfill(&app).await;
    let asked = site.ledger().since(mark).len();
    assert!(asked <= 5_000 / 100 * 2 + 20, "{asked} requests");
    let ended = history(&app, &okr).await;
    assert_eq!((&ended["state"], &ended["done"]), (&json!("done"), &json!(5_000)), "{ended}");
    assert_true(&app, &site, &okr, 10).await;
}

/// A small budget: the past takes hours, at most half of each, and every hourly refresh comes on time.
async fn the_hourly_refresh_comes_first(database: TestDatabase, dialect: Dialect) {
    let (app, site, okr) = world(&database, dialect, 800, 3).await;
    let connection = app.okr(&okr).await["link"]["connection_id"].as_str().expect("an id").to_owned();
    let budget = 20;
    let small = json!({"budget_per_hour": budget});
    app.admin.patch(&format!("/connections/{connection}"), &small).await.expect(200);
    let mut hours = 0;
    while history(&app, &okr).await["state"] != "done" {
        hours += 1;
        assert!(hours < 10, "it comes to an end: {}", history(&app, &okr).await);
        app.clock.advance(TimeDelta::minutes(61));
        let mark = site.ledger().arrived();
        try_once(&app).await;
        let told = history(&app, &okr).await;
        assert!(told["state"] == "done" || told["error"]["code"] == "budget_used_up", "{told}");
        app.settle().await;
        let fresh = app.okr(&okr).await;
        let at: Instant = fresh["freshness"]["synced_at"].as_str().expect("an instant").parse().expect("an instant");
        assert_eq!(at, app.clock.now(), "refreshed in hour {hours}: {fresh}");
        let asked = site.ledger().since(mark).len();
        assert!(asked <= budget, "{asked} requests in hour {hours}");
    }
    assert!(hours > 1, "the budget was too small for one hour");
    assert_true(&app, &site, &okr, 3).await;
}

/// Time that no changelog tells, as after an import: many worklogs on one issue, none on another.
async fn imported_time_comes_from_worklogs(database: TestDatabase, dialect: Dialect) {
    let (app, site, okr) = world(&database, dialect, 3, 1).await;
    let story = |key: &str| site.find(key).expect("a story");
    let (told, imported) = (story("AE-1"), story("AE-2"));
    site.create(IssueDraft::new("AE", "Story").spent(5_400)).expect("a story");
    for _ in 0..30 {
        app.clock.advance(TimeDelta::days(1));
        site.edit(told).expect("it").log_work(600).expect("logged");
        site.edit(imported).expect("it").imported().log_work(1_800).expect("logged");
    }
    let connection = app.okr(&okr).await["link"]["connection_id"].as_str().expect("an id").to_owned();
    let hours = json!({"kind": "kpi", "name": "Hours", "unit": "h", "start": "0", "target": "100"});
    let timed = app.key_result(json!({"starts_on": FIRST})).await;
    let link = json!({"metric": {"kind": "time_spent"}, "measure": hours});
    app.link(&timed, &connection, "project = AE AND issuetype = Story", link).await;
    let mark = site.ledger().arrived();
    backfill(&app).await;
    let asked = site.ledger().since(mark).iter().filter(|entry| entry.path.contains("/worklog")).count();
    assert_eq!(asked, 1, "only what came cut off is asked for on its own");
    let gaps = gap_codes(&app, &timed).await;
    assert!(["time_from_worklogs", "time_untold"].iter().all(|code| gaps.contains(&(*code).to_owned())), "{gaps:?}");
    let readings = reconstructed(&app, &timed).await;
    assert_eq!(readings.len(), 31);
    for reading in readings {
        let at: Instant = reading["at"].as_str().expect("an instant").parse().expect("an instant");
        let truth = site.truth_at(AsOf::Instant(at), "project = AE").expect("a query");
        let value: Decimal = reading["value"].as_str().expect("a number").parse().expect("a decimal");
        let hours = truth.total(&Quantity::TimeSpent) / Decimal::from(3_600);
        assert_eq!(value.round_dp(6), hours.round_dp(6), "{at}");
    }
}

journey!(a_killed_backfill_goes_on);
journey!(a_refused_backfill_waits_and_goes_on);
journey!(a_quarter_of_five_thousand_issues_is_cheap, one dialect);
journey!(the_hourly_refresh_comes_first);
journey!(imported_time_comes_from_worklogs);
