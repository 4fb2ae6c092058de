//! Sums that lose nothing, however long and in whatever order.
//!
//! Adding two decimals may round (10²⁷ + 0.01 has too many digits for one), so a sum built step by step could depend on
//! the order of the issues. These sums are kept in whole numbers of any size and become a decimal once, at the end.

use crate::fraction::power_of_ten;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use okrsync_domain::issue::WorkProgress;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// An exact sum of decimals.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sum {
    /// Sums of mantissas, one for each number of decimals.
    by_scale: BTreeMap<u32, BigInt>,
    /// How many numbers were added.
    count: u64,
}

impl Sum {
    /// Adds a number.
    pub(crate) fn add(&mut self, value: Decimal) {
        *self.by_scale.entry(value.scale()).or_default() += value.mantissa();
        self.count += 1;
    }

    /// The sum; 0 of nothing.
    pub(crate) fn total(&self) -> BigRational {
        let term = |(scale, sum): (&u32, &BigInt)| sum * power_of_ten(Decimal::MAX_SCALE - scale);
        BigRational::new(self.by_scale.iter().map(term).sum(), power_of_ten(Decimal::MAX_SCALE))
    }

    /// The mean; none of nothing.
    pub(crate) fn mean(&self) -> Option<BigRational> {
        (self.count > 0).then(|| self.total() / BigInt::from(self.count))
    }
}

/// An exact sum of fractions `done ÷ total`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ratios {
    /// Sums of numerators, one for each denominator.
    by_total: BTreeMap<i64, BigInt>,
    /// How many fractions were added.
    count: u64,
}

impl Ratios {
    /// Adds `done ÷ total`; a total of 0 (or less) is no fraction and is left out.
    pub(crate) fn add(&mut self, progress: WorkProgress) {
        if progress.total > 0 {
            *self.by_total.entry(progress.total).or_default() += progress.done;
            self.count += 1;
        }
    }

    /// The mean in percent, not reduced; none of nothing.
    pub(crate) fn mean_percent(&self) -> Option<BigRational> {
        if self.count == 0 {
            return None;
        }
        let terms = self.by_total.iter().map(|(total, done)| (done * 100, BigInt::from(*total))).collect();
        let (numerator, denominator) = add_up(terms);
        Some(BigRational::new_raw(numerator, denominator * self.count))
    }
}

/// Adds fractions in pairs, then the pairs in pairs, without reducing: thousands of different denominators have a
/// common one of many thousand digits, and reducing after each step would take seconds.
pub(crate) fn add_up(mut terms: Vec<(BigInt, BigInt)>) -> (BigInt, BigInt) {
    while terms.len() > 1 {
        terms = terms.chunks(2).map(add_pair).collect();
    }
    terms.pop().unwrap_or((BigInt::zero(), BigInt::one()))
}

fn add_pair(pair: &[(BigInt, BigInt)]) -> (BigInt, BigInt) {
    match pair {
        [(a, b), (c, d)] => (a * d + c * b, b * d),
        rest => rest.first().cloned().unwrap_or((BigInt::zero(), BigInt::one())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fraction::{exact, rounded};

    #[test]
    fn no_digit_is_lost_where_decimals_would_round() {
        let mut sum = Sum::default();
        for text in ["9000000000000000000000000000", "0.1", "0.2", "-9000000000000000000000000000"] {
            sum.add(text.parse().unwrap());
        }
        assert_eq!(exact(&sum.total()), Some("0.3".parse().unwrap()));
    }

    #[test]
    fn thirds_add_up_to_one() {
        let mut ratios = Ratios::default();
        for (done, total) in [(1, 3), (2, 3), (1, 0), (1, -2)] {
            ratios.add(WorkProgress { done, total });
        }
        assert_eq!(rounded(&ratios.mean_percent().unwrap(), 20), Some(50.into()));
        assert_eq!(Ratios::default().mean_percent(), None);
    }
}
