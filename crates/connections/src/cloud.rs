//! What Jira Cloud understands: token paging, approximate counts, the query parser.
//!
//! Sources: [Jira Cloud REST API v3](https://developer.atlassian.com/cloud/jira/platform/rest/v3/).

use crate::{
    Count, Error, SiteConfig, Verdict, Wanted, address,
    call::Call,
    client::{self, Client},
    oauth2::Provider,
    search::{Found, Page},
    wire::{self, Fetched, Row},
};
use okrsync_domain::{catalogue::Project, issue::IssueId};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, sync::Arc};
use url::Url;

/// Base of the REST API.
pub(crate) const API: &str = "rest/api/3";
/// Where people allow access to their sites.
const ATLASSIAN_AUTH: &str = "https://auth.atlassian.com/";
/// With fields named, sites give about this many whatever is asked for.
pub(crate) const PAGE_SIZE: u32 = 100;
/// The largest page of ids alone.
pub(crate) const LISTING_SIZE: u32 = 5000;
/// Issues of one bulk fetch.
pub(crate) const FETCH_SIZE: u32 = 100;
/// Pages without an issue in a row, before the walk is given up as endless.
const MOST_EMPTY_PAGES: u32 = 50;
const PROJECTS_PAGE: usize = 100;
/// Issues that a search reads past its index.
pub(crate) const MOST_RECONCILED: usize = 50;
/// Queries that are matched at once. Jira has a limit and does not tell it.
pub(crate) const MATCHED_AT_ONCE: usize = 10;

/// Pages by opaque token.
pub(crate) struct TokenPager {
    jql: String,
    reconciled: Arc<[IssueId]>,
    token: Option<String>,
    used: HashSet<String>,
    empty: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchBody<'a> {
    jql: &'a str,
    max_results: u32,
    fields: Vec<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reconcile_issues: &'a [IssueId],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<&'a str>,
}

impl TokenPager {
    pub(crate) fn new(jql: String, reconciled: Arc<[IssueId]>) -> Self {
        Self { jql, reconciled, token: None, used: HashSet::new(), empty: 0 }
    }

    pub(crate) async fn next<R: Row>(&mut self, client: &Client, wanted: &Wanted) -> Result<Found<R>, Error> {
        let body = SearchBody {
            jql: &self.jql,
            max_results: wanted.page_size.unwrap_or(PAGE_SIZE).max(1),
            fields: wanted.names(),
            reconcile_issues: &self.reconciled,
            next_page_token: self.token.as_deref(),
        };
        let answer = client.send(&search(&body)).await.map_err(|error| self.of_later_page(error))?;
        let page = wire::token_page(&answer.path, &answer.body, wanted)?;
        let last = self.advance(page.next, page.issues.is_empty())?;
        Ok(Found { page: Page { issues: page.issues, total: None, warnings: page.warnings }, last })
    }

    /// The first page was accepted, so what is refused now is the token.
    fn of_later_page(&self, error: Error) -> Error {
        match error {
            Error::QueryInvalid { messages } if self.token.is_some() => {
                Error::ResultChanged { detail: format!("Jira refuses its own page token: {}", messages.join(" ")) }
            }
            error => error,
        }
    }

    /// Moves on; whether that was the last page.
    fn advance(&mut self, next: Option<String>, empty: bool) -> Result<bool, Error> {
        self.empty = if empty { self.empty + 1 } else { 0 };
        let Some(token) = next else { return Ok(true) };
        if self.empty >= MOST_EMPTY_PAGES {
            return Err(Error::UnexpectedAnswer { detail: format!("{MOST_EMPTY_PAGES} pages in a row were empty") });
        }
        if !self.used.insert(token.clone()) {
            return Err(Error::UnexpectedAnswer { detail: "a page token came twice".to_owned() });
        }
        self.token = Some(token);
        Ok(false)
    }
}

fn search(body: &impl Serialize) -> Call {
    Call::post(format!("{API}/search/jql"), body).about_query()
}

#[derive(Serialize)]
struct Jql<'a> {
    jql: &'a str,
}

/// How many issues match, about.
pub(crate) async fn count(client: &Client, jql: &str) -> Result<Count, Error> {
    #[derive(Deserialize)]
    struct Counted {
        count: u64,
    }
    let call = Call::post(format!("{API}/search/approximate-count"), &Jql { jql }).about_query();
    let counted: Counted = client.send(&call).await?.read()?;
    Ok(Count { number: counted.count, exact: false })
}

#[derive(Serialize)]
struct Queries<'a> {
    queries: [&'a str; 1],
}

#[derive(Deserialize)]
struct Parsed {
    queries: Vec<ParsedQuery>,
}

