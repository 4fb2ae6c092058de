//! Data Center over HTTP: offset paging, strict values, sign-in by personal access token.

use chrono::TimeDelta;
use okrsync_jira_sim::{AnonymousAccess, BadCredentials, Browsers, Burst, IssueDraft, SiteOptions};
use serde_json::{Value, json};

use crate::client::{Visitor, data_center};

const SEARCH: &str = "/rest/api/2/search";

#[tokio::test]
async fn pages_are_clamped_echoed_and_counted_exactly() {
    let options = SiteOptions { page_cap_data_center: 20, context_path: "/jira".into(), ..SiteOptions::default() };
    let (sim, visitor) = data_center(options, 45).await;
    assert!(sim.base_url().ends_with("/jira"), "{}", sim.base_url());
    let body = |start: i32, most: i32| json!({ "jql": "project = AE ORDER BY key ASC", "startAt": start, "maxResults": most, "fields": ["updated"] });
    let mut ids = Vec::new();
    for start in [0, 20, 40, 60] {
        let page = visitor.post(SEARCH, body(start, 5000)).await;
        let json = page.json();
        assert_eq!((&json["startAt"], &json["maxResults"], &json["total"]), (&json!(start), &json!(20), &json!(45)));
        ids.extend(page.ids());
    }
    assert_eq!(ids, sim.truth("project = AE").unwrap().ids());
    let count = visitor.post(SEARCH, body(0, 0)).await.json();
    assert_eq!((&count["total"], &count["issues"]), (&json!(45), &json!([])));
    let everything = visitor.get(&format!("{SEARCH}?jql=&fields=key")).await.json();
    assert_eq!(everything["total"], 45, "an empty query is allowed here");
    assert_eq!(everything["issues"][0]["key"], "AE-45");
}

#[tokio::test]
async fn values_are_strict_and_people_are_not() {
    let (sim, visitor) = data_center(SiteOptions::default(), 2).await;
    let search = async |jql: &str, validate: bool| {
        visitor.post(SEARCH, json!({ "jql": jql, "maxResults": 0, "validateQuery": validate })).await
    };
    for (jql, error) in [
        ("project = GHOST", "The value 'GHOST' does not exist for the field 'project'."),
        ("status WAS Ghost", "The value 'Ghost' does not exist for the field 'status'."),
        ("'Epic Link' = AE-99", "The value 'AE-99' does not exist for the field 'Epic Link'."),
        ("ghost = 1", "Field 'ghost' does not exist"),
        ("project = AE ORDER BY ghost", "Field 'ghost' does not exist"),
        ("this is not jql", "Error in the JQL Query: "),
        ("sprint in ghosts()", "Unable to find JQL function 'ghosts()'"),
    ] {
        let answer = search(jql, true).await;
        assert_eq!(answer.status, 400, "{jql}: {}", answer.text);
        assert!(answer.error().starts_with(error), "{jql}: {}", answer.text);
    }
    sim.set_browsers("AE", Browsers::Only(Vec::new())).unwrap();
    assert_eq!(search("project = AE", true).await.status, 400, "a project that nobody shows does not exist");
    sim.set_browsers("AE", Browsers::Everyone).unwrap();
    let tolerated = search("assignee = ghost OR project = AE", true).await.json();
    assert_eq!(tolerated["total"], 2);
    assert_eq!(tolerated["warningMessages"][0], "The value 'ghost' does not exist for the field 'assignee'.");
    let unchecked = search("project = GHOST OR project = AE", false).await.json();
    assert_eq!((&unchecked["total"], unchecked["warningMessages"].as_array().unwrap().len()), (&json!(2), 1));
    assert_eq!(visitor.post(SEARCH, json!({ "jql": "", "expand": "names" })).await.status, 400, "expand is a list");
    assert_eq!(visitor.post(SEARCH, json!({ "jql": "", "validateQuery": "strict" })).await.status, 400);
}

#[tokio::test]
async fn deep_pages_hit_the_result_window() {
    let (_sim, visitor) = data_center(SiteOptions { result_window: Some(30), ..SiteOptions::default() }, 40).await;
    let page = async |start: i32| visitor.post(SEARCH, json!({ "jql": "", "startAt": start, "maxResults": 10 })).await;
    assert_eq!(page(20).await.ids().len(), 10);
    let beyond = page(21).await;
    assert_eq!(beyond.status, 500);
    assert!(beyond.error().starts_with("Search limit exceeded"), "{}", beyond.text);
}

#[tokio::test]
async fn nothing_of_cloud_is_here() {
    let (_sim, visitor) = data_center(SiteOptions::default(), 1).await;
    for path in [
        "/_edge/tenant_info",
        "/rest/api/3/myself",
        "/rest/api/2/search/jql",
        "/rest/api/2/search/approximate-count",
        "/rest/api/2/project/search",
        "/rest/api/2/issue/AE-1/changelog",
    ] {
        assert_eq!(visitor.get(path).await.status, 404, "{path}");
    }
    for path in ["/rest/api/2/jql/parse?validation=strict", "/rest/api/2/jql/match", "/rest/api/2/changelog/bulkfetch"]
    {
        assert_eq!(visitor.post(path, json!({})).await.status, 404, "{path}");
    }
    let server = visitor.get("/rest/api/2/serverInfo").await.json();
    assert_eq!((&server["deploymentType"], &server["versionNumbers"]), (&json!("Server"), &json!([10, 3, 19])));
    let me = visitor.get("/rest/api/2/myself").await.json();
    assert_eq!((&me["name"], &me["accountId"]), (&json!("account"), &Value::Null));
    let fields = visitor.get("/rest/api/2/field").await.json();
    let link = fields.as_array().unwrap().iter().find(|f| f["name"] == "Epic Link").unwrap();
    assert_eq!(link["schema"]["custom"], "com.pyxis.greenhopper.jira:gh-epic-link");
    assert!(link.get("key").is_none() && link.get("scope").is_none());
}

