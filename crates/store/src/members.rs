//! Members: which issues a query matched from when to when, and the facts that its readings were measured by.

use crate::{
    Store,
    error::StoreError,
    issues::IssueRow,
    pool::{Db, on, on_ids},
    row::Row,
    schema::{issues, members, queries},
    sql_types::{Json, Ts},
    store::CHUNK,
};
use diesel::prelude::*;
use okrsync_domain::{
    Instant, QueryId,
    issue::{Facts, Issue, IssueId, WorkProgress},
};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = members, treat_none_as_default_value = false)]
pub(crate) struct MemberRow {
    query_id: String,
    pub(crate) issue_id: i64,
    since: Ts,
    ended_at: Option<Ts>,
    completed: bool,
    time_spent: Option<i64>,
    original_estimate: Option<i64>,
    remaining_estimate: Option<i64>,
    progress_done: Option<i64>,
    progress_total: Option<i64>,
    numbers: Json,
}

/// How the members of a query changed from one refresh to the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemberChanges {
    /// Issues that match now and did not before.
    pub joined: u64,
    /// Issues that matched before and do not now.
    pub left: u64,
    /// Members whose facts changed.
    pub changed: u64,
    /// Members whose facts had to be read from the mirror; the others were as they were.
    pub read: u64,
}

/// Numbers of most issues: a document that need not be parsed.
const NO_NUMBERS: &str = "{}";

impl MemberRow {
    fn new(query: &str, id: IssueId, since: Instant, facts: &Facts) -> Self {
        Self {
            query_id: query.to_owned(),
            issue_id: id.0,
            since: Ts(since),
            ended_at: None,
            completed: facts.completed,
            time_spent: facts.time_spent,
            original_estimate: facts.original_estimate,
            remaining_estimate: facts.remaining_estimate,
            progress_done: facts.progress.map(|progress| progress.done),
            progress_total: facts.progress.map(|progress| progress.total),
            numbers: Json::of(&facts.numbers),
        }
    }

    /// What a reading was measured by.
    pub(crate) fn facts(&self) -> Result<Facts, StoreError> {
        let numbers = if self.numbers.0 == NO_NUMBERS {
            BTreeMap::new()
        } else {
            let key = format!("{} {}", self.query_id, self.issue_id);
            Row { table: "members", key: &key }.json("numbers", &self.numbers)?
        };
        Ok(Facts {
            completed: self.completed,
            time_spent: self.time_spent,
            original_estimate: self.original_estimate,
            remaining_estimate: self.remaining_estimate,
            progress: self.progress_done.zip(self.progress_total).map(|(done, total)| WorkProgress { done, total }),
            numbers,
        })
    }
}

/// The members of a query while a proved refresh is compared with them, piece by piece in the order of their ids: never more
/// than a piece is in memory.
pub(crate) struct Comparison {
    query: String,
    at: Instant,
    /// The last issue that was compared.
    behind: i64,
    ended: Vec<i64>,
    /// What was found so far.
    changes: MemberChanges,
}

/// The members that a piece is compared with: those of the same range of ids.
pub(crate) struct Before {
    last: i64,
    rows: BTreeMap<i64, MemberRow>,
}

impl Before {
    /// Takes a member out, with the facts that it was measured by.
    pub(crate) fn take(&mut self, id: IssueId) -> Result<Option<Facts>, StoreError> {
        self.rows.remove(&id.0).map(|row| row.facts()).transpose()
    }
}

impl Comparison {
    pub(crate) fn begin(query: &str, at: Instant) -> Self {
        Self { query: query.to_owned(), at, behind: i64::MIN, ended: Vec::new(), changes: MemberChanges::default() }
    }

    /// The current members behind those that were compared, up to an issue. Pieces come by ascending id.
    pub(crate) fn before(&self, db: &mut Db, last: IssueId) -> Result<Before, StoreError> {
        let current = members::table
            .filter(members::query_id.eq(&self.query).and(members::ended_at.is_null()))
            .filter(members::issue_id.gt(self.behind).and(members::issue_id.le(last.0)));
        let rows: Vec<MemberRow> = on!(db, |c| current.select(MemberRow::as_select()).load(c))?;
        Ok(Before { last: last.0, rows: rows.into_iter().map(|row| (row.issue_id, row)).collect() })
    }

