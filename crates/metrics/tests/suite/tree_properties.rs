//! Properties of what is judged: expected progress, status, shares, roll-ups and whole trees, for any numbers.

use crate::support::{at, node, okr_id, stand_today, status_at};
use num_rational::BigRational;
use okrsync_domain::{
    Date,
    measure::Measure,
    okr::ProgressMode,
    organisation::{GapReading, StatusLimits},
    reading::Tally,
};
use okrsync_metrics::{Measured, Node, Percent, Progress, Status, expected, roll_up, shares};
use proptest::{collection::vec, option, prelude::*};
use rust_decimal::Decimal;

fn any_progress() -> impl Strategy<Value = Progress> {
    (0_i64..=10_000).prop_map(|n| Percent::of(n.into(), 10_000.into()).expect("not of nothing").clamped())
}

/// How bad a status is, for those that the gap decides.
fn badness(status: Status) -> u8 {
    match status {
        Status::Behind => 1,
        Status::AtRisk => 2,
        _ => 0,
    }
}

/// Up to twelve OKRs, each under an earlier one or on top, some measured, some with a fixed share.
fn tree() -> impl Strategy<Value = Vec<Node>> {
    let okr = (option::of(0_u8..12), option::of(0_i64..=120), option::of(0_i64..120));
    vec(okr, 1..12).prop_map(|okrs| {
        (0..)
            .zip(okrs)
            .map(|(n, (parent, done, share)): (u8, _)| {
                let mode = if done.is_some() { ProgressMode::DataSource } else { ProgressMode::RollUp };
                let tally = |done: i64| Tally { done: Some(done.into()), total: Some(100.into()), ..Tally::default() };
                let reading = done.map(|done| Measured { at: at(9), tally: tally(done) });
                let parent = parent.filter(|parent| *parent < n);
                Node { reading, share: share.map(Decimal::from), ..node(n, parent, mode) }
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn expected_progress_rises_with_the_days(length in 0_i64..800, today in -10_i64..820) {
        let first: Date = "2026-10-01".parse().expect("a date");
        let day = |n: i64| first + chrono::TimeDelta::days(n);
        let on = |n: i64| expected(&Measure::default(), first, day(length), day(n)).expect("not a line");
        prop_assert!(on(today) <= on(today + 1));
        prop_assert!(on(today) >= Percent::zero() && on(today) <= Percent::hundred());
        prop_assert_eq!(on(length), Percent::hundred());
    }

    #[test]
    fn a_wider_gap_is_never_a_better_status(
        expected in 0_i64..=10_000, less in 0_i64..10_000, more in 0_i64..10_000,
        behind in 0_i64..50, wide in 50_i64..100, ratio in any::<bool>(),
    ) {
        let limits = StatusLimits {
            behind_above: behind.into(),
            at_risk_above: wide.into(),
            reading: if ratio { GapReading::Ratio } else { GapReading::Points },
        };
        let status = |progress: i64| {
            let percent = |hundredths| Decimal::new(hundredths, 2).to_string();
            status_at(&percent(expected), &percent(progress), &limits)
        };
        prop_assert!(badness(status(less.min(more))) >= badness(status(less.max(more))));
    }

    #[test]
    fn shares_add_up_to_100_or_are_refused(fixed in vec(option::of(0_i64..=60), 1..8)) {
        let fixed: Vec<_> = fixed.into_iter().map(|share| share.map(Decimal::from)).collect();
        let sum: Decimal = fixed.iter().flatten().sum();
        let free = fixed.iter().filter(|share| share.is_none()).count();
        match shares(&fixed) {
            Ok(shares) => {
                prop_assert_eq!(shares.iter().map(|share| share.fraction().clone()).sum::<BigRational>(), BigRational::from_integer(100.into()));
                for (fixed, share) in fixed.iter().zip(&shares) {
                    prop_assert!(fixed.is_none_or(|fixed| Percent::from(fixed) == *share));
                }
            }
            Err(invalid) => {
                prop_assert_eq!(invalid.code, "shares_do_not_add_up");
                prop_assert!(sum > Decimal::ONE_HUNDRED || (free == 0 && sum != Decimal::ONE_HUNDRED));
            }
        }
    }

    #[test]
    fn a_roll_up_lies_between_its_children(children in vec((1_i64..100, option::of(any_progress())), 1..8)) {
        let children: Vec<_> =
            children.into_iter().map(|(share, child)| (Percent::from(Decimal::from(share)), child)).collect();
        let rolled = roll_up(children.iter().map(|(share, child)| (share, child.as_ref())));
        let with_data = || children.iter().filter_map(|(_, child)| child.as_ref());
        prop_assert_eq!(rolled.is_some(), with_data().next().is_some());
        if let Some(rolled) = rolled {
            prop_assert!(with_data().min() <= Some(&rolled) && Some(&rolled) <= with_data().max());
        }
    }

    #[test]
    fn any_set_of_okrs_has_a_standing_whatever_its_order(
        (tree, shuffled) in tree().prop_flat_map(|tree| (Just(tree.clone()), Just(tree).prop_shuffle())),
    ) {
        let standings = stand_today(&tree);
        prop_assert_eq!(standings.len(), tree.len());
        prop_assert_eq!(&stand_today(&shuffled), &standings);
        for node in &tree {
            let standing = &standings[&node.id];
            prop_assert_eq!(standing.progress.is_none(), standing.status == Status::NoData);
            prop_assert_eq!(standing.value.is_some(), standing.progress.is_some());
        }
    }

    #[test]
    fn a_ring_of_parents_ends(parents in vec(0_u8..8, 8)) {
        let ring: Vec<_> = (0..8).zip(parents).map(|(n, parent)| node(n, Some(parent), ProgressMode::RollUp)).collect();
        let standings = stand_today(&ring);
        prop_assert!(standings[&okr_id(0)].progress.is_none());
    }
}
