//! An issue with its past as the matcher and the arithmetic ask for it.

use super::atlas::{Atlas, is_done};
use chrono::{DateTime, NaiveDate, Utc};
use okrsync_domain::{
    Instant,
    decimal::exact,
    history::{FieldChange, FieldValue, IssueHistory, Side, Thing},
    issue::{Facts, FieldId, WorkProgress},
};
use okrsync_jql::{
    eval::{Change, Datum, Item, Named},
    fields::Kind,
};
use okrsync_metrics::history::{Fact, FactChange};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use std::{borrow::Cow, collections::BTreeMap};

/// Fields of whose sets a change names only what came or went.
const SETS: [&str; 3] = ["components", "fixVersions", "versions"];

/// One change with the whole values before and after.
type Whole = (Instant, Option<Named<'static>>, Vec<Datum<'static>>, Vec<Datum<'static>>);

/// An issue with its past.
pub(crate) struct PastIssue<'a> {
    /// What Jira gave.
    pub(crate) history: &'a IssueHistory,
    /// Its facts now.
    pub(crate) facts: Facts,
    /// Every change of a fact, oldest first.
    pub(crate) fact_changes: Vec<FactChange>,
    values: BTreeMap<String, Vec<Datum<'static>>>,
    changes: BTreeMap<String, Vec<Whole>>,
}

impl<'a> PastIssue<'a> {
    /// Reads an issue's past; `numbers` are the number fields that are measured.
    pub(crate) fn new(history: &'a IssueHistory, atlas: &Atlas, numbers: &[FieldId]) -> Self {
        let mut values: BTreeMap<String, Vec<Datum<'static>>> = BTreeMap::new();
        for (field, found) in &history.values {
            let id = if atlas.kind(field) == Kind::Sprint { "sprint".to_owned() } else { field.clone() };
            let kind = atlas.kind(&id);
            values.insert(id, found.iter().filter_map(|value| datum(kind, value)).collect());
        }
        let key = Named::new(history.id.to_string(), history.key.0.clone(), history.key.0.clone());
        values.insert("issuekey".to_owned(), vec![Datum::Named(key)]);
        values.insert("created".to_owned(), vec![Datum::Instant(history.created)]);
        let changes = changes(history, atlas, &values);
        let facts = facts(history, numbers);
        let fact_changes = fact_changes(history, atlas, numbers);
        Self { history, facts, fact_changes, values, changes }
    }

    /// Whether anything happened to it after one instant and up to another.
    pub(crate) fn changed_between(&self, after: Instant, until: Instant) -> bool {
        let happened = |at: Instant| after < at && at <= until;
        happened(self.history.created) || self.history.changes.iter().any(|change| happened(change.at))
    }
}

impl Item for PastIssue<'_> {
    fn values(&self, field: &str) -> Vec<Datum<'_>> {
        self.values.get(field).cloned().unwrap_or_default()
    }

    fn changes(&self, field: &str) -> Vec<Change<'_>> {
        let whole = self.changes.get(field).map(Vec::as_slice).unwrap_or_default();
        let change =
            |(at, by, from, to): &Whole| Change { at: *at, by: by.clone(), from: from.clone(), to: to.clone() };
        whole.iter().map(change).collect()
    }
}

fn person(thing: &Thing) -> Named<'static> {
    named(&thing.id, thing.key.as_deref(), &thing.name)
}

fn named(id: &str, key: Option<&str>, name: &str) -> Named<'static> {
    Named {
        id: Cow::Owned(id.to_owned()),
        key: key.map(|key| Cow::Owned(key.to_owned())),
        name: Cow::Owned(name.to_owned()),
    }
}

