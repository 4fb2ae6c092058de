//! Jira's JSON as it comes over the wire: tolerant of everything that was seen to vary, exact in every number.
//!
//! Issues are decoded in two steps without a tree in between: first the envelope of each, then its wanted fields from
//! their raw text, so that a doubtful value can be blamed on its issue and field.

mod fields;
pub(crate) mod past;
mod scalar;
pub(crate) mod worklogs;

use crate::{Error, Wanted, answer::unreadable};
use fields::decode_fields;
use okrsync_domain::{
    Instant,
    catalogue::{Field, Named, Project, Status},
    issue::{FieldId, Issue, IssueId, IssueKey},
};
pub(crate) use scalar::{Id, instant};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap};

/// What a walk reads of each issue: an [`Issue`] with every value understood, a [`Fetched`] one, or only a [`Listed`] one.
pub trait Row: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// [`Error::UnexpectedAnswer`], or [`Error::NumberTooLarge`] where nothing may be left out.
    fn read(raw: &RawIssue<'_>, wanted: &Wanted) -> Result<Self, Error>;
    /// Jira's number of the issue.
    fn id(&self) -> IssueId;
    /// Its key, where it came along.
    fn key(&self) -> Option<&IssueKey>;
}

/// An issue with the numbers that cannot be kept exactly told apart: they concern only who measures by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The issue, without those numbers.
    pub issue: Issue,
    /// The beginning of each such number, by its field.
    pub too_large: BTreeMap<FieldId, String>,
}

/// An issue that a query lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Jira's number.
    pub id: IssueId,
    /// The key; Cloud gives none in its largest pages.
    pub key: Option<IssueKey>,
    /// Last change that Jira itself stamps, where it came along.
    pub updated: Option<Instant>,
}

impl Row for Fetched {
    fn read(raw: &RawIssue<'_>, wanted: &Wanted) -> Result<Self, Error> {
        let missing =
            |what: &str| Error::UnexpectedAnswer { detail: format!("the issue {} came without its {what}", raw.id.0) };
        let key = raw.key.as_deref().ok_or_else(|| missing("key"))?;
        let fields = raw.fields.ok_or_else(|| missing("fields"))?;
        decode_fields(IssueId(raw.id.0), IssueKey(key.to_owned()), fields, wanted)
    }

    fn id(&self) -> IssueId {
        self.issue.id
    }

    fn key(&self) -> Option<&IssueKey> {
        Some(&self.issue.key)
    }
}

impl Row for Issue {
    fn read(raw: &RawIssue<'_>, wanted: &Wanted) -> Result<Self, Error> {
        let Fetched { issue, too_large } = Fetched::read(raw, wanted)?;
        match too_large.into_iter().next() {
            None => Ok(issue),
            Some((field, text)) => Err(Error::NumberTooLarge { issue: issue.key, field, text }),
        }
    }

    fn id(&self) -> IssueId {
        self.id
    }

    fn key(&self) -> Option<&IssueKey> {
        Some(&self.key)
    }
}

impl Row for Listed {
    fn read(raw: &RawIssue<'_>, _: &Wanted) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Stamp<'a> {
            #[serde(borrow)]
            updated: Option<&'a RawValue>,
        }
        let id = IssueId(raw.id.0);
        let unread = || Error::UnexpectedAnswer { detail: format!("the issue {id}: when it changed cannot be read") };
        let stamp = match raw.fields {
            Some(fields) => serde_json::from_str::<Stamp<'_>>(fields.get()).map_err(|_| unread())?.updated,
            None => None,
        };
        let updated = stamp.map(|raw| instant(raw.get()).map_err(|_| unread())).transpose()?.flatten();
        Ok(Self { id, key: raw.key.as_deref().map(|key| IssueKey(key.to_owned())), updated })
    }

    fn id(&self) -> IssueId {
        self.id
    }

    fn key(&self) -> Option<&IssueKey> {
        self.key.as_ref()
    }
}

/// A page of a token walk.
pub(crate) struct TokenPage<R> {
    pub issues: Vec<R>,
    pub warnings: Vec<String>,
    /// Token of the next page, unless this was the last.
    pub next: Option<String>,
}

/// A page of an offset walk.
pub(crate) struct OffsetPage<R> {
    pub start: Option<u64>,
    pub total: u64,
    pub issues: Vec<R>,
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

/// An issue of an answer whose fields are not read yet.
#[derive(Deserialize)]
pub struct RawIssue<'a> {
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
pub(crate) fn token_page<R: Row>(path: &str, body: &[u8], wanted: &Wanted) -> Result<TokenPage<R>, Error> {
    let raw: RawTokenPage<'_> = parse(path, body)?;
    let next = next_token(raw.is_last, raw.next_page_token)?;
    Ok(TokenPage { issues: rows(&raw.issues, wanted)?, warnings: warnings(raw.warnings), next })
}

/// Decodes a page of an offset walk.
pub(crate) fn offset_page<R: Row>(path: &str, body: &[u8], wanted: &Wanted) -> Result<OffsetPage<R>, Error> {
    let raw: RawOffsetPage<'_> = parse(path, body)?;
    let issues = rows(&raw.issues, wanted)?;
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
    list("search", body, wanted)
}

/// Decodes the issues of any answer that has a list of them.
pub(crate) fn list<R: Row>(path: &str, body: &[u8], wanted: &Wanted) -> Result<Vec<R>, Error> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        issues: Vec<RawIssue<'a>>,
    }
    let raw: Envelope<'_> = parse(path, body)?;
    rows(&raw.issues, wanted)
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

fn rows<R: Row>(raw: &[RawIssue<'_>], wanted: &Wanted) -> Result<Vec<R>, Error> {
    raw.iter().map(|raw| R::read(raw, wanted)).collect()
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
        let is = |what: fn(&fields::Category) -> bool| raw.status_category.as_ref().is_some_and(what);
        let (done, under_way) = (is(fields::Category::is_done), is(fields::Category::is_under_way));
        Self { id: raw.id.0.to_string(), name: raw.name, done, under_way }
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
