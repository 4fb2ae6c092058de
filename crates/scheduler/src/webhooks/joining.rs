//! Which queries an issue may match now that it did not match before. What our own matcher can tell costs two requests however
//! many queries there are; of the rest Jira is asked for a few, and the others wait for their sweep.

use crate::{
    Engine, SyncError,
    backfill::{Atlas, PastIssue},
};
use chrono_tz::Tz;
use okrsync_connections::{Error, MOST_ISSUES, Site};
use okrsync_domain::{Instant, QueryId, connection::Connection, history::IssueHistory, issue::IssueId};
use okrsync_jql::{
    Clause,
    eval::{Context, Matcher},
    parse,
    volatility::volatility,
};
use okrsync_store::Query;
use std::collections::{BTreeMap, BTreeSet};

/// Requests that may be spent on queries of which only Jira knows.
const MOST_ASKED: usize = 10;

/// A query with what it says.
struct Candidate {
    query: Query,
    clause: Clause,
    asked: BTreeSet<String>,
    /// Whether what else it depends on is known to Jira only.
    foreign: bool,
}

impl Engine {
    /// The queries of a connection, besides those that are `known`, that one of the issues matches or may match.
    pub(super) async fn joining(
        &self,
        connection: &Connection,
        issues: &[IssueId],
        known: &[QueryId],
    ) -> Result<Vec<QueryId>, SyncError> {
        let context = &self.context;
        let others = context.store.queries(Some(connection.id)).await?;
        let others: Vec<Query> = others.into_iter().filter(|query| !known.contains(&query.id)).collect();
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let atlas = Atlas::new(self.catalogue(connection.id).await?, BTreeMap::new(), &[]);
        let candidates: Vec<Candidate> = others.into_iter().filter_map(|query| candidate(query, &atlas)).collect();
        let site = context.sites.of(connection).await?;
        let asked = Box::pin(ask(&site, &atlas, &candidates, issues)).await;
        let (histories, atlas) = asked.map_err(|error| SyncError::jira(&error, context.clock.now()))?;
        if histories.is_empty() {
            return Ok(Vec::new()); // gone, or hidden from the account
        }
        let organisation = context.store.organisation().await?;
        let (mut joining, doubtful) =
            sift(&candidates, &histories, &atlas, (connection, organisation.time_zone, context.clock.now()));
        let seen: Vec<IssueId> = histories.iter().map(|history| history.id).collect();
        let told = Box::pin(told_by_jira(&site, &seen, &doubtful)).await;
        joining.extend(told.map_err(|error| SyncError::jira(&error, context.clock.now()))?);
        Ok(joining)
    }
}

/// The queries that an issue certainly matches, and those of which only Jira knows.
fn sift<'a>(
    candidates: &'a [Candidate],
    histories: &[IssueHistory],
    atlas: &Atlas,
    (connection, zone, now): (&Connection, Tz, Instant),
) -> (Vec<QueryId>, Vec<&'a Query>) {
    let account = connection.account.as_ref();
    let own_zone = account.and_then(|account| account.time_zone.as_deref()).and_then(|zone| zone.parse().ok());
    let around = Context {
        now,
        zone: own_zone.unwrap_or(zone),
        week_starts: chrono::Weekday::Mon,
        user: account.map(|account| account.id.as_str()),
        site: atlas,
    };
    let items: Vec<PastIssue<'_>> = histories.iter().map(|history| PastIssue::new(history, atlas, &[])).collect();
    let (mut joining, mut doubtful) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let matcher = Matcher::new(&candidate.clause, &around);
        if candidate.foreign || !matcher.problems().is_empty() {
            doubtful.push(&candidate.query);
        } else if items.iter().any(|item| matcher.matches(item)) {
            joining.push(candidate.query.id);
        }
    }
    (joining, doubtful)
}

fn candidate(query: Query, atlas: &Atlas) -> Option<Candidate> {
    let parsed = parse(&query.canonical).ok()?;
    let foreign = volatility(&parsed).related;
    let clause = parsed.where_clause?;
    let asked = atlas.asked(&clause);
    let foreign = foreign || !Atlas::without_past(&asked).is_empty();
    Some(Candidate { query, clause, asked, foreign })
}

/// The issues with all fields that the candidates ask about, and what the statuses mean.
async fn ask(
    site: &Site,
    atlas: &Atlas,
    candidates: &[Candidate],
    issues: &[IssueId],
) -> Result<(Vec<IssueHistory>, Atlas), Error> {
    let asked = candidates.iter().filter(|candidate| !candidate.foreign).flat_map(|candidate| candidate.asked.clone());
    let fields = atlas.wire_fields(&asked.collect());
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let mut histories = Vec::new();
    for part in issues.chunks(MOST_ISSUES) {
        histories.extend(site.histories(part, &fields).await?);
    }
    let categories = site.status_categories().await?;
    let atlas = Atlas::new(atlas.catalogue().clone(), categories, &histories);
    Ok((histories, atlas))
}

/// What Jira says of queries that only it can judge, as far as a few requests reach.
async fn told_by_jira(site: &Site, issues: &[IssueId], doubtful: &[&Query]) -> Result<Vec<QueryId>, Error> {
    let most = site.matched_at_once().saturating_mul(MOST_ASKED);
    if doubtful.len() > most {
        tracing::debug!(
            queries = doubtful.len(),
            most,
            "not every query is asked about an issue; the others are swept"
        );
    }
    let asked = &doubtful[..doubtful.len().min(most)];
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let at_once = usize::try_from(site.page_sizes().facts).unwrap_or(usize::MAX);
    let texts: Vec<&str> = asked.iter().map(|query| query.canonical.as_str()).collect();
    let verdicts = site.matching(&issues[..issues.len().min(at_once)], &texts).await?;
    let joining = asked.iter().zip(verdicts).filter(|(_, verdict)| *verdict == Some(true));
    Ok(joining.map(|(query, _)| query.id).collect())
}
