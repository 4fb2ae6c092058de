//! Cloud's search: bounded queries, ids only unless fields are named, pages by opaque token, a lagging index.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::changelog_json::Histories;
use super::issue_json::{IssueJson, Page};
use super::queries::{self, Mistake, UNBOUNDED};
use super::reply::{Answer, Reply};
use super::selection::Selection;
use crate::faults::Effect;
use crate::issue::IssueId;
use crate::matching::{ItemView, SiteView};
use crate::options::Dialect;
use crate::ordering::SortKey;
use crate::results::{Found, Index, Question};
use crate::site::Site;
use crate::sync::{lock, read, write};

/// Issues that a search may be asked to read past the index.
const MOST_RECONCILED: usize = 50;
/// Fields of ORDER BY.
const MOST_SORTS: usize = 7;
/// Issue properties that may be asked for.
const MOST_PROPERTIES: usize = 5;
/// Entries of `expand=changelog` in a search.
const HISTORIES: usize = 100;
const BAD_TOKEN: &str = "The provided next page token is invalid or has expired.";

/// The closed schema of POST; GET is read into the same.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    jql: Option<String>,
    next_page_token: Option<String>,
    max_results: Option<i32>,
    fields: Option<Vec<String>>,
    expand: Option<String>,
    properties: Option<Vec<String>>,
    /// Accepted; ids and keys of fields are the same here.
    #[serde(default, rename = "fieldsByKeys")]
    _fields_by_keys: bool,
    reconcile_issues: Option<Vec<u64>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Results<'a> {
    issues: Vec<IssueJson<'a>>,
    is_last: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<Map<String, Value>>,
}

impl Body {
    fn of(ask: &Ask) -> Result<Self, Reply> {
        if !ask.is_get {
            return ask.parse();
        }
        let bad = |name: &str| Reply::error(400, &format!("The parameter '{name}' cannot be read."));
        let reconcile = ask.list("reconcileIssues").map(|ids| ids.iter().map(|id| id.parse()).collect());
        let max_results = ask.number("maxResults")?.map(i32::try_from);
        Ok(Self {
            jql: ask.param("jql").map(str::to_owned),
            next_page_token: ask.param("nextPageToken").filter(|token| !token.is_empty()).map(str::to_owned),
            max_results: max_results.transpose().map_err(|_| bad("maxResults"))?,
            fields: ask.list("fields"),
            expand: ask.param("expand").map(str::to_owned),
            properties: ask.list("properties"),
            _fields_by_keys: ask.flag("fieldsByKeys"),
            reconcile_issues: reconcile.transpose().map_err(|_| bad("reconcileIssues"))?,
        })
    }

    fn check(&self) -> Result<(), Reply> {
        let over =
            |what: &str, most| Err(Reply::error(400, &format!("{what} must not have more than {most} entries.")));
        if self.reconcile_issues.as_ref().is_some_and(|ids| ids.len() > MOST_RECONCILED) {
            return over("reconcileIssues", MOST_RECONCILED);
        }
        if self.properties.as_ref().is_some_and(|keys| keys.len() > MOST_PROPERTIES) {
            return over("properties", MOST_PROPERTIES);
        }
        if self.max_results.is_some_and(|most| most < 1) {
            return Err(Reply::error(400, "maxResults must be at least 1."));
        }
        Ok(())
    }

    fn expands(&self, what: &str) -> bool {
        self.expand.iter().flat_map(|list| list.split(',')).any(|part| part.trim() == what)
    }
}

/// `GET|POST /search/jql`.
pub(crate) fn search(ask: &Ask) -> Answer {
    let body = Body::of(ask)?;
    body.check()?;
    let query = match queries::read(body.jql.as_deref().unwrap_or("")) {
        Ok(query) => query,
        Err(Mistake::BareWords) => return Ok(Reply::json(&json!({ "issues": [], "isLast": true }))),
        Err(Mistake::Syntax(message)) => return Err(Reply::error(400, &message)),
    };
    if !query.is_bounded() {
        return Err(Reply::error(400, UNBOUNDED));
    }
    if query.order_by.len() > MOST_SORTS {
        return Err(Reply::error(400, &format!("ORDER BY supports at most {MOST_SORTS} fields.")));
    }
    let reconciled: Vec<IssueId> = body.reconcile_issues.iter().flatten().copied().map(IssueId::from).collect();
    let question = Question { query: &query, asker: queries::asker(ask), index: Index::Lagging(&reconciled) };
    let answer = {
        let site = read(&ask.shared.site);
        let found = queries::find(ask, &site, &question);
        queries::refuse_functions(&found)?;
        page(ask, &body, &site, &question, &found)
    };
    catch_up(ask);
    answer
}