#[tokio::test]
async fn epics_hold_stories_by_their_link() {
    let (sim, visitor) = data_center(SiteOptions::default(), 0).await;
    let epic = sim.create(IssueDraft::new("AE", "Epic").key_number(786)).unwrap();
    let story = sim.create(IssueDraft::new("AE", "Story").epic(epic)).unwrap();
    let task = sim.create(IssueDraft::new("AE", "Sub-task").parent(story)).unwrap();
    let find = async |jql: &str| visitor.post(SEARCH, json!({ "jql": jql })).await.ids();
    assert_eq!(find("\"Epic Link\" = AE-786").await, [story.number()]);
    assert_eq!(find("parent = AE-787").await, [task.number()]);
    assert!(find("parent = AE-786").await.is_empty());
    assert_eq!(visitor.get("/rest/api/2/issue/AE-787").await.json()["fields"]["customfield_10008"], "AE-786");
}

#[tokio::test]
async fn a_wrong_token_is_refused_or_ignored() {
    let (sim, visitor) = data_center(SiteOptions::default(), 3).await;
    let good = visitor.get(SEARCH).await;
    assert_eq!((good.header("x-ausername"), good.header("x-seraph-loginreason")), ("account", "OK"));
    let wrong = visitor.clone().with(&sim, "wrong").get(SEARCH).await;
    assert_eq!((wrong.status, wrong.ids().len()), (200, 0));
    assert_eq!(
        (wrong.header("x-ausername"), wrong.header("x-seraph-loginreason")),
        ("anonymous", "AUTHENTICATED_FAILED")
    );
    let loud = SiteOptions { bad_credentials: BadCredentials::Unauthorized, ..SiteOptions::default() };
    let (sim, visitor) = data_center(loud, 1).await;
    assert_eq!(visitor.with(&sim, "wrong").get(SEARCH).await.status, 401);
}

#[tokio::test]
async fn old_servers_ignore_bearer_tokens() {
    let (sim, visitor) = data_center(SiteOptions { server_version: (8, 13, 9), ..SiteOptions::default() }, 3).await;
    let ignored = visitor.get(SEARCH).await;
    assert_eq!((ignored.status, ignored.header("x-ausername"), ignored.ids().len()), (200, "anonymous", 0));
    assert_eq!(ignored.header("x-seraph-loginreason"), "", "nothing was refused, it was not even looked at");
    assert_eq!(visitor.get("/rest/api/2/myself").await.status, 401);
    sim.set_browsers("AE", Browsers::Anonymous).unwrap();
    assert_eq!(visitor.get(SEARCH).await.ids().len(), 3);
}

#[tokio::test]
async fn strangers_are_refused_or_sent_to_the_login_page() {
    for (anonymous, status) in
        [(AnonymousAccess::PublicIssues, 200), (AnonymousAccess::Refused, 401), (AnonymousAccess::RedirectToLogin, 302)]
    {
        let (sim, _) = data_center(SiteOptions { anonymous, ..SiteOptions::default() }, 1).await;
        let stranger = Visitor::anonymous(&sim);
        let answer = stranger.get(SEARCH).await;
        assert_eq!(answer.status, status, "{anonymous:?}");
        assert_eq!(answer.header("location").contains("/login.jsp?"), status == 302);
        assert_eq!(stranger.get("/rest/api/2/serverInfo").await.status, 200);
    }
}

#[tokio::test]
async fn rate_headers_tell_zero_while_tokens_remain() {
    let burst = Some(Burst { per_second: 0.001, size: 3.0 });
    let (_sim, visitor) = data_center(SiteOptions { rate_headers: true, burst, ..SiteOptions::default() }, 1).await;
    for _ in 0..3 {
        let fine = visitor.get("/rest/api/2/myself").await;
        assert_eq!((fine.status, fine.header("retry-after"), fine.header("x-ratelimit-limit")), (200, "0", "3"));
    }
    let over = visitor.get(SEARCH).await;
    assert_eq!((over.status, over.header("retry-after")), (429, "1"));
}

#[tokio::test]
async fn users_read_dates_in_their_own_zone() {
    let (sim, visitor) = data_center(SiteOptions::default(), 1).await;
    let far = sim.add_user_in("far", chrono_tz::Asia::Tokyo);
    let theirs = visitor.with(&sim, &sim.token(&far));
    let fields = theirs.get("/rest/api/2/issue/AE-1").await.json()["fields"].clone();
    assert_eq!(fields["created"], "2026-11-20T18:00:00.000+0900");
    sim.clock().advance(TimeDelta::hours(8));
    let today = json!({ "jql": "created >= startOfDay()" });
    assert_eq!(theirs.post(SEARCH, today.clone()).await.ids().len(), 0, "it is tomorrow in Tokyo");
    assert_eq!(Visitor::of(&sim).post(SEARCH, today).await.ids().len(), 1);
}
