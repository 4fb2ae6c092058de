//! Issues with their past over the wire: any field, and changelogs in their three shapes.

use super::{
    parse,
    scalar::{Id, decimal, instant},
};
use crate::Error;
use okrsync_domain::{
    Instant,
    history::{FieldChange, FieldValue, IssueHistory, Side, Thing, TimeSource},
    issue::{IssueId, IssueKey},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Issues<'a> {
    #[serde(borrow)]
    issues: Vec<RawPast<'a>>,
}

#[derive(Deserialize)]
struct RawPast<'a> {
    id: Id,
    key: String,
    #[serde(borrow)]
    fields: BTreeMap<String, &'a RawValue>,
    changelog: Option<Expanded>,
}

#[derive(Deserialize)]
struct Expanded {
    total: usize,
    histories: Vec<RawHistory>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BulkPage {
    issue_change_logs: Vec<BulkIssue>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BulkIssue {
    issue_id: Id,
    change_histories: Vec<RawHistory>,
}

#[derive(Deserialize)]
struct IssuePage {
    total: u64,
    values: Vec<RawHistory>,
}

#[derive(Deserialize)]
struct RawHistory {
    created: Box<RawValue>,
    author: Option<Person>,
    items: Vec<RawItem>,
}

/// By account id on Cloud, by key and name on Data Center.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    account_id: Option<String>,
    key: Option<String>,
    name: Option<String>,
    display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawItem {
    field: String,
    field_id: Option<String>,
    from: Option<String>,
    from_string: Option<String>,
    to: Option<String>,
    to_string: Option<String>,
}

/// Whatever a field may hold, as far as queries look at it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawThing<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    account_id: Option<String>,
    key: Option<String>,
    name: Option<String>,
    display_name: Option<String>,
    value: Option<String>,
}

/// A page of one issue's changelog.
pub(crate) struct IssueChanges {
    pub(crate) total: u64,
    pub(crate) entries: u64,
    pub(crate) changes: Vec<FieldChange>,
}

/// A page of changes of many issues, and the token of the next one.
pub(crate) type BulkChanges = (Vec<(IssueId, Vec<FieldChange>)>, Option<String>);

/// Issues with the changes that came along, and whether those are all.
pub(crate) fn issues(path: &str, body: &[u8]) -> Result<Vec<(IssueHistory, bool)>, Error> {
    let raw: Issues<'_> = parse(path, body)?;
    raw.issues.into_iter().map(|raw| issue(path, raw)).collect()
}

/// One issue with its changes, and whether those are all.
pub(crate) fn one_issue(path: &str, body: &[u8]) -> Result<(IssueHistory, bool), Error> {
    issue(path, parse(path, body)?)
}

/// A page of changes of many issues, and the token of the next one.
pub(crate) fn bulk_changes(path: &str, body: &[u8]) -> Result<BulkChanges, Error> {
    let raw: BulkPage = parse(path, body)?;
    let read = |issue: BulkIssue| Ok((IssueId(issue.issue_id.0), changes(path, issue.change_histories)?));
    let page: Result<_, Error> = raw.issue_change_logs.into_iter().map(read).collect();
    Ok((page?, raw.next_page_token.filter(|token| !token.is_empty())))
}

/// A page of one issue's changes.
pub(crate) fn issue_changes(path: &str, body: &[u8]) -> Result<IssueChanges, Error> {
    let raw: IssuePage = parse(path, body)?;
    let entries = raw.values.len() as u64;
    Ok(IssueChanges { total: raw.total, entries, changes: changes(path, raw.values)? })
}

fn issue(path: &str, raw: RawPast<'_>) -> Result<(IssueHistory, bool), Error> {
    let created = raw.fields.get("created").map(|raw| at(path, raw)).transpose()?.flatten();
    let created =
        created.ok_or_else(|| Error::UnexpectedAnswer { detail: format!("{} came without its `created`", raw.key) })?;
    let mut values: BTreeMap<String, Vec<FieldValue>> = BTreeMap::new();
    for (field, raw) in &raw.fields {
        let found = field_values(raw.get());
        if !found.is_empty() {
            values.insert(field.clone(), found);
        }
        if field == "status" {
            values.insert("statusCategory".to_owned(), category(raw.get()));
        }
    }
    let complete = raw.changelog.as_ref().is_none_or(|log| log.histories.len() >= log.total);
    let changes = changes(path, raw.changelog.map(|log| log.histories).unwrap_or_default())?;
    let (id, key) = (IssueId(raw.id.0), IssueKey(raw.key));
    Ok((IssueHistory { id, key, created, values, changes, time: TimeSource::default() }, complete))
}

fn at(path: &str, raw: &RawValue) -> Result<Option<Instant>, Error> {
    let unexpected =
        |_| Error::UnexpectedAnswer { detail: format!("`{path}` has an instant that is none: {}", raw.get()) };
    instant(raw.get()).map_err(unexpected)
}

fn changes(path: &str, histories: Vec<RawHistory>) -> Result<Vec<FieldChange>, Error> {
    let mut all = Vec::new();
    for history in histories {
        let Some(at) = at(path, &history.created)? else { continue };
        let by = history.author.and_then(person);
        all.extend(history.items.into_iter().map(|item| FieldChange {
            at,
            by: by.clone(),
            field_id: item.field_id,
            field: item.field,
            from: Side { id: item.from, text: item.from_string },
            to: Side { id: item.to, text: item.to_string },
        }));
    }
    Ok(all)
}

fn person(raw: Person) -> Option<Thing> {
    let id = raw.account_id.or(raw.key).or_else(|| raw.name.clone())?;
    Some(Thing { name: raw.display_name.unwrap_or_else(|| id.clone()), key: raw.name, id })
}

/// All values of a field; what has neither id nor name is none that a query could ask for.
fn field_values(raw: &str) -> Vec<FieldValue> {
    match raw.trim_start().as_bytes().first() {
        Some(b'[') => {
            let several: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
            several.into_iter().flat_map(|one| field_values(one.get())).collect()
        }
        Some(b'{') => thing(raw).map(FieldValue::Thing).into_iter().collect(),
        Some(b'"') => serde_json::from_str(raw).ok().map(text).into_iter().collect(),
        _ => decimal(raw).ok().flatten().map(FieldValue::Number).into_iter().collect(),
    }
}

/// A text, or a sprint as Data Center writes it: `…Sprint@1f2[id=5,…,name=Sprint 5,…]`.
fn text(text: String) -> FieldValue {
    let part = |name: &str| {
        let inner = text.split_once('[').map(|(_, inner)| inner)?;
        inner.split(',').find_map(|pair| pair.trim_end_matches(']').strip_prefix(name)?.strip_prefix('='))
    };
    match (text.contains("greenhopper") && text.contains("Sprint@")).then(|| part("id").zip(part("name"))).flatten() {
        Some((id, name)) => FieldValue::Thing(Thing { id: id.to_owned(), key: None, name: name.to_owned() }),
        None => FieldValue::Text(text),
    }
}

fn thing(raw: &str) -> Option<Thing> {
    let raw: RawThing<'_> = serde_json::from_str(raw).ok()?;
    if raw.display_name.is_some() || raw.account_id.is_some() {
        let RawThing { account_id, key, name, display_name, .. } = raw;
        return person(Person { account_id, key, name, display_name });
    }
    let id = raw.id.map(|id| id.get().trim_matches('"').to_owned()).or_else(|| raw.key.clone())?;
    let name = raw.name.or(raw.value).or_else(|| raw.key.clone()).unwrap_or_else(|| id.clone());
    Some(Thing { id, key: raw.key, name })
}

/// The category of each status by the status's id.
pub(crate) fn status_categories(path: &str, body: &[u8]) -> Result<BTreeMap<String, Thing>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status<'a> {
        id: Id,
        #[serde(borrow)]
        status_category: Option<&'a RawValue>,
    }
    let statuses: Vec<Status<'_>> = parse(path, body)?;
    let category = |status: Status<'_>| Some((status.id.0.to_string(), thing(status.status_category?.get())?));
    Ok(statuses.into_iter().filter_map(category).collect())
}

