//! Ways in and out: the first person, passwords, links, sessions, limits, deactivation.

use chrono::TimeDelta;
use okrsync_domain::person::Role;
use okrsync_jira_sim::Dialect;
use okrsync_server::accounts::issue_setup_code;
use okrsync_tests::{
    app::{DEADLINE, TestApp, text},
    clients::{Answer, Client},
    databases::TestDatabase,
    journey,
    process::Place,
};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery";

fn cookie(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().expect("text");
    cookie.split(';').next().expect("a cookie").to_owned()
}

async fn try_password(client: &Client, email: &str, password: &str) -> Answer {
    client.with_token(None).post("/session", &json!({"email": email, "password": password})).await
}

/// A browser that has just signed in.
async fn browser(app: &TestApp, email: &str, password: &str) -> String {
    let signed = try_password(&app.admin, email, password).await;
    assert_eq!(signed.status.as_u16(), 204, "{email}: {}", signed.text);
    cookie(&signed)
}

async fn me(app: &TestApp, cookie: &str) -> Answer {
    app.admin.with_token(None).send(Method::GET, "/api/v1/me", None, &[("cookie", cookie)]).await
}

/// The real program writes the code to its log; whoever has the log becomes the first admin, once.
async fn the_first_person_needs_the_code_from_the_log(database: TestDatabase, _dialect: Dialect) {
    let data = tempfile::tempdir().expect("a folder");
    let place = Place::new(data.path(), database.url());
    let server = place.serve().await;
    let anybody = Client::new(&server.base, None);
    assert_eq!(anybody.get("/setup").await.expect(200), json!({"needed": true}));
    let body = |code: &str| {
        json!({"code": code, "organisation": "Northwind Robotics", "name": "Dana", "email": "Dana@Northwind.example",
            "password": PASSWORD})
    };
    anybody.post("/setup", &body("00000-00000-00000-00000")).await.problem(422, "invalid_code");
    let log = server.log();
    server.kill().await;
    let code = log.split("setup code ").nth(1).expect(&log).split_whitespace().next().expect("a code").to_owned();
    let server = place.serve().await;
    let anybody = Client::new(&server.base, None);
    let signed = anybody.post("/setup", &body(&code.to_lowercase())).await;
    assert_eq!(signed.status.as_u16(), 201, "{}", signed.text);
    assert_eq!(signed.json["role"], "admin");
    let cookie = cookie(&signed);
    let headers = [("cookie", cookie.as_str())];
    let organisation = anybody.send(Method::GET, "/api/v1/organisation", None, &headers).await.expect(200);
    assert_eq!(organisation["name"], "Northwind Robotics");
    let log = anybody.send(Method::GET, "/api/v1/audit", None, &headers).await.expect(200);
    let actions: Vec<_> = log["items"].as_array().expect("a list").iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["session.begin", "organisation.change", "user.create"]);
    assert_eq!(log["items"][2]["actor"]["via"], "link");
    anybody.post("/setup", &body(&code)).await.problem(409, "already_set_up");
    assert_eq!(anybody.get("/setup").await.expect(200), json!({"needed": false}));
}

/// Two who have a code at the same time do not both become the first.
async fn only_one_becomes_the_first(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    assert!(issue_setup_code(&app.app).await.expect("the database").is_none(), "there is somebody");
    let code = SecretString::from("00000-00000-00000-00000");
    let body = json!({"code": code.expose_secret(), "name": "Eve", "email": "eve@x.example", "password": PASSWORD});
    app.admin.with_token(None).post("/setup", &body).await.problem(409, "already_set_up");
}

