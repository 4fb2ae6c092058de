//! Numbers as people read them: thousands with a comma, a real minus sign, no more places than help.

use okrsync_metrics::Percent;
use rust_decimal::{Decimal, RoundingStrategy};

/// A value with at most two places.
///
/// 1234.5 → "1,234.5".
pub(crate) fn figure(value: Decimal) -> String {
    let rounded = value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero).normalize();
    let text = rounded.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if rounded.is_sign_negative() && !rounded.is_zero() { "−" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", thousands(whole))
}

/// A percentage with one place and a real minus sign.
pub(crate) fn percent(value: &Percent) -> String {
    value.page().replace('-', "−")
}

/// "1 issue", "2 issues".
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", figure(number.into()), if number == 1 { one } else { many })
}

fn thousands(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_grouped() {
        for (value, text) in [
            ("0", "0"),
            ("12", "12"),
            ("999", "999"),
            ("1000", "1,000"),
            ("1234567.5", "1,234,567.5"),
            ("0.33333333333333333333", "0.33"),
            ("2.005", "2.01"),
            ("-1234", "−1,234"),
            ("-0.001", "0"),
        ] {
            assert_eq!(figure(value.parse().unwrap()), text);
        }
        assert_eq!(counted(1, "issue", "issues"), "1 issue");
        assert_eq!(counted(2400, "issue", "issues"), "2,400 issues");
    }
}
