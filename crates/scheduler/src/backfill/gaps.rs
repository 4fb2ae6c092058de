//! Gaps: what cannot be asked of the past, in words and with its possible effect.

use super::{atlas::Atlas, time};
use okrsync_domain::{
    history::{Gap, IssueHistory},
    issue::IssueId,
};
use okrsync_store::PastLink;
use std::collections::{BTreeMap, BTreeSet};

/// Things named one by one; the others are only counted.
const NAMED: usize = 5;

/// What the issues themselves show that Jira does not tell.
pub(super) fn of_issues(
    histories: &[IssueHistory],
    atlas: &Atlas,
    asked: &BTreeSet<String>,
    links: &[PastLink],
) -> Vec<Gap> {
    let mut gaps = time::gaps(histories);
    let categories = asked.contains("statusCategory") || links.iter().any(counts_completed);
    if categories {
        gaps.extend(categories_of_today(histories));
        gaps.extend(lost_statuses(histories, atlas));
    }
    if asked.contains("updated") {
        let message = "When issues were updated is known from their changelogs alone: comments and the like, which moved \
                       `updated` too, leave no trace there.";
        gaps.push(Gap::new("updated_partly", message));
    }
    gaps.extend(Atlas::without_past(asked).into_iter().map(|field| {
        let message = format!("Jira keeps no history of `{field}`: its present values were taken for the past, too.");
        Gap::new("field_without_history", message)
    }));
    gaps
}

/// Whether a number depends on which issues are completed.
fn counts_completed(link: &PastLink) -> bool {
    use okrsync_domain::measure::Measure;
    link.linked.link.completed_only || matches!(link.linked.measure, Measure::PercentComplete { .. })
}

fn statuses(histories: &[IssueHistory]) -> BTreeMap<&str, &str> {
    let changes = histories.iter().flat_map(|history| &history.changes).filter(|change| change.field == "status");
    let sides = changes.flat_map(|change| [&change.from, &change.to]);
    sides.filter_map(|side| Some((side.id.as_deref()?, side.text.as_deref().unwrap_or_default()))).collect()
}

fn categories_of_today(histories: &[IssueHistory]) -> Option<Gap> {
    let message = "Jira does not tell whether a status counted as done at that time: those that do today are taken to have \
                   always done so.";
    (!statuses(histories).is_empty()).then(|| Gap::new("categories_of_today", message))
}

fn lost_statuses(histories: &[IssueHistory], atlas: &Atlas) -> Option<Gap> {
    let lost = statuses(histories).into_iter().filter(|(id, _)| atlas.is_done(id).is_none());
    let lost: Vec<String> = lost.map(|(_, name)| format!("“{name}”")).collect();
    let more = lost.len().saturating_sub(NAMED);
    let named = lost[..lost.len() - more].join(", ");
    let named = if more > 0 { format!("{named} and {more} more") } else { named };
    let message = format!("Statuses that are no longer there count as not completed: {named}.");
    (!lost.is_empty()).then(|| Gap::new("unknown_status", message))
}

/// Issues that Jira matched at the first measurement and this replay does not, and the other way round.
pub(super) fn differs(missing: &[IssueId], extra: &[IssueId]) -> Option<Gap> {
    let issues = |count: usize| if count == 1 { "1 issue".to_owned() } else { format!("{count} issues") };
    let message = format!(
        "At the first measurement Jira matched {} that this computation of the query does not match, and {} the other way \
         round: the past may be wrong by about as many.",
        issues(missing.len()),
        issues(extra.len())
    );
    (!missing.is_empty() || !extra.is_empty()).then(|| Gap::new("differs_from_jira", message))
}
