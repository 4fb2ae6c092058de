//! Proof before write: what must not become a number, and what may after a second look.

use crate::{
    jira::Jira,
    world::{World, points},
};
use chrono::TimeDelta;
use okrsync_domain::{
    connection::ConnectionState,
    issue::FieldId,
    measure::{Aggregate, Metric},
    reading::WarningCode,
};

const SEARCH: &str = "/search/jql";

/// A world in which one OKR was measured once, an hour ago.
async fn measured(metric: Metric) -> (World, okrsync_domain::OkrId) {
    let world = World::new(Jira::start(10, 3).await).await;
    let okr = world.link("project = AE", metric).await;
    assert_eq!(world.engine.pass().await.done, 1);
    world.clock.advance(TimeDelta::minutes(60));
    (world, okr)
}

#[tokio::test]
async fn another_account_is_never_believed() {
    let (world, okr) = measured(Metric::Count).await;
    world.jira.script().account = "somebody-else";
    assert_eq!(world.engine.pass().await.failed, 1);
    assert_eq!(world.problem(okr).await, Some("jira_unauthorized"));
    assert_eq!(world.readings(okr).await.len(), 1);
    assert_eq!(world.stored().await.state, ConnectionState::Failing);
}

#[tokio::test]
async fn an_error_after_some_pages_writes_nothing() {
    let (world, okr) = measured(Metric::Count).await;
    world.jira.holds(40, 40);
    for status in [500, 410, 404] {
        world.jira.script().page_size = 39;
        world.jira.fails("never", 500, 0);
        world.jira.fails(SEARCH, status, 1);
        assert_eq!(world.engine.pass().await.failed, 1, "{status}");
        assert_eq!(world.readings(okr).await.len(), 1, "{status}");
        assert!(world.problem(okr).await.is_some());
        world.clock.advance(TimeDelta::minutes(60));
    }
    assert_eq!(world.engine.pass().await.done, 1);
    assert_eq!(world.readings(okr).await[0].tally.matched, 40);
}

#[tokio::test]
async fn nothing_is_believed_only_if_the_strict_check_accepts_the_query() {
    let (world, okr) = measured(Metric::Count).await;
    world.jira.holds(0, 0);
    world.jira.script().refuses = Some("The value 'AE' does not exist for the field 'project'.");
    assert_eq!(world.engine.pass().await.failed, 1);
    assert_eq!(world.problem(okr).await, Some("invalid_jql"));
    assert_eq!(world.readings(okr).await.len(), 1);

    world.jira.script().refuses = None;
    world.clock.advance(TimeDelta::minutes(60));
    assert_eq!(world.engine.pass().await.done, 1);
    let readings = world.readings(okr).await;
    let codes: Vec<_> = readings[0].tally.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(readings[0].tally.matched, 0);
    assert!(codes.contains(&WarningCode::NoIssueMatches) && codes.contains(&WarningCode::SuddenDrop), "{codes:?}");
}

#[tokio::test]
async fn nothing_is_not_believed_when_jira_finds_something_right_after() {
    let (world, okr) = measured(Metric::Count).await;
    world.jira.script().blind_walks = 2;
    assert_eq!(world.engine.pass().await.done, 1, "the third walk sees");
    assert_eq!(world.readings(okr).await[0].tally.matched, 10);
    world.clock.advance(TimeDelta::minutes(60));
    world.jira.script().blind_walks = usize::MAX;
    assert_eq!(world.engine.pass().await.failed, 1);
    assert_eq!(world.problem(okr).await, Some("jira_unexpected_answer"));
    assert_eq!(world.readings(okr).await.len(), 2);
}

