//! The mirror: issues as they were last fetched, from which refreshes measure. What it holds is believed only as long as a
//! look at what changed vouches for it.

mod standings;
pub(crate) mod versions;

pub(crate) use standings::AllStandings;

use crate::{
    Store,
    error::StoreError,
    issues,
    pool::{Db, on, on_ids},
    row::Row,
    schema::{mirror, mirror_marks},
    sql_types::Ts,
    store::CHUNK,
    turns,
};
use chrono::TimeDelta;
use diesel::{prelude::*, upsert::excluded};
use okrsync_domain::{
    ConnectionId, Instant,
    issue::{FieldId, Issue, IssueId},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use versions::Change;

/// An issue with how it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The issue.
    pub issue: Issue,
    /// The beginning of each number that is too large to be kept exactly, by its field.
    pub too_large: BTreeMap<FieldId, String>,
    /// The fields that were asked for: what is absent among them is empty, what is absent elsewhere is unknown.
    pub fields: Arc<BTreeSet<FieldId>>,
    /// When it was asked for.
    pub seen_at: Instant,
}

/// What makes a mirrored issue good enough to be measured by.
#[derive(Debug, Clone)]
pub struct Demand {
    /// Fields that must be known.
    pub fields: BTreeSet<FieldId>,
    /// Ids of the statuses whose category is known; an issue in another one is fetched.
    pub statuses: HashSet<String>,
    /// Now.
    pub now: Instant,
    /// What was not fetched for so long is fetched again although nothing tells that it changed: some changes leave no
    /// trace. Each issue's own limit lies between once and twice this, so that they do not all come due together.
    pub believed_for: TimeDelta,
}

/// What is fetched after a look counts as so much later at least.
pub const AFTER_LOOK: TimeDelta = TimeDelta::microseconds(1);

/// An issue that a query lists, with when it changed where that is told.
pub type Sighting = (IssueId, Option<Instant>);

#[derive(Serialize, Deserialize)]
struct Document<I> {
    issue: I,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    too_large: BTreeMap<FieldId, String>,
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = mirror, treat_none_as_default_value = false)]
struct MirrorRow {
    connection_id: String,
    issue_id: i64,
    seen_at: Ts,
    updated_at: Option<Ts>,
    status_id: Option<String>,
    fields: String,
    document: String,
    version: i64,
}

fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the domain's types have string keys and write without errors")
}

impl MirrorRow {
    fn of(connection: &str, seen: &Mirrored, version: i64) -> Self {
        Self {
            connection_id: connection.to_owned(),
            issue_id: seen.issue.id.0,
            seen_at: Ts(seen.seen_at),
            updated_at: seen.issue.updated.map(Ts),
            status_id: seen.issue.status_id.clone(),
            fields: text(&*seen.fields),
            document: text(&Document { issue: &seen.issue, too_large: seen.too_large.clone() }),
            version,
        }
    }

    /// There are few different lists of fields: each is read once and kept in `lists`.
    fn read(self, lists: &mut HashMap<String, Arc<BTreeSet<FieldId>>>) -> Result<Mirrored, StoreError> {
        let corrupt = |column, error: serde_json::Error| {
            let key = format!("{} {}", self.connection_id, self.issue_id);
            Row { table: "mirrored", key: &key }.corrupt(column, error)
        };
        let Document { issue, too_large } =
            serde_json::from_str(&self.document).map_err(|error| corrupt("document", error))?;
        let fields = if let Some(fields) = lists.get(&self.fields) {
            fields.clone()
        } else {
            let fields: BTreeSet<FieldId> =
                serde_json::from_str(&self.fields).map_err(|error| corrupt("fields", error))?;
            lists.entry(self.fields).or_insert(Arc::new(fields)).clone()
        };
        Ok(Mirrored { issue, too_large, fields, seen_at: self.seen_at.0 })
    }
}

/// Longest life of what nothing contradicts: `once` and a share of it that the id decides, the same everywhere.
fn life(id: i64, once: TimeDelta) -> TimeDelta {
    let share = ((id.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) * 1000) >> 16;
    once + once / 1000 * i32::try_from(share).unwrap_or(0)
}

/// Whether all needed fields were asked for.
fn has_fields(list: &str, needed: &BTreeSet<FieldId>) -> bool {
    needed.is_subset(&serde_json::from_str(list).unwrap_or_default())
}