    /// Compares a piece of what matches now with what matched before: opens rows for what is new or different, and closes
    /// those of what matches no longer. What is known to be as it was has been taken from `before`.
    pub(crate) fn compare(&mut self, db: &mut Db, mut before: Before, issues: &[Issue]) -> Result<(), StoreError> {
        let mut opened = Vec::new();
        self.changes.read += u64::try_from(issues.len()).unwrap_or(u64::MAX);
        for issue in issues {
            match before.take(issue.id)? {
                Some(facts) if facts == issue.facts => continue,
                Some(_) => {
                    self.changes.changed += 1;
                    self.ended.push(issue.id.0);
                }
                None => self.changes.joined += 1,
            }
            opened.push(MemberRow::new(&self.query, issue.id, self.at, &issue.facts));
        }
        self.behind = before.last;
        self.leave(before);
        self.end_rows(db)?;
        for part in opened.chunks(CHUNK) {
            on!(&mut *db, |c| diesel::insert_into(members::table).values(part).execute(c))?;
        }
        Ok(())
    }

    /// Closes the rows of those behind the last piece: they match no longer.
    pub(crate) fn finish(mut self, db: &mut Db) -> Result<MemberChanges, StoreError> {
        let before = self.before(db, IssueId(i64::MAX))?;
        self.leave(before);
        self.end_rows(db)?;
        Ok(self.changes)
    }

    fn leave(&mut self, left: Before) {
        self.changes.left += u64::try_from(left.rows.len()).unwrap_or(u64::MAX);
        self.ended.extend(left.rows.into_keys());
    }

    /// Ends the current rows of `ended`. They began before: refreshes of a query follow each other.
    fn end_rows(&mut self, db: &mut Db) -> Result<(), StoreError> {
        for part in self.ended.chunks(CHUNK) {
            let rows = members::table.filter(members::query_id.eq(&self.query).and(members::ended_at.is_null()));
            on_ids!(&mut *db, members::issue_id, part.to_vec(), |c, these| diesel::update(rows.filter(these))
                .set(members::ended_at.eq(Some(Ts(self.at))))
                .execute(c))?;
        }
        self.ended.clear();
        Ok(())
    }
}

impl Store {
    /// The members of a query by issue id, at an instant or now: facts as they were measured, titles and the like as they
    /// were last seen.
    pub async fn members(
        &self,
        query: QueryId,
        at: Option<Instant>,
        after: Option<IssueId>,
        limit: u32,
    ) -> Result<Vec<Issue>, StoreError> {
        self.read(move |db| {
            let rows: Vec<(MemberRow, Option<IssueRow>)> = on!(db, |c| {
                let mut wanted = members::table
                    .inner_join(queries::table.on(queries::id.eq(members::query_id)))
                    .left_join(issues::table.on(
                        issues::connection_id.eq(queries::connection_id).and(issues::issue_id.eq(members::issue_id)),
                    ))
                    .filter(members::query_id.eq(query.to_string()))
                    .filter(members::issue_id.gt(after.map_or(i64::MIN, |id| id.0)))
                    .select((MemberRow::as_select(), Option::<IssueRow>::as_select()))
                    .into_boxed();
                wanted = match at {
                    None => wanted.filter(members::ended_at.is_null()),
                    Some(at) => wanted
                        .filter(members::since.le(Ts(at)))
                        .filter(members::ended_at.is_null().or(members::ended_at.gt(Some(Ts(at))))),
                };
                wanted.order(members::issue_id).limit(i64::from(limit)).load(c)
            })?;
            rows.into_iter()
                .map(|(member, issue)| {
                    let facts = member.facts()?;
                    Ok(issue.unwrap_or_else(|| IssueRow::unseen(member.issue_id)).read(facts))
                })
                .collect()
        })
        .await
    }
}
