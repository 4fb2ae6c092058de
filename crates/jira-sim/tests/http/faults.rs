//! Faults over HTTP, and the ledger that tells of them.

use std::time::Duration;

use chrono::TimeDelta;
use okrsync_jira_sim::{AuthKind, Burst, Fault, RandomFaults, SiteOptions};
use serde_json::json;

use crate::client::{Answer, Visitor, cloud, data_center};

const QUERY: &str = "project = AE";

#[tokio::test]
async fn each_answering_fault_looks_as_in_the_wild() {
    let (sim, visitor) = cloud(SiteOptions::default(), 3).await;
    let strike = async |fault: Fault| {
        let id = sim.faults().add(fault.on_path("/search"));
        let answer = visitor.search(QUERY).await;
        assert_eq!(sim.faults().fired_by(id), 1);
        answer
    };
    let is_html = |answer: &Answer| answer.header("content-type").starts_with("text/html");
    assert_eq!(strike(Fault::status(500)).await.status, 500);
    let bad_gateway = strike(Fault::html(502)).await;
    assert!(bad_gateway.status == 502 && is_html(&bad_gateway));
    let login = strike(Fault::login_page()).await;
    assert!(login.status == 200 && is_html(&login));
    assert_eq!(login.header("x-aaccountid"), "", "whoever shows a login page does not know the account");
    assert!(strike(Fault::login_redirect()).await.header("location").contains("login.jsp"));
    assert_eq!(strike(Fault::gone()).await.status, 410);
    let empty = strike(Fault::empty_body()).await;
    assert_eq!((empty.status, empty.text.as_str()), (200, ""));
    let captcha = strike(Fault::captcha()).await;
    assert_eq!((captcha.status, captcha.header("x-seraph-loginreason")), (403, "AUTHENTICATION_DENIED"));
    assert!(captcha.header("x-authentication-denied-reason").starts_with("CAPTCHA_CHALLENGE; login-url=http"));
    let starting = strike(Fault::maintenance()).await;
    assert!(starting.status == 503 && starting.text.contains("JIRA is starting"));
    let other = strike(Fault::other_account("mallory")).await;
    assert_eq!((other.status, other.header("x-aaccountid"), other.ids().len()), (200, "mallory", 3));
    let anonymous = strike(Fault::anonymous()).await;
    assert_eq!((anonymous.status, anonymous.header("x-aaccountid"), anonymous.ids().len()), (200, "", 0));
    assert_eq!(anonymous.header("x-seraph-loginreason"), "");
    let expired = strike(Fault::expired()).await;
    assert_eq!((expired.status, expired.header("x-seraph-loginreason")), (200, "AUTHENTICATED_FAILED"));
    assert_eq!(visitor.search(QUERY).await.ids().len(), 3, "each fault struck once");
    assert_eq!(sim.faults().fired(), 11);
}

#[tokio::test]
async fn rate_limits_come_with_and_without_their_headers() {
    let (sim, visitor) = cloud(SiteOptions::default(), 1).await;
    sim.faults().add(Fault::rate_limited(None));
    let bare = visitor.search(QUERY).await;
    assert_eq!((bare.status, bare.header("retry-after")), (429, ""));
    sim.faults().add(Fault::rate_limited(Some(17)).reason("jira-burst-based"));
    let told = visitor.search(QUERY).await;
    assert_eq!((told.header("retry-after"), told.header("ratelimit-reason")), ("17", "jira-burst-based"));
    assert_eq!(told.header("x-ratelimit-reset"), "2026-11-20T09:00:17Z");
    sim.faults().add(Fault::near_limit());
    let near = visitor.search(QUERY).await;
    assert_eq!((near.status, near.header("x-ratelimit-nearlimit"), near.ids().len()), (200, "true", 1));
    sim.faults().add(Fault::unavailable(3));
    let busy = visitor.get("/rest/api/3/myself").await;
    assert_eq!((busy.status, busy.header("retry-after")), (503, "3"));
}

