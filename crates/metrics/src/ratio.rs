//! Percentages that are never rounded until they are shown.

use crate::fraction;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use okrsync_domain::decimal::plain;
use rust_decimal::Decimal;
use std::{fmt, ops::Sub};

/// Decimals of a percentage in the API.
const API_PLACES: u32 = 4;
/// Decimals of a percentage on pages.
const PAGE_PLACES: u32 = 1;
/// A fraction of fractions whose denominator has more bits than this is cut …
const LONG_BITS: u64 = 1024;
/// … to so many decimals.
const LONG_PLACES: u32 = 200;

/// Any percentage, exact: an attainment, an expected progress, a share, a gap in percentage points.
///
/// Equality and order are those of the fraction, not of what is shown.
///
/// ```
/// use okrsync_metrics::Percent;
/// let three_of_eleven = Percent::of(3.into(), 11.into()).unwrap();
/// assert_eq!(three_of_eleven.api().to_string(), "27.2727");
/// assert_eq!(three_of_eleven.page(), "27.3");
/// assert!(three_of_eleven > Percent::from("27.2727".parse::<rust_decimal::Decimal>().unwrap()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(BigRational);

impl Percent {
    /// 0 %.
    pub fn zero() -> Self {
        Self(BigRational::zero())
    }

    /// 100 %.
    pub fn hundred() -> Self {
        Self(hundred())
    }

    /// `part ÷ whole × 100`, both taken as [`fraction::meant`]; none if `whole` is 0.
    ///
    /// ```
    /// use okrsync_metrics::Percent;
    /// let minutes = |hours: &str| hours.parse().unwrap();
    /// let half = Percent::of(minutes("0.33333333333333333333"), minutes("0.66666666666666666667")).unwrap();
    /// assert_eq!(half, Percent::from(rust_decimal::Decimal::from(50)));
    /// assert_eq!(Percent::of(0.into(), 0.into()), None);
    /// ```
    pub fn of(part: Decimal, whole: Decimal) -> Option<Self> {
        (!whole.is_zero()).then(|| Self::of_fractions(&fraction::meant(part), &fraction::meant(whole)))
    }

    /// `part ÷ whole × 100`, reduced once; `whole` is not 0.
    pub(crate) fn of_fractions(part: &BigRational, whole: &BigRational) -> Self {
        Self(BigRational::new(part.numer() * 100_u8 * whole.denom(), part.denom() * whole.numer()))
    }

    /// A percentage from its fraction: 1/2 is half a percent.
    pub(crate) fn new(value: BigRational) -> Self {
        Self(value)
    }

    /// Cut to 200 decimals where the denominator has more than 1024 bits. Averages of averages over thousands of
    /// OKRs would otherwise have denominators of many thousand digits, and reducing those takes seconds. Cutting never
    /// reaches 100.
    pub(crate) fn shortened(self) -> Self {
        if self.0.denom().bits() <= LONG_BITS {
            return self;
        }
        let unit = fraction::power_of_ten(LONG_PLACES);
        Self(BigRational::new((self.0 * &unit).floor().to_integer(), unit))
    }

    /// The fraction itself: half a percent is 1/2.
    pub fn fraction(&self) -> &BigRational {
        &self.0
    }

    /// As the API gives it: at most 4 decimals, half away from zero. What lies beyond a decimal's range (an attainment
    /// of more than 10²⁶ times the target) is shown as the end of that range.
    ///
    /// ```
    /// use okrsync_metrics::Percent;
    /// let exact = |text: &str| Percent::from(text.parse::<rust_decimal::Decimal>().unwrap());
    /// assert_eq!(exact("54.94505").api().to_string(), "54.9451");
    /// assert_eq!(exact("-0.00005").api().to_string(), "-0.0001");
    /// assert_eq!(exact("30.0000").api().to_string(), "30");
    /// ```
    pub fn api(&self) -> Decimal {
        let end = if self.0.is_negative() { Decimal::MIN } else { Decimal::MAX };
        fraction::rounded(&self.0, API_PLACES).unwrap_or(end)
    }

