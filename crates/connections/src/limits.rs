//! How fast a connection may ask: requests at once, requests a second, and Jira's own wish to be left alone.

mod hold;
mod seats;

pub(crate) use hold::Hold;

use crate::Error;
use chrono::TimeDelta;
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use hold::{LONGEST_HOLD, text};
use okrsync_domain::{Clock, Instant};
use reqwest::header::HeaderMap;
use seats::Seats;
use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::SemaphorePermit, time};

/// Waits are cut into steps, so that a clock turned by hand is noticed.
const STEP: Duration = Duration::from_millis(250);
/// How long a connection stays slow after Jira said that a limit is near.
const SLOW_FOR: TimeDelta = TimeDelta::seconds(60);
/// Near a limit only every fifth request is sent.
const SLOW_FACTOR: u32 = 5;

/// The limits of one connection, shared by everything that uses it.
pub(crate) struct Limits {
    seats: Seats,
    pace: Mutex<Pace>,
    gate: Mutex<Gate>,
    clock: Clock,
}

/// Requests started in a second.
struct Pace {
    per_second: u32,
    normal: DefaultDirectRateLimiter,
    slow: DefaultDirectRateLimiter,
}

#[derive(Default)]
struct Gate {
    shut: Option<Shut>,
    slow: Option<End>,
}

struct Shut {
    hold: Hold,
    end: End,
}

/// The end of a wait by the connection's clock and by the machine's ticks. Whichever comes first ends it: a clock turned
/// by hand may jump over a wait, or stand still while the wait is served.
#[derive(Clone, Copy)]
struct End {
    at: Instant,
    tick: time::Instant,
}

impl End {
    fn new(at: Instant, now: Instant) -> Self {
        Self { at, tick: time::Instant::now() + (at - now).to_std().unwrap_or_default() }
    }

    fn left(self, now: Instant) -> Duration {
        let by_clock = (self.at - now).to_std().unwrap_or_default();
        by_clock.min(self.tick.saturating_duration_since(time::Instant::now()))
    }

    fn is_over(self, now: Instant) -> bool {
        self.left(now).is_zero()
    }

    /// So late that both waits are served.
    fn and(self, other: Self) -> Self {
        Self { at: self.at.max(other.at), tick: self.tick.max(other.tick) }
    }
}

impl Pace {
    fn new(per_second: u32) -> Self {
        let bucket = |rate: u32| {
            let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
            RateLimiter::direct(Quota::per_second(rate))
        };
        Self { per_second, normal: bucket(per_second), slow: bucket(per_second / SLOW_FACTOR) }
    }
}

impl Limits {
    pub(crate) fn new(concurrency: usize, per_second: u32, clock: Clock) -> Self {
        let pace = Mutex::new(Pace::new(per_second));
        Self { seats: Seats::new(concurrency), pace, gate: Mutex::default(), clock }
    }

    /// Changes the numbers; what is under way, and what Jira said, stays.
    pub(crate) fn resize(&self, concurrency: usize, per_second: u32) {
        self.seats.resize(concurrency);
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if pace.per_second != per_second {
            *pace = Pace::new(per_second);
        }
    }

