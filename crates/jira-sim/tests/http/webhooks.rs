//! Webhooks of apps over HTTP: who may register them, with which filters, how many, and for how long.

use chrono::TimeDelta;
use okrsync_jira_sim::SiteOptions;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, cloud};
use crate::oauth::App;

const READING: &str = "read:jira-work read:jira-user";
const ALL: &str = "read:jira-work read:jira-user manage:jira-webhook";
const URL: &str = "https://okrs.example/webhooks/jira/1/s";

/// An app that somebody let in.
struct Registrar {
    app: App,
    access: String,
}

impl Registrar {
    async fn with(scopes: &str) -> Self {
        let app = App::cloud().await;
        app.sim.set_client_scopes(&app.id, ALL);
        let access = app.access(scopes).await;
        Self { app, access }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Answer {
        let base = format!("{}/ex/jira/{}", self.app.sim.gateway_url(), self.app.sim.cloud_id());
        let request = self.app.browser.clone().at(base).request(method, &format!("/rest/api/3{path}"));
        let request = request.bearer_auth(&self.access);
        let request = if body.is_null() { request } else { request.json(&body) };
        self.app.browser.try_send(request).await.expect("an answer")
    }

    async fn register(&self, filter: &str) -> Value {
        let body = json!({"url": URL, "webhooks": [{"events": ["jira:issue_updated"], "jqlFilter": filter}]});
        let answer = self.ask(Method::POST, "/webhook", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["webhookRegistrationResult"][0].clone()
    }
}

#[tokio::test]
async fn only_apps_with_the_scope_may() {
    let (_sim, visitor) = cloud(SiteOptions::default(), 1).await;
    assert_eq!(visitor.get("/rest/api/3/webhook").await.status, 403, "an API token is no app");
    let reader = Registrar::with(READING).await;
    let refused = reader.ask(Method::GET, "/webhook", Value::Null).await;
    assert_eq!((refused.status, refused.text.contains("scope")), (401, true), "{}", refused.text);
    let registrar = Registrar::with(ALL).await;
    assert_eq!(registrar.ask(Method::GET, "/webhook", Value::Null).await.status, 200);
    assert_eq!(registrar.ask(Method::GET, "/webhook/failed", Value::Null).await.status, 403);
}

#[tokio::test]
async fn filters_know_a_part_of_jql() {
    let registrar = Registrar::with(ALL).await;
    for filter in ["project IN (AE, HID)", "project = AE AND status != Done", "issueKey = AE-1 OR assignee IN (kim)"] {
        let made = registrar.register(filter).await;
        assert!(made["createdWebhookId"].is_u64(), "{filter}: {made}");
    }
    for filter in
        ["labels = x", "project = AE ORDER BY", "created > -1d", "assignee = currentUser()", "project IS NOT EMPTY", ""]
    {
        let refused = registrar.register(filter).await;
        assert!(refused["errors"].is_array(), "{filter}: {refused}");
    }
    for body in [
        json!({"url": URL, "webhooks": []}),
        json!({"url": "ftp://okrs.example", "webhooks": [{"events": ["jira:issue_updated"], "jqlFilter": "project = AE"}]}),
        json!({"url": URL, "webhooks": [{"events": ["worklog_created"], "jqlFilter": "project = AE"}]}),
        json!({"url": URL, "webhooks": [{"events": ["jira:issue_updated"]}]}),
        json!({"url": URL, "name": "x", "webhooks": [{"events": ["jira:issue_updated"], "jqlFilter": "project = AE"}]}),
        json!({"url": "https://okrs.example/other", "webhooks": [{"events": ["jira:issue_updated"], "jqlFilter": "project = AE"}]}),
    ] {
        let refused = registrar.ask(Method::POST, "/webhook", body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text);
    }
}

#[tokio::test]
async fn there_are_five_and_they_live_for_thirty_days() {
    let registrar = Registrar::with(ALL).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(registrar.register("project = AE").await["createdWebhookId"].clone());
    }
    assert!(registrar.register("project = AE").await["errors"].is_array(), "no sixth");
    let sim = &registrar.app.sim;
    let listed = registrar.ask(Method::GET, "/webhook?maxResults=2", Value::Null).await.json();
    assert_eq!((&listed["total"], listed["values"].as_array().map(Vec::len)), (&json!(5), Some(2)), "{listed}");
    let (end, id) = (sim.now() + TimeDelta::days(30), ids[0].clone());
    assert_eq!(listed["values"][0]["expirationDate"], json!(end.timestamp_millis()));
    sim.clock().advance(TimeDelta::minutes(10));
    let renewed = registrar.ask(Method::PUT, "/webhook/refresh", json!({"webhookIds": [id, 1]})).await.json();
    assert_eq!(renewed["expirationDate"], json!((end + TimeDelta::minutes(10)).timestamp_millis()));
    let gone = registrar.ask(Method::DELETE, "/webhook", json!({"webhookIds": &ids[1..]})).await;
    assert_eq!((gone.status, gone.text.as_str()), (202, ""));
    assert_eq!(registrar.ask(Method::DELETE, "/webhook", json!({"webhookIds": []})).await.status, 400);
    let left: Vec<u64> = sim.webhooks().iter().map(|hook| hook.id).collect();
    assert_eq!(json!(left), json!([id]));
}

#[tokio::test]
async fn a_match_names_no_issue_twice() {
    let (_sim, visitor) = cloud(SiteOptions::default(), 2).await;
    let ask = async |ids: Value| {
        visitor.post("/rest/api/3/jql/match", json!({"issueIds": ids, "jqls": ["key = AE-1"]})).await
    };
    assert_eq!(ask(json!([10_001, 10_002])).await.json()["matches"][0]["matchedIssues"], json!([10_001]));
    assert_eq!(ask(json!([10_001, 10_001])).await.status, 400);
}
