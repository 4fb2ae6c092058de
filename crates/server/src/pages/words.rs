//! Numbers and moments as people read them.

use chrono::TimeDelta;
use chrono_tz::Tz;
use okrsync_domain::{Instant, decimal::plain};
use rust_decimal::{Decimal, RoundingStrategy};

/// Ages up to this are told in minutes.
const TOLD_IN_MINUTES: i64 = 90;

/// A decimal with at most one place, thousands separated, and a real minus sign.
///
/// Rounding is for the eye only: what is compared and stored stays exact.
pub(crate) fn number(value: Decimal) -> String {
    let rounded = plain(value.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero));
    let (sign, digits) = rounded.strip_prefix('-').map_or(("", rounded.as_str()), |digits| ("\u{2212}", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// "12 min ago" up to 90 minutes, then "10:12" today, then "19 Nov, 14:05".
pub(crate) fn age(at: Instant, now: Instant, zone: Tz) -> String {
    let minutes = (now - at).max(TimeDelta::zero()).num_minutes();
    let (at, now) = (at.with_timezone(&zone), now.with_timezone(&zone));
    match minutes {
        0 => "just now".to_owned(),
        1..=TOLD_IN_MINUTES => format!("{minutes} min ago"),
        _ if at.date_naive() == now.date_naive() => at.format("%H:%M").to_string(),
        _ => at.format("%-d %b, %H:%M").to_string(),
    }
}

/// "20 Nov 2026, 14:05:09".
pub(crate) fn exactly(at: Instant, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %b %Y, %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_rounded_for_the_eye() {
        for (value, expected) in
            [("0", "0"), ("14.0", "14"), ("58.3333333333", "58.3"), ("1234567.25", "1,234,567.3"), ("-1000", "\u{2212}1,000"), ("999.95", "1,000")]
        {
            assert_eq!(number(value.parse().unwrap()), expected, "{value}");
        }
    }

    #[test]
    fn ages_grow_coarser() {
        let now: Instant = "2026-11-20T10:24:00Z".parse().unwrap();
        let told = |text: &str| age(text.parse().unwrap(), now, chrono_tz::Europe::Berlin);
        assert_eq!(told("2026-11-20T10:24:30Z"), "just now");
        assert_eq!(told("2026-11-20T10:12:00Z"), "12 min ago");
        assert_eq!(told("2026-11-20T08:12:00Z"), "09:12");
        assert_eq!(told("2026-11-19T13:05:00Z"), "19 Nov, 14:05");
    }
}
