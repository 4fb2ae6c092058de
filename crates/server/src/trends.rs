//! The way of each OKR since its first day, in few points: kept in memory, since days that are over do not change.

use crate::{api::days, error::ApiResult};
use chrono::TimeDelta;
use chrono_tz::Tz;
use okrsync_domain::{Date, OkrId, okr::ProgressMode, organisation::Organisation, reading::Reading};
use okrsync_metrics::{Percent, Progress, progress, standing::Standing};
use okrsync_store::{BoardRow, Store};
use rust_decimal::Decimal;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

/// Days and progress of each OKR, oldest first.
pub(crate) type Trends = BTreeMap<OkrId, Vec<(Date, Progress)>>;

/// Points nearer than this are one: the later of them.
const NEAR: TimeDelta = TimeDelta::days(3);
/// Levels of the tree that are followed.
const DEEPEST: u8 = 50;

/// What is known of an OKR's way.
#[derive(Debug, Clone)]
struct Known {
    /// Its first day, as it was.
    starts_on: Date,
    /// Where its numbers came from, as it was.
    mode: ProgressMode,
    /// The reading or check-in that the last point is of.
    newest: Option<String>,
    points: Vec<(Date, Progress)>,
}

/// Ways that are known.
#[derive(Debug, Default)]
pub(crate) struct KnownTrends(Mutex<HashMap<OkrId, Known>>);

impl KnownTrends {
    /// The ways of these OKRs; what is not known is read.
    pub(crate) async fn of(&self, store: &Store, rows: &[BoardRow], organisation: &Organisation) -> ApiResult<Trends> {
        let zone = organisation.time_zone;
        let unknown: Vec<&BoardRow> = rows.iter().filter(|row| measured(row) && !self.knows(row)).collect();
        for by_hand in [false, true] {
            let wanted = unknown.iter().filter(|row| (row.okr.progress_mode == ProgressMode::Manual) == by_hand);
            let wanted: Vec<&BoardRow> = wanted.copied().collect();
            let Some(first) = wanted.iter().map(|row| row.okr.starts_on).min() else { continue };
            let ids = wanted.iter().map(|row| row.okr.id).collect();
            let readings = store.trend_readings(ids, days::start_of(first, zone), by_hand).await?;
            self.learn(&wanted, readings, zone);
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(rows
            .iter()
            .filter_map(|row| Some((row.okr.id, known.get_mut(&row.okr.id)?.brought_up(row, zone))))
            .collect())
    }

    fn knows(&self, row: &BoardRow) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = |it: &Known| {
            let same = it.starts_on == row.okr.starts_on && it.mode == row.okr.progress_mode;
            // A new check-in is read with its reading; a new measurement comes with the row.
            same && (it.mode == ProgressMode::DataSource || it.newest == newest(row))
        };
        known.get(&row.okr.id).is_some_and(current)
    }

    fn learn(&self, rows: &[&BoardRow], readings: Vec<Reading>, zone: Tz) {
        let mut by_okr: HashMap<OkrId, Vec<Reading>> = HashMap::new();
        for reading in readings {
            by_okr.entry(reading.okr_id).or_default().push(reading);
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let (starts_on, mode) = (row.okr.starts_on, row.okr.progress_mode);
            let mut it = Known { starts_on, mode, newest: newest(row), points: vec![] };
            for reading in by_okr.remove(&row.okr.id).unwrap_or_default() {
                it.add(&reading, zone);
            }
            known.insert(row.okr.id, it);
        }
    }
}

impl Known {
    fn add(&mut self, reading: &Reading, zone: Tz) {
        let day = reading.at.with_timezone(&zone).date_naive();
        let Some(progress) = progress(&reading.measure, &reading.tally).filter(|_| day >= self.starts_on) else {
            return;
        };
        // The end moves with every reading until it is far enough from the point before it.
        if let [.., (before, _), (last, _)] = self.points.as_slice()
            && *last - *before < NEAR
        {
            self.points.pop();
        }
        self.points.push((day, progress));
    }

    /// With the reading that came since.
    fn brought_up(&mut self, row: &BoardRow, zone: Tz) -> Vec<(Date, Progress)> {
        let newest = newest(row);
        if self.newest != newest {
            self.newest = newest;
            if let Some(reading) = row.reading.as_ref().filter(|_| self.mode == ProgressMode::DataSource) {
                self.add(reading, zone);
            }
        }
        self.points.clone()
    }
}

