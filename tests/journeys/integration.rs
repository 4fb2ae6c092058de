//! The switches: of the whole integration and of one connection. Off, values stay and nothing is asked of Jira.

use chrono::TimeDelta;
use okrsync_domain::{Random, organisation::Organisation};
use okrsync_jira_sim::{Dialect, Fault, IssueDraft, JiraSim};
use okrsync_server::App;
use okrsync_tests::{
    app::{DEADLINE, TestApp, text},
    databases::TestDatabase,
    journey, wait,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Time that each page of a search takes.
const PAGE: Duration = Duration::from_millis(100);
/// Pages that a second is good for, and the one under way.
const PAGES_OF_A_SECOND: usize = 11;
const PAGES: usize = 60;

/// An OKR whose query takes many slow pages to read.
struct Slow {
    app: TestApp,
    site: JiraSim,
    connection: String,
    okr: String,
}

impl Slow {
    async fn start(database: &TestDatabase, dialect: Dialect) -> Self {
        let app = TestApp::start(database).await;
        let few = |options: &mut okrsync_jira_sim::SiteOptions| {
            (options.page_cap_data_center, options.page_cap_with_fields, options.page_cap_ids) = (2, 2, 2);
        };
        let site = app.jira_with(dialect, few).await;
        site.add_project("AE", "Arm engineering").expect("a new project");
        for number in 0..PAGES * 2 {
            let status = if number % 2 == 0 { "Done" } else { "To Do" };
            site.create(IssueDraft::new("AE", "Story").status(status)).expect("an issue");
        }
        let connection = app.connect(&site).await;
        let okr = app.key_result(json!({})).await;
        let linked = app.link(&okr, &connection, "project = AE", json!({})).await;
        assert_eq!(linked["progress"], "50", "{linked}");
        site.faults().add(Fault::slow(PAGE).on_path("/search").forever());
        Self { app, site, connection, okr }
    }

    fn asked(&self) -> usize {
        self.site.ledger().arrived()
    }

    /// Begins a refresh and waits until its pages flow; answers its id.
    async fn begin(&self) -> String {
        let mark = self.asked();
        self.app.clock.advance(TimeDelta::minutes(1));
        let started = self.app.admin.post(&format!("/okrs/{}/refresh?wait=0", self.okr), &json!({})).await.expect(202);
        let flows = async || (self.asked() > mark + 4).then_some(());
        wait::until("pages flow", DEADLINE, flows).await.expect("in time");
        text(&started["id"])
    }

    /// Waits until the refresh is back in the queue.
    async fn stops(&self, refresh: &str) {
        let queued = async || {
            let refresh = self.app.admin.get(&format!("/refreshes/{refresh}")).await.expect(200);
            (refresh["state"] == "queued").then_some(())
        };
        wait::until("the refresh is given back", DEADLINE, queued).await.expect("in time");
    }

    async fn state(&self) -> Value {
        self.app.okr(&self.okr).await["freshness"]["state"].clone()
    }
}

/// Switched off in the midst of a refresh, nothing more is asked than what is under way; switched on, it goes on.
async fn off_stops_a_refresh_under_way(database: TestDatabase, dialect: Dialect) {
    let slow = Slow::start(&database, dialect).await;
    let refresh = slow.begin().await;
    let before = slow.asked();
    slow.app.admin.patch("/integrations/jira", &json!({"enabled": false})).await.expect(200);
    let off = slow.asked();
    slow.stops(&refresh).await;
    assert!(slow.asked() <= off + 1 && off <= before + PAGES_OF_A_SECOND, "{before}, {off}, {}", slow.asked());
    assert_eq!(slow.state().await, "paused");
    assert_eq!(slow.app.okr(&slow.okr).await["progress"], "50", "the value stays");
    let connection = slow.app.admin.get(&format!("/connections/{}", slow.connection)).await.expect(200);
    assert_eq!((&connection["state"], &connection["last_error"]), (&json!("ok"), &Value::Null), "nothing is wrong");

    let mark = slow.asked();
    slow.app
        .admin
        .post(&format!("/connections/{}/test", slow.connection), &json!({}))
        .await
        .problem(409, "integration_disabled");
    slow.app.admin.post(&format!("/okrs/{}/refresh", slow.okr), &json!({})).await.problem(409, "integration_disabled");
    slow.app.pass_time(TimeDelta::hours(5)).await;
    assert_eq!(slow.asked(), mark, "nothing is asked");

    slow.site.faults().clear();
    slow.app.admin.patch("/integrations/jira", &json!({"enabled": true})).await.expect(200);
    let done = slow.app.finished(&refresh).await;
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(slow.state().await, "fresh");
}

/// Another process switches it off: requests stop within a second here as well.
async fn off_is_heard_of_from_another_process(database: TestDatabase, dialect: Dialect) {
    let slow = Slow::start(&database, dialect).await;
    let mut settings = slow.app.app.settings().clone();
    settings.migrate = false;
    let other = App::open(settings, slow.app.clock.clone(), Random::from_os()).await.expect("another process opens");
    let refresh = slow.begin().await;
    let before = other.store().organisation().await.expect("settings");
    let off = Organisation { jira_enabled: false, ..before.clone() };
    other.store().update_organisation(&off, slow.app.clock.now()).await.expect("switched off");
    let mark = slow.asked();
    slow.stops(&refresh).await;
    assert!(slow.asked() <= mark + PAGES_OF_A_SECOND, "{} more requests", slow.asked() - mark);
    other.store().update_organisation(&before, slow.app.clock.now()).await.expect("switched on");
    slow.site.faults().clear();
    slow.app.settle().await;
    let done = slow.app.finished(&refresh).await;
    assert_eq!(done["state"], "done", "{done}");
}

/// One connection is switched off: its refreshes stop, others go on.
async fn one_connection_is_switched_off(database: TestDatabase, dialect: Dialect) {
    let slow = Slow::start(&database, dialect).await;
    let refresh = slow.begin().await;
    let path = format!("/connections/{}", slow.connection);
    let off = slow.app.admin.patch(&path, &json!({"enabled": false})).await.expect(200);
    assert_eq!((&off["state"], &off["enabled"]), (&json!("disabled"), &json!(false)));
    let mark = slow.asked();
    slow.stops(&refresh).await;
    assert!(slow.asked() <= mark + PAGES_OF_A_SECOND, "{} more requests", slow.asked() - mark);
    assert_eq!(slow.state().await, "paused");
    let other = slow.app.jira(dialect).await;
    other.add_project("HAL", "Halden").expect("a new project");
    other.create(IssueDraft::new("HAL", "Task").status("Done")).expect("an issue");
    let connection = slow.app.connect(&other).await;
    let okr = slow.app.key_result(json!({})).await;
    let linked = slow.app.link(&okr, &connection, "project = HAL", json!({})).await;
    assert_eq!(linked["freshness"]["state"], "fresh", "{linked}");

    slow.site.faults().clear();
    let on = slow.app.admin.patch(&path, &json!({"enabled": true})).await.expect(200);
    assert_eq!(on["state"], "untested", "{on}");
    slow.app.settle().await;
    let done = slow.app.finished(&refresh).await;
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(slow.app.admin.get(&path).await.expect(200)["state"], "ok");
}

journey!(off_stops_a_refresh_under_way);
journey!(off_is_heard_of_from_another_process, one dialect);
journey!(one_connection_is_switched_off, one dialect);
