//! Readings over time: thinned to hours, days or weeks, and rolled up for objectives. The API and the pages ask the same.

use crate::{api::days, app::App, board::Board, error::ApiResult};
use chrono::{Datelike as _, Days, TimeDelta, Timelike as _};
use chrono_tz::Tz;
use okrsync_domain::{Instant, OkrId, reading::Reading};
use okrsync_metrics::{
    Progress,
    moves::{Leaves, Tree},
    progress,
};
use okrsync_store::{BoardScope, Cursor, Page, Slice, Span};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// How close readings are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Resolution {
    /// Every reading.
    #[default]
    Raw,
    /// The last of each hour.
    Hour,
    /// The last of each day.
    Day,
    /// The last of each week, which begins on Monday.
    Week,
}

impl Resolution {
    /// The first instant of the hour, day or week that an instant lies in.
    pub(crate) fn bucket(self, zone: Tz) -> impl Fn(Instant) -> Instant + Send + 'static {
        move |at| {
            let local = at.with_timezone(&zone);
            let day = local.date_naive();
            let monday = || day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()));
            match self {
                Self::Raw => at,
                Self::Hour => {
                    let into = i64::from(local.minute() * 60 + local.second());
                    at - TimeDelta::seconds(into) - TimeDelta::nanoseconds(i64::from(local.nanosecond()))
                }
                Self::Day => days::start_of(day, zone),
                Self::Week => days::start_of(monday().unwrap_or(day), zone),
            }
        }
    }
}

/// Where an objective stood at the end of some time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rolled {
    /// When the newest reading of that time was taken.
    pub(crate) at: Instant,
    /// What the last readings below it make of it.
    pub(crate) progress: Option<Progress>,
    /// What is below it and had data.
    pub(crate) with_data: u64,
    /// What is below it and had none.
    pub(crate) without_data: u64,
}

/// The progress of an objective over time, newest first, from the readings below it with the shares of today.
pub(crate) async fn of_objective(
    app: &App,
    id: OkrId,
    span: Span,
    page: Page,
    resolution: Resolution,
) -> ApiResult<Slice<Rolled>> {
    let board = Board::load(app, BoardScope::Trees(vec![id])).await?;
    let tree = Tree::new(&board.nodes, id);
    let bucket = resolution.bucket(board.organisation.time_zone);
    let bucket_below = resolution.bucket(board.organisation.time_zone);
    let below = app.store().thinned_of_all(tree.leaves(), span, page.clone(), bucket_below).await?;
    let mut found = roll(&tree, &below, bucket);
    found.retain(|rolled| span.from.is_none_or(|from| rolled.at >= from));
    let size = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| more).map(|last| Cursor { at: last.at, id: id.to_string() });
    Ok(Slice { items: found, next })
}

/// Rolls up at the end of each bucket, newest first.
fn roll(tree: &Tree<'_>, below: &HashMap<OkrId, Vec<Reading>>, bucket: impl Fn(Instant) -> Instant) -> Vec<Rolled> {
    let mut buckets: BTreeMap<Instant, Vec<&Reading>> = BTreeMap::new();
    for reading in below.values().flatten() {
        buckets.entry(bucket(reading.at)).or_default().push(reading);
    }
    let (mut state, all) = (Leaves::new(), below.len() as u64);
    let at_the_end_of = |readings: Vec<&Reading>| {
        for reading in &readings {
            match progress(&reading.measure, &reading.tally) {
                Some(progress) => state.insert(reading.okr_id, progress),
                None => state.remove(&reading.okr_id),
            };
        }
        let with_data = state.len() as u64;
        Some(Rolled {
            at: readings.iter().map(|reading| reading.at).max()?,
            progress: tree.roll(&state).map(|rolled| rolled.progress),
            with_data,
            without_data: all - with_data,
        })
    };
    let mut rolled: Vec<Rolled> = buckets.into_values().filter_map(at_the_end_of).collect();
    rolled.reverse();
    rolled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_days_and_weeks_begin_where_people_say() {
        let begin = |resolution: Resolution, at: &str, zone: Tz| {
            resolution.bucket(zone)(at.parse().expect("an instant")).to_rfc3339()
        };
        let kolkata = chrono_tz::Asia::Kolkata;
        assert_eq!(begin(Resolution::Hour, "2026-11-20T10:10:00.5Z", kolkata), "2026-11-20T09:30:00+00:00");
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(begin(Resolution::Day, "2026-11-20T23:10:00Z", berlin), "2026-11-20T23:00:00+00:00");
        assert_eq!(begin(Resolution::Week, "2026-11-22T22:59:59Z", berlin), "2026-11-15T23:00:00+00:00");
        assert_eq!(begin(Resolution::Week, "2026-11-22T23:00:00Z", berlin), "2026-11-22T23:00:00+00:00");
    }
}
