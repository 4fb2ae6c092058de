//! Connections in daily life: edited, warned of, used up, moved away from, removed.

use chrono::TimeDelta;
use okrsync_domain::{Random, person::Role};
use okrsync_jira_sim::{Dialect, IssueDraft, JiraSim};
use okrsync_server::App;
use okrsync_tests::{
    app::{DEADLINE, TestApp, connection_body, text},
    databases::TestDatabase,
    journey,
};
use serde_json::{Value, json};

/// An OKR over 20 issues, 8 of them done, on one connection.
struct Linked {
    app: TestApp,
    site: JiraSim,
    connection: String,
    okr: String,
}

impl Linked {
    async fn start(database: &TestDatabase, dialect: Dialect) -> Self {
        let app = TestApp::start(database).await;
        let site = app.jira(dialect).await;
        fill(&site);
        let connection = app.connect(&site).await;
        let okr = app.key_result(json!({})).await;
        app.link(&okr, &connection, "project = AE", json!({})).await;
        Self { app, site, connection, okr }
    }

    async fn connection(&self) -> Value {
        self.app.admin.get(&format!("/connections/{}", self.connection)).await.expect(200)
    }

    async fn edit(&self, change: Value) -> Value {
        self.app.admin.patch(&format!("/connections/{}", self.connection), &change).await.expect(200)
    }
}

fn fill(site: &JiraSim) {
    site.add_project("AE", "Arm engineering").expect("a new project");
    for number in 0..20 {
        let status = if number < 8 { "Done" } else { "To Do" };
        site.create(IssueDraft::new("AE", "Story").status(status).points("2")).expect("an issue");
    }
}

fn codes(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|item| text(&item["code"])).collect()
}

/// An empty or absent secret keeps the old one; another account's is no intrusion; what is asked differently is untested
/// until Jira answers, and is measured at once.
async fn an_edit_keeps_what_is_not_given(database: TestDatabase, dialect: Dialect) {
    let linked = Linked::start(&database, dialect).await;
    let mark = linked.site.ledger().arrived();
    let named = linked.edit(json!({"name": "Renamed", "auth": {"token": ""}})).await;
    assert_eq!((&named["name"], &named["state"]), (&json!("Renamed"), &json!("ok")));
    linked.app.settle().await;
    assert_eq!(linked.site.ledger().arrived(), mark, "a new name asks Jira nothing");

    let other = linked.site.add_user("bob");
    let token = linked.site.token(&other);
    let auth = match dialect {
        Dialect::Cloud => json!({"email": other.email, "token": token}),
        Dialect::DataCenter => json!({"token": token}),
    };
    let edited = linked.edit(json!({"auth": auth})).await;
    assert_ne!(edited["state"], "failing", "{edited}");
    linked.app.settle().await;
    let after = linked.connection().await;
    assert_eq!((&after["state"], &after["account"]["display_name"]), (&json!("ok"), &json!("bob")), "{after}");
    assert_eq!(linked.app.okr(&linked.okr).await["freshness"]["state"], "fresh");
}

