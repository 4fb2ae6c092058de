//! The calendar: which days are for work.

use chrono::{Datelike, Weekday};
use okrsync_domain::Date;

/// The days of the week on which a team works: Monday to Friday unless said otherwise.
///
/// It only tells two kinds of days apart, each of which is forecast from its own kind in the past. So a team that works
/// from Sunday to Thursday is forecast well without a setting, and so is one that does a little every Saturday.
///
/// ```
/// use okrsync_metrics::forecast::Calendar;
/// let calendar = Calendar::default();
/// assert!(calendar.is_working("2026-11-20".parse().unwrap()));
/// assert!(!calendar.is_working("2026-11-21".parse().unwrap()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    days_off: Vec<Weekday>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self::resting_on([Weekday::Sat, Weekday::Sun])
    }
}

impl Calendar {
    /// A week with these days off.
    pub fn resting_on(days_off: impl Into<Vec<Weekday>>) -> Self {
        Self { days_off: days_off.into() }
    }

    /// Whether it is a working day.
    pub fn is_working(&self, day: Date) -> bool {
        !self.days_off.contains(&day.weekday())
    }
}
