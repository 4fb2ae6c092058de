//! Scalars that Jira writes in more than one way: ids, instants, seconds, decimals.

use chrono::{DateTime, Utc};
use okrsync_domain::{
    Instant,
    decimal::{DecimalError, exact},
};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use std::fmt;

/// An id, written as a string or as an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Id(pub i64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;
        impl Visitor<'_> for IdVisitor {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
                text.parse().map(Id).map_err(|_| E::custom("an id is no number"))
            }

            fn visit_u64<E: Error>(self, id: u64) -> Result<Id, E> {
                i64::try_from(id).map(Id).map_err(E::custom)
            }

            fn visit_i64<E: Error>(self, id: i64) -> Result<Id, E> {
                Ok(Id(id))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// Why the text of a value is not what it should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Something else altogether.
    OtherKind,
    /// A number that cannot be kept exactly.
    TooLarge,
}

/// A decimal from raw JSON; nothing for `null`.
pub(super) fn decimal(raw: &str) -> Result<Option<Decimal>, Unfit> {
    match raw.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'-' | b'0'..=b'9') => match exact(raw) {
            Ok(value) => Ok(Some(value)),
            Err(DecimalError::TooLong(_)) => Err(Unfit::TooLarge),
            Err(DecimalError::NotANumber(_)) => Err(Unfit::OtherKind),
        },
        _ => Err(Unfit::OtherKind),
    }
}

/// Whole seconds from raw JSON; nothing for `null`.
pub(super) fn seconds(raw: &str) -> Result<Option<i64>, Unfit> {
    if let Ok(seconds) = raw.parse() {
        return Ok(Some(seconds));
    }
    let Some(value) = decimal(raw)? else { return Ok(None) };
    if !value.fract().is_zero() {
        return Err(Unfit::OtherKind);
    }
    value.to_i64().map(Some).ok_or(Unfit::TooLarge)
}

/// An instant from raw JSON: with or without a colon in the offset, `Z`, or milliseconds since 1970; nothing for `null`.
pub(crate) fn instant(raw: &str) -> Result<Option<Instant>, Unfit> {
    if raw == "null" {
        return Ok(None);
    }
    let read = match raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
        Some(text) => DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z")
            .or_else(|_| DateTime::parse_from_rfc3339(text))
            .map(|at| at.with_timezone(&Utc))
            .ok(),
        None => raw.parse().ok().and_then(DateTime::from_timestamp_millis),
    };
    read.map(Some).ok_or(Unfit::OtherKind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::decimal::plain;
    use proptest::prelude::*;

    #[test]
    fn ids_are_strings_or_integers() {
        for (json, id) in
            [("\"10231\"", Some(10_231)), ("10231", Some(10_231)), ("-1", Some(-1)), ("\"x\"", None), ("1.5", None)]
        {
            assert_eq!(serde_json::from_str::<Id>(json).ok().map(|id| id.0), id, "{json}");
        }
    }

    #[test]
    fn decimals_keep_every_digit() {
        for (raw, value) in [("5", "5"), ("5.0", "5"), ("0.1", "0.1"), ("-2.50", "-2.5"), ("1.0E3", "1000"), ("0", "0")]
        {
            assert_eq!(decimal(raw).unwrap().map(plain).as_deref(), Some(value));
        }
        assert_eq!(decimal("null"), Ok(None));
        assert_eq!(decimal("1e40"), Err(Unfit::TooLarge));
        for raw in ["\"5\"", "{}", "[1]", "true", ""] {
            assert_eq!(decimal(raw), Err(Unfit::OtherKind), "{raw}");
        }
    }

    #[test]
    fn seconds_are_whole() {
        for (raw, value) in
            [("7200", Ok(Some(7200))), ("7200.0", Ok(Some(7200))), ("0", Ok(Some(0))), ("null", Ok(None))]
        {
            assert_eq!(seconds(raw), value);
        }
        assert_eq!(seconds("1.5"), Err(Unfit::OtherKind));
        assert_eq!(seconds("\"1h\""), Err(Unfit::OtherKind));
        assert_eq!(seconds("99999999999999999999"), Err(Unfit::TooLarge));
    }

    #[test]
    fn instants_come_in_four_forms() {
        let expected: Instant = "2026-09-27T08:03:11.123Z".parse().unwrap();
        for raw in [
            "\"2026-09-27T10:03:11.123+0200\"",
            "\"2026-09-27T10:03:11.123+02:00\"",
            "\"2026-09-27T08:03:11.123Z\"",
            "1790496191123",
        ] {
            assert_eq!(instant(raw), Ok(Some(expected)), "{raw}");
        }
        assert_eq!(instant("null"), Ok(None));
        for raw in ["\"yesterday\"", "{}", "\"\"", "\"", "1.5"] {
            assert_eq!(instant(raw), Err(Unfit::OtherKind), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn any_raw_text_is_a_value_or_unfit(raw in "\\PC{0,30}") {
            let _ = (decimal(&raw), seconds(&raw), instant(&raw));
        }

        #[test]
        fn numbers_written_by_jira_come_back_exactly(mantissa in any::<i64>(), scale in 0_u32..10) {
            let value = Decimal::new(mantissa, scale);
            prop_assert_eq!(decimal(&value.to_string()), Ok(Some(value)));
        }
    }
}
