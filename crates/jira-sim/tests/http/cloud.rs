//! Cloud over HTTP: search, paging, sign-in, tools, bulk reads.

use crate::client::{Visitor, cloud};
use chrono::TimeDelta;
use okrsync_jira_sim::{BadCredentials, Browsers, IssueDraft, JiraSim, SiteOptions, User};
use serde_json::{Value, json};

const SEARCH: &str = "/rest/api/3/search/jql";

#[tokio::test]
async fn ids_alone_come_in_large_pages_and_fields_in_small_ones() {
    let (sim, visitor) = cloud(SiteOptions::default(), 250).await;
    let bare = visitor.post(SEARCH, json!({ "jql": "project = AE", "maxResults": 5000 })).await;
    assert_eq!(bare.ids().len(), 250);
    assert_eq!(bare.json()["isLast"], true);
    assert_eq!(bare.json()["issues"][0], json!({ "id": sim.find("AE-250").unwrap().to_string() }), "newest first");
    let body = json!({ "jql": "project = AE", "maxResults": 5000, "fields": ["status", "updated"] });
    let page = visitor.post(SEARCH, body).await.json();
    assert_eq!(page["issues"].as_array().unwrap().len(), 100);
    assert_eq!(page["isLast"], false);
    assert_eq!(page["total"], Value::Null, "Cloud tells no total");
    let fields = &page["issues"][0]["fields"];
    assert_eq!(fields["status"]["statusCategory"]["key"], "done", "AE-250 is done: {fields}");
    assert_eq!(fields["updated"], "2026-11-20T09:00:00.000+0000");
    assert_eq!(fields.as_object().unwrap().len(), 2);
}

