//! The board, check-ins, roll-ups and the switch of the integration, over HTTP.

use chrono::TimeDelta;
use okrsync_jira_sim::{Dialect, IssueDraft, JiraSim};
use okrsync_tests::{
    app::{TestApp, text},
    databases::TestDatabase,
    journey,
};
use serde_json::{Value, json};

async fn small_site(app: &TestApp, dialect: Dialect) -> JiraSim {
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    for status in ["Done", "Done", "To Do", "To Do"] {
        site.create(IssueDraft::new("AE", "Story").status(status)).expect("an issue");
    }
    site
}

/// An objective is the mean of its key results that have data, and says when one is left out.
async fn an_objective_rolls_up(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = small_site(&app, dialect).await;
    let connection = app.connect(&site).await;
    let objective = app.key_result(json!({"kind": "objective", "title": "Ship"})).await;
    let child = async |title: &str| app.key_result(json!({"title": title, "parent_id": objective})).await;
    let (linked, by_hand, _empty) = (child("linked").await, child("by hand").await, child("empty").await);
    app.link(&linked, &connection, "project = AE", json!({})).await;
    let check_in = json!({"note": "good week", "progress": "75"});
    app.admin.post(&format!("/okrs/{by_hand}/check-ins"), &check_in).await.expect(201);
    let shown = app.okr(&objective).await;
    assert_eq!(shown["progress"], "62.5", "the mean of 50 and 75: {shown}");
    assert_eq!(shown["children"], json!({"count": 3, "with_data": 2, "stale": 0}));
    assert_eq!(shown["warnings"][0]["code"], "child_without_data");
    let summary = app.admin.get("/summary").await.expect(200);
    assert_eq!(summary["progress"], "62.5", "{summary}");
}

/// A check-in overrides the automatic value until the next reading, or until it is resumed.
async fn a_check_in_overrides(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = small_site(&app, dialect).await;
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    let check_in = async |hold: &str| {
        app.clock.advance(TimeDelta::minutes(1));
        let body = json!({"note": "we know better", "progress": "90", "hold": hold});
        app.admin.post(&format!("/okrs/{okr}/check-ins"), &body).await.expect(201);
    };
    check_in("next_reading").await;
    let shown = app.okr(&okr).await;
    assert_eq!((&shown["progress"], &shown["automatic_progress"]), (&json!("90"), &json!("50")), "{shown}");
    app.clock.advance(TimeDelta::minutes(1));
    assert_eq!(app.refresh(&okr).await["progress"], "50", "the next reading ends it");

    check_in("until_resumed").await;
    app.clock.advance(TimeDelta::minutes(1));
    assert_eq!(app.refresh(&okr).await["progress"], "90", "it holds");
    let resumed = app.admin.post(&format!("/okrs/{okr}/resume"), &json!({})).await.expect(200);
    assert_eq!(resumed["progress"], "50");
}

/// Switching the integration off keeps values and asks nothing.
async fn a_switched_off_integration_asks_nothing(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = small_site(&app, dialect).await;
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    app.admin.patch("/integrations/jira", &json!({"enabled": false})).await.expect(200);
    let mark = site.ledger().arrived();
    app.pass_time(TimeDelta::hours(5)).await;
    app.admin.post(&format!("/okrs/{okr}/refresh"), &json!({})).await.problem(409, "integration_disabled");
    let link = json!({"connection_id": connection, "jql": "project = AE", "metric": {"kind": "count"}});
    app.admin.put(&format!("/okrs/{okr}/link"), &link).await.problem(409, "integration_disabled");
    assert_eq!(site.ledger().since(mark).len(), 0, "nothing is asked of Jira");
    let shown = app.okr(&okr).await;
    assert_eq!((&shown["progress"], &shown["freshness"]["state"]), (&json!("50"), &json!("paused")));
    app.admin.patch("/integrations/jira", &json!({"enabled": true})).await.expect(200);
    assert_eq!(app.refresh(&okr).await["freshness"]["state"], "fresh");
}

