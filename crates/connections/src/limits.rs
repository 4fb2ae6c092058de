//! How fast a connection may ask: requests at once, requests a second, and Jira's own wish to be left alone.

use crate::Error;
use chrono::{DateTime, DurationRound, TimeDelta};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use okrsync_domain::{Clock, Instant};
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time,
};

/// Waits are cut into steps, so that a clock turned by hand is noticed.
const STEP: Duration = Duration::from_millis(250);
/// How long a connection stays slow after Jira said that a limit is near.
const SLOW_FOR: TimeDelta = TimeDelta::seconds(60);
/// Near a limit only every fifth request is sent.
const SLOW_FACTOR: u32 = 5;
/// No server keeps a connection shut for longer, whatever it says.
const LONGEST_HOLD: TimeDelta = TimeDelta::hours(24);

/// The limits of one connection, shared by everything that uses it.
pub(crate) struct Limits {
    permits: Semaphore,
    size: usize,
    normal: DefaultDirectRateLimiter,
    slow: DefaultDirectRateLimiter,
    gate: Mutex<Gate>,
    clock: Clock,
}

#[derive(Default)]
struct Gate {
    hold: Option<Hold>,
    slow_until: Option<Instant>,
}

/// Jira's wish to be left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    /// Nothing is sent before.
    pub until: Instant,
    /// Jira's reason, or a word for it.
    pub reason: String,
    /// Whether an hourly quota is used up: waiting it out is the scheduler's business.
    pub quota: bool,
}

impl Limits {
    pub(crate) fn new(concurrency: usize, per_second: u32, clock: Clock) -> Self {
        let size = concurrency.clamp(1, Semaphore::MAX_PERMITS);
        let bucket = |rate: u32| {
            let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
            RateLimiter::direct(Quota::per_second(rate))
        };
        Self {
            permits: Semaphore::new(size),
            size,
            normal: bucket(per_second),
            slow: bucket(per_second / SLOW_FACTOR),
            gate: Mutex::default(),
            clock,
        }
    }

    /// Waits for a turn; the permit is held until the answer is read.
    ///
    /// # Errors
    /// [`Error::RateLimited`] at once if Jira is to be left alone for longer than `patience`.
    pub(crate) async fn enter(&self, patience: Duration) -> Result<SemaphorePermit<'_>, Error> {
        let permit = self.permits.acquire().await.expect("the semaphore is never closed");
        loop {
            self.wait_at_gate(patience).await?;
            match self.take_turn() {
                Ok(()) if self.hold().is_none() => return Ok(permit),
                Ok(()) => {}
                Err(wait) => time::sleep(wait).await,
            }
        }
    }

    async fn wait_at_gate(&self, patience: Duration) -> Result<(), Error> {
        let began = time::Instant::now();
        while let Some(hold) = self.hold() {
            let left = (hold.until - self.clock.now()).to_std().unwrap_or_default();
            if left > patience.saturating_sub(began.elapsed()) {
                return Err(hold.into_error(self.clock.now()));
            }
            time::sleep(left.min(STEP)).await;
        }
        Ok(())
    }

    /// Takes a token from the bucket, or says how long to wait for one.
    fn take_turn(&self) -> Result<(), Duration> {
        let bucket = if self.slowed_until().is_some() { &self.slow } else { &self.normal };
        bucket.check().map_err(|early| early.wait_time_from(DefaultClock::default().now()))
    }

    /// Shuts the gate; a longer hold wins.
    pub(crate) fn shut(&self, hold: Hold) {
        let mut gate = self.gate();
        if gate.hold.as_ref().is_none_or(|held| held.until < hold.until) {
            gate.hold = Some(hold);
        }
    }

    /// Slows down if the answer says that a limit is near.
    pub(crate) fn heed(&self, headers: &HeaderMap) {
        if text(headers, "x-ratelimit-nearlimit").is_some_and(|near| near.eq_ignore_ascii_case("true")) {
            self.gate().slow_until = Some(self.clock.now() + SLOW_FOR);
        }
    }

    /// The hold that runs now.
    pub(crate) fn hold(&self) -> Option<Hold> {
        self.gate().hold.clone().filter(|hold| hold.until > self.clock.now())
    }

    /// Until when the connection is slow.
    pub(crate) fn slowed_until(&self) -> Option<Instant> {
        self.gate().slow_until.filter(|until| *until > self.clock.now())
    }

    /// Requests under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.size - self.permits.available_permits().min(self.size)
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// Reads how long to wait from a refusing answer: 429 always, 503 where it says so. `backoff` is for a 429 that
    /// names no time.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap, now: Instant, backoff: Duration) -> Option<Self> {
        let said = retry_after(headers, now);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let until = said.filter(|until| *until > now)?.min(now + LONGEST_HOLD);
            return Some(Self { until, reason: "unavailable".to_owned(), quota: false });
        }
        if status != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let reason = text(headers, "ratelimit-reason").unwrap_or("rate limit").to_owned();
        let quota = reason.contains("quota");
        let reset = || {
            let at = DateTime::parse_from_rfc3339(text(headers, "x-ratelimit-reset")?).ok()?;
            Some(by_our_clock(at.into(), headers, now))
        };
        let least = now + TimeDelta::from_std(backoff).unwrap_or(LONGEST_HOLD);
        let until = said.or_else(reset).or_else(|| quota.then(|| next_hour(now))).unwrap_or(least).max(least);
        Some(Self { until: until.min(now + LONGEST_HOLD), reason, quota })
    }

    /// The error that tells a caller to come back later.
    pub(crate) fn into_error(self, now: Instant) -> Error {
        let retry_after = (self.until - now).to_std().unwrap_or_default();
        Error::RateLimited { retry_at: self.until, retry_after, reason: self.reason }
    }
}