/// All changes by field, with whole values.
fn changes(
    history: &IssueHistory,
    atlas: &Atlas,
    values: &BTreeMap<String, Vec<Datum<'static>>>,
) -> BTreeMap<String, Vec<Whole>> {
    let mut all: BTreeMap<String, Vec<Whole>> = BTreeMap::new();
    let mut sets: BTreeMap<String, Vec<Datum<'static>>> = BTreeMap::new();
    // backwards, because of sets only the present state is known as a whole
    for change in history.changes.iter().rev() {
        let (field, by) = (atlas.changed_field(change), change.by.as_ref().map(person));
        let side = |side: &Side| side_data(atlas, &field, history, side);
        let (from, to) = if SETS.contains(&field.as_str()) {
            let after = sets.remove(&field).unwrap_or_else(|| values.get(&field).cloned().unwrap_or_default());
            let (gone, come) = (side(&change.from), side(&change.to));
            let mut before: Vec<_> = after.iter().filter(|datum| !same_among(&come, datum)).cloned().collect();
            before.extend(gone);
            sets.insert(field.clone(), before.clone());
            (before, after)
        } else {
            (side(&change.from), side(&change.to))
        };
        if field == "status" {
            let category = |data: &[Datum<'static>]| categories(atlas, data);
            all.entry("statusCategory".to_owned()).or_default().push((
                change.at,
                by.clone(),
                category(&from),
                category(&to),
            ));
        }
        all.entry(field).or_default().push((change.at, by, from, to));
    }
    all.insert("updated".to_owned(), updates(history));
    all.iter_mut().filter(|(field, _)| *field != "updated").for_each(|(_, changes)| changes.reverse());
    all
}

/// Every change is an update.
fn updates(history: &IssueHistory) -> Vec<Whole> {
    let mut before = history.created;
    let mut all = Vec::new();
    for change in &history.changes {
        if change.at > before {
            all.push((change.at, None, vec![Datum::Instant(before)], vec![Datum::Instant(change.at)]));
            before = change.at;
        }
    }
    all
}

fn same_among(data: &[Datum<'static>], one: &Datum<'static>) -> bool {
    data.iter().any(|datum| match (datum, one) {
        (Datum::Named(a), Datum::Named(b)) => a.id == b.id,
        (a, b) => a == b,
    })
}

fn categories(atlas: &Atlas, statuses: &[Datum<'static>]) -> Vec<Datum<'static>> {
    let category = |datum: &Datum<'static>| match datum {
        Datum::Named(status) => atlas.category(&status.id).map(|category| Datum::Named(person(category))),
        _ => None,
    };
    statuses.iter().filter_map(category).collect()
}

/// A value as it is now.
fn datum(kind: Kind, value: &FieldValue) -> Option<Datum<'static>> {
    Some(match value {
        FieldValue::Number(number) if kind == Kind::Duration => Datum::Seconds(number.to_i64()?),
        FieldValue::Number(number) => Datum::Number(*number),
        FieldValue::Thing(thing) if matches!(kind, Kind::Label | Kind::Text) => {
            Datum::Text(Cow::Owned(thing.name.clone()))
        }
        FieldValue::Thing(thing) => Datum::Named(person(thing)),
        FieldValue::Text(text) => of_text(kind, text)?,
    })
}

fn of_text(kind: Kind, text: &str) -> Option<Datum<'static>> {
    Some(match kind {
        Kind::Day => Datum::Day(NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?),
        Kind::Instant => {
            let read = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z")
                .or_else(|_| DateTime::parse_from_rfc3339(text));
            Datum::Instant(read.ok()?.with_timezone(&Utc))
        }
        Kind::Number => Datum::Number(exact(text).ok()?),
        Kind::Duration => Datum::Seconds(text.trim().parse().ok()?),
        Kind::Text | Kind::Label => Datum::Text(Cow::Owned(text.to_owned())),
        _ => Datum::Named(named(text, Some(text), text)),
    })
}

/// One side of a change as values.
fn side_data(atlas: &Atlas, field: &str, history: &IssueHistory, side: &Side) -> Vec<Datum<'static>> {
    if side.is_empty() {
        return Vec::new();
    }
    let (id, text) = (side.id.as_deref(), side.text.as_deref());
    let either = id.filter(|id| !id.is_empty()).or(text).unwrap_or_default();
    let shown = text.filter(|text| !text.is_empty()).or(id).unwrap_or_default();
    let kind = atlas.kind(field);
    let one = |datum: Option<Datum<'static>>| datum.into_iter().collect();
    match kind {
        Kind::Label => shown.split_whitespace().map(|label| Datum::Text(Cow::Owned(label.to_owned()))).collect(),
        Kind::Text => vec![Datum::Text(Cow::Owned(shown.to_owned()))],
        Kind::Number => one(of_text(kind, shown)),
        Kind::Day | Kind::Instant | Kind::Duration => one(of_text(kind, either).or_else(|| of_text(kind, shown))),
        Kind::Sprint => {
            let names = shown.split(',').map(str::trim);
            let ids = either.split(',').map(str::trim);
            let name = |id, then| atlas.present_name(field, id).unwrap_or(then);
            ids.zip(names).map(|(id, then)| Datum::Named(named(id, None, name(id, then)))).collect()
        }
        Kind::User => vec![Datum::Named(atlas.person(either).map_or_else(|| named(either, None, shown), person))],
        // of a key, the number stays the same
        Kind::Issue if field == "issuekey" => vec![Datum::Named(named(&history.id.to_string(), Some(shown), shown))],
        Kind::Issue => {
            let key = atlas.issue_key(field, either).unwrap_or(shown);
            vec![Datum::Named(named(either, Some(key), key))]
        }
        Kind::Named if field == "project" => vec![Datum::Named(named(either, atlas.project_key(either), shown))],
        Kind::Named | Kind::Version => {
            vec![Datum::Named(named(either, None, atlas.present_name(field, either).unwrap_or(shown)))]
        }
    }
}

