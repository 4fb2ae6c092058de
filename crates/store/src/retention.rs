//! What is kept for how long: readings that changed nothing are folded into the one before, old ones are thinned to one a
//! day and then one a week, and the mirror lets go of issues that no linked query holds.
//!
//! Members are intervals with facts, so what is left can be recounted and compared as before. Readings are worked on one OKR
//! a transaction; it may be repeated, and several processes may do it at once.

use crate::{
    Store,
    error::StoreError,
    moves, organisation,
    pool::{Db, on},
    readings::ReadingRow,
    row::word,
    schema::{members, mirror, okrs, queries, readings},
    sql_types::Ts,
    store::CHUNK,
};
use chrono::{TimeDelta, Weekday};
use diesel::prelude::*;
use okrsync_domain::{
    ConnectionId, Date, Instant, OkrId, issue::IssueId, organisation::Organisation, reading::ReadingKind,
};
use std::collections::BTreeSet;

/// Up to when readings are thinned, and how. Days are those of the organisation's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Now: of the days before today, readings without a change are folded.
    pub now: Instant,
    /// Of days before this instant's day, the last reading is kept.
    pub daily_before: Instant,
    /// Of weeks (from Monday) before this instant's week, the last reading is kept.
    pub weekly_before: Instant,
    /// Only what lies in a stretch behind one of these limits that began then is looked at: the rest was thinned before.
    pub since: Option<Instant>,
}

/// What was done to the readings of an OKR.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Thinned {
    /// Readings that changed nothing, and count as repeats of the one before.
    pub folded: u64,
    /// Readings that others of their day or week stand for.
    pub dropped: u64,
}

/// A span of whole days.
#[derive(Clone, Copy)]
struct Days {
    /// The first, where it matters.
    from: Option<Date>,
    /// The first that does not belong to it.
    before: Date,
}

impl Days {
    fn has(self, day: Date) -> bool {
        day < self.before && self.from.is_none_or(|from| day >= from)
    }
}

/// The readings of an OKR in order of time, with their days, as far as they lie in a span. Its first measurement, at which
/// its moves begin, and the one that it shows now are none of them: they stay as they are.
fn within(
    db: &mut Db,
    okr: &str,
    days: Days,
    organisation: &Organisation,
) -> Result<Vec<(Date, ReadingRow)>, StoreError> {
    // by more than any two time zones differ
    let margin = TimeDelta::days(2);
    let instant = |day: Date| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let shown = okrs::table.find(okr).select(okrs::reading_id);
    let shown: Option<Option<String>> = on!(&mut *db, |c| shown.first(c).optional())?;
    let first = readings::table
        .filter(readings::okr_id.eq(okr).and(readings::kind.eq(word(&ReadingKind::Automatic))))
        .order((readings::at, readings::id))
        .select(readings::id);
    let first: Option<String> = on!(&mut *db, |c| first.first(c).optional())?;
    let stay = [shown.flatten(), first];
    let rows: Vec<ReadingRow> = on!(db, |c| {
        let mut query = readings::table
            .filter(readings::okr_id.eq(okr).and(readings::at.lt(Ts(instant(days.before) + margin))))
            .order((readings::at, readings::id))
            .select(ReadingRow::as_select())
            .into_boxed();
        if let Some(from) = days.from {
            query = query.filter(readings::at.ge(Ts(instant(from) - margin)));
        }
        query.load(c)
    })?;
    let dated = rows.into_iter().map(|row| (organisation.today(row.at()), row));
    Ok(dated.filter(|(day, row)| days.has(*day) && !stay.contains(&Some(row.id.clone()))).collect())
}

/// Folds runs of readings of one day between which nothing happened.
fn fold(db: &mut Db, rows: Vec<(Date, ReadingRow)>) -> Result<u64, StoreError> {
    let changes = changes(db, &rows)?;
    let mut repeats = Vec::new();
    let mut rows = rows.into_iter();
    let Some((mut day, mut first)) = rows.next() else { return Ok(0) };
    let mut is_longer = false;
    for (next_day, next) in rows {
        let is_news = changes.range(first.at()..=next.at()).any(|at| *at > first.at());
        if next_day == day && !is_news && first.says_what(&next) {
            first.repeat(&next);
            repeats.push(next.id);
            is_longer = true;
            continue;
        }
        if std::mem::take(&mut is_longer) {
            keep_repeats(db, &first)?;
        }
        (day, first) = (next_day, next);
    }
    if is_longer {
        keep_repeats(db, &first)?;
    }
    remove(db, &repeats)
}

/// When members of any query of these readings changed.
fn changes(db: &mut Db, rows: &[(Date, ReadingRow)]) -> Result<BTreeSet<Instant>, StoreError> {
    let (Some((_, first)), Some((_, last))) = (rows.first(), rows.last()) else { return Ok(BTreeSet::new()) };
    let queries: BTreeSet<&String> = rows.iter().filter_map(|(_, row)| row.query_id.as_ref()).collect();
    let mut found = BTreeSet::new();
    for query in queries {
        found.extend(moves::changes(db, query, first.at(), last.at())?);
    }
    Ok(found)
}

