//! How fresh an OKR's automatic value is, and why it is not.

use chrono::TimeDelta;
use okrsync_domain::{
    Instant, Problem,
    connection::ConnectionState,
    reading::{Reading, Warning, WarningCode},
};
use okrsync_store::{BoardRow, Linked};

/// How fresh an automatic value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FreshnessState {
    /// Never measured.
    Never,
    /// Measured within the last two periods.
    Fresh,
    /// The last good reading is older than two periods.
    Stale,
    /// The last attempt failed.
    Failing,
    /// The integration or the connection is switched off.
    Paused,
}

/// How fresh an automatic value is, and why it is not.
#[derive(Debug, Clone)]
pub(crate) struct Freshness<'a> {
    /// In a word.
    pub(crate) state: FreshnessState,
    /// When the shown value was measured.
    pub(crate) synced_at: Option<Instant>,
    /// When Jira is asked next.
    pub(crate) next_at: Option<Instant>,
    /// Why the last attempt failed; `at` is since when.
    pub(crate) error: Option<&'a Problem>,
}

impl FreshnessState {
    /// Whether the value may be out of date.
    pub(crate) fn is_old(self) -> bool {
        matches!(self, Self::Stale | Self::Failing | Self::Paused)
    }
}

/// Judges a row at `now`.
pub(crate) fn freshness(row: &BoardRow, jira_enabled: bool, now: Instant) -> Freshness<'_> {
    let Some(linked) = &row.link else {
        // The reading that a removed link left behind is the OKR's value, but nothing is kept in step with Jira.
        return Freshness { state: FreshnessState::Never, synced_at: None, next_at: None, error: None };
    };
    let synced_at = row.reading.as_ref().map(|reading| reading.at);
    let paused = !jira_enabled || linked.connection.state == ConnectionState::Disabled;
    let period = TimeDelta::minutes(i64::from(linked.query.period_minutes));
    let state = match (&linked.problem, synced_at) {
        _ if paused => FreshnessState::Paused,
        (Some(_), _) => FreshnessState::Failing,
        (None, _) if linked.connection.state == ConnectionState::NeedsAuthorization => FreshnessState::Failing,
        (None, None) => FreshnessState::Never,
        (None, Some(at)) if now - at > period * 2 => FreshnessState::Stale,
        (None, Some(_)) => FreshnessState::Fresh,
    };
    let next_at = linked.query.due_at.filter(|_| !paused);
    Freshness { state, synced_at, next_at, error: linked.problem.as_ref() }
}

/// The warning that belongs to a value measured before the link was edited last.
pub(crate) fn previous_query(row: &BoardRow) -> Option<Warning> {
    let (linked, reading) = (row.link.as_ref()?, row.reading.as_ref()?);
    is_previous(linked, reading).then(|| WarningCode::ValueFromPreviousQuery.into())
}

fn is_previous(linked: &Linked, reading: &Reading) -> bool {
    reading.query_id != Some(linked.link.query_id) || reading.at < linked.link.edited_at
}
