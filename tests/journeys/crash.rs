//! Processes that die, and processes that share the work.

use crate::store_world::{Canned, World};
use chrono::TimeDelta;
use okrsync_domain::{
    Clock, Instant, Problem,
    issue::{Facts, FieldId, IssueId, IssueKey},
};
use okrsync_jira_sim::{Dialect, Fault, IssueDraft, JiraSim, SimClock, SiteOptions};
use okrsync_store::{Measure, Measured};
use okrsync_tests::{
    app::{DEADLINE, TestApp, connection_body, text},
    clients::Client,
    databases::{Backend, TestDatabase},
    journey,
    process::Place,
    wait,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::mpsc, time::Duration};

async fn site_with_issues(dialect: Dialect, issues: usize) -> JiraSim {
    let options = SiteOptions { clock: SimClock::wall(), ..SiteOptions::default() };
    let site = match dialect {
        Dialect::Cloud => JiraSim::cloud(options).await,
        Dialect::DataCenter => JiraSim::data_center(options).await,
    };
    let site = site.expect("the simulator starts");
    site.add_project("AE", "Arm engineering").expect("a new project");
    // Older than a look at what changed reaches back.
    let then = Clock::system().now() - TimeDelta::hours(1);
    for number in 0..issues {
        let status = if number % 2 == 0 { "Done" } else { "To Do" };
        site.create(IssueDraft::new("AE", "Story").status(status).at(then)).expect("an issue");
    }
    site
}

/// Waits until `ready` holds.
async fn until(what: &str, ready: impl AsyncFn() -> bool) {
    wait::until(what, DEADLINE, async || ready().await.then_some(())).await.expect("in time");
}

async fn admin_of(place: &Place, base: &str) -> Client {
    let who = ["--email", "admin@northwind.example", "--name", "Dana", "--role", "admin", "--password-stdin"];
    let made = place.run(&[&["user", "create"], &who[..]].concat(), "correct horse battery\n").await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let token = place.run(&["token", "create", "--user", "admin@northwind.example", "--name", "journey"], "").await;
    assert_eq!(token.code, Some(0), "{token:?}");
    Client::new(base, Some(token.out.trim()))
}

fn key_result() -> Value {
    json!({"kind": "key_result", "title": "t", "starts_on": "2026-10-01", "due_on": "2026-12-31"})
}

/// Connects `site` and links one key result to `project = AE`; answers the key result's id.
async fn linked_key_result(admin: &Client, site: &JiraSim) -> String {
    let token = site.token(&site.account());
    let connection = text(&admin.post("/connections", &connection_body(site, &token)).await.expect(201)["id"]);
    let okr = text(&admin.post("/okrs", &key_result()).await.expect(201)["id"]);
    let link = json!({"connection_id": connection, "jql": "project = AE", "metric": {"kind": "count"}});
    let linked = admin.put(&format!("/okrs/{okr}/link?wait=50"), &link).await.expect(200);
    assert_eq!(linked["progress"], "50", "{linked}");
    okr
}

async fn reading_count(admin: &Client, okr: &str) -> usize {
    let page = admin.get(&format!("/okrs/{okr}/readings")).await.expect(200);
    page["items"].as_array().expect("a list").len()
}

/// kill -9 in the middle of a refresh: the lease runs out, the refresh happens, nothing is doubled.
async fn a_killed_refresh_happens_once(database: TestDatabase, dialect: Dialect) {
    let data = tempfile::tempdir().expect("a folder");
    let place = Place::new(data.path(), database.url());
    let site = site_with_issues(dialect, 20).await;
    let server = place.serve().await;
    let admin = admin_of(&place, &server.base).await;
    let okr = linked_key_result(&admin, &site).await;

    site.create(IssueDraft::new("AE", "Story").status("Done")).expect("an issue");
    let hang = site.faults().add(Fault::slow(DEADLINE).on_path("/search").times(1));
    let queued = admin.post(&format!("/okrs/{okr}/refresh?wait=0"), &json!({})).await;
    assert_eq!(queued.status, 202, "{}", queued.text);
    until("the search hangs", async || site.faults().fired_by(hang) == 1).await;
    server.kill().await;

    let server = place.serve().await;
    let admin = admin.at(&server.base);
    until("the refresh happened", async || {
        let okr = admin.get(&format!("/okrs/{okr}")).await.expect(200);
        okr["freshness"]["state"] == "fresh" && reading_count(&admin, text(&okr["id"]).as_str()).await == 2
    })
    .await;
    let readings = admin.get(&format!("/okrs/{okr}/readings")).await.expect(200);
    assert_eq!(readings["items"][0]["matched"], 21, "{readings}");
    let refresh = admin.page(queued.headers["location"].to_str().expect("text")).await.expect(200);
    assert_eq!(refresh["state"], "done", "the same refresh ended: {refresh}");
}

