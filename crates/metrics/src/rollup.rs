//! Roll-up: what the progress of children makes of their parent.

use crate::{
    ratio::{Percent, Progress, hundred},
    sum::add_up,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use okrsync_domain::Invalid;
use rust_decimal::Decimal;

/// The share of each child, in the order given: a fixed one as it is, the others an equal part of what is left. They
/// add up to 100. A share of 0 means "does not contribute".
///
/// # Errors
/// `shares_do_not_add_up` if the fixed ones exceed 100, or if all are fixed and are not 100 together.
///
/// ```
/// use okrsync_metrics::shares;
/// use rust_decimal::Decimal;
/// let shown = |fixed: &[Option<i64>]| {
///     let fixed: Vec<_> = fixed.iter().map(|share| share.map(Decimal::from)).collect();
///     shares(&fixed).map(|shares| shares.iter().map(|share| share.api().to_string()).collect::<Vec<_>>())
/// };
/// assert_eq!(shown(&[None, None, None]).unwrap(), ["33.3333", "33.3333", "33.3333"]);
/// assert_eq!(shown(&[Some(50), None, None]).unwrap(), ["50", "25", "25"]);
/// assert_eq!(shown(&[Some(50), None, None, None]).unwrap(), ["50", "16.6667", "16.6667", "16.6667"]);
/// assert_eq!(shown(&[Some(100), None]).unwrap(), ["100", "0"]);
/// assert_eq!(shown(&[Some(60), Some(50), None]).unwrap_err().code, "shares_do_not_add_up");
/// assert_eq!(shown(&[Some(50), Some(30)]).unwrap_err().code, "shares_do_not_add_up");
/// ```
pub fn shares(fixed: &[Option<Decimal>]) -> Result<Vec<Percent>, Invalid> {
    let sum = fixed_sum(fixed);
    let negative = fixed.iter().flatten().any(|share| share.is_sign_negative() && !share.is_zero());
    let all_fixed = !fixed.is_empty() && fixed.iter().all(Option::is_some);
    if negative || sum > hundred() || (all_fixed && sum != hundred()) {
        return Err(do_not_add_up(&Percent::new(sum), all_fixed));
    }
    Ok(spread(fixed))
}

fn do_not_add_up(sum: &Percent, all_fixed: bool) -> Invalid {
    let detail = if all_fixed {
        format!("The shares of all children are fixed and add up to {sum} instead of 100 %.")
    } else {
        format!("The fixed shares of the children add up to {sum}, which is more than 100 %.")
    };
    Invalid::new("shares_do_not_add_up", "share", detail)
        .hint("Leave at least one share out: what is left of 100 is spread equally over the children without one.")
}

/// The shares, also of children whose fixed ones do not add up (one of them was deleted, say): those count in
/// proportion. All 0 if nothing is left.
///
/// ```
/// use okrsync_metrics::rollup::spread;
/// let spread = spread(&[Some(50.into()), Some(30.into())]);
/// assert_eq!(spread[0].api().to_string(), "62.5");
/// ```
pub fn spread(fixed: &[Option<Decimal>]) -> Vec<Percent> {
    let sum = fixed_sum(fixed);
    let free = fixed.iter().filter(|share| share.is_none()).count();
    let left = if sum < hundred() { hundred() - &sum } else { BigRational::zero() };
    let each = if free == 0 { BigRational::zero() } else { left / BigInt::from(free) };
    let whole = sum + &each * BigInt::from(free);
    if whole.is_zero() {
        return vec![Percent::zero(); fixed.len()];
    }
    let of_whole = |share: &BigRational| Percent::of_fractions(share, &whole);
    let each = of_whole(&each);
    fixed.iter().map(|fixed| fixed.map_or_else(|| each.clone(), |fixed| of_whole(&size(fixed)))).collect()
}

/// The sum of the fixed shares.
fn fixed_sum(fixed: &[Option<Decimal>]) -> BigRational {
    fixed.iter().flatten().map(|share| size(*share)).sum()
}

/// A share as a fraction; one under 0 contributes nothing.
fn size(share: Decimal) -> BigRational {
    let share = Percent::from(share).fraction().clone();
    if share.is_negative() { BigRational::zero() } else { share }
}

/// `Σ(share × progress) ÷ Σ share` over the children that have data: the share of one without spreads over the others
/// in proportion. None if no share is left.
///
/// ```
/// use okrsync_metrics::{Percent, Progress, roll_up, shares};
/// let progress = |n: i64| Percent::of(n.into(), 100.into()).unwrap().clamped();
/// let thirds = shares(&[None, None, None]).unwrap();
/// let (full, half) = (Progress::hundred(), progress(50));
/// assert_eq!(roll_up(thirds.iter().map(|share| (share, Some(&full)))), Some(Progress::hundred()));
/// // 50/30/20, the last without data: 62.5 and 37.5
/// let uneven = shares(&[Some(50.into()), Some(30.into()), Some(20.into())]).unwrap();
/// let rolled = roll_up(uneven.iter().zip([Some(&full), Some(&half), None])).unwrap();
/// assert_eq!(rolled.api().to_string(), "81.25");
/// assert_eq!(roll_up(uneven.iter().map(|share| (share, None))), None);
/// ```
pub fn roll_up<'a>(children: impl IntoIterator<Item = (&'a Percent, Option<&'a Progress>)>) -> Option<Progress> {
    let (mut weighted, mut weights) = (Vec::new(), Vec::new());
    for (share, progress) in children {
        if let Some(progress) = progress {
            weighted.push(unreduced_product(share, progress.percent()));
            weights.push(fraction_of(share));
        }
    }
    let ((weighted, parts), (weight, whole)) = (add_up(weighted), add_up(weights));
    (!weight.is_zero()).then(|| Percent::new(BigRational::new(weighted * whole, parts * weight)).shortened().clamped())
}

/// The plain mean; none of nothing.
pub(crate) fn mean<'a>(all: impl IntoIterator<Item = &'a Percent>) -> Option<Percent> {
    let terms: Vec<_> = all.into_iter().map(fraction_of).collect();
    let count = BigInt::from(terms.len());
    let (sum, parts) = add_up(terms);
    (!count.is_zero()).then(|| Percent::new(BigRational::new(sum, parts * count)).shortened())
}

/// Numerator and denominator.
fn fraction_of(percent: &Percent) -> (BigInt, BigInt) {
    (percent.fraction().numer().clone(), percent.fraction().denom().clone())
}

/// Numerator and denominator of a product, to be reduced with the whole sum.
fn unreduced_product(a: &Percent, b: &Percent) -> (BigInt, BigInt) {
    let (a, b) = (a.fraction(), b.fraction());
    (a.numer() * b.numer(), a.denom() * b.denom())
}
