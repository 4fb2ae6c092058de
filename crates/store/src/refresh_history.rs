//! What the refreshes of one query came to, newest first.

use crate::{Store, error::StoreError, pool::on, refreshes::RefreshRow, schema::refreshes};
use diesel::prelude::*;
use okrsync_domain::{QueryId, refresh::Refresh};

impl Store {
    /// The last refreshes of a query that have begun, newest first. Old ones are cleared away.
    pub async fn refresh_history(&self, query: QueryId, limit: u32) -> Result<Vec<Refresh>, StoreError> {
        self.read(move |db| {
            let begun = refreshes::table
                .filter(refreshes::query_id.eq(query.to_string()))
                .filter(refreshes::started_at.is_not_null())
                .order((refreshes::started_at.desc(), refreshes::id.desc()))
                .limit(i64::from(limit));
            let rows: Vec<RefreshRow> = on!(db, |c| begun.select(RefreshRow::as_select()).load(c))?;
            rows.into_iter().map(RefreshRow::read).collect()
        })
        .await
    }
}