/// Reads at most a chunk of the mirror by ascending id, inside somebody's transaction.
pub(crate) fn load(db: &mut Db, connection: &str, ids: &[IssueId]) -> Result<Vec<Mirrored>, StoreError> {
    let keys: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let query = mirror::table.filter(mirror::connection_id.eq(connection)).order(mirror::issue_id);
    let rows: Vec<MirrorRow> =
        on_ids!(db, mirror::issue_id, keys, |c, these| query.filter(these).select(MirrorRow::as_select()).load(c))?;
    let mut lists = HashMap::new();
    rows.into_iter().map(|row| row.read(&mut lists)).collect()
}

/// Of a chunk of fetched issues those of which nothing younger is known.
fn younger<'a>(db: &mut Db, connection: &str, seen: &'a [Mirrored]) -> Result<Vec<&'a Mirrored>, StoreError> {
    let keys: Vec<i64> = seen.iter().map(|seen| seen.issue.id.0).collect();
    let known = mirror::table.filter(mirror::connection_id.eq(connection)).select((mirror::issue_id, mirror::seen_at));
    let known: Vec<(i64, Ts)> = on_ids!(db, mirror::issue_id, keys, |c, these| known.filter(these).load(c))?;
    let known: HashMap<i64, Ts> = known.into_iter().collect();
    let is_news = |seen: &&Mirrored| known.get(&seen.issue.id.0).is_none_or(|known| known.0 <= seen.seen_at);
    Ok(seen.iter().filter(is_news).collect())
}

