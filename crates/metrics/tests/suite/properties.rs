//! Properties of what is measured, for any numbers, against fractions computed independently.

use crate::support::{FIELD, custom, field, issue, kpi, number, tally, try_tally};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;
use okrsync_domain::{
    issue::{Facts, IssueKey, WorkProgress},
    measure::{Aggregate, Measure, Metric},
    reading::Tally,
};
use okrsync_metrics::{Percent, Progress, Rule, attainment, fraction, measure, progress};
use proptest::{collection::vec, option, prelude::*, sample::select};
use rust_decimal::Decimal;

/// Decimals as Jira's number fields give them.
fn decimal() -> impl Strategy<Value = Decimal> {
    (-1_000_000_i64..1_000_000, 0_u32..6).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
}

fn seconds() -> impl Strategy<Value = Option<i64>> {
    option::of(0_i64..1_000_000)
}

fn work_progress() -> impl Strategy<Value = Option<WorkProgress>> {
    option::of((0_i64..5_000, 0_i64..5_000).prop_map(|(done, total)| WorkProgress { done, total }))
}

/// Issues with numbers from a strategy.
fn facts(numbers: impl Strategy<Value = Decimal>) -> impl Strategy<Value = Facts> {
    (any::<bool>(), [seconds(), seconds(), seconds()], work_progress(), option::of(numbers)).prop_map(
        |(completed, [time_spent, original_estimate, remaining_estimate], progress, value)| Facts {
            completed,
            time_spent,
            original_estimate,
            remaining_estimate,
            progress,
            numbers: value.map(|value| (field(FIELD), value)).into_iter().collect(),
        },
    )
}

fn metric() -> impl Strategy<Value = Metric> {
    let plain = [Metric::Count, Metric::TimeSpent, Metric::OriginalEstimate, Metric::RemainingEstimate];
    let aggregates = [Aggregate::Sum, Aggregate::Average, Aggregate::Min, Aggregate::Max, Aggregate::Median];
    let other = [Metric::Progress, Metric::StoryPoints];
    select(plain.into_iter().chain(other).chain(aggregates.map(custom)).collect::<Vec<_>>())
}

/// Metrics that percent complete has.
fn percent_metric() -> impl Strategy<Value = Metric> {
    metric().prop_filter("percent complete has no such", |metric| {
        okrsync_metrics::check(&Measure::default(), metric, None).is_ok()
    })
}

fn rule(measure: &Measure, metric: &Metric, completed_only: bool) -> Rule {
    Rule::new(measure, metric, completed_only, [field(FIELD)])
}

fn percent_of(issues: &[Facts], metric: &Metric) -> Option<Progress> {
    let percent = Measure::default();
    progress(&percent, &tally(issues, &rule(&percent, metric, false)))
}

fn whole(number: i64) -> BigRational {
    BigRational::from_integer(number.into())
}

/// Half a unit of the twentieth decimal.
fn half_a_unit() -> BigRational {
    BigRational::new(1.into(), BigInt::from(10).pow(20) * 2)
}

/// A decimal of this test (at most 5 decimals) as a fraction, by way of its text.
fn of_text(value: Decimal) -> BigRational {
    let text = format!("{value:.6}");
    BigRational::new(text.replace('.', "").parse().expect("digits"), 1_000_000.into())
}

/// The value of a metric over these issues, straight from the definition.
fn oracle(issues: &[&Facts], metric: &Metric) -> Option<BigRational> {
    let hours = |field: fn(&Facts) -> Option<i64>| {
        Some(whole(issues.iter().filter_map(|facts| field(facts)).sum()) / whole(3600))
    };
    let mut numbers: Vec<_> =
        issues.iter().filter_map(|facts| facts.numbers.get(&field(FIELD))).map(|value| of_text(*value)).collect();
    numbers.sort();
    let (count, sum) = (numbers.len(), numbers.iter().sum::<BigRational>());
    let mean = |sum: BigRational, count: usize| (count > 0).then(|| sum / BigInt::from(count));
    match metric {
        Metric::Count => Some(BigRational::from_integer(issues.len().into())),
        Metric::TimeSpent => hours(|facts| facts.time_spent),
        Metric::OriginalEstimate => hours(|facts| facts.original_estimate),
        Metric::RemainingEstimate => hours(|facts| facts.remaining_estimate),
        Metric::Progress => {
            let with_one: Vec<_> = issues.iter().filter_map(|facts| facts.progress).filter(|p| p.total != 0).collect();
            let sum = with_one.iter().map(|p| whole(100) * whole(p.done) / whole(p.total)).sum();
            mean(sum, with_one.len())
        }
        Metric::StoryPoints => Some(sum),
        Metric::CustomField { aggregate, .. } => match aggregate {
            Aggregate::Sum => Some(sum),
            Aggregate::Average => mean(sum, count),
            Aggregate::Min => numbers.first().cloned(),
            Aggregate::Max => numbers.last().cloned(),
            Aggregate::Median if count == 0 => None,
            Aggregate::Median => Some((&numbers[(count - 1) / 2] + &numbers[count / 2]) / whole(2)),
        },
    }
}

