//! Who is refreshed when: slots, pauses, leases, the button.

use crate::{
    jira::Jira,
    world::{World, noon, points},
};
use chrono::TimeDelta;
use okrsync_domain::{connection::ConnectionState, measure::Metric, refresh::RefreshState};
use okrsync_scheduler::{SyncConfig, SyncError, events::Event};
use okrsync_store::{Progress, RefreshScope};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const SEARCH: &str = "/search/jql";

#[tokio::test]
async fn one_walk_measures_all_links_of_a_query_once_a_period() {
    let world = World::new(Jira::start(10, 3).await).await;
    let (count, sum) = (world.link("project = AE", Metric::Count).await, world.link("project = AE", points()).await);
    let mut events = world.engine.events().subscribe(None);
    let status = world.engine.pass().await;
    assert_eq!((status.done, status.failed, status.issues), (1, 0, 10));
    for okr in [count, sum] {
        let readings = world.readings(okr).await;
        assert_eq!(readings.len(), 1);
        assert_eq!((readings[0].tally.matched, readings[0].tally.completed), (10, 3));
        assert_eq!(readings[0].at, noon(), "the instant at which the walk began");
    }
    assert_eq!(world.jira.asked(SEARCH), 3, "the first page, that stamps shrink pages, the ids");
    assert_eq!(world.jira.asked("/bulkfetch"), 1, "six of the ten");
    let mut told = Vec::new();
    while told.len() < 2 {
        if let Event::OkrUpdated { okr_id } = events.next().await.expect("the engine is there").event {
            told.push(okr_id);
        }
    }
    assert!(told.contains(&count) && told.contains(&sum));

    assert_eq!(world.engine.pass().await.done, 0, "nothing is due");
    world.clock.advance(TimeDelta::minutes(60));
    assert_eq!(world.engine.pass().await.done, 1, "once a period, however late");
    assert_eq!(world.jira.asked(SEARCH), 6, "again the first page, what changed, the ids");
    let stored = world.stored().await;
    assert_eq!(stored.state, ConnectionState::Ok);
    let used = world.store.requests_since(stored.id, noon()).await.unwrap();
    assert_eq!((status.requests, used), (7, 14), "twice: the account, fields, statuses, three searches, one fetch");
}

#[tokio::test]
async fn queries_of_one_connection_are_due_together() {
    let world = World::new(Jira::start(3, 1).await).await;
    let mut due = Vec::new();
    for jql in ["project = A", "project = B", "project = C"] {
        let okr = world.link(jql, Metric::Count).await;
        world.engine.pass().await;
        world.clock.advance(TimeDelta::seconds(1));
        due.push(world.linked(okr).await.query.due_at.unwrap());
    }
    assert!(due.windows(2).all(|pair| pair[0] == pair[1]), "{due:?}");
    let before = world.jira.asked("/myself");
    world.clock.advance(TimeDelta::minutes(60));
    assert_eq!(world.engine.pass().await.done, 3);
    assert_eq!(world.jira.asked("/myself") - before, 1, "who we are is asked once a pass");
}

#[tokio::test]
async fn a_dead_connection_is_left_alone_and_comes_back_by_itself() {
    let world = World::new(Jira::start(10, 3).await).await;
    let mut okrs = Vec::new();
    for number in 0..20 {
        okrs.push(world.link(&format!("project = P{number}"), Metric::Count).await);
    }
    world.engine.pass().await;
    world.clock.advance(TimeDelta::minutes(60));
    world.jira.fails("", 503, usize::MAX);
    let before = world.jira.asked("");
    let status = world.engine.pass().await;
    assert_eq!((status.done, status.failed), (0, 20), "every query says so");
    assert!(world.jira.asked("") - before <= 2, "but Jira is not asked for each");
    assert_eq!(world.problem(okrs[7]).await, Some("jira_unreachable"));
    assert_eq!(world.readings(okrs[7]).await.len(), 1, "the last reading stays");
    let stored = world.stored().await;
    assert_eq!((stored.state, stored.failures), (ConnectionState::Failing, 1));
    assert!(stored.paused_until.is_some_and(|until| until > world.clock.now()));

    world.jira.mends();
    assert_eq!(world.engine.pass().await.done, 0, "it rests");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(world.engine.pass().await.done, 20);
    assert_eq!(world.problem(okrs[7]).await, None);
    assert_eq!(world.stored().await.state, ConnectionState::Ok);
}

#[tokio::test]
async fn one_failing_query_does_not_take_the_others_down() {
    let world = World::new(Jira::start(2, 1).await).await;
    let bad = world.link("project = A", Metric::Count).await;
    world.jira.fails(SEARCH, 503, 1);
    assert_eq!(world.engine.pass().await.failed, 1);
    assert_eq!(world.problem(bad).await, Some("jira_unreachable"));
    let good = world.link("project = B", Metric::Count).await;
    assert_eq!(world.engine.pass().await.done, 1, "the connection itself answers");
    assert_eq!(world.readings(good).await.len(), 1);
    assert_eq!(world.stored().await.state, ConnectionState::Ok);
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(world.engine.pass().await.done, 1, "tried again soon");
    assert_eq!(world.problem(bad).await, None);
}

