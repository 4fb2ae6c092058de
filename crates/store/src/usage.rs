//! Requests sent to Jira, counted by connection and minute, and the clearing away of what is over.

use crate::{
    Store,
    connections::{CONNECTION, count_requests},
    error::{StoreError, missing},
    pool::{Db, on},
    row::{Row, big},
    schema::{
        connection_health, connections, form_submissions, password_resets, refresh_group_members, refresh_groups,
        refreshes, request_usage, sessions, throttles,
    },
    sql_types::Ts,
    waits,
};
use chrono::{TimeDelta, Timelike};
use diesel::{connection::SimpleConnection, prelude::*, upsert::excluded};
use okrsync_domain::{ConnectionId, Instant, connection::ConnectionState};

/// What was cleared away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Refreshes that had ended long ago.
    pub refreshes: u64,
    /// Sessions that were over.
    pub sessions: u64,
}

/// What a connection may send and has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    /// Requests that may be sent in an hour.
    pub budget_per_hour: u32,
    /// How the connection is.
    pub state: ConnectionState,
    /// Requests by the minute in which they were sent.
    pub minutes: Vec<(Instant, u64)>,
    /// Waits that Jira asked for: what is not to be asked (none is everything), and until when.
    pub waits: Vec<(Option<String>, Instant)>,
}

/// The minute of an instant.
fn minute(at: Instant) -> Ts {
    let past = i64::from(at.second()) * 1_000_000_000 + i64::from(at.nanosecond() % 1_000_000_000);
    Ts(at - TimeDelta::nanoseconds(past))
}

impl Store {
    /// Counts requests that were sent at about this instant.
    pub async fn add_requests(&self, id: ConnectionId, at: Instant, number: u64) -> Result<(), StoreError> {
        self.write(move |db| {
            let row = (
                request_usage::connection_id.eq(id.to_string()),
                request_usage::minute.eq(minute(at)),
                request_usage::requests.eq(big(number)),
            );
            let sum = request_usage::requests.eq(request_usage::requests + excluded(request_usage::requests));
            on!(db, |c| diesel::insert_into(request_usage::table)
                .values(row)
                .on_conflict((request_usage::connection_id, request_usage::minute))
                .do_update()
                .set(sum)
                .execute(c))
            .map_err(|error| missing(error, CONNECTION, &id))?;
            Ok(())
        })
        .await
    }

    /// A connection's budget with the requests since an instant that count against it, whether it may be asked at all, and
    /// what Jira wants to be left alone with now. None if it is gone.
    pub async fn spending(
        &self,
        id: ConnectionId,
        since: Instant,
        now: Instant,
    ) -> Result<Option<Spending>, StoreError> {
        self.snapshot(move |db| {
            let key = id.to_string();
            let query = connections::table
                .inner_join(connection_health::table)
                .filter(connections::id.eq(key.clone()))
                .select((connections::budget_per_hour, connection_health::state));
            let found: Option<(i64, String)> = on!(&mut *db, |c| query.first(c).optional())?;
            let Some((budget, state)) = found else { return Ok(None) };
            let query = request_usage::table
                .filter(request_usage::connection_id.eq(key.clone()))
                .filter(request_usage::minute.ge(minute(since)))
                .select((request_usage::minute, request_usage::requests));
            let minutes: Vec<(Ts, i64)> = on!(&mut *db, |c| query.load(c))?;
            let waits = waits::load(db, &key, now)?;
            let row = Row { table: "connections", key: &key };
            let minutes = minutes.into_iter().map(|(at, number)| Ok((at.0, row.number("requests", number)?)));
            Ok(Some(Spending {
                budget_per_hour: row.number("budget_per_hour", budget)?,
                state: row.word("state", &state)?,
                minutes: minutes.collect::<Result<_, StoreError>>()?,
                waits,
            }))
        })
        .await
    }

    /// Requests since an instant, to the minute.
    pub async fn requests_since(&self, id: ConnectionId, since: Instant) -> Result<u64, StoreError> {
        self.read(move |db| {
            let key = id.to_string();
            Ok(count_requests(db, std::slice::from_ref(&key), minute(since).0)?.get(&key).copied().unwrap_or(0))
        })
        .await
    }

    /// Clears away refreshes that ended, requests that were counted and forms that were sent before one instant, and
    /// sessions, reset links and limits that are over at another. SQLite looks again at how its tables are filled, so
    /// that it goes on choosing the right index.
    pub async fn prune(&self, before: Instant, now: Instant) -> Result<Pruned, StoreError> {
        let number = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        self.write(move |db| {
            let ended = refreshes::table.filter(refreshes::finished_at.lt(Some(Ts(before))));
            let refreshes = on!(&mut *db, |c| diesel::delete(ended).execute(c))?;
            let used = refresh_group_members::table.select(refresh_group_members::group_id);
            let empty = refresh_groups::table
                .filter(refresh_groups::requested_at.lt(Ts(before)))
                .filter(refresh_groups::id.ne_all(used));
            on!(&mut *db, |c| diesel::delete(empty).execute(c))?;
            let old = request_usage::table.filter(request_usage::minute.lt(Ts(before)));
            on!(&mut *db, |c| diesel::delete(old).execute(c))?;
            let sent = form_submissions::table.filter(form_submissions::at.lt(Ts(before)));
            on!(&mut *db, |c| diesel::delete(sent).execute(c))?;
            let over = sessions::table.filter(sessions::expires_at.le(Ts(now)));
            let sessions = on!(&mut *db, |c| diesel::delete(over).execute(c))?;
            let resets = password_resets::table.filter(password_resets::expires_at.le(Ts(now)));
            on!(&mut *db, |c| diesel::delete(resets).execute(c))?;
            let forgotten = throttles::table.filter(throttles::clear_at.le(Ts(now)));
            on!(&mut *db, |c| diesel::delete(forgotten).execute(c))?;
            if let Db::Sqlite(c) = db {
                // PostgreSQL keeps its statistics by itself
                c.batch_execute("PRAGMA analysis_limit = 400; PRAGMA optimize;")?;
            }
            Ok(Pruned { refreshes: number(refreshes), sessions: number(sessions) })
        })
        .await
    }
}
