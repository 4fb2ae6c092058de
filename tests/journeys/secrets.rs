//! Secrets never leave: not in the database, in answers, in pages, in the API's description, in logs. The logs and answers
//! of all other journeys are searched as well (`harness/leaks`).

use okrsync_jira_sim::{Dialect, Fault, IssueDraft};
use okrsync_tests::{
    app::{TestApp, connection_body, text},
    databases::TestDatabase,
    journey, leaks,
};
use serde_json::json;

const HEADER: &str = "proxy-key-5f0c2a";
const PASSWORD: &str = "staple battery horse";

async fn no_secret_is_seen_anywhere(database: TestDatabase, dialect: Dialect) {
    leaks::watch(HEADER);
    leaks::watch(PASSWORD);
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    site.require_header("X-Proxy-Key", HEADER);
    site.add_project("AE", "Arm engineering").expect("a new project");
    site.create(IssueDraft::new("AE", "Story").status("Done")).expect("an issue");
    let token = site.token(&site.account());
    let mut body = connection_body(&site, &token);
    body["headers"] = json!([{"name": "X-Proxy-Key", "value": HEADER}]);
    let admin = &app.admin;
    let made = admin.post("/connections", &body).await.expect(201);
    assert_eq!(made["headers"], json!([{"name": "X-Proxy-Key"}]), "by name only");
    let connection = text(&made["id"]);
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;

    // Mistakes are answered without repeating what was typed in.
    for wrong in [json!(token), json!({"kind": "api_token", "email": {"token": token}}), json!({"token": [token]})] {
        let mut body = body.clone();
        body["auth"] = wrong;
        assert_eq!(admin.post("/connections", &body).await.status, 422);
    }
    let mut unnamed = body.clone();
    unnamed["headers"] = json!([HEADER]);
    assert_eq!(admin.post("/connections", &unnamed).await.status, 422);
    admin.patch(&format!("/connections/{connection}"), &json!({"auth": token})).await.problem(422, "invalid_value");

    // Trouble is told and logged without them.
    for fault in [Fault::login_page(), Fault::status(500), Fault::reset(), Fault::truncated()] {
        site.faults().add(fault.forever());
        admin.post(&format!("/connections/{connection}/test"), &json!({})).await.expect(200);
        admin.post(&format!("/okrs/{okr}/refresh?wait=50"), &json!({})).await;
        site.faults().clear();
    }
    let person = json!({"name": "Mia", "email": "mia@northwind.example", "password": PASSWORD, "role": "member"});
    admin.post("/users", &person).await.expect(201);
    admin.with_token(None).post("/session", &json!({"email": person["email"], "password": PASSWORD})).await;
    admin.with_token(None).post("/session", &json!({"email": PASSWORD, "password": [PASSWORD]})).await;

    for path in ["/api/v1/openapi.json", "/api/docs", "/metrics", "/", "/healthz", "/readyz"] {
        admin.page(path).await;
    }
    for path in ["/connections", "/users", "/tokens", "/me", "/sync/status", "/okrs"] {
        admin.get(path).await.expect(200);
    }
    leaks::look("the database", &database.dump());
    leaks::assert_none();
}

journey!(no_secret_is_seen_anywhere);
