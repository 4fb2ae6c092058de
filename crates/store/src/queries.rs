//! Queries: the distinct JQL texts of each connection, which links share, and how each fares.

use crate::{
    Store,
    error::StoreError,
    organisation,
    pool::{Db, on},
    refresh_requests,
    row::Row,
    schema::{links, queries, readings},
    sql_types::{Json, Ts},
};
use diesel::{dsl::exists, prelude::*, select};
use okrsync_domain::{ConnectionId, Instant, Problem, QueryId, Random, problem::ProblemCode};
use sha2::{Digest, Sha256};

/// A distinct JQL text on one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Its id.
    pub id: QueryId,
    /// The connection it is asked on.
    pub connection_id: ConnectionId,
    /// The canonical text of its conditions.
    pub canonical: String,
    /// Minutes between refreshes: the shortest of its links', where those without one follow the organisation's.
    pub period_minutes: u32,
    /// When it is to be refreshed next; none while no link uses it.
    pub due_at: Option<Instant>,
    /// When the last refresh began, whatever came of it.
    pub last_attempt_at: Option<Instant>,
    /// When the last proved refresh began: its readings' instant.
    pub last_ok_at: Option<Instant>,
    /// How many issues it matched then.
    pub last_matched: Option<u64>,
    /// Why the last refresh failed; `at` is since when it goes on like that.
    pub problem: Option<Problem>,
    /// Failures in a row.
    pub failures: u32,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = queries)]
pub(crate) struct QueryRow {
    pub(crate) id: String,
    pub(crate) connection_id: String,
    canonical: String,
    shortest_period: Option<i64>,
    follows_default: bool,
    due_at: Option<Ts>,
    last_attempt_at: Option<Ts>,
    last_ok_at: Option<Ts>,
    last_matched: Option<i64>,
    problem: Option<Json>,
    failures: i64,
}

impl QueryRow {
    /// With the organisation's period, the whole query.
    pub(crate) fn read(self, default_period: u32) -> Result<Query, StoreError> {
        let row = Row { table: "queries", key: &self.id };
        let shortest = self.shortest_period.map(|minutes| row.number("shortest_period", minutes)).transpose()?;
        Ok(Query {
            id: row.id("id", &self.id)?,
            connection_id: row.id("connection_id", &self.connection_id)?,
            period_minutes: match shortest {
                Some(shortest) if self.follows_default => default_period.min(shortest),
                Some(shortest) => shortest,
                None => default_period,
            },
            due_at: self.due_at.map(|at| at.0),
            last_attempt_at: self.last_attempt_at.map(|at| at.0),
            last_ok_at: self.last_ok_at.map(|at| at.0),
            last_matched: self.last_matched.map(|number| row.number("last_matched", number)).transpose()?,
            problem: row.json_opt("problem", self.problem.as_ref())?,
            failures: row.number("failures", self.failures)?,
            canonical: self.canonical,
        })
    }
}

/// The id of the query with this text, which is made if it is new.
pub(crate) fn find_or_add(
    db: &mut Db,
    random: &Random,
    connection: &str,
    canonical: &str,
    now: Instant,
) -> Result<String, StoreError> {
    let digest = Sha256::digest(canonical.as_bytes()).to_vec();
    let new = (
        queries::id.eq(random.id::<QueryId>(now).to_string()),
        queries::connection_id.eq(connection),
        queries::digest.eq(&digest),
        queries::canonical.eq(canonical),
        queries::follows_default.eq(true),
        queries::failures.eq(0),
        queries::created_at.eq(Ts(now)),
    );
    on!(&mut *db, |c| diesel::insert_into(queries::table).values(new).on_conflict_do_nothing().execute(c))?;
    let same = queries::table.filter(queries::connection_id.eq(connection).and(queries::digest.eq(&digest)));
    Ok(on!(db, |c| same.select(queries::id).first(c))?)
}

