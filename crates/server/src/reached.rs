//! The day on which an achieved OKR got there: the first reading of the stretch at 100 % that still goes on. What was found
//! is kept in memory, and only what was measured since is read again.

use crate::{
    api::days,
    board::{Board, Shown},
    error::ApiResult,
};
use okrsync_domain::{
    Date, Instant, OkrId,
    okr::ProgressMode,
    reading::{Reading, ReadingKind},
};
use okrsync_metrics::{Status, progress};
use okrsync_store::{BoardRow, Store};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

/// The day of each achieved OKR, where that can be told.
pub(crate) type Reached = BTreeMap<OkrId, Date>;

/// Levels of the tree that are followed.
const DEEPEST: u8 = 50;

/// The stretch at 100 % that an OKR is in.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    since: Instant,
    /// The last reading that is known to belong to it.
    until: Instant,
    /// Whether a reading below 100 % comes before it. What has none may turn out to be longer once the past is read.
    settled: bool,
}

/// Stretches by OKR.
type Stretches = HashMap<OkrId, Stretch>;

/// Settled stretches that are known.
#[derive(Debug, Default)]
pub(crate) struct KnownStretches(Mutex<Stretches>);

impl KnownStretches {
    /// The days of a board's achieved OKRs.
    pub(crate) async fn of(&self, store: &Store, board: &Board) -> ApiResult<Reached> {
        let zone = board.organisation.time_zone;
        let there: Vec<Shown<'_>> = board.all().filter(is_there).collect();
        let measured = || there.iter().map(|it| it.row).filter(|row| row.okr.progress_mode != ProgressMode::RollUp);
        let mut stretches = self.known(measured());
        // What is new is read from its first day on, the others from where they are known: a query for each kind.
        let (old, new): (Vec<&BoardRow>, Vec<&BoardRow>) =
            measured().partition(|row| stretches.contains_key(&row.okr.id));
        let until = |row: &BoardRow| stretches.get(&row.okr.id).map(|stretch| stretch.until);
        let old: Vec<&BoardRow> = old.into_iter().filter(|row| until(row) != newest(row)).collect();
        let known_until = old.iter().filter_map(|row| until(row)).min();
        let first_day = new.iter().map(|row| days::start_of(row.okr.starts_on, zone)).min();
        for (rows, from) in [(&old, known_until), (&new, first_day)] {
            let Some(from) = from else { continue };
            let readings = store.readings_since(rows.iter().map(|row| row.okr.id).collect(), from).await?;
            follow(&mut stretches, rows, &readings);
        }
        self.keep(board, &stretches);
        let day = |(id, stretch): (&OkrId, &Stretch)| (*id, stretch.since.with_timezone(&zone).date_naive());
        let mut reached: Reached = stretches.iter().map(day).collect();
        roll_up(&mut reached, board, &there);
        Ok(reached)
    }

    fn known<'r>(&self, rows: impl Iterator<Item = &'r BoardRow>) -> Stretches {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.filter_map(|row| Some((row.okr.id, *known.get(&row.okr.id)?))).collect()
    }

    /// What has fallen below 100 % begins anew.
    fn keep(&self, board: &Board, stretches: &Stretches) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for row in &board.rows {
            match stretches.get(&row.okr.id).filter(|stretch| stretch.settled) {
                Some(stretch) => drop(known.insert(row.okr.id, *stretch)),
                None => drop(known.remove(&row.okr.id)),
            }
        }
    }
}

/// Goes on with readings, oldest first.
fn follow(stretches: &mut Stretches, rows: &[&BoardRow], readings: &[Reading]) {
    let modes: HashMap<OkrId, ProgressMode> = rows.iter().map(|row| (row.okr.id, row.okr.progress_mode)).collect();
    let mut fallen: HashSet<OkrId> = HashSet::new();
    for reading in readings {
        let (id, at) = (reading.okr_id, reading.at);
        // An automatic value goes on beneath what people report.
        if reading.kind == ReadingKind::CheckIn && modes.get(&id) == Some(&ProgressMode::DataSource) {
            continue;
        }
        if progress(&reading.measure, &reading.tally).is_some_and(|progress| progress.is_complete()) {
            let settled = fallen.contains(&id);
            let stretch = stretches.entry(id).or_insert(Stretch { since: at, until: at, settled });
            stretch.until = stretch.until.max(at);
        } else {
            fallen.insert(id);
            stretches.remove(&id);
        }
    }
}

/// Whether the number itself says so: neither stated by somebody, nor standing over another one.
fn is_there(shown: &Shown<'_>) -> bool {
    let standing = shown.standing;
    let complete = standing.progress.as_ref().is_some_and(okrsync_metrics::Progress::is_complete);
    standing.status == Status::Achieved && complete && !standing.overridden
}

/// When the number that is shown was measured or entered.
fn newest(row: &BoardRow) -> Option<Instant> {
    match row.okr.progress_mode {
        ProgressMode::DataSource => row.reading.as_ref().map(|reading| reading.at),
        _ => row.value_check_in.as_ref().map(|check_in| check_in.at),
    }
}

/// A roll-up got there with the last one below it; where the reader does not see all of them, nothing is said.
fn roll_up(reached: &mut Reached, board: &Board, there: &[Shown<'_>]) {
    let mut below: HashMap<OkrId, Vec<OkrId>> = HashMap::new();
    for row in &board.rows {
        if let Some(parent) = row.okr.parent_id {
            below.entry(parent).or_default().push(row.okr.id);
        }
    }
    for shown in there.iter().filter(|it| it.row.okr.progress_mode == ProgressMode::RollUp) {
        if let Some(day) = last_below(shown.row.okr.id, reached, board, &below, 0) {
            reached.insert(shown.row.okr.id, day);
        }
    }
}

fn last_below(
    id: OkrId,
    reached: &Reached,
    board: &Board,
    below: &HashMap<OkrId, Vec<OkrId>>,
    depth: u8,
) -> Option<Date> {
    if let Some(day) = reached.get(&id) {
        return Some(*day);
    }
    let children = below.get(&id).filter(|_| depth <= DEEPEST)?;
    let standing = board.standings.get(&id)?;
    let with_data = children.iter().filter(|id| board.standings.get(id).is_some_and(|it| it.progress.is_some()));
    if u64::try_from(children.len()).is_ok_and(|seen| seen < standing.children.count) {
        return None;
    }
    let days: Option<Vec<Date>> = with_data.map(|child| last_below(*child, reached, board, below, depth + 1)).collect();
    days?.into_iter().max()
}
