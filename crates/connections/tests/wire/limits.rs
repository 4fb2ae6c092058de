//! Jira's wish to be left alone, and how many requests are under way at once.

use crate::server::{Reply, Server, open, token_page, variant};
use chrono::TimeDelta;
use okrsync_connections::{Admission, Error, Later, Retry, Site, Wait, Wanted};
use okrsync_domain::{Clock, Instant, Random, connection::Deployment};
use serde_json::json;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet, time};

const DEADLINE: Duration = Duration::from_secs(10);

fn counted() -> Reply {
    Reply::json(&json!({"count": 1}))
}

/// A site whose clock is turned by hand.
fn by_hand(server: &Server) -> (Site, Clock, Instant) {
    let start: Instant = "2026-11-20T10:00:00Z".parse().unwrap();
    let clock = Clock::manual(start);
    let config = server.config(Deployment::Cloud);
    (Site::open(config, clock.clone(), Random::seeded(1)).unwrap(), clock, start)
}

#[tokio::test]
async fn a_long_wait_is_told_and_nothing_is_sent_meanwhile() {
    let limited = Reply::status(429, "").with("retry-after", "17");
    let server = Server::script(vec![limited, counted()]).await;
    let (site, clock, start) = by_hand(&server);
    let until = start + TimeDelta::seconds(17);
    for _ in 0..3 {
        let error = site.count("a = 1").await.unwrap_err();
        assert_eq!((variant(&error).as_str(), error.retry_at()), ("RateLimited", Some(until)));
    }
    assert_eq!((server.heard().len(), site.held_until()), (1, Some(until)));
    clock.advance(TimeDelta::seconds(17));
    assert!(site.count("a = 1").await.is_ok());
    assert_eq!(site.held_until(), None);
}

#[tokio::test]
async fn a_short_wait_is_waited_for() {
    for limited in [Reply::status(429, ""), Reply::status(429, "").with("retry-after", "0")] {
        let server = Server::script(vec![limited.clone(), limited, counted()]).await;
        assert!(server.cloud().count("a = 1").await.is_ok());
        assert_eq!(server.heard().len(), 3);
    }
}

