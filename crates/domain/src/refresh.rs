//! A refresh: asking Jira again for one query, or for several together.

use crate::{Instant, Problem, QueryId, RefreshId};
use serde::{Deserialize, Serialize};

/// How far a refresh has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshState {
    /// Waiting for a worker.
    Queued,
    /// A worker holds its lease.
    Running,
    /// Every number was measured and proved.
    Done,
    /// Something failed; earlier values stay.
    Failed,
}

/// What somebody sees of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// Its id.
    pub id: RefreshId,
    /// The queries it covers (one, unless several were asked for together).
    pub queries: Vec<QueryId>,
    /// How far it has come.
    pub state: RefreshState,
    /// Issues read so far (of a group: queries finished).
    pub done: u64,
    /// Issues to read, once known (of a group: queries).
    pub total: Option<u64>,
    /// When a worker took it.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub finished_at: Option<Instant>,
    /// Requests sent to Jira.
    pub requests: u64,
    /// Issues that matched.
    pub issues: u64,
    /// Why it failed.
    pub error: Option<Problem>,
}
