//! What became of issues that a query no longer finds: Jira is asked for them once, by id, in the pass that misses them.
//!
//! Jira says the same of an issue that does not exist and of one that the account may not see. What can be known beside
//! that is whether the issue's project is still there ([`Gone`]). An answer that does not come costs nothing but the
//! word: the issue is then one that left.

use crate::{context::Context, visit::Visit};
use okrsync_connections::{Error, Site};
use okrsync_domain::{
    issue::{IssueId, IssueKey},
    moves::Gone,
};
use okrsync_store::Claim;
use std::sync::Arc;

/// So many are asked for; where more leave at once, a query or a project was changed.
const MOST: u32 = 300;

/// What is known of those that are about to leave and that Jira does not give any more.
pub(crate) async fn ask(
    context: &Context,
    visit: &Visit,
    claim: &Claim,
    found: Arc<[IssueId]>,
) -> Vec<(IssueId, Gone)> {
    if claim.query.last_matched.unwrap_or(0) == 0 {
        return Vec::new();
    }
    let departing = match context.store.departing(&claim.lease, found, MOST).await {
        Ok(departing) => departing,
        Err(error) => {
            tracing::warn!(%error, query.id = %claim.query.id, "what leaves a query could not be looked up");
            return Vec::new();
        }
    };
    if departing.is_empty() {
        return Vec::new();
    }
    judge(&visit.site.impatient(), departing).await.unwrap_or_else(|error| {
        tracing::debug!(%error, query.id = %claim.query.id, "Jira did not say what became of issues that left");
        Vec::new()
    })
}

async fn judge(site: &Site, departing: Vec<(IssueId, IssueKey)>) -> Result<Vec<(IssueId, Gone)>, Error> {
    let ids: Vec<IssueId> = departing.iter().map(|(id, _)| *id).collect();
    let seen = site.visible(&ids).await?;
    let missing: Vec<_> = departing.into_iter().filter(|(id, _)| !seen.contains(id)).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let projects = site.projects().await?;
    let seen = |key: &IssueKey| projects.iter().any(|project| Some(project.key.as_str()) == key.project());
    let fate = |key: &IssueKey| if seen(key) { Gone::Deleted } else { Gone::Hidden };
    Ok(missing.iter().map(|(id, key)| (*id, fate(key))).collect())
}