#[derive(Deserialize)]
struct ParsedQuery {
    #[serde(default)]
    errors: Vec<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

/// How strictly the parser judges. Strict says nothing of unknown people; the other warns of them.
const STRICT: &str = "strict";
const WARN: &str = "warn";

async fn parse(client: &Client, jql: &str, validation: &str) -> Result<ParsedQuery, Error> {
    let call = Call::post(format!("{API}/jql/parse"), &Queries { queries: [jql] }).with("validation", validation);
    let mut parsed: Parsed = client.send(&call.about_query()).await?.read()?;
    let detail = "the query parser answered without a verdict";
    parsed.queries.pop().ok_or_else(|| Error::UnexpectedAnswer { detail: detail.to_owned() })
}

/// Jira's own strict verdict.
pub(crate) async fn judge(client: &Client, jql: &str) -> Result<Verdict, Error> {
    if jql.trim().is_empty() {
        return Err(Error::QueryUnbounded); // the parser takes no empty text
    }
    match parse(client, jql, STRICT).await {
        Ok(parsed) => Ok(Verdict::refused(jql, parsed.errors).with_warnings(parsed.warnings)),
        Err(Error::QueryInvalid { messages }) => Ok(Verdict::refused(jql, messages)),
        Err(error) => Err(error),
    }
}

/// What Jira says of people whom it does not know.
pub(crate) async fn unknown_people(client: &Client, jql: &str) -> Result<Vec<String>, Error> {
    Ok(parse(client, jql, WARN).await?.warnings)
}

/// Jira's own strict verdict, and whether anything matches at all.
pub(crate) async fn check_query(client: &Client, jql: &str) -> Result<Verdict, Error> {
    let verdict = judge(client, jql).await?;
    if !verdict.accepted() {
        return Ok(verdict);
    }
    let probe = probe(client, jql).await;
    Verdict::after_search(jql, probe).map(|probed| probed.with_warnings(verdict.warnings))
}

/// One id at most: whether a query matches anything, and with which warnings.
pub(crate) async fn probe(client: &Client, jql: &str) -> Result<(Option<bool>, Vec<String>), Error> {
    let body = SearchBody { jql, max_results: 1, fields: vec!["id"], reconcile_issues: &[], next_page_token: None };
    let answer = client.send(&search(&body)).await?;
    let (found, more, warnings) = wire::any_issue(&answer.path, &answer.body)?;
    let matches_nothing = if found { Some(false) } else { (!more).then_some(true) };
    Ok((matches_nothing, warnings))
}

/// Some issues as the database has them, not the index. Those that are gone, or hidden from the account, are left out.
pub(crate) async fn fetch(client: &Client, ids: &[IssueId], wanted: &Wanted) -> Result<Vec<Fetched>, Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Bulk<'a> {
        issue_ids_or_keys: Vec<String>,
        fields: Vec<&'a str>,
    }
    let body = Bulk { issue_ids_or_keys: ids.iter().map(ToString::to_string).collect(), fields: wanted.names() };
    let answer = client.send(&Call::post(format!("{API}/issue/bulkfetch"), &body)).await?;
    wire::list(&answer.path, &answer.body, wanted)
}

/// Which of the queries any of the issues matches, by the database.
pub(crate) async fn matching(client: &Client, ids: &[IssueId], queries: &[&str]) -> Result<Vec<Option<bool>>, Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        issue_ids: &'a [IssueId],
        jqls: &'a [&'a str],
    }
    #[derive(Deserialize)]
    struct Matches {
        matches: Vec<Matched>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Matched {
        matched_issues: Vec<wire::Id>,
        #[serde(default)]
        errors: Vec<String>,
    }
    let mut all = Vec::with_capacity(queries.len());
    for jqls in queries.chunks(MATCHED_AT_ONCE) {
        let answer = client.send(&Call::post(format!("{API}/jql/match"), &Body { issue_ids: ids, jqls })).await?;
        let Matches { matches } = answer.read()?;
        if matches.len() != jqls.len() {
            let detail = format!("{} queries were matched and {} answered", jqls.len(), matches.len());
            return Err(Error::UnexpectedAnswer { detail });
        }
        let told = |matched: Matched| matched.errors.is_empty().then_some(!matched.matched_issues.is_empty());
        all.extend(matches.into_iter().map(told));
    }
    Ok(all)
}

/// All projects that the account sees.
pub(crate) async fn projects(client: &Client) -> Result<Vec<Project>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ProjectPage {
        values: Vec<wire::RawProject>,
        is_last: Option<bool>,
    }
    let mut projects = Vec::new();
    loop {
        let call = Call::get(format!("{API}/project/search")).with("startAt", projects.len().to_string());
        let page = match client.send(&call.with("maxResults", PROJECTS_PAGE.to_string())).await {
            Err(Error::NotFound { .. }) => return Ok(projects), // documented for "none match"
            answer => answer?.read::<ProjectPage>()?,
        };
        let done = page.is_last.unwrap_or(page.values.len() < PROJECTS_PAGE) || page.values.is_empty();
        projects.extend(page.values.into_iter().map(Project::from));
        if done {
            return Ok(projects);
        }
    }
}

/// How OAuth 2.0 (3LO) is spoken. All of it is at Atlassian's hosts, the token's address too.
pub(crate) fn oauth2(config: &SiteConfig) -> Result<Provider, Error> {
    let auth = match &config.auth_url {
        Some(url) => url.clone(),
        None => Url::parse(ATLASSIAN_AUTH).map_err(|error| Error::Settings { detail: error.to_string() })?,
    };
    Ok(Provider {
        authorize: address::beneath(&auth, "authorize")?,
        token: address::beneath(&auth, "oauth/token")?,
        sites: Some(address::beneath(&client::gateway_base(config)?, "oauth/token/accessible-resources")?),
        scopes: &["read:jira-work", "read:jira-user", "offline_access"],
        webhook_scope: Some("manage:jira-webhook"),
        parameters: &[("audience", "api.atlassian.com"), ("prompt", "consent")],
        pkce: false,
        callback_on_renewal: false,
    })
}

/// The id of a Cloud site, which only Cloud sites tell.
pub(crate) async fn cloud_id(client: &Client) -> Result<String, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Tenant {
        cloud_id: String,
    }
    let answer = client.send(&Call::get("_edge/tenant_info").anonymous()).await?;
    Ok(answer.read::<Tenant>()?.cloud_id)
}
