//! Data quality: what makes a number say less than it seems to, or count something twice.

use okrsync_jira_sim::{Category, Dialect, IssueDraft, JiraSim};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use serde_json::{Value, json};

async fn quality(app: &TestApp, okr: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let okr = app.okr(okr).await;
    let list = okr["quality"].as_array().expect("a list");
    list.iter().map(|quality| (text(&quality["code"]), text(&quality["message"]))).collect()
}

fn said(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(code, message)| ((*code).to_owned(), (*message).to_owned())).collect()
}

fn project(site: &JiraSim) {
    site.add_project("AE", "Arm engineering").expect("a new project");
}

/// A site's catalogue is read when somebody types a query.
async fn type_a_query(app: &TestApp, connection: &str) {
    app.admin.get(&format!("/connections/{connection}/suggestions?jql=project&cursor=7")).await.expect(200);
}

/// Points that are missing, sub-tasks beside their parents, and issues that two key results count.
async fn doubtful_numbers_say_so(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    project(&site);
    let story = site.create(IssueDraft::new("AE", "Story").points("3")).expect("a story");
    site.create(IssueDraft::new("AE", "Story")).expect("a story");
    site.create(IssueDraft::new("AE", "Sub-task").parent(story)).expect("a sub-task");
    let connection = app.connect(&site).await;
    type_a_query(&app, &connection).await;
    let objective = app.key_result(json!({"kind": "objective", "title": "Grow"})).await;
    let points = app.key_result(json!({"parent_id": objective, "title": "Deliver points"})).await;
    app.link(&points, &connection, "project = AE", json!({"metric": {"kind": "story_points"}})).await;
    let missing = ("values_missing", "2 of 3 issues have no story points.");
    let subtasks = ("parents_and_subtasks", "1 of 3 issues are sub-tasks: where their parents match too, both count.");
    assert_eq!(quality(&app, &points).await, said(&[missing, subtasks]));

    let count = app.key_result(json!({"parent_id": objective, "title": "Finish stories"})).await;
    app.link(&count, &connection, "project = AE AND issuetype = Story", json!({})).await;
    let twice = "2 issues are also counted by “Deliver points”.";
    assert_eq!(quality(&app, &count).await, said(&[("counted_twice", twice)]));
    let both = "2 issues are counted by both “Deliver points” and “Finish stories”.";
    assert_eq!(quality(&app, &objective).await, said(&[("counted_twice", both)]));
    app.admin.patch(&format!("/okrs/{points}"), &json!({"visibility": "private"})).await.expect(200);
    let viewer = app.person("vera@northwind.example", okrsync_domain::person::Role::Viewer).await;
    let seen = viewer.get(&format!("/okrs/{count}")).await.expect(200);
    assert_eq!(seen["quality"], json!([]), "a private key result is not named");
    let board = app.admin.get("/okrs").await.expect(200);
    assert_eq!(board["items"][0].get("quality"), None, "not for every row");
}

/// Completed by status, unresolved by Jira: counted all the same, and said.
async fn done_without_a_resolution_is_told(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    project(&site);
    let done: Vec<_> =
        (0..3).map(|_| site.create(IssueDraft::new("AE", "Story").status("Done")).expect("a story")).collect();
    site.create(IssueDraft::new("AE", "Story")).expect("a story");
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    assert_eq!(quality(&app, &okr).await, said(&[]));
    site.edit(done[1]).expect("it").unresolve().expect("unresolved");
    assert_eq!(app.refresh(&okr).await["progress"], "75", "the status counts");
    let message = "1 of 3 completed issues have no resolution: they count here, and Jira calls them unresolved.";
    assert_eq!(quality(&app, &okr).await, said(&[("done_without_resolution", message)]));
}

/// Two sites below one objective that call different things done.
async fn sites_that_differ_are_told(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let objective = app.key_result(json!({"kind": "objective", "title": "Grow"})).await;
    for category in [Category::Done, Category::InProgress] {
        let site = app.jira(dialect).await;
        project(&site);
        site.add_status("Shipped", category).expect("a new status");
        site.create(IssueDraft::new("AE", "Story")).expect("a story");
        let connection = app.connect(&site).await;
        app.admin
            .patch(&format!("/connections/{connection}"), &json!({"name": format!("{category:?}")}))
            .await
            .expect(200);
        type_a_query(&app, &connection).await;
        let okr = app.key_result(json!({"parent_id": objective})).await;
        app.link(&okr, &connection, "project = AE", json!({})).await;
        assert_eq!(quality(&app, &okr).await, said(&[]));
    }
    let differ = ("definitions_differ", "“Shipped” is done on Done, not on InProgress.");
    assert_eq!(quality(&app, &objective).await, said(&[differ]));
}

journey!(doubtful_numbers_say_so);
journey!(done_without_a_resolution_is_told);
journey!(sites_that_differ_are_told);
