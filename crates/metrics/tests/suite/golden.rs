//! The golden values of the rules of measuring, one test for each sentence.

use crate::support::{day, dec, issue, kpi, line, line_at, status_at, tally, valued};
use okrsync_domain::{
    issue::Facts,
    measure::{Measure, Metric},
    organisation::{GapReading, StatusLimits},
};
use okrsync_metrics::{Percent, Progress, Rule, Status, attainment, expected, progress, roll_up, shares, value};
use rust_decimal::Decimal;

/// `done` completed issues among `all`.
fn stories(done: usize, all: usize) -> Vec<Facts> {
    (0..all).map(|n| issue(n < done)).collect()
}

#[test]
fn three_of_ten_are_30_and_an_eleventh_makes_it_27_2727() {
    let percent = Measure::default();
    let rule = Rule::new(&percent, &Metric::Count, false, []);
    let ten = tally(&stories(3, 10), &rule);
    assert_eq!(value(&percent, &ten), Some(dec("30")));
    let eleven = tally(&stories(3, 11), &rule);
    assert_eq!(value(&percent, &eleven), Some(dec("27.2727")));
    assert_eq!(progress(&percent, &eleven).unwrap().page(), "27.3");
}

#[test]
fn a_kpi_of_20_is_reached_by_20_done_and_stays_reached_by_34_filed() {
    let target = kpi("0", "20");
    let filed = stories(20, 34);
    let done_only = tally(&filed, &Rule::new(&target, &Metric::Count, true, []));
    assert_eq!((done_only.value, done_only.matched, done_only.completed), (Some(dec("20")), 34, 20));
    assert_eq!(progress(&target, &done_only), Some(Progress::hundred()));
    let all = tally(&filed, &Rule::new(&target, &Metric::Count, false, []));
    assert_eq!(all.value, Some(dec("34")));
    assert_eq!(attainment(&target, &all).unwrap().api(), dec("170"));
    assert_eq!(progress(&target, &all), Some(Progress::hundred()));
}

#[test]
fn kpis_rise_and_fall_between_start_and_target() {
    let table = [
        ("30", "50", "40", "50", "50"),
        ("3", "0", "2", "33.3333", "33.3333"),
        ("3", "0", "1", "66.6667", "66.6667"),
        ("3", "0", "0", "100", "100"),
        ("50", "10", "60", "-25", "0"),
    ];
    for (start, target, at, attained, progressed) in table {
        let (measure, tally) = (kpi(start, target), valued(at));
        assert_eq!(attainment(&measure, &tally).unwrap().api(), dec(attained), "{start} to {target} at {at}");
        assert_eq!(progress(&measure, &tally).unwrap().api(), dec(progressed), "{start} to {target} at {at}");
    }
}

#[test]
fn the_gap_decides_the_status() {
    let points = StatusLimits::default();
    let table = [
        ("52", "47", Status::Behind),
        ("50", "50", Status::OnTrack),
        ("100", "75", Status::Behind),
        ("100", "74.9999", Status::AtRisk),
        ("20", "4", Status::Behind),
        ("50", "20", Status::AtRisk),
    ];
    for (expected, progress, status) in table {
        assert_eq!(status_at(expected, progress, &points), status, "{progress} of {expected}");
    }
    let ratio = StatusLimits { reading: GapReading::Ratio, ..points };
    assert_eq!(status_at("20", "4", &ratio), Status::AtRisk);
}

#[test]
fn a_line_is_kept_below_it_and_at_risk_from_the_risk_line_on() {
    let hard = Measure::StayBelow(line("2", None));
    assert_eq!(line_at(&hard, "1.9"), ("100".to_owned(), Status::OnTrack));
    assert_eq!(line_at(&hard, "2.0"), ("0".to_owned(), Status::AtRisk));
    let soft = Measure::StayBelow(line("2", Some("3")));
    assert_eq!(line_at(&soft, "2.5").1, Status::Behind);
    assert_eq!(line_at(&soft, "3").1, Status::AtRisk);
}

#[test]
fn shares_spread_equally_over_the_free_children() {
    let shown = |fixed: &[Option<i64>]| -> Vec<String> {
        let fixed: Vec<_> = fixed.iter().map(|share| share.map(Decimal::from)).collect();
        shares(&fixed).unwrap().iter().map(|share| share.api().to_string()).collect()
    };
    let thirds = shares(&[None, None, None]).unwrap();
    assert!(thirds.iter().all(|third| *third == Percent::of(1.into(), 3.into()).unwrap()));
    let full = Progress::hundred();
    assert_eq!(roll_up(thirds.iter().map(|third| (third, Some(&full)))), Some(Progress::hundred()), "achieved");
    assert_eq!(shown(&[Some(50), None, None]), ["50", "25", "25"]);
    assert_eq!(shown(&[Some(50), None, None, None]), ["50", "16.6667", "16.6667", "16.6667"]);
}

#[test]
fn a_child_without_data_leaves_its_share_to_the_others_in_proportion() {
    let shares = shares(&[50, 30, 20].map(|share| Some(Decimal::from(share)))).unwrap();
    let (full, none) = (Progress::hundred(), Progress::zero());
    let weight_of_first = roll_up(shares.iter().zip([Some(&full), Some(&none), None])).unwrap();
    let weight_of_second = roll_up(shares.iter().zip([Some(&none), Some(&full), None])).unwrap();
    assert_eq!((weight_of_first.api(), weight_of_second.api()), (dec("62.5"), dec("37.5")));
}

#[test]
fn seconds_become_hours_at_the_end() {
    let logged = [5_400, 1_800].map(|seconds| Facts { time_spent: Some(seconds), ..Facts::default() });
    let hours = tally(&logged, &Rule::new(&kpi("0", "8"), &Metric::TimeSpent, false, []));
    assert_eq!(hours.value, Some(dec("2")));
}

#[test]
fn a_quarter_is_54_9451_percent_gone_on_20_november() {
    let expected = expected(&Measure::default(), day("2026-10-01"), day("2026-12-31"), day("2026-11-20"));
    assert_eq!(expected.unwrap().api(), dec("54.9451"));
}
