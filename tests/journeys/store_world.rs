//! The ground on which the journeys of the store stand: a small company on a fresh database, and a hand for its clock.

#![expect(
    clippy::unwrap_used,
    reason = "a story ends where the store refuses what it should do, and the error says why"
)]

use chrono::TimeDelta;
use okrsync_domain::{
    ConnectionId, Instant, Problem, QueryId, Random, ReadingId,
    connection::{Connection, ConnectionState, Sharing},
    issue::{Facts, FieldId, Issue, IssueId, IssueKey, ORIGINAL_ESTIMATE, PROGRESS, REMAINING_ESTIMATE, TIME_SPENT},
    measure::{self, Metric},
    okr::{Okr, OkrKind, ProgressMode, Visibility},
    person::{Role, User},
    problem::ProblemCode,
    reading::{Coverage, Reading, ReadingKind, Tally},
};
use okrsync_store::{
    Claim, Failure, LinkPut, Measure, Measured, MemberChanges, Mirrored, Options, Origin, PutLink, Recording,
    RefreshScope, Store, StoreError,
};
use okrsync_tests::databases::{Backend, TestDatabase};
use std::collections::{BTreeMap, BTreeSet};

/// Two tests of a story: `async fn story(world: World)`, on each database.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => { $(
        mod $story {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                $crate::store_world::World::tell(okrsync_tests::databases::Backend::Sqlite, super::$story).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                $crate::store_world::World::tell(okrsync_tests::databases::Backend::Postgres, super::$story).await;
            }
        }
    )* };
}
pub(crate) use on_both;

/// Noon of the day on which everything begins.
pub(crate) fn noon() -> Instant {
    "2026-11-20T12:00:00Z".parse().expect("an instant")
}

/// So many minutes past noon.
pub(crate) fn at(minutes: i64) -> Instant {
    noon() + TimeDelta::minutes(minutes)
}

/// How long a worker may be silent.
pub(crate) const LEASE: TimeDelta = TimeDelta::minutes(5);

/// A fresh database with one admin.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) dana: User,
    pub(crate) random: Random,
    pub(crate) database: TestDatabase,
}

impl World {
    /// Tells a story on a fresh database, if there is such a database on this machine.
    pub(crate) async fn tell(backend: Backend, tale: impl AsyncFnOnce(Self)) {
        let Some(database) = TestDatabase::fresh(backend) else { return };
        let random = Random::seeded(7);
        let store = Store::open(database.url(), Options::new(random.clone())).await.unwrap();
        let dana = user(&random, "dana", Role::Admin);
        store.add_user(&dana, None).await.unwrap();
        Box::pin(tale(Self { store, dana, random, database })).await;
    }

    /// Another process on the same database.
    pub(crate) async fn another_store(&self) -> Store {
        Store::open(self.database.url(), Options::new(Random::from_os())).await.unwrap()
    }

    /// A connection that works.
    pub(crate) async fn connection(&self, name: &str) -> Connection {
        let connection = connection(self.random.id(noon()), name, &self.dana);
        self.store.add_connection(&connection, &[]).await.unwrap();
        connection
    }

    /// An OKR below another, or at the top.
    pub(crate) async fn okr(&self, kind: OkrKind, parent: Option<&Okr>) -> Okr {
        let okr = okr(&self.random, kind, parent, &self.dana);
        self.store.add_okr(&okr).await.unwrap();
        okr
    }

    /// Links an OKR to a query at an instant.
    pub(crate) async fn link(&self, okr: &Okr, connection: ConnectionId, jql: &str, now: Instant) -> LinkPut {
        self.store.put_link(put(okr, connection, jql), now).await.unwrap()
    }

    /// A key result that is linked to a query of its own on a new connection.
    pub(crate) async fn linked(&self, jql: &str) -> (Connection, Okr, LinkPut) {
        let connection = self.connection("Northwind Cloud").await;
        let okr = self.okr(OkrKind::KeyResult, None).await;
        let link = self.link(&okr, connection.id, jql, noon()).await;
        (connection, okr, link)
    }

