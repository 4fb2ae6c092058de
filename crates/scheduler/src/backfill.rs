//! Backfill: the past of new links, read from Jira's changelogs in the background.
//!
//! Beside the pass, with leases of its own: one query at a time, one request at a time, and never more than a share of the
//! connection's budget, so that the hourly refresh always finds room. What was read is kept: a backfill that is cut off
//! goes on where it was.
//!
//! | part | what it does |
//! |---|---|
//! | `candidates` | a wider query that finds whatever may have matched |
//! | `atlas` | which field a word means, what its values are |
//! | `time` | when time was logged, where the changelog does not tell it |
//! | `past` | an issue as it was, for the matcher and the arithmetic |
//! | `replay` | who matched at the end of each day, and the readings of that |
//! | `gaps` | what cannot be asked of the past |

mod atlas;
mod candidates;
mod gaps;
mod past;
mod replay;
mod time;

use crate::{Engine, SyncError, context::Context};
pub(crate) use atlas::Atlas;
use chrono::TimeDelta;
use chrono_tz::Tz;
use okrsync_connections::{Error, MOST_ISSUES, Site, Wanted};
use okrsync_domain::{
    Date, Instant, Problem,
    catalogue::{Catalogue, story_points_fields},
    connection::Connection,
    history::Gap,
    issue::{FieldId, IssueId},
    measure::Metric,
    problem::ProblemCode,
};
use okrsync_jql::{
    Clause, parse,
    volatility::{Dependence, causes},
};
use okrsync_store::{BackfillClaim, PastFound, StoreError};
pub(crate) use past::PastIssue;
use replay::Replay;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Percent of a connection's hourly budget up to which a backfill asks; the rest is the refreshes'.
const BUDGET_PERCENT: u64 = 50;
/// Pause after a failure, and while the budget is used up.
const PAUSE: TimeDelta = TimeDelta::minutes(10);

/// How a try ended.
enum Ended {
    /// Everything is written.
    Done,
    /// It goes on later; why, if something failed.
    Later(Option<Problem>),
}

/// Why a try was cut off.
enum Trouble {
    Jira(Error),
    Store(StoreError),
    /// The backfills' share of the budget is used up.
    Budget,
    /// The process stops.
    Stop,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Jira(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Engine {
    /// Reads the past of new links until `stop`.
    pub(crate) async fn run_backfills(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match Box::pin(self.backfill(&stop)).await {
                Ok(true) => {}
                Ok(false) => rest(self.context.config.tick(), &stop).await,
                Err(error) => {
                    tracing::warn!(%error, "the past of a link could not be read");
                    rest(self.context.config.tick(), &stop).await;
                }
            }
        }
    }

    /// Reads the past of one query's links, as far as it comes; whether there was one to read.
    ///
    /// # Errors
    /// The database.
    pub async fn backfill(&self, stop: &CancellationToken) -> Result<bool, SyncError> {
        let context = &self.context;
        let now = context.clock.now();
        let claim = context.store.claim_backfill(now, self.worker(), context.config.lease_time()).await?;
        let Some(claim) = claim else { return Ok(false) };
        let connection = context.store.get_connection(claim.query.connection_id).await?;
        let ended = match read(context, &connection, &claim, stop).await {
            Ok(()) => Ended::Done,
            Err(Trouble::Stop) => Ended::Later(None),
            Err(Trouble::Budget) => Ended::Later(Some(budget_used(context.clock.now()))),
            Err(Trouble::Jira(error)) => Ended::Later(Some(error.problem(context.clock.now()))),
            Err(Trouble::Store(error)) => return Err(error.into()),
        };
        context.sites.account(connection.id).await;
        if let Ended::Later(problem) = ended {
            let asked = problem.as_ref().and_then(|problem| problem.retry_at);
            let again = asked.unwrap_or_else(|| context.clock.now() + PAUSE);
            context.store.give_back_backfill(&claim.lease, problem, again).await?;
        }
        Ok(true)
    }
}

async fn rest(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = stop.cancelled() => {}
    }
}

