//! Single issues and bulk reads: from the database, so always up to date.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::Ask;
use super::changelog_json::{self, Histories};
use super::issue_json::{IssueJson, Page};
use super::reply::{Answer, Reply};
use super::selection::Selection;
use super::worklog_json;
use crate::issue::{AsOf, IssueId, IssueView};
use crate::options::Dialect;
use crate::site::Site;
use crate::sync::read;

/// Entries of `expand=changelog` in a bulk fetch.
const BULK_HISTORIES: usize = 40;
/// Issues of one bulk changelog.
const BULK_CHANGELOG_ISSUES: usize = 1000;
const UNSEEN: &str = "Issue does not exist or you do not have permission to see it.";

/// `POST /issue/bulkfetch`: ascending ids, unseen issues silently left out.
pub(crate) fn bulk_fetch(ask: &Ask) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Body {
        issue_ids_or_keys: Vec<String>,
        fields: Option<Vec<String>>,
        #[serde(default)]
        expand: Vec<String>,
        #[serde(default, rename = "fieldsByKeys")]
        _fields_by_keys: bool,
        #[serde(default, rename = "properties")]
        _properties: Vec<String>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Fetched<'a> {
        issues: Vec<IssueJson<'a>>,
        issue_errors: [(); 0],
    }
    let body: Body = ask.parse()?;
    let explicit = body.fields.as_deref().is_some_and(Selection::is_explicit) && body.expand.is_empty();
    let most = if explicit { ask.shared.options.bulk_fetch_cap.max(100) } else { 100 };
    if body.issue_ids_or_keys.is_empty() || body.issue_ids_or_keys.len() > most {
        return Err(Reply::error(400, &format!("The number of issues must be between 1 and {most}.")));
    }
    let site = read(&ask.shared.site);
    let default_fields = vec!["*navigable".to_owned()];
    let selection = Selection::of(body.fields.as_deref().unwrap_or(&default_fields), site.catalogue());
    let expand = body.expand.iter().any(|part| part == "changelog");
    let histories = if expand { Histories::Newest(BULK_HISTORIES) } else { Histories::None };
    let page = page(ask, &site, &selection, histories);
    let ids: BTreeSet<IssueId> = body.issue_ids_or_keys.iter().filter_map(|name| site.find(name)).collect();
    let issues = ids.into_iter().filter_map(|id| seen(ask, &site, id)).map(|view| IssueJson { page, view }).collect();
    Ok(Reply::json(&Fetched { issues, issue_errors: [] }))
}

/// `GET /issue/{idOrKey}`.
pub(crate) fn get(ask: &Ask) -> Answer {
    let site = read(&ask.shared.site);
    let view = named(ask, &site)?;
    let wanted = ask.list("fields").unwrap_or_else(|| vec!["*all".to_owned()]);
    let mut selection = Selection::of(&wanted, site.catalogue());
    selection.key = true;
    let expand = ask.list("expand").unwrap_or_default().iter().any(|part| part == "changelog");
    let histories = match (expand, ask.shared.dialect) {
        (false, _) => Histories::None,
        (true, Dialect::Cloud) => Histories::Newest(100),
        (true, Dialect::DataCenter) => Histories::All,
    };
    Ok(Reply::json(&IssueJson { page: page(ask, &site, &selection, histories), view }))
}

/// `GET /issue/{idOrKey}/changelog`: oldest first, by offset.
pub(crate) fn changelog(ask: &Ask) -> Answer {
    let site = read(&ask.shared.site);
    let view = named(ask, &site)?;
    let selection = Selection::default();
    let page = page(ask, &site, &selection, Histories::None);
    let all: Vec<Value> = view.issue.changes(AsOf::Now).map(|c| changelog_json::history(&page, c, None)).collect();
    paged(ask, &all, (100, 100), "values")
}

/// `GET /issue/{idOrKey}/worklog`: by offset on Cloud, all at once on Data Center; 404 while time tracking is off.
pub(crate) fn worklogs(ask: &Ask) -> Answer {
    if !ask.shared.options.time_tracking {
        return Err(Reply::error(404, "Time Tracking is not enabled."));
    }
    let site = read(&ask.shared.site);
    let view = named(ask, &site)?;
    let selection = Selection::default();
    let issue = IssueJson { page: page(ask, &site, &selection, Histories::None), view };
    let logs = view.issue.worklogs(AsOf::Now).map(|log| worklog_json::worklog(&issue.page, &issue, log));
    let all: Vec<Value> = logs.collect();
    match ask.shared.dialect {
        Dialect::Cloud => paged(ask, &all, (5000, 5000), "worklogs"),
        Dialect::DataCenter => {
            let total = all.len();
            Ok(Reply::json(&json!({ "startAt": 0, "maxResults": total, "total": total, "worklogs": all })))
        }
    }
}

