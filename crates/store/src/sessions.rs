//! Browser sessions, as the web layer's session library wants them kept.

use crate::{Store, error::StoreError, pool::on, schema::sessions, sql_types::Ts};
use diesel::{prelude::*, upsert::excluded};
use okrsync_domain::Instant;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: String,
    data: String,
    expires_at: Ts,
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
}

impl std::fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredSession").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

fn row(id: &str, data: &str, expires_at: Instant) -> SessionRow {
    SessionRow { id: id.to_owned(), data: data.to_owned(), expires_at: Ts(expires_at) }
}

impl Store {
    /// Stores a new session; `false` where the id is taken.
    pub async fn create_session(&self, id: &str, data: &str, expires_at: Instant) -> Result<bool, StoreError> {
        let row = row(id, data, expires_at);
        self.write(move |db| {
            let insert = diesel::insert_into(sessions::table).values(&row).on_conflict_do_nothing();
            Ok(on!(db, |c| insert.execute(c))? == 1)
        })
        .await
    }

    /// Stores a session, new or known.
    pub async fn save_session(&self, id: &str, data: &str, expires_at: Instant) -> Result<(), StoreError> {
        let row = row(id, data, expires_at);
        self.write(move |db| {
            on!(db, |c| diesel::insert_into(sessions::table)
                .values(&row)
                .on_conflict(sessions::id)
                .do_update()
                .set((
                    sessions::data.eq(excluded(sessions::data)),
                    sessions::expires_at.eq(excluded(sessions::expires_at))
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
            let found = on!(db, |c| query.select(SessionRow::as_select()).first(c).optional())?;
            Ok(found.map(|row| StoredSession { id: row.id, data: row.data, expires_at: row.expires_at.0 }))
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
