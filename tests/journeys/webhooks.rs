//! Webhooks: what Jira tells has numbers follow at once, and whatever becomes of the news, they are right in the end.

use chrono::TimeDelta;
use okrsync_jira_sim::{Carriage, Dialect, Fault, IssueDraft, JiraSim, SiteOptions};
use okrsync_tests::{
    app::{DEADLINE, TestApp, text},
    clients::{Answer, Client},
    databases::TestDatabase,
    journey, leaks, wait,
};
use reqwest::Method;
use serde_json::{Value, json};

const HOUR: TimeDelta = TimeDelta::minutes(61);

/// An OKR over stories of one label, on a connection whose Jira tells of changes.
struct Hooked {
    app: TestApp,
    site: JiraSim,
    connection: String,
    okr: String,
    url: String,
}

impl Hooked {
    async fn start(database: &TestDatabase, dialect: Dialect) -> Self {
        Self::start_with(database, dialect, 6, |_| {}).await
    }

    async fn start_with(
        database: &TestDatabase,
        dialect: Dialect,
        issues: usize,
        change: impl FnOnce(&mut SiteOptions),
    ) -> Self {
        let app = TestApp::start(database).await;
        let site = app.jira_with(dialect, change).await;
        site.add_project("AE", "Arm engineering").expect("a new project");
        for number in 0..issues {
            let status = if number % 3 == 0 { "Done" } else { "To Do" };
            site.create(IssueDraft::new("AE", "Story").status(status).label("told")).expect("an issue");
        }
        app.clock.advance(TimeDelta::hours(3));
        let connection = app.connect(&site).await;
        let okr = app.key_result(json!({})).await;
        app.link(&okr, &connection, "labels = told", json!({"confirm_empty": true})).await;
        let (url, secret) = set_up(&app, &connection).await;
        site.add_webhook(&url, Some(&secret), None).expect("a webhook");
        Self { app, site, connection, okr, url }
    }

    fn edit(&self, key: &str) -> okrsync_jira_sim::IssueEdit<'_> {
        self.site.edit(self.site.find(key).expect("an issue")).expect("it")
    }

    /// Waits until the newest reading has these numbers, without any time passing.
    async fn shows(&self, what: &str, completed: u64, matched: u64) {
        self.okr_shows(&self.okr, what, completed, matched).await;
    }

    async fn okr_shows(&self, okr: &str, what: &str, completed: u64, matched: u64) {
        wait::until(what, DEADLINE, async || {
            let reading = &self.app.readings(okr).await[0];
            (reading["completed"] == completed && reading["matched"] == matched).then_some(())
        })
        .await
        .expect("in time");
    }

    /// Waits until so many deliveries were answered; their statuses.
    async fn answered(&self, number: usize) -> Vec<u16> {
        let receipts = wait::until("the deliveries", DEADLINE, async || {
            let receipts = self.site.deliveries().receipts();
            (receipts.len() >= number).then_some(receipts)
        });
        receipts.await.expect("in time").into_iter().map(|receipt| receipt.status).collect()
    }

    /// The newest reading equals a full recount.
    async fn is_true(&self, what: &str) {
        let reading = self.app.readings(&self.okr).await.remove(0);
        let truth = self.site.truth("labels = told").expect("a sound query");
        let numbers = [&reading["completed"], &reading["matched"]].map(|number| number.as_u64().expect("a number"));
        assert_eq!(numbers, [truth.completed() as u64, truth.matched() as u64], "{what}: {reading}");
    }
}

/// Sets a connection's webhook up; its address and signing secret, for which everything is searched from then on.
async fn set_up(app: &TestApp, connection: &str) -> (String, String) {
    let made = app.admin.post(&format!("/connections/{connection}/webhook"), &json!({})).await.expect(200);
    assert_eq!((&made["kind"], &made["signed"]), (&json!("manual"), &json!(true)), "{made}");
    let (url, secret) = (text(&made["url"]), text(&made["signing_secret"]));
    leaks::watch(url.rsplit('/').next().expect("a secret"));
    leaks::watch(&secret);
    (url, secret)
}

/// Sends what somebody made up.
async fn forge(url: &str, body: &[u8], signature: Option<&str>) -> Answer {
    let headers: Vec<_> = signature.map(|signature| ("x-hub-signature", signature)).into_iter().collect();
    let body = Some(("application/json", body.to_vec()));
    Client::new("", None).send(Method::POST, url, body, &headers).await
}