/// A connection that links use stays, and the answer names them; moved to another they are measured there.
async fn links_are_named_and_moved(database: TestDatabase, dialect: Dialect) {
    let linked = Linked::start(&database, dialect).await;
    let app = &linked.app;
    let member = app.person("mia@northwind.example", Role::Member).await;
    let secret = json!({"kind": "key_result", "title": "Hidden plan", "visibility": "private",
                        "starts_on": "2026-10-01", "due_on": "2026-12-31"});
    let secret = text(&member.post("/okrs", &secret).await.expect(201)["id"]);
    let link = json!({"connection_id": linked.connection, "jql": "project = AE", "metric": {"kind": "count"}});
    member.put(&format!("/okrs/{secret}/link?wait=50"), &link).await.expect(200);
    let lead = app.person("lea@northwind.example", Role::Member).await;
    let token = linked.site.token(&linked.site.account());
    let own = text(&lead.post("/connections", &connection_body(&linked.site, &token)).await.expect(201)["id"]);
    lead.put(&format!("/okrs/{}/link", linked.okr), &link).await.expect(403);

    let path = format!("/connections/{}", linked.connection);
    let refused = app.admin.delete(&path).await.problem(409, "connection_in_use");
    let named: Vec<_> =
        refused["errors"].as_array().expect("a list").iter().map(|link| text(&link["message"])).collect();
    assert_eq!(named, ["Fix 20 bugs", "Hidden plan"], "{refused}");
    app.admin.delete(&format!("{path}?move_links_to={}", linked.connection)).await.problem(422, "invalid_value");
    lead.patch(&format!("/connections/{own}"), &json!({"sharing": "private"})).await.expect(200);
    let unfit = app.admin.delete(&format!("{path}?move_links_to={own}")).await.problem(422, "invalid_value");
    assert!(text(&unfit["detail"]).contains("Share it first"), "{unfit}");
    lead.delete(&path).await.expect(403);
    lead.patch(&format!("/connections/{own}"), &json!({"sharing": "everyone"})).await.expect(200);

    let readings = app.readings(&linked.okr).await.len();
    app.admin.delete(&format!("{path}?move_links_to={own}")).await.expect(204);
    app.settle().await;
    app.admin.get(&path).await.problem(404, "not_found");
    let okr = app.okr(&linked.okr).await;
    assert_eq!(okr["link"]["connection_id"], own, "{okr}");
    assert_eq!((&okr["progress"], &okr["freshness"]["state"]), (&json!("40"), &json!("fresh")));
    assert_eq!(app.readings(&linked.okr).await.len(), readings + 1, "earlier readings stay");
    assert_eq!(app.admin.get(&format!("/connections/{own}")).await.expect(200)["links"], 2);
}

/// A private OKR's title is not told to the owner of the connection it uses.
async fn private_titles_stay_private(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let site = app.jira(dialect).await;
    fill(&site);
    let (owner, other) = (
        app.person("ola@northwind.example", Role::Member).await,
        app.person("mia@northwind.example", Role::Member).await,
    );
    let token = site.token(&site.account());
    let connection = text(&owner.post("/connections", &connection_body(&site, &token)).await.expect(201)["id"]);
    let okr = json!({"kind": "key_result", "title": "Hidden plan", "visibility": "private",
                     "starts_on": "2026-10-01", "due_on": "2026-12-31"});
    let okr = text(&other.post("/okrs", &okr).await.expect(201)["id"]);
    let link = json!({"connection_id": connection, "jql": "project = AE", "metric": {"kind": "count"}});
    other.put(&format!("/okrs/{okr}/link?wait=50"), &link).await.expect(200);
    let refused = owner.delete(&format!("/connections/{connection}")).await.problem(409, "connection_in_use");
    assert!(!refused.to_string().contains("Hidden plan"), "{refused}");
    assert!(text(&refused["detail"]).contains("1 link"), "{refused}");
}

/// A budget is the most that is sent within any hour; what waits for it says so, and goes on by itself.
async fn a_budget_is_kept(database: TestDatabase, dialect: Dialect) {
    const BUDGET: usize = 40;
    let linked = Linked::start(&database, dialect).await;
    let counted = linked.connection().await["usage"]["requests_last_hour"].as_u64().expect("a number");
    linked.edit(json!({"budget_per_hour": BUDGET})).await;
    let mark = linked.site.ledger().arrived();
    let refused = loop {
        linked.app.clock.advance(TimeDelta::seconds(20));
        let answer = linked.app.admin.post(&format!("/okrs/{}/refresh?wait=50", linked.okr), &json!({})).await;
        if answer.status != 200 {
            break answer;
        }
        assert!(linked.site.ledger().since(mark).len() <= BUDGET);
    };
    assert!(refused.headers.contains_key("retry-after"), "{}", refused.text);
    let refused = refused.problem(502, "budget_used_up");
    assert!(text(&refused["hint"]).contains("budget_per_hour"), "{refused}");
    let sent = linked.site.ledger().since(mark).len();
    assert!(sent <= BUDGET && sent + usize::try_from(counted).expect("small") + 8 >= BUDGET, "{sent} of {BUDGET}");

    let connection = linked.connection().await;
    assert_eq!(connection["state"], "ok", "it works, it only waits: {connection}");
    assert!(connection["slowed_until"].is_string(), "{connection}");
    assert_eq!(codes(&connection["warnings"]), ["budget_used_up"]);
    let okr = linked.app.okr(&linked.okr).await;
    assert_eq!((&okr["progress"], &okr["freshness"]["error"]["code"]), (&json!("40"), &json!("budget_used_up")));
    linked.app.pass_time(TimeDelta::minutes(10)).await;
    assert_eq!(linked.site.ledger().since(mark).len(), sent, "nothing is asked meanwhile");

    linked.app.pass_time(TimeDelta::minutes(62)).await;
    let okr = linked.app.okr(&linked.okr).await;
    assert_eq!(okr["freshness"]["state"], "fresh", "it goes on by itself: {okr}");
}

