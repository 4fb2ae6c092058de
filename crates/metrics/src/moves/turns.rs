//! Aggregates that do not add up issue by issue: what they are after each change, one after another.

use crate::{
    Rule,
    aggregate::Part,
    fraction::{literal, power_of_ten},
    moves::changes::{Happening, State},
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use okrsync_domain::measure::{Aggregate, Metric};
use rust_decimal::Decimal;

/// Decimals of a running sum of fractions. What is cut off is far below every rounding, and no error remains: the ends
/// are the stored readings.
const PLACES: u32 = 40;

/// The issues that count at some moment.
enum Running {
    /// A mean: the sum in units of 10⁻⁴⁰, and how many.
    Mean { sum: BigInt, count: u64 },
    /// All numbers in order, and which of them is the value.
    Ordered { numbers: Vec<Decimal>, pick: Aggregate },
}

impl Running {
    fn new(metric: &Metric) -> Self {
        match metric {
            Metric::CustomField { aggregate, .. } if *aggregate != Aggregate::Average => {
                Self::Ordered { numbers: Vec::new(), pick: *aggregate }
            }
            _ => Self::Mean { sum: BigInt::zero(), count: 0 },
        }
    }

    /// With all of these at once.
    fn holding(metric: &Metric, parts: impl Iterator<Item = Part>) -> Self {
        let mut running = Self::new(metric);
        for part in parts {
            match (&mut running, part) {
                // sorted once below, not at every one
                (Self::Ordered { numbers, .. }, Part::Number(number)) => numbers.push(number),
                (mean, part) => mean.add(part),
            }
        }
        if let Self::Ordered { numbers, .. } = &mut running {
            numbers.sort_unstable();
        }
        running
    }

    fn add(&mut self, part: Part) {
        match (self, part) {
            (Self::Mean { sum, count }, part) => {
                *sum += units(part);
                *count += 1;
            }
            (Self::Ordered { numbers, .. }, Part::Number(number)) => {
                let place = numbers.partition_point(|known| *known < number);
                numbers.insert(place, number);
            }
            (Self::Ordered { .. }, Part::Progress(_)) => {}
        }
    }

    fn remove(&mut self, part: Part) {
        match (self, part) {
            (Self::Mean { sum, count }, part) => {
                *sum -= units(part);
                *count = count.saturating_sub(1);
            }
            (Self::Ordered { numbers, .. }, Part::Number(number)) => {
                if let Ok(place) = numbers.binary_search(&number) {
                    numbers.remove(place);
                }
            }
            (Self::Ordered { .. }, Part::Progress(_)) => {}
        }
    }

    fn value(&self) -> Option<BigRational> {
        match self {
            Self::Mean { count: 0, .. } => None,
            Self::Mean { sum, count } => Some(BigRational::new(sum.clone(), power_of_ten(PLACES) * *count)),
            Self::Ordered { numbers, pick } => {
                let (first, last) = (numbers.first()?, numbers.last()?);
                let middle = |index: usize| literal(numbers[index]);
                Some(match pick {
                    Aggregate::Min => literal(*first),
                    Aggregate::Max => literal(*last),
                    _ => (middle((numbers.len() - 1) / 2) + middle(numbers.len() / 2)) / BigInt::from(2),
                })
            }
        }
    }
}

/// An issue's number in units of 10⁻⁴⁰; progress in percent.
fn units(part: Part) -> BigInt {
    match part {
        Part::Number(number) => number.mantissa() * power_of_ten(PLACES - number.scale()),
        Part::Progress(progress) => BigInt::from(progress.done) * 100 * power_of_ten(PLACES) / progress.total,
    }
}

/// How far the value moves with each happening, in their order, beginning with the issues as they were. Where nothing
/// has a number, the value stays where it was.
pub(super) fn in_turn(happenings: &[Happening], others: impl Iterator<Item = State>, rule: &Rule) -> Vec<BigRational> {
    let counted = |state: State| state.part.filter(|_| state.completed || !rule.completed_only);
    // An issue with several happenings counts at first as it was before the first of them.
    let first_of = |index: usize| index == 0 || happenings[index - 1].cause.issue != happenings[index].cause.issue;
    let begun = happenings.iter().enumerate().filter(|(index, _)| first_of(*index));
    let begun = begun.filter_map(|(_, happening)| happening.before);
    let mut running = Running::holding(&rule.metric, others.chain(begun).filter_map(counted));
    let mut value = running.value();
    let step = |happening: &Happening| {
        if let Some(part) = happening.before.and_then(counted) {
            running.remove(part);
        }
        if let Some(part) = happening.after.and_then(counted) {
            running.add(part);
        }
        let next = running.value().or_else(|| value.clone());
        let moved = match (&next, &value) {
            (Some(next), Some(value)) => next - value,
            _ => BigRational::zero(),
        };
        value = next;
        moved
    };
    happenings.iter().map(step).collect()
}
