//! When a wait is over, by two clocks.

use okrsync_domain::Instant;
use std::time::Duration;
use tokio::time;

/// The end of a wait by the connection's clock and by the machine's ticks. Whichever comes first ends it: a clock turned
/// by hand may jump over a wait, or stand still while the wait is served.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) at: Instant,
    tick: time::Instant,
}

impl End {
    pub(super) fn new(at: Instant, now: Instant) -> Self {
        Self { at, tick: time::Instant::now() + (at - now).to_std().unwrap_or_default() }
    }

    pub(super) fn left(self, now: Instant) -> Duration {
        let by_clock = (self.at - now).to_std().unwrap_or_default();
        by_clock.min(self.tick.saturating_duration_since(time::Instant::now()))
    }

    pub(super) fn is_over(self, now: Instant) -> bool {
        self.left(now).is_zero()
    }

    /// So late that both waits are served.
    pub(super) fn and(self, other: Self) -> Self {
        Self { at: self.at.max(other.at), tick: self.tick.max(other.tick) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(text: &str) -> Instant {
        format!("2026-11-20T{text}Z").parse().unwrap()
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
}