#[tokio::test]
async fn a_used_up_quota_is_the_schedulers_business_even_if_it_is_short() {
    let quota = Reply::status(429, "").with("retry-after", "0").with("ratelimit-reason", "jira-quota-tenant-based");
    let server = Server::script(vec![quota, counted()]).await;
    let error = server.cloud().count("a = 1").await.unwrap_err();
    assert_eq!(variant(&error), "RateLimited");
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn a_rate_header_on_a_good_answer_is_no_wish_to_wait() {
    let good = counted().with("retry-after", "0").with("x-ratelimit-remaining", "69").with("x-ratelimit-limit", "70");
    let server = Server::script(vec![good.with("retry-after", "9")]).await;
    let site = server.cloud();
    for _ in 0..3 {
        site.count("a = 1").await.unwrap();
    }
    assert_eq!(site.held_until(), None);
}

#[tokio::test]
async fn a_near_limit_slows_the_connection_down() {
    let server = Server::script(vec![counted().with("x-ratelimit-nearlimit", "true")]).await;
    let (site, _, start) = by_hand(&server);
    site.count("a = 1").await.unwrap();
    assert_eq!(site.slowed_until(), Some(start + TimeDelta::seconds(60)));
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let server = Server::start(move |_| Reply::Held(Arc::clone(&held), Box::new(token_page([], None)))).await;
    let mut config = server.config(Deployment::Cloud);
    (config.concurrency, config.retry) = (3, Retry::none());
    let site = open(config).unwrap();
    let mut walks = JoinSet::new();
    for _ in 0..10 {
        let mut pages = site.search("a = 1", &Wanted::default());
        walks.spawn(async move { pages.next().await.map(|_| ()) });
    }
    time::timeout(DEADLINE, async {
        while server.heard().len() < 3 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("three requests get through");
    assert_eq!((server.heard().len(), site.in_flight()), (3, 3));
    gate.add_permits(10);
    for outcome in walks.join_all().await {
        outcome.unwrap();
    }
    assert_eq!((server.heard().len(), site.in_flight()), (10, 0));
}

#[tokio::test]
async fn a_short_wait_ends_on_a_clock_that_stands_still() {
    let limited = Reply::status(429, "").with("retry-after", "1").with("ratelimit-reason", "jira-burst-based");
    let server = Server::script(vec![limited, counted()]).await;
    let mut config = server.config(Deployment::Cloud);
    config.retry.cap = Duration::from_secs(30);
    let clock = Clock::manual("2026-11-20T10:00:00Z".parse().unwrap());
    let site = Site::open(config, clock, Random::seeded(1)).unwrap();
    assert!(time::timeout(DEADLINE, site.count("a = 1")).await.expect("far less than the cap").is_ok());
}

#[tokio::test]
async fn an_edit_leaves_the_wait_and_the_meter_of_the_same_site() {
    let limited = Reply::status(429, "").with("retry-after", "17");
    let server = Server::script(vec![limited, counted()]).await;
    let (site, clock, start) = by_hand(&server);
    site.count("a = 1").await.unwrap_err();
    let mut config = server.config(Deployment::Cloud);
    (config.expected_account, config.concurrency) = (Some("5b10".to_owned()), 1);
    let edited = site.reopen(config.clone()).unwrap();
    assert_eq!((edited.held_until(), edited.requests()), (Some(start + TimeDelta::seconds(17)), 1));
    clock.advance(TimeDelta::seconds(17));
    assert!(edited.count("a = 1").await.is_ok());
    assert_eq!((site.requests(), edited.requests()), (2, 2), "one meter");
    let later = Reply::status(429, "").with("retry-after", "300");
    let server = Server::script(vec![later]).await;
    config.server_url = server.url.clone();
    let held = edited.reopen(config.clone()).unwrap();
    held.count("a = 1").await.unwrap_err();
    config.server_url = server.url.join("elsewhere").unwrap();
    let moved = held.reopen(config).unwrap();
    assert_eq!((moved.held_until(), moved.requests()), (None, 0), "another Jira knows nothing of it");
}

/// What a team of processes knows of Jira's waits.
#[derive(Default)]
struct Team(Mutex<Vec<Wait>>);

impl Admission for Team {
    fn admit(&self) -> Later<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn waits(&self) -> Later<'_, Vec<Wait>> {
        Box::pin(async { self.0.lock().unwrap().clone() })
    }

    fn note(&self, wait: Wait) -> Later<'_, ()> {
        Box::pin(async { self.0.lock().unwrap().push(wait) })
    }
}

#[tokio::test]
async fn a_wait_that_another_process_was_told_of_is_kept() {
    for (reason, endpoint) in
        [("jira-cost-based", None), ("jira-burst-based", Some("POST rest/api/3/search/approximate-count"))]
    {
        let limited = Reply::status(429, "").with("retry-after", "60").with("ratelimit-reason", reason);
        let server = Server::script(vec![limited, counted()]).await;
        let (clock, team) = (Clock::manual("2026-11-20T10:00:00Z".parse().unwrap()), Arc::new(Team::default()));
        let process = || {
            let mut config = server.config(Deployment::Cloud);
            config.admission = Some(team.clone());
            Site::open(config, clock.clone(), Random::seeded(1)).unwrap()
        };
        let (one, two) = (process(), process());
        one.count("a = 1").await.unwrap_err();
        let until = clock.now() + TimeDelta::minutes(1);
        assert_eq!(*team.0.lock().unwrap(), [Wait { endpoint: endpoint.map(str::to_owned), until }]);
        assert_eq!(two.impatient().count("a = 1").await.unwrap_err().retry_at(), Some(until));
        assert_eq!(server.heard().len(), 1);
        clock.advance(TimeDelta::minutes(1));
        assert!(two.count("a = 1").await.is_ok());
    }
}

#[tokio::test]
async fn a_burst_leaves_other_endpoints_alone() {
    let server = Server::start(|heard| match heard.path.as_str() {
        path if path.ends_with("/approximate-count") => {
            Reply::status(429, "").with("retry-after", "60").with("ratelimit-reason", "jira-burst-based")
        }
        _ => token_page([], None),
    })
    .await;
    let (site, ..) = by_hand(&server);
    assert!(site.count("a = 1").await.unwrap_err().leaves_others_alone());
    assert_eq!(site.held_until(), None);
    assert!(site.search("a = 1", &Wanted::default()).next().await.is_ok());
    assert!(site.count("a = 1").await.is_err());
    assert_eq!(server.heard().len(), 2, "the second count was not sent");
}

#[tokio::test]
async fn a_site_that_does_not_answer_is_asked_by_one_probe_at_a_time() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = up.clone();
    let server =
        Server::start(move |_| if is_up.load(Ordering::SeqCst) { counted() } else { Reply::status(503, "") }).await;
    let mut config = server.config(Deployment::Cloud);
    let pause = Duration::from_millis(200);
    config.retry = Retry { retries: 1, base: pause, cap: pause, ..Retry::fast() };
    let site = open(config).unwrap();
    let mut asks = JoinSet::new();
    for _ in 0..20 {
        let site = site.clone();
        asks.spawn(async move { site.count("a = 1").await });
    }
    for outcome in asks.join_all().await {
        assert_eq!(variant(&outcome.unwrap_err()), "ServerError");
    }
    // Five open it, three may be under way then, and a few probes follow: of forty.
    let heard = server.heard().len();
    assert!((6..=12).contains(&heard), "{heard} requests");
    assert!(site.impatient().count("a = 1").await.is_err());
    assert_eq!(server.heard().len(), heard + 1, "a person is always asked for");
    up.store(true, Ordering::SeqCst);
    assert!(site.impatient().count("a = 1").await.is_ok());
    assert!(site.count("a = 1").await.is_ok(), "all may ask again");
}
