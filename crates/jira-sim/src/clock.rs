//! The simulator's own time: by hand, or following a clock that is passed in.

use std::fmt;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use crate::sync::lock;

/// An instant in UTC.
pub type Instant = DateTime<Utc>;

/// A clock that tests set and the demo lets run. Clones show the same time.
///
/// ```
/// use chrono::{TimeDelta, TimeZone, Utc};
/// use okrsync_jira_sim::SimClock;
///
/// let clock = SimClock::manual(Utc.with_ymd_and_hms(2026, 11, 20, 9, 0, 0).unwrap());
/// clock.advance(TimeDelta::days(7));
/// assert_eq!(clock.now().to_rfc3339(), "2026-11-27T09:00:00+00:00");
/// ```
#[derive(Clone)]
pub struct SimClock(Arc<Inner>);

struct Inner {
    source: Source,
    offset: Mutex<TimeDelta>,
}

enum Source {
    Still(Instant),
    Following(Box<dyn Fn() -> Instant + Send + Sync>),
}

impl SimClock {
    /// A clock that stands still until it is set or advanced.
    pub fn manual(at: Instant) -> Self {
        Self::new(Source::Still(at))
    }

    /// A clock that follows another one, for example that of the program under test.
    pub fn following(source: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self::new(Source::Following(Box::new(source)))
    }

    /// The machine's own time.
    #[expect(clippy::disallowed_methods, reason = "the simulator's one lawful home of the wall clock")]
    pub fn wall() -> Self {
        Self::following(Utc::now)
    }

    /// The time now, to the millisecond, which is what Jira writes.
    pub fn now(&self) -> Instant {
        let base = match &self.0.source {
            Source::Still(at) => *at,
            Source::Following(source) => source(),
        };
        let now = base + *lock(&self.0.offset);
        now.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(now)
    }

    /// Moves the clock forward (or back, to play a skewed server).
    pub fn advance(&self, by: TimeDelta) {
        *lock(&self.0.offset) += by;
    }

    /// Sets the clock. A following clock goes on from there.
    pub fn set(&self, to: Instant) {
        let by = to - self.now();
        self.advance(by);
    }

    fn new(source: Source) -> Self {
        Self(Arc::new(Inner { source, offset: Mutex::new(TimeDelta::zero()) }))
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SimClock").field(&self.now()).finish()
    }
}
