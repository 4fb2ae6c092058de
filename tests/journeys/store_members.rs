//! Every stored reading has the issues it was measured over, as they were.

#![expect(
    clippy::unwrap_used,
    reason = "a story ends where the store refuses what it should do, and the error says why"
)]

use crate::store_world::{Canned, World, at, issue, issues, noon, on_both};
use chrono::TimeDelta;
use okrsync_domain::{
    Instant, Problem, QueryId,
    connection::Connection,
    issue::{Facts, FieldId, Issue, IssueId, IssueKey, WorkProgress},
};
use okrsync_store::{Demand, Measure, Measured, MemberChanges, Mirrored, Page, Recording, SecretChanges, StoreError};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

on_both!(
    members_are_known_at_every_reading,
    refreshes_of_one_instant_follow_each_other,
    every_fact_comes_back_as_it_was,
    nothing_is_written_that_was_not_measured,
    what_is_mirrored_is_believed_while_nothing_contradicts,
    many_issues_are_recorded,
    what_was_written_since_is_all_that_is_read_again,
    a_number_that_is_too_large_is_named_every_time,
    what_another_process_mirrors_and_drops_is_known,
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
    let counted = changes.map(|MemberChanges { joined, left, changed, .. }| (joined, left, changed));
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
    let step = TimeDelta::microseconds(1);
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
    assert_eq!((changes.joined, changes.left, changes.changed), (0, 0, 0), "the same facts are no change");
    let renamed = Issue { title: None, assignee: None, ..odd };
    world.refresh(vec![renamed.clone()], at(120)).await;
    assert_eq!(members().await, [renamed], "what people read follows");
}

async fn nothing_is_written_that_was_not_measured(world: World) {
    let (connection, okr, link) = world.linked("project = AE").await;
    let claim = world.claim_one(noon()).await;
    world.mirror(&claim, issues(3, 1), noon()).await.unwrap();

    let refused = async |recording: Recording, canned, what: &str| {
        let refused = world.store.record(recording, Box::new(canned)).await;
        assert!(matches!(refused, Err(StoreError::NotMirrored { lacking: 1 })), "{what}: {refused:?}");
        assert!(world.store.readings(okr.id, None, None, Page::all()).await.unwrap().items.is_empty());
        assert!(world.store.members(link.link.query_id, None, None, 10).await.unwrap().is_empty());
    };
    let (more, canned) = world.recording(claim.clone(), &issues(4, 1), noon());
    refused(more, canned, "an issue was not fetched").await;
    let points = Mirrored {
        issue: issue(2, false),
        too_large: [].into(),
        fields: Arc::new([FieldId::new("timespent")].into()),
        seen_at: at(1),
    };
    world.store.mirror(connection.id, vec![points].into()).await.unwrap();
    let (recording, canned) = world.recording(claim.clone(), &issues(3, 1), noon());
    refused(recording, canned, "an issue was fetched with less than is measured").await;

    world.mirror(&claim, issues(3, 1), at(2)).await.unwrap();
    world.record(claim, issues(3, 1), at(2)).await.expect("the lease is still good");
}