async fn an_event_moves_the_number(database: TestDatabase, dialect: Dialect) {
    let hooked = Hooked::start(&database, dialect).await;
    hooked.is_true("linked").await;
    hooked.edit("AE-2").transition("Done").expect("done");
    hooked.shows("a status", 3, 6).await;
    hooked.site.create(IssueDraft::new("AE", "Story").status("Done").label("told")).expect("an issue");
    hooked.shows("a new issue joins", 4, 7).await;
    hooked.edit("AE-3").label_remove("told").expect("another label");
    hooked.shows("one leaves", 4, 6).await;
    hooked.edit("AE-1").delete().expect("deleted");
    hooked.shows("one is gone", 3, 5).await;
    assert!(hooked.answered(4).await.iter().all(|status| *status == 202));
    let seen = hooked.app.admin.get(&format!("/connections/{}", hooked.connection)).await.expect(200);
    assert_eq!(seen["webhook"]["last_event_at"], json!(hooked.app.clock.now()), "{seen}");
    let next_at = |okr: &Value| okr["freshness"]["next_at"].clone();
    let before = next_at(&hooked.app.okr(&hooked.okr).await);
    hooked.edit("AE-2").transition("To Do").expect("reopened");
    hooked.shows("reopened", 2, 5).await;
    assert_eq!(next_at(&hooked.app.okr(&hooked.okr).await), before, "the period goes on as before");
}

/// Queries that only Jira can judge, those of the past among them, find what joins as well.
async fn an_issue_joins_whatever_the_query_says(database: TestDatabase, dialect: Dialect) {
    let hooked = Hooked::start(&database, dialect).await;
    let mut okrs = Vec::new();
    for jql in [
        "labels = later AND project = AE",
        "labels = later AND updated >= -10d",
        "labels = later AND status WAS \"In Progress\"",
        "labels = later AND sprint IN openSprints()",
        "labels = never",
    ] {
        let okr = hooked.app.key_result(json!({"title": jql})).await;
        hooked.app.link(&okr, &hooked.connection, jql, json!({"confirm_empty": true})).await;
        okrs.push(okr);
    }
    let sprint = hooked.site.add_sprint("Sprint 1", okrsync_jira_sim::SprintState::Active).expect("a sprint");
    let requests = hooked.site.ledger().arrived();
    hooked.site.deliveries().carry(Carriage::Held);
    let edit = hooked.edit("AE-2").transition("In Progress").expect("begun").transition("Done").expect("done");
    edit.sprint(Some(sprint)).expect("in a sprint").label_add("later").expect("another label");
    hooked.site.deliveries().release(false);
    for okr in &okrs[..4] {
        hooked.okr_shows(okr, "it joins", 1, 1).await;
    }
    hooked.shows("it is told", 3, 6).await;
    hooked.app.settle().await;
    assert_eq!(hooked.app.readings(&okrs[4]).await.len(), 1, "nobody looks where nothing may have changed");
    let asked = hooked.site.ledger().since(requests);
    let matched = asked.iter().filter(|entry| entry.path.ends_with("/jql/match")).count();
    assert_eq!(matched > 0, dialect == Dialect::Cloud, "only Cloud can be asked which queries an issue matches");
}

/// Lost: the sweep finds what nobody told.
async fn what_is_lost_is_found_by_the_sweep(database: TestDatabase, dialect: Dialect) {
    let hooked = Hooked::start(&database, dialect).await;
    hooked.site.deliveries().carry(Carriage::Lost);
    hooked.edit("AE-2").transition("Done").expect("done");
    hooked.edit("AE-1").delete().expect("deleted");
    hooked.app.settle().await;
    assert_eq!(hooked.app.readings(&hooked.okr).await.len(), 1, "nobody told");
    hooked.app.pass_time(HOUR).await;
    hooked.is_true("an hour later").await;
}

