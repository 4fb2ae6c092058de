//! What people read of each issue, as a connection's account last saw it. It outlives the mirror: readings of the past name
//! their issues.

use crate::{
    error::StoreError,
    pool::{Db, on, on_ids},
    schema::issues,
    sql_types::Ts,
};
use diesel::{prelude::*, upsert::excluded};
use okrsync_domain::issue::{Facts, Issue, IssueId, IssueKey};
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = issues, treat_none_as_default_value = false)]
pub(crate) struct IssueRow {
    connection_id: String,
    issue_id: i64,
    issue_key: String,
    updated_at: Option<Ts>,
    title: Option<String>,
    issue_type: Option<String>,
    status_id: Option<String>,
    status: Option<String>,
    assignee: Option<String>,
    resolved: Option<bool>,
}

impl IssueRow {
    /// As it is stored.
    pub(crate) fn of(connection: &str, issue: &Issue) -> Self {
        Self {
            connection_id: connection.to_owned(),
            issue_id: issue.id.0,
            issue_key: issue.key.0.clone(),
            updated_at: issue.updated.map(Ts),
            title: issue.title.clone(),
            issue_type: issue.issue_type.clone(),
            status_id: issue.status_id.clone(),
            status: issue.status.clone(),
            assignee: issue.assignee.clone(),
            resolved: issue.resolved,
        }
    }

    /// An issue that the mirror has dropped: its number stands for its key.
    pub(crate) fn unseen(id: i64) -> Self {
        Self {
            connection_id: String::new(),
            issue_id: id,
            issue_key: id.to_string(),
            updated_at: None,
            title: None,
            issue_type: None,
            status_id: None,
            status: None,
            assignee: None,
            resolved: None,
        }
    }

    /// The issue with facts from elsewhere.
    pub(crate) fn read(self, facts: Facts) -> Issue {
        Issue {
            id: IssueId(self.issue_id),
            key: IssueKey(self.issue_key),
            updated: self.updated_at.map(|at| at.0),
            title: self.title,
            issue_type: self.issue_type,
            status_id: self.status_id,
            status: self.status,
            assignee: self.assignee,
            resolved: self.resolved,
            facts,
        }
    }
}

/// Shows people at most one chunk of issues as they were just seen; what is the same is not written again.
pub(crate) fn show<'a>(db: &mut Db, connection: &str, seen: impl Iterator<Item = &'a Issue>) -> Result<(), StoreError> {
    let seen: Vec<IssueRow> = seen.map(|issue| IssueRow::of(connection, issue)).collect();
    let ids: Vec<i64> = seen.iter().map(|row| row.issue_id).collect();
    let known = issues::table.filter(issues::connection_id.eq(connection));
    let known: Vec<IssueRow> =
        on_ids!(&mut *db, issues::issue_id, ids, |c, these| known.filter(these).select(IssueRow::as_select()).load(c))?;
    let known: HashMap<i64, IssueRow> = known.into_iter().map(|row| (row.issue_id, row)).collect();
    let news: Vec<IssueRow> = seen.into_iter().filter(|row| known.get(&row.issue_id) != Some(row)).collect();
    if news.is_empty() {
        return Ok(());
    }
    on!(db, |c| diesel::insert_into(issues::table)
        .values(&news)
        .on_conflict((issues::connection_id, issues::issue_id))
        .do_update()
        .set((
            issues::issue_key.eq(excluded(issues::issue_key)),
            issues::updated_at.eq(excluded(issues::updated_at)),
            issues::title.eq(excluded(issues::title)),
            issues::issue_type.eq(excluded(issues::issue_type)),
            issues::status_id.eq(excluded(issues::status_id)),
            issues::status.eq(excluded(issues::status)),
            issues::assignee.eq(excluded(issues::assignee)),
            issues::resolved.eq(excluded(issues::resolved)),
        ))
        .execute(c))?;
    Ok(())
}
