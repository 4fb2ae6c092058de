//! Backfills: the past of a query's links, claimed like refreshes but with leases of their own.

mod claim;

use crate::{
    Store,
    claims::LinkedMeasure,
    error::StoreError,
    issues::IssueRow,
    past_members,
    pool::{Db, on},
    queries::Query,
    readings,
    row::{Row, big, word},
    schema::{backfill_stage, backfills, links, queries, readings as reading_table},
    sql_types::{Json, Ts},
    store::CHUNK,
};
use diesel::prelude::*;
use okrsync_domain::{
    Date, Instant, OkrId, Problem, QueryId, RefreshId,
    history::{Gap, IssueHistory},
    issue::{Facts, Issue, IssueId},
    link::Settings,
    reading::{Reading, ReadingKind},
};
use serde::{Deserialize, Serialize};

/// How far a backfill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackfillState {
    /// It waits: for its turn, or for another try.
    Queued,
    /// It is being read.
    Running,
    /// Everything that can be known is written.
    Done,
}

/// How far a query's backfill is, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillStatus {
    /// In a word.
    pub state: BackfillState,
    /// The first day that is read; none if there is nothing to read.
    pub from: Option<Date>,
    /// Issues read.
    pub done: u64,
    /// Issues to read, once known.
    pub total: Option<u64>,
    /// What cannot be known.
    pub gaps: Vec<Gap>,
    /// Why the last try failed.
    pub problem: Option<Problem>,
    /// When it was done.
    pub finished_at: Option<Instant>,
}

/// A worker's right to read a query's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillLease {
    /// The query.
    pub query_id: QueryId,
    /// The worker.
    pub worker: String,
    /// Which lease of it this is.
    pub attempt: u32,
}

/// A backfill that a worker has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillClaim {
    /// The right to do it.
    pub lease: BackfillLease,
    /// The query.
    pub query: Query,
    /// The links whose past is wanted.
    pub links: Vec<PastLink>,
    /// The latest of the query's first measurements of them: who matched before it is computed.
    pub until: Instant,
    /// What Jira matched then: what is computed is held against it.
    pub matched: Vec<IssueId>,
    /// Issues that an earlier try has read.
    pub read: Vec<IssueId>,
}

/// A link whose past is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastLink {
    /// The link and what its OKR is measured against.
    pub linked: LinkedMeasure,
    /// The OKR's first day.
    pub starts_on: Date,
    /// The instant of its OKR's first measurement: readings before it are computed.
    pub first: Instant,
}

/// An issue that matched for a time, with the facts that it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastMember {
    /// The issue.
    pub issue: IssueId,
    /// From when on.
    pub since: Instant,
    /// Up to and without when.
    pub ended_at: Instant,
    /// Its facts in that time.
    pub facts: Facts,
}

/// What was found of a query's past.
#[derive(Debug, Clone, Default)]
pub struct PastFound {
    /// The run under which readings and members are kept; none where nothing could be computed.
    pub run: Option<RefreshId>,
    /// Readings of its links with their settings.
    pub readings: Vec<(Reading, Settings)>,
    /// Who matched from when to when.
    pub members: Vec<PastMember>,
    /// The issues that matched, as far as they are known.
    pub issues: Vec<Issue>,
    /// What cannot be known.
    pub gaps: Vec<Gap>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = backfills)]
struct BackfillRow {
    query_id: String,
    plan: String,
    state: String,
    from_day: Option<Date>,
    done: i64,
    total: Option<i64>,
    gaps: Json,
    problem: Option<Json>,
    not_before: Option<Ts>,
    lease_until: Option<Ts>,
    attempt: i64,
    finished_at: Option<Ts>,
}

impl BackfillRow {
    fn read(self) -> Result<BackfillStatus, StoreError> {
        let row = Row { table: "backfills", key: &self.query_id };
        Ok(BackfillStatus {
            state: row.word("state", &self.state)?,
            from: self.from_day,
            done: row.number("done", self.done)?,
            total: self.total.map(|total| row.number("total", total)).transpose()?,
            gaps: row.json("gaps", &self.gaps)?,
            problem: row.json_opt("problem", self.problem.as_ref())?,
            finished_at: self.finished_at.map(|at| at.0),
        })
    }

    /// Whether there is something to do for this plan.
    fn is_open(&self, plan: &str, now: Instant) -> bool {
        let running =
            self.state == word(&BackfillState::Running) && self.lease_until.is_some_and(|until| until.0 > now);
        let waits = self.not_before.is_some_and(|until| until.0 > now);
        let done = self.state == word(&BackfillState::Done) && self.plan == plan;
        !(running || waits || done)
    }
}

/// The row of a backfill, as long as the lease on it is worth something.
macro_rules! held {
    ($lease:expr) => {
        backfills::table
            .filter(backfills::query_id.eq($lease.query_id.to_string()))
            .filter(backfills::state.eq(word(&BackfillState::Running)))
            .filter(backfills::lease_owner.eq(Some($lease.worker.clone())))
            .filter(backfills::attempt.eq(i64::from($lease.attempt)))
    };
}

/// Turns "no such row" into "the lease is lost".
fn one(rows: usize, lease: &BackfillLease) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::BackfillLost { query_id: lease.query_id }) }
}

