//! Signing in on Jira's consent page: from the first click to readings that go on for as long as the grant lives.

use chrono::TimeDelta;
use okrsync_domain::Clock;
use okrsync_jira_sim::{Dialect, Fault, IssueDraft, JiraSim};
use okrsync_tests::{
    app::{DEADLINE, TestApp, text},
    consent::{Oauth, decide},
    databases::TestDatabase,
    journey,
    process::Place,
    wait,
};
use serde_json::{Value, json};
use std::time::Duration;

/// A site with four issues, two of them done.
pub(crate) async fn site(app: &TestApp, dialect: Dialect) -> JiraSim {
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    for number in 0..4 {
        let status = if number % 2 == 0 { "Done" } else { "To Do" };
        site.create(IssueDraft::new("AE", "Story").status(status)).expect("an issue");
    }
    site
}

/// Requests for tokens since a mark in the ledger.
pub(crate) fn token_requests(site: &JiraSim, mark: usize) -> usize {
    let asks = |path: &str| {
        path.ends_with("/latest/token") || path.ends_with("/oauth/token") || path.ends_with("/access-token")
    };
    site.ledger().since(mark).iter().filter(|entry| asks(&entry.path)).count()
}

/// A key result that is measured through a connection which somebody signed in.
pub(crate) struct Measured {
    pub(crate) app: TestApp,
    pub(crate) site: JiraSim,
    pub(crate) connection: String,
    pub(crate) okr: String,
}

impl Measured {
    pub(crate) async fn start(database: &TestDatabase, dialect: Dialect, kind: Oauth) -> Self {
        let app = TestApp::start(database).await;
        let site = site(&app, dialect).await;
        let connection = app.connect_by_consent(&site, kind).await;
        app.sign_in(&connection).await;
        let okr = app.key_result(json!({})).await;
        let linked = app.link(&okr, &connection, "project = AE", json!({})).await;
        assert_eq!(linked["progress"], "50", "{kind:?}: {linked}");
        Self { app, site, connection, okr }
    }
}

async fn consent_leads_to_a_first_reading(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    for kind in Oauth::all(dialect) {
        let site = site(&app, dialect).await;
        let connection = app.connect_by_consent(&site, *kind).await;
        let refused = app.admin.post(&format!("/connections/{connection}/test"), &json!({})).await;
        refused.problem(409, "needs_authorization");
        let begun = app.begin_sign_in(&connection).await;
        let back = app.come_back(&decide(&begun.url, "allow").await, &begun.cookie).await;
        assert_eq!(back.headers["location"], format!("/connections/{connection}/sign-in").as_str(), "{}", back.text);
        let view = app.connection(&connection).await;
        assert_eq!((&view["state"], &view["last_error"]), (&json!("ok"), &Value::Null), "{kind:?}: {view}");
        assert_eq!(view["account"]["display_name"], "account");
        assert_eq!(view["public_key"].is_string(), *kind == Oauth::One);
        let text = view.to_string();
        assert!(!text.contains("SimAccess") && !text.contains("Secret") && !text.contains("PRIVATE"), "{text}");
        let log = app.admin.get(&format!("/audit?subject={connection}&action=connection.authorize")).await.expect(200);
        assert_eq!(log["items"][0]["actor"]["via"], "session", "{log}");
        let okr = app.key_result(json!({})).await;
        let linked = app.link(&okr, &connection, "project = AE", json!({})).await;
        assert_eq!((&linked["progress"], &linked["freshness"]["state"]), (&json!("50"), &json!("fresh")));
    }
}

async fn readings_go_on_while_tokens_come_and_go(database: TestDatabase, dialect: Dialect) {
    let Measured { app, site, connection, okr } = Measured::start(&database, dialect, Oauth::Two).await;
    let mark = site.ledger().arrived();
    for _ in 0..24 {
        app.pass_time(TimeDelta::minutes(61)).await;
        let freshness = app.okr(&okr).await["freshness"].clone();
        assert_eq!(freshness["state"], "fresh", "{freshness}");
    }
    let (_, measurements) = app.measurements(&okr).await;
    assert_eq!(measurements, 1 + 24, "the first one, and one of each hour");
    let renewals = token_requests(&site, mark);
    assert!((12..=24).contains(&renewals), "{renewals} renewals in a day of tokens that last an hour or two");
    assert_eq!(app.connection(&connection).await["state"], "ok");
}

