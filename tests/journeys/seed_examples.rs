//! The examples that okrsync was made for, on both databases and both dialects.

use okrsync_jira_sim::{Dialect, IssueDraft, IssueId, JiraSim};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use serde_json::json;

/// An epic with `done` of `all` stories completed.
fn epic_with_stories(site: &JiraSim, done: usize, all: usize) -> (IssueId, Vec<IssueId>) {
    site.add_project("AE", "Arm engineering").expect("a new project");
    let epic = site.create(IssueDraft::new("AE", "Epic").summary("Email campaigns").key_number(786)).expect("an epic");
    let stories = (0..all).map(|number| story(site, epic, if number < done { "Done" } else { "To Do" })).collect();
    (epic, stories)
}

fn story(site: &JiraSim, epic: IssueId, status: &str) -> IssueId {
    site.create(IssueDraft::new("AE", "Story").epic(epic).status(status)).expect("a story")
}

/// How each dialect asks for the stories of an epic.
fn stories_of_epic(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Cloud => "parent = AE-786",
        Dialect::DataCenter => "\"Epic Link\" = AE-786",
    }
}

/// 3 of 10 stories done are 30 percent; an eleventh story makes it 27.2727.
async fn an_epic_reads_30_and_27(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let (epic, stories) = epic_with_stories(&site, 3, 10);
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({"title": "Ship email campaigns"})).await;

    let linked = app.link(&okr, &connection, stories_of_epic(dialect), json!({})).await;
    assert_eq!(linked["progress"], "30", "{linked}");
    assert_eq!(linked["value"], "30");
    assert_eq!(linked["progress_mode"], "data_source");
    assert_eq!(linked["expected"], "54.9451");
    assert_eq!(linked["status"], "behind", "a gap of 24.9 points");
    assert_eq!(linked["colour"], "orange");
    assert_eq!(linked["freshness"]["state"], "fresh");

    story(&site, epic, "To Do");
    let refreshed = app.refresh(&okr).await;
    assert_eq!(refreshed["progress"], "27.2727", "{refreshed}");
    assert_eq!(refreshed["status"], "at_risk", "a gap of 27.7 points");
    assert_eq!(refreshed["colour"], "red");

    site.edit(stories[3]).expect("a story").transition("Done").expect("a status");
    app.pass_time(chrono::TimeDelta::minutes(61)).await;
    assert_eq!(app.okr(&okr).await["progress"], "36.3636", "the hourly refresh saw 4 of 11");

    let readings = app.readings(&okr).await;
    let numbers: Vec<_> = readings.iter().map(|reading| [&reading["done"], &reading["total"]]).collect();
    assert_eq!(numbers, [["4", "11"], ["3", "11"], ["3", "10"]]);
    assert_eq!(site.ledger().sent_while_retry_after(), 0);
}

/// The issues behind a number, each with its part of it.
async fn the_number_names_its_issues(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    epic_with_stories(&site, 1, 4);
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, stories_of_epic(dialect), json!({})).await;

    let issues = app.admin.get(&format!("/okrs/{okr}/issues")).await.expect(200);
    let items = issues["items"].as_array().expect("a list");
    assert_eq!(items.len(), 4);
    let done: Vec<_> = items.iter().filter(|issue| issue["completed"] == true).collect();
    assert_eq!(done.len(), 1);
    assert_eq!(done[0]["contribution"], "25", "{}", done[0]);
    let key = done[0]["key"].as_str().expect("a key");
    assert_eq!(done[0]["url"], format!("{}/browse/{key}", site.base_url()));
}

/// 20 bugs to fix: reached at 20 done, and still reached when 34 are filed.
async fn twenty_bugs_stay_reached(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let (epic, stories) = epic_with_stories(&site, 19, 20);
    let connection = app.connect(&site).await;
    let kpi = json!({"kind": "kpi", "name": "Bugs fixed", "unit": "bugs", "start": "0", "target": "20"});
    let okr = app.key_result(json!({"measure": kpi})).await;
    let jql = stories_of_epic(dialect);

    let linked = app.link(&okr, &connection, jql, json!({"completed_only": true})).await;
    assert_eq!((&linked["value"], &linked["progress"]), (&json!("19"), &json!("95")));
    site.edit(stories[19]).expect("a story").transition("Done").expect("a status");
    let reached = app.refresh(&okr).await;
    assert_eq!((&reached["value"], &reached["status"]), (&json!("20"), &json!("achieved")));
    for _ in 0..14 {
        story(&site, epic, "To Do");
    }
    let still = app.refresh(&okr).await;
    assert_eq!((&still["value"], &still["progress"], &still["colour"]), (&json!("20"), &json!("100"), &json!("green")));
    let latest = &app.readings(&okr).await[0];
    assert_eq!((&latest["matched"], &latest["completed"]), (&json!(34), &json!(20)));

    let all = app.link(&okr, &connection, jql, json!({"completed_only": false})).await;
    assert_eq!(
        [&all["value"], &all["attainment"], &all["progress"]],
        ["34", "170", "100"],
        "without the toggle every ticket counts"
    );
}

/// Links with the same query on one connection cost one walk.
async fn one_query_is_fetched_once(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    epic_with_stories(&site, 3, 10);
    let connection = app.connect(&site).await;
    for spelling in [stories_of_epic(dialect).to_owned(), format!("  ({}) order by key", stories_of_epic(dialect))] {
        let okr = app.key_result(json!({})).await;
        app.link(&okr, &connection, &spelling, json!({})).await;
    }
    let mark = site.ledger().arrived();
    app.pass_time(chrono::TimeDelta::minutes(61)).await;
    let searches = site.ledger().since(mark).iter().filter(|entry| entry.path.contains("/search")).count();
    assert_eq!(searches, 1, "two spellings of one query are one walk");
}

journey!(an_epic_reads_30_and_27);
journey!(the_number_names_its_issues);
journey!(twenty_bugs_stay_reached);
journey!(one_query_is_fetched_once);