    /// The only thing that can be claimed.
    pub(crate) async fn claim_one(&self, now: Instant) -> Claim {
        let mut claims = self.store.claim(now, "worker", LEASE, 10, &[]).await.unwrap();
        assert_eq!(claims.len(), 1, "one thing is to be done");
        claims.remove(0)
    }

    /// Records that a claim found these issues, for all of its links.
    pub(crate) async fn record(
        &self,
        claim: Claim,
        issues: Vec<Issue>,
        now: Instant,
    ) -> Result<MemberChanges, StoreError> {
        self.mirror(&claim, issues.clone(), now).await?;
        let (recording, canned) = self.recording(claim, &issues, now);
        self.store.record(recording, Box::new(canned)).await
    }

    /// Keeps issues as if they had just been fetched for a claim.
    pub(crate) async fn mirror(&self, claim: &Claim, issues: Vec<Issue>, now: Instant) -> Result<(), StoreError> {
        let fetched = |issue: Issue| {
            let fields = fields_of(std::slice::from_ref(&issue)).into();
            Mirrored { issue, too_large: [].into(), fields, seen_at: now }
        };
        self.store.mirror(claim.query.connection_id, issues.into_iter().map(fetched).collect()).await
    }

    /// What would be recorded, and what would be measured meanwhile.
    pub(crate) fn recording(&self, claim: Claim, issues: &[Issue], now: Instant) -> (Recording, Canned) {
        let readings = claim.links.iter().map(|linked| Reading {
            id: self.random.id::<ReadingId>(now),
            okr_id: linked.link.okr_id,
            at: now,
            kind: ReadingKind::Automatic,
            query_id: Some(claim.query.id),
            refresh_id: Some(claim.lease.refresh_id),
            repeats: None,
            measure: linked.measure.clone(),
            tally: tally(issues),
        });
        let canned = Canned(Measured { readings: readings.collect(), failed: Vec::new() });
        let mut members: Vec<_> = issues.iter().map(|issue| issue.id).collect();
        members.sort_unstable();
        let recording = Recording {
            at: now,
            finished_at: now,
            next_due: now + TimeDelta::minutes(i64::from(claim.query.period_minutes)),
            requests: 3,
            members: members.into(),
            fields: fields_of(issues),
            done: std::sync::Arc::default(),
            story_points_fields: Vec::new(),
            gone: Vec::new(),
            lease: claim.lease,
        };
        (recording, canned)
    }

    /// Refreshes whatever is due or asked for, with these issues.
    pub(crate) async fn refresh(&self, issues: Vec<Issue>, now: Instant) -> MemberChanges {
        let claim = self.claim_one(now).await;
        self.record(claim, issues, now).await.unwrap()
    }

    /// The refresh of a query that somebody asks for.
    pub(crate) async fn ask(&self, query: QueryId, now: Instant) -> okrsync_store::RefreshRequest {
        let scope = RefreshScope::Queries(vec![query]);
        self.store.request_refresh(scope, Origin::Person, now).await.unwrap().expect("it is linked")
    }
}

/// Measures what it was told.
pub(crate) struct Canned(pub(crate) Measured);

impl Measure for Canned {
    fn take(&mut self, _: IssueId, _: &Facts, _: &BTreeMap<FieldId, String>) {}

    fn finish(self: Box<Self>, at: Instant, _: &mut dyn FnMut(IssueId) -> IssueKey) -> Result<Measured, Problem> {
        let mut measured = self.0;
        measured.readings.iter_mut().for_each(|reading| reading.at = at);
        Ok(measured)
    }
}

