//! How fast a connection may ask: requests at once, requests a second, and Jira's own wish to be left alone, all of it for
//! the connection and for each endpoint.

mod breaker;
mod end;
mod hold;
mod lane;
mod near;
mod seats;

pub(crate) use hold::Hold;

use crate::{Error, admission::Wait};
use breaker::Breaker;
use end::End;
use lane::Lane;
use near::Near;
use okrsync_domain::{Clock, Instant};
use reqwest::header::HeaderMap;
use seats::Seats;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::SemaphorePermit, time};

/// Waits are cut into steps, so that a clock turned by hand is noticed.
const STEP: Duration = Duration::from_millis(250);

/// The limits of one connection, shared by everything that uses it.
pub(crate) struct Limits {
    seats: Seats,
    /// All requests.
    whole: Lane,
    /// Those to one endpoint.
    endpoints: Mutex<Endpoints>,
    breaker: Breaker,
    clock: Clock,
}

struct Endpoints {
    per_second: u32,
    lanes: HashMap<String, Arc<Lane>>,
}

impl Limits {
    pub(crate) fn new(concurrency: usize, per_second: u32, clock: Clock) -> Self {
        Self {
            seats: Seats::new(concurrency),
            whole: Lane::new(per_second, clock.clone()),
            endpoints: Mutex::new(Endpoints { per_second, lanes: HashMap::new() }),
            breaker: Breaker::new(clock.clone()),
            clock,
        }
    }

    /// Changes the numbers; what is under way, and what Jira said, stays.
    pub(crate) fn resize(&self, concurrency: usize, per_second: u32) {
        self.seats.resize(concurrency);
        self.whole.resize(per_second);
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        endpoints.per_second = per_second;
        endpoints.lanes.values().for_each(|lane| lane.resize(per_second));
    }

    /// Whether the site answers at all.
    pub(crate) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    fn lane(&self, endpoint: &str) -> Arc<Lane> {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = endpoints.lanes.get(endpoint) {
            return lane.clone();
        }
        let lane = Arc::new(Lane::new(endpoints.per_second, self.clock.clone()));
        endpoints.lanes.insert(endpoint.to_owned(), lane.clone());
        lane
    }

