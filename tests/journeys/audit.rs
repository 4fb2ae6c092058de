//! Every change says who made it, to what, and what was different before; no secret is among it.

use crate::samples::World;
use okrsync_domain::person::Role;
use okrsync_jira_sim::Dialect;
use okrsync_server::access::{Effect, RULES};
use okrsync_tests::{
    app::{TestApp, text},
    databases::TestDatabase,
    journey,
};
use serde_json::json;
use std::fmt::Write as _;

/// They need a code that was handed out; the journeys `sign_in` and `single_sign_on` look at their entries.
const CODES: [&str; 5] = ["/api/v1/setup", "/api/v1/password-reset", "/setup", "/reset", "/oidc/callback"];

/// Walks every endpoint: what changes something leaves an entry, what only reads or asks leaves none.
async fn every_change_leaves_an_entry(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let mut wrong = String::new();
    for rule in RULES.iter().filter(|rule| !CODES.contains(&rule.path)) {
        let things = world.things(&world.admin, true).await;
        if rule.effect == Effect::Changes {
            world.prepare(rule, &things).await;
        }
        let before = world.noted().await;
        let answer = world.ask(rule, Some(&world.admin), &things).await;
        let (status, more) = (answer.status.as_u16(), world.noted().await - before);
        let right = match rule.effect {
            Effect::Changes => status < 400 && more > 0,
            Effect::Reads | Effect::Asks => more == 0,
        };
        if !right {
            let (method, path, effect) = (rule.method, rule.path, rule.effect);
            writeln!(wrong, "{method} {path} ({effect:?}): {status}, {more} entries: {}", answer.text).expect("text");
        }
        if rule.path.ends_with("/integrations/jira") {
            world.app.admin.patch("/integrations/jira", &json!({"enabled": true})).await.expect(200);
        }
    }
    assert!(wrong.is_empty(), "(a new endpoint needs a sample in tests/journeys/samples.rs)\n{wrong}");
}

async fn an_entry_says_who_what_and_how_it_was(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let member = app.person("kenji@northwind.example", Role::Member).await;
    let me = text(&member.get("/me").await.expect(200)["id"]);
    let okr = json!({"kind": "key_result", "title": "=Fix 20 bugs", "starts_on": "2026-10-01", "due_on": "2026-12-31"});
    let id = text(&member.post("/okrs", &okr).await.expect(201)["id"]);
    member.patch(&format!("/okrs/{id}"), &json!({"title": "Fix 30 bugs", "team": "Apps"})).await.expect(200);
    member.patch(&format!("/okrs/{id}"), &json!({"team": "Apps"})).await.expect(200);
    app.admin.delete(&format!("/okrs/{id}")).await.expect(204);
    let log = app.admin.get(&format!("/audit?subject={id}")).await.expect(200);
    let entries = log["items"].as_array().expect("a list");
    let actions: Vec<_> = entries.iter().map(|entry| entry["action"].as_str().expect("text")).collect();
    assert_eq!(actions, ["okr.delete", "okr.change", "okr.create"], "newest first, an edit without a change is none");
    assert_eq!(entries[1]["before"], json!({"title": "=Fix 20 bugs", "team": null}));
    assert_eq!(entries[1]["after"], json!({"title": "Fix 30 bugs", "team": "Apps"}));
    assert_eq!(entries[1]["actor"], json!({"id": me, "name": "Dana", "via": "token"}));
    assert_eq!(entries[1]["subject"], json!({"kind": "okr", "id": id, "name": "Fix 30 bugs"}));
    let path = format!("/audit?actor={me}&action=okr.create&from=2026-11-20&to=2026-11-20");
    assert_eq!(app.admin.get(&path).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(app.admin.get("/audit?to=2026-11-19").await.expect(200)["items"], json!([]));
    let first = app.admin.get(&format!("/audit?subject={id}&limit=2")).await.expect(200);
    let rest = format!("/audit?subject={id}&limit=2&cursor={}", text(&first["next_cursor"]));
    assert_eq!(app.admin.get(&rest).await.expect(200)["items"][0]["action"], "okr.create");
    member.get("/audit").await.problem(403, "forbidden");
}

async fn the_log_is_exported_without_secrets(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let token = site.token(&site.account());
    let mut body = okrsync_tests::app::connection_body(&site, &token);
    body["headers"] = json!([{"name": "X-Proxy-Key", "value": "proxy-key-1234567"}]);
    let id = text(&app.admin.post("/connections", &body).await.expect(201)["id"]);
    let secret = json!({"headers": [{"name": "X-Proxy-Key", "value": "another-key-1234567"}]});
    app.admin.patch(&format!("/connections/{id}"), &secret).await.expect(200);
    let person =
        json!({"name": "Eve", "email": "eve@northwind.example", "password": "long enough to do", "role": "viewer"});
    app.admin.post("/users", &person).await.expect(201);
    let made = text(&app.admin.post("/tokens", &json!({"name": "=SUM(A1)"})).await.expect(201)["token"]);
    let csv = app.admin.get("/audit?format=csv").await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let lines = app.admin.get("/audit?format=jsonl").await;
    for file in [&csv.text, &lines.text] {
        assert!(file.contains("connection.change") && file.contains("header:X-Proxy-Key"), "{file}");
        let secrets = [&token, "proxy-key-1234567", "another-key-1234567", "long enough to do", &made];
        okrsync_tests::redact::assert_absent(&secrets, "the audit log", file);
    }
    assert!(csv.text.contains(",'=SUM(A1),"), "no formula: {}", csv.text);
    assert!(lines.text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

journey!(every_change_leaves_an_entry, one dialect);
journey!(an_entry_says_who_what_and_how_it_was, one dialect);
journey!(the_log_is_exported_without_secrets, one dialect);
