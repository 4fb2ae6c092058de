//! A year of truth: readings computed from Jira's changelogs equal the simulator's own full history on every day.

mod life;

use crate::past::{backfill, gap_codes, reconstructed};
use chrono::{TimeDelta, Timelike as _};
use life::{DAYS, World};
use okrsync_domain::{Clock, Instant};
use okrsync_jira_sim::{AsOf, Dialect, Quantity, TrueIssue, Truth};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// The first day, in the organisation's zone; the account's is another one.
const FIRST: &str = "2025-11-01";

/// What is measured: how the API calls it, and the truth.
struct Gauge {
    metric: Value,
    kpi: bool,
    completed_only: Option<bool>,
    truth: fn(&World, &[&TrueIssue]) -> Option<Decimal>,
}

fn sum(issues: &[&TrueIssue], quantity: &Quantity, unit: i64) -> Decimal {
    issues.iter().filter_map(|issue| issue.value(quantity)).sum::<Decimal>() / Decimal::from(unit)
}

/// Percent complete, or nothing where there is nothing to complete.
fn percent(issues: &[&TrueIssue], quantity: &Quantity) -> Option<Decimal> {
    let done: Vec<&TrueIssue> = issues.iter().filter(|issue| issue.completed).copied().collect();
    let total = sum(issues, quantity, 1);
    (total > Decimal::ZERO).then(|| sum(&done, quantity, 1) / total * Decimal::from(100))
}

fn efforts(world: &World, issues: &[&TrueIssue]) -> Vec<Decimal> {
    let quantity = Quantity::Number(world.effort.clone());
    let mut all: Vec<Decimal> = issues.iter().filter_map(|issue| issue.value(&quantity)).collect();
    all.sort();
    all
}

fn mean(values: &[Decimal]) -> Option<Decimal> {
    (!values.is_empty()).then(|| values.iter().sum::<Decimal>() / Decimal::from(values.len()))
}

fn median(values: &[Decimal]) -> Option<Decimal> {
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values.get(middle).copied() } else { mean(values.get(middle.checked_sub(1)?..=middle)?) }
}

fn worked(issue: &TrueIssue) -> Option<Decimal> {
    issue.progress.map(|(done, total)| Decimal::from(100 * done) / Decimal::from(total))
}

/// Every metric that has a past, in every mode.
fn gauges(world: &World) -> Vec<Gauge> {
    let gauge = |metric: Value, kpi, completed_only, truth| Gauge { metric, kpi, completed_only, truth };
    let kind = |kind: &str| json!({"kind": kind});
    let effort = |aggregate: &str| json!({"kind": "custom_field", "field_id": world.effort, "aggregate": aggregate});
    vec![
        gauge(kind("count"), false, None, |_, issues| percent(issues, &Quantity::Count)),
        gauge(kind("story_points"), false, None, |_, issues| percent(issues, &Quantity::StoryPoints)),
        gauge(kind("time_spent"), false, None, |_, issues| percent(issues, &Quantity::TimeSpent)),
        gauge(kind("original_estimate"), false, None, |_, issues| percent(issues, &Quantity::OriginalEstimate)),
        gauge(effort("sum"), false, None, |world, issues| percent(issues, &Quantity::Number(world.effort.clone()))),
        gauge(kind("count"), true, Some(true), |_, issues| {
            Some(issues.iter().filter(|issue| issue.completed).count().into())
        }),
        gauge(kind("time_spent"), true, None, |_, issues| Some(sum(issues, &Quantity::TimeSpent, 3_600))),
        gauge(kind("remaining_estimate"), true, None, |_, issues| {
            Some(sum(issues, &Quantity::RemainingEstimate, 3_600))
        }),
        gauge(kind("progress"), true, None, |_, issues| {
            mean(&issues.iter().filter_map(|issue| worked(issue)).collect::<Vec<_>>())
        }),
        gauge(effort("average"), true, Some(false), |world, issues| mean(&efforts(world, issues))),
        gauge(effort("median"), true, Some(false), |world, issues| median(&efforts(world, issues))),
        gauge(effort("min"), true, Some(false), |world, issues| efforts(world, issues).first().copied()),
        gauge(effort("max"), true, Some(false), |world, issues| efforts(world, issues).last().copied()),
    ]
}