/// Raising a budget that is used up sets work going at once.
async fn a_raised_budget_sets_work_going(database: TestDatabase, dialect: Dialect) {
    let linked = Linked::start(&database, dialect).await;
    linked.edit(json!({"budget_per_hour": 1})).await;
    let refresh = format!("/okrs/{}/refresh?wait=50", linked.okr);
    linked.app.admin.post(&refresh, &json!({})).await.problem(502, "budget_used_up");
    linked.app.admin.post(&refresh, &json!({})).await.problem(502, "budget_used_up");
    let raised = linked.edit(json!({"budget_per_hour": 1000})).await;
    assert_eq!((&raised["slowed_until"], &raised["last_error"]), (&Value::Null, &Value::Null), "{raised}");
    linked.app.settle().await;
    assert_eq!(linked.app.okr(&linked.okr).await["freshness"]["state"], "fresh");
}

/// Waits until a stream of events has said this.
async fn hear(events: &mut reqwest::Response, words: &str) {
    let mut text = String::new();
    while !text.contains(words) {
        let more = tokio::time::timeout(DEADLINE, events.chunk()).await.expect("in time").expect("a stream");
        text.push_str(&String::from_utf8_lossy(&more.expect("it goes on")));
    }
}

/// A token that is about to expire is warned of, 30, 7 and 1 days before; a new one ends the warning.
async fn an_expiring_token_is_warned_of(database: TestDatabase, dialect: Dialect) {
    let linked = Linked::start(&database, dialect).await;
    assert_eq!(codes(&linked.connection().await["warnings"]), [""; 0]);
    let edited = linked.edit(json!({"secret_expires_at": "2026-12-25T10:00:00Z"})).await;
    assert_eq!(codes(&edited["warnings"]), [""; 0], "35 days are left");
    assert_eq!(edited["secret_expires_at"], "2026-12-25T10:00:00Z");
    for (days, words) in [(6, "in 29 days"), (23, "in 6 days"), (5, "in 1 day")] {
        let mut events = linked.app.admin.listen("/events").await;
        linked.app.clock.advance(TimeDelta::days(days));
        linked.app.app.engine().wake();
        hear(&mut events, "event: connection.state").await;
        let warned = linked.connection().await;
        assert_eq!(codes(&warned["warnings"]), ["secret_expires"], "{warned}");
        assert!(text(&warned["warnings"][0]["message"]).contains(words), "{warned}");
        assert!(warned["warnings"][0]["hint"].is_string());
    }
    linked.app.clock.advance(TimeDelta::days(1));
    assert_eq!(codes(&linked.connection().await["warnings"]), ["secret_expired"]);
    let token = linked.site.token(&linked.site.account());
    let renewed = linked.edit(json!({"auth": {"token": token}})).await;
    assert_eq!((codes(&renewed["warnings"]).len(), &renewed["secret_expires_at"]), (0, &Value::Null), "{renewed}");
}

/// The connection that is chosen beforehand, and why.
async fn a_connection_is_preselected(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    let preselected = async |path: &str| {
        let answer = app.admin.get(path).await.expect(200);
        (answer["connection_id"].clone(), answer["reason"].clone(), text(&answer["message"]))
    };
    let (none, reason, words) = preselected("/connections/preselected").await;
    assert_eq!((none, reason), (Value::Null, Value::Null));
    assert!(words.contains("add one"), "{words}");
    let site = app.jira(dialect).await;
    fill(&site);
    let first = app.connect(&site).await;
    let (id, reason, _) = preselected("/connections/preselected").await;
    assert_eq!((id, reason), (json!(first), json!("only")));
    let second = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &second, "project = AE", json!({})).await;
    let (id, reason, _) = preselected("/connections/preselected").await;
    assert_eq!((id, reason), (json!(second), json!("last_used")));
    app.admin.patch(&format!("/connections/{second}"), &json!({"enabled": false})).await.expect(200);
    let (id, _, _) = preselected("/connections/preselected").await;
    assert_eq!(id, json!(first), "one that is off is not chosen");
    let (id, reason, _) = preselected(&format!("/connections/preselected?okr_id={okr}")).await;
    assert_eq!((id, reason), (json!(second), json!("linked")));
}