/// What a backfill works with.
struct Plan {
    clause: Clause,
    stable: bool,
    gaps: Vec<Gap>,
    where_text: String,
    points: Vec<FieldId>,
    numbers: Vec<FieldId>,
    since: Date,
}

/// Reads, replays and writes.
async fn read(
    context: &Context,
    connection: &Connection,
    claim: &BackfillClaim,
    stop: &CancellationToken,
) -> Result<(), Trouble> {
    let site = context.sites.of(connection).await.map_err(|error| match error {
        SyncError::Store(error) => Trouble::Store(error),
        other => Trouble::Jira(Error::Settings { detail: other.to_string() }),
    })?;
    let catalogue = site.catalogue().await?;
    let plan = match plan(connection, claim, &catalogue) {
        Ok(plan) => plan,
        Err(gap) => return finish(context, claim, PastFound { gaps: vec![gap], ..PastFound::default() }).await,
    };
    let empty = Atlas::new(catalogue.clone(), BTreeMap::default(), &[]);
    let asked = empty.asked(&plan.clause);
    fetch(context, connection, claim, &site, (&plan, fields(&empty, &asked, &plan, claim)), stop).await?;
    let categories = site.status_categories().await?;
    let organisation = context.store.organisation().await?;
    let histories = context.store.staged_past(claim.query.id).await?;
    let account = connection.account.as_ref();
    let asker_zone: Option<Tz> =
        account.and_then(|account| account.time_zone.as_deref()).and_then(|zone| zone.parse().ok());
    let mut gaps = plan.gaps.clone();
    let replay = Replay {
        query_id: claim.query.id,
        clause: plan.clause,
        stable: plan.stable,
        links: claim.links.clone(),
        points: plan.points,
        numbers: plan.numbers,
        until: claim.until,
        matched: claim.matched.iter().copied().collect(),
        zone: organisation.time_zone,
        asker_zone: asker_zone.unwrap_or(organisation.time_zone),
        asker: account.map(|account| account.id.clone()),
        random: context.random.clone(),
    };
    // many issues over many days are work for the machine, not a wait
    let found = tokio::task::spawn_blocking(move || {
        let atlas = Atlas::new(catalogue, categories, &histories);
        let mut found = replay.run(&histories, &atlas);
        gaps.extend(gaps::of_issues(&histories, &atlas, &asked, &replay.links));
        gaps.append(&mut found.gaps);
        PastFound { gaps, ..found }
    });
    let found = found.await.map_err(|error| Trouble::Jira(Error::UnexpectedAnswer { detail: error.to_string() }))?;
    finish(context, claim, found).await
}

async fn finish(context: &Context, claim: &BackfillClaim, found: PastFound) -> Result<(), Trouble> {
    let okrs = claim.links.iter().map(|link| link.linked.link.okr_id).collect();
    Ok(context.store.finish_backfill(&claim.lease, okrs, found, context.clock.now()).await?)
}

/// What to ask, or why the past cannot be known at all.
fn plan(connection: &Connection, claim: &BackfillClaim, catalogue: &Catalogue) -> Result<Plan, Gap> {
    let unbounded = || {
        let message = "The past cannot be computed: Jira can only be asked for what matches now, and widening the query would \
                       ask for every issue of the site. A condition on the project would help.";
        Gap::new("too_wide", message)
    };
    let clause = parse(&claim.query.canonical).ok().and_then(|query| query.where_clause).ok_or_else(unbounded)?;
    let causes = causes(&clause);
    if let Some(cause) = causes.iter().find(|cause| cause.dependence == Dependence::Related) {
        let message = format!(
            "The past cannot be computed: what `{}` was at that time is not known. Only what is measured from now on is.",
            cause.text
        );
        return Err(Gap::new("volatile_function", message));
    }
    let stable = causes.iter().all(|cause| cause.dependence != Dependence::Clock);
    let since = claim.links.iter().map(|link| link.starts_on).min().ok_or_else(unbounded)?;
    let wider = candidates::widen(&clause, since, stable).ok_or_else(unbounded)?;
    let metrics = || claim.links.iter().map(|link| &link.linked.link.metric);
    let points = match &connection.story_points_fields {
        own if !own.is_empty() => own.clone(),
        _ => story_points_fields(&catalogue.fields),
    };
    let points = if metrics().any(|metric| *metric == Metric::StoryPoints) { points } else { vec![] };
    let custom = metrics().filter_map(|metric| match metric {
        Metric::CustomField { field_id, .. } => Some(field_id.clone()),
        _ => None,
    });
    let numbers = points.iter().cloned().chain(custom).collect();
    Ok(Plan { clause, stable, gaps: wider.gaps, where_text: wider.where_text, points, numbers, since })
}