#[tokio::test]
async fn a_sudden_drop_needs_a_healthy_account() {
    let (world, okr) = measured(Metric::Count).await;
    world.jira.holds(4, 3);
    world.jira.fails("/field", 403, 1);
    assert_eq!(world.engine.pass().await.failed, 1);
    assert_eq!(world.readings(okr).await.len(), 1, "the probe did not pass");

    world.clock.advance(TimeDelta::minutes(60));
    assert_eq!(world.engine.pass().await.done, 1);
    let warned = |tally: &okrsync_domain::reading::Tally| {
        tally.warnings.iter().any(|warning| warning.code == WarningCode::SuddenDrop)
    };
    assert!(warned(&world.readings(okr).await[0].tally));
    world.jira.holds(2, 1);
    world.clock.advance(TimeDelta::minutes(60));
    assert_eq!(world.engine.pass().await.done, 1);
    assert!(!warned(&world.readings(okr).await[0].tally), "half is no sudden drop");
}

#[tokio::test]
async fn a_field_that_is_gone_fails_its_link_alone() {
    let (world, okr) = measured(points()).await;
    let count = world.link("project = AE", Metric::Count).await;
    let story_points = world.link("project = AE", Metric::StoryPoints).await;
    world.jira.script().has_points = false;
    assert_eq!(world.engine.pass().await.done, 1);
    assert_eq!(world.problem(okr).await, Some("field_unavailable"));
    assert_eq!(world.problem(story_points).await, Some("field_unavailable"));
    assert_eq!(world.problem(count).await, None);
    assert_eq!((world.readings(okr).await.len(), world.readings(count).await.len()), (1, 1));
}

#[tokio::test]
async fn a_field_that_holds_no_numbers_is_never_zero() {
    let world = World::new(Jira::start(3, 1).await).await;
    for field in ["summary", "status", "nowhere"] {
        let metric = Metric::CustomField { field_id: FieldId::new(field), aggregate: Aggregate::Sum };
        let okr = world.link(&format!("text ~ {field}"), metric).await;
        assert_eq!(world.engine.pass().await.failed, 1);
        assert_eq!(world.problem(okr).await, Some("field_unavailable"), "{field}");
        assert!(world.readings(okr).await.is_empty());
    }
    assert_eq!(world.jira.asked(SEARCH), 0, "no walk is needed to know");
}

#[tokio::test]
async fn a_number_too_large_fails_its_link_alone() {
    let world = World::new(Jira::start(3, 1).await).await;
    let (count, sum) = (world.link("project = AE", Metric::Count).await, world.link("project = AE", points()).await);
    world.jira.script().issues[1].points = "1e40";
    assert_eq!(world.engine.pass().await.done, 1);
    assert_eq!(world.problem(sum).await, Some("number_too_large"));
    assert_eq!(world.readings(count).await[0].tally.matched, 3);
    let message = world.linked(sum).await.problem.expect("it failed").message;
    assert!(message.contains("AE-10001") && message.contains("customfield_10016"), "{message}");
}

#[tokio::test]
async fn what_moves_while_it_is_read_is_read_again_but_not_for_ever() {
    let (world, okr) = measured(Metric::Count).await;
    world.jira.script().listing_size = 4;
    world.jira.script().unstable_walks = 2;
    assert_eq!(world.engine.pass().await.done, 1, "the third walk holds");
    assert_eq!(world.readings(okr).await[0].tally.matched, 10);

    world.clock.advance(TimeDelta::minutes(60));
    world.jira.script().unstable_walks = usize::MAX;
    assert_eq!(world.engine.pass().await.failed, 1);
    assert_eq!(world.problem(okr).await, Some("jira_unexpected_answer"));
    assert_eq!(world.readings(okr).await.len(), 2);
}

#[tokio::test]
async fn a_secret_that_no_key_opens_is_said_and_mended_by_an_edit() {
    let (world, okr) = measured(Metric::Count).await;
    let strange = okrsync_store::SealedSecret { name: "token".to_owned(), sealed: "v1.none.AAAA".to_owned() };
    world.store.replace_secret(world.connection.id, &strange).await.unwrap();
    world.edit(|connection| connection.name = "Renamed".to_owned()).await;
    world.press(okr).await;
    assert_eq!(world.engine.pass().await.failed, 1);
    assert!(world.problem(okr).await.is_some());
    assert_eq!(world.readings(okr).await.len(), 1);
}
