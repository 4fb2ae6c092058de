//! Every metric in both modes against a table computed by hand.
//!
//! Four issues, two of them done:
//!
//! | issue | done | logged | estimated | remaining | points | risk |
//! |---|---|---|---|---|---|---|
//! | A | yes | 1 h 30 min | 2 h | 0 | 3 | 0.1 |
//! | B | yes | 30 min | 1 h | 30 min | 0.5 | 0.2 |
//! | C | no | 1 h | 4 h | 3 h | 8 | – |
//! | D | no | – | – | – | – | 0.7 |

use okrsync_jira_sim::{Dialect, IssueDraft, JiraSim};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use serde_json::{Value, json};

const HOUR: i64 = 3600;

/// Writes the four issues; answers the id of the field "Risk score".
fn four_issues(site: &JiraSim) -> String {
    site.add_project("AE", "Arm engineering").expect("a new project");
    let risk = site.add_number_field("Risk score").expect("a field");
    let issue =
        |status: &str, [logged, estimated, remaining]: [Option<i64>; 3], points: Option<&str>, score: Option<&str>| {
            let mut draft = IssueDraft::new("AE", "Story").status(status);
            if let Some(points) = points {
                draft = draft.points(points);
            }
            if let Some(score) = score {
                draft = draft.number(&risk, score);
            }
            let id = site.create(draft).expect("an issue");
            if let Some(seconds) = logged {
                site.edit(id).expect("it").log_work(seconds).expect("logged");
            }
            site.edit(id).expect("it").estimate(estimated).expect("estimated").remaining(remaining).expect("remaining");
        };
    issue("Done", [Some(HOUR * 3 / 2), Some(2 * HOUR), Some(0)], Some("3"), Some("0.1"));
    issue("Done", [Some(HOUR / 2), Some(HOUR), Some(HOUR / 2)], Some("0.5"), Some("0.2"));
    issue("To Do", [Some(HOUR), Some(4 * HOUR), Some(3 * HOUR)], Some("8"), None);
    issue("To Do", [None, None, None], None, Some("0.7"));
    risk
}

/// Percent complete: metric, progress, [done, total], issues with a value.
fn percent_table(risk: &str) -> Vec<(Value, &'static str, [&'static str; 2], u64)> {
    vec![
        (json!({"kind": "count"}), "50", ["2", "4"], 4),
        (json!({"kind": "time_spent"}), "66.6667", ["2", "3"], 3),
        (json!({"kind": "original_estimate"}), "42.8571", ["3", "7"], 3),
        (json!({"kind": "story_points"}), "30.4348", ["3.5", "11.5"], 3),
        (json!({"kind": "custom_field", "field_id": risk}), "30", ["0.3", "1"], 3),
    ]
}

/// KPI: metric, value over all issues, value over completed ones.
fn kpi_table(risk: &str) -> Vec<(Value, &'static str, &'static str)> {
    let field = |aggregate: &str| json!({"kind": "custom_field", "field_id": risk, "aggregate": aggregate});
    vec![
        (json!({"kind": "count"}), "4", "2"),
        (json!({"kind": "time_spent"}), "3", "2"),
        (json!({"kind": "original_estimate"}), "7", "3"),
        (json!({"kind": "remaining_estimate"}), "3.5", "0.5"),
        // A 100 %, B 50 %, C 25 %; D has no progress.
        (json!({"kind": "progress"}), "58.33333333333333333333", "75"),
        (json!({"kind": "story_points"}), "11.5", "3.5"),
        (field("sum"), "1", "0.3"),
        (field("average"), "0.33333333333333333333", "0.15"),
        (field("min"), "0.1", "0.1"),
        (field("max"), "0.7", "0.2"),
        (field("median"), "0.2", "0.15"),
    ]
}

async fn percent_complete(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let risk = four_issues(&site);
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    for (metric, progress, [done, total], with_value) in percent_table(&risk) {
        let linked = app.link(&okr, &connection, "project = AE", json!({"metric": metric})).await;
        assert_eq!(linked["progress"], progress, "{metric}");
        let reading = &app.readings(&okr).await[0];
        assert_eq!([&reading["done"], &reading["total"]], [done, total], "{metric}");
        assert_eq!(reading["coverage"], json!({"with_value": with_value, "without_value": 4 - with_value}), "{metric}");
    }
    for metric in [json!({"kind": "remaining_estimate"}), json!({"kind": "progress"})] {
        let body = json!({"connection_id": connection, "jql": "project = AE", "metric": metric});
        app.admin.put(&format!("/okrs/{okr}/link"), &body).await.problem(422, "metric_not_available");
    }
}

async fn kpi(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let risk = four_issues(&site);
    let connection = app.connect(&site).await;
    let measure = json!({"kind": "kpi", "name": "n", "unit": "u", "start": "0", "target": "100"});
    let okr = app.key_result(json!({"measure": measure})).await;
    for (metric, all, completed) in kpi_table(&risk) {
        for (only, expected) in [(false, all), (true, completed)] {
            let more = json!({"metric": metric, "completed_only": only});
            let linked = app.link(&okr, &connection, "project = AE", more).await;
            assert_eq!(linked["value"], expected, "{metric}, completed only: {only}");
        }
        let default = app.link(&okr, &connection, "project = AE", json!({"metric": metric})).await;
        let takes_completed = ["story_points", "custom_field"].contains(&metric["kind"].as_str().expect("a kind"));
        assert_eq!(default["value"], if takes_completed { completed } else { all }, "{metric}, by default");
    }
}

journey!(percent_complete);
journey!(kpi);
