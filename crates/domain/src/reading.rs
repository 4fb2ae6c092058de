//! Readings: measurements of an OKR at an instant.

use crate::{Instant, OkrId, QueryId, ReadingId, RefreshId, measure::Measure};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a person should know about a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// The query matches nothing.
    NoIssueMatches,
    /// Issues match, but none has a value.
    NoValues,
    /// Values add up to less than zero, so a percentage makes no sense.
    NegativeValues,
    /// Far fewer issues match than before; the account's health was confirmed.
    SuddenDrop,
    /// The value was measured by the query as it was before the last edit.
    ValueFromPreviousQuery,
    /// A child has no data and is left out of the roll-up.
    ChildWithoutData,
    /// A child's value is stale.
    ChildStale,
    /// Jira tolerated something in the query, such as an unknown user.
    JiraWarning,
}

impl WarningCode {
    /// The sentence that belongs to the code.
    pub fn message(self) -> &'static str {
        match self {
            Self::NoIssueMatches => "The query matches no issues.",
            Self::NoValues => "No matching issue has a value for this metric.",
            Self::NegativeValues => "The values add up to less than zero, so no percentage can be given.",
            Self::SuddenDrop => "Far fewer issues match than at the reading before; Jira's answers were checked twice.",
            Self::ValueFromPreviousQuery => "The value was measured by the query as it was before the last edit.",
            Self::ChildWithoutData => "At least one child has no data and is left out of the average.",
            Self::ChildStale => "At least one child counts with its last good value, which is stale.",
            Self::JiraWarning => "Jira accepted the query with a warning.",
        }
    }
}

/// A warning with its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable word.
    pub code: WarningCode,
    /// Sentence for people.
    pub message: String,
}

impl From<WarningCode> for Warning {
    fn from(code: WarningCode) -> Self {
        Self { code, message: code.message().to_owned() }
    }
}

/// How many issues carry a value for the metric.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Issues with a value.
    pub with_value: u64,
    /// Issues without.
    pub without_value: u64,
}

/// What measuring a set of issues gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Issues that the query matched.
    pub matched: u64,
    /// Of these, completed.
    pub completed: u64,
    /// The KPI's measure in its unit; for percent complete see `done` and `total`.
    pub value: Option<Decimal>,
    /// The metric over the completed issues (hours for times).
    pub done: Option<Decimal>,
    /// The metric over all matches (hours for times).
    pub total: Option<Decimal>,
    /// How many issues carry a value.
    pub coverage: Coverage,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}

/// How a reading came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingKind {
    /// Measured from Jira.
    Automatic,
    /// Entered by a person.
    CheckIn,
    /// Computed afterwards from Jira's history.
    Reconstructed,
}

/// How often a measurement was made again, with nothing changed in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats {
    /// So often.
    pub times: u64,
    /// At last then.
    pub last_at: Instant,
}

/// One measurement of an OKR. Stored exactly; progress is derived from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its id.
    pub id: ReadingId,
    /// Whose measurement it is.
    pub okr_id: OkrId,
    /// When Jira was asked (of a check-in: when it was entered).
    pub at: Instant,
    /// How it came about.
    pub kind: ReadingKind,
    /// The query it was measured by.
    pub query_id: Option<QueryId>,
    /// The refresh it came from; of a reconstructed one, the run of the backfill.
    pub refresh_id: Option<RefreshId>,
    /// What it was measured against at that moment: start and target belong to the number.
    pub measure: Measure,
    /// Later measurements that found the same and are not kept one by one.
    pub repeats: Option<Repeats>,
    /// The numbers.
    pub tally: Tally,
}

impl Reading {
    /// Takes up a later measurement that found the same.
    pub fn repeat(&mut self, later: &Self) {
        let times = |reading: &Self| reading.repeats.map_or(0, |repeats| repeats.times);
        let last_at = later.repeats.map_or(later.at, |repeats| repeats.last_at);
        self.repeats = Some(Repeats { times: times(self) + times(later) + 1, last_at });
    }
}