/// Doubled, late and in the wrong order: each says no more than "look again".
async fn order_and_number_are_no_matter(database: TestDatabase, dialect: Dialect) {
    let hooked = Hooked::start(&database, dialect).await;
    let post = hooked.site.deliveries();
    post.carry(Carriage::Doubled);
    hooked.edit("AE-2").transition("Done").expect("done");
    hooked.shows("told twice", 3, 6).await;
    assert_eq!(hooked.answered(2).await, [202, 202]);
    post.carry(Carriage::Held);
    let edit = hooked.edit("AE-2").transition("To Do").expect("reopened");
    edit.transition("Done").expect("done").transition("In Progress").expect("reopened");
    let id = hooked.site.create(IssueDraft::new("AE", "Story").label("told")).expect("an issue");
    hooked.site.edit(id).expect("it").delete().expect("deleted");
    hooked.app.clock.advance(TimeDelta::minutes(7));
    assert_eq!(post.release(true), 5);
    hooked.shows("late and backwards", 2, 6).await;
    hooked.app.settle().await;
    hooked.is_true("in the end").await;
    hooked.app.pass_time(HOUR).await;
    hooked.is_true("an hour later").await;
}

/// Forged and broken deliveries are refused, and nothing is asked of Jira; what is signed and untrue is looked at, no more.
async fn a_hint_is_never_truth(database: TestDatabase, dialect: Dialect) {
    let hooked = Hooked::start(&database, dialect).await;
    hooked.app.settle().await;
    let requests = hooked.site.ledger().arrived();
    let lie = br#"{"webhookEvent": "jira:issue_updated", "issue": {"id": "10002", "fields": {"status": {"id": "3"}}}}"#;
    let (known, _) = hooked.url.rsplit_once('/').expect("a secret");
    let other = known.replace(&hooked.connection, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    for unknown in [format!("{known}/guess"), format!("{other}/guess"), format!("{known}x/guess")] {
        forge(&unknown, lie, None).await.problem(404, "not_found");
    }
    for signature in [None, Some("sha256=00"), Some("nonsense")] {
        forge(&hooked.url, lie, signature).await.problem(401, "invalid_signature");
    }
    let wrong = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
    forge(&hooked.url, lie, Some(wrong)).await.problem(401, "invalid_signature");
    let oversized = vec![b' '; 3 << 20];
    forge(&hooked.url, &oversized, Some(wrong)).await.problem(413, "body_too_large");
    assert_eq!(Client::new("", None).page(&hooked.url).await.status, 405, "it is for deliveries only");
    hooked.app.settle().await;
    assert_eq!(hooked.site.ledger().arrived(), requests, "nothing was asked");
    assert_eq!(hooked.app.readings(&hooked.okr).await.len(), 1);

    // Without a signature the address alone guards it: who knows it can have us look, and nothing else.
    let unsigned = format!("/connections/{}/webhook?signed=false", hooked.connection);
    let made = hooked.app.admin.post(&unsigned, &json!({})).await.expect(200);
    assert_eq!(made["signing_secret"], Value::Null);
    let url = text(&made["url"]);
    leaks::watch(url.rsplit('/').next().expect("a secret"));
    forge(&hooked.url, lie, None).await.problem(404, "not_found");
    forge(&url, b"not even JSON", None).await.problem(400, "invalid_json");
    for made_up in [&lie[..], br#"{"issue": {"id": "999999"}}"#, br#"{"webhookEvent": "user_created"}"#] {
        assert_eq!(forge(&url, made_up, None).await.status, 202);
    }
    wait::until("somebody looks", DEADLINE, async || (hooked.app.readings(&hooked.okr).await.len() == 2).then_some(()))
        .await
        .expect("in time");
    hooked.is_true("what was told is not what is measured").await;
    hooked.app.admin.delete(&format!("/connections/{}/webhook", hooked.connection)).await.expect(204);
    forge(&url, lie, None).await.problem(404, "not_found");
}

/// Many events in a moment are few refreshes.
async fn a_burst_is_looked_at_together(database: TestDatabase, dialect: Dialect) {
    let hooked = Hooked::start_with(&database, dialect, 40, |_| {}).await;
    hooked.site.deliveries().carry(Carriage::Held);
    for number in 1..=40 {
        hooked.edit(&format!("AE-{number}")).transition("Done").expect("done");
    }
    let requests = hooked.site.ledger().arrived();
    // those that were done are no news
    let events = hooked.site.deliveries().release(false);
    assert_eq!(events, 26);
    hooked.shows("all of them", 40, 40).await;
    assert_eq!(hooked.answered(events).await.len(), events);
    let readings = hooked.app.readings(&hooked.okr).await.len();
    assert!(readings <= 5, "{readings} readings of {events} events");
    let asked = hooked.site.ledger().arrived() - requests;
    assert!(asked <= 60, "{asked} requests for {events} events");
}

/// Searches of Cloud lag behind; what is hinted at is read past the index.
async fn a_lagging_index_is_read_past(database: TestDatabase, _: Dialect) {
    read_past_the_index(&database, 6).await;
}

/// The same of a query that is swept, whose issues are mirrored.
async fn a_sweep_reads_past_a_lagging_index(database: TestDatabase, _: Dialect) {
    read_past_the_index(&database, 150).await;
}

async fn read_past_the_index(database: &TestDatabase, issues: usize) {
    let lag = |options: &mut SiteOptions| options.lag_requests = 50;
    let hooked = Hooked::start_with(database, Dialect::Cloud, issues, lag).await;
    // What was made at first lags no more: it is so for hours.
    for _ in 0..60 {
        let draft = json!({"connection_id": hooked.connection, "jql": "labels = told", "metric": {"kind": "count"}});
        hooked.app.admin.post("/links/preview", &draft).await;
    }
    hooked.app.refresh(&hooked.okr).await;
    let truth = hooked.site.truth("labels = told").expect("a sound query");
    let (done, all) = (truth.completed() as u64, truth.matched() as u64);
    hooked.edit("AE-2").transition("Done").expect("done");
    hooked.shows("a status", done + 1, all).await;
    hooked.site.create(IssueDraft::new("AE", "Story").label("told")).expect("an issue");
    hooked.shows("a new issue", done + 1, all + 1).await;
    hooked.edit("AE-3").label_remove("told").expect("another label");
    hooked.shows("one leaves", done + 1, all).await;
}

/// What changes while a query is being read is not lost: it is read again when that ends.
async fn a_hint_during_a_refresh_is_heeded_after_it(database: TestDatabase, dialect: Dialect) {
    let hooked = Hooked::start(&database, dialect).await;
    // The answer is made, and takes its time on the way: what changes meanwhile is not in it.
    let slow = Fault::slow(std::time::Duration::from_millis(600)).on_path("/myself").times(1);
    let slow = hooked.site.faults().add(slow);
    let refresh = hooked.app.admin.post(&format!("/okrs/{}/refresh?wait=0", hooked.okr), &json!({})).await.expect(202);
    wait::until("the refresh is under way", DEADLINE, async || {
        (hooked.site.faults().fired_by(slow) == 1).then_some(())
    })
    .await
    .expect("in time");
    hooked.edit("AE-2").transition("Done").expect("done");
    hooked.app.finished(&text(&refresh["id"])).await;
    wait::until("another one", DEADLINE, async || (hooked.app.readings(&hooked.okr).await.len() >= 3).then_some(()))
        .await
        .expect("in time");
    hooked.shows("in the end", 3, 6).await;
}

/// While the integration is off nothing is asked, and hints are not kept for later: the sweep is.
async fn nothing_is_asked_while_it_is_off(database: TestDatabase, dialect: Dialect) {
    let hooked = Hooked::start(&database, dialect).await;
    hooked.app.admin.patch("/integrations/jira", &json!({"enabled": false})).await.expect(200);
    hooked.app.settle().await;
    let requests = hooked.site.ledger().arrived();
    hooked.edit("AE-2").transition("Done").expect("done");
    assert_eq!(hooked.answered(1).await, [202]);
    hooked.app.settle().await;
    assert_eq!(hooked.site.ledger().arrived(), requests);
    hooked.app.admin.patch("/integrations/jira", &json!({"enabled": true})).await.expect(200);
    hooked.app.pass_time(HOUR).await;
    hooked.is_true("on again").await;
}

journey!(an_event_moves_the_number);
journey!(an_issue_joins_whatever_the_query_says);
journey!(what_is_lost_is_found_by_the_sweep);
journey!(order_and_number_are_no_matter);
journey!(a_hint_is_never_truth);
journey!(a_burst_is_looked_at_together);
journey!(a_lagging_index_is_read_past, one dialect);
journey!(a_sweep_reads_past_a_lagging_index, one dialect);
journey!(a_hint_during_a_refresh_is_heeded_after_it);
journey!(nothing_is_asked_while_it_is_off);
