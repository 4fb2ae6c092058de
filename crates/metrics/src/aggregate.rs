//! Aggregates: what the values of a set of issues become, gathered issue by issue.

use crate::{
    fraction::{self, PLACES},
    sum::{Ratios, Sum},
};
use num_bigint::BigInt;
use num_rational::BigRational;
use okrsync_domain::{
    issue::WorkProgress,
    measure::{Aggregate, Metric},
};
use rust_decimal::Decimal;

/// Seconds of an hour.
pub(crate) const HOUR: u32 = 3600;

/// One issue's part of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Part {
    /// A number: seconds for times, 1 for a count.
    Number(Decimal),
    /// Jira's own progress.
    Progress(WorkProgress),
}

/// A number has more digits than a decimal keeps.
#[derive(Debug)]
pub(crate) struct TooLarge;

/// The values gathered so far.
#[derive(Debug, Clone)]
pub(crate) enum Gathered {
    /// Seconds, to be shown as hours.
    Hours(Sum),
    /// Numbers to add up.
    Sum(Sum),
    /// Numbers whose mean counts.
    Average(Sum),
    /// The smallest so far.
    Min(Option<Decimal>),
    /// The largest so far.
    Max(Option<Decimal>),
    /// All numbers: the middle one is known at the end only.
    Median(Vec<Decimal>),
    /// Progress of issues whose mean counts.
    Progress(Ratios),
}

impl Gathered {
    /// Nothing yet, to be gathered as `metric` says.
    pub(crate) fn new(metric: &Metric) -> Self {
        match metric {
            Metric::TimeSpent | Metric::OriginalEstimate | Metric::RemainingEstimate => Self::Hours(Sum::default()),
            Metric::Progress => Self::Progress(Ratios::default()),
            Metric::Count | Metric::StoryPoints => Self::Sum(Sum::default()),
            Metric::CustomField { aggregate, .. } => match aggregate {
                Aggregate::Sum => Self::Sum(Sum::default()),
                Aggregate::Average => Self::Average(Sum::default()),
                Aggregate::Min => Self::Min(None),
                Aggregate::Max => Self::Max(None),
                Aggregate::Median => Self::Median(Vec::new()),
            },
        }
    }

    /// Adds an issue's part.
    pub(crate) fn add(&mut self, part: Part) {
        match (self, part) {
            (Self::Hours(sum) | Self::Sum(sum) | Self::Average(sum), Part::Number(number)) => sum.add(number),
            (Self::Min(least), Part::Number(number)) => *least = Some(least.map_or(number, |least| least.min(number))),
            (Self::Max(most), Part::Number(number)) => *most = Some(most.map_or(number, |most| most.max(number))),
            (Self::Median(all), Part::Number(number)) => all.push(number),
            (Self::Progress(ratios), Part::Progress(progress)) => ratios.add(progress),
            // a metric gives one kind of part: see `Gathered::new` and `part`
            (Self::Progress(_), Part::Number(_)) | (_, Part::Progress(_)) => {}
        }
    }

    /// The number in the metric's unit. Sums over nothing are 0; everything else over nothing is none.
    pub(crate) fn finish(self) -> Result<Option<Decimal>, TooLarge> {
        match self {
            Self::Hours(sum) => round(&(sum.total() / BigInt::from(HOUR))).map(Some),
            Self::Sum(sum) => fraction::exact(&sum.total()).ok_or(TooLarge).map(Some),
            Self::Average(sum) => sum.mean().as_ref().map(round).transpose(),
            Self::Min(number) | Self::Max(number) => Ok(number.map(|number| number.normalize())),
            Self::Median(all) => median(all).as_ref().map(round).transpose(),
            Self::Progress(ratios) => ratios.mean_percent().as_ref().map(round).transpose(),
        }
    }
}

/// What an issue adds, in the metric's unit: hours for times, percent for progress.
pub(crate) fn in_unit(metric: &Metric, part: Part) -> Result<Option<Decimal>, TooLarge> {
    let mut alone = Gathered::new(metric);
    alone.add(part);
    alone.finish()
}

fn round(value: &BigRational) -> Result<Decimal, TooLarge> {
    fraction::rounded(value, PLACES).ok_or(TooLarge)
}

/// The middle one; with an even number, the mean of the two in the middle.
fn median(mut all: Vec<Decimal>) -> Option<BigRational> {
    all.sort_unstable();
    let high = fraction::literal(*all.get(all.len() / 2)?);
    if all.len() % 2 == 1 {
        return Some(high);
    }
    let low = fraction::literal(*all.get(all.len() / 2 - 1)?);
    Some((low + high) / BigInt::from(2))
}
