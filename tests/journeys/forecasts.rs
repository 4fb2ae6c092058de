//! Where an OKR goes: from nothing known to a forecast, and what changes it.

use chrono::{Datelike, TimeDelta, Weekday};
use okrsync_jira_sim::{Dialect, IssueDraft, IssueId, JiraSim};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use serde_json::{Value, json};

fn stories(site: &JiraSim, count: usize) -> Vec<IssueId> {
    site.add_project("AE", "Arm engineering").expect("a new project");
    (0..count).map(|_| site.create(IssueDraft::new("AE", "Story").points("2")).expect("a story")).collect()
}

/// Lets days pass, on each of which the team finishes a story, but for weekends.
async fn work(app: &TestApp, site: &JiraSim, left: &mut Vec<IssueId>, days: usize) {
    for _ in 0..days {
        if !matches!(app.clock.now().weekday(), Weekday::Sat | Weekday::Sun) {
            let story = left.pop().expect("work is left");
            site.edit(story).expect("a story").transition("Done").expect("a status");
        }
        app.pass_time(TimeDelta::hours(2)).await;
        app.pass_time(TimeDelta::hours(22)).await;
    }
}

async fn forecast(app: &TestApp, okr: &str) -> Value {
    app.admin.get(&format!("/okrs/{okr}/forecast")).await.expect(200)
}

/// From Friday, 20 November on a team does a story a weekday, of 40 until the end of the year.
async fn a_team_is_forecast_by_its_own_pace(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let mut left = stories(&site, 40);
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    assert_eq!(forecast(&app, &okr).await["none_because"]["code"], "no_data");
    app.link(&okr, &connection, "project = AE", json!({"metric": {"kind": "story_points"}})).await;

    work(&app, &site, &mut left, 14).await;
    let early = forecast(&app, &okr).await;
    assert_eq!(early["none_because"]["code"], "short_history", "{early}");
    assert_eq!((&early["chance"], &early["cone"]), (&json!(null), &json!([])));

    work(&app, &site, &mut left, 7).await;
    let hopeless = forecast(&app, &okr).await;
    assert_eq!(hopeless["today"], "2026-12-11");
    assert_eq!(hopeless["none_because"], json!(null));
    assert_eq!(
        hopeless["chance"],
        json!({"percent": "5", "bound": "below", "text": "< 5 %"}),
        "25 stories in 14 weekdays"
    );
    let cone = hopeless["cone"].as_array().expect("a list");
    assert_eq!((cone.len(), &cone[0]["on"], &cone[19]["on"]), (20, &json!("2026-12-12"), &json!("2026-12-31")));
    assert_eq!(cone[0]["median"], "37.5", "nothing happens on a Saturday");
    assert_eq!(hopeless["basis"]["days"], 20, "{hopeless}");
    assert_eq!(hopeless["basis"]["active_days"], 14);
    assert_eq!(hopeless["basis"]["pace_per_day"], "1.4", "two points a weekday");
    assert!(hopeless["backtest"]["forecasts"].is_u64());

    let later = json!({"due_on": "2027-02-26"});
    app.admin.patch(&format!("/okrs/{okr}"), &later).await.expect(200);
    app.refresh(&okr).await;
    let moved = forecast(&app, &okr).await;
    assert_eq!(moved["chance"]["bound"], "above", "{moved}");
    let step = &moved["steps"][0];
    assert_eq!((&step["kind"], &step["on"]), (&json!("due_date"), &json!("2026-12-11")));
    assert_eq!((&step["from_due_on"], &step["to_due_on"]), (&json!("2026-12-31"), &json!("2027-02-26")));
    assert_eq!(forecast(&app, &okr).await, moved, "the same readings give the same forecast");
}

/// A target that is moved shows as a step; another metric begins another history.
async fn what_people_move_is_told_from_work(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let mut left = stories(&site, 40);
    let connection = app.connect(&site).await;
    let kpi = |target: &str| json!({"measure": {"kind": "kpi", "name": "Done", "unit": "stories", "start": "0", "target": target}});
    let okr = app.key_result(kpi("30")).await;
    app.link(&okr, &connection, "project = AE", json!({"completed_only": true})).await;
    work(&app, &site, &mut left, 18).await;
    app.admin.patch(&format!("/okrs/{okr}"), &kpi("20")).await.expect(200);
    work(&app, &site, &mut left, 1).await;

    let moved = forecast(&app, &okr).await;
    assert_eq!(moved["basis"]["days"], 18, "{moved}");
    let targets = ["from_measure", "to_measure"].map(|side| moved["steps"][0][side]["target"].clone());
    assert_eq!(targets, ["30", "20"]);

    let points = json!({"metric": {"kind": "story_points"}});
    app.link(&okr, &connection, "project = AE", points).await;
    let edited = forecast(&app, &okr).await;
    assert_eq!(edited["none_because"]["code"], "achieved", "13 stories are 26 points: {edited}");
    app.admin.patch(&format!("/okrs/{okr}"), &kpi("60")).await.expect(200);
    let edited = forecast(&app, &okr).await;
    assert_eq!(edited["none_because"]["code"], "short_history", "{edited}");
    assert_eq!(edited["steps"].as_array().and_then(|steps| steps.last()).expect("a step")["kind"], "definition");
    let line = json!({"measure": {"kind": "stay_below", "name": "Open", "unit": "stories", "target": "50"}});
    app.admin.patch(&format!("/okrs/{okr}"), &line).await.expect(200);
    assert_eq!(forecast(&app, &okr).await["none_because"]["code"], "line_to_keep");
    app.admin.get(&format!("/okrs/{okr}/forecast?scope=maybe")).await.problem(422, "invalid_value");
}

journey!(a_team_is_forecast_by_its_own_pace);
journey!(what_people_move_is_told_from_work);