fn keep_repeats(db: &mut Db, row: &ReadingRow) -> Result<(), StoreError> {
    let repeats = (readings::repeats.eq(row.repeats), readings::repeated_at.eq(row.repeated_at));
    on!(db, |c| diesel::update(readings::table.find(&row.id)).set(repeats).execute(c))?;
    Ok(())
}

/// Drops all but the last measurement of each stretch; what a person entered stays.
fn thin(db: &mut Db, rows: &[(Date, ReadingRow)], stretch: impl Fn(Date) -> Date) -> Result<u64, StoreError> {
    let by_hand = word(&ReadingKind::CheckIn);
    let measured: Vec<(Date, &ReadingRow)> =
        rows.iter().filter(|(_, row)| row.kind != by_hand).map(|(day, row)| (stretch(*day), row)).collect();
    let passed = measured.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].1.id.clone());
    remove(db, &passed.collect::<Vec<_>>())
}

fn remove(db: &mut Db, ids: &[String]) -> Result<u64, StoreError> {
    let mut removed = 0;
    for part in ids.chunks(CHUNK) {
        let rows = readings::table.filter(readings::id.eq_any(part.to_vec()));
        removed += on!(&mut *db, |c| diesel::delete(rows).execute(c))?;
    }
    Ok(u64::try_from(removed).unwrap_or(u64::MAX))
}

fn monday(day: Date) -> Date {
    day.week(Weekday::Mon).checked_first_day().unwrap_or(day)
}

impl Store {
    /// OKRs by id, behind one, at most so many: for going through all of them piece by piece.
    pub async fn okr_ids(&self, after: Option<OkrId>, limit: u32) -> Result<Vec<OkrId>, StoreError> {
        self.read(move |db| {
            let ids = okrs::table
                .filter(okrs::id.gt(after.map_or_else(String::new, |id| id.to_string())))
                .order(okrs::id)
                .limit(i64::from(limit))
                .select(okrs::id);
            let ids: Vec<String> = on!(db, |c| ids.load(c))?;
            ids.iter().map(|id| crate::row::Row { table: "okrs", key: id }.id("id", id)).collect()
        })
        .await
    }

    /// Folds and thins the readings of an OKR. The reading that it shows now, and what people entered, stay.
    pub async fn thin_readings(&self, okr: OkrId, ages: Ages) -> Result<Thinned, StoreError> {
        let default = self.period_minutes;
        self.write(move |db| {
            let (okr, organisation) = (okr.to_string(), organisation::load(db, default)?);
            let passed = ages.since.map(|since| ages.now - since);
            let behind = |limit: Instant| Days {
                // a week more, so that whole weeks are seen
                from: passed.map(|passed| organisation.today(limit - passed - TimeDelta::days(8))),
                before: organisation.today(limit),
            };
            let weekly = Days { before: monday(organisation.today(ages.weekly_before)), ..behind(ages.weekly_before) };
            let weekly_rows = within(db, &okr, weekly, &organisation)?;
            let weeks = thin(db, &weekly_rows, monday)?;
            let daily = behind(ages.daily_before);
            let from = daily.from.map_or(weekly.before, |from| from.max(weekly.before));
            let daily_rows = within(db, &okr, Days { from: Some(from), ..daily }, &organisation)?;
            let days = thin(db, &daily_rows, |day| day)?;
            let recent = behind(ages.now);
            let from = recent.from.map_or(daily.before, |from| from.max(daily.before));
            let recent_rows = within(db, &okr, Days { from: Some(from), ..recent }, &organisation)?;
            let folded = fold(db, recent_rows)?;
            Ok(Thinned { folded, dropped: weeks + days })
        })
        .await
    }

    /// Mirrored issues that were last fetched before an instant and that no linked query of the connection matches. A walk
    /// under way holds what it has fetched by its age.
    pub async fn unheld(&self, connection: ConnectionId, before: Instant) -> Result<Vec<IssueId>, StoreError> {
        self.snapshot(move |db| {
            let key = connection.to_string();
            let old = mirror::table
                .filter(mirror::connection_id.eq(&key).and(mirror::seen_at.lt(Ts(before))))
                .select(mirror::issue_id);
            let mut unheld: BTreeSet<i64> = on!(&mut *db, |c| old.load(c))?.into_iter().collect();
            let holding = queries::table
                .filter(queries::connection_id.eq(&key).and(queries::due_at.is_not_null()))
                .select(queries::id);
            let holding: Vec<String> = on!(&mut *db, |c| holding.load(c))?;
            for query in holding {
                let held = members::table
                    .filter(members::query_id.eq(query).and(members::ended_at.is_null()))
                    .select(members::issue_id);
                for id in on!(&mut *db, |c| held.load::<i64>(c))? {
                    unheld.remove(&id);
                }
            }
            Ok(unheld.into_iter().map(IssueId).collect())
        })
        .await
    }
}
