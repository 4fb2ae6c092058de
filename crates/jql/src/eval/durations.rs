//! Working time in queries, such as `timespent > "1d 4h"`.

use crate::dates::amount_and_unit;

/// Seconds of a working day; Jira's default, which few sites change.
const DAY: i64 = 8 * 3600;
/// Working days of a week; Jira's default.
const DAYS_OF_WEEK: i64 = 5;

/// Seconds of `2h`, `"1d 4h"`; a number without a unit is minutes.
pub(super) fn read_duration(text: &str) -> Option<i64> {
    if let Ok(minutes) = text.trim().parse::<i64>() {
        return minutes.checked_mul(60);
    }
    let mut total: i64 = 0;
    for term in text.split_whitespace() {
        let (amount, unit) = amount_and_unit(term)?;
        let seconds = match unit.to_ascii_lowercase() {
            'w' => DAYS_OF_WEEK * DAY,
            'd' => DAY,
            'h' => 3600,
            'm' => 60,
            _ => return None,
        };
        total = total.checked_add(amount.checked_mul(seconds)?)?;
    }
    (!text.trim().is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::read_duration;

    #[test]
    fn a_day_has_eight_hours_and_a_week_five_days() {
        let table = [("2h", 7200), ("1d 4h", 43_200), ("1W", 144_000), ("90m", 5400), ("30", 1800)];
        for (text, seconds) in table {
            assert_eq!(read_duration(text), Some(seconds), "{text}");
        }
        for text in ["", "h", "2x", "-2h", "1.5h", "99999999999999999w"] {
            assert_eq!(read_duration(text), None, "{text}");
        }
    }
}
