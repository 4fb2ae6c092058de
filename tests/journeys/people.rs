//! People, roles and tokens.

use okrsync_domain::person::Role;
use okrsync_jira_sim::Dialect;
use okrsync_tests::{
    app::{TestApp, text},
    databases::TestDatabase,
    journey,
};
use reqwest::Method;
use serde_json::json;

async fn a_token_works_until_it_is_deleted(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let made = app.admin.post("/tokens", &json!({"name": "laptop"})).await.expect(201);
    let secret = text(&made["token"]);
    assert!(secret.starts_with("okr_"), "{made}");
    let laptop = app.admin.with_token(Some(&secret));
    assert_eq!(laptop.get("/me").await.expect(200)["email"], "admin@northwind.example");
    let listed = app.admin.get("/tokens").await.expect(200).to_string();
    assert!(!listed.contains(&secret), "shown once");
    app.admin.delete(&format!("/tokens/{}", text(&made["id"]))).await.expect(204);
    laptop.get("/me").await.problem(401, "unauthorized");
}

async fn roles_limit_what_may_be_changed(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let viewer = app.person("viewer@northwind.example", Role::Viewer).await;
    let member = app.person("member@northwind.example", Role::Member).await;
    let okr = json!({"kind": "objective", "title": "t", "starts_on": "2026-10-01", "due_on": "2026-12-31"});
    viewer.post("/okrs", &okr).await.problem(403, "forbidden");
    let mine = text(&member.post("/okrs", &okr).await.expect(201)["id"]);
    viewer.get(&format!("/okrs/{mine}")).await.expect(200);
    viewer.patch(&format!("/okrs/{mine}"), &json!({"title": "u"})).await.problem(403, "forbidden");
    member.patch("/organisation", &json!({"name": "u"})).await.problem(403, "forbidden");
    member.get("/users").await;
    member
        .post("/users", &json!({"name": "n", "email": "n@x.example", "password": "long enough to do", "role": "admin"}))
        .await
        .problem(403, "forbidden");
    member.patch(&format!("/okrs/{mine}"), &json!({"visibility": "private"})).await.expect(200);
    viewer.get(&format!("/okrs/{mine}")).await.problem(404, "not_found");
    app.admin.get(&format!("/okrs/{mine}")).await.expect(200);
}

/// Signing in by password gives a cookie; changing something with it needs the page's token and the page's origin.
async fn a_browser_session(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let nobody = app.admin.with_token(None);
    let sign_in = json!({"email": "admin@northwind.example", "password": "wrong"});
    nobody.post("/session", &sign_in).await.problem(401, "unauthorized");
    let sign_in = json!({"email": "Admin@Northwind.example", "password": "correct horse battery"});
    let signed = nobody.post("/session", &sign_in).await;
    assert_eq!(signed.status.as_u16(), 204, "{}", signed.text);
    let cookie = signed.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a cookie");
    let me = nobody.send(Method::GET, "/api/v1/me", None, &[("cookie", cookie)]).await.expect(200);
    let csrf = text(&me["csrf_token"]);
    let body = || Some(("application/merge-patch+json", b"{\"name\": \"Northwind\"}".to_vec()));
    let patch = async |headers: &[(&str, &str)]| {
        nobody.send(Method::PATCH, "/api/v1/organisation", body(), &[&[("cookie", cookie)], headers].concat()).await
    };
    patch(&[]).await.problem(403, "csrf_refused");
    patch(&[("x-csrf-token", &csrf), ("sec-fetch-site", "cross-site")]).await.problem(403, "csrf_refused");
    patch(&[("x-csrf-token", &csrf), ("sec-fetch-site", "same-origin")]).await.expect(200);
}

journey!(a_token_works_until_it_is_deleted, one dialect);
journey!(roles_limit_what_may_be_changed, one dialect);
journey!(a_browser_session, one dialect);
