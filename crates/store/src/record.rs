//! Recording a proved refresh: mirror, members, readings and the query's health in one transaction, or nothing at all.

use crate::{
    Store,
    claims::Lease,
    departures,
    error::StoreError,
    hints,
    leases::{end, hold_turn},
    links::LinkRow,
    members::{Comparison, MemberChanges},
    mirror::{self, Mirrored, versions::Versions},
    pool::{Db, on},
    queries,
    readings::{self, Kept},
    row::{Row, big},
    schema::{self, issues, links, okrs},
    sql_types::{Json, Ts},
    store::CHUNK,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use okrsync_domain::{
    Date, Instant, OkrId, Problem,
    issue::{Facts, FieldId, Issue, IssueId, IssueKey},
    link::Settings,
    measure::Metric,
    moves::Gone,
    reading::Reading,
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// Counts the ways in which facts are taken from the mirror: what was recorded in another way is read anew.
const FACTS: u32 = 1;

/// A proved refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The right to record it.
    pub lease: Lease,
    /// When the walk began: the instant of its readings, unless an earlier refresh has that instant or a later one.
    pub at: Instant,
    /// When it ended.
    pub finished_at: Instant,
    /// When the query is due again.
    pub next_due: Instant,
    /// Requests sent.
    pub requests: u64,
    /// Everything that matched, by ascending id. Each of them is mirrored with the fields.
    pub members: Arc<[IssueId]>,
    /// Fields that the links measure by: members keep these facts only.
    pub fields: BTreeSet<FieldId>,
    /// Whether a status is in the category `done`, by its id, as the site has it now. Where one is missing, its category
    /// came with the issue.
    pub done: Arc<HashMap<String, bool>>,
    /// The connection's story point fields, where points were measured.
    pub story_points_fields: Vec<FieldId>,
    /// What is known of issues that left and cannot be found any more.
    pub gone: Vec<(IssueId, Gone)>,
}

/// Measures the members of a refresh while they are recorded, so that the readings are of exactly these.
pub trait Measure: Send {
    /// Takes a member with the facts that are recorded of it, and the beginning of each number that is too large to be kept
    /// exactly.
    fn take(&mut self, id: IssueId, facts: &Facts, too_large: &BTreeMap<FieldId, String>);

    /// The readings, as of an instant. `key` gives the key of a member, for what is said about it.
    ///
    /// # Errors
    /// No link can be measured, and why: nothing is recorded.
    fn finish(self: Box<Self>, at: Instant, key: &mut dyn FnMut(IssueId) -> IssueKey) -> Result<Measured, Problem>;
}

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// A reading of each link that could be measured.
    pub readings: Vec<Reading>,
    /// Links whose metric could not be measured, and why: their last reading stays.
    pub failed: Vec<(OkrId, Problem)>,
}

/// Refreshes of a query follow each other, though another machine's clock may be behind the one that recorded last: such a
/// refresh counts as of the next microsecond, the smallest step that both databases keep.
fn in_order(db: &mut Db, mut recording: Recording, query: &str) -> Result<Recording, StoreError> {
    let last = schema::queries::table.filter(schema::queries::id.eq(query)).select(schema::queries::last_ok_at);
    let last: Option<Ts> = on!(db, |c| last.first(c))?;
    if let Some(Ts(last)) = last.filter(|last| recording.at <= last.0) {
        recording.at = last + TimeDelta::microseconds(1);
    }
    Ok(recording)
}

/// What of a query's members need not be read from the mirror: they were recorded from it in the same way, and only these
/// issues were written or removed there since.
struct Unchanged {
    but: HashSet<IssueId>,
}

impl Unchanged {
    /// None where all members must be read.
    fn since_last(db: &mut Db, recording: &Recording, at: &Place) -> Result<Option<Self>, StoreError> {
        let row = schema::queries::table
            .filter(schema::queries::id.eq(&at.query).and(schema::queries::recorded_by.eq(Some(recording.basis()))))
            .filter(schema::queries::mirror_version.ge(Some(at.mirror.begun)))
            .select(schema::queries::mirror_version.assume_not_null());
        let version: Option<i64> = on!(&mut *db, |c| row.first(c).optional())?;
        let Some(version) = version else { return Ok(None) };
        Ok(Some(Self { but: mirror::versions::changed_after(db, &at.connection, version)? }))
    }

