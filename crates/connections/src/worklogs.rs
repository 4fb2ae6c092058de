//! Worklogs of issues, complete: a hundred issues at a time, and issue by issue where they come cut off.

use crate::{Error, call::Call, client::Client, wire::worklogs as wire};
use okrsync_domain::{history::Worklog, issue::IssueId};
use serde::Serialize;
use std::collections::BTreeMap;

/// The field in which issues carry their first worklogs.
const FIELD: [&str; 1] = ["worklog"];
/// Worklogs on one page of an issue's: Jira's own limit.
const PAGE: u32 = 5_000;
/// No issue has more pages: a server that never ends is broken.
const MOST_PAGES: u32 = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fetch {
    issue_ids_or_keys: Vec<String>,
    fields: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    jql: String,
    start_at: u32,
    max_results: usize,
    fields: [&'static str; 1],
}

/// Cloud: in bulk; an issue's further ones are paged.
pub(crate) async fn cloud(
    client: &Client,
    api: &str,
    ids: &[IssueId],
) -> Result<BTreeMap<IssueId, Vec<Worklog>>, Error> {
    let body = Fetch { issue_ids_or_keys: ids.iter().map(ToString::to_string).collect(), fields: FIELD };
    let answer = client.send(&Call::post(format!("{api}/issue/bulkfetch"), &body)).await?;
    complete(client, api, wire::of_issues(&answer.path, &answer.body)?, true).await
}

/// Data Center: with a search over the ids; an issue's further ones come all at once.
pub(crate) async fn data_center(
    client: &Client,
    api: &str,
    ids: &[IssueId],
) -> Result<BTreeMap<IssueId, Vec<Worklog>>, Error> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let jql = format!("id IN ({})", texts.join(", "));
    let body = Search { jql, start_at: 0, max_results: ids.len(), fields: FIELD };
    let answer = client.send(&Call::post(format!("{api}/search"), &body).about_query()).await?;
    complete(client, api, wire::of_issues(&answer.path, &answer.body)?, false).await
}

async fn complete(
    client: &Client,
    api: &str,
    found: Vec<(IssueId, wire::Logs)>,
    paged: bool,
) -> Result<BTreeMap<IssueId, Vec<Worklog>>, Error> {
    let mut all = BTreeMap::new();
    for (id, logs) in found {
        let whole = if logs.is_complete() { logs.logs } else { of_one(client, api, id, paged).await? };
        all.insert(id, whole);
    }
    Ok(all)
}

/// All worklogs of an issue; none where time tracking is off by now.
async fn of_one(client: &Client, api: &str, id: IssueId, paged: bool) -> Result<Vec<Worklog>, Error> {
    let mut all: Vec<Worklog> = Vec::new();
    for _ in 0..MOST_PAGES {
        let call = Call::get(format!("{api}/issue/{id}/worklog"));
        let call =
            if paged { call.with("startAt", all.len().to_string()).with("maxResults", PAGE.to_string()) } else { call };
        let page = match client.send(&call).await {
            Ok(answer) => wire::page(&answer.path, &answer.body)?,
            Err(Error::NotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let last = page.logs.is_empty();
        all.extend(page.logs);
        if all.len() >= page.total {
            return Ok(all);
        }
        if last {
            break;
        }
    }
    Err(Error::UnexpectedAnswer { detail: format!("the worklogs of issue {id} come cut off") })
}