/// All fields that the facts of some issues are from.
fn fields_of(issues: &[Issue]) -> BTreeSet<FieldId> {
    let numbers = issues.iter().flat_map(|issue| issue.facts.numbers.keys().cloned());
    let times = [TIME_SPENT, ORIGINAL_ESTIMATE, REMAINING_ESTIMATE, PROGRESS].map(FieldId::new);
    numbers.chain(times).collect()
}

/// A person.
pub(crate) fn user(random: &Random, name: &str, role: Role) -> User {
    let email = format!("{name}@northwind.example");
    User { id: random.id(noon()), email, name: name.to_owned(), role, active: true, created_at: noon() }
}

/// A connection that works.
pub(crate) fn connection(id: ConnectionId, name: &str, owner: &User) -> Connection {
    Connection {
        name: name.to_owned(),
        server_url: "https://northwind.atlassian.net".to_owned(),
        sharing: Sharing::Everyone,
        auth_email: Some(owner.email.clone()),
        state: ConnectionState::Ok,
        ..Connection::new(id, owner.id, noon())
    }
}

/// An OKR of the fourth quarter.
pub(crate) fn okr(random: &Random, kind: OkrKind, parent: Option<&Okr>, owner: &User) -> Okr {
    Okr {
        id: random.id(noon()),
        kind,
        parent_id: parent.map(|parent| parent.id),
        title: "Ship the new checkout".to_owned(),
        description: None,
        owner_id: owner.id,
        team: Some("Apps".to_owned()),
        starts_on: "2026-10-01".parse().expect("a date"),
        due_on: "2026-12-31".parse().expect("a date"),
        progress_mode: ProgressMode::Manual,
        measure: measure::Measure::default(),
        share: None,
        visibility: Visibility::Everyone,
        closed: None,
        created_at: noon(),
        version: 1,
    }
}

/// A link that counts issues.
pub(crate) fn put(okr: &Okr, connection_id: ConnectionId, jql: &str) -> PutLink {
    PutLink {
        okr_id: okr.id,
        connection_id,
        jql: jql.to_owned(),
        canonical: jql.to_owned(),
        metric: Metric::Count,
        completed_only: false,
        period_minutes: None,
        measure: None,
    }
}

/// An issue, done or not.
pub(crate) fn issue(id: i64, completed: bool) -> Issue {
    Issue {
        id: IssueId(id),
        key: IssueKey(format!("AE-{id}")),
        updated: Some(noon()),
        title: Some(format!("Story {id}")),
        issue_type: Some("Story".to_owned()),
        status_id: Some("3".to_owned()),
        status: Some(if completed { "Done" } else { "To Do" }.to_owned()),
        assignee: None,
        resolved: None,
        facts: Facts { completed, ..Facts::default() },
    }
}

/// So many issues, of which the first ones are done.
pub(crate) fn issues(number: i64, done: i64) -> Vec<Issue> {
    (1..=number).map(|id| issue(id, id <= done)).collect()
}

/// What counting these issues gives.
pub(crate) fn tally(issues: &[Issue]) -> Tally {
    let matched = issues.len() as u64;
    let completed = issues.iter().filter(|issue| issue.facts.completed).count() as u64;
    Tally {
        matched,
        completed,
        value: None,
        done: Some(completed.into()),
        total: Some(matched.into()),
        coverage: Coverage { with_value: matched, without_value: 0 },
        warnings: Vec::new(),
    }
}

/// Jira did not answer.
pub(crate) fn unreachable(at: Instant) -> Problem {
    Problem {
        code: ProblemCode::JiraUnreachable,
        message: "no answer".to_owned(),
        hint: Some("look at the network".to_owned()),
        at,
        retry_at: None,
    }
}

/// A claim that came to nothing.
pub(crate) fn failure(claim: &Claim, now: Instant) -> Failure {
    Failure {
        lease: claim.lease.clone(),
        problem: unreachable(now),
        at: now,
        finished_at: now,
        next_due: now + TimeDelta::minutes(60),
        requests: 1,
    }
}
