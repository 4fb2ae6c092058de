//! Between stored decimals and exact fractions.
//!
//! Sums, extremes and odd medians are stored as they are. Hours (seconds ÷ 3600), means and even medians may not
//! terminate: they are rounded once, half away from zero, to [`PLACES`] decimals. Two thirds of an hour then reads
//! `0.66666666666666666667`, which is *not* two thirds; comparing it as it stands would make 20 of 40 minutes a hair
//! less than 50 %, and an OKR that is exactly where it should be would turn orange.
//!
//! So a stored number is read back as **the simplest fraction that rounds to it** ([`meant`]), if its denominator is at
//! most [`MAX_DENOMINATOR`]. This is sound because
//!
//! - two different fractions with denominators up to 10⁹ are at least 10⁻¹⁸ apart, so at most one of them lies within
//!   half a unit of the twentieth decimal (5 × 10⁻²¹): what was rounded is found again, and nothing else. Hours have the
//!   denominator 3600, means the number of issues times a power of ten of the field's own decimals;
//! - a number with up to 11 decimals is at least 10⁻²⁰ away from every such fraction but itself, so it stands for
//!   itself; a longer one that was never rounded could move by less than 5 × 10⁻²¹, which shows nowhere.
//!
//! A fraction with a larger denominator (a mean of many different progress values) stays rounded at its twentieth
//! decimal, and a number over 792 million keeps as many decimals as fit.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;

/// Decimals that a number keeps which does not terminate.
pub const PLACES: u32 = 20;

/// Largest denominator of a fraction that is found again after rounding.
pub const MAX_DENOMINATOR: u64 = 1_000_000_000;

/// Up to this many decimals a number can only stand for itself.
const LITERAL_PLACES: u32 = 11;

/// The decimal as a fraction, as it stands.
///
/// ```
/// use okrsync_metrics::fraction::literal;
/// assert_eq!(literal("0.75".parse().unwrap()).to_string(), "3/4");
/// ```
pub fn literal(value: Decimal) -> BigRational {
    if value.scale() == 0 {
        return BigRational::from_integer(value.mantissa().into());
    }
    BigRational::new(value.mantissa().into(), power_of_ten(value.scale()))
}

/// The fraction that a stored decimal stands for.
///
/// ```
/// use okrsync_metrics::fraction::meant;
/// assert_eq!(meant("0.66666666666666666667".parse().unwrap()).to_string(), "2/3");
/// assert_eq!(meant("0.67".parse().unwrap()).to_string(), "67/100");
/// // sixteen digits of a third, as a float in a Jira field has them, are no third
/// assert_ne!(meant("0.3333333333333333".parse().unwrap()), meant("0.33333333333333333333".parse().unwrap()));
/// ```
pub fn meant(value: Decimal) -> BigRational {
    let exact = literal(value);
    if !(LITERAL_PLACES + 1..=PLACES).contains(&value.normalize().scale()) {
        return exact;
    }
    let half_a_unit = BigRational::new(BigInt::one(), power_of_ten(PLACES) * 2);
    let size = exact.abs();
    let simplest = simplest_between(&size - &half_a_unit, &size + &half_a_unit);
    if *simplest.denom() > BigInt::from(MAX_DENOMINATOR) {
        return exact;
    }
    if exact.is_negative() { -simplest } else { simplest }
}

/// The fraction with the smallest denominator between two positive ones: the continued fractions of both, as far as
/// they agree, and the next whole number between them.
fn simplest_between(low: BigRational, high: BigRational) -> BigRational {
    let whole = low.floor();
    if whole == low {
        return low;
    }
    if whole < high.floor() {
        return whole + BigRational::one();
    }
    let rest = simplest_between((high - &whole).recip(), (low - &whole).recip());
    whole + rest.recip()
}

/// The decimal that equals the fraction, if there is one.
///
/// ```
/// use okrsync_metrics::fraction::{exact, literal};
/// let third = literal(1.into()) / literal(3.into());
/// assert_eq!(exact(&third), None);
/// assert_eq!(exact(&(third * literal(3.into()))), Some(1.into()));
/// ```
pub fn exact(value: &BigRational) -> Option<Decimal> {
    let scaled = value * power_of_ten(Decimal::MAX_SCALE);
    if !scaled.is_integer() {
        return None;
    }
    let (mut mantissa, mut scale) = (scaled.to_integer(), Decimal::MAX_SCALE);
    while scale > 0 && (&mantissa % 10_u8).is_zero() {
        mantissa /= 10_u8;
        scale -= 1;
    }
    from_mantissa(&mantissa, scale)
}

/// The fraction rounded half away from zero to `places` decimals, or to as many as fit; none beyond a decimal's range.
///
/// ```
/// use okrsync_metrics::fraction::{literal, rounded};
/// let two_thirds = literal(2.into()) / literal(3.into());
/// assert_eq!(rounded(&two_thirds, 4).unwrap().to_string(), "0.6667");
/// assert_eq!(rounded(&-literal("0.00005".parse().unwrap()), 4).unwrap().to_string(), "-0.0001");
/// ```
pub fn rounded(value: &BigRational, places: u32) -> Option<Decimal> {
    (0..=places).rev().find_map(|places| from_mantissa(&scaled(value, places), places))
}

/// `value × 10^places` rounded half away from zero.
pub(crate) fn scaled(value: &BigRational, places: u32) -> BigInt {
    let size = (value.numer().abs() * power_of_ten(places) * 2_u8 + value.denom()) / (value.denom() * 2_u8);
    if value.is_negative() { -size } else { size }
}

/// `mantissa ÷ 10^scale` without trailing zeros, if it fits.
fn from_mantissa(mantissa: &BigInt, scale: u32) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(mantissa.to_i128()?, scale).ok().map(|value| value.normalize())
}

/// `10^exponent`.
pub(crate) fn power_of_ten(exponent: u32) -> BigInt {
    10_u64.checked_pow(exponent).map_or_else(|| BigInt::from(10_u8).pow(exponent), BigInt::from)
}