/// Quotas are given anew at the top of the hour.
fn next_hour(now: Instant) -> Instant {
    now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now) + TimeDelta::hours(1)
}

/// `Retry-After` in seconds, or as a date.
fn retry_after(headers: &HeaderMap, now: Instant) -> Option<Instant> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(now + TimeDelta::seconds(i64::from(seconds)));
    }
    let at = DateTime::parse_from_rfc2822(value).ok()?;
    Some(by_our_clock(at.into(), headers, now))
}

/// An instant of the server's, moved by as much as its clock differs from ours.
fn by_our_clock(at: Instant, headers: &HeaderMap, now: Instant) -> Instant {
    let theirs = text(headers, "date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    theirs.map_or(at, |theirs| now + (at - Instant::from(theirs)))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("2026-11-20T{text}Z").parse().unwrap()
    }

    fn hold(status: u16, headers: &[(&'static str, &'static str)]) -> Option<(Instant, bool)> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let status = StatusCode::from_u16(status).unwrap();
        let hold = Hold::of(status, &headers, at("10:03:00"), Duration::from_secs(2))?;
        Some((hold.until, hold.quota))
    }

    #[test]
    fn each_way_of_asking_to_wait_is_understood() {
        let quota = ("ratelimit-reason", "jira-quota-global-based");
        let reset = ("x-ratelimit-reset", "2026-11-20T10:20:00Z");
        for (status, headers, expected) in [
            (429, vec![("retry-after", "17")], Some((at("10:03:17"), false))),
            (429, vec![("retry-after", "Fri, 20 Nov 2026 10:04:00 GMT")], Some((at("10:04:00"), false))),
            (429, vec![("retry-after", "0")], Some((at("10:03:02"), false))),
            (429, vec![], Some((at("10:03:02"), false))),
            (429, vec![reset], Some((at("10:20:00"), false))),
            (429, vec![reset, ("date", "Fri, 20 Nov 2026 10:19:30 GMT")], Some((at("10:03:30"), false))),
            (429, vec![quota, reset], Some((at("10:20:00"), true))),
            (429, vec![quota], Some((at("11:00:00"), true))),
            (429, vec![("retry-after", "4000000000")], Some(("2026-11-21T10:03:00Z".parse().unwrap(), false))),
            (503, vec![("retry-after", "5")], Some((at("10:03:05"), false))),
            (503, vec![], None),
            (200, vec![("retry-after", "0")], None),
            (200, vec![("retry-after", "9")], None),
        ] {
            assert_eq!(hold(status, &headers), expected, "{status} {headers:?}");
        }
    }

    #[tokio::test]
    async fn nothing_passes_a_shut_gate() {
        let clock = Clock::manual(at("10:00:00"));
        let limits = Limits::new(2, 1000, clock.clone());
        let until = at("10:05:00");
        limits.shut(Hold { until, reason: "burst".into(), quota: false });
        limits.shut(Hold { until: at("10:01:00"), reason: "shorter".into(), quota: false });
        let refused = limits.enter(Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(refused.retry_at(), Some(until));
        assert_eq!(limits.in_flight(), 0, "a refused caller gives its permit back");
        clock.advance(TimeDelta::minutes(5));
        let permit = limits.enter(Duration::ZERO).await.unwrap();
        assert_eq!(limits.in_flight(), 1);
        drop(permit);
    }

    #[tokio::test]
    async fn a_caller_that_waits_notices_that_the_time_is_over() {
        let clock = Clock::manual(at("10:00:00"));
        let limits = Limits::new(1, 1000, clock.clone());
        limits.shut(Hold { until: at("10:00:10"), reason: "burst".into(), quota: false });
        let turn = async {
            tokio::task::yield_now().await;
            clock.advance(TimeDelta::seconds(11));
        };
        let (entered, ()) = tokio::join!(limits.enter(Duration::from_secs(20)), turn);
        assert!(entered.is_ok());
    }

    #[test]
    fn near_a_limit_the_connection_slows_down_for_a_minute() {
        let clock = Clock::manual(at("10:00:00"));
        let limits = Limits::new(1, 50, clock.clone());
        let near = HeaderMap::from_iter([("x-ratelimit-nearlimit".parse().unwrap(), "true".parse().unwrap())]);
        let turns = |limits: &Limits| (0..100).take_while(|_| limits.take_turn().is_ok()).count();
        limits.heed(&near);
        assert_eq!(limits.slowed_until(), Some(at("10:01:00")));
        assert!(turns(&limits) < 30);
        clock.advance(TimeDelta::minutes(2));
        assert_eq!(limits.slowed_until(), None);
        assert!(turns(&limits) >= 50);
    }
}