/// Conditions of every kind, each with the projects before it.
fn conditions(world: &World) -> Vec<String> {
    let epic = world.site.key(world.epic).expect("an epic");
    let family = if world.site.dialect() == Dialect::Cloud { "parent" } else { "\"Epic Link\"" };
    let kim = if world.site.dialect() == Dialect::Cloud { &world.kim.id } else { &world.kim.name };
    [
        "status IN (\"In Progress\", \"In Review\")".to_owned(),
        "statusCategory != Done AND labels IN (late, risk)".to_owned(),
        format!("assignee = \"{kim}\" OR reporter = \"{kim}\""),
        "assignee IS EMPTY AND priority > Medium".to_owned(),
        format!("{family} = {epic}"),
        "sprint = Two AND issuetype != Bug".to_owned(),
        "fixVersion = \"1.0\" OR component = Web".to_owned(),
        "resolution IS EMPTY AND updated >= -14d".to_owned(),
        "resolved >= startOfMonth() AND NOT priority = Low".to_owned(),
        "status CHANGED TO Done AFTER -30d".to_owned(),
        "status WAS \"In Review\" AND NOT assignee WAS EMPTY".to_owned(),
        "due < now() AND \"Effort in days\" > 2".to_owned(),
        "created >= startOfWeek(-4w) AND timespent > 1h".to_owned(),
        "\"Story Points\" >= 5 AND originalEstimate > 0".to_owned(),
    ]
    .into()
}

async fn measure(app: &TestApp, connection: &str, jql: &str, gauge: &Gauge) -> String {
    let okr = app.key_result(json!({"starts_on": FIRST, "due_on": "2027-06-30"})).await;
    let measure = json!({"kind": "kpi", "name": "Stories", "unit": "", "start": "0", "target": "20"});
    let mut link = json!({"metric": gauge.metric, "confirm_empty": true});
    if gauge.kpi {
        link["measure"] = measure;
    }
    if let Some(only) = gauge.completed_only {
        link["completed_only"] = json!(only);
    }
    app.link(&okr, connection, jql, link).await;
    okr
}

/// What was asked of the simulator already.
type Known = HashMap<(String, Instant), Truth>;

/// Holds every day's reading against the truth without some issues.
async fn hold_against_truth(
    app: &TestApp,
    (world, known): (&World, &mut Known),
    okr: &str,
    jql: &str,
    (gauge, lost): (&Gauge, &BTreeSet<u64>),
) {
    let readings = reconstructed(app, okr).await;
    assert_eq!(readings.len(), usize::try_from(DAYS).expect("small"), "one of each day: {jql}");
    for (index, reading) in readings.iter().enumerate() {
        let at: Instant = reading["at"].as_str().expect("an instant").parse().expect("an instant");
        let next = at + TimeDelta::microseconds(1);
        assert!([22, 23].contains(&next.hour()) && next.minute() == 0, "{at} is the end of a day in Berlin");
        let truth = known.entry((jql.to_owned(), at));
        let truth = truth.or_insert_with(|| world.site.truth_at(AsOf::Instant(at), jql).expect("a query"));
        let issues: Vec<&TrueIssue> = truth.issues.iter().filter(|issue| !lost.contains(&issue.id)).collect();
        let what = format!("{jql} {} {at}", gauge.metric);
        assert_eq!(reading["matched"], json!(issues.len()), "{what}");
        assert_eq!(reading["completed"], json!(issues.iter().filter(|issue| issue.completed).count()), "{what}");
        let told = &reading[if gauge.kpi { "value" } else { "progress" }];
        let told = told.as_str().map(|text| text.parse::<Decimal>().expect("a decimal").round_dp(3));
        let true_number = (gauge.truth)(world, &issues).map(|number| number.round_dp(3));
        let near = told.zip(true_number).is_some_and(|(told, number)| (told - number).abs() <= Decimal::new(1, 3));
        assert!(near || told == true_number, "{what}: {told:?}, not {true_number:?}");
        if index % 60 == 0 {
            let path = format!("/okrs/{okr}/readings/{}/issues", reading["id"].as_str().expect("an id"));
            let evidence = app.admin.get(&path).await.expect(200);
            let ids: Vec<u64> = evidence["issues"].as_array().expect("a list").iter().map(id).collect();
            assert_eq!(ids, issues.iter().map(|issue| issue.id).collect::<Vec<_>>(), "{what}");
        }
    }
}

