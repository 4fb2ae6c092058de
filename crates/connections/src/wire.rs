//! Jira's JSON as it comes over the wire: tolerant of everything that was seen to vary, exact in every number.
//!
//! Issues are decoded in two steps without a tree in between: first the envelope of each, then its wanted fields from
//! their raw text, so that a doubtful value can be blamed on its issue and field.

mod fields;
pub(crate) mod past;
mod scalar;

use crate::{Error, Wanted, answer::unreadable};
use fields::decode_fields;
use okrsync_domain::{
    catalogue::{Field, Named, Project, Status},
    issue::{FieldId, Issue, IssueId, IssueKey},
};
use scalar::Id;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A page of a token walk.
pub(crate) struct TokenPage {
    pub issues: Vec<Issue>,
    pub warnings: Vec<String>,
    /// Token of the next page, unless this was the last.
    pub next: Option<String>,
}

/// A page of an offset walk.
pub(crate) struct OffsetPage {
    pub start: Option<u64>,
    pub total: u64,
    pub issues: Vec<Issue>,
    pub warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTokenPage<'a> {
    #[serde(borrow)]
    issues: Vec<RawIssue<'a>>,
    is_last: Option<bool>,
    next_page_token: Option<String>,
    warnings: Option<Vec<RawWarning>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOffsetPage<'a> {
    #[serde(borrow)]
    issues: Vec<RawIssue<'a>>,
    start_at: Option<u64>,
    total: u64,
    warning_messages: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct RawIssue<'a> {
    id: Id,
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    fields: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawWarning {
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
}

/// Decodes a page of a token walk.
pub(crate) fn token_page(path: &str, body: &[u8], wanted: &Wanted) -> Result<TokenPage, Error> {
    let raw: RawTokenPage<'_> = parse(path, body)?;
    let next = next_token(raw.is_last, raw.next_page_token)?;
    Ok(TokenPage { issues: issues(raw.issues, wanted)?, warnings: warnings(raw.warnings), next })
}

/// Decodes a page of an offset walk.
pub(crate) fn offset_page(path: &str, body: &[u8], wanted: &Wanted) -> Result<OffsetPage, Error> {
    let raw: RawOffsetPage<'_> = parse(path, body)?;
    let issues = issues(raw.issues, wanted)?;
    Ok(OffsetPage { start: raw.start_at, total: raw.total, issues, warnings: raw.warning_messages.unwrap_or_default() })
}

/// Decodes the issues of a search answer, whichever deployment it is from.
///
/// # Errors
/// [`Error::Truncated`], [`Error::UnexpectedAnswer`] or [`Error::NumberTooLarge`].
///
/// ```
/// use okrsync_connections::{Wanted, wire::decode_issues};
/// use okrsync_domain::{decimal::plain, issue::FieldId, measure::Metric};
/// let points = FieldId::new("customfield_10016");
/// let wanted = Wanted::for_metrics(&[(&Metric::StoryPoints, std::slice::from_ref(&points))]);
/// let body = br#"{"issues":[{"id":"10231","key":"OKR-7","fields":{
///     "status":{"id":"3","name":"Done","statusCategory":{"id":3,"key":"done"}},
///     "updated":"2026-09-27T10:03:11.123+0200","customfield_10016":0.1}}],"isLast":true}"#;
/// let issues = decode_issues(body, &wanted).unwrap();
/// assert!(issues[0].facts.completed);
/// assert_eq!(plain(issues[0].facts.numbers[&points]), "0.1");
/// ```
pub fn decode_issues(body: &[u8], wanted: &Wanted) -> Result<Vec<Issue>, Error> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        issues: Vec<RawIssue<'a>>,
    }
    let raw: Envelope<'_> = parse("search", body)?;
    issues(raw.issues, wanted)
}

/// The ids of an answer's issues.
pub(crate) fn issue_ids(path: &str, body: &[u8]) -> Result<Vec<IssueId>, Error> {
    #[derive(Deserialize)]
    struct Envelope {
        issues: Vec<Identity>,
    }
    #[derive(Deserialize)]
    struct Identity {
        id: Id,
    }
    let raw: Envelope = parse(path, body)?;
    Ok(raw.issues.into_iter().map(|issue| IssueId(issue.id.0)).collect())
}