proptest! {
    #[test]
    fn progress_lies_between_0_and_100_and_shows_no_end_that_it_has_not_reached(
        done in decimal(), total in decimal(), start in decimal(), target in decimal(), percent in any::<bool>(),
    ) {
        prop_assume!(start != target);
        let measure = if percent { Measure::default() } else { kpi(&start.to_string(), &target.to_string()) };
        let tally = Tally { done: Some(done), total: Some(total), value: Some(done), ..Tally::default() };
        if let Some(progress) = progress(&measure, &tally) {
            let shown = progress.api();
            prop_assert!((Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&shown) && shown.scale() <= 4);
            prop_assert_eq!(shown == Decimal::ONE_HUNDRED, progress.is_complete());
            prop_assert_eq!(shown == Decimal::ZERO, progress == Progress::zero());
            prop_assert_eq!(progress.page() == "100.0", progress.is_complete());
            prop_assert_eq!(progress.page() == "0.0", progress == Progress::zero());
            prop_assert_eq!(attainment(&measure, &tally).map(Percent::clamped), Some(progress));
        }
    }

    #[test]
    fn the_order_of_the_issues_changes_nothing(
        (issues, shuffled) in vec(facts(decimal()), 0..20).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        metric in metric(), completed_only in any::<bool>(),
    ) {
        let rule = rule(&kpi("0", "1"), &metric, completed_only);
        prop_assert_eq!(tally(&issues, &rule), tally(&shuffled, &rule));
    }

    #[test]
    fn nor_does_it_where_the_numbers_are_too_large(
        (issues, shuffled) in vec(any::<i64>(), 1..6).prop_map(|all| {
            // around half the largest decimal: two may be kept, three not
            all.into_iter().map(|n| number(n % 2 == 0, Decimal::MAX / Decimal::TWO - Decimal::from(n).abs())).collect::<Vec<_>>()
        }).prop_flat_map(|all| {
            let keyed = (1..).map(|n| format!("AE-{n}")).zip(all).collect::<Vec<_>>();
            (Just(keyed.clone()), Just(keyed).prop_shuffle())
        }),
    ) {
        let rule = rule(&kpi("0", "1"), &custom(Aggregate::Sum), false);
        let measured = |issues: &[(String, Facts)]| {
            let keyed: Vec<_> = issues.iter().map(|(key, facts)| (IssueKey(key.clone()), facts)).collect();
            measure(keyed.iter().map(|(key, facts)| (key, *facts)), &rule)
        };
        prop_assert_eq!(measured(&issues), measured(&shuffled));
    }

    #[test]
    fn an_open_issue_never_raises_and_a_completed_one_never_lowers_percent_complete(
        issues in vec(facts(decimal().prop_map(|d| d.abs())), 1..20), mut joining in facts(decimal().prop_map(|d| d.abs())),
        metric in percent_metric(),
    ) {
        if let Some(before) = percent_of(&issues, &metric) {
            let mut with = |completed| {
                joining.completed = completed;
                percent_of(&[issues.as_slice(), &[joining.clone()]].concat(), &metric).expect("still a number")
            };
            prop_assert!(with(false) <= before);
            prop_assert!(with(true) >= before);
        }
    }

    #[test]
    fn a_kpi_over_completed_issues_does_not_see_open_ones(
        issues in vec(facts(decimal()), 0..20), metric in metric(),
    ) {
        let rule = rule(&kpi("0", "1"), &metric, true);
        let completed: Vec<_> = issues.iter().filter(|facts| facts.completed).cloned().collect();
        let (all, only) = (tally(&issues, &rule), tally(&completed, &rule));
        prop_assert_eq!((all.value, all.done, all.coverage), (only.value, only.done, only.coverage));
    }

    #[test]
    fn percent_complete_of_hours_is_the_exact_ratio_of_the_seconds(
        times in vec((any::<bool>(), 0_i64..100_000_000), 1..30),
    ) {
        let issues: Vec<_> =
            times.iter().map(|(completed, time)| Facts { time_spent: Some(*time), ..issue(*completed) }).collect();
        let sum = |only_done: bool| times.iter().filter(|(done, _)| *done || !only_done).map(|(_, time)| time).sum();
        let (done, total): (i64, i64) = (sum(true), sum(false));
        let exact = (total > 0).then(|| whole(done) * whole(100) / whole(total));
        let measured = percent_of(&issues, &Metric::TimeSpent);
        prop_assert_eq!(measured.map(|progress| progress.percent().fraction().clone()), exact);
    }

    #[test]
    fn every_value_is_the_fraction_computed_independently(
        issues in vec(facts(decimal()), 0..20), metric in metric(), completed_only in any::<bool>(),
    ) {
        let measured = tally(&issues, &rule(&kpi("0", "1"), &metric, completed_only));
        let counted: Vec<_> = issues.iter().filter(|facts| facts.completed || !completed_only).collect();
        let exact = oracle(&counted, &metric);
        prop_assert_eq!(measured.value.is_some(), exact.is_some());
        if let (Some(value), Some(exact)) = (measured.value, exact) {
            if metric == Metric::Progress {
                // its denominator may be too large to be found again
                prop_assert!((fraction::literal(value) - exact).abs() <= half_a_unit());
            } else {
                prop_assert_eq!(fraction::meant(value), exact);
            }
        }
    }

    #[test]
    fn a_rounded_fraction_is_found_again(
        numerator in -1_000_000_000_000_i64..1_000_000_000_000, denominator in 1_i64..=1_000_000_000,
    ) {
        let exact = whole(numerator) / whole(denominator);
        if let Some(stored) = fraction::rounded(&exact, fraction::PLACES).filter(|d| d.abs() < Decimal::from(700_000_000)) {
            prop_assert_eq!(fraction::meant(stored), exact);
        }
    }

    #[test]
    fn a_number_with_up_to_11_decimals_stands_for_itself(mantissa in any::<i64>(), scale in 0_u32..=11) {
        let value = Decimal::new(mantissa, scale);
        prop_assert_eq!(fraction::meant(value), fraction::literal(value));
        prop_assert_eq!(fraction::exact(&fraction::literal(value)), Some(value));
    }

    #[test]
    fn any_stored_number_means_itself_to_the_twentieth_decimal(mantissa in any::<i64>(), scale in 0_u32..=28) {
        let value = Decimal::new(mantissa, scale);
        let moved = fraction::meant(value) - fraction::literal(value);
        prop_assert!(moved.abs() <= half_a_unit());
    }

    #[test]
    fn attainment_is_the_exact_way_from_start_to_target(value in decimal(), start in decimal(), target in decimal()) {
        prop_assume!(start != target);
        let tally = Tally { value: Some(value), ..Tally::default() };
        let attained = attainment(&kpi(&start.to_string(), &target.to_string()), &tally).expect("a value");
        let (value, start, target) = (fraction::literal(value), fraction::literal(start), fraction::literal(target));
        // cross-multiplied: attainment × (target − start) = (value − start) × 100
        prop_assert_eq!(attained.fraction() * (target - &start), (value - start) * whole(100));
    }

    #[test]
    fn any_facts_are_measured_or_refused(issues in vec(facts(any_decimal()), 0..12), metric in metric()) {
        let rule = rule(&kpi("0", "1"), &metric, false);
        match try_tally(&issues, &rule) {
            Ok(tally) => prop_assert_eq!(tally.coverage.with_value + tally.coverage.without_value, tally.matched),
            Err(error) => prop_assert!(error.to_string().contains("AE-")),
        }
    }
}

/// Every decimal there is.
fn any_decimal() -> impl Strategy<Value = Decimal> {
    (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 0_u32..=28)
        .prop_map(|(low, middle, high, negative, scale)| Decimal::from_parts(low, middle, high, negative, scale))
}