/// Walks all pages and answers the ids in order.
async fn walk(visitor: &Visitor, mut body: Value) -> Vec<u64> {
    let mut ids = Vec::new();
    loop {
        let page = visitor.post(SEARCH, body.clone()).await;
        assert_eq!(page.status, 200, "{}", page.text);
        ids.extend(page.ids());
        match page.json()["nextPageToken"].as_str() {
            Some(token) => body["nextPageToken"] = json!(token),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn a_walk_finds_every_issue_once_in_any_order() {
    let (sim, visitor) = cloud(SiteOptions::default(), 130).await;
    for number in [5, 60, 99] {
        sim.clock().advance(TimeDelta::minutes(1));
        sim.edit(sim.find(&format!("AE-{number}")).unwrap()).unwrap().priority("High").unwrap();
    }
    for order in ["", " ORDER BY key ASC", " ORDER BY updated DESC", " ORDER BY priority DESC, created"] {
        let body = json!({ "jql": format!("project = AE{order}"), "fields": ["key", "summary"], "maxResults": 40 });
        let mut ids = walk(&visitor, body).await;
        assert_eq!(ids.len(), 130, "{order}");
        if order.contains("updated") {
            assert_eq!(ids[..3], [99, 60, 5].map(|n| sim.find(&format!("AE-{n}")).unwrap().number()));
        }
        ids.sort_unstable();
        assert_eq!(ids, sim.truth("project = AE").unwrap().ids(), "{order}");
    }
}

#[tokio::test]
async fn tokens_are_bound_to_their_query_and_run_out() {
    let (sim, visitor) = cloud(SiteOptions::default(), 60).await;
    let first = visitor.search("project = AE").await.json();
    let token = first["nextPageToken"].as_str().unwrap();
    let next = |jql: &str| json!({ "jql": jql, "nextPageToken": token });
    assert_eq!(visitor.post(SEARCH, next("project = AE AND status = Done")).await.status, 400);
    assert_eq!(visitor.post(SEARCH, next("project = AE")).await.ids().len(), 10);
    sim.clock().advance(TimeDelta::days(7));
    assert_eq!(visitor.post(SEARCH, next("project = AE")).await.status, 400);
    assert_eq!(visitor.post(SEARCH, json!({ "jql": "project = AE", "nextPageToken": "made-up" })).await.status, 400);
}

#[tokio::test]
async fn queries_are_refused_in_jiras_words() {
    let (_sim, visitor) = cloud(SiteOptions::default(), 3).await;
    let unbounded = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
    for (jql, status, error) in [
        ("", 400, unbounded),
        ("order by key desc", 400, unbounded),
        ("project = \"AE", 400, "Error in the JQL Query: "),
        ("project = AE AND", 400, "Error in the JQL Query: "),
        ("project = AE AND nonsense()", 400, "Error in the JQL Query: "),
        ("project in nonsense()", 400, "Unable to find JQL function 'nonsense()'"),
        ("project = AE ORDER BY a, b, c, d, e, f, g, h", 400, "ORDER BY supports"),
        ("this is not jql", 200, ""),
        ("project = GHOST", 200, ""),
        ("ghost = 1", 200, ""),
        ("assignee = ghost", 200, ""),
    ] {
        let answer = visitor.search(jql).await;
        assert_eq!(answer.status, status, "{jql}: {}", answer.text);
        assert!(answer.error().starts_with(error), "{jql}: {}", answer.text);
        assert_eq!(answer.ids().len(), 0, "{jql}");
    }
}

#[tokio::test]
async fn the_schema_of_post_is_closed() {
    let (_sim, visitor) = cloud(SiteOptions::default(), 1).await;
    for body in [
        json!({ "jql": "project = AE", "startAt": 0 }),
        json!({ "jql": "project = AE", "expand": ["names"] }),
        json!({ "jql": "project = AE", "maxResults": "50" }),
        json!({ "jql": "project = AE", "maxResults": 0 }),
        json!({ "jql": "project = AE", "properties": ["a", "b", "c", "d", "e", "f"] }),
        json!({ "jql": "project = AE", "reconcileIssues": (0..51).collect::<Vec<_>>() }),
    ] {
        assert_eq!(visitor.post(SEARCH, body.clone()).await.status, 400, "{body}");
    }
    let plain = visitor.request(reqwest::Method::POST, SEARCH).body(r#"{"jql":"project = AE"}"#);
    assert_eq!(visitor.try_send(plain).await.unwrap().status, 415);
    let get = visitor.get(&format!("{SEARCH}?jql=project%20%3D%20AE&fields=key,summary&fields=status")).await;
    assert_eq!(get.json()["issues"][0]["fields"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_removed_or_never_was_is_not_there() {
    let (_sim, visitor) = cloud(SiteOptions::default(), 1).await;
    for version in ["2", "3", "latest"] {
        let answer = visitor.get(&format!("/rest/api/{version}/search?jql=x")).await;
        assert_eq!(answer.status, 410);
        assert!(answer.error().contains("/rest/api/3/search/jql"), "{}", answer.text);
    }
    for path in ["/rest/api/3/project", "/rest/api/3/searchLimits/maxResultWindow", "/nothing"] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
    assert_eq!(visitor.get("/rest/api/3/jql/parse").await.status, 405);
}

#[tokio::test]
async fn a_dead_token_is_silent_in_search_and_loud_in_myself() {
    let (sim, visitor) = cloud(SiteOptions::default(), 5).await;
    assert_eq!(visitor.search("project = AE").await.header("x-aaccountid"), sim.account().id);
    let token = sim.token(&sim.account());
    let dying = visitor.clone().with(&sim, &token);
    assert_eq!(dying.get("/rest/api/3/myself").await.json()["accountId"], sim.account().id);
    assert!(sim.set_token_expiry(&token, Some(sim.now() + TimeDelta::days(1))));
    assert_eq!(dying.search("project = AE").await.ids().len(), 5);
    sim.clock().advance(TimeDelta::days(1));
    let silent = dying.search("project = AE").await;
    assert_eq!((silent.status, silent.ids().len()), (200, 0));
    assert_eq!(silent.header("x-seraph-loginreason"), "AUTHENTICATED_FAILED");
    assert_eq!(silent.header("x-aaccountid"), "");
    assert_eq!(dying.get("/rest/api/3/myself").await.status, 401);
    assert!(sim.set_token_expiry(&token, None));
    assert_eq!(dying.search("project = AE").await.ids().len(), 5, "extended");
    assert!(sim.revoke_token(&token));
    assert_eq!(dying.get("/rest/api/3/myself").await.status, 401);
    sim.set_browsers("AE", Browsers::Anonymous).unwrap();
    assert_eq!(dying.search("project = AE").await.ids().len(), 5, "public issues are there for everybody");
}

#[tokio::test]
async fn wrong_credentials_can_be_loud_everywhere() {
    let options = SiteOptions { bad_credentials: BadCredentials::Unauthorized, ..SiteOptions::default() };
    let (sim, visitor) = cloud(options, 1).await;
    let wrong = visitor.with(&sim, "wrong");
    assert_eq!(wrong.search("project = AE").await.status, 401);
    assert_eq!(wrong.get("/rest/api/3/serverInfo").await.json()["deploymentType"], "Cloud");
}

#[tokio::test]
async fn scoped_tokens_open_the_gateway_and_classic_ones_the_site() {
    let (sim, classic) = cloud(SiteOptions::default(), 2).await;
    let tenant = Visitor::anonymous(&sim).get("/_edge/tenant_info").await;
    assert_eq!(tenant.json(), json!({ "cloudId": sim.cloud_id() }));
    let gateway = format!("{}/ex/jira/{}", sim.gateway_url(), sim.cloud_id());
    let scoped = classic.clone().with(&sim, &sim.scoped_token(&sim.account()));
    for path in ["/rest/api/3/myself", "/rest/api/3/search/jql?jql=project%3DAE"] {
        assert_eq!(scoped.get(path).await.status, 401, "a scoped token at the site");
        assert_eq!(scoped.clone().at(gateway.clone()).get(path).await.status, 200);
        let refused = classic.clone().at(gateway.clone()).get(path).await;
        assert_eq!((refused.status, &refused.json()["code"]), (401, &json!(401)), "a classic token at the gateway");
        assert_eq!(classic.get(path).await.status, 200);
    }
    assert_eq!(scoped.at(sim.gateway_url()).get("/rest/api/3/myself").await.status, 404);
}

#[tokio::test]
async fn people_see_what_they_may() {
    let (sim, visitor) = cloud(SiteOptions::default(), 4).await;
    let guest: User = sim.add_user("guest");
    let hidden = sim.find("AE-1").unwrap();
    sim.restrict(hidden, &[&guest]).unwrap();
    assert_eq!(visitor.search("project = AE").await.ids().len(), 3);
    assert_eq!(visitor.get("/rest/api/3/issue/AE-1").await.status, 404);
    assert_eq!(sim.truth("project = AE").unwrap().matched(), 3);
    sim.unhide(hidden).unwrap();
    assert_eq!(visitor.get("/rest/api/3/issue/ae-1").await.json()["key"], "AE-1");
    sim.set_browsers("AE", Browsers::Only(vec![guest.id])).unwrap();
    assert_eq!(visitor.search("project = AE").await.ids().len(), 0);
    assert_eq!(visitor.get("/rest/api/3/project/search").await.status, 404, "no project at all");
}

#[tokio::test]
async fn parse_judges_as_strictly_as_asked() {
    let (_sim, visitor) = cloud(SiteOptions::default(), 1).await;
    let queries = ["project = AE", "ghost = 1", "assignee = ghost", "labels = ghost", "project =", "a = 1 ORDER BY b"];
    let parse = async |mode: &str| {
        let answer =
            visitor.post(&format!("/rest/api/3/jql/parse?validation={mode}"), json!({ "queries": queries })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer = answer.json();
        let count = |query: &Value, list: &str| query[list].as_array().unwrap().len();
        let shape = |query: &Value| (count(query, "errors"), count(query, "warnings"), query["structure"].is_object());
        answer["queries"].as_array().unwrap().iter().map(shape).collect::<Vec<_>>()
    };
    let (fine, broken) = ((0, 0, true), (1, 0, false));
    assert_eq!(parse("strict").await, [fine, broken, fine, fine, broken, (2, 0, false)]);
    assert_eq!(parse("warn").await, [fine, (1, 0, true), (0, 1, true), fine, broken, (2, 0, true)]);
    assert_eq!(parse("none").await, [fine, fine, fine, fine, broken, fine]);
    let body = json!({ "queries": ["x = 1"] });
    assert_eq!(visitor.post("/rest/api/3/jql/parse", body).await.status, 400, "validation is required");
    let structure = visitor
        .post("/rest/api/3/jql/parse?validation=none", json!({ "queries": ["\"a b\" in (1, x()) order by key desc"] }))
        .await
        .json()["queries"][0]["structure"]
        .clone();
    assert_eq!(structure["where"]["field"], json!({ "name": "a b", "encodedName": "\"a b\"" }));
    assert_eq!(structure["where"]["operand"]["values"][1]["function"], "x");
    assert_eq!(structure["orderBy"]["fields"][0]["direction"], "desc");
}

#[tokio::test]
async fn match_tells_which_issues_belong_to_which_query() {
    let (sim, visitor) = cloud(SiteOptions::default(), 4).await;
    let ids = sim.truth("project = AE").unwrap().ids();
    let body = json!({ "issueIds": ids, "jqls": ["status = Done", "project = GHOST", "project ="] });
    let matches = visitor.post("/rest/api/3/jql/match", body).await.json()["matches"].clone();
    assert_eq!(matches[0]["matchedIssues"], json!([ids[0], ids[3]]));
    assert_eq!(matches[1], json!({ "matchedIssues": [], "errors": [] }));
    assert!(matches[2]["errors"][0].as_str().unwrap().starts_with("Invalid JQL"));
    let count = visitor.post("/rest/api/3/search/approximate-count", json!({ "jql": "status = Done" })).await;
    assert_eq!(count.json(), json!({ "count": 2 }));
}

#[tokio::test]
async fn bulk_fetch_ascends_and_silently_omits() {
    let (sim, visitor) = cloud(SiteOptions::default(), 3).await;
    sim.hide(sim.find("AE-2").unwrap()).unwrap();
    let fetch = async |ids: Value| {
        let body = json!({ "issueIdsOrKeys": ids, "fields": ["summary"] });
        visitor.post("/rest/api/3/issue/bulkfetch", body).await
    };
    let fetched = fetch(json!(["ae-3", "AE-2", "99999", "AE-1"])).await.json();
    assert_eq!(fetched["issues"][0]["key"], "AE-1");
    assert_eq!(fetched["issues"][1]["key"], "AE-3");
    assert_eq!((fetched["issues"].as_array().unwrap().len(), &fetched["issueErrors"]), (2, &json!([])));
    assert_eq!(fetch(json!([])).await.status, 400);
    assert_eq!(fetch((0..101).map(|n| n.to_string()).collect()).await.status, 400);
}

#[tokio::test]
async fn a_lagging_index_shows_the_old_unless_reconciled() {
    let options = SiteOptions { lag_requests: 2, ..SiteOptions::default() };
    let (sim, visitor) = cloud(options, 0).await;
    let old = sim.create(IssueDraft::new("AE", "Story")).unwrap();
    for _ in 0..2 {
        assert_eq!(visitor.search("status = 'To Do'").await.ids().len(), 0, "not indexed yet");
    }
    assert_eq!(visitor.search("status = 'To Do'").await.ids(), [old.number()]);
    sim.edit(old).unwrap().transition("Done").unwrap();
    let reconciled = json!({ "jql": "status = Done", "reconcileIssues": [old.number()] });
    assert_eq!(visitor.post(SEARCH, reconciled).await.ids(), [old.number()]);
    assert_eq!(visitor.search("status = 'To Do'").await.ids(), [old.number()], "still in its old place");
    assert_eq!(visitor.search("status = Done").await.ids(), [old.number()]);
}

#[tokio::test]
async fn changelogs_tell_what_happened() {
    let (sim, visitor) = cloud(SiteOptions::default(), 1).await;
    let id = sim.find("AE-1").unwrap();
    let edit = sim.edit(id).unwrap().transition("In Progress").unwrap().estimate(Some(7200)).unwrap();
    edit.log_work(3600).unwrap().points("5.0").unwrap().transition("Done").unwrap();
    let log = visitor.get("/rest/api/3/issue/AE-1/changelog").await.json();
    assert_eq!((&log["total"], &log["isLast"]), (&json!(5), &json!(true)));
    let status = &log["values"][0]["items"][0];
    assert_eq!((&status["fieldId"], &status["toString"]), (&json!("status"), &json!("In Progress")));
    let points = &log["values"][3]["items"][0];
    assert_eq!((&points["field"], &points["fieldtype"]), (&json!("Story Points"), &json!("custom")));
    let bulk = json!({ "issueIdsOrKeys": ["AE-1"], "fieldIds": ["status"], "maxResults": 1 });
    let page = visitor.post("/rest/api/3/changelog/bulkfetch", bulk).await.json();
    assert_eq!(page["issueChangeLogs"][0]["issueId"], id.to_string());
    assert_eq!(page["nextPageToken"], "clb1");
    let issue = visitor.get("/rest/api/3/issue/AE-1?expand=changelog").await.json();
    assert_eq!(issue["changelog"]["histories"][0]["items"][0]["toString"], "Done", "newest first");
    assert_eq!(issue["fields"]["progress"], json!({ "progress": 3600, "total": 7200, "percent": 50 }));
    let worklogs = visitor.get("/rest/api/3/issue/AE-1/worklog").await.json();
    assert_eq!(worklogs["worklogs"][0]["timeSpentSeconds"], 3600);
}

#[tokio::test]
async fn numbers_keep_their_text() {
    let sim = JiraSim::cloud(SiteOptions::default()).await.unwrap();
    sim.add_project("AE", "Arm engineering").unwrap();
    let risk = sim.add_number_field("Risk score").unwrap();
    let huge = "123456789012345678901234567890.5";
    sim.create(IssueDraft::new("AE", "Story").points("0.10").number(&risk, huge)).unwrap();
    let answer = Visitor::of(&sim).get("/rest/api/3/issue/AE-1").await;
    assert!(answer.text.contains(&format!("\"{risk}\":{huge}")), "{}", answer.text);
    assert!(answer.text.contains("\"customfield_10187\":0.10"), "{}", answer.text);
    let fields = Visitor::of(&sim).get("/rest/api/3/field").await.json();
    let known = |id: &str| fields.as_array().unwrap().iter().any(|field| field["id"] == id);
    assert!(known(&risk) && known("customfield_10016"));
    sim.hide_field(&risk).unwrap();
    assert!(!Visitor::of(&sim).get("/rest/api/3/field").await.text.contains("Risk score"));
    assert!(!Visitor::of(&sim).get("/rest/api/3/issue/AE-1").await.text.contains(&risk));
}