/// Brings a query in line with its links after one came, changed or went: its period, and whether it is due at all. One
/// that nothing refers to any more is removed with its members; one that readings still refer to only rests.
pub(crate) fn settle(db: &mut Db, id: &str, now: Instant) -> Result<(), StoreError> {
    let query = links::table.filter(links::query_id.eq(id)).select(links::period_minutes);
    let periods: Vec<Option<i64>> = on!(&mut *db, |c| query.load(c))?;
    let row = queries::table.filter(queries::id.eq(id));
    if periods.is_empty() {
        refresh_requests::drop_open(db, id, now)?;
        let read = readings::table.filter(readings::query_id.eq(id));
        if on!(&mut *db, |c| select(exists(read)).get_result(c))? {
            on!(db, |c| diesel::update(row).set(queries::due_at.eq(None::<Ts>)).execute(c))?;
        } else {
            on!(db, |c| diesel::delete(row).execute(c))?;
        }
        return Ok(());
    }
    let period = (
        queries::shortest_period.eq(periods.iter().flatten().min().copied()),
        queries::follows_default.eq(periods.contains(&None)),
    );
    on!(&mut *db, |c| diesel::update(row).set(period).execute(c))?;
    let resting = row.filter(queries::due_at.is_null());
    on!(db, |c| diesel::update(resting).set(queries::due_at.eq(Some(Ts(now)))).execute(c))?;
    Ok(())
}

/// Makes all queries of a connection due, and starts their refreshes under way again.
pub(crate) fn ask_again(db: &mut Db, connection: ConnectionId, now: Instant) -> Result<(), StoreError> {
    let own = || queries::table.filter(queries::connection_id.eq(connection.to_string()));
    let linked: Vec<String> =
        on!(&mut *db, |c| own().filter(queries::due_at.is_not_null()).select(queries::id).load(c))?;
    refresh_requests::restart(db, &linked)?;
    let waiting = own().filter(queries::due_at.gt(Some(Ts(now))));
    on!(db, |c| diesel::update(waiting).set(queries::due_at.eq(Some(Ts(now)))).execute(c))?;
    Ok(())
}

/// Makes those queries of a connection due whose last refresh failed for a reason that is gone.
pub(crate) fn ask_what_failed_by(
    db: &mut Db,
    connection: ConnectionId,
    reason: ProblemCode,
    now: Instant,
) -> Result<(), StoreError> {
    let failed = queries::table
        .filter(queries::connection_id.eq(connection.to_string()).and(queries::problem.is_not_null()))
        .select((queries::id, queries::problem));
    let failed: Vec<(String, Option<Json>)> = on!(&mut *db, |c| failed.load(c))?;
    for (id, problem) in failed {
        let problem: Option<Problem> = Row { table: "queries", key: &id }.json_opt("problem", problem.as_ref())?;
        if problem.is_some_and(|problem| problem.code == reason) {
            plan(db, &id, now)?;
        }
    }
    Ok(())
}

/// Sets when a query is due next, unless no link uses it any more.
pub(crate) fn plan(db: &mut Db, id: &str, next_due: Instant) -> Result<(), StoreError> {
    let row = queries::table.filter(queries::id.eq(id).and(queries::due_at.is_not_null()));
    on!(db, |c| diesel::update(row).set(queries::due_at.eq(Some(Ts(next_due)))).execute(c))?;
    Ok(())
}

impl Store {
    /// A query by id.
    pub async fn find_query(&self, id: QueryId) -> Result<Option<Query>, StoreError> {
        let default = self.period_minutes;
        self.snapshot(move |db| {
            let period = organisation::load(db, default)?.period_minutes;
            let query = queries::table.find(id.to_string());
            let row = on!(db, |c| query.select(QueryRow::as_select()).first(c).optional())?;
            row.map(|row| row.read(period)).transpose()
        })
        .await
    }

    /// The queries that links use, of one connection or of all.
    pub async fn queries(&self, connection: Option<ConnectionId>) -> Result<Vec<Query>, StoreError> {
        let default = self.period_minutes;
        self.snapshot(move |db| {
            let period = organisation::load(db, default)?.period_minutes;
            let rows: Vec<QueryRow> = on!(db, |c| {
                let mut query =
                    queries::table.filter(queries::due_at.is_not_null()).select(QueryRow::as_select()).into_boxed();
                if let Some(connection) = connection {
                    query = query.filter(queries::connection_id.eq(connection.to_string()));
                }
                query.order(queries::id).load(c)
            })?;
            rows.into_iter().map(|row| row.read(period)).collect()
        })
        .await
    }
}