    fn has(&self, id: IssueId) -> bool {
        !self.but.contains(&id)
    }
}

/// Where a refresh is recorded.
struct Place {
    query: String,
    connection: String,
    /// The mirror's versions, as of before anything is read from it.
    mirror: Versions,
}

impl Place {
    fn of(db: &mut Db, query: String) -> Result<Self, StoreError> {
        let connection =
            schema::queries::table.filter(schema::queries::id.eq(&query)).select(schema::queries::connection_id);
        let connection: String = on!(&mut *db, |c| connection.first(c))?;
        let mirror = mirror::versions::current(db, &connection)?;
        Ok(Self { query, connection, mirror })
    }
}

/// What making members came to.
struct Promoted {
    changes: MemberChanges,
    /// Whether the members' rows say all that was measured.
    complete: bool,
}

/// Makes members of what matched, piece by piece, and has them measured. What has changed in the mirror is read from there;
/// the other members are as they were.
fn promote(db: &mut Db, recording: &Recording, at: &Place, measure: &mut dyn Measure) -> Result<Promoted, StoreError> {
    let unchanged = Unchanged::since_last(db, recording, at)?;
    let (mut comparison, mut complete) = (Comparison::begin(&at.query, recording.at), true);
    for part in recording.members.chunks(CHUNK) {
        let Some(last) = part.last() else { continue };
        let mut before = comparison.before(db, *last)?;
        let mut news = Vec::new();
        for id in part {
            let is_unchanged = unchanged.as_ref().is_some_and(|unchanged| unchanged.has(*id));
            let known = if is_unchanged { before.take(*id)? } else { None };
            match known {
                Some(facts) => measure.take(*id, &facts, &BTreeMap::new()),
                None => news.push(*id),
            }
        }
        let members = mirror::load(db, &at.connection, &news)?;
        let lacking = news.len() - members.iter().filter(|member| recording.fields.is_subset(&member.fields)).count();
        if lacking > 0 {
            return Err(StoreError::NotMirrored { lacking: u64::try_from(lacking).unwrap_or(u64::MAX) });
        }
        let members: Vec<Mirrored> = members.into_iter().map(|member| recording.facts_of(member)).collect();
        for Mirrored { issue, too_large, .. } in &members {
            measure.take(issue.id, &issue.facts, too_large);
            complete &= too_large.keys().all(|field| !recording.fields.contains(field));
        }
        let issues: Vec<Issue> = members.into_iter().map(|member| member.issue).collect();
        comparison.compare(db, before, &issues)?;
    }
    Ok(Promoted { changes: comparison.finish(db)?, complete })
}

/// Has the readings made of what was measured.
fn finish(db: &mut Db, measure: Box<dyn Measure>, at: Instant, connection: &str) -> Result<Measured, StoreError> {
    let mut lost: Result<(), StoreError> = Ok(());
    let mut key = |id: IssueId| {
        let key = issues::table.find((connection, id.0)).select(issues::issue_key);
        let key: Result<Option<String>, _> = on!(&mut *db, |c| key.first(c).optional());
        let key = key.unwrap_or_else(|error| {
            lost = Err(error.into());
            None
        });
        IssueKey(key.unwrap_or_else(|| id.to_string()))
    };
    let measured = measure.finish(at, &mut key);
    lost?;
    measured.map_err(|problem| StoreError::Unmeasurable(Box::new(problem)))
}

impl Recording {
    /// A member as it is recorded: with the facts that are measured, and completed by the status catalogue of now.
    fn facts_of(&self, mut member: Mirrored) -> Mirrored {
        let Issue { status_id, facts, .. } = &mut member.issue;
        facts.keep(&self.fields);
        if let Some(done) = status_id.as_ref().and_then(|status| self.done.get(status)) {
            facts.completed = *done;
        }
        member
    }

    /// A digest of what decides the facts of members besides the mirror.
    fn basis(&self) -> Vec<u8> {
        let done: BTreeMap<&String, &bool> = self.done.iter().collect();
        let text =
            serde_json::to_vec(&(FACTS, &self.fields, done)).expect("texts and booleans are written without errors");
        Sha256::digest(text).to_vec()
    }

    fn matched(&self) -> u64 {
        u64::try_from(self.members.len()).unwrap_or(u64::MAX)
    }
}

