//! Comparing the issues of two readings: who is not the same, from the intervals of their members.

use crate::{
    error::StoreError,
    members::MemberRow,
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
};
use std::collections::{BTreeMap, HashMap};

/// A member with what people know it by.
type Member = (MemberRow, Option<(String, Option<String>)>);

/// Which intervals of a query's members.
#[derive(Clone, Copy)]
enum Which {
    /// Those that hold at an instant.
    At(Instant),
    /// Those that hold at the first and end by the second.
    Ended(Instant, Instant),
    /// Those that hold at the second and began after the first.
    Begun(Instant, Instant),
    /// Those that hold all along.
    Kept(Instant, Instant),
}

/// The issues of two measured readings of one OKR.
pub(crate) fn compare(db: &mut Db, before: &Evidence, after: &Evidence) -> Result<Compared, StoreError> {
    let (Some(old), Some(new)) = (before.reading.query_id, after.reading.query_id) else {
        return Ok(Compared::default());
    };
    let (old, new) = (old.to_string(), new.to_string());
    let (from, to) = (before.reading.at, after.reading.at);
    if old != new {
        return across(db, (&old, from), (&new, to));
    }
    let ended = load(db, &old, Which::Ended(from, to))?;
    let begun = load(db, &old, Which::Begun(from, to))?;
    let mut compared = pair(ended, begun)?;
    tell_gone(db, &old, (from, to), &mut compared)?;
    let alike = before.settings == after.settings && before.reading.measure == after.reading.measure;
    let adds_up = after.settings.as_ref().is_some_and(|settings| settings.metric.adds_up());
    if !(alike && adds_up) {
        let kept = load(db, &old, Which::Kept(from, to))?;
        compared.same.extend(kept.iter().map(|(row, _)| row.facts()).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(compared)
}

/// The issues of two queries. On two sites the same number is not the same issue.
fn across(db: &mut Db, old: (&str, Instant), new: (&str, Instant)) -> Result<Compared, StoreError> {
    let both = queries::table.filter(queries::id.eq_any([old.0, new.0])).select(queries::connection_id).distinct();
    let sites: Vec<String> = on!(&mut *db, |c| both.load(c))?;
    let before = load(db, old.0, Which::At(old.1))?;
    let after = load(db, new.0, Which::At(new.1))?;
    if sites.len() == 1 {
        return pair(before, after);
    }
    let mut compared = pair(before, Vec::new())?;
    compared.changed.extend(pair(Vec::new(), after)?.changed);
    Ok(compared)
}

fn load(db: &mut Db, query: &str, which: Which) -> Result<Vec<Member>, StoreError> {
    Ok(on!(db, |c| {
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
    })?)
}

/// Puts the two sides of each issue together.
fn pair(before: Vec<Member>, after: Vec<Member>) -> Result<Compared, StoreError> {
    let mut sides: BTreeMap<i64, (Option<Member>, Option<Member>)> = BTreeMap::new();
    for member in before {
        let id = member.0.issue_id;
        sides.entry(id).or_default().0 = Some(member);
    }
    for member in after {
        let id = member.0.issue_id;
        sides.entry(id).or_default().1 = Some(member);
    }
    let mut compared = Compared::default();
    for (id, (before, after)) in sides {
        let facts = |member: &Option<Member>| member.as_ref().map(|(row, _)| row.facts()).transpose();
        let (was, is): (Option<Facts>, Option<Facts>) = (facts(&before)?, facts(&after)?);
        if was == is {
            compared.same.extend(is);
            continue;
        }
        let named = after.or(before).and_then(|(_, name)| name);
        let (key, title) = named.unwrap_or_else(|| (id.to_string(), None));
        compared.changed.push(IssueChange {
            id: IssueId(id),
            key: IssueKey(key),
            title,
            before: was,
            after: is,
            gone: None,
        });
    }
    Ok(compared)
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
