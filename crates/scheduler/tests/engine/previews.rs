//! Drafts, checks and tests of a connection: nothing is stored.

use crate::{
    jira::Jira,
    world::{World, points},
};
use okrsync_domain::{
    connection::ConnectionState,
    measure::{Measure, Metric},
};
use okrsync_scheduler::{SyncError, preview::Draft};
use rust_decimal::Decimal;

fn draft(world: &World, metric: Metric) -> Draft {
    Draft {
        connection_id: world.connection.id,
        jql: "project=AE order by rank".to_owned(),
        metric,
        completed_only: false,
        measure: Measure::default(),
        table: Vec::new(),
    }
}

fn refused<T>(result: Result<T, SyncError>) -> &'static str {
    match result {
        Err(SyncError::Refused(invalid)) => invalid.code,
        Err(other) => panic!("refused for another reason: {other}"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[tokio::test]
async fn little_is_measured_exactly_and_much_is_counted() {
    let world = World::new(Jira::start(250, 100).await).await;
    world.jira.script().page_size = 100;
    let preview = world.engine.preview(&draft(&world, points())).await.unwrap();
    assert_eq!((preview.matched, preview.completed, preview.estimate), (250, Some(100), false));
    assert_eq!(preview.tally.unwrap().total, Some(Decimal::from(375)), "250 issues of one and a half");
    assert_eq!((preview.canonical.as_str(), preview.issues.len()), ("project = AE ORDER BY rank", 5));

    world.jira.holds(50_000, 20_000);
    for (metric, counted) in [(Metric::Count, true), (points(), false)] {
        let before = world.jira.asked("");
        let preview = world.engine.preview(&draft(&world, metric)).await.unwrap();
        let asked = world.jira.asked("") - before;
        assert!(asked <= 4, "{asked} requests");
        assert_eq!(preview.requests, asked as u64);
        assert_eq!((preview.matched, preview.completed, preview.estimate), (50_000, Some(20_000), true));
        assert_eq!(preview.tally.is_some(), counted);
    }
}

#[tokio::test]
async fn a_draft_that_would_be_refused_is_refused() {
    let world = World::new(Jira::start(0, 0).await).await;
    let with = |jql: &str| Draft { jql: jql.to_owned(), ..draft(&world, Metric::Count) };
    assert_eq!(refused(world.engine.preview(&with("project = AE AND")).await), "invalid_jql");
    assert_eq!(refused(world.engine.preview(&with("ORDER BY key")).await), "unbounded_query");
    assert_eq!(refused(world.engine.preview(&draft(&world, Metric::Progress)).await), "metric_not_available");
    assert_eq!(world.jira.asked(""), 0, "none of these needs Jira");
    assert_eq!(world.engine.preview(&with("project = AE")).await.unwrap().matched, 0);
    world.jira.script().refuses = Some("Field 'projekt' does not exist.");
    assert_eq!(refused(world.engine.preview(&with("projekt = AE")).await), "invalid_jql");
}

#[tokio::test]
async fn a_link_is_checked_by_jira_and_stored_when_jira_is_silent() {
    let world = World::new(Jira::start(3, 1).await).await;
    let check = async |confirm| world.engine.check_link(world.connection.id, "project=AE", confirm).await;
    assert_eq!(check(false).await.unwrap().where_clause, "project = AE");
    world.jira.holds(0, 0);
    assert_eq!(refused(check(false).await), "matches_nothing");
    assert!(check(true).await.is_ok());
    world.jira.script().refuses = Some("The value 'AE' does not exist for the field 'project'.");
    assert_eq!(refused(check(true).await), "invalid_jql");
    world.jira.fails("", 503, usize::MAX);
    let silent = check(false).await.unwrap();
    assert!(silent.unanswered.is_some());
}

#[tokio::test]
async fn a_test_tells_the_steps_and_mends_the_state() {
    let world = World::new(Jira::start(3, 1).await).await;
    let okr = world.link("project = AE", Metric::Count).await;
    world.jira.fails("", 503, usize::MAX);
    world.engine.pass().await;
    assert!(!world.engine.test(world.connection.id).await.unwrap().ok);
    assert_eq!(world.stored().await.state, ConnectionState::Failing);
    world.jira.mends();
    let report = world.engine.test(world.connection.id).await.unwrap();
    assert!(report.ok, "{:?}", report.steps);
    let stored = world.stored().await;
    assert_eq!((stored.state, stored.paused_until), (ConnectionState::Ok, None));
    assert_eq!(world.engine.pass().await.done, 1, "what had failed is due");
    assert_eq!(world.readings(okr).await.len(), 1);
    assert_eq!(world.engine.catalogue(world.connection.id).await.unwrap().statuses.len(), 2);
}
