//! Old readings are thinned and folded, and what is left is as true as before: it can be recounted, and moves add up.

use chrono::TimeDelta;
use okrsync_domain::{decimal::exact, issue::IssueId};
use okrsync_jira_sim::{Dialect, IssueDraft};
use okrsync_server::Settings;
use okrsync_tests::{
    app::{DEADLINE, TestApp},
    databases::TestDatabase,
    journey, wait,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Days of the story.
const DAYS: usize = 16;
/// Refreshes a day, each six hours after the one before.
const A_DAY: usize = 4;

/// Each reading by its id.
fn by_id(readings: &[Value]) -> BTreeMap<String, Value> {
    readings.iter().map(|reading| (reading["id"].to_string(), reading.clone())).collect()
}

/// The sum of all moves, part by part, in points of progress.
async fn summary(app: &TestApp, okr: &str) -> Decimal {
    let page = app.admin.get(&format!("/okrs/{okr}/moves?limit=200")).await.expect(200);
    let points = |value: &Value| exact(value.as_str().unwrap_or("0")).expect("a decimal");
    let sum: Decimal =
        page["items"].as_array().expect("a list").iter().map(|it| points(&it["delta"]["progress"])).sum();
    assert_eq!(sum, points(&page["summary"]["delta"]["progress"]), "{page}");
    sum
}

/// What a reading says is what its issues say.
async fn is_recounted(app: &TestApp, okr: &str, reading: &Value) {
    let id = reading["id"].as_str().expect("an id");
    let evidence = app.admin.get(&format!("/okrs/{okr}/readings/{id}/issues")).await.expect(200);
    let issues = evidence["issues"].as_array().expect("a list");
    let completed = issues.iter().filter(|issue| issue["completed"] == true).count();
    assert_eq!((&reading["matched"], &reading["completed"]), (&json!(issues.len()), &json!(completed)), "{evidence}");
}

/// Issues in the mirror that no linked query matches.
async fn mirrored_for_nothing(app: &TestApp, connection: &str) -> Vec<IssueId> {
    let id = connection.parse().expect("an id");
    app.app.store().unheld(id, app.clock.now()).await.expect("the mirror can be read")
}

async fn what_is_left_is_true(database: TestDatabase, dialect: Dialect) {
    // It tidies when it starts, and not again.
    let app = TestApp::start_with(&database, |settings| settings.sync.tick_seconds = 24 * 60 * 60).await;
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    let issues: Vec<_> =
        (0..20).map(|_| site.create(IssueDraft::new("AE", "Story").status("To Do")).expect("an issue")).collect();
    site.create(IssueDraft::new("AE", "Bug")).expect("an issue");
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "project = AE AND type = Story", json!({})).await;
    let unheld = app.key_result(json!({})).await;
    app.link(&unheld, &connection, "project = AE AND type = Bug", json!({})).await;
    app.admin.delete(&format!("/okrs/{unheld}/link")).await.expect(204);
    for day in 0..DAYS {
        for part in 0..A_DAY {
            app.clock.advance(TimeDelta::hours(6));
            // Once a day something changes: the other refreshes find what was.
            if part == 1 {
                site.edit(issues[day]).expect("an issue").transition("Done").expect("done");
            }
            if part == 2 && day == 5 {
                site.edit(issues[0]).expect("an issue").transition("To Do").expect("open again");
            }
            app.refresh(&okr).await;
        }
    }
    let moved = summary(&app, &okr).await;
    let before = app.readings(&okr).await;
    assert_eq!(mirrored_for_nothing(&app, &connection).await.len(), 1, "no linked query holds the bug");
    app.clock.advance(TimeDelta::days(1));
    let ages = |settings: &mut Settings| {
        (settings.sync.all_readings_days, settings.sync.daily_readings_days) = (3, 9);
    };
    let _tidies = TestApp::start_again(&database, app.clock.clone(), ages).await;
    let thinned = async || {
        let readings = app.readings(&okr).await;
        (readings.len() < before.len() / 2 && readings.iter().any(|it| it["checks"] != 1)).then_some(readings)
    };
    let after = wait::until("old readings are thinned", DEADLINE, thinned).await.expect("in time");

    let known = by_id(&before);
    for reading in &after {
        is_recounted(&app, &okr, reading).await;
        // what was measured today is new
        let Some(was) = known.get(&reading["id"].to_string()) else { continue };
        let mut as_it_was = reading.clone();
        (as_it_was["checks"], as_it_was["checked_at"]) = (was["checks"].clone(), was["checked_at"].clone());
        assert_eq!(as_it_was, *was, "nothing else is changed");
    }
    assert_eq!(after.last(), before.last(), "the first measurement stays");
    assert_eq!(summary(&app, &okr).await, moved, "the moves of what is left add up to the same");
    let checks: Vec<u64> = after.iter().filter_map(|it| it["checks"].as_u64()).filter(|checks| *checks > 1).collect();
    assert!(!checks.is_empty() && checks.iter().all(|checks| *checks <= 4), "{checks:?}");

    let let_go = async || mirrored_for_nothing(&app, &connection).await.is_empty().then_some(());
    wait::until("the mirror lets go of the bug", DEADLINE, let_go).await.expect("in time");
    app.refresh(&okr).await;
    assert_eq!(app.readings(&okr).await[0]["completed"], DAYS - 1, "it goes on");
}

journey!(what_is_left_is_true);
