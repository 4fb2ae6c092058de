//! Readings: exact measurements, kept with what they were measured against.

use crate::{
    Store,
    error::{StoreError, missing},
    okrs::OKR,
    organisation,
    page::{Cursor, Page, Slice, behind},
    pool::{Db, on},
    row::{Row, big, word},
    schema::readings,
    sql_types::{Dec, Json, Ts},
    store::CHUNK,
};
use diesel::prelude::*;
use okrsync_domain::{
    Date, Instant, OkrId, ReadingId,
    link::Settings,
    moves::Evidence,
    reading::{Coverage, Reading, ReadingKind, Repeats, Tally},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The last measurement of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyReading {
    /// The day in the organisation's time zone.
    pub on: Date,
    /// The measurement.
    pub reading: Reading,
    /// What the link was set to then, where it was written down.
    pub settings: Option<Settings>,
    /// The OKR's last day then, where it was written down.
    pub due_on: Option<Date>,
}

/// What is kept beside a reading: the link's settings, and the day by which its OKR was due then.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    #[serde(flatten)]
    pub(crate) settings: Settings,
    #[serde(default)]
    pub(crate) due_on: Option<Date>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = readings, treat_none_as_default_value = false)]
pub(crate) struct ReadingRow {
    pub(crate) id: String,
    pub(crate) okr_id: String,
    at: Ts,
    pub(crate) kind: String,
    pub(crate) query_id: Option<String>,
    refresh_id: Option<String>,
    measure: Json,
    settings: Option<Json>,
    matched: i64,
    completed: i64,
    value: Option<Dec>,
    done: Option<Dec>,
    total: Option<Dec>,
    with_value: i64,
    without_value: i64,
    warnings: Json,
    pub(crate) repeats: i64,
    pub(crate) repeated_at: Option<Ts>,
}

impl ReadingRow {
    /// As it is stored, with the link's settings as they were.
    pub(crate) fn of(reading: &Reading, settings: Option<Json>) -> Self {
        Self {
            id: reading.id.to_string(),
            okr_id: reading.okr_id.to_string(),
            at: Ts(reading.at),
            kind: word(&reading.kind),
            query_id: reading.query_id.map(|id| id.to_string()),
            refresh_id: reading.refresh_id.map(|id| id.to_string()),
            measure: Json::of(&reading.measure),
            settings,
            matched: big(reading.tally.matched),
            completed: big(reading.tally.completed),
            value: reading.tally.value.map(Dec::from),
            done: reading.tally.done.map(Dec::from),
            total: reading.tally.total.map(Dec::from),
            with_value: big(reading.tally.coverage.with_value),
            without_value: big(reading.tally.coverage.without_value),
            warnings: Json::of(&reading.tally.warnings),
            repeats: reading.repeats.map_or(0, |repeats| big(repeats.times)),
            repeated_at: reading.repeats.map(|repeats| Ts(repeats.last_at)),
        }
    }

    /// When it was measured.
    pub(crate) fn at(&self) -> Instant {
        self.at.0
    }

    /// Whether both were measured, and all that was found and written down is the same.
    pub(crate) fn says_what(&self, other: &Self) -> bool {
        let measured = word(&ReadingKind::Automatic);
        let same = (&self.query_id, &self.measure, &self.settings, &self.warnings)
            == (&other.query_id, &other.measure, &other.settings, &other.warnings);
        let numbers = |row: &Self| (row.matched, row.completed, row.with_value, row.without_value);
        let values = |row: &Self| [row.value.clone(), row.done.clone(), row.total.clone()];
        self.kind == measured
            && other.kind == measured
            && same
            && numbers(self) == numbers(other)
            && values(self) == values(other)
    }

    /// Takes up a later one that says the same.
    pub(crate) fn repeat(&mut self, later: &Self) {
        self.repeats = self.repeats.saturating_add(1).saturating_add(later.repeats);
        self.repeated_at = Some(later.repeated_at.unwrap_or(later.at));
    }

    /// With what it was measured by.
    pub(crate) fn evidence(self) -> Result<Evidence, StoreError> {
        let settings = Row { table: "readings", key: &self.id }.json_opt("settings", self.settings.as_ref())?;
        Ok(Evidence { reading: self.read()?, settings })
    }

    /// As the product speaks of it.
    pub(crate) fn read(self) -> Result<Reading, StoreError> {
        let row = Row { table: "readings", key: &self.id };
        Ok(Reading {
            id: row.id("id", &self.id)?,
            okr_id: row.id("okr_id", &self.okr_id)?,
            at: self.at.0,
            kind: row.word("kind", &self.kind)?,
            query_id: row.id_opt("query_id", self.query_id.as_deref())?,
            refresh_id: row.id_opt("refresh_id", self.refresh_id.as_deref())?,
            measure: row.json("measure", &self.measure)?,
            repeats: match self.repeated_at {
                Some(last_at) => Some(Repeats { times: row.number("repeats", self.repeats)?, last_at: last_at.0 }),
                None => None,
            },
            tally: Tally {
                matched: row.number("matched", self.matched)?,
                completed: row.number("completed", self.completed)?,
                value: row.decimal_opt("value", self.value)?,
                done: row.decimal_opt("done", self.done)?,
                total: row.decimal_opt("total", self.total)?,
                coverage: Coverage {
                    with_value: row.number("with_value", self.with_value)?,
                    without_value: row.number("without_value", self.without_value)?,
                },
                warnings: row.json("warnings", &self.warnings)?,
            },
        })
    }
}

