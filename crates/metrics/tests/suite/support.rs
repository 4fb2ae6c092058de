//! Short words for facts, measures and days.

use okrsync_domain::{
    Date, Instant, OkrId, Random,
    check_in::{CheckIn, Entered, Hold, StatedStatus},
    issue::{Facts, FieldId, IssueKey},
    measure::{Aggregate, Control, Measure, Metric},
    okr::{OkrKind, ProgressMode},
    organisation::StatusLimits,
    reading::Tally,
};
use okrsync_metrics::{
    Judgement, MeasureError, Measured, Node, Percent, Rule, Standing, Status, expected, measure, progress, stand,
    status,
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The field that custom metrics read.
pub(crate) const FIELD: &str = "customfield_10050";

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

pub(crate) fn field(id: &str) -> FieldId {
    FieldId::new(id)
}

pub(crate) fn kpi(start: &str, target: &str) -> Measure {
    Measure::Kpi { name: String::new(), unit: String::new(), start: dec(start), target: dec(target) }
}

pub(crate) fn line(target: &str, risk_line: Option<&str>) -> Control {
    Control { name: String::new(), unit: String::new(), target: dec(target), risk_line: risk_line.map(dec) }
}

pub(crate) fn custom(aggregate: Aggregate) -> Metric {
    Metric::CustomField { field_id: field(FIELD), aggregate }
}

/// An issue without any value.
pub(crate) fn issue(completed: bool) -> Facts {
    Facts { completed, ..Facts::default() }
}

/// An issue with a number in the custom field.
pub(crate) fn number(completed: bool, value: Decimal) -> Facts {
    Facts { numbers: [(field(FIELD), value)].into(), ..issue(completed) }
}

/// Measures issues that are called AE-1, AE-2, …
pub(crate) fn try_tally(issues: &[Facts], rule: &Rule) -> Result<Tally, MeasureError> {
    let keys: Vec<_> = (1..=issues.len()).map(|n| IssueKey(format!("AE-{n}"))).collect();
    measure(keys.iter().zip(issues), rule)
}

pub(crate) fn tally(issues: &[Facts], rule: &Rule) -> Tally {
    try_tally(issues, rule).expect("numbers that can be kept")
}

/// A tally of which only the KPI's value is known.
pub(crate) fn valued(value: &str) -> Tally {
    Tally { value: Some(dec(value)), ..Tally::default() }
}

/// The status of a percentage by itself, in the middle of its time.
pub(crate) fn status_at(expected: &str, progress: &str, limits: &StatusLimits) -> Status {
    let (expected, progress) = (Percent::from(dec(expected)), Percent::from(dec(progress)).clamped());
    let today = day("2026-11-20");
    let measure = Measure::default();
    let judgement = Judgement {
        measure: &measure,
        progress: Some(&progress),
        value: None,
        expected: Some(&expected),
        starts_on: today,
        today,
    };
    status(&judgement, limits)
}

/// Progress as the API shows it, and the status of a line to be kept.
pub(crate) fn line_at(measure: &Measure, value: &str) -> (String, Status) {
    let (tally, today) = (valued(value), day("2026-11-20"));
    let progress = progress(measure, &tally);
    let expected = expected(measure, today, today, today);
    let judgement = Judgement {
        measure,
        progress: progress.as_ref(),
        value: tally.value,
        expected: expected.as_ref(),
        starts_on: today,
        today,
    };
    let status = status(&judgement, &StatusLimits::default());
    (progress.expect("a value").api().to_string(), status)
}

/// The n-th OKR of a test.
pub(crate) fn okr_id(n: u8) -> OkrId {
    format!("0{n:025}").parse().expect("an id")
}

/// The hour of a day in the middle of the quarter.
pub(crate) fn at(hour: u32) -> Instant {
    format!("2026-11-20T{hour:02}:00:00Z").parse().expect("an instant")
}

/// An objective or key result of the last quarter of 2026 without any value.
pub(crate) fn node(n: u8, parent: Option<u8>, mode: ProgressMode) -> Node {
    Node {
        id: okr_id(n),
        parent_id: parent.map(okr_id),
        kind: if mode == ProgressMode::RollUp { OkrKind::Objective } else { OkrKind::KeyResult },
        starts_on: day("2026-10-01"),
        due_on: day("2026-12-31"),
        mode,
        measure: Measure::default(),
        share: None,
        closed_on: None,
        reading: None,
        stale: false,
        check_ins: Vec::new(),
    }
}

/// The same with a reading of `done` of 100 at an hour.
pub(crate) fn measured(node: Node, hour: u32, done: i64) -> Node {
    let tally = Tally { done: Some(done.into()), total: Some(100.into()), ..Tally::default() };
    Node { reading: Some(Measured { at: at(hour), tally }), ..node }
}

/// A check-in at an hour.
pub(crate) fn check_in(hour: u32, entered: Option<Entered>, status: Option<StatedStatus>, hold: Hold) -> CheckIn {
    let random = Random::seeded(hour.into());
    CheckIn {
        id: random.id(at(hour)),
        okr_id: okr_id(1),
        author_id: random.id(at(hour)),
        at: at(hour),
        entered,
        status,
        note: "as seen".to_owned(),
        hold,
        released_at: None,
    }
}

/// Where the tree stands on 20 November 2026.
pub(crate) fn stand_today(nodes: &[Node]) -> BTreeMap<OkrId, Standing> {
    stand(nodes, day("2026-11-20"), &StatusLimits::default())
}