fn keep(db: &mut Db, rows: &[MirrorRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    on!(db, |c| diesel::insert_into(mirror::table)
        .values(rows)
        .on_conflict((mirror::connection_id, mirror::issue_id))
        .do_update()
        .set((
            mirror::seen_at.eq(excluded(mirror::seen_at)),
            mirror::updated_at.eq(excluded(mirror::updated_at)),
            mirror::status_id.eq(excluded(mirror::status_id)),
            mirror::fields.eq(excluded(mirror::fields)),
            mirror::document.eq(excluded(mirror::document)),
            mirror::version.eq(excluded(mirror::version)),
        ))
        .execute(c))?;
    Ok(())
}

/// Notes in a change of the mirror that a chunk of issues was listed as changed; those that are mirrored.
fn list(db: &mut Db, connection: &str, keys: &[i64], at: Instant, version: i64) -> Result<Vec<i64>, StoreError> {
    let rows = mirror::table.filter(mirror::connection_id.eq(connection));
    let ids = rows.select(mirror::issue_id);
    let known: Vec<i64> = on_ids!(&mut *db, mirror::issue_id, keys.to_vec(), |c, these| ids.filter(these).load(c))?;
    let later = rows.filter(mirror::listed_at.is_null().or(mirror::listed_at.lt(Some(Ts(at)))));
    on_ids!(db, mirror::issue_id, keys.to_vec(), |c, these| diesel::update(later.filter(these))
        .set((mirror::listed_at.eq(Some(Ts(at))), mirror::version.eq(version)))
        .execute(c))?;
    Ok(known)
}

/// Has issues fetched again before what is mirrored of them is believed, because somebody says that they have changed.
pub(crate) fn doubt(db: &mut Db, connection: &str, keys: &[i64], now: Instant) -> Result<(), StoreError> {
    let version = versions::next(db, connection, Change::Told)?;
    let mark = mirror_marks::table.find(connection).select(mirror_marks::looked_at);
    let mark: Option<Ts> = on!(&mut *db, |c| mark.first(c).optional())?;
    // As late as anything that was fetched after the last look, also where the clock stands still or is behind another.
    let at = mark.map_or(now, |mark| now.max(mark.0 + AFTER_LOOK));
    for part in keys.chunks(CHUNK) {
        list(db, connection, part, at, version)?;
    }
    Ok(())
}

/// Throws a connection's mirror away: what it holds is not about this site any more.
pub(crate) fn clear(db: &mut Db, connection: &str) -> Result<(), StoreError> {
    versions::next(db, connection, Change::Begins)?;
    let rows = mirror::table.filter(mirror::connection_id.eq(connection));
    on!(&mut *db, |c| diesel::delete(rows).execute(c))?;
    on!(db, |c| diesel::delete(mirror_marks::table.find(connection)).execute(c))?;
    Ok(())
}

impl Store {
    /// Keeps issues as they were fetched, unless what is known of them is younger.
    pub async fn mirror(&self, connection: ConnectionId, seen: Arc<[Mirrored]>) -> Result<(), StoreError> {
        self.write(move |db| {
            let key = connection.to_string();
            let version = versions::next(db, &key, Change::Told)?;
            for part in seen.chunks(CHUNK) {
                let news = younger(db, &key, part)?;
                let rows: Vec<MirrorRow> = news.iter().map(|seen| MirrorRow::of(&key, seen, version)).collect();
                keep(db, &rows)?;
                issues::show(db, &key, news.iter().map(|seen| &seen.issue))?;
            }
            Ok(())
        })
        .await
    }

    /// Which of these issues are not mirrored as well as they must be.
    pub async fn unmirrored(
        &self,
        connection: ConnectionId,
        listed: Vec<Sighting>,
        demand: Demand,
    ) -> Result<Vec<IssueId>, StoreError> {
        let mut standings = self.standings.of(connection).await;
        self.snapshot(move |db| {
            standings.catch_up(db, &connection.to_string())?;
            Ok(standings.lacking(&listed, &demand))
        })
        .await
    }

    /// Up to when a connection's mirror is known to be current; none where there is no mirror yet.
    pub async fn mirror_mark(&self, connection: ConnectionId) -> Result<Option<Instant>, StoreError> {
        self.read(move |db| {
            let query = mirror_marks::table.find(connection.to_string()).select(mirror_marks::looked_at);
            let mark: Option<Ts> = on!(db, |c| query.first(c).optional())?;
            Ok(mark.map(|mark| mark.0))
        })
        .await
    }

    /// Begins a connection's mirror anew, unless its mark is another than the caller saw: only what was fetched since an
    /// instant is believed, and that is the mark from now on.
    pub async fn restart_mirror(
        &self,
        connection: ConnectionId,
        seen: Option<Instant>,
        since: Instant,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let key = connection.to_string();
            turns::on_mirror(db, &key)?;
            let mark = mirror_marks::table.find(&key).select(mirror_marks::looked_at);
            let mark: Option<Ts> = on!(&mut *db, |c| mark.first(c).optional())?;
            if mark != seen.map(Ts) {
                return Ok(());
            }
            versions::next(db, &key, Change::Begins)?;
            let older = mirror::table.filter(mirror::connection_id.eq(&key).and(mirror::seen_at.lt(Ts(since))));
            on!(&mut *db, |c| diesel::delete(older).execute(c))?;
            let row = (mirror_marks::connection_id.eq(&key), mirror_marks::looked_at.eq(Ts(since)));
            on!(db, |c| diesel::insert_into(mirror_marks::table)
                .values(row)
                .on_conflict(mirror_marks::connection_id)
                .do_update()
                .set(mirror_marks::looked_at.eq(Ts(since)))
                .execute(c))?;
            Ok(())
        })
        .await
    }

    /// Notes what changed, as a look that began at `at` listed it: what is mirrored of it must be fetched again before it is
    /// believed, and everything else is current up to then. Tells which of them are mirrored.
    pub async fn note_changed(
        &self,
        connection: ConnectionId,
        listed: Vec<IssueId>,
        at: Instant,
    ) -> Result<Vec<IssueId>, StoreError> {
        self.write(move |db| {
            let (key, mut known) = (connection.to_string(), Vec::new());
            let version = versions::next(db, &key, Change::Told)?;
            for part in listed.chunks(CHUNK) {
                let keys: Vec<i64> = part.iter().map(|id| id.0).collect();
                known.extend(list(db, &key, &keys, at, version)?.into_iter().map(IssueId));
            }
            let earlier = mirror_marks::table.find(key).filter(mirror_marks::looked_at.lt(Ts(at)));
            on!(db, |c| diesel::update(earlier).set(mirror_marks::looked_at.eq(Ts(at))).execute(c))?;
            Ok(known)
        })
        .await
    }

    /// Drops issues that are gone, or hidden from the account.
    pub async fn unmirror(&self, connection: ConnectionId, gone: Vec<IssueId>) -> Result<(), StoreError> {
        if gone.is_empty() {
            return Ok(());
        }
        self.write(move |db| {
            let key = connection.to_string();
            versions::note_drops(db, &key, &gone)?;
            for part in gone.chunks(CHUNK) {
                let keys: Vec<i64> = part.iter().map(|id| id.0).collect();
                let rows = mirror::table.filter(mirror::connection_id.eq(&key));
                on_ids!(&mut *db, mirror::issue_id, keys, |c, these| diesel::delete(rows.filter(these)).execute(c))?;
            }
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_end_one_by_one() {
        let once = TimeDelta::hours(24);
        let mut by_quarter = [0_u32; 4];
        for id in 10_000..14_000 {
            let more = (life(id, once) - once).num_minutes();
            assert!((0..=24 * 60).contains(&more), "{more}");
            by_quarter[usize::try_from(more / 361).unwrap()] += 1;
        }
        assert!(by_quarter.iter().all(|count| (800..1200).contains(count)), "{by_quarter:?}");
    }
}
