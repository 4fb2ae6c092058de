//! What if: numbers as they would be, and nothing that is stored.

use okrsync_jira_sim::{Dialect, IssueDraft, JiraSim};
use okrsync_tests::{
    app::{TestApp, text},
    databases::TestDatabase,
    journey,
};
use serde_json::{Value, json};

/// Stories of 1, 2, 3… points; the first `done` of them are done.
fn stories(site: &JiraSim, done: usize, all: usize) {
    site.add_project("AE", "Arm engineering").expect("a new project");
    for number in 0..all {
        let status = if number < done { "Done" } else { "To Do" };
        let draft = IssueDraft::new("AE", "Story").points(&(number + 1).to_string()).status(status);
        site.create(draft).expect("a story");
    }
}

async fn what_if(app: &TestApp, okr: &str, body: Value) -> Value {
    app.admin.post(&format!("/okrs/{okr}/what-if"), &body).await.expect(200)
}

fn keys(issues: &Value) -> Vec<String> {
    issues.as_array().expect("a list").iter().map(|issue| text(&issue["key"])).collect()
}

/// 3 of 10 are done where 54.9 % are expected: what would help, and what becomes of the objective.
async fn what_would_help_is_told_and_not_stored(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    stories(&site, 3, 10);
    let connection = app.connect(&site).await;
    let objective = json!({"kind": "objective", "title": "Ship", "starts_on": "2026-10-01", "due_on": "2026-12-31"});
    let objective = text(&app.admin.post("/okrs", &objective).await.expect(201)["id"]);
    let other = app.key_result(json!({"parent_id": objective})).await;
    app.admin.post(&format!("/okrs/{other}/check-ins"), &json!({"value": "90"})).await.expect(201);
    let okr = app.key_result(json!({"parent_id": objective})).await;
    let before = app.link(&okr, &connection, "project = AE", json!({})).await;

    let nothing = what_if(&app, &okr, json!({})).await;
    assert_eq!(nothing["okr"]["now"], nothing["okr"]["then"]);
    assert_eq!(nothing["okr"]["now"]["status"], "behind");
    assert_eq!(keys(&nothing["back_on_track"]["issues"]), ["AE-4", "AE-5", "AE-6"], "six of ten are 60 %");
    assert_eq!(nothing["back_on_track"]["then"]["status"], "on_track");

    let body = json!({"complete": ["AE-9", "AE-10"], "drop": ["AE-8"], "shares": [{"okr_id": okr, "share": "75"}]});
    let helped = what_if(&app, &okr, body).await;
    assert_eq!((&helped["okr"]["then"]["done"], &helped["okr"]["then"]["total"]), (&json!("5"), &json!("9")));
    assert_eq!(helped["okr"]["then"]["progress"], "55.5556");
    assert_eq!(helped["okr"]["then"]["status"], "on_track", "{helped}");
    assert_eq!(helped["back_on_track"]["issues"], json!([]));
    let parent = &helped["parents"][0];
    assert_eq!(
        (&parent["now"]["progress"], &parent["then"]["progress"]),
        (&json!("60"), &json!("64.1667")),
        "{parent}"
    );
    assert_eq!(helped["forecast"]["then"]["none_because"]["code"], "short_history");

    let later = what_if(&app, &okr, json!({"due_on": "2027-06-30"})).await;
    assert_eq!(
        (&later["okr"]["then"]["expected"], &later["okr"]["then"]["status"]),
        (&json!("18.3824"), &json!("on_track"))
    );

    let after = app.okr(&okr).await;
    for field in ["progress", "status", "due_on", "share", "measure"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(app.readings(&okr).await.len(), 1, "nothing is stored");
}

/// Points, targets, and refusals that say what is wrong.
async fn edits_are_measured_by_the_links_own_rule(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    stories(&site, 3, 10);
    let connection = app.connect(&site).await;
    let kpi = json!({"kind": "kpi", "name": "Points", "unit": "points", "start": "0", "target": "40"});
    let okr = app.key_result(json!({"measure": kpi})).await;
    let metric = json!({"metric": {"kind": "story_points"}});
    let linked = app.link(&okr, &connection, "project = AE", metric).await;
    assert_eq!(linked["value"], "6", "1 + 2 + 3, completed only");

    // 54.9451 % of 40 are 21.97: 10 and 6 of the open ones would do, 10 and 5 not
    let asked = what_if(&app, &okr, json!({})).await;
    assert_eq!(keys(&asked["back_on_track"]["issues"]), ["AE-10", "AE-9"], "the two largest go farthest");
    let edited = json!({"values": [{"issue": "AE-3", "value": "13"}], "complete": ["AE-4"], "target": "30"});
    let edited = what_if(&app, &okr, edited).await;
    assert_eq!(
        (&edited["okr"]["then"]["value"], &edited["okr"]["then"]["progress"]),
        (&json!("20"), &json!("66.6667"))
    );

    let ask = async |body: Value| app.admin.post(&format!("/okrs/{okr}/what-if"), &body).await;
    let unknown = ask(json!({"complete": ["AE-4", "AE-99"]})).await.problem(422, "not_a_match");
    assert_eq!(unknown["errors"][0]["field"], "complete[1]");
    ask(json!({"target": "0"})).await.problem(422, "start_equals_target");
    ask(json!({"due_on": "2026-01-01"})).await.problem(422, "invalid_okr");
    let text = "a JSON number is no decimal";
    assert_eq!(ask(json!({"values": [{"issue": "AE-3", "value": 13}]})).await.status, 422, "{text}");

    let open = app.link(&okr, &connection, "project = AE AND statusCategory != Done", json!({"completed_only": false}));
    open.await;
    let falling = json!({"measure": {"kind": "kpi", "name": "Open", "unit": "bugs", "start": "10", "target": "0"}});
    app.admin.patch(&format!("/okrs/{okr}"), &falling).await.expect(200);
    let fewer = what_if(&app, &okr, json!({"complete": ["AE-4"]})).await;
    assert_eq!((&fewer["okr"]["now"]["value"], &fewer["okr"]["then"]["value"]), (&json!("7"), &json!("6")), "{fewer}");
    assert_eq!(keys(&fewer["back_on_track"]["issues"]), ["AE-5", "AE-6"], "4 of 10 left are 60 %");

    let manual = app.key_result(json!({})).await;
    let refused = app.admin.post(&format!("/okrs/{manual}/what-if"), &json!({"complete": ["AE-4"]})).await;
    refused.problem(409, "not_linked");
}

journey!(what_would_help_is_told_and_not_stored);
journey!(edits_are_measured_by_the_links_own_rule);
