//! Every metric in both modes against a table computed by hand, and what is said of empty and odd sets.

use crate::support::{FIELD, custom, dec, field, issue, kpi, number, tally, try_tally};
use okrsync_domain::{
    issue::{Facts, IssueKey, WorkProgress},
    measure::{Aggregate, Measure, Metric},
    reading::{Coverage, Tally, WarningCode},
};
use okrsync_metrics::{MeasureError, Rule, issue_value, measure, progress, value};
use rust_decimal::Decimal;

const OLD_POINTS: &str = "customfield_10002";
const NEW_POINTS: &str = "customfield_10016";

fn rule(measure: &Measure, metric: &Metric, completed_only: bool) -> Rule {
    Rule::new(measure, metric, completed_only, [field(OLD_POINTS), field(NEW_POINTS)])
}

/// Two completed and two open issues; the last has no value at all.
///
/// | issue | done | logged | estimate | left | progress | points | field |
/// |---|---|---|---|---|---|---|---|
/// | AE-1 | yes | 1 h | 2 h | 0 | 1/1 | 3 (old field) | 10.5 |
/// | AE-2 | yes | 20 min | 1 h | – | 1/3 | 5 (new field) | −0.5 |
/// | AE-3 | no | 40 min | – | 1 h | 0 of 0 | 0.5 (both: the old field counts) | 2 |
/// | AE-4 | no | – | – | – | – | – | – |
fn backlog() -> Vec<Facts> {
    let numbers = |pairs: &[(&str, &str)]| pairs.iter().map(|(id, value)| (field(id), dec(value))).collect();
    let first = Facts {
        completed: true,
        time_spent: Some(3600),
        original_estimate: Some(7200),
        remaining_estimate: Some(0),
        progress: Some(WorkProgress { done: 3600, total: 3600 }),
        numbers: numbers(&[(OLD_POINTS, "3"), (FIELD, "10.5")]),
    };
    let second = Facts {
        completed: true,
        time_spent: Some(1200),
        original_estimate: Some(3600),
        remaining_estimate: None,
        progress: Some(WorkProgress { done: 1200, total: 3600 }),
        numbers: numbers(&[(NEW_POINTS, "5"), (FIELD, "-0.5")]),
    };
    let third = Facts {
        completed: false,
        time_spent: Some(2400),
        original_estimate: None,
        remaining_estimate: Some(3600),
        progress: Some(WorkProgress { done: 0, total: 0 }),
        numbers: numbers(&[(NEW_POINTS, "8"), (OLD_POINTS, "0.5"), (FIELD, "2")]),
    };
    vec![first, second, third, Facts::default()]
}

#[test]
fn percent_complete_of_each_metric_that_has_one() {
    let table = [
        (Metric::Count, "2", "4", "50", 4),
        (Metric::TimeSpent, "1.33333333333333333333", "2", "66.6667", 3),
        (Metric::OriginalEstimate, "3", "3", "100", 2),
        (Metric::StoryPoints, "8", "8.5", "94.1176", 3),
        (custom(Aggregate::Sum), "10", "12", "83.3333", 3),
    ];
    let percent = Measure::default();
    for (metric, done, total, shown, with_value) in table {
        let tally = tally(&backlog(), &rule(&percent, &metric, false));
        assert_eq!((tally.done, tally.total), (Some(dec(done)), Some(dec(total))), "{metric:?}");
        assert_eq!(value(&percent, &tally), Some(dec(shown)), "{metric:?}");
        assert_eq!((tally.value, tally.matched, tally.completed), (None, 4, 2), "{metric:?}");
        assert_eq!(tally.coverage, Coverage { with_value, without_value: 4 - with_value }, "{metric:?}");
        assert!(tally.warnings.is_empty(), "{metric:?}");
    }
}

