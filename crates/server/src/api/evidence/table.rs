//! Evidence as a table: a row for each issue, each with the reading and the rule that it belongs to.

use super::EvidenceView;
use crate::audit_export::harmless;
use okrsync_domain::decimal::plain;

/// Whatever writing a table may meet.
type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The table with its head.
pub(super) fn csv(view: &EvidenceView) -> Result<Vec<u8>, Fault> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "reading_id",
        "at",
        "kind",
        "jql",
        "metric",
        "completed_only",
        "rules_version",
        "key",
        "url",
        "title",
        "completed",
        "value",
        "time_spent_seconds",
        "original_estimate_seconds",
        "remaining_estimate_seconds",
        "numbers",
    ])?;
    let reading = serde_json::to_value(&view.reading)?;
    let of_reading = |name: &str| reading[name].as_str().unwrap_or_default().to_owned();
    let seconds = |seconds: Option<i64>| seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
    for issue in &view.issues {
        let numbers: Vec<String> = issue.numbers.iter().map(|(id, value)| format!("{id}={}", plain(value.0))).collect();
        table.write_record([
            of_reading("id"),
            of_reading("at"),
            of_reading("kind"),
            harmless(view.jql.clone().unwrap_or_default()),
            serde_json::to_string(&view.metric)?,
            view.completed_only.map(|only| only.to_string()).unwrap_or_default(),
            view.rules_version.to_string(),
            issue.key.clone(),
            issue.url.clone(),
            harmless(issue.title.clone().unwrap_or_default()),
            issue.completed.to_string(),
            issue.value.map(|value| plain(value.0)).unwrap_or_default(),
            seconds(issue.time_spent_seconds),
            seconds(issue.original_estimate_seconds),
            seconds(issue.remaining_estimate_seconds),
            numbers.join(" "),
        ])?;
    }
    Ok(table.into_inner().map_err(|error| error.to_string())?)
}