#[tokio::test]
async fn jiras_own_pause_is_kept_even_from_people() {
    let world = World::new(Jira::start(2, 1).await).await;
    let okr = world.link("project = A", Metric::Count).await;
    world.jira.limits(SEARCH, 1800);
    assert_eq!(world.engine.pass().await.failed, 1);
    assert_eq!(world.problem(okr).await, Some("jira_rate_limited"));
    let before = world.jira.asked("");
    let refused = world.engine.request(RefreshScope::Okrs(vec![okr])).await;
    let until = world.clock.now() + TimeDelta::seconds(1800);
    assert!(matches!(refused, Err(SyncError::Jira(problem)) if problem.retry_at == Some(until)));
    world.press(okr).await;
    world.engine.pass().await;
    assert_eq!(world.jira.asked(""), before, "nobody asks while Jira wants to be left alone");
    world.clock.advance(TimeDelta::seconds(1800));
    assert_eq!(world.engine.pass().await.done, 1);
}

#[tokio::test]
async fn the_button_is_not_held_back_by_our_own_pause() {
    let world = World::new(Jira::start(2, 1).await).await;
    let okr = world.link("project = A", Metric::Count).await;
    world.jira.fails("", 500, usize::MAX);
    world.engine.pass().await;
    world.jira.mends();
    let request = world.engine.request(RefreshScope::Okrs(vec![okr])).await.unwrap().expect("it is linked");
    world.engine.pass().await;
    let refresh = world.engine.wait(request.id, Duration::ZERO).await.unwrap().expect("it is there");
    assert_eq!((refresh.state, refresh.issues), (RefreshState::Done, 2));
    assert_eq!(world.readings(okr).await.len(), 1);
}

#[tokio::test]
async fn a_dead_process_loses_its_lease_and_nothing_else() {
    let world = World::new(Jira::start(10, 3).await).await;
    let okr = world.link("project = AE", Metric::Count).await;
    let lease = TimeDelta::seconds(60);
    let dead = world.store.claim(world.clock.now(), "dead", lease, 10, &[]).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(world.engine.pass().await.done, 0, "somebody works on it");
    world.clock.advance(TimeDelta::seconds(61));
    assert_eq!(world.engine.pass().await.done, 1, "nobody does any more");
    assert_eq!(world.readings(okr).await.len(), 1);
    let late = world.store.extend_lease(&dead[0].lease, world.clock.now() + lease, Progress::default()).await;
    assert!(late.is_err(), "the dead one cannot write when it wakes up");
}

#[tokio::test]
async fn a_refresh_that_kills_its_process_is_not_begun_for_ever() {
    let world = World::new(Jira::start(10, 3).await).await;
    let okr = world.link("project = AE", Metric::Count).await;
    for attempt in 1..=10 {
        let claims = world.store.claim(world.clock.now(), "dying", TimeDelta::seconds(60), 10, &[]).await.unwrap();
        assert_eq!(claims[0].lease.attempt, attempt);
        world.clock.advance(TimeDelta::seconds(61));
    }
    assert_eq!(world.engine.pass().await.failed, 1);
    assert_eq!((world.problem(okr).await, world.jira.asked("")), (Some("internal"), 0));
    world.clock.advance(TimeDelta::minutes(60));
    assert_eq!(world.engine.pass().await.done, 1, "with its next slot it gets another chance");
}

#[tokio::test]
async fn two_engines_share_the_work_and_do_nothing_twice() {
    let world = World::new(Jira::start(3, 1).await).await;
    for number in 0..30 {
        world.link(&format!("project = P{number}"), Metric::Count).await;
    }
    let other = world.other_engine(SyncConfig::default());
    let (here, there) = tokio::join!(world.engine.pass(), other.pass());
    assert_eq!(here.done + there.done, 30);
    assert_eq!(world.jira.asked(SEARCH), 30);
}

#[tokio::test]
async fn a_running_engine_hears_the_button_and_stops_in_good_order() {
    let world = World::new(Jira::start(10, 3).await).await;
    let okr = world.link("project = AE", Metric::Count).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (engine, stop) = (world.engine.clone(), stop.clone());
        async move { engine.run(stop).await }
    });
    for _ in 0..2 {
        let request = world.engine.request(RefreshScope::Okrs(vec![okr])).await.unwrap().expect("it is linked");
        let refresh = world.engine.wait(request.id, Duration::from_secs(20)).await.unwrap().expect("it is there");
        assert_eq!(refresh.state, RefreshState::Done);
    }
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), running).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_switched_off_integration_asks_nothing() {
    let world = World::new(Jira::start(10, 3).await).await;
    let okr = world.link("project = AE", Metric::Count).await;
    let mut organisation = world.store.organisation().await.unwrap();
    organisation.jira_enabled = false;
    world.store.update_organisation(&organisation, world.clock.now()).await.unwrap();
    assert_eq!(world.engine.pass().await.done, 0);
    assert!(matches!(world.engine.request(RefreshScope::Okrs(vec![okr])).await, Err(SyncError::Disabled)));
    assert_eq!(world.jira.asked(""), 0);
}