/// Two processes on one PostgreSQL and 200 queries: each is refreshed exactly once.
async fn two_processes_share_the_work(database: TestDatabase, dialect: Dialect) {
    let site = site_with_issues(dialect, 200).await;
    seed_two_hours_ago(&database, &site).await;
    let mark = site.ledger().arrived();
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let [one, two] = folders.each_ref().map(|folder| Place::new(folder.path(), database.url()));
    let (one, _two) = tokio::join!(one.serve(), two.serve());
    let token = Place::new(folders[0].path(), database.url())
        .run(&["token", "create", "--user", "admin@northwind.example", "--name", "journey"], "")
        .await;
    let admin = Client::new(&one.base, Some(token.out.trim()));
    until("every key result is fresh", async || all_fresh(&admin).await).await;

    let mut walks: BTreeMap<String, usize> = BTreeMap::new();
    for entry in site.ledger().since(mark) {
        if entry.path.contains("/search") {
            let body: Value = serde_json::from_slice(&entry.request_body).expect("a JSON body");
            *walks.entry(text(&body["jql"])).or_default() += 1;
        }
    }
    assert_eq!(walks.len(), 200);
    let doubled: Vec<_> = walks.iter().filter(|(_, times)| **times != 1).collect();
    assert!(doubled.is_empty(), "refreshed more than once: {doubled:?}");
}

/// 200 links that were last measured two hours ago, so that all of them are due.
async fn seed_two_hours_ago(database: &TestDatabase, site: &JiraSim) {
    let clock = Clock::manual(Clock::system().now() - TimeDelta::hours(2));
    let app = TestApp::start_at(database, clock, |_| {}).await;
    let connection = app.connect(site).await;
    for number in 1..=200 {
        let okr = app.key_result(json!({"title": format!("Key result {number}")})).await;
        app.link(&okr, &connection, &format!("key = AE-{number}"), json!({})).await;
    }
}

async fn all_fresh(admin: &Client) -> bool {
    let page = admin.get("/okrs?limit=200").await.expect(200);
    let items = page["items"].as_array().expect("a list");
    assert_eq!(items.len(), 200);
    items.iter().all(|okr| okr["freshness"]["state"] == "fresh")
}

