//! The past of issues: their fields as they are and every change of them, complete or not at all.
//!
//! Cloud gives both in bulk, a hundred issues at a time; where the bulk interface is missing, each issue is paged through.
//! Data Center gives them with a search; what comes cut off is fetched issue by issue.

use crate::{Error, call::Call, client::Client, wire::past};
use okrsync_domain::{
    history::{FieldChange, IssueHistory},
    issue::IssueId,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Most issues of one call of [`crate::Site::histories`].
pub const MOST_ISSUES: usize = 100;
/// Entries on one page of a bulk changelog: Jira's own limit.
const BULK_ENTRIES: u32 = 10_000;
/// Entries on one page of an issue's changelog.
const ISSUE_ENTRIES: u32 = 100;
/// No changelog has more pages: a server that never ends is broken.
const MOST_PAGES: u32 = 10_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fetch<'a> {
    issue_ids_or_keys: Vec<String>,
    fields: &'a [&'a str],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bulk {
    issue_ids_or_keys: Vec<String>,
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Search<'a> {
    jql: String,
    start_at: u32,
    max_results: usize,
    fields: &'a [&'a str],
    expand: [&'static str; 1],
}

fn texts(ids: &[IssueId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Cloud: fields in bulk, then changes in bulk.
pub(crate) async fn cloud(
    client: &Client,
    api: &str,
    ids: &[IssueId],
    fields: &[&str],
) -> Result<Vec<IssueHistory>, Error> {
    let body = Fetch { issue_ids_or_keys: texts(ids), fields };
    let answer = client.send(&Call::post(format!("{api}/issue/bulkfetch"), &body)).await?;
    let mut issues: Vec<IssueHistory> =
        past::issues(&answer.path, &answer.body)?.into_iter().map(|(issue, _)| issue).collect();
    let seen: Vec<IssueId> = issues.iter().map(|issue| issue.id).collect();
    if seen.is_empty() {
        return Ok(issues);
    }
    let mut changes = match bulk(client, api, &seen).await {
        Err(Error::NotFound { .. } | Error::ApiRemoved { .. }) => one_by_one(client, api, &seen).await?,
        changes => changes?,
    };
    for issue in &mut issues {
        issue.changes = changes.remove(&issue.id).map(in_order).unwrap_or_default();
    }
    Ok(issues)
}

/// The changes of many issues; those of one may come on several pages.
async fn bulk(client: &Client, api: &str, ids: &[IssueId]) -> Result<BTreeMap<IssueId, Vec<FieldChange>>, Error> {
    let (mut all, mut token, mut used) = (BTreeMap::<IssueId, Vec<FieldChange>>::new(), None, HashSet::new());
    loop {
        let body = Bulk { issue_ids_or_keys: texts(ids), max_results: BULK_ENTRIES, next_page_token: token };
        let answer = client.send(&Call::post(format!("{api}/changelog/bulkfetch"), &body)).await?;
        let (page, next) = past::bulk_changes(&answer.path, &answer.body)?;
        for (id, changes) in page {
            all.entry(id).or_default().extend(changes);
        }
        match next {
            None => return Ok(all),
            Some(next) if !used.insert(next.clone()) => {
                return Err(Error::UnexpectedAnswer { detail: "a page of the changelog came twice".to_owned() });
            }
            next => token = next,
        }
    }
}

/// The changes of each issue, page by page.
async fn one_by_one(client: &Client, api: &str, ids: &[IssueId]) -> Result<BTreeMap<IssueId, Vec<FieldChange>>, Error> {
    let mut all = BTreeMap::new();
    for id in ids {
        let (mut changes, mut read) = (Vec::new(), 0);
        for _ in 0..MOST_PAGES {
            let call = Call::get(format!("{api}/issue/{id}/changelog"))
                .with("startAt", read.to_string())
                .with("maxResults", ISSUE_ENTRIES.to_string());
            let answer = client.send(&call).await?;
            let page = past::issue_changes(&answer.path, &answer.body)?;
            read += page.entries;
            changes.extend(page.changes);
            if page.entries == 0 || read >= page.total {
                break;
            }
        }
        all.insert(*id, changes);
    }
    Ok(all)
}

/// Data Center: fields and changes with a search over the ids.
pub(crate) async fn data_center(
    client: &Client,
    api: &str,
    ids: &[IssueId],
    fields: &[&str],
) -> Result<Vec<IssueHistory>, Error> {
    let jql = format!("id IN ({})", texts(ids).join(", "));
    let body = Search { jql, start_at: 0, max_results: ids.len(), fields, expand: ["changelog"] };
    let answer = client.send(&Call::post(format!("{api}/search"), &body).about_query()).await?;
    let mut issues = Vec::new();
    for (mut issue, complete) in past::issues(&answer.path, &answer.body)? {
        if !complete {
            let call = Call::get(format!("{api}/issue/{}", issue.id)).with("expand", "changelog");
            let answer = client.send(&call.with("fields", fields.join(","))).await?;
            let (whole, complete) = past::one_issue(&answer.path, &answer.body)?;
            if !complete {
                let detail = format!("the changelog of {} comes cut off", issue.key);
                return Err(Error::UnexpectedAnswer { detail });
            }
            issue = whole;
        }
        issue.changes = in_order(issue.changes);
        issues.push(issue);
    }
    let asked: BTreeSet<IssueId> = ids.iter().copied().collect();
    issues.retain(|issue| asked.contains(&issue.id));
    Ok(issues)
}

/// Oldest first, whichever way the site gives them; changes of one instant stay in their order.
fn in_order(mut changes: Vec<FieldChange>) -> Vec<FieldChange> {
    changes.sort_by_key(|change| change.at);
    changes
}
