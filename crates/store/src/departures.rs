//! Departures: which issues are about to leave a query, and what is known of those that Jira does not give any more.

use crate::{
    Store,
    claims::Lease,
    error::StoreError,
    pool::{Db, on, on_ids},
    row::word,
    schema::{departures, issues, members, queries, refreshes},
    sql_types::Ts,
    store::CHUNK,
};
use diesel::prelude::*;
use okrsync_domain::{
    Instant,
    issue::{IssueId, IssueKey},
    moves::Gone,
};
use std::sync::Arc;

/// Notes what is known of issues that leave at `at`, inside somebody's transaction.
pub(crate) fn note(db: &mut Db, query: &str, at: Instant, gone: &[(IssueId, Gone)]) -> Result<(), StoreError> {
    for part in gone.chunks(CHUNK) {
        let row = |(issue, gone): &(IssueId, Gone)| {
            (
                departures::query_id.eq(query.to_owned()),
                departures::issue_id.eq(issue.0),
                departures::ended_at.eq(Ts(at)),
                departures::gone.eq(word(gone)),
            )
        };
        let rows: Vec<_> = part.iter().map(row).collect();
        on!(&mut *db, |c| diesel::insert_into(departures::table).values(rows).execute(c))?;
    }
    Ok(())
}

impl Store {
    /// The current members of a refresh's query that it does not find (`found`, by id): what recording it will end. At most
    /// `limit`, by id, with the keys last seen; an issue that is not mirrored is left out.
    pub async fn departing(
        &self,
        lease: &Lease,
        found: Arc<[IssueId]>,
        limit: u32,
    ) -> Result<Vec<(IssueId, IssueKey)>, StoreError> {
        let key = lease.refresh_id.to_string();
        self.read(move |db| {
            let query = refreshes::table.find(&key).select(refreshes::query_id);
            let query: Option<String> = on!(&mut *db, |c| query.first(c).optional())?;
            let Some(query) = query else { return Ok(Vec::new()) };
            let current = members::table
                .filter(members::query_id.eq(&query).and(members::ended_at.is_null()))
                .order(members::issue_id)
                .select(members::issue_id);
            let current: Vec<i64> = on!(&mut *db, |c| current.load(c))?;
            let missed = current.into_iter().filter(|id| found.binary_search(&IssueId(*id)).is_err());
            let missed: Vec<i64> = missed.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
            let known = issues::table
                .inner_join(queries::table.on(queries::connection_id.eq(issues::connection_id)))
                .filter(queries::id.eq(&query))
                .order(issues::issue_id)
                .select((issues::issue_id, issues::issue_key));
            let rows: Vec<(i64, String)> =
                on_ids!(db, issues::issue_id, missed, |c, these| known.filter(these).load(c))?;
            Ok(rows.into_iter().map(|(id, key)| (IssueId(id), IssueKey(key))).collect())
        })
        .await
    }
}