impl Store {
    /// Keeps issues with their past until the whole is read, and the lease until a later instant.
    pub async fn stage_past(
        &self,
        lease: &BackfillLease,
        issues: Vec<IssueHistory>,
        total: u64,
        until: Instant,
    ) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |db| {
            let query = lease.query_id.to_string();
            for part in issues.chunks(CHUNK) {
                let row = |issue: &IssueHistory| {
                    (
                        backfill_stage::query_id.eq(query.clone()),
                        backfill_stage::issue_id.eq(issue.id.0),
                        backfill_stage::document.eq(Json::of(issue)),
                    )
                };
                let rows: Vec<_> = part.iter().map(row).collect();
                on!(&mut *db, |c| diesel::insert_into(backfill_stage::table)
                    .values(rows)
                    .on_conflict_do_nothing()
                    .execute(c))?;
            }
            let staged = backfill_stage::table.filter(backfill_stage::query_id.eq(&query)).count();
            let done: i64 = on!(&mut *db, |c| staged.get_result(c))?;
            let alive = (
                backfills::done.eq(done),
                backfills::total.eq(Some(big(total))),
                backfills::lease_until.eq(Some(Ts(until))),
            );
            one(on!(db, |c| diesel::update(held!(lease)).set(alive).execute(c))?, &lease)
        })
        .await
    }

    /// Everything that was read of a query's past, by issue id.
    pub async fn staged_past(&self, query: QueryId) -> Result<Vec<IssueHistory>, StoreError> {
        self.read(move |db| {
            let key = query.to_string();
            let staged =
                backfill_stage::table.filter(backfill_stage::query_id.eq(&key)).order(backfill_stage::issue_id);
            let documents: Vec<Json> = on!(db, |c| staged.select(backfill_stage::document).load(c))?;
            let row = Row { table: "backfill_stage", key: &key };
            documents.iter().map(|document| row.json("document", document)).collect()
        })
        .await
    }

    /// Writes a query's past: readings of these OKRs in place of those of an earlier backfill, members and gaps. Only while
    /// the lease is ours, else nothing is written.
    pub async fn finish_backfill(
        &self,
        lease: &BackfillLease,
        okrs: Vec<OkrId>,
        mut found: PastFound,
        now: Instant,
    ) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |db| {
            let query = lease.query_id.to_string();
            let ended = (
                backfills::state.eq(word(&BackfillState::Done)),
                backfills::gaps.eq(Json::of(&found.gaps)),
                backfills::problem.eq(None::<Json>),
                backfills::finished_at.eq(Some(Ts(now))),
            );
            one(on!(&mut *db, |c| diesel::update(held!(lease)).set(ended).execute(c))?, &lease)?;
            let okrs = still_linked(db, &query, &okrs)?;
            found.readings.retain(|(reading, _)| okrs.contains(&reading.okr_id));
            for part in okrs.chunks(CHUNK) {
                let earlier = reading_table::table
                    .filter(reading_table::okr_id.eq_any(part.iter().map(ToString::to_string).collect::<Vec<_>>()))
                    .filter(reading_table::kind.eq(word(&ReadingKind::Reconstructed)));
                on!(&mut *db, |c| diesel::delete(earlier).execute(c))?;
            }
            past_members::forget_unread(db, &query)?;
            readings::insert_all(db, &found.readings)?;
            if let Some(run) = found.run {
                past_members::insert(db, run, &query, &found.members)?;
            }
            name_issues(db, &query, &found.issues)?;
            let staged = backfill_stage::table.filter(backfill_stage::query_id.eq(&query));
            on!(db, |c| diesel::delete(staged).execute(c))?;
            Ok(())
        })
        .await
    }

    /// Gives a backfill back: what was read stays, and it is tried again at an instant.
    pub async fn give_back_backfill(
        &self,
        lease: &BackfillLease,
        problem: Option<Problem>,
        not_before: Instant,
    ) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |db| {
            let waits = (
                backfills::state.eq(word(&BackfillState::Queued)),
                backfills::problem.eq(problem.as_ref().map(Json::of)),
                backfills::not_before.eq(Some(Ts(not_before))),
                backfills::lease_owner.eq(None::<String>),
            );
            one(on!(db, |c| diesel::update(held!(lease)).set(waits).execute(c))?, &lease)
        })
        .await
    }

    /// How far a query's backfill is; none if it was not looked at yet.
    pub async fn backfill_status(&self, query: QueryId) -> Result<Option<BackfillStatus>, StoreError> {
        self.read(move |db| {
            let row = backfills::table.find(query.to_string());
            on!(db, |c| row.select(BackfillRow::as_select()).first(c).optional())?.map(BackfillRow::read).transpose()
        })
        .await
    }
}

/// Those OKRs that are still measured by a query: another one may have taken its place while it was read.
fn still_linked(db: &mut Db, query: &str, okrs: &[OkrId]) -> Result<Vec<OkrId>, StoreError> {
    let linked: Vec<String> =
        on!(db, |c| links::table.filter(links::query_id.eq(query)).select(links::okr_id).load(c))?;
    Ok(okrs.iter().copied().filter(|okr| linked.contains(&okr.to_string())).collect())
}

/// Writes down issues that the mirror does not have: their keys are part of the evidence.
fn name_issues(db: &mut Db, query: &str, seen: &[Issue]) -> Result<(), StoreError> {
    let connection = queries::table.find(query).select(queries::connection_id);
    let connection: String = on!(&mut *db, |c| connection.first(c))?;
    for part in seen.chunks(CHUNK) {
        let rows: Vec<IssueRow> = part.iter().map(|issue| IssueRow::of(&connection, issue)).collect();
        on!(&mut *db, |c| diesel::insert_into(crate::schema::issues::table)
            .values(&rows)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}