    /// As pages show it, without the sign for percent: one decimal, rounded from the exact number, with the
    /// typographic minus.
    ///
    /// ```
    /// use okrsync_metrics::Percent;
    /// let exact = |text: &str| Percent::from(text.parse::<rust_decimal::Decimal>().unwrap());
    /// assert_eq!(exact("60").page(), "60.0");
    /// assert_eq!(exact("-25").page(), "−25.0");
    /// assert_eq!(exact("-0.04").page(), "0.0");
    /// ```
    pub fn page(&self) -> String {
        let tenths = fraction::scaled(&self.0, PAGE_PLACES);
        let sign = if tenths.is_negative() { "−" } else { "" };
        let (size, ten) = (tenths.abs(), BigInt::from(10));
        format!("{sign}{}.{}", &size / &ten, size % ten)
    }

    /// Held between 0 and 100: what attainment is to progress.
    ///
    /// ```
    /// use okrsync_metrics::{Percent, Progress};
    /// assert_eq!(Percent::of(34.into(), 20.into()).unwrap().clamped(), Progress::hundred());
    /// assert_eq!(Percent::of((-10).into(), 40.into()).unwrap().clamped(), Progress::zero());
    /// ```
    pub fn clamped(self) -> Progress {
        Progress(self.clamp(Self::zero(), Self::hundred()))
    }
}

impl From<Decimal> for Percent {
    fn from(value: Decimal) -> Self {
        Self(fraction::literal(value))
    }
}

impl Sub for &Percent {
    type Output = Percent;
    fn sub(self, other: &Percent) -> Percent {
        Percent(&self.0 - &other.0)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", plain(self.api()))
    }
}

/// Progress: a percentage between 0 and 100. What is not finished never shows as 100, and what has begun never as 0.
///
/// ```
/// use okrsync_metrics::Percent;
/// let almost = Percent::of(9_999_999.into(), 10_000_000.into()).unwrap().clamped();
/// assert_eq!((almost.api().to_string(), almost.page()), ("99.9999".into(), "99.9".into()));
/// let hardly = Percent::of(1.into(), 10_000_000.into()).unwrap().clamped();
/// assert_eq!((hardly.api().to_string(), hardly.page()), ("0.0001".into(), "0.1".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Progress(Percent);

impl Progress {
    /// 0 %.
    pub fn zero() -> Self {
        Self(Percent::zero())
    }

    /// 100 %.
    pub fn hundred() -> Self {
        Self(Percent::hundred())
    }

    /// The same as a percentage, to compute with.
    pub fn percent(&self) -> &Percent {
        &self.0
    }

    /// Whether it is exactly 100.
    pub fn is_complete(&self) -> bool {
        *self == Self::hundred()
    }

    /// As the API gives it: at most 4 decimals; below 100 at most 99.9999, above 0 at least 0.0001.
    pub fn api(&self) -> Decimal {
        self.shown(API_PLACES).normalize()
    }

    /// As pages show it, without the sign for percent: one decimal; below 100 at most 99.9, above 0 at least 0.1.
    pub fn page(&self) -> String {
        format!("{:.1}", self.shown(PAGE_PLACES))
    }

    /// Rounded, and kept one unit of the last place away from an end that it has not reached.
    fn shown(&self, places: u32) -> Decimal {
        let rounded = fraction::rounded(self.0.fraction(), places).unwrap_or(Decimal::ONE_HUNDRED);
        if self.0.0.is_zero() || self.is_complete() {
            return rounded;
        }
        let unit = Decimal::new(1, places);
        rounded.clamp(unit, Decimal::ONE_HUNDRED - unit)
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", plain(self.api()))
    }
}

/// 100 as a fraction.
pub(crate) fn hundred() -> BigRational {
    BigRational::from_integer(100.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_stays_below_100() {
        let hardly_less = Percent::hundred().0 - BigRational::new(1.into(), BigInt::from(3).pow(1_000));
        let cut = Percent(hardly_less).shortened();
        assert!(cut.0.denom().bits() <= LONG_BITS);
        assert!(cut < Percent::hundred());
    }

    #[test]
    fn an_attainment_beyond_all_decimals_shows_the_end_of_their_range() {
        let tiny = Decimal::new(1, Decimal::MAX_SCALE);
        assert_eq!(Percent::of(Decimal::MAX, tiny).unwrap().api(), Decimal::MAX);
        assert_eq!(Percent::of(Decimal::MIN, tiny).unwrap().api(), Decimal::MIN);
        assert_eq!(Percent::of(Decimal::MAX, 100.into()).unwrap().api(), Decimal::MAX, "with as many decimals as fit");
    }
}
