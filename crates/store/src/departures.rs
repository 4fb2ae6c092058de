//! Departures: which issues are about to leave a query, and what is known of those that Jira does not give any more.

use crate::{
    Store,
    claims::Lease,
    error::StoreError,
    pool::{Db, on},
    row::word,
    schema::{departures, issues, members, queries, refreshes, stage},
    sql_types::Ts,
    store::CHUNK,
};
use diesel::prelude::*;
use okrsync_domain::{
    Instant,
    issue::{IssueId, IssueKey},
    moves::Gone,
};

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
    /// The current members of a refresh's query that are not on its stage: what recording it will end. At most `limit`,
    /// by id, with the keys last seen; an issue that the mirror does not have is left out.
    pub async fn departing(&self, lease: &Lease, limit: u32) -> Result<Vec<(IssueId, IssueKey)>, StoreError> {
        let key = lease.refresh_id.to_string();
        self.read(move |db| {
            let staged = stage::table.filter(stage::refresh_id.eq(key.clone())).select(stage::issue_id);
            let departing =
                members::table
                    .inner_join(queries::table.on(queries::id.eq(members::query_id)))
                    .inner_join(refreshes::table.on(refreshes::query_id.eq(queries::id)))
                    .inner_join(issues::table.on(
                        issues::connection_id.eq(queries::connection_id).and(issues::issue_id.eq(members::issue_id)),
                    ))
                    .filter(refreshes::id.eq(key))
                    .filter(members::ended_at.is_null())
                    .filter(members::issue_id.ne_all(staged))
                    .order(members::issue_id)
                    .limit(i64::from(limit))
                    .select((members::issue_id, issues::issue_key));
            let rows: Vec<(i64, String)> = on!(db, |c| departing.load(c))?;
            Ok(rows.into_iter().map(|(id, key)| (IssueId(id), IssueKey(key))).collect())
        })
        .await
    }
}
