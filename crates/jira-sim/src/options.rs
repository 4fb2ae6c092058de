//! How a simulated site behaves from its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chrono::{TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use crate::clock::SimClock;

/// Which of the two Jiras a site plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Jira Cloud: `/rest/api/3`, account ids, token paging.
    Cloud,
    /// Jira Data Center and Server: `/rest/api/2`, user names, offset paging.
    DataCenter,
}

/// What happens to a request whose credentials are wrong, expired or revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCredentials {
    /// Treated as anonymous: 200 with public issues only, and `X-Seraph-LoginReason: AUTHENTICATED_FAILED`.
    SilentAnonymous,
    /// 401.
    Unauthorized,
}

/// What happens to a request without credentials where Jira would allow anonymous access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnonymousAccess {
    /// 200 with public issues only.
    PublicIssues,
    /// 401 with a JSON body.
    Refused,
    /// 302 to the login page (Data Center).
    RedirectToLogin,
}

/// A token bucket as Jira's burst limits are: empty means 429.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// Requests that flow back each second.
    pub per_second: f64,
    /// Requests that may come at once.
    pub size: f64,
}

/// How a simulated site behaves. Start from the default and change what the test is about:
///
/// ```
/// use okrsync_jira_sim::SiteOptions;
///
/// let options = SiteOptions { context_path: "/jira".into(), ..SiteOptions::default() };
/// assert_eq!(options.page_cap_ids, 5000);
/// ```
#[derive(Clone, Debug)]
pub struct SiteOptions {
    /// Title of the site.
    pub name: String,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Path before `/rest`, for example `/jira`; empty for none.
    pub context_path: String,
    /// The site's time.
    pub clock: SimClock,
    /// Time zone of the site and of users who have none of their own.
    pub zone: Tz,
    /// First day of the week, for `startOfWeek()`.
    pub week_starts: Weekday,
    /// Data Center: the version; below 8.14 a Bearer header is ignored.
    pub server_version: (u32, u32, u32),
    /// Cloud: most issues on a page when fields are asked for.
    pub page_cap_with_fields: usize,
    /// Cloud: most issues on a page of ids and keys.
    pub page_cap_ids: usize,
    /// Cloud: most issues of one bulk fetch.
    pub bulk_fetch_cap: usize,
    /// Data Center: largest `maxResults`; more is clamped and echoed.
    pub page_cap_data_center: usize,
    /// Data Center: results beyond this answer 500; None for no limit.
    pub result_window: Option<usize>,
    /// Wrong, expired and revoked credentials.
    pub bad_credentials: BadCredentials,
    /// No credentials.
    pub anonymous: AnonymousAccess,
    /// Rate-limit headers on signed-in answers.
    pub rate_headers: bool,
    /// Refuse bursts; None for never.
    pub burst: Option<Burst>,
    /// Every answer takes this long.
    pub latency: Duration,
    /// Cloud: searches see a change only after this many further searches, unless the issue is in `reconcileIssues`.
    pub lag_requests: u32,
    /// Whether time tracking is on; off, the time fields do not exist.
    pub time_tracking: bool,
    /// Keep request bodies in the ledger (off for benches).
    pub keep_bodies: bool,
}

impl Default for SiteOptions {
    fn default() -> Self {
        let start = Utc.with_ymd_and_hms(2026, 11, 20, 9, 0, 0).single().unwrap_or_default();
        Self {
            name: "Jira".to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            context_path: String::new(),
            clock: SimClock::manual(start),
            zone: Tz::UTC,
            week_starts: Weekday::Mon,
            server_version: (10, 3, 19),
            page_cap_with_fields: 100,
            page_cap_ids: 5000,
            bulk_fetch_cap: 100,
            page_cap_data_center: 1000,
            result_window: Some(10_000),
            bad_credentials: BadCredentials::SilentAnonymous,
            anonymous: AnonymousAccess::PublicIssues,
            rate_headers: false,
            burst: None,
            latency: Duration::ZERO,
            lag_requests: 0,
            time_tracking: true,
            keep_bodies: true,
        }
    }
}