/// Adds the ways of roll-ups: of each day the average of what is below, by the shares of today. Where the reader does not see
/// everything below, nothing is drawn.
pub(crate) fn roll_up(trends: &mut Trends, rows: &[BoardRow], standings: &BTreeMap<OkrId, Standing>) {
    let mut below: HashMap<OkrId, Vec<OkrId>> = HashMap::new();
    for row in rows {
        if let Some(parent) = row.okr.parent_id {
            below.entry(parent).or_default().push(row.okr.id);
        }
    }
    let tree = Tree { below, standings };
    for row in rows.iter().filter(|row| !measured(row)) {
        tree.way(row.okr.id, trends, 0);
    }
}

struct Tree<'a> {
    below: HashMap<OkrId, Vec<OkrId>>,
    standings: &'a BTreeMap<OkrId, Standing>,
}

impl Tree<'_> {
    /// Finds the way of an OKR and all below it.
    fn way(&self, id: OkrId, trends: &mut Trends, depth: u8) {
        if trends.contains_key(&id) || depth > DEEPEST {
            return;
        }
        let children = self.below.get(&id).map(Vec::as_slice).unwrap_or_default();
        let all = self.standings.get(&id).map_or(0, |standing| standing.children.count);
        if u64::try_from(children.len()).is_ok_and(|seen| seen < all) {
            return;
        }
        for child in children {
            self.way(*child, trends, depth + 1);
        }
        let shared = children.iter().filter_map(|child| {
            let share = self.standings.get(child)?.share.as_ref()?.api();
            Some((share, trends.get(child)?.as_slice()))
        });
        let points = averages(&shared.collect::<Vec<_>>());
        trends.insert(id, points);
    }
}

/// Averages of several ways by share, on their days as far as these are apart.
fn averages(ways: &[(Decimal, &[(Date, Progress)])]) -> Vec<(Date, Progress)> {
    let days: BTreeSet<Date> = ways.iter().flat_map(|(_, points)| points.iter().map(|(day, _)| *day)).collect();
    let last = days.last().copied();
    let mut points: Vec<(Date, Progress)> = Vec::new();
    for day in days {
        if points.last().is_some_and(|(before, _)| day - *before < NEAR) && Some(day) != last {
            continue;
        }
        let (mut sum, mut shares) = (Decimal::ZERO, Decimal::ZERO);
        for (share, points) in ways {
            let known = points.partition_point(|(on, _)| *on <= day);
            if let Some((_, progress)) = known.checked_sub(1).and_then(|at| points.get(at)) {
                sum += share * progress.api();
                shares += share;
            }
        }
        if let Some(average) = sum.checked_div(shares) {
            points.push((day, Percent::from(average).clamped()));
        }
    }
    points
}

/// Whether an OKR has readings of its own.
fn measured(row: &BoardRow) -> bool {
    row.okr.progress_mode != ProgressMode::RollUp
}

/// What its last point is of.
fn newest(row: &BoardRow) -> Option<String> {
    match row.okr.progress_mode {
        ProgressMode::DataSource => row.reading.as_ref().map(|reading| reading.id.to_string()),
        ProgressMode::Manual => row.value_check_in.as_ref().map(|check_in| check_in.id.to_string()),
        ProgressMode::RollUp => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_up_is_the_average_of_what_is_known_on_each_day() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let point = |text: &str, percent: u32| (day(text), Percent::from(Decimal::from(percent)).clamped());
        let slow = [point("2026-10-05", 10), point("2026-10-20", 20)];
        let late = [point("2026-10-10", 50), point("2026-10-11", 60), point("2026-10-20", 80)];
        let equal = averages(&[(50.into(), &slow), (50.into(), &late)]);
        let read: Vec<_> = equal.iter().map(|(day, progress)| format!("{day} {}", progress.page())).collect();
        assert_eq!(read, ["2026-10-05 10.0", "2026-10-10 30.0", "2026-10-20 50.0"]);
        let heavy = averages(&[(25.into(), &slow), (75.into(), &late)]);
        assert_eq!(heavy.last().unwrap().1.page(), "65.0");
        assert!(averages(&[]).is_empty());
    }
}
