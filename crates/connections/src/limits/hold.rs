//! Jira's wish to be left alone, as a refusing answer words it.

use crate::Error;
use chrono::{DateTime, DurationRound, TimeDelta};
use okrsync_domain::Instant;
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use std::time::Duration;

/// No server keeps a connection shut for longer, whatever it says.
pub(super) const LONGEST_HOLD: TimeDelta = TimeDelta::hours(24);

/// Jira's wish to be left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    /// Nothing is sent before.
    pub until: Instant,
    /// Jira's reason, or a word for it.
    pub reason: String,
    /// Whether an hourly quota is used up: waiting it out is the scheduler's business.
    pub quota: bool,
    /// Whether all of the connection is to be left alone, or only the endpoint that answered.
    pub whole: bool,
}

impl Hold {
    /// Reads how long to wait from a refusing answer: 429 always, 503 where it says so. `backoff` is for a 429 that
    /// names no time.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap, now: Instant, backoff: Duration) -> Option<Self> {
        let said = retry_after(headers, now);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let until = said.filter(|until| *until > now)?.min(now + LONGEST_HOLD);
            return Some(Self { until, reason: "unavailable".to_owned(), quota: false, whole: true });
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
        // A quota is given anew at its reset, whatever a gateway on the way would have us do.
        let until = if quota { said.max(reset()) } else { said.or_else(reset) };
        let until = until.or_else(|| quota.then(|| next_hour(now))).unwrap_or(least).max(least);
        let whole = !(reason.contains("burst") || reason.contains("per-issue"));
        Some(Self { until: until.min(now + LONGEST_HOLD), reason, quota, whole })
    }

    /// The error that tells a caller to come back later.
    pub(crate) fn into_error(self, now: Instant) -> Error {
        let retry_after = (self.until - now).to_std().unwrap_or_default();
        Error::RateLimited { retry_at: self.until, retry_after, reason: self.reason, whole: self.whole }
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

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        format!("2026-11-20T{text}Z").parse().unwrap()
    }

    fn hold(status: u16, headers: &[(&'static str, &'static str)]) -> Option<(Instant, bool, bool)> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let status = StatusCode::from_u16(status).unwrap();
        let hold = Hold::of(status, &headers, at("10:03:00"), Duration::from_secs(2))?;
        Some((hold.until, hold.quota, hold.whole))
    }

    #[test]
    fn each_way_of_asking_to_wait_is_understood() {
        let quota = ("ratelimit-reason", "jira-quota-global-based");
        let reset = ("x-ratelimit-reset", "2026-11-20T10:20:00Z");
        let burst = ("ratelimit-reason", "jira-burst-based");
        for (status, headers, expected) in [
            (429, vec![("retry-after", "17")], Some((at("10:03:17"), false, true))),
            (429, vec![("retry-after", "Fri, 20 Nov 2026 10:04:00 GMT")], Some((at("10:04:00"), false, true))),
            (429, vec![("retry-after", "0")], Some((at("10:03:02"), false, true))),
            (429, vec![], Some((at("10:03:02"), false, true))),
            (429, vec![reset], Some((at("10:20:00"), false, true))),
            (429, vec![reset, ("date", "Fri, 20 Nov 2026 10:19:30 GMT")], Some((at("10:03:30"), false, true))),
            (429, vec![quota, reset], Some((at("10:20:00"), true, true))),
            (429, vec![quota], Some((at("11:00:00"), true, true))),
            (429, vec![quota, reset, ("retry-after", "17")], Some((at("10:20:00"), true, true))),
            (429, vec![burst, ("retry-after", "17")], Some((at("10:03:17"), false, false))),
            (429, vec![burst, ("retry-after", "17"), reset], Some((at("10:03:17"), false, false))),
            (429, vec![("ratelimit-reason", "jira-cost-based")], Some((at("10:03:02"), false, true))),
            (429, vec![("retry-after", "4000000000")], Some(("2026-11-21T10:03:00Z".parse().unwrap(), false, true))),
            (503, vec![("retry-after", "5")], Some((at("10:03:05"), false, true))),
            (503, vec![], None),
            (200, vec![("retry-after", "0")], None),
            (200, vec![("retry-after", "9")], None),
        ] {
            assert_eq!(hold(status, &headers), expected, "{status} {headers:?}");
        }
    }
}
