//! A small Jira Cloud for the engine's tests: the few endpoints a refresh asks, an account, and faults to order.

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// The account that everything answers as.
pub(crate) const ACCOUNT: &str = "5b10a2844c20165700ede21g";

/// An issue; it matches every query.
#[derive(Debug, Clone)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) done: bool,
    /// JSON text of its story points.
    pub(crate) points: &'static str,
}

/// A fault on a path, for so many requests.
struct Fault {
    path: &'static str,
    status: u16,
    retry_after: Option<u32>,
    times: usize,
}

/// What the site is and does.
pub(crate) struct Script {
    pub(crate) issues: Vec<Issue>,
    /// Issues on a page with fields.
    pub(crate) page_size: usize,
    /// Issues on a page of ids.
    pub(crate) listing_size: usize,
    /// Walks that repeat an issue on their second page.
    pub(crate) unstable_walks: usize,
    /// Walks that find nothing although there is something, as while an index is rebuilt.
    pub(crate) blind_walks: usize,
    /// What the strict check says against every query.
    pub(crate) refuses: Option<&'static str>,
    pub(crate) account: &'static str,
    pub(crate) has_points: bool,
    faults: Vec<Fault>,
    log: Vec<String>,
}

/// The site. Stops with the runtime of its test.
#[derive(Clone)]
pub(crate) struct Jira {
    script: Arc<Mutex<Script>>,
    pub(crate) url: String,
}

impl Jira {
    /// A site with `done` completed issues of `all`.
    pub(crate) async fn start(all: u64, done: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let script = Script {
            issues: Vec::new(),
            page_size: 4,
            listing_size: 5000,
            unstable_walks: 0,
            blind_walks: 0,
            refuses: None,
            account: ACCOUNT,
            has_points: true,
            faults: Vec::new(),
            log: Vec::new(),
        };
        let jira = Self { script: Arc::new(Mutex::new(script)), url };
        jira.holds(all, done);
        tokio::spawn(axum::serve(listener, router(jira.clone())).into_future());
        jira
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on `all` issues match, `done` of them completed.
    pub(crate) fn holds(&self, all: u64, done: u64) {
        self.script().issues = (0..all).map(|id| Issue { id: 10_000 + id, done: id < done, points: "1.5" }).collect();
    }

    /// The next `times` requests to `path` fail.
    pub(crate) fn fails(&self, path: &'static str, status: u16, times: usize) {
        self.script().faults.push(Fault { path, status, retry_after: None, times });
    }

    /// The next request to `path` is told to wait.
    pub(crate) fn limits(&self, path: &'static str, seconds: u32) {
        self.script().faults.push(Fault { path, status: 429, retry_after: Some(seconds), times: 1 });
    }

    pub(crate) fn mends(&self) {
        self.script().faults.clear();
    }

    /// Requests to paths that end so, since the start.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.script().log.iter().filter(|asked| asked.ends_with(path)).count()
    }
}

fn router(jira: Jira) -> Router {
    Router::new()
        .route("/_edge/tenant_info", get(async || Json(json!({"cloudId": "11223344-a1b2-3b33-c444-def123456789"}))))
        .route("/rest/api/2/serverInfo", get(server_info))
        .route("/rest/api/3/serverInfo", get(server_info))
        .route("/rest/api/3/myself", get(myself))
        .route("/rest/api/3/field", get(fields))
        .route("/rest/api/3/status", get(statuses))
        .route("/rest/api/3/issue/bulkfetch", post(bulk_fetch))
        .route("/rest/api/3/search/jql", post(search))
        .route("/rest/api/3/search/approximate-count", post(count))
        .route("/rest/api/3/jql/parse", post(parse))
        .layer(middleware::from_fn_with_state(jira.clone(), gate))
        .with_state(jira)
}

