//! Hints: issues that Jira says have changed. A hint has queries looked at again, and never changes a number itself.

use crate::{
    Origin, Store,
    error::StoreError,
    mirror,
    pool::{Db, on},
    refresh_requests::enqueue,
    row::{Row, word},
    schema::{hints, members, queries, refreshes, webhooks},
    sql_types::Ts,
    store::CHUNK,
    turns,
};
use chrono::TimeDelta;
use diesel::{prelude::*, upsert::excluded};
use okrsync_domain::{ConnectionId, Instant, QueryId, Random, RefreshId, issue::IssueId, refresh::RefreshState};

/// A hint is remembered for this time: by then every index has caught up.
const REMEMBERED: TimeDelta = TimeDelta::minutes(10);

/// Queries of a connection that links use and that match one of the issues, as far as was last measured.
fn holding(db: &mut Db, connection: &str, issues: &[i64]) -> Result<Vec<String>, StoreError> {
    let linked = queries::table
        .filter(queries::connection_id.eq(connection).and(queries::due_at.is_not_null()))
        .order(queries::id)
        .select(queries::id);
    let linked: Vec<String> = on!(&mut *db, |c| linked.load(c))?;
    let mut holding = Vec::new();
    for part in linked.chunks(CHUNK) {
        let found = members::table
            .filter(members::query_id.eq_any(part.to_vec()))
            .filter(members::issue_id.eq_any(issues.to_vec()))
            .filter(members::ended_at.is_null())
            .select(members::query_id)
            .distinct();
        let found: Vec<String> = on!(&mut *db, |c| found.load(c))?;
        holding.extend(found);
    }
    Ok(holding)
}

/// Queues a refresh of each query. One under way may have read before the change: its query is due again when it ends.
fn look_again(
    db: &mut Db,
    random: &Random,
    connection: &str,
    wanted: &[String],
    now: Instant,
) -> Result<Vec<(QueryId, RefreshId)>, StoreError> {
    let pairs: Vec<(String, String)> = wanted.iter().map(|query| (query.clone(), connection.to_owned())).collect();
    let mut open = enqueue(db, random, &pairs, Origin::Webhook, now)?;
    for part in wanted.chunks(CHUNK) {
        let running = refreshes::table
            .filter(refreshes::query_id.eq_any(part.to_vec()))
            .filter(refreshes::state.eq(word(&RefreshState::Running)))
            .select(refreshes::query_id);
        let running: Vec<String> = on!(&mut *db, |c| running.load(c))?;
        if !running.is_empty() {
            let rows = queries::table.filter(queries::id.eq_any(running));
            on!(&mut *db, |c| diesel::update(rows).set(queries::hinted.eq(true)).execute(c))?;
            // one that ended while we waited for its query does not heed us any more
            open = enqueue(db, random, &pairs, Origin::Webhook, now)?;
        }
    }
    let row = |key| Row { table: "refreshes", key };
    open.iter().map(|(query, id)| Ok((row(id).id("query_id", query)?, row(id).id("id", id)?))).collect()
}

/// What begins now will see every change that was hinted at before.
pub(crate) fn heed(db: &mut Db, refreshes: &[String]) -> Result<(), StoreError> {
    let asked = refreshes::table.filter(refreshes::id.eq_any(refreshes.to_vec())).select(refreshes::query_id);
    let asked: Vec<String> = on!(&mut *db, |c| asked.load(c))?;
    let rows = queries::table.filter(queries::hinted.and(queries::id.eq_any(asked)));
    on!(db, |c| diesel::update(rows).set(queries::hinted.eq(false)).execute(c))?;
    Ok(())
}

/// Whether something was said to have changed since the refresh of a query began.
pub(crate) fn is_hinted(db: &mut Db, query: &str) -> Result<bool, StoreError> {
    let row = queries::table.filter(queries::id.eq(query)).select(queries::hinted);
    Ok(on!(db, |c| row.first(c))?)
}

impl Store {
    /// Notes that Jira says these issues have changed: what is mirrored of them is fetched again before it is believed, and
    /// the queries that match them are refreshed soon. Tells which queries those are, with their refreshes.
    pub async fn note_hints(
        &self,
        connection: ConnectionId,
        issues: Vec<IssueId>,
        now: Instant,
    ) -> Result<Vec<(QueryId, RefreshId)>, StoreError> {
        let random = self.random.clone();
        self.write(move |db| {
            let key = connection.to_string();
            turns::beside(db)?;
            let numbers: Vec<i64> = issues.iter().map(|id| id.0).collect();
            let old = hints::table.filter(hints::hinted_at.lt(Ts(now - REMEMBERED)));
            on!(&mut *db, |c| diesel::delete(old).execute(c))?;
            for part in numbers.chunks(CHUNK) {
                let row = |id: &i64| {
                    let at = hints::hinted_at.eq(Ts(now));
                    (hints::connection_id.eq(key.clone()), hints::issue_id.eq(*id), at)
                };
                let rows: Vec<_> = part.iter().map(row).collect();
                on!(&mut *db, |c| diesel::insert_into(hints::table)
                    .values(&rows)
                    .on_conflict((hints::connection_id, hints::issue_id))
                    .do_update()
                    .set(hints::hinted_at.eq(excluded(hints::hinted_at)))
                    .execute(c))?;
            }
            let hook = webhooks::table.find(&key);
            on!(&mut *db, |c| diesel::update(hook).set(webhooks::heard_at.eq(Some(Ts(now)))).execute(c))?;
            let holding = holding(db, &key, &numbers)?;
            let open = look_again(db, &random, &key, &holding, now)?;
            // last, because whoever fetches waits for this turn
            mirror::doubt(db, &key, &numbers, now)?;
            Ok(open)
        })
        .await
    }

    /// Has more queries refreshed soon, because a hinted issue may match them now; their refreshes.
    pub async fn hint_queries(
        &self,
        connection: ConnectionId,
        wanted: Vec<QueryId>,
        now: Instant,
    ) -> Result<Vec<(QueryId, RefreshId)>, StoreError> {
        let random = self.random.clone();
        self.write(move |db| {
            turns::beside(db)?;
            let mut wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            let linked = queries::table
                .filter(queries::connection_id.eq(connection.to_string()).and(queries::due_at.is_not_null()))
                .select(queries::id);
            let linked: Vec<String> = on!(&mut *db, |c| linked.load(c))?;
            wanted.retain(|id| linked.contains(id));
            look_again(db, &random, &connection.to_string(), &wanted, now)
        })
        .await
    }

    /// Issues of a connection that were hinted at a short while ago, the latest first.
    pub async fn hints(&self, connection: ConnectionId, now: Instant, most: u32) -> Result<Vec<IssueId>, StoreError> {
        self.read(move |db| {
            let query = hints::table
                .filter(hints::connection_id.eq(connection.to_string()))
                .filter(hints::hinted_at.ge(Ts(now - REMEMBERED)))
                .order((hints::hinted_at.desc(), hints::issue_id.desc()))
                .limit(i64::from(most))
                .select(hints::issue_id);
            let found: Vec<i64> = on!(db, |c| query.load(c))?;
            Ok(found.into_iter().map(IssueId).collect())
        })
        .await
    }
}
