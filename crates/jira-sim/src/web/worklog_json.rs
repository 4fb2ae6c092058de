//! Time tracking as JSON: seconds, sums with sub-tasks, progress, worklogs.

use serde_json::{Value, json};

use super::catalogue_json as shape;
use super::issue_json::{IssueJson, Page, timestamp};
use crate::field::FieldKind;
use crate::issue::{IssueState, Worklog};
use crate::options::Dialect;

/// Worklogs inside an issue are cut off here.
const EMBEDDED: usize = 20;

/// A time field; None for kinds that are none.
pub(crate) fn time_field(issue: &IssueJson<'_>, kind: FieldKind) -> Option<Value> {
    use FieldKind as K;
    let state = issue.view.state;
    Some(match kind {
        K::TimeSpent => json!(state.time_spent),
        K::OriginalEstimate => json!(state.original_estimate),
        K::RemainingEstimate => json!(state.remaining_estimate),
        K::AggregateTimeSpent => json!(sum(issue, |s| s.time_spent)),
        K::AggregateOriginalEstimate => json!(sum(issue, |s| s.original_estimate)),
        K::AggregateRemainingEstimate => json!(sum(issue, |s| s.remaining_estimate)),
        K::Progress => progress(state.time_spent, state.remaining_estimate),
        K::AggregateProgress => progress(sum(issue, |s| s.time_spent), sum(issue, |s| s.remaining_estimate)),
        K::WorkRatio => json!(work_ratio(state)),
        K::TimeTracking => time_tracking(state),
        _ => return None,
    })
}

/// Own value plus those of sub-tasks (not of an epic's stories); null when all are null.
fn sum(issue: &IssueJson<'_>, value: impl Fn(&IssueState) -> Option<i64>) -> Option<i64> {
    let (site, catalogue) = (issue.page.site, issue.page.catalogue);
    let is_subtask = |state: &IssueState| catalogue.issue_type(state.issue_type).is_some_and(|t| t.level < 0);
    let children = site.children(issue.view.issue.id).filter_map(|id| site.view(id)).map(|view| view.state);
    let parts = std::iter::once(issue.view.state).chain(children.filter(|state| is_subtask(state)));
    parts.filter_map(value).reduce(|a, b| a + b)
}

/// Logged over logged plus remaining; Jira leaves `percent` out when there is nothing to divide by.
fn progress(spent: Option<i64>, remaining: Option<i64>) -> Value {
    let done = spent.unwrap_or(0);
    let total = done + remaining.unwrap_or(0);
    let mut value = json!({ "progress": done, "total": total });
    if total > 0 {
        value["percent"] = json!(done * 100 / total);
    }
    value
}

fn work_ratio(state: &IssueState) -> i64 {
    match state.original_estimate {
        None | Some(0) => -1,
        Some(estimate) => state.time_spent.unwrap_or(0) * 100 / estimate,
    }
}

fn time_tracking(state: &IssueState) -> Value {
    let parts = [
        ("originalEstimate", state.original_estimate),
        ("remainingEstimate", state.remaining_estimate),
        ("timeSpent", state.time_spent),
    ];
    let mut value = json!({});
    for (name, seconds) in parts {
        if let Some(seconds) = seconds {
            value[name] = json!(pretty(seconds));
            value[format!("{name}Seconds")] = json!(seconds);
        }
    }
    value
}

/// `1d 2h 5m` with Jira's usual day of eight hours.
fn pretty(seconds: i64) -> String {
    let units = [(28_800, "d"), (3600, "h"), (60, "m")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (size, unit) in units {
        if left >= size {
            parts.push(format!("{}{unit}", left / size));
            left %= size;
        }
    }
    if parts.is_empty() { "0m".to_owned() } else { parts.join(" ") }
}

/// The `worklog` field of an issue.
pub(crate) fn embedded(issue: &IssueJson<'_>) -> Value {
    let all: Vec<&Worklog> = issue.view.issue.worklogs(issue.view.as_of).collect();
    let shown = all.iter().take(EMBEDDED).map(|log| worklog(&issue.page, issue, log)).collect::<Vec<_>>();
    json!({ "startAt": 0, "maxResults": EMBEDDED, "total": all.len(), "worklogs": shown })
}

/// One worklog.
pub(crate) fn worklog(page: &Page<'_>, issue: &IssueJson<'_>, log: &Worklog) -> Value {
    let author = page.catalogue.user(&log.author).map(|user| shape::user(page, user));
    let comment = match page.dialect {
        Dialect::Cloud => shape::document(""),
        Dialect::DataCenter => json!(""),
    };
    let created = timestamp(log.created, page.zone);
    json!({
        "self": format!("{}/issue/{}/worklog/{}", page.rest(), issue.view.issue.id, log.id),
        "id": log.id.to_string(), "issueId": issue.view.issue.id.to_string(), "author": author,
        "updateAuthor": author, "comment": comment, "created": created, "updated": created,
        "started": timestamp(log.started, page.zone), "timeSpent": pretty(log.seconds), "timeSpentSeconds": log.seconds,
    })
}
