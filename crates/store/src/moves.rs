//! Moves: the readings of an OKR in pairs, newest first, each with what differs between the two.
//!
//! Nothing is stored for a move. Members are intervals with the facts that readings were measured by, so any two readings
//! can be compared at any time, also after readings between them were thinned out, and recording pays nothing for it.

use crate::{
    Store,
    compare::compare,
    error::StoreError,
    page::{Cursor, Page, behind},
    pool::{Db, on},
    readings::ReadingRow,
    row::word,
    schema::{members, readings},
    sql_types::Ts,
};
use diesel::prelude::*;
use okrsync_domain::{
    Instant, OkrId,
    moves::{Compared, Evidence, Neighbours, Step},
    reading::{Reading, ReadingKind},
};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    ops::ControlFlow,
};

/// Readings looked at together.
const BATCH: u32 = 100;

/// A span of time; open where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub from: Option<Instant>,
    /// The first instant that no longer belongs to it.
    pub before: Option<Instant>,
}

/// A walk over the readings of an OKR, from the newest to the oldest.
struct Walk {
    okr: String,
    span: Span,
    after: Option<Cursor>,
    ahead: VecDeque<Evidence>,
    ended: bool,
    /// When members of a query changed, as far as the readings ahead reach.
    changes: HashMap<String, BTreeSet<Instant>>,
}

impl Walk {
    /// The next reading with the one before it, past all that nothing distinguishes from the one before: those count as
    /// repeats of the first of them.
    fn next(&mut self, db: &mut Db) -> Result<Option<(Cursor, Neighbours)>, StoreError> {
        // the newest of those that are passed over, with how many they are
        let mut passed: Option<Reading> = None;
        loop {
            if self.ahead.len() < 2 && !self.ended {
                self.look_ahead(db)?;
            }
            let Some(mut to) = self.ahead.pop_front() else { return Ok(None) };
            if self.span.from.is_some_and(|from| to.reading.at < from) {
                return Ok(None);
            }
            if let Some(passed) = passed.take() {
                to.reading.repeat(&passed);
            }
            let cursor = Cursor { at: to.reading.at, id: to.reading.id.to_string() };
            match self.ahead.front() {
                None => return Ok(Some((cursor, Neighbours::First(Box::new(to))))),
                Some(from) if self.alike(from, &to) => passed = Some(to.reading),
                Some(from) => return Ok(Some((cursor, Neighbours::Step(Box::new(step(db, from.clone(), to)?))))),
            }
        }
    }

    /// Reads the next batch behind what is ahead.
    fn look_ahead(&mut self, db: &mut Db) -> Result<(), StoreError> {
        let page = Page { limit: BATCH, after: self.after.take() };
        let rows: Vec<ReadingRow> = on!(&mut *db, |c| {
            let mut query =
                readings::table.filter(readings::okr_id.eq(&self.okr)).select(ReadingRow::as_select()).into_boxed();
            if let Some(before) = self.span.before {
                query = query.filter(readings::at.lt(Ts(before)));
            }
            behind!(query, page, readings::at, readings::id, descending).load(c)
        })?;
        self.ended = rows.len() <= BATCH as usize;
        for row in rows {
            self.ahead.push_back(row.evidence()?);
        }
        self.after = self.ahead.back().map(|last| Cursor { at: last.reading.at, id: last.reading.id.to_string() });
        self.changes = self.changes_ahead(db)?;
        Ok(())
    }

    /// The instants at which members of the queries ahead began or ended.
    fn changes_ahead(&self, db: &mut Db) -> Result<HashMap<String, BTreeSet<Instant>>, StoreError> {
        let (Some(newest), Some(oldest)) = (self.ahead.front(), self.ahead.back()) else { return Ok(HashMap::new()) };
        let (newest, oldest) = (newest.reading.at, oldest.reading.at);
        let queries: BTreeSet<String> = self.ahead.iter().filter_map(|evidence| query(&evidence.reading)).collect();
        let mut changes = HashMap::new();
        for id in queries {
            let instants = self::changes(db, &id, oldest, newest)?;
            changes.insert(id, instants);
        }
        Ok(changes)
    }

