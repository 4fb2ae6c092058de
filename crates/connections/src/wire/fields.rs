//! The fields of one issue, and what numbers are made of.

use super::scalar::{Id, Unfit, decimal, instant, seconds};
use crate::{Error, Wanted, answer::shortened, wire::Fetched};
use okrsync_domain::issue::{
    Facts, FieldId, Issue, IssueId, IssueKey, ORIGINAL_ESTIMATE, PROGRESS, REMAINING_ESTIMATE, RESOLVED_AT, TIME_SPENT,
    WorkProgress,
};
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// Id of the category `done` on servers that do not tell the key.
const DONE_CATEGORY: i64 = 3;
/// The same of the category "in progress".
const UNDER_WAY_CATEGORY: i64 = 4;

/// The category of a status.
#[derive(Deserialize)]
pub(super) struct Category {
    id: Option<Id>,
    key: Option<String>,
}

impl Category {
    /// By its key; names are translated. Very old servers tell only the id.
    pub(super) fn is_done(&self) -> bool {
        self.is("done", DONE_CATEGORY)
    }

    /// Whether somebody works on it: neither to do nor done.
    pub(super) fn is_under_way(&self) -> bool {
        self.is("indeterminate", UNDER_WAY_CATEGORY)
    }

    fn is(&self, key: &str, id: i64) -> bool {
        match &self.key {
            Some(own) => own == key,
            None => self.id == Some(Id(id)),
        }
    }
}

#[derive(Deserialize)]
struct Status<'a> {
    id: Option<Id>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(rename = "statusCategory")]
    category: Option<Category>,
}

#[derive(Deserialize)]
struct Progress<'a> {
    #[serde(borrow)]
    progress: Option<&'a RawValue>,
    #[serde(borrow)]
    total: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct IssueType {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct FieldName<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads the wanted fields; the others are skipped unread.
pub(super) fn decode_fields(id: IssueId, key: IssueKey, raw: &RawValue, wanted: &Wanted) -> Result<Fetched, Error> {
    let mut issue = Issue {
        id,
        key,
        updated: None,
        title: None,
        issue_type: None,
        status_id: None,
        status: None,
        assignee: None,
        resolved: wanted.display.then_some(false),
        facts: Facts::default(),
    };
    let (mut failure, mut too_large) = (None, BTreeMap::new());
    let target = Target { issue: &mut issue, wanted, failure: &mut failure, too_large: &mut too_large };
    let read = target.deserialize(&mut serde_json::Deserializer::from_str(raw.get()));
    match (failure, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(unexpected(&issue.key, "fields", &error.to_string())),
        (None, Ok(())) => Ok(Fetched { issue, too_large }),
    }
}

/// An issue that is being filled.
struct Target<'t> {
    issue: &'t mut Issue,
    wanted: &'t Wanted,
    /// The first value that cannot be used; serde's errors could not carry it.
    failure: &'t mut Option<Error>,
    /// Numbers that cannot be kept exactly.
    too_large: &'t mut BTreeMap<FieldId, String>,
}

impl<'de> DeserializeSeed<'de> for Target<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Target<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fields of an issue")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(FieldName(name)) = map.next_key()? {
            if self.is_wanted(&name) {
                let raw: &RawValue = map.next_value()?;
                match set(self.issue, &name, raw.get(), self.wanted) {
                    Ok(()) => {}
                    Err(Error::NumberTooLarge { field, text, .. }) => drop(self.too_large.insert(field, text)),
                    Err(error) => _ = self.failure.get_or_insert(error),
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl Target<'_> {
    fn is_wanted(&self, name: &str) -> bool {
        match name {
            "status" | "updated" => true,
            "summary" | "issuetype" | "assignee" | RESOLVED_AT => self.wanted.display,
            _ => self.wanted.fields.iter().any(|field| field.0 == name),
        }
    }
}

/// Takes over one value.
fn set(issue: &mut Issue, name: &str, raw: &str, wanted: &Wanted) -> Result<(), Error> {
    let unfit = |unfit: Unfit| blame(&issue.key, name, raw, &unfit);
    let facts = &mut issue.facts;
    match name {
        "status" => set_status(issue, raw)?,
        "updated" => issue.updated = instant(raw).map_err(unfit)?,
        "summary" => issue.title = object(&issue.key, name, raw)?,
        "issuetype" => issue.issue_type = object(&issue.key, name, raw)?.and_then(|kind: IssueType| kind.name),
        "assignee" => issue.assignee = object(&issue.key, name, raw)?.and_then(|person: Person| person.display_name),
        RESOLVED_AT => issue.resolved = Some(raw.trim() != "null"),
        TIME_SPENT => facts.time_spent = seconds(raw).map_err(unfit)?,
        ORIGINAL_ESTIMATE => facts.original_estimate = seconds(raw).map_err(unfit)?,
        REMAINING_ESTIMATE => facts.remaining_estimate = seconds(raw).map_err(unfit)?,
        PROGRESS => facts.progress = progress(&issue.key, raw)?,
        _ => {
            let value = decimal(raw).map_err(unfit)?;
            if let Some((field, value)) = wanted.number(name).zip(value) {
                facts.numbers.insert(field.clone(), value);
            }
        }
    }
    Ok(())
}

fn set_status(issue: &mut Issue, raw: &str) -> Result<(), Error> {
    let Some(status) = object::<Status<'_>>(&issue.key, "status", raw)? else { return Ok(()) };
    issue.facts.completed = status.category.is_some_and(|category| category.is_done());
    issue.status_id = status.id.map(|id| id.0.to_string());
    issue.status = status.name.map(Cow::into_owned);
    Ok(())
}

/// `{"progress":0,"total":0}`; an empty object or `null` is no progress.
fn progress(key: &IssueKey, raw: &str) -> Result<Option<WorkProgress>, Error> {
    let Some(read) = object::<Progress<'_>>(key, PROGRESS, raw)? else { return Ok(None) };
    let part = |part: Option<&RawValue>| {
        let raw = part.map_or("null", RawValue::get);
        seconds(raw).map_err(|unfit| blame(key, PROGRESS, raw, &unfit))
    };
    let (done, total) = (part(read.progress)?, part(read.total)?);
    Ok(total.map(|total| WorkProgress { done: done.unwrap_or(0), total }))
}

/// An object or a text; nothing for `null`.
fn object<'a, T: Deserialize<'a>>(key: &IssueKey, name: &str, raw: &'a str) -> Result<Option<T>, Error> {
    serde_json::from_str(raw).map_err(|error| unexpected(key, name, &error.to_string()))
}

fn blame(key: &IssueKey, name: &str, raw: &str, unfit: &Unfit) -> Error {
    match unfit {
        Unfit::TooLarge => {
            Error::NumberTooLarge { issue: key.clone(), field: FieldId::new(name), text: shortened(raw) }
        }
        Unfit::OtherKind => unexpected(key, name, "it does not hold what its type promises"),
    }
}

fn unexpected(key: &IssueKey, name: &str, why: &str) -> Error {
    Error::UnexpectedAnswer { detail: format!("{key}, field `{name}`: {why}") }
}