/// Logs, fails where told, and names the account.
async fn gate(State(jira): State<Jira>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let fault = {
        let mut script = jira.script();
        script.log.push(path.clone());
        let fault = script.faults.iter_mut().find(|fault| fault.times > 0 && path.ends_with(fault.path));
        fault.map(|fault| {
            fault.times -= 1;
            (fault.status, fault.retry_after)
        })
    };
    let mut response = match fault {
        None => next.run(request).await,
        Some((status, _)) => {
            let status = StatusCode::from_u16(status).expect("tests order sound codes");
            (status, Json(json!({"errorMessages": ["as ordered"], "errors": {}}))).into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert("x-aaccountid", jira.script().account.parse().expect("an account is plain text"));
    if let Some((_, Some(seconds))) = fault {
        headers.insert("retry-after", seconds.into());
    }
    response
}

async fn server_info() -> Json<Value> {
    Json(json!({"version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud"}))
}

async fn myself(State(jira): State<Jira>) -> Json<Value> {
    let account = jira.script().account;
    Json(json!({"accountId": account, "displayName": "Okrsync", "active": true, "timeZone": "Etc/UTC"}))
}

async fn fields(State(jira): State<Jira>) -> Json<Value> {
    let mut fields = vec![
        json!({"id": "status", "name": "Status", "custom": false, "clauseNames": ["status"], "schema": {"type": "status"}}),
        json!({"id": "summary", "name": "Summary", "custom": false, "clauseNames": ["summary"], "schema": {"type": "string"}}),
    ];
    if jira.script().has_points {
        let schema = json!({"type": "number", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:float"});
        fields.push(json!({"id": "customfield_10016", "name": "Story Points", "custom": true, "clauseNames": [], "schema": schema}));
    }
    Json(Value::Array(fields))
}

async fn statuses() -> Json<Value> {
    Json(json!([
        {"id": "3", "name": "In Progress", "statusCategory": {"key": "indeterminate"}},
        {"id": "10002", "name": "Done", "statusCategory": {"key": "done"}},
    ]))
}

async fn bulk_fetch(State(jira): State<Jira>, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).expect("the client sends JSON");
    let ids = body["issueIdsOrKeys"].as_array().expect("ids");
    let ids: Vec<u64> = ids.iter().map(|id| id.as_str().expect("text").parse().expect("an id")).collect();
    let script = jira.script();
    let asked = |issue: &&Issue| ids.contains(&issue.id);
    let issues: Vec<_> = script.issues.iter().filter(asked).map(shown).collect();
    let answer = format!(r#"{{"issues":[{}],"issueErrors":[]}}"#, issues.join(","));
    ([("content-type", "application/json")], answer).into_response()
}

async fn search(State(jira): State<Jira>, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).expect("the client sends JSON");
    let mut script = jira.script();
    let start = body["nextPageToken"].as_str().map_or(0, |token| token.parse().expect("a token of ours"));
    let only_ids = body["fields"] == json!(["id"]);
    let most = if only_ids { script.listing_size } else { script.page_size };
    let size = most.min(body["maxResults"].as_u64().map_or(50, |size| size.try_into().unwrap_or(usize::MAX)));
    if size > 1 && script.blind_walks > 0 {
        script.blind_walks -= 1;
        return Json(json!({"issues": [], "isLast": true})).into_response();
    }
    let mut page: Vec<_> = script.issues.iter().skip(start).take(size).cloned().collect();
    if start > 0 && script.unstable_walks > 0 {
        script.unstable_walks -= 1;
        page.push(script.issues[0].clone());
    }
    let id = |issue: &Issue| format!(r#"{{"id":"{}"}}"#, issue.id);
    let issues: Vec<_> = page.iter().map(if only_ids { id } else { shown }).collect();
    let last = start + size >= script.issues.len();
    let token = if last { "null".to_owned() } else { format!(r#""{}""#, start + size) };
    let answer = format!(r#"{{"issues":[{}],"isLast":{last},"nextPageToken":{token}}}"#, issues.join(","));
    ([("content-type", "application/json")], answer).into_response()
}

/// As text, so that numbers keep their digits.
fn shown(issue: &Issue) -> String {
    let (status, key) = if issue.done { ("10002", "done") } else { ("3", "indeterminate") };
    format!(
        r#"{{"id":"{0}","key":"AE-{0}","fields":{{"summary":"Issue {0}","updated":"2026-11-20T10:00:00.000+0000",
        "status":{{"id":"{status}","name":"{key}","statusCategory":{{"key":"{key}"}}}},"customfield_10016":{1}}}}}"#,
        issue.id, issue.points
    )
}

async fn count(State(jira): State<Jira>, body: String) -> Json<Value> {
    let done_only = body.contains("statusCategory");
    let script = jira.script();
    Json(json!({"count": script.issues.iter().filter(|issue| issue.done || !done_only).count()}))
}

async fn parse(State(jira): State<Jira>, body: String) -> Json<Value> {
    let body: Value = serde_json::from_str(&body).expect("the client sends JSON");
    let errors: Vec<_> = jira.script().refuses.into_iter().collect();
    Json(json!({"queries": [{"query": body["queries"][0], "structure": {}, "errors": errors, "warnings": []}]}))
}