/// The facts now.
fn facts(history: &IssueHistory, numbers: &[FieldId]) -> Facts {
    let number = |field: &str| match history.values.get(field).and_then(|values| values.first()) {
        Some(FieldValue::Number(number)) => Some(*number),
        _ => None,
    };
    let seconds = |field: &str| number(field).and_then(|number| number.to_i64());
    let completed = match history.values.get("statusCategory").and_then(|values| values.first()) {
        Some(FieldValue::Thing(category)) => is_done(category),
        _ => false,
    };
    let (time_spent, remaining_estimate) = (seconds("timespent"), seconds("timeestimate"));
    let done = time_spent.unwrap_or(0);
    Facts {
        completed,
        time_spent,
        original_estimate: seconds("timeoriginalestimate"),
        remaining_estimate,
        progress: Some(WorkProgress { done, total: done + remaining_estimate.unwrap_or(0) }),
        numbers: numbers.iter().filter_map(|field| Some((field.clone(), number(&field.0)?))).collect(),
    }
}

fn fact_changes(history: &IssueHistory, atlas: &Atlas, numbers: &[FieldId]) -> Vec<FactChange> {
    let fact = |change: &FieldChange| {
        let (field, from) = (atlas.changed_field(change), &change.from);
        let seconds = || from.id.as_deref().or(from.text.as_deref()).and_then(|text| text.trim().parse().ok());
        let number =
            || -> Option<Decimal> { from.text.as_deref().or(from.id.as_deref()).and_then(|text| exact(text).ok()) };
        Some(match field.as_str() {
            "status" => Fact::Completed(from.id.as_deref().and_then(|id| atlas.is_done(id)).unwrap_or(false)),
            "timespent" => Fact::TimeSpent(seconds()),
            "timeoriginalestimate" => Fact::OriginalEstimate(seconds()),
            "timeestimate" => Fact::RemainingEstimate(seconds()),
            other => Fact::Number(numbers.iter().find(|field| field.0 == other)?.clone(), number()),
        })
    };
    history.changes.iter().filter_map(|change| Some(FactChange { at: change.at, before: fact(change)? })).collect()
}