/// The category inside a status.
fn category(raw: &str) -> Vec<FieldValue> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status<'a> {
        #[serde(borrow)]
        status_category: Option<&'a RawValue>,
    }
    let status: Option<Status<'_>> = serde_json::from_str(raw).ok();
    let category = status.and_then(|status| status.status_category).and_then(|raw| thing(raw.get()));
    category.map(FieldValue::Thing).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_every_shape_are_read() {
        let sprint = r#"["com.atlassian.greenhopper.service.sprint.Sprint@1f2[id=5,rapidViewId=1,state=ACTIVE,name=Sprint 5,startDate=<null>]"]"#;
        let named = |id: &str, key: Option<&str>, name: &str| {
            FieldValue::Thing(Thing { id: id.into(), key: key.map(Into::into), name: name.into() })
        };
        for (raw, expected) in [
            ("null", vec![]),
            ("5.50", vec![FieldValue::Number("5.5".parse().unwrap())]),
            (r#"["a","b"]"#, vec![FieldValue::Text("a".into()), FieldValue::Text("b".into())]),
            (r#"{"id":"3","name":"Done"}"#, vec![named("3", None, "Done")]),
            (r#"{"accountId":"5b10","displayName":"Dana"}"#, vec![named("5b10", None, "Dana")]),
            (
                r#"{"name":"dana","key":"JIRAUSER1","displayName":"Dana"}"#,
                vec![named("JIRAUSER1", Some("dana"), "Dana")],
            ),
            (r#"{"id":"10231","key":"AE-7","fields":{"summary":"x"}}"#, vec![named("10231", Some("AE-7"), "AE-7")]),
            (sprint, vec![named("5", None, "Sprint 5")]),
        ] {
            assert_eq!(field_values(raw), expected, "{raw}");
        }
    }

    #[test]
    fn a_changelog_that_is_cut_off_is_known_as_such() {
        let body = br#"{"issues":[{"id":"1","key":"AE-1","fields":{"created":"2026-09-27T10:03:11.123+0200"},
            "changelog":{"startAt":0,"maxResults":1,"total":2,"histories":[{"id":"9","created":1790000000000,
            "items":[{"field":"status","fieldId":"status","from":"1","fromString":"To Do","to":"3","toString":"Done"}]}]}}]}"#;
        let (issue, complete) = issues("search", body).unwrap().remove(0);
        assert!(!complete);
        assert_eq!((issue.changes.len(), issue.changes[0].to.text.as_deref()), (1, Some("Done")));
    }
}
