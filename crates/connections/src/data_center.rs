//! What Data Center and Server understand: offset paging with exact totals.
//!
//! Source: [Jira Data Center REST API](https://developer.atlassian.com/server/jira/platform/rest/).

use crate::{
    Count, Error, SiteConfig, Verdict, Wanted, address,
    call::Call,
    client::Client,
    oauth2::Provider,
    wire::{self, Fetched},
};
use okrsync_domain::{
    catalogue::Project,
    issue::{Issue, IssueId},
};
use serde::Serialize;

/// Base of the REST API.
pub(crate) const API: &str = "rest/api/2";
/// Headers that every request carries: without the first, Jira takes a POST for a forged form.
pub(crate) const HEADERS: [(&str, &str); 1] = [("x-atlassian-token", "no-check")];
/// Few round trips, and no page that keeps a server busy for long. Servers clamp it (1,000 by default).
pub(crate) const PAGE_SIZE: u32 = 500;
/// A page of a listing: as much as servers give.
pub(crate) const LISTING_SIZE: u32 = 1000;
/// Issues asked for by id at once: far below what one query may name.
pub(crate) const FETCH_SIZE: u32 = 500;

/// How OAuth 2.0 is spoken (an incoming application link; Jira 8.22 and later). People may reach Jira at another address
/// than we do; the token is asked for at ours.
pub(crate) fn oauth2(config: &SiteConfig) -> Result<Provider, Error> {
    let people = config.auth_url.as_ref().unwrap_or(&config.server_url);
    Ok(Provider {
        authorize: address::beneath(people, "rest/oauth2/latest/authorize")?,
        token: address::beneath(&config.server_url, "rest/oauth2/latest/token")?,
        sites: None,
        scopes: &["READ"],
        webhook_scope: None,
        parameters: &[],
        pkce: true,
        callback_on_renewal: true,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchBody<'a> {
    jql: &'a str,
    start_at: u64,
    max_results: u32,
    validate_query: bool,
    fields: Vec<&'a str>,
}

pub(crate) fn search(jql: &str, start_at: u64, max_results: u32, fields: Vec<&str>) -> Call {
    let body = SearchBody { jql, start_at, max_results, validate_query: true, fields };
    Call::post(format!("{API}/search"), &body).about_query()
}

/// How many issues match, exactly, and what was tolerated: a page without rows.
async fn total(client: &Client, jql: &str) -> Result<(u64, Vec<String>), Error> {
    let answer = client.send(&search(jql, 0, 0, vec!["status"])).await?;
    let page = wire::offset_page::<Issue>(&answer.path, &answer.body, &Wanted::default())?;
    Ok((page.total, page.warnings))
}

/// How many issues match, exactly.
pub(crate) async fn count(client: &Client, jql: &str) -> Result<Count, Error> {
    total(client, jql).await.map(|(number, _)| Count { number, exact: true })
}

/// Jira's verdict by running the query without taking a row.
pub(crate) async fn check_query(client: &Client, jql: &str) -> Result<Verdict, Error> {
    Verdict::after_search(jql, probe(client, jql).await)
}

/// Whether a query matches anything, and with which warnings.
pub(crate) async fn probe(client: &Client, jql: &str) -> Result<(Option<bool>, Vec<String>), Error> {
    total(client, jql).await.map(|(total, warnings)| (Some(total == 0), warnings))
}

/// Some issues as they are now. Those that are gone, or hidden from the account, are left out: the strict check of values
/// would refuse the whole list for one of them, so it is off.
pub(crate) async fn fetch(client: &Client, ids: &[IssueId], wanted: &Wanted) -> Result<Vec<Fetched>, Error> {
    let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let jql = format!("id IN ({list}) ORDER BY key ASC");
    let mut found: Vec<Fetched> = Vec::new();
    loop {
        // Servers clamp pages; one that gives less is asked for the rest.
        let (start_at, left) = (found.len() as u64, u32::try_from(ids.len() - found.len()).unwrap_or(u32::MAX));
        let fields = wanted.names();
        let body = SearchBody { jql: &jql, start_at, max_results: left, validate_query: false, fields };
        let answer = client.send(&Call::post(format!("{API}/search"), &body)).await?;
        let page = wire::offset_page(&answer.path, &answer.body, wanted)?;
        let over = page.issues.is_empty() || start_at + page.issues.len() as u64 >= page.total;
        if !over {
            client.note_page(left, page.issues.len());
        }
        found.extend(page.issues);
        if over || found.len() >= ids.len() {
            return Ok(found);
        }
    }
}

/// Which of the queries any of the issues matches: a page without rows for each. Issues that are gone must not have the
/// whole refused, so the strict check of values is off.
pub(crate) async fn matching(client: &Client, ids: &[IssueId], queries: &[&str]) -> Result<Vec<Option<bool>>, Error> {
    let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut all = Vec::with_capacity(queries.len());
    for query in queries {
        let jql = format!("({query}) AND id IN ({list})");
        let body = SearchBody { jql: &jql, start_at: 0, max_results: 0, validate_query: false, fields: vec!["status"] };
        all.push(match client.send(&Call::post(format!("{API}/search"), &body).about_query()).await {
            Ok(answer) => {
                let page = wire::offset_page::<Issue>(&answer.path, &answer.body, &Wanted::default())?;
                Some(page.total > 0)
            }
            Err(Error::QueryInvalid { .. }) => None,
            Err(error) => return Err(error),
        });
    }
    Ok(all)
}

/// All projects that the account sees.
pub(crate) async fn projects(client: &Client) -> Result<Vec<Project>, Error> {
    let answer = client.send(&Call::get(format!("{API}/project"))).await?;
    Ok(answer.read::<Vec<wire::RawProject>>()?.into_iter().map(Project::from).collect())
}
