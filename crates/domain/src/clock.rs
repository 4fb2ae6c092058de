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

    /// The current instant, to the microsecond (what both databases keep).
    pub fn now(&self) -> Instant {
        let micros = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one lawful home of the machine's clock")]
            Source::System => Utc::now().timestamp_micros(),
            Source::Manual(micros) => micros.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }

    /// Moves a manual clock forward; the machine's clock does not care.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(micros) = &self.0 {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}
