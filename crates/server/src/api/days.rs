//! Days in the organisation's time zone as spans of instants.

use chrono::{Days, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use okrsync_domain::{Date, Instant};

/// The first instant of a day.
pub(crate) fn start_of(day: Date, zone: Tz) -> Instant {
    let midnight = day.and_time(NaiveTime::MIN);
    let first = zone.from_local_datetime(&midnight).earliest();
    // Where clocks jump over midnight, the day begins an hour later.
    let first = first.or_else(|| zone.from_local_datetime(&(midnight + TimeDelta::hours(1))).earliest());
    first.map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
}

/// The first instant after a day.
pub(crate) fn end_of(day: Date, zone: Tz) -> Instant {
    start_of(day.checked_add_days(Days::new(1)).unwrap_or(Date::MAX), zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_local_midnight_or_the_first_hour_there_is() {
        let start = |day: &str, zone: Tz| start_of(day.parse().unwrap(), zone).to_rfc3339();
        assert_eq!(start("2026-11-20", chrono_tz::Europe::Berlin), "2026-11-19T23:00:00+00:00");
        // Clocks in Cairo went from 0:00 to 1:00 on that day.
        assert_eq!(start("2026-04-24", chrono_tz::Africa::Cairo), "2026-04-23T22:00:00+00:00");
        let end = end_of("2026-10-25".parse().unwrap(), chrono_tz::Europe::Berlin);
        assert_eq!(end.to_rfc3339(), "2026-10-25T23:00:00+00:00");
    }
}
