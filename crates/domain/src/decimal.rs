//! Exact decimals: from the text of a document, to the text of one, never through a float.

use rust_decimal::Decimal;

/// Why a number could not be taken exactly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// The text is no number.
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
    /// More digits than a 96-bit decimal holds (28 significant digits).
    #[error("`{0}` has more digits than can be kept exactly (28)")]
    TooLong(String),
}

/// Reads a JSON number's own text exactly, exponents included.
///
/// ```
/// use okrsync_domain::decimal::{exact, plain};
/// assert_eq!(plain(exact("3.50").unwrap()), "3.5");
/// assert_eq!(plain(exact("1.5e3").unwrap()), "1500");
/// assert_eq!(plain(exact("0.1").unwrap() + exact("0.2").unwrap()), "0.3");
/// assert!(exact("1e40").is_err());
/// assert!(exact("abc").is_err());
/// ```
pub fn exact(text: &str) -> Result<Decimal, DecimalError> {
    let not_a_number = || DecimalError::NotANumber(text.to_owned());
    let too_long = || DecimalError::TooLong(text.to_owned());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| not_a_number())?),
        None => (text, 0),
    };
    let well_formed = mantissa.bytes().any(|b| b.is_ascii_digit())
        && mantissa.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !well_formed {
        return Err(not_a_number());
    }
    let mantissa = Decimal::from_str_exact(trim_zeros(mantissa)).map_err(|_| too_long())?.normalize();
    shift(mantissa, exponent).ok_or_else(too_long)
}

/// Zeros behind the last digit of a fraction carry nothing and must not count as digits.
fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// `value × 10^exponent`, or nothing if digits would be lost.
fn shift(value: Decimal, exponent: i32) -> Option<Decimal> {
    let scale = i64::from(value.scale()) - i64::from(exponent);
    if value.is_zero() {
        return Some(Decimal::ZERO);
    }
    if scale >= 0 {
        let scale = u32::try_from(scale).ok().filter(|scale| *scale <= Decimal::MAX_SCALE)?;
        return Decimal::try_from_i128_with_scale(value.mantissa(), scale).ok().map(|d| d.normalize());
    }
    let factor = 10_i128.checked_pow(u32::try_from(-scale).ok()?)?;
    Decimal::try_from_i128_with_scale(value.mantissa().checked_mul(factor)?, 0).ok()
}

/// Plain and normalised: no exponent, no trailing zeros, no `-0`.
///
/// ```
/// use okrsync_domain::decimal::plain;
/// assert_eq!(plain("-0.00".parse().unwrap()), "0");
/// assert_eq!(plain("27.27270".parse().unwrap()), "27.2727");
/// ```
pub fn plain(value: Decimal) -> String {
    let value = value.normalize();
    if value.is_zero() { "0".to_owned() } else { value.to_string() }
}

/// `#[serde(with = "okrsync_domain::decimal::text")]`: a decimal as a JSON string. A JSON number is refused.
pub mod text {
    use super::{Decimal, exact, plain};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the plain form.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&plain(*value))
    }

    /// Takes a string only: a JSON number has already been through a float somewhere.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(deserializer)?;
        exact(&text).map_err(D::Error::custom)
    }
}

/// The same as [`text`] for a decimal that may be absent or null.
pub mod optional_text {
    use super::{Decimal, exact, plain};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the plain form, or null.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(&plain(*value)),
            None => serializer.serialize_none(),
        }
    }

    /// Takes a string or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| exact(&text).map_err(D::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_text_reads_back_as_the_same_number(mantissa in any::<i64>(), scale in 0_u32..12) {
            let value = Decimal::new(mantissa, scale);
            prop_assert_eq!(exact(&plain(value)).unwrap(), value);
        }

        #[test]
        fn any_text_is_a_number_or_an_error(text in "\\PC{0,40}") {
            let _ = exact(&text);
        }
    }

    #[test]
    fn exponents_shift_without_loss() {
        for (text, expected) in [("12E-1", "1.2"), ("5e+2", "500"), ("0e99", "0"), ("-2.50e1", "-25")] {
            assert_eq!(plain(exact(text).unwrap()), expected);
        }
        assert_eq!(
            exact("79228162514264337593543950336"),
            Err(DecimalError::TooLong("79228162514264337593543950336".into()))
        );
        assert!(exact("0.00000000000000000000000000001").is_err(), "29 places cannot be kept");
    }
}