async fn a_new_password_ends_the_other_sessions(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let kenji = app.person("kenji@northwind.example", Role::Member).await;
    let id = text(&kenji.get("/me").await.expect(200)["id"]);
    let (here, there) = (
        browser(&app, "kenji@northwind.example", PASSWORD).await,
        browser(&app, "kenji@northwind.example", PASSWORD).await,
    );
    let csrf = text(&me(&app, &here).await.expect(200)["csrf_token"]);
    let change = async |body: Value| {
        let headers = [("cookie", here.as_str()), ("x-csrf-token", csrf.as_str())];
        let body = Some(("application/json", body.to_string().into_bytes()));
        kenji.with_token(None).send(Method::PATCH, &format!("/api/v1/users/{id}"), body, &headers).await
    };
    change(json!({"password": "a better password"})).await.problem(422, "wrong_password");
    change(json!({"password": "a better password", "current_password": "x"})).await.problem(422, "wrong_password");
    change(json!({"password": "a better password", "current_password": PASSWORD})).await.expect(200);
    me(&app, &here).await.expect(200);
    me(&app, &there).await.problem(401, "unauthorized");
    try_password(&app.admin, "kenji@northwind.example", PASSWORD).await.problem(401, "unauthorized");
    browser(&app, "kenji@northwind.example", "a better password").await;
    kenji.get("/me").await.expect(200);
    change(json!({"email": "other@northwind.example"})).await.problem(403, "forbidden");
}

async fn a_reset_link_works_once_for_a_day(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let kenji = app.person("kenji@northwind.example", Role::Member).await;
    let id = text(&kenji.get("/me").await.expect(200)["id"]);
    let session = browser(&app, "kenji@northwind.example", PASSWORD).await;
    kenji.post(&format!("/users/{id}/reset-link"), &json!({})).await.problem(403, "forbidden");
    let link = async || {
        let made = app.admin.post(&format!("/users/{id}/reset-link"), &json!({})).await.expect(201);
        text(&made["url"]).split("code=").nth(1).expect("a code").to_owned()
    };
    let reset = async |code: &str, password: &str| {
        app.admin.with_token(None).post("/password-reset", &json!({"code": code, "password": password})).await
    };
    let (old, code) = (link().await, link().await);
    reset(&old, "a better password").await.problem(422, "invalid_code");
    reset(&code, "short").await.problem(422, "invalid_password");
    reset(&code, "a better password").await.expect(204);
    reset(&code, "another password").await.problem(422, "invalid_code");
    me(&app, &session).await.problem(401, "unauthorized");
    browser(&app, "kenji@northwind.example", "a better password").await;
    let late = link().await;
    app.clock.advance(TimeDelta::hours(24));
    reset(&late, "another password").await.problem(422, "invalid_code");
    let log = app.admin.get(&format!("/audit?subject={id}&action=user.set_password")).await.expect(200);
    assert_eq!(log["items"][0]["actor"]["via"], "link");
    app.admin.patch(&format!("/users/{id}"), &json!({"active": false})).await.expect(200);
    app.admin.post(&format!("/users/{id}/reset-link"), &json!({})).await.problem(409, "deactivated");
}

async fn sessions_are_listed_and_end(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let (one, two) = (
        browser(&app, "admin@northwind.example", PASSWORD).await,
        browser(&app, "admin@northwind.example", PASSWORD).await,
    );
    let list = async |cookie: &str| {
        let nobody = app.admin.with_token(None);
        nobody.send(Method::GET, "/api/v1/sessions", None, &[("cookie", cookie)]).await.expect(200)["items"].clone()
    };
    let sessions = list(&one).await;
    assert_eq!(sessions.as_array().map(Vec::len), Some(2));
    let other = sessions.as_array().expect("a list").iter().find(|it| it["current"] == false).expect("the other");
    app.admin.delete(&format!("/sessions/{}", text(&other["id"]))).await.expect(204);
    me(&app, &two).await.problem(401, "unauthorized");
    // used every day, it lasts beyond the fortnight, but not for ever
    for _ in 0..9 {
        app.clock.advance(TimeDelta::days(10));
        let is_there = me(&app, &one).await.status.as_u16();
        let age = app.clock.now() - okrsync_tests::app::opening_day();
        assert_eq!(is_there == 200, age < TimeDelta::days(90), "{age}");
    }
    let idle = browser(&app, "admin@northwind.example", PASSWORD).await;
    app.clock.advance(TimeDelta::days(14));
    me(&app, &idle).await.problem(401, "unauthorized");
}