    /// Waits for a turn at an endpoint; the permit is held until the answer is read.
    ///
    /// # Errors
    /// [`Error::RateLimited`] at once if Jira is to be left alone for longer than `patience`.
    pub(crate) async fn enter(&self, endpoint: &str, patience: Duration) -> Result<SemaphorePermit<'_>, Error> {
        let lane = self.lane(endpoint);
        loop {
            // Without a seat: whoever waits for one endpoint holds up nobody at another.
            self.wait_at_gate(&lane, patience).await?;
            lane.turn().await;
            self.whole.turn().await;
            let seat = self.seats.take().await;
            if self.held_at(&lane).is_none() {
                return Ok(seat);
            }
        }
    }

    async fn wait_at_gate(&self, lane: &Lane, patience: Duration) -> Result<(), Error> {
        let began = time::Instant::now();
        while let Some((hold, left)) = self.held_at(lane) {
            if left > patience.saturating_sub(began.elapsed()) {
                return Err(hold.into_error(self.clock.now()));
            }
            time::sleep(left.min(STEP)).await;
        }
        Ok(())
    }

    fn held_at(&self, lane: &Lane) -> Option<(Hold, Duration)> {
        let (whole, here) = (self.whole.held(), lane.held());
        whole.into_iter().chain(here).max_by_key(|(_, left)| *left)
    }

    /// Shuts the gate of the connection or of an endpoint; a hold that runs already is served as well.
    pub(crate) fn shut(&self, endpoint: &str, hold: Hold) {
        if hold.whole { self.whole.shut(hold) } else { self.lane(endpoint).shut(hold) }
    }

    /// Shuts gates for holds that somebody else was told of. Those that were served here already are not served again.
    pub(crate) fn learn(&self, waits: &[Wait]) {
        for wait in waits {
            match &wait.endpoint {
                Some(endpoint) => self.lane(endpoint).learn(wait.until, false),
                None => self.whole.learn(wait.until, true),
            }
        }
    }

    /// Slows down if the answer says that a limit is near.
    pub(crate) fn heed(&self, endpoint: &str, headers: &HeaderMap) {
        match Near::of(headers) {
            Some(near) if near.whole => self.whole.slow_down(&near),
            Some(near) => self.lane(endpoint).slow_down(&near),
            None => {}
        }
    }

    /// Whether an endpoint may be asked now.
    pub(crate) fn is_open(&self, endpoint: &str) -> bool {
        self.held_at(&self.lane(endpoint)).is_none()
    }

    /// The hold of all of the connection that runs now.
    pub(crate) fn hold(&self) -> Option<Hold> {
        self.whole.held().map(|(hold, _)| hold)
    }

    /// Until when the connection is slow.
    pub(crate) fn slowed_until(&self) -> Option<Instant> {
        self.whole.slowed_until()
    }

    /// Requests under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.seats.taken()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    const SEARCH: &str = "POST rest/api/3/search/jql";
    const FETCH: &str = "POST rest/api/3/issue/bulkfetch";

    fn at(text: &str) -> Instant {
        format!("2026-11-20T{text}Z").parse().unwrap()
    }

    fn hold(until: &str) -> Hold {
        Hold { until: at(until), reason: "rate limit".into(), quota: false, whole: true }
    }

    fn wait(until: &str) -> Vec<Wait> {
        vec![Wait { endpoint: None, until: at(until) }]
    }

    #[tokio::test]
    async fn nothing_passes_a_shut_gate() {
        let clock = Clock::manual(at("10:00:00"));
        let limits = Limits::new(2, 1000, clock.clone());
        limits.shut(SEARCH, hold("10:05:00"));
        limits.shut(FETCH, hold("10:01:00"));
        let refused = limits.enter(SEARCH, Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(refused.retry_at(), Some(at("10:05:00")));
        assert_eq!(limits.in_flight(), 0, "a refused caller keeps no permit");
        clock.advance(TimeDelta::minutes(5));
        let permit = limits.enter(SEARCH, Duration::ZERO).await.unwrap();
        assert_eq!(limits.in_flight(), 1);
        drop(permit);
    }

    #[tokio::test]
    async fn a_burst_shuts_its_endpoint_only() {
        let clock = Clock::manual(at("10:00:00"));
        let limits = Limits::new(1, 1000, clock.clone());
        limits.shut(SEARCH, Hold { whole: false, ..hold("10:05:00") });
        let refused = limits.enter(SEARCH, Duration::ZERO).await.unwrap_err();
        assert!(refused.leaves_others_alone());
        assert_eq!(limits.hold(), None, "the connection goes on");
        let waits = limits.enter(SEARCH, Duration::from_mins(10));
        let fetches = async {
            tokio::task::yield_now().await;
            drop(limits.enter(FETCH, Duration::ZERO).await.expect("though the only seat is waited for"));
            clock.advance(TimeDelta::minutes(5));
        };
        let (waited, ()) = tokio::join!(waits, fetches);
        assert!(waited.is_ok());
        limits.learn(&[Wait { endpoint: Some(FETCH.to_owned()), until: at("10:06:00") }]);
        assert!(limits.is_open(SEARCH) && !limits.is_open(FETCH));
    }

    #[tokio::test]
    async fn a_caller_that_waits_notices_that_the_time_is_over() {
        let clock = Clock::manual(at("10:00:00"));
        let limits = Limits::new(1, 1000, clock.clone());
        limits.shut(SEARCH, hold("10:00:10"));
        let turn = async {
            tokio::task::yield_now().await;
            clock.advance(TimeDelta::seconds(11));
        };
        let (entered, ()) = tokio::join!(limits.enter(SEARCH, Duration::from_secs(20)), turn);
        assert!(entered.is_ok());
    }

    #[test]
    fn near_a_limit_the_connection_or_the_endpoint_slows_down_for_a_while() {
        let clock = Clock::manual(at("10:00:00"));
        let limits = Limits::new(1, 200, clock.clone());
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
        };
        let turns = |lane: &Lane| (0..100).take_while(|_| lane.take().is_ok()).count();
        limits.heed(SEARCH, &headers(&[("x-ratelimit-nearlimit", "true")]));
        assert_eq!(limits.slowed_until(), Some(at("10:01:00")));
        assert!(turns(&limits.whole) < 10);
        clock.advance(TimeDelta::minutes(2));
        assert_eq!(limits.slowed_until(), None);
        assert!(turns(&limits.whole) >= 50);
        let burst =
            [("ratelimit", "\"jira-burst-based\";r=9;t=2"), ("ratelimit-policy", "\"jira-burst-based\";q=100;w=1")];
        limits.heed(SEARCH, &headers(&burst));
        assert_eq!(limits.slowed_until(), None, "the connection goes on");
        assert!(turns(&limits.lane(SEARCH)) < 10 && turns(&limits.lane(FETCH)) >= 50);
    }

    /// Through the gate by the machine's ticks, while the clock stands still.
    async fn served(limits: &Limits) -> Duration {
        let began = time::Instant::now();
        let entered = time::timeout(Duration::from_secs(10), limits.enter(SEARCH, Duration::from_secs(30))).await;
        drop(entered.expect("the gate opens").unwrap());
        began.elapsed()
    }

    #[tokio::test]
    async fn a_wait_is_over_also_when_the_clock_stands_still() {
        let limits = Limits::new(1, 1000, Clock::manual(at("10:00:00")));
        limits.shut(SEARCH, hold("10:00:00.050"));
        assert!(served(&limits).await >= Duration::from_millis(50));
        limits.shut(SEARCH, hold("10:00:00.020"));
        assert_eq!(limits.hold().unwrap().until, at("10:00:00.020"), "what is over has no say");
    }

    #[tokio::test]
    async fn a_wait_that_another_process_was_told_of_is_served_once() {
        let limits = Limits::new(1, 1000, Clock::manual(at("10:00:00")));
        limits.learn(&wait("09:59:59"));
        assert!(limits.hold().is_none(), "over before it was told");
        limits.learn(&wait("10:00:00.050"));
        let refused = limits.enter(SEARCH, Duration::ZERO).await.unwrap_err();
        assert_eq!(refused.retry_at(), Some(at("10:00:00.050")));
        served(&limits).await;
        limits.learn(&wait("10:00:00.050"));
        assert!(limits.hold().is_none(), "served already");
        limits.learn(&[Wait { endpoint: None, until: "2027-11-20T10:00:00Z".parse().unwrap() }]);
        assert_eq!(limits.hold().unwrap().until, "2026-11-21T10:00:00Z".parse::<Instant>().unwrap(), "a day at most");
    }
}
