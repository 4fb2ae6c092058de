//! Every stored reading has the issues it was measured over, as they were.

#![expect(
    clippy::unwrap_used,
    reason = "a story ends where the store refuses what it should do, and the error says why"
)]

use crate::store_world::{World, at, issue, issues, noon, on_both};
use okrsync_domain::issue::{Facts, FieldId, Issue, IssueId, WorkProgress};
use okrsync_store::{MemberChanges, Page, StoreError};

on_both!(
    members_are_known_at_every_reading,
    refreshes_of_one_instant_follow_each_other,
    every_fact_comes_back_as_it_was,
    nothing_is_written_that_was_not_measured,
    many_issues_are_recorded,
);

async fn members_are_known_at_every_reading(world: World) {
    let (_, okr, link) = world.linked("project = AE").await;
    let query = link.link.query_id;
    let changes = [
        world.refresh(vec![issue(1, false), issue(2, false)], at(0)).await,
        world.refresh(vec![issue(1, true), issue(2, false), issue(3, false)], at(60)).await,
        world.refresh(vec![issue(1, true), issue(3, false)], at(120)).await,
        world.refresh(vec![issue(1, true), issue(2, true), issue(3, false)], at(180)).await,
    ];
    let counted = changes.map(|MemberChanges { joined, left, changed }| (joined, left, changed));
    assert_eq!(counted, [(2, 0, 0), (1, 0, 1), (0, 1, 0), (1, 0, 0)]);

    let done_at = async |when| {
        let members = world.store.members(query, when, None, 100).await.unwrap();
        members.into_iter().map(|member| (member.id.0, member.facts.completed)).collect::<Vec<_>>()
    };
    assert_eq!(done_at(Some(at(-1))).await, []);
    assert_eq!(done_at(Some(at(59))).await, [(1, false), (2, false)]);
    assert_eq!(done_at(Some(at(60))).await, [(1, true), (2, false), (3, false)]);
    assert_eq!(done_at(Some(at(120))).await, [(1, true), (3, false)]);
    assert_eq!(done_at(None).await, [(1, true), (2, true), (3, false)]);
    let page = world.store.members(query, None, Some(IssueId(1)), 1).await.unwrap();
    assert_eq!((page.len(), page[0].key.0.as_str(), page[0].title.as_deref()), (1, "AE-2", Some("Story 2")));

    for reading in world.store.readings(okr.id, None, None, Page::all()).await.unwrap().items {
        let members = world.store.members(query, Some(reading.at), None, 100).await.unwrap();
        let completed = members.iter().filter(|member| member.facts.completed).count() as u64;
        assert_eq!((reading.tally.matched, reading.tally.completed), (members.len() as u64, completed));
    }
}

async fn refreshes_of_one_instant_follow_each_other(world: World) {
    let (_, okr, link) = world.linked("project = AE").await;
    let step = chrono::TimeDelta::microseconds(1);
    world.refresh(vec![issue(1, false), issue(2, false)], noon()).await;
    world.ask(link.link.query_id, noon()).await;
    world.refresh(vec![issue(1, true), issue(3, true)], noon()).await;
    world.ask(link.link.query_id, noon()).await;
    // another machine's clock may even be behind
    world.refresh(vec![issue(1, true)], at(-5)).await;

    let readings = world.store.readings(okr.id, None, None, Page::all()).await.unwrap().items;
    let seen: Vec<_> = readings.iter().map(|reading| (reading.at, reading.tally.matched)).collect();
    assert_eq!(seen, [(noon() + step * 2, 1), (noon() + step, 2), (noon(), 2)], "newest first");
    for (reading, ids) in readings.iter().zip([vec![1], vec![1, 3], vec![1, 2]]) {
        let members = world.store.members(link.link.query_id, Some(reading.at), None, 100).await.unwrap();
        assert_eq!(members.iter().map(|member| member.id.0).collect::<Vec<_>>(), ids);
    }
}

async fn every_fact_comes_back_as_it_was(world: World) {
    let (_, _, link) = world.linked("project = AE").await;
    let number = |field: &str, text: &str| (FieldId::new(field), text.parse().unwrap());
    let facts = Facts {
        completed: true,
        time_spent: Some(0),
        original_estimate: None,
        remaining_estimate: Some(i64::MAX),
        progress: Some(WorkProgress { done: 1, total: 3 }),
        numbers: [number("customfield_1", "0.1"), number("customfield_2", "-79228162514264337593543950335")].into(),
    };
    let odd = Issue {
        facts,
        title: Some("naïve \"quotes\" – 日本語 \u{1F980}".into()),
        assignee: Some("Dana".into()),
        ..issue(9, true)
    };
    world.refresh(vec![odd.clone()], noon()).await;
    let members = async || world.store.members(link.link.query_id, None, None, 10).await.unwrap();
    assert_eq!(members().await, std::slice::from_ref(&odd));
    let changes = world.refresh(vec![odd.clone()], at(60)).await;
    assert_eq!(changes, MemberChanges::default(), "the same facts are no change");
    let renamed = Issue { title: None, assignee: None, ..odd };
    world.refresh(vec![renamed.clone()], at(120)).await;
    assert_eq!(members().await, [renamed], "what people read follows");
}

async fn nothing_is_written_that_was_not_measured(world: World) {
    let (_, okr, link) = world.linked("project = AE").await;
    let claim = world.claim_one(noon()).await;
    world.store.stage(&claim.lease, issues(3, 1)).await.unwrap();
    let twice = world.store.stage(&claim.lease, vec![issue(4, false), issue(3, true)]).await;
    assert!(matches!(twice, Err(StoreError::Duplicate { .. })), "an issue on two pages is no proof: {twice:?}");
    assert_eq!(world.store.staged(&claim.lease).await.unwrap(), issues(3, 1), "nor is half of a page kept");
    assert_eq!(world.store.staged_after(&claim.lease, Some(IssueId(2)), 5).await.unwrap(), issues(3, 1)[2..]);

    let wrong = world.store.record(world.recording(claim.clone(), &issues(4, 1), noon())).await;
    assert!(matches!(wrong, Err(StoreError::StageMismatch { staged: 3, matched: 4 })), "{wrong:?}");
    assert!(world.store.readings(okr.id, None, None, Page::all()).await.unwrap().items.is_empty());
    assert!(world.store.members(link.link.query_id, None, None, 10).await.unwrap().is_empty());
    world.store.record(world.recording(claim.clone(), &issues(3, 1), noon())).await.expect("the lease is still good");
    assert!(world.store.staged(&claim.lease).await.unwrap().is_empty());
}

async fn many_issues_are_recorded(world: World) {
    let (_, _, link) = world.linked("project = AE").await;
    let joined = world.refresh(issues(2_300, 100), noon()).await;
    assert_eq!(joined.joined, 2_300);
    let changes = world.refresh(issues(2_200, 1_300), at(60)).await;
    assert_eq!(changes, MemberChanges { joined: 0, left: 100, changed: 1_200 });
    let members = world.store.members(link.link.query_id, None, None, 5_000).await.unwrap();
    assert_eq!(members, issues(2_200, 1_300));
}
