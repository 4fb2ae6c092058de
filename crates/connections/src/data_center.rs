//! What Data Center and Server understand: offset paging with exact totals.
//!
//! Source: [Jira Data Center REST API](https://developer.atlassian.com/server/jira/platform/rest/).

use crate::{
    Count, Error, SiteConfig, Verdict, Wanted, address,
    call::Call,
    client::Client,
    oauth2::Provider,
    search::{Found, Page},
    wire::{self, OffsetPage},
};
use okrsync_domain::{catalogue::Project, issue::IssueId};
use serde::Serialize;

/// Base of the REST API.
pub(crate) const API: &str = "rest/api/2";
/// Headers that every request carries: without the first, Jira takes a POST for a forged form.
pub(crate) const HEADERS: [(&str, &str); 1] = [("x-atlassian-token", "no-check")];
/// Few round trips, and no page that keeps a server busy for long. Servers clamp it (1,000 by default).
const PAGE_SIZE: u32 = 500;

/// How OAuth 2.0 is spoken (an incoming application link; Jira 8.22 and later). People may reach Jira at another address
/// than we do; the token is asked for at ours.
pub(crate) fn oauth2(config: &SiteConfig) -> Result<Provider, Error> {
    let people = config.auth_url.as_ref().unwrap_or(&config.server_url);
    Ok(Provider {
        authorize: address::beneath(people, "rest/oauth2/latest/authorize")?,
        token: address::beneath(&config.server_url, "rest/oauth2/latest/token")?,
        sites: None,
        scopes: &["READ"],
        parameters: &[],
        pkce: true,
        callback_on_renewal: true,
    })
}

/// Pages by offset. Each page runs the query anew, so rows may move between pages: every page starts with the last
/// row of the one before, and the walk must end at the total that the first page told.
pub(crate) struct OffsetPager {
    jql: String,
    read: u64,
    total: Option<u64>,
    last: Option<IssueId>,
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

impl OffsetPager {
    pub(crate) fn new(jql: String) -> Self {
        Self { jql, read: 0, total: None, last: None }
    }

    pub(crate) async fn next(&mut self, client: &Client, wanted: &Wanted) -> Result<Found, Error> {
        let start = self.read.saturating_sub(1);
        let size = self.size(start, wanted.page_size.unwrap_or(PAGE_SIZE));
        let answer = client.send(&search(&self.jql, start, size, wanted.names())).await?;
        let page = wire::offset_page(&answer.path, &answer.body, wanted)?;
        self.accept(start, page)
    }

    /// At least 2, since 1 would only ever be the row known already; and not beyond the total, since servers refuse
    /// what reaches over their result window.
    fn size(&self, start: u64, wanted: u32) -> u32 {
        let left = self.total.map_or(u32::MAX, |total| u32::try_from(total - start).unwrap_or(u32::MAX));
        wanted.max(2).min(left)
    }

