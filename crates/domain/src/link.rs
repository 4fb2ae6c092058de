//! A link: an OKR's connection, query and metric.

use crate::{ConnectionId, Instant, OkrId, QueryId, issue::FieldId, measure::Metric};
use serde::{Deserialize, Serialize};

/// Shortest period of a link in minutes.
pub const MIN_PERIOD_MINUTES: u32 = 5;
/// Longest period of a link in minutes: a day.
pub const MAX_PERIOD_MINUTES: u32 = 1440;

/// What an OKR's automatic value is measured from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The OKR; it has at most one link.
    pub okr_id: OkrId,
    /// The connection that asks Jira.
    pub connection_id: ConnectionId,
    /// The connection's distinct query that this link shares.
    pub query_id: QueryId,
    /// The query as its author wrote it.
    pub jql: String,
    /// What is measured.
    pub metric: Metric,
    /// Whether a KPI counts completed issues only.
    pub completed_only: bool,
    /// Minutes between refreshes; none follows the organisation's.
    pub period_minutes: Option<u32>,
    /// When the link was made or its query, metric or toggle last edited.
    pub edited_at: Instant,
}

/// What a link was set to when a reading was taken: evidence, and the ground of "query edited".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The query as its author wrote it.
    pub jql: String,
    /// What was measured.
    pub metric: Metric,
    /// Whether a KPI counted completed issues only.
    pub completed_only: bool,
    /// The story point fields of the connection, where points were measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story_points_fields: Vec<FieldId>,
}
