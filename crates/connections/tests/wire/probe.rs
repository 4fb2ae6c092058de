//! The test of a connection: which step fails, and that a token finds the door that it is made for.

use crate::server::{Heard, Reply, SECRET, Server, open, token_page};
use okrsync_connections::{ProbeReport, SiteConfig};
use okrsync_domain::{connection::Deployment, problem::ProblemCode};
use serde_json::json;

const GATEWAY: &str = "/ex/jira/11223344-aa/rest/api/3/";
const SITE: &str = "/rest/api/3/";

/// A Cloud site and its gateway on one port; the token works where `door` says.
fn cloud(heard: &Heard, door: &str) -> Reply {
    let signed = heard.headers.contains_key("authorization");
    match heard.path.as_str() {
        "/_edge/tenant_info" => return Reply::json(&json!({"cloudId": "11223344-aa"})),
        "/rest/api/2/serverInfo" | "/rest/api/3/serverInfo" if !signed => {
            return Reply::json(&json!({"version": "1001.0.0-SNAPSHOT", "deploymentType": "Cloud"}));
        }
        _ => {}
    }
    let Some(call) = heard.path.strip_prefix(door).filter(|_| signed) else {
        return Reply::status(401, r#"{"code":401,"message":"Unauthorized"}"#);
    };
    match call {
        "myself" => Reply::json(&json!({"accountId": "5b10", "displayName": "Dana Okafor", "timeZone": "Europe/Oslo"})),
        "search/jql" => token_page([1], None),
        "field" => Reply::json(&json!([
            {"id": "status", "name": "Status", "schema": {"type": "status", "system": "status"}},
            {"id": "customfield_1", "name": "Story Points", "custom": true, "schema": {"type": "number"}},
        ])),
        _ => Reply::status(404, "{}"),
    }
}

fn steps(report: &ProbeReport) -> Vec<(&str, bool)> {
    report.steps.iter().map(|step| (step.name, step.ok)).collect()
}

fn failed(report: &ProbeReport) -> (&str, ProblemCode) {
    let step = report.steps.iter().find(|step| !step.ok).expect("a step fails");
    assert!(!report.ok && !format!("{report:?}").contains(SECRET));
    (step.name, report.first_error.as_ref().expect("it has a reason").problem_code())
}

async fn probe(config: SiteConfig) -> ProbeReport {
    open(config).unwrap().probe().await
}

#[tokio::test]
async fn a_classic_token_works_at_the_site() {
    let server = Server::start(|heard| cloud(heard, SITE)).await;
    let report = server.cloud().probe().await;
    let names = ["reach", "jira", "sign_in", "account", "search", "fields", "clock"];
    assert_eq!(steps(&report), names.map(|name| (name, true)));
    assert!(report.ok && !report.via_gateway && report.first_error.is_none());
    assert_eq!(report.account.unwrap().id, "5b10");
    assert_eq!(report.jira.unwrap().deployment_type, "Cloud");
    assert_eq!(report.steps[5].detail, "2 fields, 1 with numbers (\"Story Points\")");
    assert!(report.steps[5].hint.as_ref().unwrap().contains("Time tracking"));
    let first = &server.heard()[0];
    assert!(!first.headers.contains_key("authorization"), "the credential waits until it is known to be Jira");
}

#[tokio::test]
async fn a_scoped_token_is_led_to_the_gateway() {
    let server = Server::start(|heard| cloud(heard, GATEWAY)).await;
    let mut config = server.config(Deployment::Cloud);
    config.gateway_url = Some(server.url.clone());
    let report = probe(config.clone()).await;
    assert!(report.ok && report.via_gateway, "{:?}", report.steps);
    assert_eq!(report.cloud_id.as_deref(), Some("11223344-aa"));
    (config.cloud_id, config.via_gateway) = (report.cloud_id, true);
    let again = probe(config).await;
    assert!(again.ok && again.via_gateway, "once found, the way is kept");
}

#[tokio::test]
async fn a_classic_token_leads_back_from_the_gateway() {
    let server = Server::start(|heard| cloud(heard, SITE)).await;
    let mut config = server.config(Deployment::Cloud);
    config.gateway_url = Some(server.url.clone());
    (config.cloud_id, config.via_gateway) = (Some("11223344-aa".to_owned()), true);
    let report = probe(config).await;
    assert!(report.ok && !report.via_gateway, "{:?}", report.steps);
}

#[tokio::test]
async fn a_token_that_works_nowhere_fails_at_sign_in() {
    let server = Server::start(|heard| cloud(heard, "/nowhere/")).await;
    let mut config = server.config(Deployment::Cloud);
    config.gateway_url = Some(server.url.clone());
    let report = probe(config).await;
    assert_eq!(failed(&report), ("sign_in", ProblemCode::JiraUnauthorized));
    assert_eq!(report.steps.len(), 7);
}

#[tokio::test]
async fn another_account_fails_at_account() {
    let server = Server::start(|heard| cloud(heard, SITE)).await;
    let mut config = server.config(Deployment::Cloud);
    config.expected_account = Some("another".to_owned());
    assert_eq!(failed(&probe(config).await), ("account", ProblemCode::JiraUnauthorized));
}

#[tokio::test]
async fn what_is_not_jira_is_told() {
    let login = Server::script(vec![Reply::html()]).await;
    assert_eq!(failed(&login.cloud().probe().await), ("jira", ProblemCode::NotJira));
    let other = Server::script(vec![Reply::json(&json!({"hello": "world"}))]).await;
    assert_eq!(failed(&other.cloud().probe().await), ("jira", ProblemCode::NotJira));
    let missing = Server::script(vec![Reply::status(404, "")]).await;
    assert_eq!(failed(&missing.data_center().probe().await), ("jira", ProblemCode::NotJira));
    let starting = Server::script(vec![Reply::status(503, "<html>starting</html>")]).await;
    assert_eq!(failed(&starting.data_center().probe().await), ("jira", ProblemCode::JiraUnreachable));
}

#[tokio::test]
async fn the_wrong_type_of_jira_is_told_with_the_right_one() {
    let server = Server::start(|heard| cloud(heard, SITE)).await;
    let info = Reply::json(&json!({"version": "10.3.19", "deploymentType": "Server"}));
    let data_center = Server::start(move |heard: &Heard| match heard.path.as_str() {
        "/rest/api/2/serverInfo" => info.clone(),
        _ => Reply::status(404, "<html>dead link</html>"),
    })
    .await;
    for (site, choice) in [(data_center.cloud(), "self-managed"), (server.data_center(), "Cloud")] {
        let report = site.probe().await;
        assert_eq!(failed(&report), ("jira", ProblemCode::NotJira));
        assert!(report.steps[1].detail.contains(&format!("choose \"{choice}\"")), "{}", report.steps[1].detail);
    }
}

#[tokio::test]
async fn a_data_center_that_tells_nobody_anything_is_asked_again_after_sign_in() {
    let server = Server::start(|heard| {
        if !heard.headers.contains_key("authorization") {
            return Reply::status(401, r#"{"message":"Client must be authenticated to access this resource."}"#);
        }
        let body = match heard.path.rsplit('/').next().unwrap_or_default() {
            "serverInfo" => json!({"version": "9.12.1"}),
            "myself" => json!({"name": "dana", "displayName": "Dana"}),
            "search" => json!({"startAt": 0, "total": 0, "issues": []}),
            _ => json!([{"id": "timespent", "name": "Time Spent"}]),
        };
        Reply::json(&body).with("x-ausername", "dana")
    })
    .await;
    let report = server.data_center().probe().await;
    assert!(report.ok, "{:?}", report.steps);
    assert_eq!(report.jira.unwrap().version, "9.12.1");
    assert_eq!(report.account.unwrap().id, "dana");
}

#[tokio::test]
async fn an_unreachable_server_fails_at_reach() {
    let gone = Server::script(vec![Reply::Reset]).await;
    let report = gone.cloud().probe().await;
    assert_eq!(failed(&report), ("reach", ProblemCode::JiraUnreachable));
    assert_eq!(gone.heard().len(), 1, "people do not wait for retries");
}
