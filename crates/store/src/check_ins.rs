//! Check-ins: what people report themselves.

use crate::{
    Store,
    error::{StoreError, missing},
    okrs::{self, OKR},
    page::{Cursor, Page, Slice, behind},
    pool::on,
    readings,
    row::{Row, word},
    schema::{check_ins, okrs as okr_table},
    sql_types::{Dec, Ts},
};
use diesel::prelude::*;
use okrsync_domain::{
    Instant, OkrId,
    check_in::{CheckIn, Entered},
    reading::Reading,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = check_ins, treat_none_as_default_value = false)]
pub(crate) struct CheckInRow {
    id: String,
    pub(crate) okr_id: String,
    author_id: String,
    at: Ts,
    value: Option<Dec>,
    progress: Option<Dec>,
    status: Option<String>,
    note: String,
    hold: String,
    released_at: Option<Ts>,
}

impl CheckInRow {
    fn of(check_in: &CheckIn) -> Self {
        let (value, progress) = match check_in.entered {
            Some(Entered::Value(value)) => (Some(value), None),
            Some(Entered::Progress(progress)) => (None, Some(progress)),
            None => (None, None),
        };
        Self {
            id: check_in.id.to_string(),
            okr_id: check_in.okr_id.to_string(),
            author_id: check_in.author_id.to_string(),
            at: Ts(check_in.at),
            value: value.map(Dec::from),
            progress: progress.map(Dec::from),
            status: check_in.status.as_ref().map(word),
            note: check_in.note.clone(),
            hold: word(&check_in.hold),
            released_at: check_in.released_at.map(Ts),
        }
    }

    /// As the product speaks of it.
    pub(crate) fn read(self) -> Result<CheckIn, StoreError> {
        let row = Row { table: "check_ins", key: &self.id };
        let value = row.decimal_opt("value", self.value)?.map(Entered::Value);
        let progress = row.decimal_opt("progress", self.progress)?.map(Entered::Progress);
        Ok(CheckIn {
            id: row.id("id", &self.id)?,
            okr_id: row.id("okr_id", &self.okr_id)?,
            author_id: row.id("author_id", &self.author_id)?,
            at: self.at.0,
            entered: value.or(progress),
            status: self.status.as_deref().map(|status| row.word("status", status)).transpose()?,
            hold: row.word("hold", &self.hold)?,
            note: self.note,
            released_at: self.released_at.map(|at| at.0),
        })
    }
}

impl Store {
    /// Adds a check-in, and the reading that it amounts to where it has a value.
    pub async fn add_check_in(&self, check_in: &CheckIn, reading: Option<Reading>) -> Result<(), StoreError> {
        let check_in = check_in.clone();
        self.write(move |db| {
            let (row, id) = (CheckInRow::of(&check_in), Some(check_in.id.to_string()));
            okrs::get(db, check_in.okr_id)?;
            on!(&mut *db, |c| diesel::insert_into(check_ins::table).values(&row).execute(c))
                .map_err(|error| missing(error, "user", &check_in.author_id))?;
            let okr = okr_table::table.find(check_in.okr_id.to_string());
            if check_in.entered.is_some() {
                let newest = okr_table::value_check_in_id.eq(id.clone());
                on!(&mut *db, |c| diesel::update(okr.clone()).set(newest).execute(c))?;
            }
            if check_in.entered.is_some() || check_in.status.is_some() {
                on!(&mut *db, |c| diesel::update(okr).set(okr_table::standing_check_in_id.eq(id)).execute(c))?;
            }
            reading.map_or(Ok(()), |reading| readings::insert(db, &reading, None))
        })
        .await
    }

    /// An OKR's check-ins, newest first.
    pub async fn check_ins(&self, okr: OkrId, page: Page) -> Result<Slice<CheckIn>, StoreError> {
        self.read(move |db| {
            let rows: Vec<CheckInRow> = on!(db, |c| {
                let query = check_ins::table
                    .filter(check_ins::okr_id.eq(okr.to_string()))
                    .select(CheckInRow::as_select())
                    .into_boxed();
                behind!(query, page, check_ins::at, check_ins::id, descending).load(c)
            })?;
            let items: Result<Vec<CheckIn>, _> = rows.into_iter().map(CheckInRow::read).collect();
            items.map(|items| page.cut(items, |check_in| Cursor { at: check_in.at, id: check_in.id.to_string() }))
        })
        .await
    }

    /// Has the automatic value count again: check-ins that held against it hold no longer.
    pub async fn resume(&self, okr: OkrId, now: Instant) -> Result<(), StoreError> {
        self.write(move |db| {
            let holding =
                check_ins::table.filter(check_ins::okr_id.eq(okr.to_string())).filter(check_ins::released_at.is_null());
            let released = on!(&mut *db, |c| {
                diesel::update(holding).set(check_ins::released_at.eq(Some(Ts(now)))).execute(c)
            })?;
            if released == 0 {
                okrs::get(db, okr).map_err(|_| StoreError::not_found(OKR, &okr))?;
            }
            Ok(())
        })
        .await
    }
}
