//! The demo's company stands where the pictures show it, and goes on working.

use std::time::Duration;

use chrono::TimeDelta;
use okrsync_jira_sim::scenario::{self, JiraPlan, MeasurePlan, Northwind, ScenarioOptions, SiteName, SourcePlan, bulk};
use okrsync_jira_sim::{AsOf, JiraSim, Quantity, SiteOptions, TokenKind};
use rust_decimal::Decimal;
use tokio_util::sync::CancellationToken;

use crate::client::Visitor;

/// The number that a plan's metric gives: the done part of percent complete as "done of total".
fn number(northwind: &Northwind, plan: &JiraPlan, measure: &MeasurePlan) -> String {
    let truth = northwind.site(plan.site).truth(plan.jql).expect("a sound query");
    let quantity = match plan.metric {
        "count" => Quantity::Count,
        "story_points" => Quantity::StoryPoints,
        "time_spent" => Quantity::TimeSpent,
        other => panic!("no metric {other}"),
    };
    let unit = if quantity == Quantity::TimeSpent { Decimal::from(3600) } else { Decimal::ONE };
    let (done, total) = (truth.done(&quantity) / unit, truth.total(&quantity) / unit);
    match (measure, plan.completed_only) {
        (MeasurePlan::PercentComplete, _) => format!("{} of {}", done.normalize(), total.normalize()),
        (MeasurePlan::Kpi { .. }, true) => done.normalize().to_string(),
        (MeasurePlan::Kpi { .. }, false) => total.normalize().to_string(),
    }
}

#[tokio::test]
async fn the_board_stands_as_in_the_picture() {
    let northwind = Northwind::start(ScenarioOptions::default()).await.unwrap();
    let objectives = northwind.objectives();
    let results = objectives.iter().flat_map(|objective| &objective.key_results);
    let numbers: Vec<_> = results
        .map(|result| match &result.source {
            SourcePlan::Jira(plan) => (result.title, number(&northwind, plan, &result.measure)),
            SourcePlan::ByHand(check_ins) => (result.title, check_ins.last().unwrap().value.to_owned()),
        })
        .collect();
    let expected = [
        ("Deliver staged fleet updates", "34 of 64"),
        ("Close 20 update-path bugs", "14"),
        ("Move 40 pilot sites to the new updater", "18"),
        ("Close the findings of the Halden safety review", "3"),
        ("Certify the A3 force limiter", "12 of 18"),
        ("Log 600 hours of supervised trials", "342"),
        ("Publish 30 help-centre articles", "30"),
        ("Cut the open P1 backlog from 48 to 8", "37"),
        ("First reply under 24 h for 95% of requests", "81"),
        ("Commission 24 A3 cells on line 2", "9"),
        ("Move work orders off the legacy PLC", "0 of 0"),
        ("Train 60 operators on the new cell", "36"),
    ];
    assert_eq!(numbers, expected.map(|(title, number)| (title, number.to_owned())));
    let (first, last) = northwind.period;
    assert_eq!((first.to_string(), last.to_string()), ("2026-10-01".to_owned(), "2026-12-31".to_owned()));
    let review = "project = SAFE AND labels = halden-review AND sprint in openSprints() ORDER BY priority DESC";
    let findings = northwind.cloud.truth(review).unwrap();
    assert_eq!((findings.completed(), findings.matched()), (3, 11));
}

