//! Whatever is handed in wrongly: a clear refusal that names what, where and the cure; never a 500, nothing stored.

#![expect(clippy::needless_pass_by_value, reason = "`json!` at the call reads better without a reference")]

use okrsync_jira_sim::{Dialect, IssueDraft};
use okrsync_tests::{
    app::{TestApp, connection_body},
    databases::TestDatabase,
    journey,
};
use reqwest::Method;
use serde_json::{Value, json};

const UNKNOWN: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// A case: what it is, method, path, body, status, code.
type Case = (&'static str, Method, String, Value, u16, &'static str);

fn okr(more: Value) -> Value {
    let mut body = json!({"kind": "key_result", "title": "t", "starts_on": "2026-10-01", "due_on": "2026-12-31"});
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

fn kpi(start: Value, target: Value) -> Value {
    json!({"measure": {"kind": "kpi", "name": "n", "unit": "u", "start": start, "target": target}})
}

/// OKRs that are not sound.
fn okr_cases() -> Vec<Case> {
    let post = |what, body, status, code| (what, Method::POST, "/okrs".to_owned(), body, status, code);
    vec![
        post("reversed dates", okr(json!({"due_on": "2026-01-01"})), 422, "invalid_okr"),
        post("no title", okr(json!({"title": "  "})), 422, "invalid_okr"),
        post("start = target", okr(kpi(json!("5"), json!("5.0"))), 422, "start_equals_target"),
        post("a JSON number as decimal", okr(kpi(json!(0), json!("20"))), 422, "invalid_value"),
        post("a decimal that is none", okr(kpi(json!("0"), json!("a lot"))), 422, "invalid_value"),
        post("29 digits", okr(kpi(json!("0"), json!("12345678901234567890123456789.5"))), 422, "invalid_value"),
        post("unknown measure", okr(json!({"measure": {"kind": "mood"}})), 422, "invalid_value"),
        post("unknown kind", okr(json!({"kind": "wish"})), 422, "invalid_value"),
        post("not a date", okr(json!({"due_on": "31.12.2026"})), 422, "invalid_value"),
        post("a day that is none", okr(json!({"due_on": "2026-02-30"})), 422, "invalid_value"),
        post("a key result that rolls up", okr(json!({"progress_mode": "roll_up"})), 422, "invalid_okr"),
        post("a parent that is not there", okr(json!({"parent_id": UNKNOWN})), 404, "not_found"),
        post("an owner that is not there", okr(json!({"owner_id": UNKNOWN})), 404, "not_found"),
        post("an unknown field", okr(json!({"colour": "green"})), 422, "invalid_value"),
        post("a list", json!([]), 422, "invalid_value"),
        post(
            "risk line on the wrong side",
            okr(json!({"measure":
            {"kind": "stay_below", "name": "n", "unit": "u", "target": "2", "risk_line": "1"}})),
            422,
            "invalid_risk_line",
        ),
        ("unknown id", Method::GET, format!("/okrs/{UNKNOWN}"), Value::Null, 404, "not_found"),
        ("no id", Method::GET, "/okrs/42".to_owned(), Value::Null, 404, "not_found"),
        ("unknown path", Method::GET, "/okr".to_owned(), Value::Null, 404, "not_found"),
        ("unknown method", Method::PUT, "/okrs".to_owned(), json!({}), 405, "method_not_allowed"),
        ("limit out of bounds", Method::GET, "/okrs?limit=1000".to_owned(), Value::Null, 422, "invalid_value"),
        ("a cursor that is none", Method::GET, "/okrs?cursor=xyz".to_owned(), Value::Null, 422, "invalid_value"),
        ("unknown status", Method::GET, "/okrs?status=great".to_owned(), Value::Null, 422, "invalid_value"),
    ]
}

/// Connections that are not sound.
fn connection_cases(sound: &Value) -> Vec<Case> {
    let with = |key: &str, value: Value| {
        let mut body = sound.clone();
        body[key] = value;
        body
    };
    let post = |what, body, status, code| (what, Method::POST, "/connections".to_owned(), body, status, code);
    vec![
        post("a scheme that is not HTTP", with("server_url", json!("ftp://jira.example")), 422, "invalid_connection"),
        post("no address at all", with("server_url", json!("jira")), 422, "invalid_connection"),
        post(
            "a password in the address",
            with("server_url", json!("https://a:b@jira.example")),
            422,
            "invalid_connection",
        ),
        post("cloud metadata", with("server_url", json!("http://169.254.169.254/")), 422, "address_not_allowed"),
        post("nobody there", with("server_url", json!("http://127.0.0.1:9")), 502, "jira_unreachable"),
        post("unknown deployment", with("deployment", json!("moon")), 422, "invalid_value"),
        post("no name", with("name", json!("")), 422, "invalid_connection"),
        post("a period in the future is no field", with("period", json!(3)), 422, "invalid_value"),
        ("unknown connection", Method::GET, format!("/connections/{UNKNOWN}"), Value::Null, 404, "not_found"),
    ]
}

/// Links that are not sound, on an OKR that is.
fn link_cases(okr: &str, connection: &str) -> Vec<Case> {
    let put = |what, more: Value, status, code| {
        let mut body = json!({"connection_id": connection, "jql": "project = AE", "metric": {"kind": "count"}});
        for (key, value) in more.as_object().expect("an object") {
            body[key] = value.clone();
        }
        (what, Method::PUT, format!("/okrs/{okr}/link"), body, status, code)
    };
    vec![
        put("unknown metric", json!({"metric": {"kind": "happiness"}}), 422, "invalid_value"),
        put("percent of remaining", json!({"metric": {"kind": "remaining_estimate"}}), 422, "metric_not_available"),
        put("percent of progress", json!({"metric": {"kind": "progress"}}), 422, "metric_not_available"),
        put("sessions are not measured yet", json!({"metric": {"kind": "session_time"}}), 422, "metric_not_available"),
        put("percent, completed only", json!({"completed_only": true}), 422, "not_for_percent_complete"),
        put(
            "percent of a mean",
            json!({"metric": {"kind": "custom_field", "field_id": "customfield_10016",
            "aggregate": "average"}}),
            422,
            "not_for_percent_complete",
        ),
        put("reserved word", json!({"jql": "project = order"}), 422, "invalid_jql"),
        put("no restriction", json!({"jql": "ORDER BY key"}), 422, "unbounded_query"),
        put("nothing", json!({"jql": ""}), 422, "unbounded_query"),
        put("nothing matches", json!({"jql": "project = AE AND labels = nowhere"}), 422, "matches_nothing"),
        put("unknown project", json!({"jql": "project = NOPE"}), 422, "invalid_jql"),
        put("unknown field", json!({"jql": "flavour = sweet"}), 422, "invalid_jql"),
        put("unknown connection", json!({"connection_id": UNKNOWN}), 404, "not_found"),
        put("every minute", json!({"period_minutes": 1}), 422, "invalid_value"),
        (
            "no such OKR",
            Method::PUT,
            format!("/okrs/{UNKNOWN}/link"),
            json!({"connection_id": connection, "jql": "project = AE", "metric": {"kind": "count"}}),
            404,
            "not_found",
        ),
        ("refresh without a link", Method::POST, format!("/okrs/{okr}/refresh"), json!({}), 409, "not_linked"),
    ]
}

async fn every_mistake_is_explained(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    site.create(IssueDraft::new("AE", "Story")).expect("an issue");
    let connection = app.connect(&site).await;
    let id = app.key_result(json!({})).await;
    let sound = connection_body(&site, &site.token(&site.account()));
    let before = app.okr(&id).await;

    let cases = [okr_cases(), connection_cases(&sound), link_cases(&id, &connection)].concat();
    for (what, method, path, body, status, code) in cases {
        let body = (!body.is_null()).then(|| ("application/json", body.to_string().into_bytes()));
        let answer = app.admin.send(method, &format!("/api/v1{path}"), body, &[]).await;
        assert_eq!(answer.json["code"], code, "{what}: {}", answer.text);
        let problem = answer.problem(status, code);
        if code == "invalid_value" {
            assert!(problem["errors"][0]["field"].is_string(), "{what}: which field? {problem}");
        }
    }
    assert_eq!(app.okr(&id).await, before, "nothing is stored");
    let count = async |path: &str| app.admin.get(path).await.expect(200)["items"].as_array().map(Vec::len);
    assert_eq!(count("/okrs").await, Some(1));
    assert_eq!(count("/connections").await, Some(1));
}

async fn malformed_bodies(database: TestDatabase, _dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let post = async |kind: &str, body: &[u8]| {
        app.admin.send(Method::POST, "/api/v1/okrs", Some((kind, body.to_vec())), &[]).await
    };
    post("application/json", b"{\"kind\": ").await.problem(400, "invalid_json");
    post("application/json", b"\xff\xfe").await.problem(400, "invalid_json");
    post("text/plain", b"{}").await.problem(415, "unsupported_media_type");
    post("application/json", "[".repeat(100_000).as_bytes()).await.problem(400, "invalid_json");
    post("application/json", &vec![b' '; 1_100_000]).await.problem(413, "body_too_large");
    app.admin.with_token(None).get("/okrs").await.problem(401, "unauthorized");
    app.admin.with_token(Some("okr_wrong")).get("/okrs").await.problem(401, "unauthorized");
}

/// Numbers at the edge of what a decimal holds are kept exactly, and nothing that is computed from them fails.
async fn the_largest_numbers_are_survived(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    site.create(IssueDraft::new("AE", "Story").status("Done")).expect("an issue");
    let connection = app.connect(&site).await;
    let most = "79228162514264337593543950335";
    let okr = app.key_result(kpi(json!(format!("-{most}")), json!(most))).await;
    let linked = app.link(&okr, &connection, "project = AE", json!({})).await;
    assert_eq!((&linked["value"], &linked["progress"]), (&json!("1"), &json!("50")), "{linked}");
    let issues = app.admin.get(&format!("/okrs/{okr}/issues")).await.expect(200);
    assert_eq!(issues["items"][0]["contribution"], Value::Null, "{issues}");
    let body = json!({"connection_id": connection, "okr_id": okr, "jql": "project = AE", "metric": {"kind": "count"}});
    app.admin.post("/links/preview", &body).await.expect(200);
}

/// A wrong token is refused before anything is stored; `?test=false` stores it untested.
async fn a_wrong_token_is_not_stored(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let wrong = connection_body(&site, "wrong");
    let problem = app.admin.post("/connections", &wrong).await.problem(422, "jira_unauthorized");
    assert!(problem["hint"].is_string(), "{problem}");
    assert!(!problem.to_string().contains("\"wrong\""), "no secret comes back");
    assert_eq!(app.admin.get("/connections").await.expect(200)["items"], json!([]));
    let stored = app.admin.post("/connections?test=false", &wrong).await.expect(201);
    assert_eq!(stored["state"], "untested");
}

/// A place in a query is counted in characters, also behind text that is not ASCII.
async fn a_mistake_in_a_query_has_a_place(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    let jql = "summary ~ \"größe 🙂\" AND project = order";
    let body = json!({"connection_id": connection, "jql": jql, "metric": {"kind": "count"}});
    let problem = app.admin.put(&format!("/okrs/{okr}/link"), &body).await.problem(422, "invalid_jql");
    let error = &problem["errors"][0];
    let place =
        [&error["start"], &error["end"]].map(|at| usize::try_from(at.as_u64().expect("a place")).expect("small"));
    let marked: String = jql.chars().skip(place[0]).take(place[1] - place[0]).collect();
    assert_eq!((marked.as_str(), &error["field"]), ("order", &json!("jql")));
    let check = app.admin.post("/jql/check", &json!({"jql": jql})).await.expect(200);
    assert_eq!((&check["valid"], &check["errors"][0]["start"]), (&json!(false), &json!(place[0])));
    assert!(check["errors"][0]["hint"].as_str().expect("a hint").contains('"'), "quote the reserved word: {check}");
}

journey!(every_mistake_is_explained);
journey!(malformed_bodies, one dialect);
journey!(the_largest_numbers_are_survived, one dialect);
journey!(a_wrong_token_is_not_stored);
journey!(a_mistake_in_a_query_has_a_place, one dialect);
