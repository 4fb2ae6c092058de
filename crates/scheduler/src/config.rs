//! The settings of the engine, each with its unit in its name.

use chrono::TimeDelta;
use okrsync_connections::Retry;
use serde::Deserialize;
use std::time::Duration;

/// Settings of the engine. Everything has a default that suits one machine and a few Jira sites.
///
/// ```
/// use okrsync_scheduler::SyncConfig;
/// let config: SyncConfig = serde_json::from_str(r#"{"lease_seconds": 90}"#).unwrap();
/// assert_eq!((config.lease_seconds, config.period_minutes), (90, 60));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncConfig {
    /// Minutes between refreshes that a new installation starts with; afterwards the organisation's setting rules.
    pub period_minutes: u32,
    /// Seconds between looks for due queries. A button or an edit wakes the engine at once.
    pub tick_seconds: u32,
    /// Seconds until the work of a process that died is taken over. Living work extends its lease.
    pub lease_seconds: u32,
    /// Refreshes in flight at once, over all connections; each connection has its own, smaller limit.
    pub parallel_refreshes: usize,
    /// Seconds of the first pause after a failed connection; each further failure doubles it.
    pub backoff_seconds: u32,
    /// Longest such pause in minutes.
    pub backoff_cap_minutes: u32,
    /// Percent of the issues matched before under which a result is doubted until the account's health is confirmed.
    pub drop_brake_percent: u32,
    /// Hours after which an issue is fetched again although nothing tells that it changed (up to twice as many: issues take
    /// turns).
    pub believed_hours: u32,
    /// Days for which every reading is kept; those of a day that changed nothing are folded into one. Then the last of each day
    /// is kept …
    pub all_readings_days: u32,
    /// … for so many days, and after that the last of each week.
    pub daily_readings_days: u32,
    /// How often a result that changed while it was read is read again within one refresh.
    pub unstable_retries: u32,
    /// How often one request is repeated after a failure that may pass.
    pub request_retries: u32,
    /// Milliseconds before the first repetition; each further one waits twice as long, up to 30 seconds.
    pub request_backoff_milliseconds: u32,
    /// Seconds that one request may take with its repetitions and Jira's own pauses before it is given up.
    pub request_patience_seconds: u32,
    /// Seconds that work under way gets when the process is asked to stop.
    pub shutdown_seconds: u32,
    /// Whether the past of new links is read from Jira's changelogs.
    pub backfill: bool,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            period_minutes: 60,
            tick_seconds: 5,
            lease_seconds: 60,
            parallel_refreshes: 64,
            backoff_seconds: 30,
            backoff_cap_minutes: 15,
            drop_brake_percent: 50,
            believed_hours: 24,
            all_readings_days: 30,
            daily_readings_days: 730,
            unstable_retries: 2,
            request_retries: 4,
            request_backoff_milliseconds: 2000,
            request_patience_seconds: 120,
            shutdown_seconds: 30,
            backfill: true,
        }
    }
}

impl SyncConfig {
    pub(crate) fn tick(&self) -> Duration {
        Duration::from_secs(self.tick_seconds.max(1).into())
    }

    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds.max(1).into())
    }

    pub(crate) fn lease_time(&self) -> TimeDelta {
        TimeDelta::seconds(self.lease_seconds.max(1).into())
    }

    pub(crate) fn retry(&self) -> Retry {
        let base = Duration::from_millis(self.request_backoff_milliseconds.into());
        let patience = Duration::from_secs(self.request_patience_seconds.into());
        Retry { base, retries: self.request_retries, patience, ..Retry::default() }
    }

    pub(crate) fn backoff_cap(&self) -> TimeDelta {
        TimeDelta::minutes(self.backoff_cap_minutes.max(1).into())
    }

    pub(crate) fn believed_for(&self) -> TimeDelta {
        TimeDelta::hours(self.believed_hours.max(1).into())
    }

    pub(crate) fn all_readings(&self) -> TimeDelta {
        TimeDelta::days(self.all_readings_days.max(1).into())
    }

    pub(crate) fn daily_readings(&self) -> TimeDelta {
        self.all_readings().max(TimeDelta::days(self.daily_readings_days.into()))
    }

    pub(crate) fn shutdown(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds.into())
    }
}