/// Nothing is linked, so that nothing is asked for months; Jira forgets what nobody uses for 90 days.
async fn an_idle_grant_is_used_once_a_month(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = site(&app, dialect).await;
    let connection = app.connect_by_consent(&site, Oauth::Two).await;
    app.sign_in(&connection).await;
    // what is kept, not what was asked for: until then the clock must stand still
    let serial = async || {
        let grant = app.app.store().find_grant(connection.parse().expect("an id")).await.expect("the database");
        grant.expect("a grant").serial
    };
    for _ in 0..4 {
        let before = serial().await;
        app.clock.advance(TimeDelta::days(31));
        app.app.engine().wake();
        let renewed = async || (serial().await > before).then_some(());
        wait::until("a renewal", DEADLINE, renewed).await.expect("in time");
    }
    app.clock.advance(TimeDelta::hours(1));
    let test = app.admin.post(&format!("/connections/{connection}/test"), &json!({})).await.expect(200);
    assert_eq!(test["ok"], true, "{test}");
}

/// Five years later the session handle brings the next token.
async fn a_session_handle_renews_what_oauth1_granted(database: TestDatabase, dialect: Dialect) {
    if dialect == Dialect::Cloud {
        return;
    }
    let Measured { app, site, connection, okr } = Measured::start(&database, dialect, Oauth::One).await;
    let ends = text(&app.connection(&connection).await["secret_expires_at"]);
    assert!(ends.starts_with("2031-12"), "the session lasts 30 days longer than the token: {ends}");
    let mark = site.ledger().arrived();
    app.clock.advance(TimeDelta::seconds(157_680_000));
    assert_eq!(app.refresh(&okr).await["freshness"]["state"], "fresh");
    assert_eq!(token_requests(&site, mark), 1);
    app.clock.advance(TimeDelta::seconds(160_272_000));
    let gone = app.admin.post(&format!("/okrs/{okr}/refresh?wait=50"), &json!({})).await;
    gone.problem(502, "jira_unauthorized");
    assert_eq!(app.connection(&connection).await["state"], "needs_authorization");
}

/// Jira's clock runs ahead, so that it ends tokens before okrsync expects it.
async fn a_token_that_ends_too_early_is_replaced(database: TestDatabase, dialect: Dialect) {
    let Measured { app, site, okr, .. } = Measured::start(&database, dialect, Oauth::Two).await;
    app.clock.advance(TimeDelta::minutes(2));
    site.clock().advance(TimeDelta::hours(3));
    let mark = site.ledger().arrived();
    assert_eq!(app.refresh(&okr).await["freshness"]["state"], "fresh");
    assert_eq!(token_requests(&site, mark), 1, "refused, renewed, accepted");
}

/// Two processes find the same token at its end.
async fn one_renewal_happens_where_two_processes_race(database: TestDatabase, dialect: Dialect) {
    let Measured { app, site, connection, .. } = Measured::start(&database, dialect, Oauth::Two).await;
    for number in 1..=4 {
        let okr = app.key_result(json!({"title": format!("Key result {number}")})).await;
        app.link(&okr, &connection, &format!("key = AE-{number}"), json!({})).await;
    }
    let twin = app.twin(&database).await;
    let slow = Fault::slow(Duration::from_millis(300)).on_path("/token").forever();
    site.faults().add(slow);
    for round in 1..=3 {
        let mark = site.ledger().arrived();
        app.clock.advance(TimeDelta::hours(3));
        let (path, nothing) = (format!("/connections/{connection}/test"), json!({}));
        let (one, two) = (app.admin.post(&path, &nothing), twin.admin.post(&path, &nothing));
        let (one, two, (), ()) = tokio::join!(one, two, app.settle(), twin.settle());
        for test in [one.expect(200), two.expect(200)] {
            assert_eq!(test["ok"], true, "round {round}: {test}");
        }
        assert_eq!(token_requests(&site, mark), 1, "round {round}");
    }
    let view = app.connection(&connection).await;
    assert_eq!((&view["state"], &view["last_error"]), (&json!("ok"), &Value::Null), "{view}");
}

