//! Browser sessions, as the web layer's session library wants them kept, and whose they are.

use crate::{Store, error::StoreError, pool::on, row::Row, schema::sessions, sql_types::Ts};
use diesel::{prelude::*, upsert::excluded};
use okrsync_domain::{Instant, SessionId, UserId};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
struct SessionRow {
    id: String,
    data: String,
    expires_at: Ts,
    user_id: Option<String>,
    handle: Option<String>,
    began_at: Option<Ts>,
    seen_at: Option<Ts>,
    agent: Option<String>,
}

/// Whose a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOwner {
    /// The person who signed in.
    pub user_id: UserId,
    /// What the session is called in lists.
    pub handle: SessionId,
    /// When they signed in.
    pub began_at: Instant,
    /// When it was last used (kept to the day).
    pub seen_at: Instant,
    /// What the browser called itself.
    pub agent: String,
}

/// A stored session.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// What the cookie leads to: as good as the cookie, so hand in a hash of it.
    pub id: String,
    /// What the web layer keeps, as text.
    pub data: String,
    /// From when on it is over.
    pub expires_at: Instant,
    /// Whose it is; none before somebody signs in.
    pub owner: Option<SessionOwner>,
}

impl std::fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredSession").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl SessionRow {
    fn of(session: StoredSession) -> Self {
        let StoredSession { id, data, expires_at, owner } = session;
        let owner = owner.as_ref();
        Self {
            id,
            data,
            expires_at: Ts(expires_at),
            user_id: owner.map(|owner| owner.user_id.to_string()),
            handle: owner.map(|owner| owner.handle.to_string()),
            began_at: owner.map(|owner| Ts(owner.began_at)),
            seen_at: owner.map(|owner| Ts(owner.seen_at)),
            agent: owner.map(|owner| owner.agent.clone()),
        }
    }

    fn read(self) -> Result<StoredSession, StoreError> {
        // the key is as good as a cookie and never shown
        let row = Row { table: "sessions", key: "?" };
        let owner = match (&self.user_id, &self.handle, self.began_at, self.seen_at) {
            (Some(user_id), Some(handle), Some(began_at), Some(seen_at)) => Some(SessionOwner {
                user_id: row.id("user_id", user_id)?,
                handle: row.id("handle", handle)?,
                began_at: began_at.0,
                seen_at: seen_at.0,
                agent: self.agent.unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(StoredSession { id: self.id, data: self.data, expires_at: self.expires_at.0, owner })
    }
}

impl Store {
    /// Stores a new session; `false` where the id is taken.
    pub async fn create_session(&self, session: StoredSession) -> Result<bool, StoreError> {
        let row = SessionRow::of(session);
        self.write(move |db| {
            let insert = diesel::insert_into(sessions::table).values(&row).on_conflict_do_nothing();
            Ok(on!(db, |c| insert.execute(c))? == 1)
        })
        .await
    }

    /// Stores a session, new or known.
    pub async fn save_session(&self, session: StoredSession) -> Result<(), StoreError> {
        let row = SessionRow::of(session);
        self.write(move |db| {
            on!(db, |c| diesel::insert_into(sessions::table)
                .values(&row)
                .on_conflict(sessions::id)
                .do_update()
                .set((
                    sessions::data.eq(excluded(sessions::data)),
                    sessions::expires_at.eq(excluded(sessions::expires_at)),
                    sessions::user_id.eq(excluded(sessions::user_id)),
                    sessions::handle.eq(excluded(sessions::handle)),
                    sessions::began_at.eq(excluded(sessions::began_at)),
                    sessions::seen_at.eq(excluded(sessions::seen_at)),
                    sessions::agent.eq(excluded(sessions::agent)),
                ))
                .execute(c))?;
            Ok(())
        })
        .await
    }

    /// A session that is not over at `now`.
    pub async fn load_session(&self, id: &str, now: Instant) -> Result<Option<StoredSession>, StoreError> {
        let id = id.to_owned();
        self.read(move |db| {
            let query = sessions::table.filter(sessions::id.eq(id).and(sessions::expires_at.gt(Ts(now))));
            on!(db, |c| query.select(SessionRow::as_select()).first(c).optional())?.map(SessionRow::read).transpose()
        })
        .await
    }

    /// A person's sessions that are not over at `now`, the newest first.
    pub async fn sessions(&self, owner: UserId, now: Instant) -> Result<Vec<SessionOwner>, StoreError> {
        self.read(move |db| {
            let query = sessions::table
                .filter(sessions::user_id.eq(owner.to_string()).and(sessions::expires_at.gt(Ts(now))))
                .order((sessions::began_at.desc(), sessions::handle.desc()));
            let rows: Vec<SessionRow> = on!(db, |c| query.select(SessionRow::as_select()).load(c))?;
            rows.into_iter().filter_map(|row| row.read().map(|session| session.owner).transpose()).collect()
        })
        .await
    }

    /// Ends one of a person's sessions.
    pub async fn end_session(&self, owner: UserId, handle: SessionId) -> Result<(), StoreError> {
        self.write(move |db| {
            let own = sessions::table
                .filter(sessions::user_id.eq(owner.to_string()).and(sessions::handle.eq(handle.to_string())));
            let gone = on!(db, |c| diesel::delete(own).execute(c))?;
            if gone == 0 { Err(StoreError::not_found("session", &handle)) } else { Ok(()) }
        })
        .await
    }

    /// Ends a session; one that is gone already is fine.
    pub async fn delete_session(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |db| {
            on!(db, |c| diesel::delete(sessions::table.find(id)).execute(c))?;
            Ok(())
        })
        .await
    }
}