/// The names under which Jira is asked for what the query and the metrics need.
fn fields(atlas: &Atlas, asked: &BTreeSet<String>, plan: &Plan, claim: &BackfillClaim) -> Vec<String> {
    let metrics = claim.links.iter().flat_map(|link| {
        Wanted::for_metrics(&[(&link.linked.link.metric, &plan.points)]).fields.into_iter().map(|field| field.0)
    });
    let mut wire = atlas.wire_fields(asked);
    wire.extend(metrics);
    if wire.remove("progress") {
        wire.extend(["timespent", "timeestimate"].map(str::to_owned));
    }
    wire.into_iter().collect()
}

/// Reads every candidate with its past and keeps it.
async fn fetch(
    context: &Context,
    connection: &Connection,
    claim: &BackfillClaim,
    site: &Site,
    (plan, fields): (&Plan, Vec<String>),
    stop: &CancellationToken,
) -> Result<(), Trouble> {
    check_budget(context, connection, stop).await?;
    let mut ids: Vec<IssueId> = Vec::new();
    // a list that is cut off is worth nothing, and costs a request for thousands of issues
    let mut pages = site.sweep(&plan.where_text);
    while let Some(page) = pages.next().await? {
        ids.extend(page.issues.iter().map(|issue| issue.id));
        keep_lease(context, claim, &[], ids.len()).await?;
    }
    let read: BTreeSet<IssueId> = claim.read.iter().copied().collect();
    let left: Vec<IssueId> = ids.iter().copied().filter(|id| !read.contains(id)).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    tracing::debug!(query.id = %claim.query.id, issues = ids.len(), since = %plan.since, "the past of a query is read");
    for part in left.chunks(MOST_ISSUES) {
        check_budget(context, connection, stop).await?;
        let mut histories = site.histories(part, &fields).await?;
        if fields.contains(&time::FIELD) {
            time::complete(site, &mut histories).await?;
        }
        keep_lease(context, claim, &histories, ids.len()).await?;
    }
    Ok(())
}

async fn keep_lease(
    context: &Context,
    claim: &BackfillClaim,
    histories: &[okrsync_domain::history::IssueHistory],
    total: usize,
) -> Result<(), Trouble> {
    let until = context.clock.now() + context.config.lease_time();
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    Ok(context.store.stage_past(&claim.lease, histories.to_vec(), total, until).await?)
}

/// Ends the try while the connection's budget is used up to the backfills' share, or the process stops.
async fn check_budget(context: &Context, connection: &Connection, stop: &CancellationToken) -> Result<(), Trouble> {
    context.sites.account(connection.id).await;
    let hour = context.clock.now() - TimeDelta::hours(1);
    let used = context.store.requests_since(connection.id, hour).await?;
    let most = u64::from(connection.budget_per_hour).saturating_mul(BUDGET_PERCENT) / 100;
    match (stop.is_cancelled(), used >= most) {
        (true, _) => Err(Trouble::Stop),
        (false, true) => Err(Trouble::Budget),
        (false, false) => Ok(()),
    }
}

/// What people read while a backfill waits for its share of the next hour.
fn budget_used(at: Instant) -> Problem {
    Problem {
        code: ProblemCode::BudgetUsedUp,
        message: "Half of the requests that this connection may send in an hour are used: the rest is for refreshes."
            .to_owned(),
        hint: Some("It goes on by itself. With a larger budget of the connection it takes less time.".to_owned()),
        at,
        retry_at: Some(at + PAUSE),
    }
}