/// Two programs that share nothing but the database, as on two machines, start with a token that ended meanwhile.
async fn two_programs_renew_once(database: TestDatabase, dialect: Dialect) {
    let now = Clock::system().now();
    let app = TestApp::start_at(&database, Clock::manual(now - TimeDelta::hours(3)), |_| {}).await;
    let site = site(&app, dialect).await;
    let connection = app.connect_by_consent(&site, Oauth::Two).await;
    app.sign_in(&connection).await;
    app.stop();
    app.clock.advance(TimeDelta::hours(3));
    site.faults().add(Fault::slow(Duration::from_millis(300)).on_path("/token").forever());
    let mark = site.ledger().arrived();
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let [one, two] = folders.each_ref().map(|folder| Place::new(folder.path(), database.url()));
    let (one, two) = tokio::join!(one.serve(), two.serve());
    let (path, nothing) = (format!("/connections/{connection}/test"), json!({}));
    let (first, second) = (app.admin.at(&one.base), app.admin.at(&two.base));
    let (first, second) = tokio::join!(first.post(&path, &nothing), second.post(&path, &nothing));
    for test in [first.expect(200), second.expect(200)] {
        assert_eq!(test["ok"], true, "{test}");
    }
    assert_eq!(token_requests(&site, mark), 1);
}

/// A grant of Cloud may reach several sites.
async fn somebody_chooses_among_sites(database: TestDatabase, dialect: Dialect) {
    if dialect == Dialect::DataCenter {
        return;
    }
    let app = TestApp::start(&database).await;
    let site = site(&app, dialect).await;
    site.add_granted_site("Other", "https://other.example", "99999999-0000-4000-a000-000000000000");
    let known = app.connect_by_consent(&site, Oauth::Two).await;
    app.sign_in(&known).await;
    assert_eq!(app.connection(&known).await["state"], "ok", "the address tells which one it is");

    let mut body = app.consent_body(&site, Oauth::Two);
    body["server_url"] = "https://jira.northwind.example".into();
    let id = text(&app.admin.post("/connections", &body).await.expect(201)["id"]);
    let begun = app.begin_sign_in(&id).await;
    let back = app.come_back(&decide(&begun.url, "allow").await, &begun.cookie).await;
    assert_eq!(back.headers["location"], format!("/connections/{id}/site").as_str());
    assert_eq!(app.connection(&id).await["state"], "needs_authorization");
    let sites = app.admin.get(&format!("/connections/{id}/site")).await.expect(200);
    let names: Vec<_> = sites["items"].as_array().expect("a list").iter().map(|site| text(&site["name"])).collect();
    assert_eq!(names, ["Jira", "Other"]);
    let wrong = app.admin.put(&format!("/connections/{id}/site"), &json!({"cloud_id": "1"})).await;
    wrong.problem(404, "not_found");
    let right = json!({"cloud_id": site.cloud_id()});
    let chosen = app.admin.put(&format!("/connections/{id}/site"), &right).await.expect(200);
    assert_eq!((&chosen["state"], &chosen["server_url"]), (&json!("ok"), &json!(site.base_url())), "{chosen}");

    site.withhold_site();
    let begun = app.begin_sign_in(&known).await;
    let back = app.come_back(&decide(&begun.url, "allow").await, &begun.cookie).await;
    assert_eq!(
        back.headers["location"],
        format!("/connections/{known}/site").as_str(),
        "another site is not taken for it"
    );
}

journey!(consent_leads_to_a_first_reading);
journey!(readings_go_on_while_tokens_come_and_go);
journey!(an_idle_grant_is_used_once_a_month);
journey!(a_session_handle_renews_what_oauth1_granted);
journey!(a_token_that_ends_too_early_is_replaced);
journey!(one_renewal_happens_where_two_processes_race);
journey!(two_programs_renew_once);
journey!(somebody_chooses_among_sites);
