//! A connection's budget: so many requests within any hour. Pure.

use chrono::{DurationRound, TimeDelta};
use okrsync_domain::Instant;

/// Requests are counted by the minute.
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// What a budget is for.
const HOUR: TimeDelta = TimeDelta::hours(1);
/// A used-up budget rests until this part of it is free again, so that work does not trickle on request by request.
const WORTH_WAITING_FOR: u64 = 10;

/// What may still be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests that may be sent now.
    pub left: u64,
    /// With none left: when a good part of the budget is free again.
    pub free_at: Option<Instant>,
}

/// The first minute that still counts at `now`: each counts until an hour after its end.
pub fn window_start(now: Instant) -> Instant {
    let minute = now.duration_trunc(MINUTE).unwrap_or(now);
    minute - HOUR
}

/// What is left of `budget` requests an hour, when so many were sent in each of these minutes.
///
/// ```
/// use okrsync_scheduler::budget::allowance;
/// let at = |text: &str| text.parse().unwrap();
/// let sent = [(at("2026-11-20T10:00:00Z"), 60), (at("2026-11-20T10:30:00Z"), 40)];
/// assert_eq!(allowance(&sent, 120, at("2026-11-20T10:45:10Z")).left, 20);
/// let used_up = allowance(&sent, 100, at("2026-11-20T10:45:10Z"));
/// assert_eq!((used_up.left, used_up.free_at), (0, Some(at("2026-11-20T11:01:00Z"))));
/// ```
pub fn allowance(minutes: &[(Instant, u64)], budget: u32, now: Instant) -> Allowance {
    let start = window_start(now);
    let counted: Vec<_> = minutes.iter().copied().filter(|(minute, _)| *minute >= start).collect();
    let budget = u64::from(budget);
    let spent: u64 = counted.iter().map(|(_, requests)| requests).sum();
    if spent < budget {
        return Allowance { left: budget - spent, free_at: None };
    }
    Allowance { left: 0, free_at: Some(free_at(&counted, budget, (budget / WORTH_WAITING_FOR).max(1), now)) }
}

/// When `wanted` requests of `budget` are free, if nothing more is sent until then.
///
/// ```
/// use okrsync_scheduler::budget::free_at;
/// let at = |text: &str| text.parse().unwrap();
/// let sent = [(at("2026-11-20T10:00:00Z"), 60), (at("2026-11-20T10:30:00Z"), 40)];
/// assert_eq!(free_at(&sent, 120, 20, at("2026-11-20T10:45:10Z")), at("2026-11-20T10:45:10Z"));
/// assert_eq!(free_at(&sent, 120, 80, at("2026-11-20T10:45:10Z")), at("2026-11-20T11:01:00Z"));
/// assert_eq!(free_at(&sent, 120, 81, at("2026-11-20T10:45:10Z")), at("2026-11-20T11:31:00Z"));
/// ```
pub fn free_at(minutes: &[(Instant, u64)], budget: u64, wanted: u64, now: Instant) -> Instant {
    let start = window_start(now);
    let mut counted: Vec<_> = minutes.iter().copied().filter(|(minute, _)| *minute >= start).collect();
    counted.sort_unstable();
    let mut spent: u64 = counted.iter().map(|(_, requests)| requests).sum();
    let mut free_at = now;
    for (minute, requests) in counted {
        if spent.saturating_add(wanted) <= budget {
            break;
        }
        spent -= requests;
        free_at = minute + HOUR + MINUTE;
    }
    free_at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("2026-11-20T{text}Z").parse().unwrap()
    }

    #[test]
    fn a_minute_counts_until_an_hour_after_its_end() {
        let sent = [(at("10:00:00"), 5)];
        for (now, left) in [("10:00:30", 0), ("11:00:59", 0), ("11:01:00", 5)] {
            assert_eq!(allowance(&sent, 5, at(now)).left, left, "{now}");
        }
    }

    #[test]
    fn a_used_up_budget_rests_until_a_tenth_is_free() {
        let sent: Vec<_> = (0..50).map(|minute| (at("10:00:00") + TimeDelta::minutes(minute), 2)).collect();
        let used_up = allowance(&sent, 100, at("10:50:00"));
        assert_eq!(used_up, Allowance { left: 0, free_at: Some(at("11:05:00")) }, "five minutes with two each");
        assert_eq!(allowance(&sent, 100, at("11:05:00")).left, 10);
    }

    #[test]
    fn an_overdrawn_or_tiny_budget_comes_free_too() {
        let sent = [(at("10:00:00"), 500), (at("10:10:00"), 3)];
        assert_eq!(allowance(&sent, 1, at("10:20:00")).free_at, Some(at("11:11:00")));
        assert_eq!(allowance(&sent, 100, at("10:20:00")).free_at, Some(at("11:01:00")));
        assert_eq!(allowance(&[], 1, at("10:20:00")), Allowance { left: 1, free_at: None });
    }
}
