//! What an answer says of a limit that is near, before it is reached.
//!
//! Cloud says it in `X-RateLimit-NearLimit` and in the structured `RateLimit`, which names the policy; Data Center in the
//! filling of a bucket, which tells how fast it fills. The headers of the two share names but not meanings: only a bucket of
//! Data Center says its `FillRate`.

use super::hold::text;
use chrono::TimeDelta;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// Near a limit of which no more is known only every fifth request is sent.
pub(super) const SLOW_FACTOR: u32 = 5;
/// How long that lasts.
const SLOW_FOR: TimeDelta = TimeDelta::seconds(60);
/// A limit is near where less than a fifth is left, as Jira counts it, too.
const NEAR: u32 = 5;
/// Points that a request costs where points are counted: a page of issues.
const POINTS: u64 = 100;
/// No longer between two requests, so that what is left is used.
const WIDEST: Duration = Duration::from_secs(5);

/// A limit is near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Near {
    /// Whether all of the connection draws from it, or only the endpoint that answered.
    pub(super) whole: bool,
    /// How long to go slowly.
    pub(super) lasts: TimeDelta,
    /// Time between two requests; none is a fifth of the usual pace.
    pub(super) spacing: Option<Duration>,
}

impl Near {
    /// Reads the headers of an answer.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        if headers.contains_key("x-ratelimit-fillrate") {
            bucket(headers)
        } else {
            policy(headers).or_else(|| flag(headers))
        }
    }
}

/// Data Center: a user's bucket, which is all of the connection's.
fn bucket(headers: &HeaderMap) -> Option<Near> {
    let number = |name| text(headers, name)?.parse::<u32>().ok();
    let (size, left) = (number("x-ratelimit-limit")?, number("x-ratelimit-remaining")?);
    let fill = number("x-ratelimit-fillrate").filter(|fill| *fill > 0)?;
    let interval = number("x-ratelimit-interval-seconds").filter(|seconds| *seconds > 0).unwrap_or(1);
    if u64::from(left) * u64::from(NEAR) >= u64::from(size) {
        return None;
    }
    // at the pace at which it fills it never runs dry; half full, it may be drawn from again
    let lacking = (size / 2).saturating_sub(left);
    let seconds = i64::from(lacking.div_ceil(fill)) * i64::from(interval);
    let spacing = Duration::from_secs(interval.into()) / fill;
    Some(Near { whole: true, lasts: TimeDelta::seconds(seconds.max(1)), spacing: Some(spacing.min(WIDEST)) })
}

/// Cloud: `RateLimit: "global-app-quota";r=1234;t=567` beside `RateLimit-Policy: "global-app-quota";q=65000;w=3600`.
fn policy(headers: &HeaderMap) -> Option<Near> {
    let item = |names: [&str; 2]| names.into_iter().find_map(|name| text(headers, name));
    let now = item(["ratelimit", "beta-ratelimit"])?;
    let policy = item(["ratelimit-policy", "beta-ratelimit-policy"]).unwrap_or_default();
    let near = now.split(',').filter_map(|limit| {
        let (left, name) = (parameter(limit, "r")?, name(limit));
        let full = policy.split(',').find(|policy| self::name(policy) == name).and_then(|it| parameter(it, "q"))?;
        let reset = parameter(limit, "t").unwrap_or(60);
        (left * u64::from(NEAR) < full).then(|| run_out(name, left, reset))
    });
    // the slowest pace that is asked for
    near.max_by_key(|near| (near.whole, near.spacing))
}

fn run_out(name: &str, left: u64, reset: u64) -> Near {
    let lasts = TimeDelta::seconds(i64::try_from(reset.clamp(1, 3600)).unwrap_or(3600));
    if name.contains("burst") {
        return Near { whole: false, lasts, spacing: None };
    }
    let requests = u32::try_from((left / POINTS).max(1)).unwrap_or(u32::MAX);
    let spacing = Duration::from_secs(reset) / requests;
    Near { whole: true, lasts, spacing: Some(spacing.min(WIDEST)) }
}

fn name(item: &str) -> &str {
    item.split(';').next().unwrap_or_default().trim().trim_matches('"')
}

fn parameter(item: &str, key: &str) -> Option<u64> {
    item.split(';').skip(1).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == key).then(|| value.trim().parse().ok())?
    })
}

/// Cloud says only that some limit is near.
fn flag(headers: &HeaderMap) -> Option<Near> {
    let said = |name| text(headers, name).is_some_and(|near| near.eq_ignore_ascii_case("true"));
    let near = said("x-ratelimit-nearlimit") || said("x-beta-ratelimit-nearlimit");
    near.then_some(Near { whole: true, lasts: SLOW_FOR, spacing: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(headers: &[(&'static str, &'static str)]) -> Option<(bool, i64, Option<u128>)> {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let near = Near::of(&headers)?;
        Some((near.whole, near.lasts.num_seconds(), near.spacing.map(|spacing| spacing.as_millis())))
    }

    #[test]
    fn each_way_of_saying_that_a_limit_is_near_is_understood() {
        let bucket = |left| {
            vec![
                ("x-ratelimit-limit", "70"),
                ("x-ratelimit-remaining", left),
                ("x-ratelimit-fillrate", "5"),
                ("x-ratelimit-interval-seconds", "1"),
                ("retry-after", "0"),
            ]
        };
        let policies = ("ratelimit-policy", "\"jira-burst-based\";q=100;w=1, \"global-app-quota\";q=65000;w=3600");
        let quota = |left| vec![policies, ("ratelimit", left)];
        for (headers, expected) in [
            (vec![], None),
            (vec![("x-ratelimit-nearlimit", "false")], None),
            (vec![("x-ratelimit-nearlimit", "TRUE")], Some((true, 60, None))),
            (vec![("x-beta-ratelimit-nearlimit", "true")], Some((true, 60, None))),
            (vec![("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "1")], None),
            (bucket("70"), None),
            (bucket("14"), None),
            (bucket("13"), Some((true, 5, Some(200)))),
            (bucket("0"), Some((true, 7, Some(200)))),
            (quota("\"global-app-quota\";r=13000;t=600"), None),
            (quota("\"global-app-quota\";r=12999;t=600"), Some((true, 600, Some(4651)))),
            (quota("\"global-app-quota\";r=0;t=600"), Some((true, 600, Some(5000)))),
            (quota("\"global-app-quota\";t=600"), None),
            (quota("\"jira-burst-based\";r=19;t=1"), Some((false, 1, None))),
            (quota("\"jira-burst-based\";r=19;t=1, \"global-app-quota\";r=6000;t=60"), Some((true, 60, Some(1000)))),
            (
                vec![("beta-ratelimit", "\"a-quota\";r=1;t=9"), ("x-ratelimit-nearlimit", "true")],
                Some((true, 60, None)),
            ),
        ] {
            assert_eq!(near(&headers), expected, "{headers:?}");
        }
    }
}
