//! ORDER BY: keys by which issues are sorted and found again on the next page.

use std::cmp::Ordering;

use okrsync_jql::ast::{Direction, FieldName};
use okrsync_jql::error::EvalError;
use okrsync_jql::eval::{Datum, Item, Site as _};
use okrsync_jql::{Query, fields};
use rust_decimal::Decimal;

use crate::issue::IssueId;
use crate::matching::{ItemView, SiteView};

/// One part of a sort key; an empty value comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortValue {
    Empty,
    Number(Decimal),
    Millis(i64),
    Text(String),
    /// Project key and number, so that AE-9 comes before AE-10.
    Key(String, u64),
}

/// A place in a sorted list.
pub(crate) type SortKey = (Vec<SortValue>, IssueId);

/// How a query wants its issues sorted: the newest first where it does not say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order(Vec<(String, bool)>);

impl Order {
    /// Reads ORDER BY; unknown fields are problems.
    pub(crate) fn of(query: &Query, site: &SiteView<'_>) -> (Self, Vec<EvalError>) {
        let mut problems = Vec::new();
        let mut parts = Vec::new();
        for sort in &query.order_by {
            let name = match &sort.field.name {
                FieldName::Named(name) => name.clone(),
                FieldName::Custom(id) => format!("customfield_{id}"),
            };
            let system = fields::find_system_field(&name).map(|field| field.id.to_owned());
            let id = system.or_else(|| site.fields(&name).first().map(|field| field.id.clone()));
            match id {
                Some(id) => parts.push((id, sort.direction == Some(Direction::Descending))),
                // ranks are not simulated: issues keep their order
                None if name.eq_ignore_ascii_case("rank") => {}
                None => problems.push(EvalError::UnknownField { field: name, span: sort.place.0 }),
            }
        }
        (Self(parts), problems)
    }

    /// The key of an issue.
    pub(crate) fn key(&self, item: &ItemView<'_>) -> SortKey {
        let part = |(field, _): &(String, bool)| {
            let values = item.values(field);
            values.first().map_or(SortValue::Empty, |datum| sort_value(item, field, datum))
        };
        (self.0.iter().map(part).collect(), item.view.issue.id)
    }

    /// Which of two issues comes first; among equals the newer one.
    pub(crate) fn compare(&self, a: &SortKey, b: &SortKey) -> Ordering {
        let parts = self.0.iter().zip(a.0.iter().zip(&b.0));
        let by_fields = parts.map(|((_, descending), (a, b))| if *descending { b.cmp(a) } else { a.cmp(b) });
        by_fields.fold(Ordering::Equal, Ordering::then).then(b.1.cmp(&a.1))
    }

    /// Whether issues come by descending id.
    pub(crate) fn is_default(&self) -> bool {
        self.0.is_empty()
    }
}

fn sort_value(item: &ItemView<'_>, field: &str, datum: &Datum<'_>) -> SortValue {
    match datum {
        Datum::Number(number) => SortValue::Number(*number),
        Datum::Seconds(seconds) => SortValue::Number((*seconds).into()),
        Datum::Instant(at) => SortValue::Millis(at.timestamp_millis()),
        Datum::Day(day) => SortValue::Text(day.to_string()),
        Datum::Text(text) => SortValue::Text(text.to_lowercase()),
        Datum::Named(named) if field == "priority" => {
            let rank = item.of.catalogue.priorities.iter().position(|p| p.id.to_string() == named.id);
            SortValue::Number(rank.map_or(Decimal::ZERO, Decimal::from))
        }
        Datum::Named(named) => {
            let key = named.name.rsplit_once('-').and_then(|(project, n)| Some((project.to_owned(), n.parse().ok()?)));
            match key {
                Some((project, number)) if field == "issuekey" => SortValue::Key(project, number),
                _ => SortValue::Text(named.name.to_lowercase()),
            }
        }
    }
}
