//! Waits that Jira asked for, by connection and endpoint: whoever hears of one tells all processes.

use crate::{
    Store,
    connections::CONNECTION,
    error::{StoreError, missing},
    pool::{Db, on},
    schema::waits,
    sql_types::Ts,
};
use diesel::{prelude::*, upsert::excluded};
use okrsync_domain::{ConnectionId, Instant};

/// What is kept as the endpoint of a wait that concerns all of the connection.
const ALL: &str = "";

/// The waits of a connection that are not over: what is not to be asked (none is everything), and until when.
pub(crate) fn load(db: &mut Db, connection: &str, now: Instant) -> Result<Vec<(Option<String>, Instant)>, StoreError> {
    let running = waits::table
        .filter(waits::connection_id.eq(connection).and(waits::until.gt(Ts(now))))
        .order(waits::endpoint)
        .select((waits::endpoint, waits::until));
    let rows: Vec<(String, Ts)> = on!(db, |c| running.load(c))?;
    Ok(rows.into_iter().map(|(endpoint, until)| ((endpoint != ALL).then_some(endpoint), until.0)).collect())
}

/// Forgets the waits of a connection: another site asked for them.
pub(crate) fn clear(db: &mut Db, connection: &str) -> Result<(), StoreError> {
    on!(db, |c| diesel::delete(waits::table.filter(waits::connection_id.eq(connection))).execute(c))?;
    Ok(())
}

impl Store {
    /// Keeps a wait that Jira asked for; a longer one that is known stays.
    pub async fn note_wait(
        &self,
        id: ConnectionId,
        endpoint: Option<String>,
        until: Instant,
    ) -> Result<(), StoreError> {
        use diesel::query_dsl::methods::FilterDsl as _;
        self.write(move |db| {
            let row = (
                waits::connection_id.eq(id.to_string()),
                waits::endpoint.eq(endpoint.unwrap_or_else(|| ALL.to_owned())),
                waits::until.eq(Ts(until)),
            );
            on!(db, |c| diesel::insert_into(waits::table)
                .values(&row)
                .on_conflict((waits::connection_id, waits::endpoint))
                .do_update()
                .set(waits::until.eq(excluded(waits::until)))
                .filter(waits::until.lt(excluded(waits::until)))
                .execute(c))
            .map_err(|error| missing(error, CONNECTION, &id))?;
            Ok(())
        })
        .await
    }
}
