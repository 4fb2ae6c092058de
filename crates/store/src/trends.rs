//! The way of many OKRs over a time, in few points: what small drawings beside numbers need.

use crate::{
    Store,
    error::StoreError,
    pool::{Db, on},
    readings::ReadingRow,
    row::word,
    schema::{issues, links, members, queries, readings},
    sql_types::Ts,
    store::CHUNK,
};
use diesel::{dsl::max, prelude::*};
use okrsync_domain::{
    Instant, OkrId,
    reading::{Reading, ReadingKind},
};

diesel::define_sql_function! {
    /// The part of a text from a place, counted from 1.
    fn substr(text: diesel::sql_types::Text, from: diesel::sql_types::Integer, length: diesel::sql_types::Integer) -> diesel::sql_types::Text;
}

/// Letters of an id that readings of three days (2²⁸ ms) share: ids begin with the time at which they were made.
const THREE_DAYS: i32 = 4;

/// The ids of the last reading of each stretch, and of every reconstructed one: those were all made at once.
fn newest(db: &mut Db, okrs: &[String], from: Instant, by_hand: bool) -> Result<Vec<String>, StoreError> {
    let (check_in, reconstructed) = (word(&ReadingKind::CheckIn), word(&ReadingKind::Reconstructed));
    let stretch = substr(readings::id, 1, THREE_DAYS);
    let last: Vec<Option<String>> = on!(&mut *db, |c| {
        let of_these = readings::table.filter(readings::okr_id.eq_any(okrs.to_vec())).filter(readings::at.ge(Ts(from)));
        let grouped = of_these.group_by((readings::okr_id, stretch)).select(max(readings::id));
        if by_hand {
            grouped.load(c)
        } else {
            grouped.filter(readings::kind.ne(check_in.clone())).filter(readings::kind.ne(reconstructed.clone())).load(c)
        }
    })?;
    let before = readings::table
        .filter(readings::okr_id.eq_any(okrs.to_vec()))
        .filter(readings::at.ge(Ts(from)))
        .filter(readings::kind.eq(reconstructed.clone()))
        .select(readings::id);
    let before: Vec<String> = on!(db, |c| before.load(c))?;
    Ok(last.into_iter().flatten().chain(before).collect())
}

impl Store {
    /// About two readings a week of each OKR since an instant, oldest first. `by_hand` counts check-ins as well; without it
    /// they are left out, since an automatic value goes on beneath them.
    pub async fn trend_readings(
        &self,
        okrs: Vec<OkrId>,
        from: Instant,
        by_hand: bool,
    ) -> Result<Vec<Reading>, StoreError> {
        self.snapshot(move |db| {
            let okrs: Vec<String> = okrs.iter().map(ToString::to_string).collect();
            let mut found = Vec::new();
            for part in okrs.chunks(CHUNK) {
                let ids = newest(db, part, from, by_hand)?;
                for ids in ids.chunks(CHUNK) {
                    let wanted = readings::table.filter(readings::id.eq_any(ids.to_vec()));
                    let rows: Vec<ReadingRow> = on!(&mut *db, |c| wanted.select(ReadingRow::as_select()).load(c))?;
                    found.extend(rows);
                }
            }
            let mut all = found.into_iter().map(ReadingRow::read).collect::<Result<Vec<Reading>, _>>()?;
            all.sort_by_key(|reading| (reading.okr_id, reading.at));
            Ok(all)
        })
        .await
    }

    /// Every reading of some OKRs since an instant, oldest first.
    pub async fn readings_since(&self, okrs: Vec<OkrId>, from: Instant) -> Result<Vec<Reading>, StoreError> {
        self.snapshot(move |db| {
            let okrs: Vec<String> = okrs.iter().map(ToString::to_string).collect();
            let mut found = Vec::new();
            for part in okrs.chunks(CHUNK) {
                let of_these = readings::okr_id.eq_any(part.to_vec()).and(readings::at.ge(Ts(from)));
                let rows: Vec<ReadingRow> = on!(&mut *db, |c| readings::table
                    .filter(of_these)
                    .order((readings::okr_id, readings::at, readings::id))
                    .select(ReadingRow::as_select())
                    .load(c))?;
                found.extend(rows);
            }
            found.into_iter().map(ReadingRow::read).collect()
        })
        .await
    }

    /// Linked OKRs whose query matches the issue with this key now.
    pub async fn okrs_with_issue(&self, key: &str) -> Result<Vec<OkrId>, StoreError> {
        let key = key.to_owned();
        self.read(move |db| {
            let query = issues::table
                .inner_join(queries::table.on(queries::connection_id.eq(issues::connection_id)))
                .inner_join(
                    members::table.on(members::query_id.eq(queries::id).and(members::issue_id.eq(issues::issue_id))),
                )
                .inner_join(links::table.on(links::query_id.eq(queries::id)))
                .filter(issues::issue_key.eq(key))
                .filter(members::ended_at.is_null())
                .select(links::okr_id);
            let ids: Vec<String> = on!(db, |c| query.load(c))?;
            ids.iter().map(|id| crate::row::Row { table: "links", key: id }.id("okr_id", id)).collect()
        })
        .await
    }
}
