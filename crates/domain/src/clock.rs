//! The one lawful home of "now".

use crate::Instant;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Where the time comes from: the machine, or a hand that a test or the simulator turns.
///
/// ```
/// use okrsync_domain::Clock;
/// let noon = "2026-11-20T12:00:00Z".parse().unwrap();
/// let clock = Clock::manual(noon);
/// clock.advance(chrono::TimeDelta::minutes(60));
/// assert_eq!(clock.now().to_rfc3339(), "2026-11-20T13:00:00+00:00");
/// ```
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
    Hurried { since: i64, speed: i64 },
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it. Clones move together.
    pub fn manual(start: Instant) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.timestamp_micros()))))
    }

    /// The machine's clock, but so many times as fast from an instant on, and as far behind as ahead before it: for rehearsals
    /// of a long time. All that name the same instant and speed agree.
    pub fn hurried(since: Instant, speed: u32) -> Self {
        Self(Source::Hurried { since: since.timestamp_micros(), speed: speed.into() })
    }

    /// The current instant, to the microsecond (what both databases keep).
    pub fn now(&self) -> Instant {
        let micros = match &self.0 {
            Source::System => machine(),
            Source::Manual(micros) => micros.load(Ordering::SeqCst),
            Source::Hurried { since, speed } => since.saturating_add((machine() - since).saturating_mul(*speed)),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }

    /// Moves a manual clock forward; those that follow the machine's do not care.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(micros) = &self.0 {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}

fn machine() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the one lawful home of the machine's clock")]
    Utc::now().timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_passes_in_a_minute_for_all_that_agree_on_it() {
        let began = Clock::system().now() - TimeDelta::minutes(1);
        let (one, two) = (Clock::hurried(began, 60), Clock::hurried(began, 60));
        let (first, second) = (one.now(), two.now());
        assert!(first >= began + TimeDelta::hours(1) && second >= first);
        assert!(second < began + TimeDelta::hours(2), "unless this test takes a minute");
    }
}