/// kill -9 in the middle of a first sync: what was fetched is not fetched again.
async fn a_killed_first_sync_goes_on_where_it_stopped(database: TestDatabase, dialect: Dialect) {
    let data = tempfile::tempdir().expect("a folder");
    let place = Place::new(data.path(), database.url());
    let site = site_with_issues(dialect, 1_500).await;
    let server = place.serve().await;
    let admin = admin_of(&place, &server.base).await;
    let hang = site.faults().add(Fault::slow(DEADLINE).on_path("/bulkfetch").after(6).times(4));
    let token = site.token(&site.account());
    let connection = text(&admin.post("/connections", &connection_body(&site, &token)).await.expect(201)["id"]);
    let okr = text(&admin.post("/okrs", &key_result()).await.expect(201)["id"]);
    let link = json!({"connection_id": connection, "jql": "project = AE", "metric": {"kind": "count"}});
    admin.put(&format!("/okrs/{okr}/link?wait=0"), &link).await;
    until("all requests at once hang", async || site.faults().fired_by(hang) == 4).await;
    until("the progress is told", async || {
        let seen = admin.get(&format!("/connections/{connection}")).await.expect(200);
        seen["first_sync"]["total"] == 1_500 && seen["first_sync"]["done"].as_u64().is_some_and(|done| done >= 600)
    })
    .await;
    assert_eq!(reading_count(&admin, &okr).await, 0, "nothing unproved shows");
    server.kill().await;

    let mark = site.ledger().arrived();
    let server = place.serve().await;
    let admin = admin.at(&server.base);
    until("the first sync ends", async || reading_count(&admin, &okr).await == 1).await;
    let reading = &admin.get(&format!("/okrs/{okr}/readings")).await.expect(200)["items"][0];
    assert_eq!((&reading["matched"], &reading["completed"]), (&json!(1_500), &json!(750)));
    let seen = admin.get(&format!("/connections/{connection}")).await.expect(200);
    assert_eq!(seen["first_sync"], Value::Null, "it is over");
    // The first page, six fetches and at most the four that hung had been answered before.
    let again = site.ledger().since(mark).iter().filter(|entry| entry.path.contains("/bulkfetch")).count();
    assert!(again <= 9, "{again} fetches of the fifteen hundred's rest");
}

/// A database that somebody else writes to for a long time: what Jira answered meanwhile is not lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_database_is_waited_for() {
    World::tell(Backend::Sqlite, async |world| {
        world.linked("project = OTHER").await;
        let claim = world.claim_one(Clock::system().now()).await;
        let data = tempfile::tempdir().expect("a folder");
        let place = Place::new(data.path(), world.database.url()).with("OKRSYNC_SYNC__LEASE_SECONDS", "60");
        let site = site_with_issues(Dialect::Cloud, 20).await;
        let server = place.serve().await;
        let admin = admin_of(&place, &server.base).await;
        let token = site.token(&site.account());
        let connection = text(&admin.post("/connections", &connection_body(&site, &token)).await.expect(201)["id"]);
        let okr = text(&admin.post("/okrs", &key_result()).await.expect(201)["id"]);
        // the first one looks whether the query can be asked
        let slow = site.faults().add(Fault::slow(HEAD_START).on_path("/search/jql").after(1).times(1));
        let link = json!({"connection_id": connection, "jql": "project = AE", "metric": {"kind": "count"}});
        admin.put(&format!("/okrs/{okr}/link?wait=0"), &link).await;
        until("Jira is asked", async || site.faults().fired_by(slow) == 1).await;
        let asked = site.ledger().arrived();

        let (recording, canned) = world.recording(claim, &[], Clock::system().now());
        let (release, held) = mpsc::channel();
        let store = world.store.clone();
        let writing = tokio::spawn(async move { store.record(recording, Box::new(Held(canned, held))).await });
        until("it is waited", async || server.log().contains("the database is busy; once more")).await;
        release.send(()).expect("it still writes");
        writing.await.expect("no panic").expect("recorded");
        until("it is measured", async || reading_count(&admin, &okr).await == 1).await;
        let again = site.ledger().since(asked).iter().filter(|entry| entry.path.contains("/search/jql")).count();
        assert_eq!(again, 0, "what was answered is not asked again");
    })
    .await;
}

/// From Jira's being asked to its answer: enough for the other writer to begin.
const HEAD_START: Duration = Duration::from_secs(3);

/// Keeps its transaction open until it is told to go on.
struct Held(Canned, mpsc::Receiver<()>);

impl Measure for Held {
    fn take(&mut self, _: IssueId, _: &Facts, _: &BTreeMap<FieldId, String>) {}

    fn finish(self: Box<Self>, at: Instant, key: &mut dyn FnMut(IssueId) -> IssueKey) -> Result<Measured, Problem> {
        let Self(canned, held) = *self;
        held.recv().expect("it is told");
        Box::new(canned).finish(at, key)
    }
}

journey!(a_killed_refresh_happens_once);
journey!(a_killed_first_sync_goes_on_where_it_stopped, one dialect);
journey!(two_processes_share_the_work, postgres only);
