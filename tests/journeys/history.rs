//! Readings over time: every one, or the last of each hour, day and week.

use chrono::TimeDelta;
use okrsync_jira_sim::{Dialect, IssueDraft};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use serde_json::{Value, json};

async fn page(app: &TestApp, okr: &str, query: &str) -> Value {
    app.admin.get(&format!("/okrs/{okr}/readings?{query}")).await.expect(200)
}

fn shown(page: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let items = page["items"].as_array().expect("a list");
    items.iter().map(|reading| (text(&reading["at"])[5..16].to_owned(), text(&reading["progress"]))).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(at, progress)| ((*at).to_owned(), (*progress).to_owned())).collect()
}

/// Ten stories, one of which is done before each of six readings: on Friday 10:00, 10:30 and 12:00, on Saturday, on Sunday
/// and on Monday.
async fn readings_are_thinned_from_the_end(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    let stories: Vec<_> = (0..10).map(|_| site.create(IssueDraft::new("AE", "Story")).expect("a story")).collect();
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    let objective = app.key_result(json!({"kind": "objective", "title": "Grow"})).await;
    app.admin.patch(&format!("/okrs/{okr}"), &json!({"parent_id": objective})).await.expect(200);
    app.link(&okr, &connection, "project = AE", json!({})).await;
    for (story, minutes) in stories.iter().zip([30, 90, 24 * 60, 24 * 60, 24 * 60]) {
        app.admin.patch("/integrations/jira", &json!({"enabled": false})).await.expect(200);
        app.clock.advance(TimeDelta::minutes(minutes));
        app.admin.patch("/integrations/jira", &json!({"enabled": true})).await.expect(200);
        site.edit(*story).expect("a story").transition("Done").expect("a status");
        app.refresh(&okr).await;
        app.settle().await;
    }
    let every = shown(&page(&app, &okr, "resolution=raw").await);
    assert_eq!(every, shown(&page(&app, &okr, "").await));
    let hours = [
        ("11-23T12:00", "50"),
        ("11-22T12:00", "40"),
        ("11-21T12:00", "30"),
        ("11-20T12:00", "20"),
        ("11-20T10:30", "10"),
    ];
    let days = [hours[0], hours[1], hours[2], hours[3]];
    for id in [&okr, &objective] {
        assert_eq!(shown(&page(&app, id, "resolution=hour").await), pairs(&hours));
        assert_eq!(shown(&page(&app, id, "resolution=day").await), pairs(&days));
        assert_eq!(shown(&page(&app, id, "resolution=week").await), pairs(&[hours[0], hours[1]]));
        let within = "resolution=day&from=2026-11-21&to=2026-11-22";
        assert_eq!(shown(&page(&app, id, within).await), pairs(&[hours[1], hours[2]]));
        let first = page(&app, id, "resolution=day&limit=3").await;
        assert_eq!(shown(&first), pairs(&days[..3]));
        let cursor = first["next_cursor"].as_str().expect("there is more");
        let second = page(&app, id, &format!("resolution=day&limit=3&cursor={cursor}")).await;
        assert_eq!((shown(&second), &second["next_cursor"]), (pairs(&days[3..]), &Value::Null));
    }
    let rolled = &page(&app, &objective, "resolution=week").await["items"][0];
    assert_eq!([&rolled["kind"], &rolled["id"]], [&json!("rolled_up"), &Value::Null]);
    app.admin.get(&format!("/okrs/{okr}/readings?resolution=year")).await.expect(422);
}

journey!(readings_are_thinned_from_the_end);