/// Stores the readings of links that still use the query, and notes what could not be measured.
fn keep_readings(db: &mut Db, recording: &Recording, measured: &Measured, query: &str) -> Result<(), StoreError> {
    let linked = links::table.filter(links::query_id.eq(query));
    let rows: Vec<LinkRow> = on!(&mut *db, |c| linked.select(LinkRow::as_select()).load(c))?;
    let mut settings = HashMap::new();
    for row in rows {
        let before: Option<Problem> =
            Row { table: "links", key: &row.okr_id }.json_opt("problem", row.problem.as_ref())?;
        let link = row.read()?;
        settings.insert(link.okr_id, (link, before));
    }
    for reading in &measured.readings {
        let Some((link, _)) = settings.get(&reading.okr_id) else { continue };
        let points = link.metric == Metric::StoryPoints;
        let settings = Settings {
            jql: link.jql.clone(),
            metric: link.metric.clone(),
            completed_only: link.completed_only,
            story_points_fields: if points { recording.story_points_fields.clone() } else { Vec::new() },
        };
        let okr = okrs::table.find(reading.okr_id.to_string());
        let due_on: Option<Date> = on!(&mut *db, |c| okr.clone().select(okrs::due_on).first(c).optional())?;
        readings::insert(db, reading, Some(Json::of(&Kept { settings, due_on })))?;
        on!(&mut *db, |c| diesel::update(okr).set(okrs::reading_id.eq(Some(reading.id.to_string()))).execute(c))?;
    }
    let troubled = linked.filter(links::problem.is_not_null());
    on!(&mut *db, |c| diesel::update(troubled).set(links::problem.eq(None::<Json>)).execute(c))?;
    for (okr, problem) in &measured.failed {
        let Some((_, before)) = settings.get(okr) else { continue };
        let since = before.as_ref().map_or(problem.at, |before| before.at);
        let problem = Some(Json::of(&Problem { at: since, ..problem.clone() }));
        let row = links::table.find(okr.to_string());
        on!(&mut *db, |c| diesel::update(row).set(links::problem.eq(problem)).execute(c))?;
    }
    Ok(())
}

/// The query is well again.
fn note_success(db: &mut Db, recording: &Recording, at: &Place, complete: bool) -> Result<(), StoreError> {
    let row = schema::queries::table.filter(schema::queries::id.eq(&at.query));
    let well = (
        schema::queries::last_attempt_at.eq(Some(Ts(recording.at))),
        schema::queries::last_ok_at.eq(Some(Ts(recording.at))),
        schema::queries::last_matched.eq(Some(big(recording.matched()))),
        schema::queries::problem.eq(None::<Json>),
        schema::queries::failures.eq(0),
        schema::queries::mirror_version.eq(complete.then_some(at.mirror.version)),
        schema::queries::recorded_by.eq(complete.then(|| recording.basis())),
    );
    on!(&mut *db, |c| diesel::update(row).set(well).execute(c))?;
    let again = hints::is_hinted(db, &at.query)?;
    queries::plan(db, &at.query, if again { recording.finished_at } else { recording.next_due })
}

impl Store {
    /// Records a proved refresh: what matched becomes the query's members, as it is mirrored; every link gets its reading
    /// of exactly these; the query is due again at `next_due`. Only while the lease is ours, else nothing is written.
    ///
    /// # Errors
    /// Also [`StoreError::NotMirrored`] where the mirror has changed since the walk, and [`StoreError::Unmeasurable`].
    pub async fn record(
        &self,
        recording: Recording,
        mut measure: Box<dyn Measure>,
    ) -> Result<MemberChanges, StoreError> {
        self.write(move |db| {
            let query = hold_turn(db, &recording.lease)?;
            let recording = in_order(db, recording, &query)?;
            let at = Place::of(db, query)?;
            let Promoted { changes, complete } = promote(db, &recording, &at, &mut *measure)?;
            let measured = finish(db, measure, recording.at, &at.connection)?;
            departures::note(db, &at.query, recording.at, &recording.gone)?;
            keep_readings(db, &recording, &measured, &at.query)?;
            note_success(db, &recording, &at, complete)?;
            end(db, &recording.lease, None, (recording.finished_at, recording.requests, recording.matched()))?;
            Ok(changes)
        })
        .await
    }
}
