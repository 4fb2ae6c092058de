//! Walks: what is asked for, how they end, and what makes them fail.

use crate::server::{Reply, Server, issue, offset_page, token_page, variant};
use okrsync_connections::{Error, Pages, Site, Wanted};
use okrsync_domain::{issue::FieldId, measure::Metric};
use serde_json::{Value, json};

/// Walks to the end: the ids, or why not.
async fn walk(mut pages: Pages) -> Result<Vec<i64>, Error> {
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await? {
        ids.extend(page.issues.iter().map(|issue| issue.id.0));
    }
    assert_eq!(pages.read(), ids.len() as u64);
    assert_eq!(pages.next().await, Ok(None), "a proved walk stays proved");
    Ok(ids)
}

fn all(site: &Site) -> Pages {
    site.search("project = AE", &Wanted::default())
}

#[tokio::test]
async fn cloud_pages_by_token_and_asks_only_for_what_is_needed() {
    let server =
        Server::script(vec![token_page(1..=2, Some("t1")), token_page([], Some("t2")), token_page([3], None)]).await;
    let points = FieldId::new("customfield_10016");
    let wanted = Wanted::for_metrics(&[(&Metric::StoryPoints, std::slice::from_ref(&points))]);
    let site = server.cloud();
    assert_eq!(walk(site.search("project = AE", &wanted)).await.unwrap(), [1, 2, 3]);
    let heard = server.heard();
    let body = |token: Option<&str>| {
        let fields = json!(["status", "updated", "customfield_10016"]);
        let mut body = json!({"jql": "project = AE ORDER BY key ASC", "maxResults": 100, "fields": fields});
        if let Some(token) = token {
            body["nextPageToken"] = json!(token);
        }
        body
    };
    assert_eq!(
        heard.iter().map(|one| one.body.clone()).collect::<Vec<Value>>(),
        [body(None), body(Some("t1")), body(Some("t2"))]
    );
    let first = &heard[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", "/rest/api/3/search/jql"));
    assert_eq!(first.headers["accept"], "application/json");
    assert_eq!(first.headers["content-type"], "application/json");
    assert!(first.headers["user-agent"].starts_with("okrsync/"));
    assert!(!first.headers.contains_key("x-atlassian-token"));
    assert_eq!(site.requests(), 3);
}

#[tokio::test]
async fn data_center_pages_by_offset_with_one_row_of_overlap() {
    let server = Server::script(vec![offset_page(0, 5, 1..=3), offset_page(2, 5, 3..=5)]).await;
    let wanted = Wanted::default().with_page_size(3);
    assert_eq!(walk(server.data_center().search("project = AE", &wanted)).await.unwrap(), [1, 2, 3, 4, 5]);
    let asked: Vec<_> =
        server.heard().iter().map(|one| (one.body["startAt"].clone(), one.body["maxResults"].clone())).collect();
    assert_eq!(asked, [(json!(0), json!(3)), (json!(2), json!(3))]);
    let first = &server.heard()[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", "/rest/api/2/search"));
    assert_eq!(first.body["jql"], "project = AE ORDER BY key ASC");
    assert_eq!(first.headers["x-atlassian-token"], "no-check");
    assert_eq!(first.headers["authorization"], format!("Bearer {}", crate::server::SECRET));
}

#[tokio::test]
async fn a_walk_never_reaches_over_the_total_into_the_result_window() {
    let server = Server::script(vec![offset_page(0, 5, 1..=4), offset_page(3, 5, 4..=5)]).await;
    walk(server.data_center().search("", &Wanted::default().with_page_size(4))).await.unwrap();
    assert_eq!(server.heard()[1].body["maxResults"], json!(2), "3 + 2 = 5");
}

#[tokio::test]
async fn an_empty_result_is_one_empty_page() {
    let cloud = Server::script(vec![token_page([], None)]).await;
    assert_eq!(walk(all(&cloud.cloud())).await.unwrap(), [] as [i64; 0]);
    let data_center = Server::script(vec![offset_page(0, 0, [])]).await;
    let mut pages = all(&data_center.data_center());
    assert_eq!(pages.next().await.unwrap().unwrap().total, Some(0));
    assert_eq!(pages.next().await.unwrap(), None);
}

#[tokio::test]
async fn cloud_walks_that_cannot_be_proved_fail() {
    let refused =
        Reply::status(400, r#"{"errorMessages":["The provided next page token is invalid or has expired."]}"#);
    let more_without_token = Reply::json(&json!({"issues": [issue(1)], "isLast": false}));
    for (what, replies, outcome) in [
        ("a token twice", vec![token_page([1], Some("t")), token_page([2], Some("t"))], "UnexpectedAnswer"),
        ("an issue twice", vec![token_page([1, 2], Some("t")), token_page([2, 3], None)], "ResultChanged"),
        ("an issue twice on one page", vec![token_page([1, 1], None)], "ResultChanged"),
        ("a refused token", vec![token_page([1], Some("t")), refused.clone()], "ResultChanged"),
        ("a refused query", vec![refused], "QueryInvalid"),
        ("more, but no token", vec![more_without_token], "UnexpectedAnswer"),
        ("an error after some pages", vec![token_page([1], Some("t")), Reply::status(500, "{}")], "ServerError"),
        ("removed", vec![Reply::status(410, "{}")], "ApiRemoved"),
        ("no issues in it", vec![Reply::json(&json!({"isLast": true}))], "UnexpectedAnswer"),
    ] {
        let server = Server::script(replies).await;
        assert_eq!(variant(&walk(all(&server.cloud())).await.unwrap_err()), outcome, "{what}");
    }
}

#[tokio::test]
async fn endless_empty_pages_come_to_an_end() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let server = Server::start(move |_| {
        let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        token_page([], Some(&format!("t{n}")))
    })
    .await;
    let error = walk(all(&server.cloud())).await.unwrap_err();
    assert_eq!(variant(&error), "UnexpectedAnswer");
    assert_eq!(server.heard().len(), 50);
}

#[tokio::test]
async fn data_center_walks_that_cannot_be_proved_fail() {
    let window =
        Reply::status(500, r#"{"errorMessages":["Search limit exceeded. The search requests 10100 results"]}"#);
    for (what, replies, outcome) in [
        ("an issue left meanwhile", vec![offset_page(0, 4, 1..=3), offset_page(2, 3, [3])], "ResultChanged"),
        ("rows slipped", vec![offset_page(0, 5, 1..=3), offset_page(2, 5, 4..=6)], "ResultChanged"),
        ("an issue twice", vec![offset_page(0, 5, 1..=3), offset_page(2, 5, [3, 1, 4])], "ResultChanged"),
        ("the window", vec![offset_page(0, 20_000, 1..=3), window], "ResultWindow"),
        ("no total", vec![Reply::json(&json!({"issues": []}))], "UnexpectedAnswer"),
    ] {
        let server = Server::script(replies).await;
        assert_eq!(variant(&walk(all(&server.data_center())).await.unwrap_err()), outcome, "{what}");
    }
}

#[tokio::test]
async fn a_failed_walk_stays_failed() {
    let server = Server::script(vec![token_page([1], Some("t")), token_page([1], None)]).await;
    let mut pages = all(&server.cloud());
    pages.next().await.unwrap();
    let error = pages.next().await.unwrap_err();
    assert_eq!(pages.next().await, Err(error), "it must never look proved");
    assert_eq!(server.heard().len(), 2, "and asks no more");
}

#[tokio::test]
async fn counts_are_exact_where_jira_counts() {
    let cloud = Server::script(vec![Reply::json(&json!({"count": 153}))]).await;
    let count = cloud.cloud().count("project = AE").await.unwrap();
    assert_eq!((count.number, count.exact), (153, false));
    assert_eq!(cloud.heard()[0].body, json!({"jql": "project = AE"}));
    let data_center = Server::script(vec![offset_page(0, 153, [])]).await;
    let count = data_center.data_center().count("project = AE").await.unwrap();
    assert_eq!((count.number, count.exact), (153, true));
    assert_eq!(data_center.heard()[0].body["maxResults"], 0);
}

#[tokio::test]
async fn jiras_verdict_is_a_verdict() {
    let parsed =
        |errors: Value| Reply::json(&json!({"queries": [{"query": "x", "errors": errors, "warnings": ["w"]}]}));
    let bad = "Error in the JQL Query: no. (line 1, character 3)";
    let refused = Server::script(vec![parsed(json!([bad]))]).await;
    let verdict = refused.cloud().check_query("a bad").await.unwrap();
    assert_eq!((verdict.accepted(), verdict.errors[0].start, verdict.errors[0].end), (false, Some(2), Some(5)));
    assert_eq!(refused.heard().len(), 1);
    assert_eq!(refused.heard()[0].query["validation"], "strict");

    for (page, nothing) in
        [(token_page([1], None), Some(false)), (token_page([], None), Some(true)), (token_page([], Some("t")), None)]
    {
        let server = Server::script(vec![parsed(json!([])), page]).await;
        let verdict = server.cloud().check_query("a = 1").await.unwrap();
        assert_eq!((verdict.accepted(), verdict.matches_nothing), (true, nothing));
        assert_eq!(verdict.warnings, ["w"]);
    }

    let data_center = Server::script(vec![Reply::status(400, &json!({"errorMessages": [bad]}).to_string())]).await;
    let verdict = data_center.data_center().check_query("a bad").await.unwrap();
    assert_eq!(verdict.errors[0].start, Some(2));
    assert_eq!(data_center.heard()[0].body["validateQuery"], true);
    let unbounded = r#"{"errorMessages":["Unbounded JQL queries are not allowed here."]}"#;
    let cloud = Server::script(vec![parsed(json!([])), Reply::status(400, unbounded)]).await;
    assert_eq!(cloud.cloud().check_query("ORDER BY key").await.unwrap_err(), Error::QueryUnbounded);
    assert_eq!(cloud.cloud().check_query(" ").await.unwrap_err(), Error::QueryUnbounded);
    assert_eq!(cloud.heard().len(), 2, "nothing is asked about an empty query");
}
