//! The effects of issues on value and progress, exact and not rounded yet.

use super::{
    changes::{Happening, State},
    ratio,
    turns::in_turn,
    way,
};
use crate::{
    Rule,
    aggregate::{self, HOUR},
    attainment,
    fraction::{literal, meant},
    ratio::{Percent, hundred},
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use okrsync_domain::{
    measure::{Measure, Metric},
    reading::{Reading, Tally},
};

/// A number and its progress, or an effect on both. Where there is no data both are 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Raw {
    pub(crate) value: BigRational,
    pub(crate) progress: BigRational,
}

impl Raw {
    /// Where a reading stands.
    pub(super) fn of(reading: &Reading) -> Self {
        Self::at(&reading.measure, &reading.tally).unwrap_or_default()
    }

    /// Where a tally stands against a measure; none without data.
    pub(super) fn at(measure: &Measure, tally: &Tally) -> Option<Self> {
        let progress = attainment(measure, tally)?.clamped().percent().fraction().clone();
        let value = if measure.is_percent_complete() { progress.clone() } else { meant(tally.value?) };
        Some(Self { value, progress })
    }

    /// From one to another.
    pub(super) fn between(from: &Self, to: &Self) -> Self {
        Self { value: &to.value - &from.value, progress: &to.progress - &from.progress }
    }
}

/// The ends between which the happenings lie, and what they are measured by.
pub(super) struct Between<'a> {
    pub(super) measure: &'a Measure,
    pub(super) rule: &'a Rule,
    pub(super) before: &'a Tally,
    pub(super) after: &'a Tally,
}

impl Between<'_> {
    /// The effect of each happening; all 0 where one of the ends has no data.
    pub(super) fn effects(&self, happenings: &[Happening], others: impl Iterator<Item = State>) -> Vec<Raw> {
        let ends = attainment(self.measure, self.before).zip(attainment(self.measure, self.after));
        let Some((from, to)) = ends else { return vec![Raw::default(); happenings.len()] };
        if self.measure.is_percent_complete() {
            let points = self.of_percent(happenings);
            let factor = held(&from, &to, &(to.fraction() - from.fraction()), BigRational::one());
            let raw = |points: BigRational| {
                let progress = points * &factor;
                Raw { value: progress.clone(), progress }
            };
            return points.into_iter().map(raw).collect();
        }
        let values = if self.rule.metric.adds_up() {
            happenings.iter().map(|happening| self.brought(happening)).collect()
        } else {
            in_turn(happenings, others, self.rule)
        };
        let progress = self.along(&values, &from, &to);
        values.into_iter().zip(progress).map(|(value, progress)| Raw { value, progress }).collect()
    }

    /// `100 × (dᵢ − p₀ × tᵢ) ÷ T₁`.
    fn of_percent(&self, happenings: &[Happening]) -> Vec<BigRational> {
        let number = |number: Option<rust_decimal::Decimal>| meant(number.unwrap_or_default());
        let before = ratio(&number(self.before.done), &number(self.before.total));
        let share = ratio(&hundred(), &number(self.after.total));
        let points = |happening: &Happening| {
            let done = self.more(happening, |state| state.completed);
            let total = self.more(happening, |_| true);
            (done - &before * total) * &share
        };
        happenings.iter().map(points).collect()
    }

    /// What a happening brings to a sum.
    fn brought(&self, happening: &Happening) -> BigRational {
        self.more(happening, |state| state.completed || !self.rule.completed_only)
    }

    /// How much more the states that count bring afterwards, in the metric's unit.
    fn more(&self, happening: &Happening, counts: impl Fn(&State) -> bool) -> BigRational {
        let number = |state: Option<State>| match state.filter(|state| counts(state)).and_then(|state| state.part) {
            Some(aggregate::Part::Number(number)) => literal(number),
            _ => BigRational::zero(),
        };
        let more = number(happening.after) - number(happening.before);
        match self.rule.metric {
            Metric::TimeSpent | Metric::OriginalEstimate | Metric::RemainingEstimate => more / BigInt::from(HOUR),
            _ => more,
        }
    }

    /// The progress that goes with effects on the value.
    fn along(&self, values: &[BigRational], from: &Percent, to: &Percent) -> Vec<BigRational> {
        let number = |tally: &Tally| meant(tally.value.unwrap_or_default());
        let moved = number(self.after) - number(self.before);
        if self.measure.is_control() {
            return crossing(values, &moved, &(clamped(to) - clamped(from)));
        }
        let slope =
            way(self.measure).map_or_else(BigRational::zero, |(start, target)| ratio(&hundred(), &(target - start)));
        let factor = held(from, to, &moved, slope);
        values.iter().map(|value| value * &factor).collect()
    }
}

/// How much progress goes with one unit of what moved: all of it between the ends of the scale (`slope`), less where
/// the move begins or ends beyond one of them.
fn held(from: &Percent, to: &Percent, moved: &BigRational, slope: BigRational) -> BigRational {
    if !moved.is_zero() {
        return (clamped(to) - clamped(from)) / moved;
    }
    let within = *from.fraction() == clamped(from);
    if within { slope } else { BigRational::zero() }
}

/// The points of a line that was crossed (or not), spread over those that moved the value that way.
fn crossing(values: &[BigRational], moved: &BigRational, points: &BigRational) -> Vec<BigRational> {
    let towards = |value: &BigRational| {
        if value.is_negative() == moved.is_negative() { value.abs() } else { BigRational::zero() }
    };
    let all: BigRational = values.iter().map(towards).sum();
    values.iter().map(|value| ratio(&(towards(value) * points), &all)).collect()
}

fn clamped(percent: &Percent) -> BigRational {
    percent.clone().clamped().percent().fraction().clone()
}
