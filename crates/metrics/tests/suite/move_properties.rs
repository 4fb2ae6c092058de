//! Properties of moves: whatever happens, the causes add up to the difference exactly.

use crate::{
    moves::{Issues, Mode, evidence, step},
    support::{FIELD, custom, field, kpi, line},
};
use okrsync_domain::{
    issue::{Facts, WorkProgress},
    measure::{Aggregate, Measure, Metric},
    moves::{Account, CauseKind, Effect, Evidence},
};
use okrsync_metrics::moves::{Total, delta, explain};
use proptest::{collection::btree_map, option, prelude::*, sample::select, test_runner::Config};
use rust_decimal::Decimal;

fn decimal() -> impl Strategy<Value = Decimal> {
    (-200_i64..2_000, 0_u32..3).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
}

fn facts() -> impl Strategy<Value = Facts> {
    let seconds = || option::of(0_i64..40_000);
    let progress = option::of((0_i64..900, 0_i64..900).prop_map(|(done, total)| WorkProgress { done, total }));
    (any::<bool>(), [seconds(), seconds(), seconds()], progress, option::of(decimal())).prop_map(
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

/// Two sets of issues that overlap: from none to a dozen.
fn two_sets() -> impl Strategy<Value = (Issues, Issues)> {
    let fate = (facts(), option::of(facts()), 0_u8..4).prop_map(|(facts, other, fate)| match fate {
        0 => (Some(facts), None),
        1 => (None, Some(facts)),
        2 => (Some(facts.clone()), Some(facts)),
        _ => (Some(facts), other),
    });
    btree_map(1_i64..60, fate, 0..12).prop_map(|fates| {
        let (mut before, mut after) = (Issues::new(), Issues::new());
        for (id, (was, is)) in fates {
            before.extend(was.map(|facts| (id, facts)));
            after.extend(is.map(|facts| (id, facts)));
        }
        (before, after)
    })
}

fn modes() -> impl Strategy<Value = Mode> {
    let metrics: Vec<Metric> = [Metric::Count, Metric::TimeSpent, Metric::OriginalEstimate, Metric::RemainingEstimate]
        .into_iter()
        .chain([Metric::Progress, Metric::StoryPoints])
        .chain([Aggregate::Sum, Aggregate::Average, Aggregate::Min, Aggregate::Max, Aggregate::Median].map(custom))
        .collect();
    let measures = (decimal(), decimal(), 0_u8..5).prop_map(|(start, target, kind)| match kind {
        0 | 1 => Measure::default(),
        2 => Measure::StayBelow(line(&target.to_string(), None)),
        3 => Measure::StayAbove(line(&target.to_string(), None)),
        _ => kpi(&start.to_string(), &(if start == target { target + Decimal::ONE } else { target }).to_string()),
    });
    let modes = (1_u8..3, select(metrics), measures, any::<bool>());
    let modes = modes.prop_map(|(query, metric, measure, toggle)| {
        let completed_only = toggle && !measure.is_percent_complete();
        Mode { query, metric, measure, completed_only }
    });
    modes.prop_filter("cannot be measured so", |mode| okrsync_metrics::check(&mode.measure, &mode.metric, None).is_ok())
}

fn sum(account: &Account, part: fn(&Effect) -> Option<Decimal>) -> Option<Decimal> {
    account.causes.iter().map(|cause| part(&cause.effect)).sum()
}

/// The effects add up, in both numbers, and nothing is left unexplained.
fn adds_up(account: &Account, from: &Evidence, to: &Evidence) -> Result<(), TestCaseError> {
    let shown = |evidence: &Evidence| {
        okrsync_metrics::progress(&evidence.reading.measure, &evidence.reading.tally).map(|progress| progress.api())
    };
    prop_assert_eq!(account.delta.progress, shown(to).zip(shown(from)).map(|(to, from)| to - from));
    if let Some(value) = account.delta.value {
        prop_assert_eq!(sum(account, |effect| effect.value), Some(value), "{:?}", account);
    }
    if let Some(points) = account.delta.progress {
        prop_assert_eq!(sum(account, |effect| effect.progress), Some(points), "{:?}", account);
    }
    let unexplained = account.causes.iter().any(|cause| cause.kind == CauseKind::Unexplained);
    prop_assert!(!unexplained, "{:?}", account);
    Ok(())
}

proptest! {
    #![proptest_config(Config::with_cases(10_000))]

    #[test]
    fn effects_add_up_to_the_difference((before, after) in two_sets(), mode in modes()) {
        let step = step((&before, &mode), (&after, &mode));
        if let Some(account) = explain(&step) {
            adds_up(&account, &step.from, &step.to)?;
        } else {
            prop_assert_eq!(&step.from.reading.tally.value, &step.to.reading.tally.value);
        }
    }
}

proptest! {
    #![proptest_config(Config::with_cases(500))]

    #[test]
    fn edits_add_up_with_the_issues((before, after) in two_sets(), old in modes(), new in modes()) {
        let step = step((&before, &old), (&after, &new));
        if let Some(account) = explain(&step) {
            adds_up(&account, &step.from, &step.to)?;
        }
    }

    #[test]
    fn totals_add_up_over_any_number_of_moves(sets in proptest::collection::vec(two_sets(), 1..5), mode in modes()) {
        let sets: Vec<Issues> = sets.into_iter().flat_map(|(a, b)| [a, b]).collect();
        let readings: Vec<Evidence> = sets.iter().map(|issues| evidence(issues, &mode, 9)).collect();
        let mut total = Total::default();
        for pair in sets.windows(2).rev() {
            if let Some(account) = explain(&step((&pair[0], &mode), (&pair[1], &mode))) {
                total.add(account);
            }
        }
        let (first, last) = (&readings[0], &readings[readings.len() - 1]);
        let account = total.finish(delta(first, last));
        prop_assert_eq!(sum(&account, |effect| effect.progress).filter(|_| account.delta.progress.is_some()), account.delta.progress);
        prop_assert_eq!(sum(&account, |effect| effect.value).filter(|_| account.delta.value.is_some()), account.delta.value);
    }
}