#[test]
fn kpi_value_of_each_metric_over_all_and_over_completed_issues() {
    let table = [
        (Metric::Count, "4", "2"),
        (Metric::TimeSpent, "2", "1.33333333333333333333"),
        (Metric::OriginalEstimate, "3", "3"),
        (Metric::RemainingEstimate, "1", "0"),
        (Metric::Progress, "66.66666666666666666667", "66.66666666666666666667"),
        (Metric::StoryPoints, "8.5", "8"),
        (custom(Aggregate::Sum), "12", "10"),
        (custom(Aggregate::Average), "4", "5"),
        (custom(Aggregate::Min), "-0.5", "-0.5"),
        (custom(Aggregate::Max), "10.5", "10.5"),
        (custom(Aggregate::Median), "2", "5"),
    ];
    let kpi = kpi("0", "100");
    for (metric, over_all, over_completed) in table {
        let all = tally(&backlog(), &rule(&kpi, &metric, false));
        assert_eq!((all.value, all.total), (Some(dec(over_all)), Some(dec(over_all))), "{metric:?}");
        let completed = tally(&backlog(), &rule(&kpi, &metric, true));
        assert_eq!(completed.value, Some(dec(over_completed)), "{metric:?}");
        assert_eq!((completed.done, completed.total), (all.done, all.total), "{metric:?}: whatever the toggle");
        assert_eq!(completed.matched, 4, "{metric:?}");
    }
}

#[test]
fn percent_complete_never_filters() {
    assert!(!rule(&Measure::default(), &Metric::Count, true).completed_only);
}

#[test]
fn coverage_counts_the_issues_that_the_value_is_made_of() {
    let kpi = kpi("0", "100");
    let covered = |metric, completed_only| {
        let coverage = tally(&backlog(), &rule(&kpi, &metric, completed_only)).coverage;
        (coverage.with_value, coverage.without_value)
    };
    assert_eq!(covered(Metric::StoryPoints, false), (3, 1));
    assert_eq!(covered(Metric::StoryPoints, true), (2, 0));
    assert_eq!(covered(Metric::RemainingEstimate, false), (2, 2), "nothing left is an estimate");
    assert_eq!(covered(Metric::Progress, false), (2, 2), "0 of 0 is no progress");
}

#[test]
fn an_issue_has_its_own_number_in_the_metrics_unit() {
    let kpi = kpi("0", "100");
    let of = |metric| backlog().iter().map(|facts| issue_value(facts, &rule(&kpi, &metric, false))).collect::<Vec<_>>();
    assert_eq!(of(Metric::Count), vec![Some(dec("1")); 4]);
    assert_eq!(of(Metric::OriginalEstimate), [Some(dec("2")), Some(dec("1")), None, None]);
    assert_eq!(of(Metric::StoryPoints), [Some(dec("3")), Some(dec("5")), Some(dec("0.5")), None]);
    assert_eq!(of(Metric::Progress), [Some(dec("100")), Some(dec("33.33333333333333333333")), None, None]);
    assert_eq!(of(custom(Aggregate::Median))[1], Some(dec("-0.5")));
}

/// Name, measure, metric, completed only, issues; the value and the warning that they must give.
type Case<'a> = (&'a str, &'a Measure, Metric, bool, &'a [Facts], Option<&'a str>, Option<WarningCode>);

#[test]
fn what_an_empty_or_odd_set_says() {
    let (percent, kpi) = (Measure::default(), kpi("0", "10"));
    let open = [issue(false)];
    let negative = [number(true, dec("1")), number(false, dec("-3"))];
    let zeros = [number(true, dec("0"))];
    let done_is_empty = [issue(true), number(false, dec("4"))];
    let sum = || custom(Aggregate::Sum);
    let negative_is_open = [issue(true), number(false, dec("-4"))];
    let table: [Case<'_>; 12] = [
        ("percent of nothing", &percent, Metric::Count, false, &[], None, Some(WarningCode::NoIssueMatches)),
        ("percent of empty fields", &percent, sum(), false, &open, None, Some(WarningCode::NoValues)),
        ("percent of zeros", &percent, sum(), false, &zeros, None, Some(WarningCode::NoValues)),
        ("percent of less than zero", &percent, sum(), false, &negative, None, Some(WarningCode::NegativeValues)),
        ("none of one", &percent, Metric::Count, false, &open, Some("0"), None),
        ("count of nothing", &kpi, Metric::Count, false, &[], Some("0"), Some(WarningCode::NoIssueMatches)),
        ("count of nothing completed", &kpi, Metric::Count, true, &open, Some("0"), None),
        ("sum of empty fields", &kpi, sum(), false, &open, Some("0"), Some(WarningCode::NoValues)),
        ("sum below zero", &kpi, sum(), false, &negative, Some("-2"), None),
        ("mean of nothing", &kpi, custom(Aggregate::Average), false, &[], None, Some(WarningCode::NoIssueMatches)),
        (
            "least of what counts",
            &kpi,
            custom(Aggregate::Min),
            true,
            &negative_is_open,
            None,
            Some(WarningCode::NoValues),
        ),
        ("least of empty", &kpi, custom(Aggregate::Min), true, &done_is_empty, None, Some(WarningCode::NoValues)),
    ];
    for (name, measure, metric, completed_only, issues, shown, warning) in table {
        let tally = tally(issues, &rule(measure, &metric, completed_only));
        assert_eq!(value(measure, &tally), shown.map(dec), "{name}");
        assert_eq!(progress(measure, &tally).is_some(), shown.is_some(), "{name}");
        assert_eq!(tally.warnings.first().map(|warning| warning.code), warning, "{name}");
    }
}