    /// Whether nothing at all happened between two measured readings.
    fn alike(&self, from: &Evidence, to: &Evidence) -> bool {
        let (was, is) = (&from.reading, &to.reading);
        let changed = query(is)
            .and_then(|query| self.changes.get(&query))
            .is_some_and(|instants| was.at < is.at && instants.range(was.at..=is.at).any(|instant| *instant > was.at));
        // Of computed members it is told when they are compared.
        let measured = was.kind == ReadingKind::Automatic && is.kind == ReadingKind::Automatic;
        let same = from.settings == to.settings && was.query_id == is.query_id && was.measure == is.measure;
        let (a, b) = (&was.tally, &is.tally);
        let numbers = (a.value, a.done, a.total, a.matched) == (b.value, b.done, b.total, b.matched);
        measured && same && numbers && !changed
    }
}

/// The instants behind one and up to another at which members of a query began or ended.
pub(crate) fn changes(
    db: &mut Db,
    query: &str,
    oldest: Instant,
    newest: Instant,
) -> Result<BTreeSet<Instant>, StoreError> {
    let own = members::table.filter(members::query_id.eq(query));
    let begun =
        own.filter(members::since.gt(Ts(oldest)).and(members::since.le(Ts(newest)))).select(members::since).distinct();
    let ended = own
        .filter(members::ended_at.gt(Some(Ts(oldest))).and(members::ended_at.le(Some(Ts(newest)))))
        .select(members::ended_at.assume_not_null())
        .distinct();
    let mut instants: BTreeSet<Instant> = on!(&mut *db, |c| begun.load::<Ts>(c))?.into_iter().map(|at| at.0).collect();
    instants.extend(on!(db, |c| ended.load::<Ts>(c))?.into_iter().map(|at| at.0));
    Ok(instants)
}

fn query(reading: &Reading) -> Option<String> {
    reading.query_id.map(|id| id.to_string())
}

fn step(db: &mut Db, from: Evidence, to: Evidence) -> Result<Step, StoreError> {
    if to.reading.kind == ReadingKind::CheckIn {
        return Ok(Step { from, measured: None, to, issues: Compared::default() });
    }
    let measured = match from.reading.kind {
        ReadingKind::CheckIn => last_measured(db, &from.reading)?,
        _ => Some(from.clone()),
    };
    let issues = measured.as_ref().map(|measured| compare(db, measured, &to)).transpose()?.unwrap_or_default();
    Ok(Step { from, measured, to, issues })
}

/// The last measured or computed reading before a check-in.
fn last_measured(db: &mut Db, check_in: &Reading) -> Result<Option<Evidence>, StoreError> {
    let page = Page { limit: 0, after: Some(Cursor { at: check_in.at, id: check_in.id.to_string() }) };
    let row: Option<ReadingRow> = on!(db, |c| {
        let measured = readings::table
            .filter(readings::okr_id.eq(check_in.okr_id.to_string()))
            .filter(readings::kind.ne(word(&ReadingKind::CheckIn)))
            .select(ReadingRow::as_select())
            .into_boxed();
        behind!(measured, page, readings::at, readings::id, descending).first(c).optional()
    })?;
    row.map(ReadingRow::evidence).transpose()
}

impl Store {
    /// Hands over the readings of an OKR within a span, newest first, each with the one before it and what differs, until
    /// `take` has enough; readings that nothing distinguishes from the one before are passed over. `after` is the cursor
    /// of the last one that was taken earlier. All on one state of the database, and never more than one pair in memory.
    pub async fn moves<T: Send + 'static>(
        &self,
        okr: OkrId,
        span: Span,
        after: Option<Cursor>,
        mut taken: T,
        mut take: impl FnMut(&mut T, Cursor, Neighbours) -> ControlFlow<()> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.snapshot(move |db| {
            let (ahead, changes) = (VecDeque::new(), HashMap::new());
            let mut walk = Walk { okr: okr.to_string(), span, after, ahead, ended: false, changes };
            while let Some((cursor, neighbours)) = walk.next(db)? {
                if take(&mut taken, cursor, neighbours).is_break() {
                    break;
                }
            }
            Ok(taken)
        })
        .await
    }
}
