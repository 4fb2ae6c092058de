//! Worklogs over the wire: inside issues, and on pages of their own.

use super::{
    parse,
    scalar::{Id, instant},
};
use crate::Error;
use okrsync_domain::{history::Worklog, issue::IssueId};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Issues {
    issues: Vec<RawIssue>,
}

#[derive(Deserialize)]
struct RawIssue {
    id: Id,
    fields: RawFields,
}

/// Without time tracking there is no such field.
#[derive(Deserialize)]
struct RawFields {
    worklog: Option<RawLogs>,
}

#[derive(Deserialize)]
struct RawLogs {
    total: usize,
    worklogs: Vec<RawLog>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLog {
    created: Box<RawValue>,
    time_spent_seconds: i64,
}

/// Worklogs, perhaps not all.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Logs {
    /// How many there are.
    pub(crate) total: usize,
    /// Those that came.
    pub(crate) logs: Vec<Worklog>,
}

impl Logs {
    /// Whether all came.
    pub(crate) fn is_complete(&self) -> bool {
        self.logs.len() >= self.total
    }
}

/// The worklogs inside issues.
pub(crate) fn of_issues(path: &str, body: &[u8]) -> Result<Vec<(IssueId, Logs)>, Error> {
    let raw: Issues = parse(path, body)?;
    let read = |issue: RawIssue| {
        let logs = issue.fields.worklog.map(|raw| logs(path, raw)).transpose()?;
        Ok((IssueId(issue.id.0), logs.unwrap_or_default()))
    };
    raw.issues.into_iter().map(read).collect()
}

/// A page of an issue's worklogs.
pub(crate) fn page(path: &str, body: &[u8]) -> Result<Logs, Error> {
    logs(path, parse(path, body)?)
}

fn logs(path: &str, raw: RawLogs) -> Result<Logs, Error> {
    let read = |log: RawLog| {
        let unexpected = || Error::UnexpectedAnswer {
            detail: format!("`{path}` has an instant that is none: {}", log.created.get()),
        };
        let at = instant(log.created.get()).ok().flatten().ok_or_else(unexpected)?;
        Ok(Worklog { at, seconds: log.time_spent_seconds })
    };
    Ok(Logs { total: raw.total, logs: raw.worklogs.into_iter().map(read).collect::<Result<_, Error>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worklogs_come_whole_cut_off_or_not_at_all() {
        let log = r#"{"id":"1","created":"2026-11-03T10:00:00.000+0100","started":"2026-11-01T10:00:00.000+0100","timeSpentSeconds":60}"#;
        let body = format!(
            r#"{{"issues":[{{"id":"1","fields":{{"worklog":{{"startAt":0,"total":2,"worklogs":[{log}]}}}}}},{{"id":"2","fields":{{}}}}]}}"#
        );
        let found = of_issues("/x", body.as_bytes()).unwrap();
        let at = "2026-11-03T09:00:00Z".parse().unwrap();
        assert_eq!(found[0], (IssueId(1), Logs { total: 2, logs: vec![Worklog { at, seconds: 60 }] }));
        assert!(!found[0].1.is_complete());
        assert_eq!(found[1], (IssueId(2), Logs::default()));
        assert!(page("/x", br#"{"total":1,"worklogs":[{"created":"soon","timeSpentSeconds":1}]}"#).is_err());
    }
}
