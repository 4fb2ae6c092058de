//! Progress: from a tally, or from what a person entered, to a percentage of the way.

use crate::{
    fraction::{literal, meant},
    ratio::{Percent, Progress},
};
use num_rational::BigRational;
use okrsync_domain::{check_in::Entered, measure::Measure, reading::Tally};
use rust_decimal::Decimal;

/// How much of the way is gone, not clamped: over 100 beyond the target, under 0 on the wrong side of the start. None
/// is no data.
///
/// - Percent complete: `done ÷ total × 100`. Without a total over 0 (no issue, no value on any, negative values) there
///   is no data: 0 of 10 is a number, 0 of 0 is not.
/// - KPI: `(value − start) ÷ (target − start) × 100`, which falls where the target lies under the start.
/// - Stay below: 100 while the value is under the line, else 0; stay above: the reverse. The line itself fails.
///
/// ```
/// use okrsync_domain::{measure::Measure, reading::Tally};
/// use okrsync_metrics::attainment;
/// let kpi = |start: i64, target: i64| Measure::Kpi {
///     name: String::new(), unit: String::new(), start: start.into(), target: target.into(),
/// };
/// let at = |value: i64| Tally { value: Some(value.into()), ..Tally::default() };
/// assert_eq!(attainment(&kpi(30, 50), &at(40)).unwrap().api(), 50.into());
/// assert_eq!(attainment(&kpi(0, 20), &at(34)).unwrap().api(), 170.into());
/// assert_eq!(attainment(&kpi(50, 10), &at(60)).unwrap().api(), (-25).into());
/// assert_eq!(attainment(&kpi(3, 0), &at(2)).unwrap().api().to_string(), "33.3333");
///
/// let zero_of = |total: i64| Tally { done: Some(0.into()), total: Some(total.into()), ..Tally::default() };
/// assert_eq!(attainment(&Measure::default(), &zero_of(10)).unwrap().api(), 0.into());
/// assert_eq!(attainment(&Measure::default(), &zero_of(0)), None);
/// ```
/// The line itself is not kept:
/// ```
/// # use okrsync_domain::{measure::{Control, Measure}, reading::Tally};
/// # use okrsync_metrics::{Percent, attainment};
/// let line = Control { name: String::new(), unit: String::new(), target: 2.into(), risk_line: None };
/// let at = |value: &str| Tally { value: Some(value.parse().unwrap()), ..Tally::default() };
/// assert_eq!(attainment(&Measure::StayBelow(line.clone()), &at("1.9")), Some(Percent::hundred()));
/// assert_eq!(attainment(&Measure::StayBelow(line.clone()), &at("2.0")), Some(Percent::zero()));
/// assert_eq!(attainment(&Measure::StayAbove(line.clone()), &at("2.1")), Some(Percent::hundred()));
/// assert_eq!(attainment(&Measure::StayAbove(line), &at("2")), Some(Percent::zero()));
/// ```
pub fn attainment(measure: &Measure, tally: &Tally) -> Option<Percent> {
    if measure.is_percent_complete() {
        let (done, total) = (tally.done?, tally.total?);
        return if total > Decimal::ZERO { Percent::of(done, total) } else { None };
    }
    at_value(measure, meant(tally.value?))
}

/// Attainment held between 0 and 100: what counts. A KPI that has reached its target stays at 100, however many more
/// issues join.
///
/// ```
/// use okrsync_domain::{measure::Measure, reading::Tally};
/// use okrsync_metrics::{Progress, progress};
/// let bugs = Measure::Kpi { name: "Bugs fixed".into(), unit: "bugs".into(), start: 0.into(), target: 20.into() };
/// let at = |value: i64| Tally { value: Some(value.into()), ..Tally::default() };
/// assert_eq!(progress(&bugs, &at(34)), Some(Progress::hundred()));
/// assert_eq!(progress(&bugs, &Tally::default()), None);
/// ```
pub fn progress(measure: &Measure, tally: &Tally) -> Option<Progress> {
    attainment(measure, tally).map(Percent::clamped)
}

/// The number that is called the value: a KPI's measure, or percent complete as the API shows it.
///
/// ```
/// use okrsync_domain::{measure::Measure, reading::Tally};
/// let tally = Tally { done: Some(3.into()), total: Some(11.into()), ..Tally::default() };
/// assert_eq!(okrsync_metrics::value(&Measure::default(), &tally), Some("27.2727".parse().unwrap()));
/// ```
pub fn value(measure: &Measure, tally: &Tally) -> Option<Decimal> {
    if measure.is_percent_complete() {
        return progress(measure, tally).map(|progress| progress.api());
    }
    tally.value
}

/// The attainment that a check-in means: a value is measured like any other (of percent complete it is the
/// percentage), a percentage stands as entered.
///
/// ```
/// use okrsync_domain::{check_in::Entered, measure::Measure};
/// use okrsync_metrics::progress::entered;
/// let kpi = Measure::Kpi { name: String::new(), unit: String::new(), start: 10.into(), target: 30.into() };
/// assert_eq!(entered(&kpi, Entered::Value(15.into())).unwrap().api(), 25.into());
/// assert_eq!(entered(&kpi, Entered::Progress(60.into())).unwrap().api(), 60.into());
/// ```
pub fn entered(measure: &Measure, entered: Entered) -> Option<Percent> {
    match entered {
        Entered::Progress(percent) => Some(percent.into()),
        Entered::Value(value) => at_value(measure, literal(value)),
    }
}

fn at_value(measure: &Measure, value: BigRational) -> Option<Percent> {
    let kept = |kept: bool| if kept { Percent::hundred() } else { Percent::zero() };
    match measure {
        Measure::PercentComplete {} => Some(Percent::new(value)),
        // refused when it is entered; a fraction has no other answer
        Measure::Kpi { start, target, .. } if start == target => None,
        Measure::Kpi { start, target, .. } => {
            let (start, target) = (literal(*start), literal(*target));
            Some(Percent::of_fractions(&(value - &start), &(target - start)))
        }
        Measure::StayBelow(line) => Some(kept(value < literal(line.target))),
        Measure::StayAbove(line) => Some(kept(value > literal(line.target))),
    }
}
