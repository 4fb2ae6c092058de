//! Changelogs as JSON, in the three orders and lengths in which Jira gives them.

use serde::Serialize;
use serde_json::{Value, json};

use super::catalogue_json as shape;
use super::issue_json::{IssueJson, Page, timestamp};
use crate::issue::{Change, ChangeItem};

/// How many entries `expand=changelog` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Histories {
    /// Not asked for.
    None,
    /// Cloud: newest first, cut off here.
    Newest(usize),
    /// Data Center: oldest first, complete.
    All,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Expanded {
    start_at: usize,
    max_results: usize,
    total: usize,
    histories: Vec<Value>,
}

/// The `changelog` of an issue, where it was asked for.
pub(crate) fn expanded(issue: &IssueJson<'_>) -> Option<Expanded> {
    let (page, view) = (&issue.page, &issue.view);
    let changes = || view.issue.changes(view.as_of);
    let total = changes().count();
    let histories: Vec<Value> = match page.histories {
        Histories::None => return None,
        Histories::Newest(most) => changes().rev().take(most).map(|change| history(page, change, None)).collect(),
        Histories::All => changes().map(|change| history(page, change, None)).collect(),
    };
    Some(Expanded { start_at: 0, max_results: histories.len(), total, histories })
}

/// One entry; with field ids given, only their items.
pub(crate) fn history(page: &Page<'_>, change: &Change, only: Option<&[String]>) -> Value {
    let wanted = |item: &&ChangeItem| {
        only.is_none_or(|ids| item.field_id.as_ref().is_some_and(|id| ids.contains(id)) || ids.contains(&item.field))
    };
    let author = page.catalogue.user(&change.author).map(|user| shape::user(page, user));
    json!({
        "id": change.id.to_string(), "author": author, "created": timestamp(change.at, page.zone),
        "items": change.items.iter().filter(wanted).map(item).collect::<Vec<_>>(),
    })
}

fn item(item: &ChangeItem) -> Value {
    let mut value = json!({
        "field": item.field, "fieldtype": if item.custom { "custom" } else { "jira" },
        "from": item.from.id, "fromString": item.from.text, "to": item.to.id, "toString": item.to.text,
    });
    if let Some(id) = &item.field_id {
        value["fieldId"] = json!(id);
    }
    value
}
