//! The store gives each refresh to one worker at a time, and lets only that one write.

#![expect(
    clippy::unwrap_used,
    reason = "a story ends where the store refuses what it should do, and the error says why"
)]

use crate::store_world::{LEASE, World, at, failure, issues, noon, on_both, unreachable};
use chrono::TimeDelta;
use okrsync_domain::{
    connection::ConnectionState, health::HealthNews, okr::OkrKind, organisation::Organisation, problem::ProblemCode,
    refresh::RefreshState,
};
use okrsync_store::{BoardScope, Origin, Page, Progress, RefreshScope, StoreError};
use std::collections::BTreeSet;

on_both!(
    two_processes_claim_each_query_once,
    a_silent_worker_loses_its_lease_and_cannot_write,
    whoever_asks_meanwhile_joins,
    editing_a_link_starts_its_refresh_again,
    pauses_and_switches_hold_work_back,
    a_worker_that_stops_gives_back,
    a_failure_keeps_the_reading_and_says_since_when,
    the_queue_is_counted,
);

async fn two_processes_claim_each_query_once(world: World) {
    const QUERIES: usize = 60;
    let connection = world.connection("Northwind Cloud").await;
    for number in 0..QUERIES {
        let okr = world.okr(OkrKind::KeyResult, None).await;
        world.link(&okr, connection.id, &format!("project = P{number}"), noon()).await;
    }
    for round in 0..2 {
        // first what was asked for by linking, then what is due an hour later
        let now = at(round * 90);
        let stores = [world.store.clone(), world.another_store().await];
        let workers = (0..16).map(|worker| {
            let store = stores[worker % 2].clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    match store.claim(now, &format!("worker {worker}"), LEASE, 3, &[]).await {
                        Ok(claims) if claims.is_empty() => return mine,
                        Ok(claims) => mine.extend(claims),
                        Err(error) => assert!(error.is_transient(), "{error}"),
                    }
                }
            })
        });
        let mut claims = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            claims.extend(worker.await.unwrap());
        }
        let queries: BTreeSet<_> = claims.iter().map(|claim| claim.query.id).collect();
        assert_eq!((claims.len(), queries.len()), (QUERIES, QUERIES), "each query once in round {round}");
        for claim in claims {
            world.record(claim, issues(2, 1), now).await.unwrap();
        }
    }
}

async fn a_silent_worker_loses_its_lease_and_cannot_write(world: World) {
    let (_, okr, link) = world.linked("project = AE").await;
    let first = world.claim_one(noon()).await;
    assert_eq!((first.lease.attempt, first.origin), (1, Origin::Link));
    world.store.extend_lease(&first.lease, at(7), Progress { done: 3, total: Some(9), requests: 1 }).await.unwrap();
    let seen = world.store.find_refresh(link.refresh_id).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.done, seen.total), (RefreshState::Running, 3, Some(9)));
    assert!(world.store.claim(at(6), "another", LEASE, 10, &[]).await.unwrap().is_empty(), "the lease was extended");

    let second = world.claim_one(at(7)).await;
    assert_eq!((second.lease.refresh_id, second.lease.attempt), (first.lease.refresh_id, 2));
    let (recording, canned) = world.recording(first.clone(), &[], at(8));
    let lost = [
        world.store.extend_lease(&first.lease, at(20), Progress::default()).await,
        world.store.record(recording, Box::new(canned)).await.map(|_| ()),
        world.store.fail(failure(&first, at(8))).await,
        world.store.release(&first.lease).await,
    ];
    for result in lost {
        assert!(
            matches!(&result, Err(StoreError::LeaseLost { refresh_id }) if *refresh_id == link.refresh_id),
            "{result:?}"
        );
    }
    assert!(world.store.readings(okr.id, None, None, Page::all()).await.unwrap().items.is_empty());

    world.record(second, issues(10, 3), at(8)).await.unwrap();
    let readings = world.store.readings(okr.id, None, None, Page::all()).await.unwrap().items;
    assert_eq!(readings.len(), 1);
    assert_eq!((readings[0].tally.completed, readings[0].tally.matched, readings[0].at), (3, 10, at(8)));
}