/// Other story point fields are measured at once.
async fn chosen_story_point_fields_are_measured(database: TestDatabase, dialect: Dialect) {
    let linked = Linked::start(&database, dialect).await;
    let effort = linked.site.add_number_field("Effort").expect("a field");
    for number in 1..=20 {
        let id = linked.site.find(&format!("AE-{number}")).expect("an issue");
        let value = if number <= 8 { "1" } else { "0.5" };
        linked.site.edit(id).expect("it").number(&effort, Some(value)).expect("a number");
    }
    let points = json!({"metric": {"kind": "story_points"}});
    let okr = linked.app.link(&linked.okr, &linked.connection, "project = AE", points).await;
    assert_eq!(okr["progress"], "40", "16 of 40 points");
    linked.edit(json!({"story_points_fields": [effort]})).await;
    linked.app.settle().await;
    let okr = linked.app.okr(&linked.okr).await;
    assert!(text(&okr["progress"]).starts_with("57.14"), "8 of 14: {okr}");
    let fields = linked.app.admin.get(&format!("/connections/{}/fields", linked.connection)).await.expect(200);
    let chosen: Vec<_> =
        fields["items"].as_array().expect("a list").iter().filter(|field| field["story_points"] == true).collect();
    assert_eq!(chosen.iter().map(|field| text(&field["id"])).collect::<Vec<_>>(), [effort.as_str()], "{fields}");
}

/// A server that the operator's policy rules out is refused when it is entered, and not called when it was stored before.
async fn the_operators_policy_is_kept(database: TestDatabase, dialect: Dialect) {
    let linked = Linked::start(&database, dialect).await;
    let token = linked.site.token(&linked.site.account());
    let body = connection_body(&linked.site, &token);
    for forbidden in [
        "http://169.254.169.254",
        "http://2852039166/jira",
        "http://[::ffff:a9fe:a9fe]:80",
        "http://metadata.google.internal",
    ] {
        let mut body = body.clone();
        body["server_url"] = json!(forbidden);
        let refused = linked.app.admin.post("/connections", &body).await.problem(422, "address_not_allowed");
        assert_eq!(refused["errors"][0]["field"], "server_url", "{refused}");
        for field in ["gateway_url", "auth_url", "proxy_url"] {
            let (path, change) = (format!("/connections/{}", linked.connection), json!({field: forbidden}));
            let refused = linked.app.admin.patch(&path, &change).await.problem(422, "address_not_allowed");
            assert_eq!(refused["errors"][0]["field"], field, "{refused}");
        }
    }

    let Some(fresh) = TestDatabase::fresh(database.backend()) else { return };
    let strict = TestApp::start_with(&fresh, |settings| settings.connections.private_networks = false).await;
    let mark = linked.site.ledger().arrived();
    let refused = strict.admin.post("/connections", &body).await.problem(422, "address_not_allowed");
    assert!(text(&refused["hint"]).contains("private_networks"), "{refused}");
    // One that was stored before the policy was tightened.
    let mut settings = linked.app.app.settings().clone();
    settings.connections.private_networks = false;
    let tightened = App::open(settings, linked.app.clock.clone(), Random::from_os()).await.expect("it opens");
    let test = tightened.engine().test(linked.connection.parse().expect("an id")).await;
    assert!(test.is_err_and(|error| error.to_string().contains("private network")), "it is not called");
    assert_eq!(linked.site.ledger().arrived(), mark, "nothing was sent");
}

journey!(an_edit_keeps_what_is_not_given);
journey!(links_are_named_and_moved);
journey!(private_titles_stay_private, one dialect);
journey!(a_budget_is_kept);
journey!(a_raised_budget_sets_work_going, one dialect);
journey!(an_expiring_token_is_warned_of, one dialect);
journey!(a_connection_is_preselected, one dialect);
journey!(chosen_story_point_fields_are_measured);
journey!(the_operators_policy_is_kept, one dialect);
