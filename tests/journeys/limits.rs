//! Jira's limits: what it asks to be left alone with is left alone, by everybody, and nothing else is.

use chrono::TimeDelta;
use okrsync_jira_sim::{Burst, Dialect, Fault, IssueDraft, JiraSim};
use okrsync_tests::{
    app::{DEADLINE, TestApp},
    databases::TestDatabase,
    journey, wait,
};
use serde_json::{Value, json};

fn fill(site: &JiraSim, issues: usize) {
    site.add_project("AE", "Arm engineering").expect("a new project");
    for number in 0..issues {
        let status = if number % 2 == 0 { "Done" } else { "To Do" };
        site.create(IssueDraft::new("AE", "Story").status(status)).expect("an issue");
    }
}

/// A key result over four issues.
struct Measured {
    app: TestApp,
    site: JiraSim,
    connection: String,
    okr: String,
}

impl Measured {
    async fn start(database: &TestDatabase, dialect: Dialect) -> Self {
        let app = TestApp::start(database).await;
        let site = app.jira(dialect).await;
        fill(&site, 4);
        let connection = app.connect(&site).await;
        let okr = app.key_result(json!({})).await;
        app.link(&okr, &connection, "project = AE", json!({})).await;
        Self { app, site, connection, okr }
    }
}

/// An edit of the connection ends no wait that Jira asked for.
async fn an_edit_ends_no_wait(database: TestDatabase, dialect: Dialect) {
    let Measured { app, site, connection, okr } = Measured::start(&database, dialect).await;
    site.faults().add(Fault::rate_limited(Some(600)).reason("jira-quota-tenant-based").on_path("/search"));
    app.admin.post(&format!("/okrs/{okr}/refresh?wait=50"), &json!({})).await.problem(502, "jira_rate_limited");
    let mark = site.ledger().arrived();
    // Everything about the sign-in is new, and what was wrong before is forgotten: all but the wait.
    let token = site.token(&site.account());
    let edit = json!({"auth": {"token": token}, "concurrency": 2});
    app.admin.patch(&format!("/connections/{connection}"), &edit).await.expect(200);
    app.settle().await;
    assert_eq!(site.ledger().arrived(), mark, "nothing is asked");
    app.pass_time(TimeDelta::minutes(10)).await;
    assert_eq!(app.okr(&okr).await["freshness"]["state"], "fresh");
    assert_eq!(site.ledger().sent_while_retry_after(), 0);
}

/// A burst limit rests its endpoint in every process, and leaves the rest of the connection alone.
async fn a_burst_rests_its_endpoint_everywhere(database: TestDatabase, dialect: Dialect) {
    let Measured { app, site, connection, okr } = Measured::start(&database, dialect).await;
    site.faults().add(Fault::rate_limited(Some(600)).reason("jira-burst-based").on_path("/search/jql"));
    let refresh = format!("/okrs/{okr}/refresh?wait=50");
    app.admin.post(&refresh, &json!({})).await.problem(502, "jira_rate_limited");
    let seen = app.admin.get(&format!("/connections/{connection}")).await.expect(200);
    assert_eq!((&seen["state"], &seen["slowed_until"]), (&json!("ok"), &Value::Null), "the connection is well");

    let searches = || site.ledger().count("/search/jql");
    let mark = searches();
    let twin = app.twin(&database).await;
    twin.admin.post(&refresh, &json!({})).await.problem(502, "jira_rate_limited");
    assert_eq!(searches(), mark, "the other process did not search either");
    let asked = site.ledger().arrived();
    twin.admin.post(&format!("/connections/{connection}/test"), &json!({})).await;
    assert!(site.ledger().arrived() > asked, "it asks what was not limited");
    assert_eq!(searches(), mark);
    app.pass_time(TimeDelta::minutes(10)).await;
    assert_eq!(app.okr(&okr).await["freshness"]["state"], "fresh", "it came back by itself");
    assert_eq!(site.ledger().sent_while_retry_after(), 0);
}

/// Told that a limit is near, okrsync slows down before Jira refuses anything.
async fn a_near_limit_is_never_reached(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app
        .jira_with(dialect, |options| {
            options.burst = Some(Burst { per_second: 15.0, size: 25.0 });
            options.rate_headers = true;
            (options.page_cap_with_fields, options.page_cap_data_center) = (3, 3);
        })
        .await;
    fill(&site, 100);
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    assert_eq!(app.readings(&okr).await[0]["matched"], 100);
    let refused = site.ledger().entries().iter().filter(|entry| entry.status == 429).count();
    assert_eq!(refused, 0, "of {} requests", site.ledger().len());
}

/// Sites that hang take all places, and still another is asked.
async fn slow_sites_delay_no_other(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start_with(&database, |settings| settings.sync.parallel_refreshes = 2).await;
    let mut okrs = Vec::new();
    let mut sites = Vec::new();
    for _ in 0..3 {
        let site = app.jira(dialect).await;
        fill(&site, 2);
        let connection = app.connect(&site).await;
        let okr = app.key_result(json!({})).await;
        app.link(&okr, &connection, "project = AE", json!({})).await;
        okrs.push(okr);
        sites.push(site);
    }
    for (site, okr) in sites.iter().zip(&okrs).take(2) {
        let hang = site.faults().add(Fault::slow(DEADLINE).on_path("/search").forever());
        let queued = app.admin.post(&format!("/okrs/{okr}/refresh?wait=0"), &json!({})).await;
        assert_eq!(queued.status, 202, "{}", queued.text);
        let hangs = async || (site.faults().fired_by(hang) == 1).then_some(());
        wait::until("the site hangs", DEADLINE, hangs).await.expect("in time");
    }
    let okr = app.refresh(&okrs[2]).await;
    assert_eq!(okr["freshness"]["state"], "fresh", "{okr}");
    assert_eq!(app.readings(&okrs[2]).await.len(), 2);
}

journey!(an_edit_ends_no_wait);
journey!(a_burst_rests_its_endpoint_everywhere, one dialect);
journey!(a_near_limit_is_never_reached);
journey!(slow_sites_delay_no_other, one dialect);