/// Adds one reading inside somebody's transaction.
pub(crate) fn insert(db: &mut Db, reading: &Reading, settings: Option<Json>) -> Result<(), StoreError> {
    let row = ReadingRow::of(reading, settings);
    on!(db, |c| diesel::insert_into(readings::table).values(&row).execute(c))
        .map_err(|error| missing(error, OKR, &reading.okr_id))?;
    Ok(())
}

/// Adds readings of OKRs that are there, inside somebody's transaction.
pub(crate) fn insert_all(db: &mut Db, readings: &[(Reading, Settings)]) -> Result<(), StoreError> {
    for part in readings.chunks(CHUNK) {
        let kept = |settings: &Settings| Json::of(&Kept { settings: settings.clone(), due_on: None });
        let rows: Vec<ReadingRow> =
            part.iter().map(|(reading, settings)| ReadingRow::of(reading, Some(kept(settings)))).collect();
        on!(&mut *db, |c| diesel::insert_into(readings::table).values(&rows).execute(c))?;
    }
    Ok(())
}

impl Store {
    /// An OKR's readings from one instant up to and without another, newest first.
    pub async fn readings(
        &self,
        okr: OkrId,
        from: Option<Instant>,
        before: Option<Instant>,
        page: Page,
    ) -> Result<Slice<Reading>, StoreError> {
        self.read(move |db| {
            let rows: Vec<ReadingRow> = on!(db, |c| {
                let mut query = readings::table
                    .filter(readings::okr_id.eq(okr.to_string()))
                    .select(ReadingRow::as_select())
                    .into_boxed();
                if let Some(from) = from {
                    query = query.filter(readings::at.ge(Ts(from)));
                }
                if let Some(before) = before {
                    query = query.filter(readings::at.lt(Ts(before)));
                }
                behind!(query, page, readings::at, readings::id, descending).load(c)
            })?;
            let items: Result<Vec<Reading>, _> = rows.into_iter().map(ReadingRow::read).collect();
            items.map(|items| page.cut(items, |reading| Cursor { at: reading.at, id: reading.id.to_string() }))
        })
        .await
    }

    /// The last measurement of each day on which an OKR was measured, from an instant up to and without another, in
    /// order of days. Check-ins are none: they say what a person thinks.
    pub async fn daily_readings(
        &self,
        okr: OkrId,
        from: Instant,
        before: Instant,
    ) -> Result<Vec<DailyReading>, StoreError> {
        let default = self.period_minutes;
        self.snapshot(move |db| {
            let organisation = organisation::load(db, default)?;
            let measured = readings::table
                .filter(readings::okr_id.eq(okr.to_string()))
                .filter(readings::kind.ne(word(&ReadingKind::CheckIn)))
                .filter(readings::at.ge(Ts(from)).and(readings::at.lt(Ts(before))))
                .order((readings::at, readings::id))
                .select((readings::at, readings::id));
            let all: Vec<(Ts, String)> = on!(&mut *db, |c| measured.load(c))?;
            let last: BTreeMap<Date, String> = all.into_iter().map(|(at, id)| (organisation.today(at.0), id)).collect();
            let ids: Vec<String> = last.into_values().collect();
            let mut daily = Vec::with_capacity(ids.len());
            for part in ids.chunks(CHUNK) {
                let wanted = readings::table.filter(readings::id.eq_any(part.to_vec())).order(readings::at);
                let rows: Vec<ReadingRow> = on!(&mut *db, |c| wanted.select(ReadingRow::as_select()).load(c))?;
                for row in rows {
                    let kept: Option<Kept> =
                        Row { table: "readings", key: &row.id }.json_opt("settings", row.settings.as_ref())?;
                    let (settings, due_on) = kept.map_or((None, None), |kept| (Some(kept.settings), kept.due_on));
                    let reading = row.read()?;
                    daily.push(DailyReading { on: organisation.today(reading.at), reading, settings, due_on });
                }
            }
            Ok(daily)
        })
        .await
    }

    /// A reading by id, with what its link was set to then, where that was written down.
    pub async fn find_reading_with_settings(
        &self,
        id: ReadingId,
    ) -> Result<Option<(Reading, Option<Settings>)>, StoreError> {
        self.read(move |db| {
            let query = readings::table.find(id.to_string());
            let row: Option<ReadingRow> = on!(db, |c| query.select(ReadingRow::as_select()).first(c).optional())?;
            let Some(row) = row else { return Ok(None) };
            let kept: Option<Kept> =
                Row { table: "readings", key: &row.id }.json_opt("settings", row.settings.as_ref())?;
            Ok(Some((row.read()?, kept.map(|kept| kept.settings))))
        })
        .await
    }

    /// A reading by id.
    pub async fn find_reading(&self, id: ReadingId) -> Result<Option<Reading>, StoreError> {
        self.read(move |db| {
            let query = readings::table.find(id.to_string());
            on!(db, |c| query.select(ReadingRow::as_select()).first(c).optional())?.map(ReadingRow::read).transpose()
        })
        .await
    }
}
