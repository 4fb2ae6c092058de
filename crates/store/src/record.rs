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
    mirror::{self, Mirrored},
    pool::{Db, on},
    queries,
    readings::{self, Kept},
    row::{Row, big},
    schema::{self, links, okrs},
    sql_types::{Json, Ts},
    store::CHUNK,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use okrsync_domain::{
    Date, Instant, OkrId, Problem,
    issue::{FieldId, Issue, IssueId},
    link::Settings,
    measure::Metric,
    moves::Gone,
    reading::Reading,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

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
    /// Takes a member with the facts that are recorded of it.
    fn take(&mut self, member: &Mirrored);

    /// The readings, as of an instant.
    ///
    /// # Errors
    /// No link can be measured, and why: nothing is recorded.
    fn finish(self: Box<Self>, at: Instant) -> Result<Measured, Problem>;
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

/// Makes members of what matched, from the mirror, piece by piece, and has them measured.
fn promote(
    db: &mut Db,
    recording: &Recording,
    query: &str,
    measure: &mut dyn Measure,
) -> Result<MemberChanges, StoreError> {
    let connection =
        schema::queries::table.filter(schema::queries::id.eq(query)).select(schema::queries::connection_id);
    let connection: String = on!(&mut *db, |c| connection.first(c))?;
    let mut comparison = Comparison::begin(query, recording.at);
    for part in recording.members.chunks(CHUNK) {
        let members = mirror::load(db, &connection, part)?;
        let lacking = part.len() - members.iter().filter(|member| recording.fields.is_subset(&member.fields)).count();
        if lacking > 0 {
            return Err(StoreError::NotMirrored { lacking: u64::try_from(lacking).unwrap_or(u64::MAX) });
        }
        let members: Vec<Mirrored> = members.into_iter().map(|member| recording.facts_of(member)).collect();
        for member in &members {
            measure.take(member);
        }
        let issues: Vec<Issue> = members.into_iter().map(|member| member.issue).collect();
        comparison.compare(db, &issues)?;
    }
    comparison.finish(db)
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
fn note_success(db: &mut Db, recording: &Recording, query: &str) -> Result<(), StoreError> {
    let row = schema::queries::table.filter(schema::queries::id.eq(query));
    let well = (
        schema::queries::last_attempt_at.eq(Some(Ts(recording.at))),
        schema::queries::last_ok_at.eq(Some(Ts(recording.at))),
        schema::queries::last_matched.eq(Some(big(recording.matched()))),
        schema::queries::problem.eq(None::<Json>),
        schema::queries::failures.eq(0),
    );
    on!(&mut *db, |c| diesel::update(row).set(well).execute(c))?;
    let again = hints::is_hinted(db, query)?;
    queries::plan(db, query, if again { recording.finished_at } else { recording.next_due })
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
            let changes = promote(db, &recording, &query, &mut *measure)?;
            let unmeasurable = |problem| StoreError::Unmeasurable(Box::new(problem));
            let measured = measure.finish(recording.at).map_err(unmeasurable)?;
            departures::note(db, &query, recording.at, &recording.gone)?;
            keep_readings(db, &recording, &measured, &query)?;
            note_success(db, &recording, &query)?;
            end(db, &recording.lease, None, (recording.finished_at, recording.requests, recording.matched()))?;
            Ok(changes)
        })
        .await
    }
}
