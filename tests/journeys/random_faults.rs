//! Fifty random sequences of faults never produce a reading that was not true at some moment of its walk.

use chrono::TimeDelta;
use okrsync_jira_sim::{AsOf, Dialect, IssueDraft, JiraSim, RandomFaults, SiteOptions};
use okrsync_tests::{app::TestApp, databases::TestDatabase, journey};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SEQUENCES: u64 = 50;
const STEPS: usize = 6;

/// What a reading must equal: `[completed, matched]`.
type Numbers = [u64; 2];

fn truth(site: &JiraSim) -> Numbers {
    let truth = site.truth_at(AsOf::Now, "project = AE").expect("a sound query");
    [truth.completed() as u64, truth.matched() as u64]
}

fn numbers(reading: &Value) -> Numbers {
    [&reading["completed"], &reading["matched"]].map(|number| number.as_u64().expect("a number"))
}

/// Changes the site a little: a new issue, one completed, one reopened, or one deleted.
fn change(site: &JiraSim, random: &mut StdRng) {
    let ids = site.truth("project = AE").expect("a sound query").ids();
    let any = ids.get(random.random_range(0..ids.len().max(1))).copied();
    match (random.random_range(0..4), any) {
        (1, Some(id)) => drop(site.edit(id.into()).expect("an issue").transition("Done")),
        (2, Some(id)) => drop(site.edit(id.into()).expect("an issue").transition("To Do")),
        (3, Some(id)) if ids.len() > 20 => site.edit(id.into()).expect("an issue").delete().expect("deleted"),
        _ => drop(site.create(IssueDraft::new("AE", "Story")).expect("an issue")),
    }
}

/// One sequence: faults come and go while issues change between the refreshes.
async fn sequence(app: &TestApp, dialect: Dialect, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let small_pages = |options: &mut SiteOptions| {
        options.page_cap_with_fields = 10;
        options.page_cap_data_center = 10;
    };
    let site = app.jira_with(dialect, small_pages).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    for number in 0..30 {
        let status = if number % 3 == 0 { "Done" } else { "To Do" };
        site.create(IssueDraft::new("AE", "Story").status(status)).expect("an issue");
    }
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    let mut true_once = BTreeSet::from([truth(&site)]);
    site.faults().randomly(RandomFaults::new(seed).rate(0.35));
    for _ in 0..STEPS {
        for _ in 0..random.random_range(0..4) {
            change(&site, &mut random);
        }
        true_once.insert(truth(&site));
        app.pass_time(TimeDelta::minutes(61)).await;
    }
    for reading in app.readings(&okr).await {
        assert!(true_once.contains(&numbers(&reading)), "seed {seed}: {reading} was never true: {true_once:?}");
    }
    site.faults().clear();
    app.clock.advance(TimeDelta::hours(2));
    app.admin.post(&format!("/connections/{connection}/test"), &json!({})).await.expect(200);
    app.refresh(&okr).await;
    assert_eq!(numbers(&app.readings(&okr).await[0]), truth(&site), "seed {seed}: the last refresh equals the truth");
    app.admin.delete(&format!("/okrs/{okr}")).await.expect(204);
}

async fn readings_are_never_untrue(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    for seed in 0..SEQUENCES {
        sequence(&app, dialect, seed).await;
    }
}

journey!(readings_are_never_untrue);