async fn what_is_mirrored_is_believed_while_nothing_contradicts(world: World) {
    let (connection, _, _) = world.linked("project = AE").await;
    let claim = world.claim_one(noon()).await;
    world.store.restart_mirror(connection.id, None, noon()).await.unwrap();
    world.mirror(&claim, issues(4, 1), noon()).await.unwrap();
    let lacking = async |now, statuses: &[&str], fields: &[&str], updated: Option<Instant>| {
        let demand = Demand {
            fields: fields.iter().copied().map(FieldId::new).collect(),
            statuses: statuses.iter().map(ToString::to_string).collect(),
            now,
            believed_for: TimeDelta::hours(24),
        };
        let listed = (1..=5).map(|id| (IssueId(id), updated)).collect();
        let lacking = world.store.unmirrored(connection.id, listed, demand).await.unwrap();
        lacking.into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    assert_eq!(lacking(at(60), &["3"], &["timespent"], None).await, [5], "what was never fetched");
    assert_eq!(lacking(at(60), &["3"], &[], Some(noon())).await, [5], "the same stamp");
    let all = [1, 2, 3, 4, 5];
    assert_eq!(lacking(at(60), &["3"], &[], Some(at(1))).await, all, "another stamp");
    assert_eq!(lacking(at(60), &["4"], &[], None).await, all, "a status that nobody knows");
    assert_eq!(lacking(at(60), &["3"], &["customfield_1"], None).await, all, "a field that was not asked for");
    assert_eq!(lacking(at(49 * 60), &["3"], &[], None).await, all, "fetched too long ago");

    let changed = world.store.note_changed(connection.id, vec![IssueId(2), IssueId(9)], at(30)).await;
    assert_eq!(changed.unwrap(), [IssueId(2)], "of which one is mirrored");
    assert_eq!(world.store.mirror_mark(connection.id).await.unwrap(), Some(at(30)));
    assert_eq!(lacking(at(60), &["3"], &[], None).await, [2, 5], "listed as changed since");
    world.mirror(&claim, vec![issue(2, true)], at(30)).await.unwrap();
    assert_eq!(lacking(at(60), &["3"], &[], None).await, [2, 5], "fetched no later than it was listed");
    world.mirror(&claim, vec![issue(2, true)], at(32)).await.unwrap();
    assert_eq!(lacking(at(60), &["3"], &[], None).await, [5]);

    world.store.unmirror(connection.id, vec![IssueId(1)]).await.unwrap();
    assert_eq!(lacking(at(60), &["3"], &[], None).await, [1, 5]);
    world.store.restart_mirror(connection.id, Some(noon()), at(60)).await.unwrap();
    assert_eq!(lacking(at(60), &["3"], &[], None).await, [1, 5], "somebody else has looked meanwhile");
    world.store.restart_mirror(connection.id, Some(at(30)), at(32)).await.unwrap();
    assert_eq!(lacking(at(60), &["3"], &[], None).await, [1, 3, 4, 5], "only what was fetched since is kept");
}

async fn many_issues_are_recorded(world: World) {
    let (_, _, link) = world.linked("project = AE").await;
    let joined = world.refresh(issues(2_300, 100), noon()).await;
    assert_eq!(joined.joined, 2_300);
    let changes = world.refresh(issues(2_200, 1_300), at(60)).await;
    assert_eq!((changes.joined, changes.left, changes.changed), (0, 100, 1_200));
    let members = world.store.members(link.link.query_id, None, None, 5_000).await.unwrap();
    assert_eq!(members, issues(2_200, 1_300));
}

/// What a refresh was given to measure: whether each issue is done, and the fields of numbers that are too large; and how
/// many of them were read from the mirror.
type Given = (Vec<Taken>, u64);
type Taken = (i64, bool, Vec<String>);

struct Noting(Canned, Arc<Mutex<Vec<Taken>>>);

impl Measure for Noting {
    fn take(&mut self, id: IssueId, facts: &Facts, too_large: &BTreeMap<FieldId, String>) {
        let fields = too_large.keys().map(|field| field.0.clone()).collect();
        self.1.lock().unwrap().push((id.0, facts.completed, fields));
    }

    fn finish(self: Box<Self>, at: Instant, key: &mut dyn FnMut(IssueId) -> IssueKey) -> Result<Measured, Problem> {
        assert_eq!(key(IssueId(2)), IssueKey("AE-2".to_owned()), "what is said of a member names it");
        Box::new(self.0).finish(at, key)
    }
}

/// Refreshes with what is mirrored, where statuses count as given; what was measured.
async fn measured(world: &World, query: QueryId, done: &[(&str, bool)], now: Instant) -> Result<Given, StoreError> {
    world.ask(query, now).await;
    let claim = world.claim_one(now).await;
    let (mut recording, canned) = world.recording(claim.clone(), &issues(3, 0), now);
    recording.done = Arc::new(done.iter().map(|(status, done)| ((*status).to_owned(), *done)).collect());
    let given = Arc::new(Mutex::new(Vec::new()));
    match world.store.record(recording, Box::new(Noting(canned, given.clone()))).await {
        Ok(changes) => {
            let mut given = given.lock().unwrap().clone();
            given.sort();
            Ok((given, changes.read))
        }
        Err(error) => {
            world.store.release(&claim.lease).await.unwrap();
            Err(error)
        }
    }
}

/// Three issues, done or not, and how many of them were read.
fn all(done: [bool; 3], read: u64) -> Given {
    ((1..).zip(done).map(|(id, done)| (id, done, Vec::new())).collect(), read)
}

async fn what_was_written_since_is_all_that_is_read_again(world: World) {
    let (connection, _, link) = world.linked("project = AE").await;
    let query = link.link.query_id;
    let claim = world.claim_one(noon()).await;
    world.mirror(&claim, issues(3, 1), noon()).await.unwrap();
    world.store.release(&claim.lease).await.unwrap();
    let (to_do, all_done) = ([("3", false)], [("3", true)]);
    assert_eq!(measured(&world, query, &[], at(1)).await.unwrap(), all([true, false, false], 3));
    assert_eq!(measured(&world, query, &[], at(2)).await.unwrap(), all([true, false, false], 0));
    assert_eq!(measured(&world, query, &to_do, at(3)).await.unwrap(), all([false; 3], 3), "statuses count otherwise");
    assert_eq!(measured(&world, query, &all_done, at(4)).await.unwrap(), all([true; 3], 3));
    world.mirror(&claim, vec![Issue { status_id: Some("4".into()), ..issue(2, false) }], at(5)).await.unwrap();
    assert_eq!(measured(&world, query, &all_done, at(6)).await.unwrap(), all([true, false, true], 1));

    let unread = async |minute, lacking| {
        let unread = measured(&world, query, &all_done, at(minute)).await;
        assert!(matches!(unread, Err(StoreError::NotMirrored { lacking: it }) if it == lacking), "{unread:?}");
    };
    world.mirror(&claim, vec![issue(3, false)], at(7)).await.unwrap();
    world.store.unmirror(connection.id, vec![IssueId(3)]).await.unwrap();
    unread(8, 1).await; // what it was before is not what it was when it went
    world.mirror(&claim, vec![issue(3, false)], at(9)).await.unwrap();
    assert_eq!(measured(&world, query, &all_done, at(10)).await.unwrap(), all([true, false, true], 1));
    move_to_another_site(&world, connection).await;
    unread(14, 3).await;
}

async fn a_number_that_is_too_large_is_named_every_time(world: World) {
    let (connection, _, link) = world.linked("project = AE").await;
    let claim = world.claim_one(noon()).await;
    world.mirror(&claim, issues(3, 1), noon()).await.unwrap();
    world.store.release(&claim.lease).await.unwrap();
    let fields = Arc::new(world.recording(claim.clone(), &issues(1, 0), noon()).0.fields);
    let odd = |field: &str, minute| Mirrored {
        issue: issue(3, true),
        too_large: [(FieldId::new(field), "1e40".to_owned())].into(),
        fields: fields.clone(),
        seen_at: at(minute),
    };
    world.store.mirror(connection.id, vec![odd("timespent", 1)].into()).await.unwrap();
    for minute in [2, 3] {
        let (given, read) = measured(&world, link.link.query_id, &[], at(minute)).await.unwrap();
        assert_eq!((&given[2], read), (&(3, true, vec!["timespent".to_owned()]), 3), "members' rows do not say it");
    }
    world.store.mirror(connection.id, vec![odd("customfield_9", 4)].into()).await.unwrap();
    measured(&world, link.link.query_id, &[], at(5)).await.unwrap();
    assert_eq!(measured(&world, link.link.query_id, &[], at(6)).await.unwrap().1, 0, "nobody measures it");
}

async fn move_to_another_site(world: &World, connection: Connection) {
    let now = world.store.get_connection(connection.id).await.unwrap();
    let moved = Connection { server_url: "https://northwind-apps.atlassian.net".to_owned(), ..now };
    world.store.update_connection(&moved, SecretChanges::default(), at(14)).await.unwrap();
}

async fn what_another_process_mirrors_and_drops_is_known(world: World) {
    let (connection, _, _) = world.linked("project = AE").await;
    let (claim, other) = (world.claim_one(noon()).await, world.another_store().await);
    let lacking = async || {
        let demand = Demand {
            fields: [].into(),
            statuses: ["3".to_owned()].into(),
            now: at(1),
            believed_for: TimeDelta::hours(24),
        };
        let listed = (1..=3).map(|id| (IssueId(id), None)).collect();
        let lacking = world.store.unmirrored(connection.id, listed, demand).await.unwrap();
        lacking.into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    world.mirror(&claim, issues(2, 0), noon()).await.unwrap();
    assert_eq!(lacking().await, [3]);
    let fetched = Mirrored { issue: issue(3, false), too_large: [].into(), fields: Arc::default(), seen_at: noon() };
    other.mirror(connection.id, vec![fetched].into()).await.unwrap();
    assert!(lacking().await.is_empty());
    other.note_hints(connection.id, vec![IssueId(1)], at(1)).await.unwrap();
    assert_eq!(lacking().await, [1], "of which Jira says that it has changed");
    other.unmirror(connection.id, vec![IssueId(2)]).await.unwrap();
    assert_eq!(lacking().await, [1, 2]);
    world.store.unmirror(connection.id, vec![IssueId(3)]).await.unwrap();
    assert_eq!(lacking().await, [1, 2, 3]);
    world.mirror(&claim, issues(2, 0), at(2)).await.unwrap();
    assert_eq!(lacking().await, [3], "they are there again");
    other.restart_mirror(connection.id, None, at(3)).await.unwrap();
    assert_eq!(lacking().await, [1, 2, 3], "begun anew");
}
