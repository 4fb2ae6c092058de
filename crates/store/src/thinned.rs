//! Readings picked out of many: the last of each hour, day or week, and the last of each OKR.
//!
//! Each one is a seek in an index, so that a year of hours costs no more than what is answered.

use crate::{
    Store,
    error::StoreError,
    moves::Span,
    page::{Cursor, Page, Slice, behind},
    pool::{Db, on},
    readings::ReadingRow,
    schema::readings,
    sql_types::Ts,
};
use diesel::prelude::*;
use okrsync_domain::{Instant, OkrId, reading::Reading};
use std::collections::HashMap;

/// An OKR's last reading before an instant and behind a cursor.
fn last(
    db: &mut Db,
    okr: OkrId,
    before: Option<Instant>,
    after: Option<&Cursor>,
) -> Result<Option<Reading>, StoreError> {
    let page = Page { limit: 0, after: after.cloned() };
    let row: Option<ReadingRow> = on!(db, |c| {
        let mut query =
            readings::table.filter(readings::okr_id.eq(okr.to_string())).select(ReadingRow::as_select()).into_boxed();
        if let Some(before) = before {
            query = query.filter(readings::at.lt(Ts(before)));
        }
        behind!(query, page, readings::at, readings::id, descending).first(c).optional()
    })?;
    row.map(ReadingRow::read).transpose()
}

/// The last reading of each bucket, newest first: at most `most` of an OKR, and with them the first one before `span`.
fn thinned(
    db: &mut Db,
    okr: OkrId,
    span: Span,
    most: usize,
    bucket: &impl Fn(Instant) -> Instant,
) -> Result<Vec<Reading>, StoreError> {
    let (mut found, mut before) = (Vec::new(), span.before);
    while found.len() < most {
        let Some(reading) = last(db, okr, before, None)? else { break };
        before = Some(bucket(reading.at).min(reading.at));
        let earlier = span.from.is_some_and(|from| reading.at < from);
        found.push(reading);
        if earlier {
            break;
        }
    }
    Ok(found)
}

/// Nothing of the bucket of a cursor comes again.
fn behind_bucket(span: Span, after: Option<&Cursor>, bucket: &impl Fn(Instant) -> Instant) -> Span {
    let before = span.before.into_iter().chain(after.map(|cursor| bucket(cursor.at).min(cursor.at))).min();
    Span { before, ..span }
}

impl Store {
    /// The last reading of each bucket of time within a span, newest first. `bucket` tells the first instant of the bucket
    /// that an instant lies in.
    pub async fn thinned_readings(
        &self,
        okr: OkrId,
        span: Span,
        page: Page,
        bucket: impl Fn(Instant) -> Instant + Send + 'static,
    ) -> Result<Slice<Reading>, StoreError> {
        self.snapshot(move |db| {
            let wanted = usize::try_from(page.ask()).unwrap_or(usize::MAX);
            let mut found = thinned(db, okr, behind_bucket(span, page.after.as_ref(), &bucket), wanted, &bucket)?;
            found.retain(|reading| span.from.is_none_or(|from| reading.at >= from));
            Ok(page.cut(found, |reading| Cursor { at: reading.at, id: reading.id.to_string() }))
        })
        .await
    }

    /// The same of several OKRs at once, so many of each, and of each the last one before the span where so many do not
    /// reach back to it: what was known at its beginning.
    pub async fn thinned_of_all(
        &self,
        okrs: Vec<OkrId>,
        span: Span,
        page: Page,
        bucket: impl Fn(Instant) -> Instant + Send + 'static,
    ) -> Result<HashMap<OkrId, Vec<Reading>>, StoreError> {
        self.snapshot(move |db| {
            let wanted = usize::try_from(page.ask()).unwrap_or(usize::MAX);
            let span = behind_bucket(span, page.after.as_ref(), &bucket);
            okrs.into_iter().map(|okr| Ok((okr, thinned(db, okr, span, wanted, &bucket)?))).collect()
        })
        .await
    }

    /// The last reading of each of these OKRs before an instant and behind a cursor.
    pub async fn last_readings(
        &self,
        okrs: Vec<OkrId>,
        before: Option<Instant>,
        after: Option<Cursor>,
    ) -> Result<HashMap<OkrId, Reading>, StoreError> {
        self.snapshot(move |db| {
            let mut found = HashMap::new();
            for okr in okrs {
                let reading = last(db, okr, before, after.as_ref())?;
                found.extend(reading.map(|reading| (okr, reading)));
            }
            Ok(found)
        })
        .await
    }
}
