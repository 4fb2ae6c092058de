//! When time was logged: the changelog tells it exactly, with what was changed and deleted. Where it does not, as after an
//! import, the worklogs do.

use okrsync_connections::{Error, Site};
use okrsync_domain::history::{FieldChange, Gap, IssueHistory, Side, TimeSource, Worklog};
use okrsync_metrics::history::{time_by_worklogs, time_is_told};
use std::collections::BTreeSet;

/// Jira's id of the field with all time that was logged.
pub(super) const FIELD: &str = "timespent";

fn is_time(change: &FieldChange) -> bool {
    change.field_id.as_deref() == Some(FIELD) || change.field == FIELD
}

fn seconds(side: &Side) -> Option<i64> {
    side.id.as_deref().or(side.text.as_deref()).and_then(|text| text.trim().parse().ok())
}

fn now(history: &IssueHistory) -> Option<i64> {
    use okrsync_domain::history::FieldValue;
    match history.values.get(FIELD).and_then(|values| values.first()) {
        Some(FieldValue::Number(number)) => i64::try_from(*number).ok(),
        _ => None,
    }
}

fn is_told(history: &IssueHistory) -> bool {
    let changes = history.changes.iter().filter(|change| is_time(change));
    let changes: Vec<_> = changes.map(|change| (seconds(&change.from), seconds(&change.to))).collect();
    time_is_told(now(history), &changes)
}

/// Has worklogs tell what the changelogs do not: one request for all, and more where an issue has many.
pub(super) async fn complete(site: &Site, histories: &mut [IssueHistory]) -> Result<(), Error> {
    let lacking = histories.iter().filter(|history| !is_told(history)).map(|history| history.id);
    let lacking: BTreeSet<_> = lacking.collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let mut logs = site.worklogs(&Vec::from_iter(lacking.clone())).await?;
    for history in histories.iter_mut().filter(|history| lacking.contains(&history.id)) {
        tell(history, &logs.remove(&history.id).unwrap_or_default());
    }
    Ok(())
}

/// Puts changes made of worklogs in place of those of the changelog.
fn tell(history: &mut IssueHistory, logs: &[Worklog]) {
    let (told, untold) = time_by_worklogs(now(history), logs);
    let side = |seconds: Option<i64>| {
        let text = seconds.map(|seconds| seconds.to_string());
        Side { id: text.clone(), text }
    };
    let change = |(at, from, to)| FieldChange {
        at,
        by: None,
        field_id: Some(FIELD.to_owned()),
        field: FIELD.to_owned(),
        from: side(from),
        to: side(to),
    };
    history.changes.retain(|change| !is_time(change));
    history.changes.extend(told.into_iter().map(change));
    history.changes.sort_by_key(|change| change.at);
    history.time = TimeSource::Worklogs { untold };
}

/// What worklogs cannot tell.
pub(super) fn gaps(histories: &[IssueHistory]) -> Vec<Gap> {
    let told = histories.iter().filter(|history| history.time != TimeSource::Changelog).count();
    let is_untold = |history: &&IssueHistory| matches!(history.time, TimeSource::Worklogs { untold } if untold > 0);
    let untold = histories.iter().filter(is_untold).count();
    let mut gaps = Vec::new();
    if told > 0 {
        let message = format!(
            "The changelogs do not tell when time was logged ({told} of {} issues): it is taken from the worklogs as they \
             are now. What was changed or deleted there since counts as if it had always been so.",
            histories.len()
        );
        gaps.push(Gap::new("time_from_worklogs", message));
    }
    if untold > 0 {
        let message = format!(
            "Neither changelogs nor worklogs tell when all time was logged ({untold} of {} issues): the rest counts from \
             the day on which the issue was filed, so that earlier days may be too high.",
            histories.len()
        );
        gaps.push(Gap::new("time_untold", message));
    }
    gaps
}