#[test]
fn half_the_minutes_are_exactly_half() {
    let minutes = |completed, seconds| Facts { time_spent: Some(seconds), ..issue(completed) };
    let percent = Measure::default();
    let tally = tally(&[minutes(true, 1200), minutes(false, 1200)], &rule(&percent, &Metric::TimeSpent, false));
    assert_eq!(tally.done, Some(dec("0.33333333333333333333")));
    let half = okrsync_metrics::Percent::from(Decimal::from(50)).clamped();
    assert_eq!(progress(&percent, &tally), Some(half));
}

#[test]
fn numbers_too_large_to_add_up_name_the_issue_and_the_field() {
    let huge = [number(true, dec("9")), number(true, Decimal::MAX), number(true, Decimal::MAX)];
    let error = try_tally(&huge, &rule(&kpi("0", "1"), &custom(Aggregate::Sum), false)).unwrap_err();
    assert_eq!(error, MeasureError::TooLarge { issue: IssueKey("AE-2".into()), field: field(FIELD) });
    assert!(error.to_string().contains("AE-2") && error.to_string().contains(FIELD));
    let keys = ["AE-3", "AE-2"].map(|key| IssueKey(key.into()));
    let backwards = measure(keys.iter().zip(&huge[1..]), &rule(&kpi("0", "1"), &custom(Aggregate::Sum), false));
    assert_eq!(backwards.unwrap_err(), error, "whatever the order");
    let most = tally(&huge, &rule(&kpi("0", "1"), &custom(Aggregate::Max), false));
    assert_eq!(most.value, Some(Decimal::MAX), "the largest alone can be kept");
}

#[test]
fn digits_that_a_decimal_cannot_keep_are_an_error_and_not_rounded() {
    let many_digits = [number(true, dec("7000000000000000000000000000")), number(true, dec("0.01"))];
    assert!(try_tally(&many_digits, &rule(&kpi("0", "1"), &custom(Aggregate::Sum), false)).is_err());
    let cancelled = [many_digits.as_slice(), &[number(true, dec("-7000000000000000000000000000"))]].concat();
    let sum = tally(&cancelled, &rule(&kpi("0", "1"), &custom(Aggregate::Sum), false));
    assert_eq!(sum.value, Some(dec("0.01")), "only the sum itself must be kept");
}

#[test]
fn thousands_of_different_progress_totals_have_an_exact_mean() {
    let issues: Vec<_> = (1..=5_000_i64)
        .map(|n| Facts { progress: Some(WorkProgress { done: n, total: 2 * n }), ..issue(false) })
        .collect();
    let mean = tally(&issues, &rule(&kpi("0", "100"), &Metric::Progress, false));
    assert_eq!(mean.value, Some(dec("50")));
    assert_eq!(mean.matched, 5_000);
}

#[test]
fn a_tally_can_be_gathered_issue_by_issue() {
    let rule = rule(&kpi("0", "1"), &Metric::StoryPoints, true);
    let mut tallier = okrsync_metrics::Tallier::new(rule.clone());
    let key = IssueKey("AE-1".into());
    let backlog = backlog();
    for facts in &backlog {
        tallier.add(&key, facts);
    }
    let at_once: Tally = measure(backlog.iter().map(|facts| (&key, facts)), &rule).unwrap();
    assert_eq!(tallier.finish(), Ok(at_once));
}
