//! Past members: who matched before the first measurement, as a backfill computed it, with the facts of that time.
//!
//! Apart from the members that were measured, so that nothing that is computed afterwards touches them. Each run of a
//! backfill has its own, under the id that its readings carry.

use crate::{
    Store,
    backfills::PastMember,
    compare::{Member, Name, Which},
    error::StoreError,
    issues::IssueRow,
    pool::{Db, on},
    row::{Row, word},
    schema::{issues, past_members, queries, readings},
    sql_types::{Json, Ts},
    store::CHUNK,
};
use diesel::prelude::*;
use okrsync_domain::{
    Instant, RefreshId,
    issue::{Issue, IssueId},
    reading::ReadingKind,
};

/// Writes down who matched from when to when.
pub(crate) fn insert(db: &mut Db, run: RefreshId, query: &str, past: &[PastMember]) -> Result<(), StoreError> {
    let run = run.to_string();
    for part in past.chunks(CHUNK) {
        let row = |member: &PastMember| {
            (
                past_members::run_id.eq(run.clone()),
                past_members::query_id.eq(query.to_owned()),
                past_members::issue_id.eq(member.issue.0),
                past_members::since.eq(Ts(member.since)),
                past_members::ended_at.eq(Ts(member.ended_at)),
                past_members::facts.eq(Json::of(&member.facts)),
            )
        };
        let rows: Vec<_> = part.iter().map(row).collect();
        on!(&mut *db, |c| diesel::insert_into(past_members::table).values(rows).execute(c))?;
    }
    Ok(())
}

/// Drops what no reading refers to any more.
pub(crate) fn forget_unread(db: &mut Db, query: &str) -> Result<(), StoreError> {
    let used = readings::table
        .filter(readings::query_id.eq(Some(query.to_owned())))
        .filter(readings::kind.eq(word(&ReadingKind::Reconstructed)))
        .filter(readings::refresh_id.is_not_null())
        .select(readings::refresh_id.assume_not_null())
        .distinct();
    let used: Vec<String> = on!(&mut *db, |c| used.load(c))?;
    let kept = past_members::table.filter(past_members::query_id.eq(query)).select(past_members::run_id).distinct();
    let kept: Vec<String> = on!(&mut *db, |c| kept.load(c))?;
    let unread: Vec<String> = kept.into_iter().filter(|run| !used.contains(run)).collect();
    let rows = past_members::table.filter(past_members::run_id.eq_any(unread));
    on!(db, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}

/// Members of a run with what people know them by.
pub(crate) fn load(db: &mut Db, run: &str, which: Which) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<(i64, Json, Name)> = on!(db, |c| {
        let rows =
            past_members::table
                .inner_join(queries::table.on(queries::id.eq(past_members::query_id)))
                .left_join(issues::table.on(
                    issues::connection_id.eq(queries::connection_id).and(issues::issue_id.eq(past_members::issue_id)),
                ))
                .filter(past_members::run_id.eq(run))
                .select((past_members::issue_id, past_members::facts, (issues::issue_key, issues::title).nullable()))
                .into_boxed();
        let (since, lasts) = (past_members::since, |at| past_members::ended_at.gt(Ts(at)));
        let rows = match which {
            Which::At(at) => rows.filter(since.le(Ts(at))).filter(lasts(at)),
            Which::Ended(from, to) => {
                rows.filter(since.le(Ts(from))).filter(lasts(from)).filter(past_members::ended_at.le(Ts(to)))
            }
            Which::Begun(from, to) => rows.filter(since.gt(Ts(from))).filter(since.le(Ts(to))).filter(lasts(to)),
            Which::Kept(from, to) => rows.filter(since.le(Ts(from))).filter(lasts(to)),
        };
        rows.load(c)
    })?;
    let row = Row { table: "past_members", key: run };
    rows.into_iter().map(|(id, facts, name)| Ok(Member { id, facts: row.json("facts", &facts)?, name })).collect()
}

impl Store {
    /// Who matched at an instant of the past by a run of a backfill, by issue id: facts as they were, titles and the like
    /// as they were last seen.
    pub async fn past_members(
        &self,
        run: RefreshId,
        at: Instant,
        after: Option<IssueId>,
        limit: u32,
    ) -> Result<Vec<Issue>, StoreError> {
        self.read(move |db| {
            let key = run.to_string();
            let rows: Vec<(i64, Json, Option<IssueRow>)> = on!(db, |c| past_members::table
                .inner_join(queries::table.on(queries::id.eq(past_members::query_id)))
                .left_join(issues::table.on(
                    issues::connection_id.eq(queries::connection_id).and(issues::issue_id.eq(past_members::issue_id)),
                ))
                .filter(past_members::run_id.eq(&key))
                .filter(past_members::issue_id.gt(after.map_or(i64::MIN, |id| id.0)))
                .filter(past_members::since.le(Ts(at)).and(past_members::ended_at.gt(Ts(at))))
                .order(past_members::issue_id)
                .limit(i64::from(limit))
                .select((past_members::issue_id, past_members::facts, Option::<IssueRow>::as_select()))
                .load(c))?;
            let row = Row { table: "past_members", key: &key };
            rows.into_iter()
                .map(|(id, facts, issue)| {
                    let facts = row.json("facts", &facts)?;
                    Ok(issue.unwrap_or_else(|| IssueRow::unseen(id)).read(facts))
                })
                .collect()
        })
        .await
    }
}
