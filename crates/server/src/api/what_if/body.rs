//! The edits that are imagined.

use crate::{
    api::number::Number,
    error::{ApiError, ApiResult},
};
use okrsync_domain::{Date, OkrId, measure::Measure, okr::Okr};
use serde::Deserialize;
use utoipa::ToSchema;

/// Edits to imagine; what is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfBody {
    /// Issues that are completed, by key or id.
    #[serde(default)]
    pub(super) complete: Vec<String>,
    /// Issues that match the query no longer, by key or id.
    #[serde(default)]
    pub(super) drop: Vec<String>,
    /// Issues with another value in the metric's unit: points, hours, the custom field.
    #[serde(default)]
    pub(super) values: Vec<ValueBody>,
    /// Another value at 0 percent (KPIs only).
    start: Option<Number>,
    /// Another value at 100 percent, or another line to keep (not for percent complete).
    target: Option<Number>,
    /// Another first day.
    starts_on: Option<Date>,
    /// Another last day.
    due_on: Option<Date>,
    /// Other shares, of this OKR or of others in its tree.
    #[serde(default)]
    pub(super) shares: Vec<ShareBody>,
}

/// An issue with another value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueBody {
    /// Its key or id.
    pub(super) issue: String,
    /// The value, in the metric's unit.
    pub(super) value: Number,
}

/// An OKR with another share of its parent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareBody {
    /// The OKR.
    #[schema(value_type = String)]
    pub(super) okr_id: OkrId,
    /// Fixed share of the parent in percent; null for an equal part of what is left.
    pub(super) share: Option<Number>,
}

impl WhatIfBody {
    /// The OKR with its own edits, if it is sound.
    pub(super) fn changed(&self, okr: &Okr) -> ApiResult<Okr> {
        let mut changed = okr.clone();
        changed.starts_on = self.starts_on.unwrap_or(okr.starts_on);
        changed.due_on = self.due_on.unwrap_or(okr.due_on);
        if let Some(Number(moved)) = self.target {
            match &mut changed.measure {
                Measure::Kpi { target, .. } => *target = moved,
                Measure::StayBelow(line) | Measure::StayAbove(line) => line.target = moved,
                Measure::PercentComplete {} => return Err(no_such_end("target")),
            }
        }
        if let Some(Number(moved)) = self.start {
            match &mut changed.measure {
                Measure::Kpi { start, .. } => *start = moved,
                _ => return Err(no_such_end("start")),
            }
        }
        changed.check()?;
        Ok(changed)
    }

    /// Whether any issue is edited.
    pub(super) fn edits_issues(&self) -> bool {
        !(self.complete.is_empty() && self.drop.is_empty() && self.values.is_empty())
    }
}

fn no_such_end(field: &str) -> ApiError {
    ApiError::field("invalid_value", field, format!("This OKR's measure has no `{field}` to move."))
        .hint("Only KPIs have a start; only KPIs and lines to keep have a target.")
}
