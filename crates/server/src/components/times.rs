//! Dates and ages as people say them, in the organisation's time zone.

use chrono::{Datelike as _, TimeDelta};
use chrono_tz::Tz;
use okrsync_domain::{Date, Instant};

/// "just now", "12 min ago" up to 90 minutes, "10:12" today, then "19 Nov, 14:05".
pub(crate) fn age(at: Instant, now: Instant, zone: Tz) -> String {
    let passed = now - at;
    if passed < TimeDelta::minutes(1) {
        return "just now".to_owned();
    }
    if passed <= TimeDelta::minutes(90) {
        return format!("{} min ago", passed.num_minutes());
    }
    let (local, today) = (at.with_timezone(&zone), now.with_timezone(&zone).date_naive());
    if local.date_naive() == today {
        return local.format("%H:%M").to_string();
    }
    format!("{}, {}", day(local.date_naive(), today), local.format("%H:%M"))
}

/// The same for what people enter by hand: of earlier days the day alone.
pub(crate) fn coarse(at: Instant, now: Instant, zone: Tz) -> String {
    let (local, today) = (at.with_timezone(&zone).date_naive(), now.with_timezone(&zone).date_naive());
    if local == today { age(at, now, zone) } else { day(local, today) }
}

/// "20 Nov", with the year if it is another one than today's.
pub(crate) fn day(date: Date, today: Date) -> String {
    let pattern = if date.year() == today.year() { "%-d %b" } else { "%-d %b %Y" };
    date.format(pattern).to_string()
}

/// "Reached 18 Nov".
pub(crate) fn reached(on: Date, today: Date) -> String {
    format!("Reached {}", day(on, today))
}

/// "10:12" of today, else with its day.
pub(crate) fn clock(at: Instant, now: Instant, zone: Tz) -> String {
    let (local, today) = (at.with_timezone(&zone), now.with_timezone(&zone).date_naive());
    let time = local.format("%H:%M");
    if local.date_naive() == today { time.to_string() } else { format!("{}, {time}", day(local.date_naive(), today)) }
}

/// To the second, with its zone: for tooltips.
pub(crate) fn exact(at: Instant, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %b %Y, %H:%M:%S %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_grow_coarser() {
        let now: Instant = "2026-11-20T10:30:00Z".parse().unwrap();
        let zone = chrono_tz::Europe::Berlin;
        for (at, text) in [
            ("2026-11-20T10:29:30Z", "just now"),
            ("2026-11-20T10:18:00Z", "12 min ago"),
            ("2026-11-20T09:00:00Z", "90 min ago"),
            ("2026-11-20T08:12:00Z", "09:12"),
            ("2026-11-19T13:05:00Z", "19 Nov, 14:05"),
            ("2025-12-31T23:30:00Z", "1 Jan, 00:30"),
            ("2025-11-19T13:05:00Z", "19 Nov 2025, 14:05"),
        ] {
            assert_eq!(age(at.parse().unwrap(), now, zone), text);
        }
        assert_eq!(coarse("2026-11-19T13:05:00Z".parse().unwrap(), now, zone), "19 Nov");
        assert_eq!(coarse("2026-11-20T10:18:00Z".parse().unwrap(), now, zone), "12 min ago");
        assert_eq!(clock("2026-11-20T11:12:00Z".parse().unwrap(), now, zone), "12:12");
        assert_eq!(exact("2026-11-20T11:12:00Z".parse().unwrap(), zone), "20 Nov 2026, 12:12:00 CET");
    }
}
