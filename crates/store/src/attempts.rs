//! Sign-ins under way: begun on a consent page, taken once when the browser comes back.

use crate::{
    Store,
    error::{StoreError, missing},
    pool::{Db, on},
    row::Row,
    schema::authorization_attempts,
    sql_types::Ts,
};
use diesel::prelude::*;
use okrsync_domain::{ConnectionId, Instant, UserId};

/// A sign-in under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// SHA-256 of what the browser brings back, in hex.
    pub state_hash: String,
    /// The connection that is signed in.
    pub connection_id: ConnectionId,
    /// Who began.
    pub user_id: UserId,
    /// SHA-256 of what only the browser that began knows, in hex.
    pub browser_hash: String,
    /// Where the browser comes back to.
    pub callback: String,
    /// What stays with us meanwhile, sealed.
    pub sealed: Option<String>,
    /// From when on it is too late.
    pub expires_at: Instant,
}

/// What became of taking one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is the caller's now, and nobody else's.
    Attempt(Attempt),
    /// It was taken before, or never was.
    Unknown,
    /// It is over.
    Expired,
    /// Another browser began it. It waits for that one.
    OtherBrowser,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = authorization_attempts, treat_none_as_default_value = false)]
struct AttemptRow {
    state_hash: String,
    connection_id: String,
    user_id: String,
    browser_hash: String,
    callback: String,
    sealed: Option<String>,
    expires_at: Ts,
}

impl AttemptRow {
    fn read(self) -> Result<Attempt, StoreError> {
        let row = Row { table: "authorization_attempts", key: &self.connection_id };
        Ok(Attempt {
            state_hash: self.state_hash,
            connection_id: row.id("connection_id", &self.connection_id)?,
            user_id: row.id("user_id", &self.user_id)?,
            browser_hash: self.browser_hash,
            callback: self.callback,
            sealed: self.sealed,
            expires_at: self.expires_at.0,
        })
    }
}

impl Store {
    /// Writes down that somebody was sent to a consent page. What nobody came back from in time goes.
    pub async fn add_attempt(&self, attempt: &Attempt, now: Instant) -> Result<(), StoreError> {
        let connection = attempt.connection_id;
        let row = AttemptRow {
            state_hash: attempt.state_hash.clone(),
            connection_id: connection.to_string(),
            user_id: attempt.user_id.to_string(),
            browser_hash: attempt.browser_hash.clone(),
            callback: attempt.callback.clone(),
            sealed: attempt.sealed.clone(),
            expires_at: Ts(attempt.expires_at),
        };
        self.write(move |db| {
            let over = authorization_attempts::table.filter(authorization_attempts::expires_at.le(Ts(now)));
            on!(&mut *db, |c| diesel::delete(over).execute(c))?;
            on!(db, |c| diesel::insert_into(authorization_attempts::table).values(&row).execute(c))
                .map_err(|error| missing(error, "connection", &connection))?;
            Ok(())
        })
        .await
    }

    /// Takes the sign-in that `state_hash` belongs to, if this browser began it and it is not too late. Of several who try
    /// at once, one gets it.
    pub async fn take_attempt(
        &self,
        state_hash: String,
        browser_hash: String,
        now: Instant,
    ) -> Result<Taken, StoreError> {
        self.write(move |db| {
            let Some(row) = find(db, &state_hash)? else { return Ok(Taken::Unknown) };
            if row.expires_at.0 <= now {
                return Ok(Taken::Expired);
            }
            if row.browser_hash != browser_hash {
                return Ok(Taken::OtherBrowser);
            }
            let gone = on!(db, |c| diesel::delete(authorization_attempts::table.find(state_hash.clone())).execute(c))?;
            if gone == 0 { Ok(Taken::Unknown) } else { row.read().map(Taken::Attempt) }
        })
        .await
    }
}

fn find(db: &mut Db, state_hash: &str) -> Result<Option<AttemptRow>, StoreError> {
    let query = authorization_attempts::table.find(state_hash.to_owned());
    Ok(on!(db, |c| query.select(AttemptRow::as_select()).first(c).optional())?)
}