#[tokio::test]
async fn the_ledger_notices_impatience() {
    let (sim, visitor) = cloud(SiteOptions::default(), 1).await;
    sim.faults().add(Fault::rate_limited(Some(600)).reason("jira-burst-based").on_path("/search"));
    visitor.search(QUERY).await;
    assert_eq!(visitor.get("/rest/api/3/myself").await.status, 200);
    assert_eq!(sim.ledger().sent_while_retry_after(), 0, "a burst limit concerns its own endpoint");
    // the limit is known to the client only once its answer has arrived
    let impatient = async || {
        visitor.search(QUERY).await;
        (sim.ledger().sent_while_retry_after() > 0).then_some(())
    };
    let deadline = tokio::time::timeout(Duration::from_secs(10), async { while impatient().await.is_none() {} });
    deadline.await.expect("the ledger notices");
    let before = sim.ledger().sent_while_retry_after();
    sim.clock().advance(TimeDelta::minutes(10));
    visitor.search(QUERY).await;
    assert_eq!(sim.ledger().sent_while_retry_after(), before, "the time is over by the site's clock");
}

#[tokio::test]
async fn connections_break() {
    let (sim, visitor) = cloud(SiteOptions::default(), 50).await;
    sim.faults().add(Fault::reset());
    let body = json!({ "jql": QUERY });
    let reset = visitor.try_post("/rest/api/3/search/jql", body.clone()).await.expect_err("a reset");
    assert!(reset.is_request(), "{reset:?}");
    sim.faults().add(Fault::truncated());
    let truncated = visitor.try_post("/rest/api/3/search/jql", body).await.expect_err("a truncated body");
    assert!(truncated.is_body() || truncated.is_decode(), "the head was fine: {truncated:?}");
    assert_eq!(visitor.search(QUERY).await.ids().len(), 50);
    let entries = sim.ledger().entries();
    let told: Vec<_> = entries.iter().map(|entry| (entry.status, entry.fault.as_deref())).collect();
    assert_eq!(told, [(0, Some("Reset")), (200, Some("Truncated")), (200, None)]);
}

#[tokio::test]
async fn pages_lie() {
    let (sim, visitor) = cloud(SiteOptions { page_cap_ids: 10, ..SiteOptions::default() }, 25).await;
    let walk = async || {
        let mut pages = Vec::new();
        let mut body = json!({ "jql": QUERY });
        for _ in 0..3 {
            let page = visitor.post("/rest/api/3/search/jql", body.clone()).await;
            body["nextPageToken"] = page.json()["nextPageToken"].clone();
            pages.push(page);
        }
        pages
    };
    let honest = walk().await;
    sim.faults().add(Fault::duplicate_across_pages().on_page(2));
    let doubled = walk().await;
    assert_eq!(doubled[1].ids()[0], honest[0].ids()[9]);
    assert_eq!(doubled[2].ids(), honest[2].ids());
    sim.faults().add(Fault::missing_across_pages().from_page(2).times(2));
    let gaps: usize = walk().await.iter().map(|page| page.ids().len()).sum();
    assert_eq!(gaps, 23);
    sim.faults().add(Fault::repeated_token().on_page(2));
    let repeated = walk().await;
    assert_eq!(repeated[0].json()["nextPageToken"], repeated[1].json()["nextPageToken"]);
    assert_eq!(repeated[1].ids(), repeated[2].ids());
    sim.faults().add(Fault::token_rejected().on_page(3));
    assert_eq!(walk().await[2].status, 400);
    let (sim, visitor) = data_center(SiteOptions::default(), 25).await;
    sim.faults().add(Fault::status(503).on_page(2));
    let page =
        async |start: i32| visitor.post("/rest/api/2/search", json!({ "startAt": start, "maxResults": 10 })).await;
    assert_eq!((page(0).await.status, page(20).await.status, page(10).await.status), (200, 200, 503));
}

#[tokio::test]
async fn faults_choose_their_requests() {
    let (sim, visitor) = cloud(SiteOptions::default(), 1).await;
    sim.faults().add(Fault::status(500).when(|request| request.method == "POST").after(1).times(2));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        assert_eq!(visitor.get("/rest/api/3/myself").await.status, 200);
        statuses.push(visitor.search(QUERY).await.status);
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
    sim.faults().add(Fault::status(503).forever());
    sim.faults().add(Fault::slow(Duration::from_millis(1)).forever());
    assert_eq!(visitor.search(QUERY).await.status, 503);
    assert_eq!(sim.ledger().entries().last().unwrap().fault.as_deref().unwrap().matches(" + ").count(), 1);
    sim.faults().clear();
    assert_eq!(visitor.search(QUERY).await.status, 200);
}

