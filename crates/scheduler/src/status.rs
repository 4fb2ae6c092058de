//! What a pass did: the status page, the metrics and the tests read the same struct.

use okrsync_domain::Instant;
use serde::Serialize;

/// One pass of the engine: from the first due query until nothing was due. Looks that found nothing due leave the
/// numbers of the last pass that had work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PassStatus {
    /// When due work was last looked for.
    pub looked_at: Option<Instant>,
    /// When the pass began; none before the first.
    pub started_at: Option<Instant>,
    /// When it ended; none while it runs.
    pub finished_at: Option<Instant>,
    /// Refreshes that were proved and recorded.
    pub done: u64,
    /// Refreshes that failed; the last good values stay.
    pub failed: u64,
    /// Refreshes under way.
    pub in_flight: u64,
    /// Requests sent to Jira.
    pub requests: u64,
    /// Issues that matched.
    pub issues: u64,
    /// Seconds by which the most overdue query of the pass was late.
    pub lag_seconds: i64,
    /// Why the pass could not look for work.
    pub error: Option<String>,
}

impl PassStatus {
    /// Whether a pass is under way.
    pub fn is_running(&self) -> bool {
        self.started_at.is_some() && self.finished_at.is_none()
    }
}
