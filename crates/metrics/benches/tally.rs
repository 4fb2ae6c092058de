//! How long it takes to measure 20,000 issues by each metric, and to colour 10,000 OKRs.

use criterion::{Criterion, criterion_group, criterion_main};
use okrsync_domain::{
    Date, OkrId,
    issue::{Facts, FieldId, IssueKey, WorkProgress},
    measure::{Aggregate, Measure, Metric},
    okr::{OkrKind, ProgressMode},
    organisation::StatusLimits,
    reading::Tally,
};
use okrsync_metrics::{Measured, Node, Rule, measure, stand};
use rust_decimal::Decimal;
use std::hint::black_box;

const ISSUES: i64 = 20_000;
const OKRS: u32 = 10_000;
const FIELD: &str = "customfield_10050";

fn issue(n: i64) -> (IssueKey, Facts) {
    let facts = Facts {
        completed: n % 3 == 0,
        time_spent: Some(n * 60),
        original_estimate: Some(n * 300),
        remaining_estimate: (n % 5 != 0).then_some(n * 7),
        progress: Some(WorkProgress { done: n * 60, total: n * 60 + (n % 997) * 60 }),
        numbers: [(FieldId::new(FIELD), Decimal::new(n * 5, 1))].into(),
    };
    (IssueKey(format!("AE-{n}")), facts)
}

fn tallies(criterion: &mut Criterion) {
    let issues: Vec<_> = (1..=ISSUES).map(issue).collect();
    let kpi = Measure::Kpi { name: String::new(), unit: String::new(), start: 0.into(), target: 20.into() };
    let custom = |aggregate| Metric::CustomField { field_id: FieldId::new(FIELD), aggregate };
    let metrics = [
        ("count", Metric::Count),
        ("time_spent", Metric::TimeSpent),
        ("progress", Metric::Progress),
        ("story_points", Metric::StoryPoints),
        ("median", custom(Aggregate::Median)),
    ];
    for (name, metric) in metrics {
        let rule = Rule::new(&kpi, &metric, false, [FieldId::new(FIELD)]);
        let measured = || measure(issues.iter().map(|(key, facts)| (key, facts)), black_box(&rule));
        criterion.bench_function(&format!("measure 20,000 issues by {name}"), |bencher| bencher.iter(measured));
    }
}

/// The n-th OKR: one objective over every ten key results, a hundred objectives under each at the top.
fn node(n: u32) -> Node {
    let id = |n: u32| -> OkrId { format!("{n:026}").parse().expect("26 digits are an id") };
    let day = |text: &str| -> Date { text.parse().expect("a date") };
    let at = "2026-11-20T09:00:00Z".parse().expect("an instant");
    let leaf = !n.is_multiple_of(10);
    let total = 50 + n % 371;
    let tally = Tally { done: Some((n % 50).into()), total: Some(total.into()), ..Tally::default() };
    Node {
        id: id(n),
        parent_id: if leaf { Some(id(n - n % 10)) } else { (!n.is_multiple_of(1000)).then(|| id(n - n % 1000)) },
        kind: if leaf { OkrKind::KeyResult } else { OkrKind::Objective },
        starts_on: day("2026-10-01"),
        due_on: day("2026-12-31"),
        mode: if leaf { ProgressMode::DataSource } else { ProgressMode::RollUp },
        measure: Measure::default(),
        share: None,
        closed_on: None,
        reading: leaf.then_some(Measured { at, tally }),
        stale: false,
        check_ins: Vec::new(),
    }
}

fn trees(criterion: &mut Criterion) {
    let nodes: Vec<_> = (0..OKRS).map(node).collect();
    let (today, limits) = ("2026-11-20".parse().expect("a date"), StatusLimits::default());
    criterion.bench_function("colour 10,000 OKRs", |bencher| bencher.iter(|| stand(black_box(&nodes), today, &limits)));
}

criterion_group!(benches, tallies, trees);
criterion_main!(benches);