#[tokio::test]
async fn chance_is_the_same_for_the_same_seed() {
    let storm = async |seed: u64| {
        let (sim, visitor) = cloud(SiteOptions::default(), 1).await;
        sim.faults().randomly(RandomFaults::new(seed).rate(0.5).at_most(9));
        for _ in 0..40 {
            let sent = visitor.try_post("/rest/api/3/search/jql", json!({ "jql": QUERY })).await;
            drop(sent);
        }
        let faults: Vec<_> = sim.ledger().entries().into_iter().map(|entry| entry.fault).collect();
        assert_eq!(sim.faults().fired(), 9);
        faults
    };
    assert_eq!(storm(7).await, storm(7).await);
    assert_ne!(storm(7).await, storm(8).await);
}

#[tokio::test]
async fn a_proxy_wants_its_header() {
    let (sim, visitor) = cloud(SiteOptions::default(), 1).await;
    sim.require_header("X-Proxy-Key", "open");
    let refused = visitor.get("/rest/api/3/serverInfo").await;
    assert_eq!((refused.status, refused.header("content-type")), (403, "text/html;charset=UTF-8"));
    for jiras_own in ["x-arequestid", "x-aaccountid", "atl-traceid", "x-seraph-loginreason"] {
        assert_eq!(refused.header(jiras_own), "", "the request never came to Jira: {jiras_own}");
    }
    let request = visitor.request(reqwest::Method::GET, "/rest/api/3/myself").header("X-Proxy-Key", "open");
    assert_eq!(visitor.try_send(request).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_ledger_counts_what_was_asked() {
    let options = SiteOptions { latency: Duration::from_millis(50), ..SiteOptions::default() };
    let (sim, visitor) = cloud(options, 3).await;
    let many = (0..4).map(|_| visitor.search(QUERY));
    let answers = futures_util::future::join_all(many).await;
    assert_eq!(sim.ledger().in_flight_peak(), 4);
    assert_eq!(Visitor::anonymous(&sim).get("/rest/api/3/myself").await.status, 401);
    assert_eq!((sim.ledger().len(), sim.ledger().count("/search")), (5, 4));
    let entries = sim.ledger().entries();
    assert_eq!((entries[0].auth, entries[0].page), (AuthKind::Basic, Some(1)));
    assert_eq!(entries[0].user, Some(sim.account().id));
    assert_eq!(entries[0].request_body, json!({ "jql": QUERY }).to_string().into_bytes());
    assert_eq!(entries[0].response_bytes, answers[0].text.len());
    assert_eq!((entries[4].auth, entries[4].status, &entries[4].user), (AuthKind::None, 401, &None));
    let mark = sim.ledger().arrived();
    visitor.get("/rest/api/3/field").await;
    assert_eq!(sim.ledger().since(mark).len(), 1);
    let under_way = async {
        while sim.ledger().arrived() == mark + 1 {
            tokio::task::yield_now().await;
        }
        sim.ledger().arrived()
    };
    let (_, mark) = tokio::join!(visitor.search(QUERY), under_way);
    assert_eq!(sim.ledger().since(mark).len(), 0, "it was asked before");
    sim.ledger().clear();
    assert!(sim.ledger().is_empty());
}

#[tokio::test]
async fn bursts_are_refused_by_endpoint() {
    let burst = Some(Burst { per_second: 0.001, size: 6.0 });
    let (_sim, visitor) = cloud(SiteOptions { burst, rate_headers: true, ..SiteOptions::default() }, 1).await;
    let mut told = Vec::new();
    for _ in 0..7 {
        let answer = visitor.search(QUERY).await;
        told.push((answer.status, answer.header("x-ratelimit-nearlimit") == "true"));
    }
    let plenty = (200, false);
    assert_eq!(told, [plenty, plenty, plenty, plenty, (200, true), (200, true), (429, true)]);
    assert_eq!(visitor.get("/rest/api/3/myself").await.status, 200);
}

#[tokio::test]
async fn a_dropped_site_stops_listening() {
    let (sim, visitor) = cloud(SiteOptions::default(), 1).await;
    drop(sim);
    let gone = async {
        while visitor.try_post("/rest/api/3/search/jql", json!({ "jql": QUERY })).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("nobody answers any more");
}