async fn whoever_asks_meanwhile_joins(world: World) {
    let connection = world.connection("Northwind Cloud").await;
    let (one, two) = (world.okr(OkrKind::KeyResult, None).await, world.okr(OkrKind::KeyResult, None).await);
    let first = world.link(&one, connection.id, "project = AE", noon()).await;
    let shared = world.link(&two, connection.id, "project = AE", noon()).await;
    assert_eq!(first.refresh_id, shared.refresh_id, "links of one query share its refresh");
    let claim = world.claim_one(noon()).await;
    assert_eq!(claim.links.len(), 2);
    assert_eq!(world.ask(claim.query.id, at(1)).await.id, first.refresh_id, "one under way is joined");

    let other = world.okr(OkrKind::KeyResult, None).await;
    let second = world.link(&other, connection.id, "project = OPS", at(1)).await;
    let all = world.store.request_refresh(RefreshScope::All, Origin::Person, at(2)).await.unwrap().unwrap();
    assert_eq!(all.refreshes.len(), 2);
    assert!(all.id != first.refresh_id && all.id != second.refresh_id, "several have an id of their own");

    world.record(claim, issues(4, 2), at(3)).await.unwrap();
    let group = world.store.find_refresh(all.id).await.unwrap().unwrap();
    assert_eq!((group.state, group.done, group.total, group.finished_at), (RefreshState::Running, 1, Some(2), None));
    let claim = world.claim_one(at(4)).await;
    world.store.fail(failure(&claim, at(4))).await.unwrap();
    let group = world.store.find_refresh(all.id).await.unwrap().unwrap();
    assert_eq!((group.state, group.done, group.issues), (RefreshState::Failed, 2, 4));
    let outcomes = world.store.refresh_outcomes(all.id).await.unwrap();
    let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome.error.is_some()).collect();
    assert_eq!((outcomes.len(), failed.len()), (2, 1));
    assert_eq!(failed[0].okr_ids, [other.id]);
    let nothing = world.store.request_refresh(RefreshScope::Okrs(Vec::new()), Origin::Person, at(5)).await.unwrap();
    assert_eq!(nothing, None);
}

async fn editing_a_link_starts_its_refresh_again(world: World) {
    let (connection, okr, link) = world.linked("project = AE").await;
    let before = world.claim_one(noon()).await;
    let edited =
        okrsync_store::PutLink { completed_only: true, ..crate::store_world::put(&okr, connection.id, "project = AE") };
    let again = world.store.put_link(edited, at(1)).await.unwrap();
    assert_eq!(again.refresh_id, link.refresh_id, "whoever waits for it waits for the right one");
    let lost = world.record(before, issues(5, 5), at(1)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost { .. })), "it measured the link as it was");
    let after = world.claim_one(at(1)).await;
    assert!(after.links[0].link.completed_only && after.links[0].link.edited_at == at(1));

    let saved = world.store.get_okr(okr.id).await.unwrap();
    let same =
        world.store.update_okr(&okrsync_domain::okr::Okr { title: "Renamed".into(), ..saved }, at(2)).await.unwrap();
    assert_eq!(same.refresh_id, None, "a title is not measured");
    let measure = serde_json::from_str(r#"{"kind": "kpi", "start": "0", "target": "20"}"#).unwrap();
    let kpi = world.store.update_okr(&okrsync_domain::okr::Okr { measure, ..same.okr }, at(2)).await.unwrap();
    assert_eq!(kpi.refresh_id, Some(link.refresh_id));
    let lost = world.record(after, issues(5, 5), at(2)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost { .. })));
    world.refresh(issues(5, 5), at(3)).await;
}

async fn pauses_and_switches_hold_work_back(world: World) {
    let (connection, _, link) = world.linked("project = AE").await;
    world.refresh(issues(1, 0), noon()).await;
    let claimed = async |now| world.store.claim(now, "worker", LEASE, 10, &[]).await.unwrap();

    let ours = world.store.connection_failed(connection.id, &unreachable(at(60)), Some(at(120))).await.unwrap();
    assert_eq!((ours.before, ours.after), (ConnectionState::Ok, ConnectionState::Failing));
    assert!(claimed(at(90)).await.is_empty(), "our own pause holds the timer back");
    world.ask(link.link.query_id, at(90)).await;
    let urgent = claimed(at(90)).await;
    assert_eq!(urgent[0].origin, Origin::Person, "but not a person");
    world.store.release(&urgent[0].lease).await.unwrap();

    let limited =
        okrsync_domain::Problem { code: ProblemCode::JiraRateLimited, retry_at: Some(at(100)), ..unreachable(at(91)) };
    world.store.connection_failed(connection.id, &limited, Some(at(100))).await.unwrap();
    assert!(claimed(at(99)).await.is_empty(), "Jira's own pause holds everybody back");
    let known = world.store.get_connection(connection.id).await.unwrap();
    assert_eq!((known.state, known.failures, known.last_error), (ConnectionState::Failing, 2, Some(limited)));

    let switched_on = HealthNews::SwitchedOn { needs_authorization: false };
    for (off, on) in [(HealthNews::SwitchedOff, switched_on), (HealthNews::AuthorizationLost, HealthNews::Authorized)] {
        world.store.connection_news(connection.id, off).await.unwrap();
        assert!(claimed(at(130)).await.is_empty(), "{off:?}");
        world.store.connection_news(connection.id, on).await.unwrap();
    }
    let disabled = Organisation { jira_enabled: false, ..world.store.organisation().await.unwrap() };
    world.store.update_organisation(&disabled, at(130)).await.unwrap();
    assert!(claimed(at(130)).await.is_empty(), "the integration is off");
    world.store.update_organisation(&Organisation { jira_enabled: true, ..disabled }, at(130)).await.unwrap();
    assert_eq!(claimed(at(130)).await.len(), 1);
}