/// A link that Jira could not answer is stored; the old value stays and says by which query it was measured.
async fn an_unreachable_jira_keeps_the_old_value(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = small_site(&app, dialect).await;
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    site.faults().add(okrsync_jira_sim::Fault::status(503).forever());
    let edited = app.link(&okr, &connection, "project = AE AND status = Done", json!({})).await;
    assert_eq!((&edited["progress"], &edited["freshness"]["state"]), (&json!("50"), &json!("failing")), "{edited}");
    let codes: Vec<_> = edited["warnings"].as_array().expect("a list").iter().map(|warning| &warning["code"]).collect();
    assert!(codes.contains(&&json!("value_from_previous_query")), "{edited}");
    app.admin.delete(&format!("/okrs/{okr}/link")).await.expect(204);
    let kept = app.okr(&okr).await;
    assert_eq!((&kept["progress"], &kept["progress_mode"]), (&json!("50"), &json!("manual")), "the last value stays");
}

/// The board names each OKR with value, status and source, to people who are signed in.
async fn the_board_shows_the_tree(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = small_site(&app, dialect).await;
    let connection = app.connect(&site).await;
    let objective = app.key_result(json!({"kind": "objective", "title": "Ship <fleet> updates"})).await;
    let okr = app.key_result(json!({"title": "Deliver staged updates", "parent_id": objective})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    let anonymous = app.admin.with_token(None).page("/").await;
    assert_eq!((anonymous.status.as_u16(), anonymous.headers["location"].as_bytes()), (303, &b"/sign-in?next=%2F"[..]));
    let cookie = session(&app).await;
    let page = app.admin.with_token(None).send(reqwest::Method::GET, "/", None, &[("cookie", &cookie)]).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.text);
    for expected in ["Ship &lt;fleet&gt; updates", "Deliver staged updates", "50.0", "Behind", "role=\"progressbar\""] {
        assert!(page.text.contains(expected), "no {expected:?} on the board:\n{}", page.text);
    }
    let policy = page.headers["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("//"), "{policy}");
}

async fn session(app: &TestApp) -> String {
    let sign_in = json!({"email": "admin@northwind.example", "password": "correct horse battery"});
    let signed = app.admin.with_token(None).post("/session", &sign_in).await;
    let cookie = signed.headers["set-cookie"].to_str().expect("text");
    cookie.split(';').next().expect("a cookie").to_owned()
}

/// A preview says what a link would read, and stores nothing.
async fn a_preview_stores_nothing(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = small_site(&app, dialect).await;
    let connection = app.connect(&site).await;
    let body = json!({"connection_id": connection, "jql": "project = AE", "metric": {"kind": "count"},
        "starts_on": "2026-10-01", "due_on": "2026-12-31"});
    let preview = app.admin.post("/links/preview", &body).await.expect(200);
    let seen = ["matched", "completed", "progress", "status", "estimate"].map(|field| preview[field].clone());
    assert_eq!(seen, [json!(4), json!(2), json!("50"), json!("behind"), json!(false)], "{preview}");
    assert_eq!(preview["issues"].as_array().map(Vec::len), Some(4));
    assert_eq!(app.admin.get("/okrs").await.expect(200)["items"], json!([]));
}

/// Everything the API document promises about operations.
async fn operations(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let anyone = app.admin.with_token(None);
    anyone.page("/healthz").await.expect(200);
    anyone.page("/readyz").await.expect(200);
    assert!(anyone.page("/metrics").await.text.contains("okrsync_"));
    let document = anyone.get("/openapi.json").await.expect(200);
    assert!(text(&document["openapi"]).starts_with("3.1"));
    assert!(document["paths"].as_object().is_some_and(|paths| paths.len() > 20), "{}", document["paths"]);
    let docs = anyone.page("/api/docs").await;
    assert_eq!(docs.status.as_u16(), 200);
    for loaded in ["src=\"http", "src=\"//", "stylesheet\" href=\"http"] {
        assert!(!docs.text.contains(loaded), "the page needs no outside host");
    }
    let status = app.admin.get("/sync/status").await.expect(200);
    assert!(status.is_object(), "{status}");
    let next: Value = app.admin.get("/organisation").await.expect(200);
    assert_eq!((&next["period_minutes"], &next["at_risk_above"]), (&json!(60), &json!("25")));
}

journey!(an_objective_rolls_up, one dialect);
journey!(a_check_in_overrides, one dialect);
journey!(a_switched_off_integration_asks_nothing);
journey!(an_unreachable_jira_keeps_the_old_value);
journey!(the_board_shows_the_tree, one dialect);
journey!(a_preview_stores_nothing);
journey!(operations, one dialect);
