//! Claiming the past of a query: which links have none yet, and who reads it.

use super::{BackfillClaim, BackfillLease, BackfillRow, BackfillState, PastLink};
use crate::{
    Store,
    claims::{LinkedMeasure, measures},
    error::StoreError,
    organisation,
    pool::{Db, on},
    queries::QueryRow,
    row::{Row, word},
    schema::{backfill_stage, backfills, connection_health, links, members, okrs, queries, readings as reading_table},
    sql_types::{Json, Ts},
    store::CHUNK,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use okrsync_domain::{
    Date, Instant, OkrId, connection::ConnectionState, history::Gap, issue::IssueId, reading::ReadingKind,
};
use std::collections::BTreeMap;

/// A query that is edited within this time of the first measurement is the one that was meant.
const SOON: TimeDelta = TimeDelta::days(1);

/// A query with the links that share it.
type Family = (String, Vec<(LinkedMeasure, Date)>);

/// Queries with links on connections that may be asked.
fn families(db: &mut Db) -> Result<Vec<Family>, StoreError> {
    let resting = [word(&ConnectionState::Disabled), word(&ConnectionState::NeedsAuthorization)];
    let rows = links::table
        .inner_join(okrs::table)
        .inner_join(connection_health::table.on(connection_health::connection_id.eq(links::connection_id)))
        .filter(connection_health::state.ne_all(resting.to_vec()))
        .select((links::query_id, links::okr_id, okrs::starts_on));
    let rows: Vec<(String, String, Date)> = on!(&mut *db, |c| rows.load(c))?;
    let mut wanted: Vec<String> = rows.iter().map(|(query, ..)| query.clone()).collect();
    wanted.sort();
    wanted.dedup();
    let starts: BTreeMap<String, Date> = rows.into_iter().map(|(_, okr, starts_on)| (okr, starts_on)).collect();
    let mut found = Vec::new();
    for part in wanted.chunks(CHUNK) {
        found.extend(measures(db, part.to_vec())?);
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    let dated = |link: LinkedMeasure| {
        let starts_on = starts.get(&link.link.okr_id.to_string()).copied()?;
        Some((link, starts_on))
    };
    Ok(found.into_iter().map(|(query, links)| (query, links.into_iter().filter_map(dated).collect())).collect())
}

/// What is wanted, in a text that is another one when something else is.
fn plan(links: &[Measured]) -> String {
    let part = |Measured { linked, starts_on, .. }: &Measured| {
        let LinkedMeasure { link, measure } = linked;
        format!("{} {starts_on} {:?} {} {measure:?}", link.okr_id, link.metric, link.completed_only)
    };
    links.iter().map(part).collect::<Vec<_>>().join("\n")
}

/// A link with the first measurement of its OKR, and the first one by its query as it is now.
struct Measured {
    linked: LinkedMeasure,
    starts_on: Date,
    first: Instant,
    by_query: Instant,
}

/// An OKR's first measurement, by one query or by whichever.
fn first_measured(db: &mut Db, okr: OkrId, query: Option<&str>) -> Result<Option<Instant>, StoreError> {
    let first: Option<Ts> = on!(db, |c| {
        let mut readings = reading_table::table
            .filter(reading_table::okr_id.eq(okr.to_string()))
            .filter(reading_table::kind.eq(word(&ReadingKind::Automatic)))
            .order((reading_table::at, reading_table::id))
            .select(reading_table::at)
            .into_boxed();
        if let Some(query) = query {
            readings = readings.filter(reading_table::query_id.eq(Some(query.to_owned())));
        }
        readings.first(c).optional()
    })?;
    Ok(first.map(|at| at.0))
}

/// The links that their query has measured: what is not measured yet has no past yet.
fn measured(db: &mut Db, query: &str, links: Vec<(LinkedMeasure, Date)>) -> Result<Vec<Measured>, StoreError> {
    let mut found = Vec::new();
    for (linked, starts_on) in links {
        let okr = linked.link.okr_id;
        let (first, by_query) = (first_measured(db, okr, None)?, first_measured(db, okr, Some(query))?);
        found.extend(first.zip(by_query).map(|(first, by_query)| Measured { linked, starts_on, first, by_query }));
    }
    Ok(found)
}

impl Measured {
    /// Whether the past is this query's: it measured first, or was put right soon after.
    fn has_past(&self, day: impl Fn(Instant) -> Date) -> bool {
        self.by_query - self.first < SOON && self.starts_on < day(self.first)
    }
}

/// What a query matched at an instant at which it was measured.
fn matched(db: &mut Db, query: &str, at: Instant) -> Result<Vec<IssueId>, StoreError> {
    let then = members::table
        .filter(members::query_id.eq(query))
        .filter(members::since.le(Ts(at)))
        .filter(members::ended_at.is_null().or(members::ended_at.gt(Some(Ts(at)))))
        .order(members::issue_id)
        .select(members::issue_id);
    let then: Vec<i64> = on!(db, |c| then.load(c))?;
    Ok(then.into_iter().map(IssueId).collect())
}

/// Puts the lease on a query's past.
fn lease(
    db: &mut Db,
    query: &str,
    plan: &str,
    known: Option<&BackfillRow>,
    (from, until): (Option<Date>, Option<Instant>),
    (worker, lease_until): (&str, Instant),
) -> Result<BackfillLease, StoreError> {
    if known.is_some_and(|known| known.plan != plan) {
        let staged = backfill_stage::table.filter(backfill_stage::query_id.eq(query));
        on!(&mut *db, |c| diesel::delete(staged).execute(c))?;
    }
    let attempt = known.map_or(0, |known| known.attempt) + 1;
    let state = if from.is_some() { BackfillState::Running } else { BackfillState::Done };
    let row = (
        backfills::query_id.eq(query),
        backfills::plan.eq(plan),
        backfills::state.eq(word(&state)),
        backfills::from_day.eq(from),
        backfills::until.eq(until.map(Ts)),
        backfills::done.eq(0_i64),
        backfills::gaps.eq(Json::of::<[Gap]>(&[])),
        backfills::lease_owner.eq(Some(worker)),
        backfills::lease_until.eq(Some(Ts(lease_until))),
        backfills::attempt.eq(attempt),
    );
    let again = row.clone();
    on!(db, |c| diesel::insert_into(backfills::table)
        .values(row.clone())
        .on_conflict(backfills::query_id)
        .do_update()
        .set((again.1, again.2, again.3, again.4, again.7, again.8, again.9))
        .execute(c))?;
    let row = Row { table: "backfills", key: query };
    Ok(BackfillLease {
        query_id: row.id("query_id", query)?,
        worker: worker.to_owned(),
        attempt: row.number("attempt", attempt)?,
    })
}

/// What was claimed, with everything that is needed to do it.
fn describe(
    db: &mut Db,
    lease: BackfillLease,
    links: Vec<PastLink>,
    until: Instant,
    period: u32,
) -> Result<BackfillClaim, StoreError> {
    let query = lease.query_id.to_string();
    let stored = queries::table.find(&query);
    let stored: QueryRow = on!(&mut *db, |c| stored.select(QueryRow::as_select()).first(c))?;
    let read = backfill_stage::table.filter(backfill_stage::query_id.eq(&query)).select(backfill_stage::issue_id);
    let read: Vec<i64> = on!(&mut *db, |c| read.load(c))?;
    Ok(BackfillClaim {
        matched: matched(db, &query, until)?,
        lease,
        query: stored.read(period)?,
        links,
        until,
        read: read.into_iter().map(IssueId).collect(),
    })
}

impl Store {
    /// Takes a query whose links have no past yet; none if there is none. Where nothing is missing that is noted, so that
    /// it is not looked at again.
    pub async fn claim_backfill(
        &self,
        now: Instant,
        worker: &str,
        lease_time: TimeDelta,
    ) -> Result<Option<BackfillClaim>, StoreError> {
        let (worker, default) = (worker.to_owned(), self.period_minutes);
        self.write(move |db| {
            let organisation = organisation::load(db, default)?;
            if !organisation.jira_enabled {
                return Ok(None);
            }
            let known: Vec<BackfillRow> = on!(&mut *db, |c| backfills::table.select(BackfillRow::as_select()).load(c))?;
            let known: BTreeMap<String, BackfillRow> =
                known.into_iter().map(|row| (row.query_id.clone(), row)).collect();
            let day = |at| organisation.today(at);
            for (query, links) in families(db)? {
                let links = measured(db, &query, links)?;
                let (row, plan) = (known.get(&query), plan(&links));
                if links.is_empty() || row.is_some_and(|row| !row.is_open(&plan, now)) {
                    continue;
                }
                let lease_until = (worker.as_str(), now + lease_time);
                let links: Vec<Measured> = links.into_iter().filter(|link| link.has_past(day)).collect();
                let from = links.iter().map(|link| link.starts_on).min();
                let until = links.iter().map(|link| link.by_query).max();
                let lease = lease(db, &query, &plan, row, (from, until), lease_until)?;
                if let Some(until) = until {
                    let links = links.into_iter().map(|link| {
                        let Measured { linked, starts_on, first, .. } = link;
                        PastLink { linked, starts_on, first }
                    });
                    return describe(db, lease, links.collect(), until, organisation.period_minutes).map(Some);
                }
            }
            Ok(None)
        })
        .await
    }
}