#[tokio::test]
async fn the_epic_went_the_way_of_the_picture() {
    let northwind = Northwind::start(ScenarioOptions { background: 0, ..ScenarioOptions::default() }).await.unwrap();
    let noon = northwind.period.0.and_hms_opt(12, 0, 0).unwrap().and_utc();
    let points = |day: i64| {
        let at = AsOf::Instant(noon + TimeDelta::days(day));
        let truth = northwind.cloud.truth_at(at, "\"Epic Link\" = AE-786 OR parent = AE-786").unwrap();
        let sum = |number: Decimal| number.normalize().to_string();
        (sum(truth.done(&Quantity::StoryPoints)), sum(truth.total(&Quantity::StoryPoints)))
    };
    let way = [
        (0, 0, 50),
        (10, 5, 50),
        (22, 15, 50),
        (25, 15, 55),
        (33, 16, 55),
        (34, 16, 62),
        (40, 24, 62),
        (43, 24, 64),
        (47, 32, 64),
        (50, 34, 64),
    ];
    for (day, done, total) in way {
        assert_eq!(points(day), (done.to_string(), total.to_string()), "day {day}");
    }
    let open = "project = SUP AND priority = Highest AND statusCategory != Done";
    let first_day = AsOf::Instant(noon);
    assert_eq!(northwind.support.truth_at(first_day, open).unwrap().matched(), 48);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_company() {
    let make = async |seed: u64| {
        let options = ScenarioOptions { seed, background: 300, ..ScenarioOptions::default() };
        let northwind = Northwind::start(options).await.unwrap();
        let mut live = northwind.live();
        for _ in 0..200 {
            live.step().unwrap();
        }
        northwind.cloud.truth("project is not EMPTY").unwrap()
    };
    let (one, same, other) = (make(1).await, make(1).await, make(2).await);
    assert!(one == same, "the same seed");
    assert!(one != other, "another seed");
}

#[tokio::test]
async fn work_goes_on_until_it_is_cancelled() {
    let northwind = Northwind::start(ScenarioOptions { background: 50, ..ScenarioOptions::default() }).await.unwrap();
    let before = northwind.cloud.revision();
    let cancelled = CancellationToken::new();
    let work = tokio::spawn(northwind.live().run(Duration::from_micros(50), cancelled.clone()));
    let moved = async {
        while northwind.cloud.revision() < before + 20 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), moved).await.expect("issues change");
    cancelled.cancel();
    work.await.expect("it ends");
}

#[tokio::test]
async fn every_connection_signs_in_with_its_token() {
    let northwind = Northwind::start(ScenarioOptions { background: 100, ..ScenarioOptions::default() }).await.unwrap();
    for plan in northwind.connections() {
        let site = northwind.site(plan.site);
        let visitor = Visitor::anonymous(site).with(site, &plan.token);
        assert!(plan.server_url.ends_with("/jira") == (plan.site == SiteName::Halden));
        assert_eq!(visitor.get("/rest/api/2/myself").await.status, 200, "{}", plan.name);
        if plan.site == SiteName::Halden {
            northwind.refuse_halden();
            assert_eq!(visitor.get("/rest/api/2/myself").await.status, 401);
            northwind.accept_halden();
            assert_eq!(visitor.get("/rest/api/2/myself").await.status, 200);
        }
    }
    assert_eq!(scenario::STAFF.len(), 9);
}

#[tokio::test]
async fn bulk_data_fits_its_description() {
    let sim = JiraSim::cloud(SiteOptions::default()).await.unwrap();
    let plan = bulk::Bulk { issues: 400, queries: 9, per_query: 60, ..bulk::Bulk::default() };
    let queries = bulk::fill(&sim, &plan).unwrap();
    let sizes: Vec<usize> = queries.iter().map(|jql| sim.truth(jql).unwrap().matched()).collect();
    assert!(sizes.iter().all(|size| (30..=90).contains(size)), "{sizes:?}");
    assert_eq!(sim.truth("project is not EMPTY").unwrap().matched(), 400);
    let changed = bulk::change(&sim, 0.1, 3).unwrap();
    assert!((15..80).contains(&changed), "{changed} of 400");
    sim.set_token(&sim.account(), TokenKind::Classic, "known");
    let visitor = Visitor::anonymous(&sim).with(&sim, "known");
    let first =
        visitor.post("/rest/api/3/search/jql", serde_json::json!({ "jql": queries[0], "maxResults": 5000 })).await;
    assert_eq!(first.ids().len(), sizes[0]);
}
