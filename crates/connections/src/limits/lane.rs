//! One stream of requests with a pace and a gate: all of a connection, or one endpoint of it.

use super::{
    End, Hold,
    hold::LONGEST_HOLD,
    near::{Near, SLOW_FACTOR},
};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use okrsync_domain::{Clock, Instant};
use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time;

/// Longest sleep before a pace is looked at again: it may have ended meanwhile.
const STEP: Duration = Duration::from_millis(250);

/// A stream of requests.
pub(super) struct Lane {
    state: Mutex<State>,
    clock: Clock,
}

struct State {
    per_second: u32,
    normal: DefaultDirectRateLimiter,
    slow: Option<Slow>,
    shut: Option<Shut>,
}

struct Slow {
    end: End,
    spacing: Duration,
    bucket: DefaultDirectRateLimiter,
}

struct Shut {
    hold: Hold,
    end: End,
}

/// After a rest three quarters of a second's requests may start at once: as many as an event makes due.
const BURST_PERCENT: u32 = 75;

fn quota(per_second: u32) -> Quota {
    let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    let burst = per_second.saturating_mul(BURST_PERCENT).div_ceil(100);
    Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(burst))
}

fn bucket(per_second: u32) -> DefaultDirectRateLimiter {
    RateLimiter::direct(quota(per_second))
}

impl Lane {
    pub(super) fn new(per_second: u32, clock: Clock) -> Self {
        let state = State { per_second, normal: bucket(per_second), slow: None, shut: None };
        Self { state: Mutex::new(state), clock }
    }

    pub(super) fn resize(&self, per_second: u32) {
        self.with(|state| {
            if state.per_second != per_second {
                (state.per_second, state.normal) = (per_second, bucket(per_second));
            }
        });
    }

    /// Waits for a token of the bucket.
    pub(super) async fn turn(&self) {
        while let Err(wait) = self.take() {
            time::sleep(wait.min(STEP)).await;
        }
    }

    /// Takes a token from the bucket, or says how long to wait for one.
    pub(super) fn take(&self) -> Result<(), Duration> {
        let now = self.clock.now();
        self.with(|state| {
            let slow = state.slow.as_ref().filter(|slow| !slow.end.is_over(now));
            let bucket = slow.map_or(&state.normal, |slow| &slow.bucket);
            bucket.check().map_err(|early| early.wait_time_from(DefaultClock::default().now()))
        })
    }

    /// Shuts the gate; a hold that runs already is served as well.
    pub(super) fn shut(&self, hold: Hold) {
        let now = self.clock.now();
        let end = End::new(hold.until, now);
        self.with(|state| {
            let running = state.shut.take().filter(|shut| !shut.end.is_over(now));
            state.shut = Some(match running {
                Some(shut) if shut.hold.until >= hold.until => Shut { end: shut.end.and(end), ..shut },
                Some(shut) => Shut { hold, end: shut.end.and(end) },
                None => Shut { hold, end },
            });
        });
    }

    /// Shuts the gate for a hold that somebody else was told of. One that was served here already is not served again.
    pub(super) fn learn(&self, until: Instant, whole: bool) {
        let now = self.clock.now();
        let known = self.with(|state| state.shut.as_ref().is_some_and(|shut| shut.hold.until >= until));
        if until > now && !known {
            let until = until.min(now + LONGEST_HOLD);
            self.shut(Hold { until, reason: "it said so earlier".to_owned(), quota: false, whole });
        }
    }

    /// Slows down; a slower pace that runs already stays.
    pub(super) fn slow_down(&self, near: &Near) {
        let now = self.clock.now();
        self.with(|state| {
            let rate = (state.per_second / SLOW_FACTOR).max(1);
            let spacing = near.spacing.unwrap_or(Duration::from_secs(1) / rate);
            let end = End::new(now + near.lasts, now);
            let running = state.slow.take().filter(|slow| !slow.end.is_over(now));
            state.slow = Some(match running {
                // the bucket goes on: a new one would let a request pass at once
                Some(slow) if slow.spacing >= spacing => Slow { end: slow.end.and(end), ..slow },
                _ => Slow { end, spacing, bucket: spaced(spacing) },
            });
        });
    }

    /// The hold that runs now, and how long it still does.
    pub(super) fn held(&self) -> Option<(Hold, Duration)> {
        let now = self.clock.now();
        self.with(|state| {
            let shut = state.shut.as_ref().filter(|shut| !shut.end.is_over(now))?;
            Some((shut.hold.clone(), shut.end.left(now)))
        })
    }

    /// Until when it is slow.
    pub(super) fn slowed_until(&self) -> Option<Instant> {
        let now = self.clock.now();
        self.with(|state| state.slow.as_ref().filter(|slow| !slow.end.is_over(now)).map(|slow| slow.end.at))
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One request at a time, so far apart.
fn spaced(spacing: Duration) -> DefaultDirectRateLimiter {
    let quota = Quota::with_period(spacing.max(Duration::from_millis(1)));
    RateLimiter::direct(quota.unwrap_or(Quota::per_second(NonZeroU32::MIN)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::REQUESTS_PER_SECOND;
    use governor::clock::FakeRelativeClock;

    #[test]
    fn what_jira_takes_of_an_endpoint_is_never_used_up() {
        let per_second = |number| Quota::per_second(NonZeroU32::new(number).unwrap());
        let clock = FakeRelativeClock::default();
        let ours = RateLimiter::direct_with_clock(quota(REQUESTS_PER_SECOND), clock.clone());
        let jira = RateLimiter::direct_with_clock(per_second(100), clock.clone());
        let (mut started, mut refused) = (0, 0);
        for _ in 0..10_000 {
            while ours.check().is_ok() {
                started += 1;
                refused += u32::from(jira.check().is_err());
            }
            clock.advance(Duration::from_millis(1));
        }
        assert!(started >= REQUESTS_PER_SECOND * 10, "{started} in ten seconds");
        assert_eq!(refused, 0);
    }
}