fn id(issue: &Value) -> u64 {
    issue["id"].as_str().expect("an id").parse().expect("a number")
}

async fn lived(database: &TestDatabase, dialect: Dialect) -> (TestApp, World, String) {
    // midnight in Berlin; clocks change twice until it is that again
    let [first, last] =
        ["2025-10-31T23:00:30Z", "2026-11-01T00:30:00Z"].map(|at| at.parse().expect("a literal instant"));
    let clock = Clock::manual(first);
    let app = TestApp::start_at(database, clock.clone(), |_| {}).await;
    let organisation = json!({"time_zone": "Europe/Berlin"});
    app.admin.patch("/organisation", &organisation).await.expect(200);
    let world = World::live(&app, dialect).await;
    clock.advance(last - clock.now());
    let connection = app.connect(&world.site).await;
    (app, world, connection)
}

/// Every metric over whole projects, and every kind of condition: whatever the candidate query can find is exact.
async fn a_year_of_truth(database: TestDatabase, dialect: Dialect) {
    let (app, world, connection) = lived(&database, dialect).await;
    let lost = BTreeSet::from(world.lose_three());
    let (gauges, mut okrs) = (gauges(&world), Vec::new());
    for gauge in gauges.iter().step_by(3) {
        let jql = "project IN (AE, OPS)".to_owned();
        okrs.push((measure(&app, &connection, &jql, gauge).await, jql, gauge));
    }
    for (condition, gauge) in conditions(&world).into_iter().zip(gauges.iter().cycle()) {
        let jql = format!("project IN (AE, OPS) AND ({condition})");
        okrs.push((measure(&app, &connection, &jql, gauge).await, jql, gauge));
    }
    backfill(&app).await;
    let mut known = Known::new();
    for (okr, jql, gauge) in &okrs {
        let gaps = gap_codes(&app, okr).await;
        let named =
            ["not_found_any_more", "moved_between_projects"].iter().all(|code| gaps.contains(&(*code).to_owned()));
        assert!(named && !gaps.contains(&"differs_from_jira".to_owned()), "{jql}: {gaps:?}");
        hold_against_truth(&app, (&world, &mut known), okr, jql, (gauge, &lost)).await;
    }
}

/// Without a project WAS finds who fulfilled a condition once; what has no WAS is missing for those that fulfil it no
/// longer, exactly these, and that is said.
async fn what_cannot_be_found_is_missing_and_named(database: TestDatabase, dialect: Dialect) {
    let (app, world, connection) = lived(&database, dialect).await;
    let [deleted, hidden, _moved] = world.lose_three();
    let kim = if dialect == Dialect::Cloud { &world.kim.id } else { &world.kim.name };
    let gauge = &gauges(&world)[1];
    let asked = [
        (format!("assignee = \"{kim}\" AND status != Done"), false),
        ("priority IN (High, Highest) AND status = Done".to_owned(), false),
        ("labels = late".to_owned(), true),
        (format!("assignee = \"{kim}\" AND sprint = Two"), true),
    ];
    let mut okrs = Vec::new();
    for (jql, partly) in asked {
        okrs.push((measure(&app, &connection, &jql, gauge).await, jql, partly));
    }
    backfill(&app).await;
    let mut known = Known::new();
    for (okr, jql, partly) in &okrs {
        let gaps = gap_codes(&app, okr).await;
        assert_eq!(gaps.contains(&"no_past_in_jira".to_owned()), *partly, "{jql}: {gaps:?}");
        let mut lost = BTreeSet::from([deleted, hidden]);
        if *partly {
            // the condition without a past holds now for those that are found
            let holds = if jql.contains("sprint") { "sprint = Two" } else { jql };
            let found = world.site.truth(holds).expect("a query").ids();
            let all = (0..200).map(|number| 10_001 + number);
            lost.extend(all.filter(|id| !found.contains(id)));
        }
        hold_against_truth(&app, (&world, &mut known), okr, jql, (gauge, &lost)).await;
    }
}

journey!(a_year_of_truth, crossed);
journey!(what_cannot_be_found_is_missing_and_named, crossed);