fn page(ask: &Ask, body: &Body, site: &Site, question: &Question<'_>, found: &Found) -> Answer {
    let (shared, plan) = (&ask.shared, &ask.visitor.plan);
    let now = shared.options.clock.now();
    let bound_to = format!("{:?} {:?} {}", ask.user(), body.reconcile_issues, question.query.canonical());
    let catalogue = site.catalogue();
    let default_fields = vec!["id".to_owned()];
    let selection = Selection::of(body.fields.as_deref().unwrap_or(&default_fields), catalogue);
    let most = most(ask, body, &selection);
    let key = |id: IssueId| key(site, question, found, id);
    let (start, number) = match &body.next_page_token {
        None => (0, 1),
        Some(_) if plan.is(&Effect::TokenRejected) => return Err(Reply::error(400, BAD_TOKEN)),
        Some(token) => {
            let cursor = lock(&shared.memory.cursors).find(token, &bound_to, now);
            let cursor = cursor.ok_or_else(|| Reply::error(400, BAD_TOKEN))?;
            let passed = |id: &IssueId| key(*id).is_some_and(|key| found.order.compare(&key, &cursor.after).is_le());
            (found.ids.partition_point(passed), cursor.page)
        }
    };
    let end = found.ids.len().min(start + most);
    let is_last = end == found.ids.len();
    let token = match (is_last, &body.next_page_token) {
        (true, _) => None,
        (false, Some(token)) if plan.is(&Effect::RepeatedToken) => Some(token.clone()),
        (false, _) => found.ids[..end]
            .last()
            .and_then(|last| key(*last))
            .map(|after| lock(&shared.memory.cursors).issue(&bound_to, after, number + 1, now)),
    };
    let page = Page {
        site,
        catalogue,
        selection: &selection,
        base_url: &shared.base_url,
        dialect: Dialect::Cloud,
        zone: ask.visitor.zone,
        histories: if body.expands("changelog") { Histories::Newest(HISTORIES) } else { Histories::None },
    };
    let ids = queries::tampered(plan, &found.ids, start, end);
    let issues = ids.filter_map(|id| Some(IssueJson { page, view: question.view(site, id)? })).collect();
    let names = body.expands("names").then(|| queries::names(catalogue, &selection));
    Ok(Reply::json(&Results { issues, is_last, next_page_token: token, names }))
}

/// The size asked for, or the server's cap. Fields cost page size, ids and keys alone do not.
fn most(ask: &Ask, body: &Body, selection: &Selection) -> usize {
    let options = &ask.shared.options;
    let small = !selection.bare || body.expand.is_some() || body.properties.is_some();
    let cap = if small { options.page_cap_with_fields } else { options.page_cap_ids };
    usize::try_from(body.max_results.unwrap_or(50)).unwrap_or(50).min(cap)
}

fn key(site: &Site, question: &Question<'_>, found: &Found, id: IssueId) -> Option<SortKey> {
    let of = SiteView { site, catalogue: site.catalogue(), user: question.asker.user };
    Some(found.order.key(&ItemView { of, view: question.view(site, id)? }))
}

/// Each search brings the lagging index nearer.
fn catch_up(ask: &Ask) {
    if read(&ask.shared.site).lag.is_empty() {
        return;
    }
    write(&ask.shared.site).lag.retain(|_, lag| {
        lag.searches_left -= 1;
        lag.searches_left > 0
    });
}

/// `POST /search/approximate-count`.
pub(crate) fn approximate_count(ask: &Ask) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Count {
        jql: Option<String>,
    }
    let body: Count = ask.parse()?;
    let query = match queries::read(body.jql.as_deref().unwrap_or("")) {
        Ok(query) => query,
        Err(Mistake::BareWords) => return Ok(Reply::json(&json!({ "count": 0 }))),
        Err(Mistake::Syntax(message)) => return Err(Reply::error(400, &message)),
    };
    if !query.is_bounded() {
        return Err(Reply::error(400, UNBOUNDED));
    }
    let question = Question { query: &query, asker: queries::asker(ask), index: Index::Lagging(&[]) };
    let found = queries::find(ask, &read(&ask.shared.site), &question);
    queries::refuse_functions(&found)?;
    catch_up(ask);
    Ok(Reply::json(&json!({ "count": found.ids.len() })))
}