async fn nobody_guesses_for_long(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start_with(&database, |settings| settings.web.sign_ins_per_minute = 3).await;
    for email in ["admin@northwind.example", "nobody@northwind.example"] {
        for _ in 0..3 {
            let refused = try_password(&app.admin, email, "wrong").await;
            assert_eq!(refused.json["detail"], "E-mail address and password do not belong together.");
            refused.problem(401, "unauthorized");
        }
        let stopped = try_password(&app.admin, email, PASSWORD).await;
        assert_eq!(stopped.headers["retry-after"], "21");
        stopped.problem(429, "too_many_tries");
    }
    // a restart forgets nothing
    let again =
        TestApp::start_again(&database, app.clock.clone(), |settings| settings.web.sign_ins_per_minute = 3).await;
    try_password(&again.admin, "admin@northwind.example", PASSWORD).await.problem(429, "too_many_tries");
    app.clock.advance(TimeDelta::minutes(1));
    assert_eq!(try_password(&again.admin, "admin@northwind.example", PASSWORD).await.status.as_u16(), 204);
}

async fn deactivation_is_at_once_and_for_good(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let kenji = app.person("kenji@northwind.example", Role::Member).await;
    let id = text(&kenji.get("/me").await.expect(200)["id"]);
    let okr = app.key_result(json!({"owner_id": id})).await;
    let session = browser(&app, "kenji@northwind.example", PASSWORD).await;
    let mut events = kenji.listen("/events").await;
    app.admin.patch(&format!("/users/{id}"), &json!({"active": false})).await.expect(200);
    kenji.get("/me").await.problem(401, "unauthorized");
    me(&app, &session).await.problem(401, "unauthorized");
    try_password(&app.admin, "kenji@northwind.example", PASSWORD).await.problem(401, "unauthorized");
    tokio::time::timeout(DEADLINE, async { while events.chunk().await.expect("a stream").is_some() {} })
        .await
        .expect("the stream of events ends");
    assert_eq!(app.okr(&okr).await["owner_id"], json!(id), "what they own stays");
    app.admin.patch(&format!("/users/{id}"), &json!({"active": true})).await.expect(200);
    kenji.get("/me").await.problem(401, "unauthorized");
    me(&app, &session).await.problem(401, "unauthorized");
    let admin = text(&app.admin.get("/me").await.expect(200)["id"]);
    for last in [json!({"active": false}), json!({"role": "member"})] {
        app.admin.patch(&format!("/users/{admin}"), &last).await.problem(409, "last_admin");
    }
}

/// The stream of events tells nobody about what is private to somebody else.
async fn events_keep_private_things_private(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let kenji = app.person("kenji@northwind.example", Role::Member).await;
    let (mut his, mut all) = (kenji.listen("/events").await, app.admin.listen("/events").await);
    let private = app.key_result(json!({"visibility": "private"})).await;
    let mut body = okrsync_tests::app::connection_body(&site, &site.token(&site.account()));
    body["sharing"] = json!("private");
    let connection = text(&app.admin.post("/connections", &body).await.expect(201)["id"]);
    app.admin.post(&format!("/connections/{connection}/test"), &json!({})).await.expect(200);
    app.admin.patch(&format!("/okrs/{private}"), &json!({"title": "Still private"})).await.expect(200);
    let gone = app.key_result(json!({"visibility": "private"})).await;
    app.admin.delete(&format!("/okrs/{gone}")).await.expect(204);
    let public = app.key_result(json!({})).await;
    let heard = async |events: &mut reqwest::Response| {
        let mut text = String::new();
        while !text.contains(&public) {
            let more = tokio::time::timeout(DEADLINE, events.chunk()).await.expect("in time").expect("a stream");
            text.push_str(&String::from_utf8_lossy(&more.expect("it goes on")));
        }
        text
    };
    let (his, all) = (heard(&mut his).await, heard(&mut all).await);
    assert!(all.contains(&private), "{all}");
    for secret in [&private, &gone, &connection] {
        assert!(!his.contains(secret.as_str()), "{his}");
    }
}

journey!(the_first_person_needs_the_code_from_the_log, one dialect);
journey!(only_one_becomes_the_first, one dialect);
journey!(a_new_password_ends_the_other_sessions, one dialect);
journey!(a_reset_link_works_once_for_a_day, one dialect);
journey!(sessions_are_listed_and_end, one dialect);
journey!(nobody_guesses_for_long, one dialect);
journey!(deactivation_is_at_once_and_for_good, one dialect);
journey!(events_keep_private_things_private, one dialect);