    /// Holds a page against what is known of the walk.
    fn accept(&mut self, start: u64, mut page: OffsetPage) -> Result<Found, Error> {
        if page.start.is_some_and(|echoed| echoed != start) {
            return Err(Error::UnexpectedAnswer { detail: "the page does not start where it should".to_owned() });
        }
        let total = *self.total.get_or_insert(page.total);
        if total != page.total {
            return Err(changed(format!("{total} issues matched at first, now {}", page.total)));
        }
        if let Some(last) = self.last {
            if page.issues.first().is_none_or(|first| first.id != last) {
                return Err(changed("the pages no longer join".to_owned()));
            }
            page.issues.remove(0);
        }
        let found = page.issues.len() as u64;
        self.read += found;
        self.last = page.issues.last().map(|issue| issue.id).or(self.last);
        let last = self.read >= total;
        if self.read > total || (found == 0 && !last) {
            return Err(changed(format!("{} issues came, {total} were told", self.read)));
        }
        Ok(Found { page: Page { issues: page.issues, total: Some(total), warnings: page.warnings }, last })
    }
}

fn changed(detail: String) -> Error {
    Error::ResultChanged { detail }
}

fn search(jql: &str, start_at: u64, max_results: u32, fields: Vec<&str>) -> Call {
    of_search(&SearchBody { jql, start_at, max_results, validate_query: true, fields })
}

fn of_search(body: &SearchBody<'_>) -> Call {
    Call::post(format!("{API}/search"), body).about_query()
}

/// Which of these issues are there for the account: without validation, a search takes ids that it does not know.
pub(crate) async fn visible(client: &Client, ids: &[IssueId]) -> Result<Vec<IssueId>, Error> {
    let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let body = SearchBody {
        jql: &format!("id in ({list})"),
        start_at: 0,
        max_results: u32::try_from(ids.len()).unwrap_or(u32::MAX),
        validate_query: false,
        fields: vec!["status"],
    };
    let answer = client.send(&of_search(&body)).await?;
    wire::issue_ids(&answer.path, &answer.body)
}

/// How many issues match, exactly, and what was tolerated: a page without rows.
async fn total(client: &Client, jql: &str) -> Result<(u64, Vec<String>), Error> {
    let answer = client.send(&search(jql, 0, 0, vec!["status"])).await?;
    let page = wire::offset_page(&answer.path, &answer.body, &Wanted::default())?;
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

/// All projects that the account sees.
pub(crate) async fn projects(client: &Client) -> Result<Vec<Project>, Error> {
    let answer = client.send(&Call::get(format!("{API}/project"))).await?;
    Ok(answer.read::<Vec<wire::RawProject>>()?.into_iter().map(Project::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::issue::{Facts, Issue, IssueKey};

    fn page(start: u64, total: u64, ids: std::ops::Range<i64>) -> OffsetPage {
        let issue = |id| Issue {
            id: IssueId(id),
            key: IssueKey(format!("A-{id}")),
            updated: None,
            title: None,
            issue_type: None,
            status_id: None,
            status: None,
            assignee: None,
            facts: Facts::default(),
        };
        OffsetPage { start: Some(start), total, issues: ids.map(issue).collect(), warnings: Vec::new() }
    }

    /// Walks over hand-made pages: the issues read, or why the walk failed.
    fn walk(pages: Vec<OffsetPage>) -> Result<Vec<i64>, Error> {
        let (mut walk, mut ids) = (OffsetPager::new(String::new()), Vec::new());
        for page in pages {
            let found = walk.accept(walk.read.saturating_sub(1), page)?;
            ids.extend(found.page.issues.iter().map(|issue| issue.id.0));
            if found.last {
                return Ok(ids);
            }
        }
        Err(Error::SealBroken) // stands for "the pages ran out"
    }

    #[test]
    fn pages_overlap_by_one_row_and_end_at_the_total() {
        assert_eq!(walk(vec![page(0, 5, 0..3), page(2, 5, 2..5)]).unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(walk(vec![page(0, 3, 0..3)]).unwrap(), [0, 1, 2]);
        assert_eq!(walk(vec![page(0, 0, 0..0)]).unwrap(), [] as [i64; 0]);
        assert_eq!(walk(vec![page(0, 4, 0..2), page(1, 4, 1..3), page(2, 4, 2..4)]).unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn rows_that_moved_are_noticed() {
        for (what, pages) in [
            ("a row slipped to the page before", vec![page(0, 5, 0..3), page(2, 5, 3..6)]),
            ("a row came in before", vec![page(0, 5, 0..3), page(2, 5, 1..4)]),
            ("the total shrank", vec![page(0, 5, 0..3), page(2, 4, 2..4)]),
            ("the total grew", vec![page(0, 5, 0..3), page(2, 6, 2..5)]),
            ("rows are missing at the end", vec![page(0, 5, 0..3), page(2, 5, 2..3)]),
            ("the next page is empty", vec![page(0, 5, 0..3), page(2, 5, 0..0)]),
            ("more rows than told", vec![page(0, 2, 0..3)]),
            ("no row at all", vec![page(0, 2, 0..0)]),
        ] {
            assert!(matches!(walk(pages), Err(Error::ResultChanged { .. })), "{what}");
        }
        let wrong_start = walk(vec![page(0, 5, 0..3), page(0, 5, 0..3)]);
        assert!(matches!(wrong_start, Err(Error::UnexpectedAnswer { .. })));
    }
}