    /// Waits for a turn; the permit is held until the answer is read.
    ///
    /// # Errors
    /// [`Error::RateLimited`] at once if Jira is to be left alone for longer than `patience`.
    pub(crate) async fn enter(&self, patience: Duration) -> Result<SemaphorePermit<'_>, Error> {
        let permit = self.seats.take().await;
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
        while let Some((hold, left)) = self.held() {
            if left > patience.saturating_sub(began.elapsed()) {
                return Err(hold.into_error(self.clock.now()));
            }
            time::sleep(left.min(STEP)).await;
        }
        Ok(())
    }

    /// Takes a token from the bucket, or says how long to wait for one.
    fn take_turn(&self) -> Result<(), Duration> {
        let slowed = self.slowed_until().is_some();
        let pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = if slowed { &pace.slow } else { &pace.normal };
        bucket.check().map_err(|early| early.wait_time_from(DefaultClock::default().now()))
    }

    /// Shuts the gate; a hold that runs already is served as well.
    pub(crate) fn shut(&self, hold: Hold) {
        let now = self.clock.now();
        let end = End::new(hold.until, now);
        let mut gate = self.gate();
        let running = gate.shut.take().filter(|shut| !shut.end.is_over(now));
        gate.shut = Some(match running {
            Some(shut) if shut.hold.until >= hold.until => Shut { end: shut.end.and(end), ..shut },
            Some(shut) => Shut { hold, end: shut.end.and(end) },
            None => Shut { hold, end },
        });
    }

    /// Shuts the gate for a hold that somebody else was told of. One that was served here already is not served again.
    pub(crate) fn hold_until(&self, until: Instant) {
        let now = self.clock.now();
        let known = self.gate().shut.as_ref().is_some_and(|shut| shut.hold.until >= until);
        if until > now && !known {
            let until = until.min(now + LONGEST_HOLD);
            self.shut(Hold { until, reason: "it said so earlier".to_owned(), quota: false });
        }
    }

    /// Slows down if the answer says that a limit is near.
    pub(crate) fn heed(&self, headers: &HeaderMap) {
        if text(headers, "x-ratelimit-nearlimit").is_some_and(|near| near.eq_ignore_ascii_case("true")) {
            let now = self.clock.now();
            self.gate().slow = Some(End::new(now + SLOW_FOR, now));
        }
    }

    /// The hold that runs now.
    pub(crate) fn hold(&self) -> Option<Hold> {
        self.held().map(|(hold, _)| hold)
    }

    /// The hold that runs now, and how long it still does.
    fn held(&self) -> Option<(Hold, Duration)> {
        let (gate, now) = (self.gate(), self.clock.now());
        let shut = gate.shut.as_ref().filter(|shut| !shut.end.is_over(now))?;
        Some((shut.hold.clone(), shut.end.left(now)))
    }

    /// Until when the connection is slow.
    pub(crate) fn slowed_until(&self) -> Option<Instant> {
        let slow = self.gate().slow?;
        (!slow.is_over(self.clock.now())).then_some(slow.at)
    }

    /// Requests under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.seats.taken()
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("2026-11-20T{text}Z").parse().unwrap()
    }

    fn burst(until: &str) -> Hold {
        Hold { until: at(until), reason: "burst".into(), quota: false }
    }

    #[tokio::test]
    async fn nothing_passes_a_shut_gate() {
        let clock = Clock::manual(at("10:00:00"));
        let limits = Limits::new(2, 1000, clock.clone());
        limits.shut(burst("10:05:00"));
        limits.shut(burst("10:01:00"));
        let refused = limits.enter(Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(refused.retry_at(), Some(at("10:05:00")));
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
        limits.shut(burst("10:00:10"));
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

    /// Through the gate by the machine's ticks, while the clock stands still.
    async fn served(limits: &Limits) -> Duration {
        let began = time::Instant::now();
        let entered = time::timeout(Duration::from_secs(10), limits.enter(Duration::from_secs(30))).await;
        drop(entered.expect("the gate opens").unwrap());
        began.elapsed()
    }

    #[tokio::test]
    async fn a_wait_is_over_also_when_the_clock_stands_still() {
        let limits = Limits::new(1, 1000, Clock::manual(at("10:00:00")));
        limits.shut(burst("10:00:00.050"));
        assert!(served(&limits).await >= Duration::from_millis(50));
        limits.shut(burst("10:00:00.020"));
        assert_eq!(limits.hold().unwrap().until, at("10:00:00.020"), "what is over has no say");
    }

    #[test]
    fn the_later_end_by_either_clock_counts_for_two_waits() {
        let (now, tick) = (at("10:00:00"), time::Instant::now());
        let end =
            |seconds, ticks| End { at: now + TimeDelta::seconds(seconds), tick: tick + Duration::from_secs(ticks) };
        // The second is shorter, but was told later; the clock stands.
        let both = end(15, 100).and(end(10, 105));
        assert_eq!((both.at, both.tick), (end(15, 0).at, end(0, 105).tick));
        assert!(!both.is_over(at("10:00:14")) && both.is_over(at("10:00:15")));
    }

    #[tokio::test]
    async fn a_wait_that_another_process_was_told_of_is_served_once() {
        let limits = Limits::new(1, 1000, Clock::manual(at("10:00:00")));
        limits.hold_until(at("09:59:59"));
        assert!(limits.hold().is_none(), "over before it was told");
        limits.hold_until(at("10:00:00.050"));
        let refused = limits.enter(Duration::ZERO).await.unwrap_err();
        assert_eq!(refused.retry_at(), Some(at("10:00:00.050")));
        served(&limits).await;
        limits.hold_until(at("10:00:00.050"));
        assert!(limits.hold().is_none(), "served already");
        limits.hold_until("2027-11-20T10:00:00Z".parse().unwrap());
        assert_eq!(limits.hold().unwrap().until, "2026-11-21T10:00:00Z".parse::<Instant>().unwrap(), "a day at most");
    }
}