/// Whether a page has an issue, whether there may be more, and its warnings.
pub(crate) fn any_issue(path: &str, body: &[u8]) -> Result<(bool, bool, Vec<String>), Error> {
    let raw: RawTokenPage<'_> = parse(path, body)?;
    let more = next_token(raw.is_last, raw.next_page_token)?.is_some();
    Ok((!raw.issues.is_empty(), more, warnings(raw.warnings)))
}

fn parse<'a, T: Deserialize<'a>>(path: &str, body: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| unreadable(path, &error))
}

/// The last page says so, or has no token. One that says "more" without a token cannot be walked on from.
fn next_token(is_last: Option<bool>, token: Option<String>) -> Result<Option<String>, Error> {
    let token = token.filter(|token| !token.is_empty());
    match (is_last, token) {
        (Some(true), _) | (None, None) => Ok(None),
        (_, Some(token)) => Ok(Some(token)),
        (Some(false), None) => {
            Err(Error::UnexpectedAnswer { detail: "there are more pages, but no token to ask for them".to_owned() })
        }
    }
}

fn warnings(raw: Option<Vec<RawWarning>>) -> Vec<String> {
    raw.into_iter().flatten().filter_map(|warning| warning.message.or(warning.kind)).collect()
}

fn issues(raw: Vec<RawIssue<'_>>, wanted: &Wanted) -> Result<Vec<Issue>, Error> {
    raw.into_iter().map(|raw| issue(&raw, wanted)).collect()
}

fn issue(raw: &RawIssue<'_>, wanted: &Wanted) -> Result<Issue, Error> {
    let id = IssueId(raw.id.0);
    let missing = |what: &str| Error::UnexpectedAnswer { detail: format!("the issue {id} came without its {what}") };
    let key = raw.key.as_deref().ok_or_else(|| missing("key"))?;
    let fields = raw.fields.ok_or_else(|| missing("fields"))?;
    decode_fields(id, IssueKey(key.to_owned()), fields, wanted)
}

/// A field of the catalogue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawField {
    id: String,
    name: Option<String>,
    #[serde(default)]
    custom: bool,
    #[serde(default)]
    clause_names: Vec<String>,
    schema: Option<RawSchema>,
}

#[derive(Deserialize)]
struct RawSchema {
    #[serde(rename = "type")]
    kind: Option<String>,
    custom: Option<String>,
}

impl From<RawField> for Field {
    fn from(raw: RawField) -> Self {
        let (schema_type, custom_type) = raw.schema.map_or((None, None), |schema| (schema.kind, schema.custom));
        let name = raw.name.unwrap_or_else(|| raw.id.clone());
        let (custom, clause_names) = (raw.custom, raw.clause_names);
        Self { id: FieldId(raw.id), name, custom, clause_names, schema_type, custom_type }
    }
}

/// A status of the catalogue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawStatus {
    id: Id,
    name: String,
    status_category: Option<fields::Category>,
}

impl From<RawStatus> for Status {
    fn from(raw: RawStatus) -> Self {
        let done = raw.status_category.is_some_and(|category| category.is_done());
        Self { id: raw.id.0.to_string(), name: raw.name, done }
    }
}

/// A project of the catalogue.
#[derive(Deserialize)]
pub(crate) struct RawProject {
    id: Id,
    key: String,
    name: String,
}

impl From<RawProject> for Project {
    fn from(raw: RawProject) -> Self {
        Self { id: raw.id.0.to_string(), key: raw.key, name: raw.name }
    }
}

/// An issue type or a priority of the catalogue.
#[derive(Deserialize)]
pub(crate) struct RawNamed {
    id: Id,
    name: String,
    #[serde(default)]
    subtask: bool,
}

impl From<RawNamed> for Named {
    fn from(raw: RawNamed) -> Self {
        Self { id: raw.id.0.to_string(), name: raw.name, subtask: raw.subtask }
    }
}

#[cfg(test)]
mod tests;