async fn a_worker_that_stops_gives_back(world: World) {
    let (_, _, link) = world.linked("project = AE").await;
    let claim = world.claim_one(noon()).await;
    world.mirror(&claim, issues(3, 0), noon()).await.unwrap();
    world.store.release(&claim.lease).await.unwrap();
    let seen = world.store.find_refresh(link.refresh_id).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.done), (RefreshState::Queued, 0));
    let again = world.claim_one(noon()).await;
    assert_eq!(again.lease.attempt, 2);
    world.record(again, issues(3, 0), noon()).await.expect("nothing of the first attempt is in the way");
}

async fn a_failure_keeps_the_reading_and_says_since_when(world: World) {
    let (_, okr, link) = world.linked("project = AE").await;
    world.refresh(issues(10, 3), noon()).await;
    for minutes in [60, 120] {
        let claim = world.claim_one(at(minutes)).await;
        world.store.fail(failure(&claim, at(minutes))).await.unwrap();
    }
    let row = world.store.board(BoardScope::Only(vec![okr.id]), None).await.unwrap().remove(0);
    let linked = row.link.unwrap();
    assert_eq!(row.reading.unwrap().tally.completed, 3, "the last good value stays");
    assert_eq!(linked.problem.as_ref().map(|problem| problem.at), Some(at(60)), "since the first failure in a row");
    assert_eq!((linked.query.failures, linked.query.last_ok_at), (2, Some(noon())));
    assert_eq!((linked.query.last_attempt_at, linked.query.due_at), (Some(at(120)), Some(at(180))));

    world.refresh(issues(10, 4), at(180)).await;
    let query = world.store.find_query(link.link.query_id).await.unwrap().unwrap();
    assert_eq!((query.problem, query.failures, query.last_matched), (None, 0, Some(10)));

    // a link whose own metric cannot be measured keeps its reading, while the query is well
    for minutes in [240, 300] {
        let claim = world.claim_one(at(minutes)).await;
        world.mirror(&claim, issues(10, 5), at(minutes)).await.unwrap();
        let (recording, mut canned) = world.recording(claim, &issues(10, 5), at(minutes));
        canned.0.readings.clear();
        canned.0.failed = vec![(okr.id, unreachable(at(minutes)))];
        world.store.record(recording, Box::new(canned)).await.unwrap();
    }
    let row = world.store.board(BoardScope::Only(vec![okr.id]), None).await.unwrap().remove(0);
    let linked = row.link.unwrap();
    assert_eq!(row.reading.unwrap().tally.completed, 4);
    assert_eq!((linked.problem.map(|problem| problem.at), linked.query.problem), (Some(at(240)), None));
}

async fn the_queue_is_counted(world: World) {
    assert_eq!(world.store.next_due().await.unwrap(), None);
    let (_, _, link) = world.linked("project = AE").await;
    let queue = world.store.queue(at(1)).await.unwrap();
    assert_eq!((queue.queued, queue.running, queue.due, queue.oldest), (1, 0, 0, Some(noon())));
    assert_eq!(world.store.next_due().await.unwrap(), Some(noon()));
    let claim = world.claim_one(at(1)).await;
    assert_eq!(world.store.queue(at(1)).await.unwrap().running, 1);
    assert_eq!(world.store.next_due().await.unwrap(), Some(at(1) + LEASE), "then the lease ends");
    world.record(claim, issues(1, 0), at(2)).await.unwrap();
    assert_eq!(world.store.next_due().await.unwrap(), Some(at(62)));
    let queue = world.store.queue(at(63)).await.unwrap();
    assert_eq!((queue.queued, queue.running, queue.due, queue.oldest), (0, 0, 1, Some(at(62))));

    let pruned = world.store.prune(at(2) + TimeDelta::days(1), at(2)).await.unwrap();
    assert_eq!((pruned.refreshes, world.store.find_refresh(link.refresh_id).await.unwrap()), (1, None));
}