/// `POST /changelog/bulkfetch`: entries of many issues, an issue's entries may go over several pages.
pub(crate) fn bulk_changelog(ask: &Ask) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Body {
        issue_ids_or_keys: Vec<String>,
        field_ids: Option<Vec<String>>,
        max_results: Option<usize>,
        next_page_token: Option<String>,
    }
    let body: Body = ask.parse()?;
    let (count, most) = (body.issue_ids_or_keys.len(), body.max_results.unwrap_or(1000));
    let fields = body.field_ids.as_deref();
    let sound = (1..=BULK_CHANGELOG_ISSUES).contains(&count) && (1..=10_000).contains(&most);
    if !sound || fields.is_some_and(|ids| ids.len() > 10) {
        return Err(Reply::error(400, "The request is outside the limits of this operation."));
    }
    let start = match body.next_page_token.as_deref().map(|token| token.strip_prefix("clb").map(str::parse::<usize>)) {
        None => 0,
        Some(Some(Ok(start))) => start,
        Some(_) => return Err(Reply::error(400, "The provided next page token is invalid or has expired.")),
    };
    let site = read(&ask.shared.site);
    let selection = Selection::default();
    let page = page(ask, &site, &selection, Histories::None);
    let ids: BTreeSet<IssueId> = body.issue_ids_or_keys.iter().filter_map(|name| site.find(name)).collect();
    let views = ids.into_iter().filter_map(|id| seen(ask, &site, id));
    let entries = views.flat_map(|view| view.issue.changes(AsOf::Now).map(move |change| (view.issue.id, change)));
    let shaped = entries.map(|(id, change)| (id, changelog_json::history(&page, change, fields)));
    let kept: Vec<_> = shaped.filter(|(_, entry)| entry["items"].as_array().is_some_and(|i| !i.is_empty())).collect();
    let shown = kept.iter().skip(start).take(most);
    let mut issues: Vec<Value> = Vec::new();
    for (id, entry) in shown {
        let id = id.to_string();
        match issues.last_mut() {
            Some(last) if last["issueId"] == id => {
                if let Some(entries) = last["changeHistories"].as_array_mut() {
                    entries.push(entry.clone());
                }
            }
            _ => issues.push(json!({ "issueId": id, "changeHistories": [entry] })),
        }
    }
    let next = (start + most < kept.len()).then(|| format!("clb{}", start + most));
    Ok(Reply::json(&json!({ "issueChangeLogs": issues, "nextPageToken": next })))
}

/// What the issues of an answer have in common.
fn page<'a>(ask: &'a Ask, site: &'a Site, selection: &'a Selection, histories: Histories) -> Page<'a> {
    Page {
        site,
        catalogue: site.catalogue(),
        selection,
        base_url: &ask.shared.base_url,
        dialect: ask.shared.dialect,
        zone: ask.visitor.zone,
        histories,
    }
}

fn seen<'a>(ask: &Ask, site: &'a Site, id: IssueId) -> Option<IssueView<'a>> {
    site.view(id).filter(|view| Site::may_see(site.catalogue(), ask.user(), view.state))
}

/// The issue that the path names: not there and not to be seen are the same 404.
fn named<'a>(ask: &Ask, site: &'a Site) -> Result<IssueView<'a>, Reply> {
    let view = site.find(ask.path_param()).and_then(|id| seen(ask, site, id));
    view.ok_or_else(|| Reply::error(404, UNSEEN))
}

/// A page of a list by `startAt` and `maxResults`, of a default and a largest size.
pub(super) fn paged(ask: &Ask, all: &[Value], (default, most): (usize, usize), list: &str) -> Answer {
    let number = |name: &str, default: usize| -> Result<usize, Reply> {
        Ok(ask.number(name)?.and_then(|n| usize::try_from(n).ok()).unwrap_or(default))
    };
    let start = number("startAt", 0)?;
    let size = number("maxResults", default)?.min(most);
    let (from, to) = (start.min(all.len()), all.len().min(start.saturating_add(size)));
    let mut value = json!({ "startAt": start, "maxResults": size, "total": all.len(), "isLast": to == all.len() });
    value[list] = json!(all[from..to]);
    Ok(Reply::json(&value))
}
