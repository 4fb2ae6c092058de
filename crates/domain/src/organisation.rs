//! Settings of the whole installation.

use crate::Date;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How the gap between expected and actual progress is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReading {
    /// Percentage points.
    #[default]
    Points,
    /// Share of the expected progress.
    Ratio,
}

/// Where a gap changes the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusLimits {
    /// A gap over this is behind.
    pub behind_above: Decimal,
    /// A gap over this is at risk.
    pub at_risk_above: Decimal,
    /// How the gap is read.
    pub reading: GapReading,
}

impl Default for StatusLimits {
    fn default() -> Self {
        Self { behind_above: Decimal::ZERO, at_risk_above: Decimal::from(25), reading: GapReading::Points }
    }
}

/// Settings of the whole installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Display name.
    pub name: String,
    /// The zone in which "today" is a date.
    pub time_zone: Tz,
    /// Where a gap changes the status.
    pub limits: StatusLimits,
    /// Minutes between refreshes of a query.
    pub period_minutes: u32,
    /// Whether Jira is asked at all.
    pub jira_enabled: bool,
}

impl Organisation {
    /// The date at `now` in the organisation's zone.
    ///
    /// ```
    /// use okrsync_domain::organisation::Organisation;
    /// let berlin = Organisation { time_zone: chrono_tz::Europe::Berlin, ..Organisation::default() };
    /// let late = "2026-11-20T23:30:00Z".parse().unwrap();
    /// assert_eq!(berlin.today(late).to_string(), "2026-11-21");
    /// ```
    pub fn today(&self, now: crate::Instant) -> Date {
        now.with_timezone(&self.time_zone).date_naive()
    }
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            name: "okrsync".to_owned(),
            time_zone: Tz::UTC,
            limits: StatusLimits::default(),
            period_minutes: 60,
            jira_enabled: true,
        }
    }
}
