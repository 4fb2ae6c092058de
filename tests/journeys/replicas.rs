//! Several processes on one PostgreSQL: what one does is told to those who listen at another, also after the database was away;
//! and replacing them one by one skips no period.

use chrono::TimeDelta;
use okrsync_jira_sim::{Dialect, IssueDraft, JiraSim};
use okrsync_tests::{
    Cluster,
    app::{DEADLINE, TestApp},
    databases::TestDatabase,
    journey, wait,
};
use reqwest::Response;
use serde_json::json;

const HOUR: TimeDelta = TimeDelta::minutes(61);

/// A browser's stream of events, and what it heard so far.
struct Ear {
    stream: Response,
    heard: String,
}

impl Ear {
    async fn at(app: &TestApp) -> Self {
        Self { stream: app.admin.listen("/events").await, heard: String::new() }
    }

    /// Listens until a piece of news came.
    async fn hears(&mut self, what: &str) {
        while !self.heard.contains(what) {
            let more = tokio::time::timeout(DEADLINE, self.stream.chunk()).await;
            let more = more.unwrap_or_else(|_| panic!("{what} was not heard: {}", self.heard));
            self.heard.push_str(&String::from_utf8_lossy(&more.expect("a stream").expect("it goes on")));
        }
    }
}

async fn linked(app: &TestApp) -> (JiraSim, String) {
    let site = app.jira(Dialect::Cloud).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    site.create(IssueDraft::new("AE", "Story")).expect("an issue");
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    (site, okr)
}

/// Refreshes at one of two; both hear of it, each thing once, whoever does the work.
async fn both_hear(asked: &TestApp, other: &TestApp, okr: &str) {
    let (mut here, mut there) = (Ear::at(asked).await, Ear::at(other).await);
    asked.refresh(okr).await;
    let updated = format!("event: okr.updated\ndata: {{\"id\":\"{okr}\"}}");
    for ear in [&mut here, &mut there] {
        ear.hears(&updated).await;
        ear.hears("\"state\":\"done\"").await;
    }
    // One more thing, so that whatever was told twice has come by then.
    asked.admin.patch(&format!("/okrs/{okr}"), &json!({"title": "Fix 21 bugs"})).await.expect(200);
    asked.refresh(okr).await;
    for ear in [&mut here, &mut there] {
        ear.heard = ear.heard.replacen(&updated, "", 1);
        ear.hears(&updated).await;
        let dones = ear.heard.matches("\"state\":\"done\"").count();
        assert!(dones <= 2, "told twice: {}", ear.heard);
    }
}

async fn browsers_hear_of_other_processes(database: TestDatabase, _: Dialect) {
    let one = TestApp::start(&database).await;
    let two = one.twin(&database).await;
    let (_site, okr) = linked(&one).await;
    both_hear(&one, &two, &okr).await;
    both_hear(&two, &one, &okr).await;
}

/// The database goes away and comes back: who listens is told that something may be missed, and hears again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_line_is_mended_and_told() {
    let Some(cluster) = Cluster::start() else { return };
    let database = cluster.fresh();
    let one = TestApp::start(&database).await;
    let two = one.twin(&database).await;
    let (_site, okr) = linked(&one).await;
    both_hear(&one, &two, &okr).await;
    let mut ear = Ear::at(&two).await;
    cluster.restart().expect("PostgreSQL starts again");
    ear.hears("event: missed").await;
    wait::until("the database answers", DEADLINE, async || (one.admin.get("/okrs").await.status == 200).then_some(()))
        .await
        .expect("in time");
    both_hear(&one, &two, &okr).await;
    drop((one, two));
}

/// One process after the other is stopped and replaced, every hour: each hour has its reading, and only one.
async fn a_rolling_restart_skips_no_period(database: TestDatabase, _: Dialect) {
    let mut one = TestApp::start(&database).await;
    let mut two = one.twin(&database).await;
    let (site, okr) = linked(&one).await;
    for hour in 1..=6 {
        site.create(IssueDraft::new("AE", "Story")).expect("an issue");
        one.clock.advance(HOUR);
        one.stop();
        let fresh = two.twin(&database).await;
        (one, two) = (two, fresh);
        one.app.engine().wake();
        let readings = wait::until("the hour's reading", DEADLINE, async || {
            let readings = two.readings(&okr).await;
            (readings.len() > hour).then_some(readings)
        });
        let readings = readings.await.expect("in time");
        assert_eq!(readings.len(), hour + 1, "one an hour: {readings:?}");
        assert_eq!(readings[0]["matched"], hour + 1, "of that hour");
        one.stop();
        let fresh = two.twin(&database).await;
        (one, two) = (two, fresh);
    }
}

journey!(browsers_hear_of_other_processes, postgres only);
journey!(a_rolling_restart_skips_no_period, postgres only);
