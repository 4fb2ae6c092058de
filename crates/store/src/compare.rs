//! Comparing the issues of two readings: who is not the same, from the intervals of their members, be they measured or
//! computed for the past.

use crate::{
    error::StoreError,
    members::MemberRow,
    past_members,
    pool::{Db, on},
    row::Row,
    schema::{departures, issues, members, queries},
    sql_types::Ts,
};
use diesel::prelude::*;
use okrsync_domain::{
    Instant,
    issue::{Facts, IssueId, IssueKey},
    moves::{Compared, Evidence, Gone, IssueChange},
    reading::{Reading, ReadingKind},
};
use std::collections::{BTreeMap, HashMap};

/// What people know an issue by: its key and, where it may be told, its title.
pub(crate) type Name = Option<(String, Option<String>)>;

/// A member at one side.
pub(crate) struct Member {
    pub(crate) id: i64,
    pub(crate) facts: Facts,
    pub(crate) name: Name,
}

/// Which intervals.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    /// Those that hold at an instant.
    At(Instant),
    /// Those that hold at the first and end by the second.
    Ended(Instant, Instant),
    /// Those that hold at the second and began after the first.
    Begun(Instant, Instant),
    /// Those that hold all along.
    Kept(Instant, Instant),
}

/// Whose intervals.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// A query's, as they were measured.
    Measured(String),
    /// Those that a run of a backfill computed.
    Computed(String),
}

impl Source {
    /// Where the issues of a reading are; nowhere those of a check-in.
    fn of(reading: &Reading) -> Option<Self> {
        match reading.kind {
            ReadingKind::Reconstructed => reading.refresh_id.map(|run| Self::Computed(run.to_string())),
            _ => reading.query_id.map(|query| Self::Measured(query.to_string())),
        }
    }

    fn load(&self, db: &mut Db, which: Which) -> Result<Vec<Member>, StoreError> {
        match self {
            Self::Measured(query) => load(db, query, which),
            Self::Computed(run) => past_members::load(db, run, which),
        }
    }
}

/// The issues of two readings of one OKR, each measured or computed.
pub(crate) fn compare(db: &mut Db, before: &Evidence, after: &Evidence) -> Result<Compared, StoreError> {
    let (Some(old), Some(new)) = (Source::of(&before.reading), Source::of(&after.reading)) else {
        return Ok(Compared::default());
    };
    let (from, to) = (before.reading.at, after.reading.at);
    if old != new {
        return across(db, (&old, &before.reading), (&new, &after.reading));
    }
    let ended = old.load(db, Which::Ended(from, to))?;
    let begun = old.load(db, Which::Begun(from, to))?;
    let mut compared = pair(ended, begun);
    if let Source::Measured(query) = &old {
        tell_gone(db, query, (from, to), &mut compared)?;
    }
    let alike = before.settings == after.settings && before.reading.measure == after.reading.measure;
    let adds_up = after.settings.as_ref().is_some_and(|settings| settings.metric.adds_up());
    if !(alike && adds_up) {
        compared.same.extend(old.load(db, Which::Kept(from, to))?.into_iter().map(|member| member.facts));
    }
    Ok(compared)
}

/// The issues of two sources. On two sites the same number is not the same issue.
fn across(db: &mut Db, old: (&Source, &Reading), new: (&Source, &Reading)) -> Result<Compared, StoreError> {
    let both = [old, new].map(|(_, reading)| reading.query_id.map(|id| id.to_string()).unwrap_or_default());
    let both = queries::table.filter(queries::id.eq_any(both)).select(queries::connection_id).distinct();
    let sites: Vec<String> = on!(&mut *db, |c| both.load(c))?;
    let before = old.0.load(db, Which::At(old.1.at))?;
    let after = new.0.load(db, Which::At(new.1.at))?;
    if sites.len() == 1 {
        return Ok(pair(before, after));
    }
    let mut compared = pair(before, Vec::new());
    compared.changed.extend(pair(Vec::new(), after).changed);
    Ok(compared)
}

fn load(db: &mut Db, query: &str, which: Which) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<(MemberRow, Name)> = on!(db, |c| {
        let rows = members::table
            .inner_join(queries::table.on(queries::id.eq(members::query_id)))
            .left_join(
                issues::table
                    .on(issues::connection_id.eq(queries::connection_id).and(issues::issue_id.eq(members::issue_id))),
            )
            .filter(members::query_id.eq(query))
            .select((MemberRow::as_select(), (issues::issue_key, issues::title).nullable()))
            .into_boxed();
        let lasts = |at| members::ended_at.is_null().or(members::ended_at.gt(Some(Ts(at))));
        let rows = match which {
            Which::At(at) => rows.filter(members::since.le(Ts(at))).filter(lasts(at)),
            Which::Ended(from, to) => rows
                .filter(members::ended_at.gt(Some(Ts(from))))
                .filter(members::ended_at.le(Some(Ts(to))))
                .filter(members::since.le(Ts(from))),
            Which::Begun(from, to) => {
                rows.filter(members::since.gt(Ts(from))).filter(members::since.le(Ts(to))).filter(lasts(to))
            }
            Which::Kept(from, to) => rows.filter(members::since.le(Ts(from))).filter(lasts(to)),
        };
        rows.load(c)
    })?;
    rows.into_iter().map(|(row, name)| Ok(Member { id: row.issue_id, facts: row.facts()?, name })).collect()
}

/// Puts the two sides of each issue together.
fn pair(before: Vec<Member>, after: Vec<Member>) -> Compared {
    let mut sides: BTreeMap<i64, (Option<Member>, Option<Member>)> = BTreeMap::new();
    for member in before {
        let id = member.id;
        sides.entry(id).or_default().0 = Some(member);
    }
    for member in after {
        let id = member.id;
        sides.entry(id).or_default().1 = Some(member);
    }
    let mut compared = Compared::default();
    for (id, (before, after)) in sides {
        let mut name = None;
        let mut facts = |member: Member| {
            name = member.name;
            member.facts
        };
        let (was, is): (Option<Facts>, Option<Facts>) = (before.map(&mut facts), after.map(&mut facts));
        if was == is {
            compared.same.extend(is);
            continue;
        }
        let (key, title) = name.unwrap_or_else(|| (id.to_string(), None));
        compared.changed.push(IssueChange {
            id: IssueId(id),
            key: IssueKey(key),
            title,
            before: was,
            after: is,
            gone: None,
        });
    }
    compared
}

/// Says of those that left what is known of them.
fn tell_gone(
    db: &mut Db,
    query: &str,
    (from, to): (Instant, Instant),
    compared: &mut Compared,
) -> Result<(), StoreError> {
    if compared.changed.iter().all(|change| change.after.is_some()) {
        return Ok(());
    }
    let known = departures::table
        .filter(departures::query_id.eq(query))
        .filter(departures::ended_at.gt(Ts(from)).and(departures::ended_at.le(Ts(to))))
        .select((departures::issue_id, departures::gone));
    let known: Vec<(i64, String)> = on!(db, |c| known.load(c))?;
    let row = Row { table: "departures", key: query };
    let known: HashMap<i64, Gone> =
        known.iter().map(|(id, gone)| Ok((*id, row.word("gone", gone)?))).collect::<Result<_, StoreError>>()?;
    for change in compared.changed.iter_mut().filter(|change| change.after.is_none()) {
        change.gone = known.get(&change.id.0).copied();
    }
    Ok(())
}
