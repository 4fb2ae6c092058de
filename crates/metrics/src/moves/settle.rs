//! Rounding effects so that they add up to the difference of what was shown.

use crate::fraction::{exact, literal, power_of_ten, scaled};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use rust_decimal::Decimal;

/// Decimals of progress points.
pub(super) const POINTS: u32 = 4;
/// Decimals of an effect on a value, or fewer where so many do not fit.
pub(super) const UNITS: u32 = crate::fraction::PLACES;

/// Effects that add up: together with `rest` they are `delta`.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    pub(super) delta: Decimal,
    pub(super) effects: Vec<Decimal>,
    /// What no rounding explains.
    pub(super) rest: Decimal,
}

/// Rounds effects half away from zero; the rest of the rounding goes to the largest (of equal ones the first). None where
/// one of the ends has no number, or the numbers have more digits than a decimal holds.
pub(super) fn settle(
    raw: &[&BigRational],
    (from, to): (Option<Decimal>, Option<Decimal>),
    places: u32,
) -> Option<Settled> {
    let delta = literal(to?) - literal(from?);
    // Beyond these decimals the difference itself would be cut.
    let least = exact(&delta)?.scale();
    (least.min(places)..=places.max(least)).rev().find_map(|places| at(raw, &delta, places))
}

fn at(raw: &[&BigRational], delta: &BigRational, places: u32) -> Option<Settled> {
    let unit = power_of_ten(places);
    let mut effects: Vec<BigInt> = raw.iter().map(|raw| scaled(raw, places)).collect();
    let rest = scaled(delta, places) - effects.iter().sum::<BigInt>();
    // Each is off by half a unit at most, and so are both ends; those near 0 and 100 by a whole one.
    let rounding = rest.abs() <= BigInt::from(effects.len() / 2 + 3);
    let largest =
        raw.iter().map(|raw| raw.abs()).enumerate().reduce(|most, next| if next.1 > most.1 { next } else { most });
    let rest = match largest {
        Some((index, size)) if rounding && (rest.is_zero() || !size.is_zero()) => {
            effects[index] += rest;
            BigInt::zero()
        }
        _ => rest,
    };
    let decimal = |number: BigInt| exact(&BigRational::new(number, unit.clone()));
    Some(Settled {
        delta: exact(delta)?,
        effects: effects.into_iter().map(decimal).collect::<Option<_>>()?,
        rest: decimal(rest)?,
    })
}
