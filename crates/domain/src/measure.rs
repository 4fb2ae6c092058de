//! What a link measures and what an OKR is measured against.

use crate::{decimal, issue::FieldId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is measured over the matching issues.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Metric {
    /// Number of issues.
    Count,
    /// Hours logged.
    TimeSpent,
    /// Hours estimated at first.
    OriginalEstimate,
    /// Hours still estimated.
    RemainingEstimate,
    /// Mean of Jira's own progress, in percent.
    Progress,
    /// Story points.
    StoryPoints,
    /// Any field whose schema type is `number`.
    CustomField {
        /// Jira's id of the field.
        field_id: FieldId,
        /// How values of several issues become one.
        #[serde(default)]
        aggregate: Aggregate,
    },
}

impl Metric {
    /// The word the API uses.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::TimeSpent => "time_spent",
            Self::OriginalEstimate => "original_estimate",
            Self::RemainingEstimate => "remaining_estimate",
            Self::Progress => "progress",
            Self::StoryPoints => "story_points",
            Self::CustomField { .. } => "custom_field",
        }
    }

    /// Whether each issue adds its own number to the value, so that the numbers of issues can be compared with it.
    ///
    /// ```
    /// use okrsync_domain::measure::Metric;
    /// assert!(Metric::StoryPoints.adds_up() && !Metric::Progress.adds_up());
    /// ```
    pub fn adds_up(&self) -> bool {
        !matches!(
            self,
            Self::Progress
                | Self::CustomField {
                    aggregate: Aggregate::Average | Aggregate::Min | Aggregate::Max | Aggregate::Median,
                    ..
                }
        )
    }

    /// Whether a KPI over this metric counts only completed issues unless told otherwise.
    ///
    /// ```
    /// use okrsync_domain::measure::Metric;
    /// assert!(!Metric::Count.completed_only_by_default());
    /// assert!(Metric::StoryPoints.completed_only_by_default());
    /// ```
    pub fn completed_only_by_default(&self) -> bool {
        matches!(self, Self::StoryPoints | Self::CustomField { .. })
    }
}

/// How the values of several issues become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// Their sum.
    #[default]
    Sum,
    /// Their mean.
    Average,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The middle one; with an even number, the mean of the two in the middle.
    Median,
}

impl Aggregate {
    /// As the API writes it.
    ///
    /// ```
    /// use okrsync_domain::measure::Aggregate;
    /// assert_eq!(serde_json::to_value(Aggregate::Median).unwrap(), Aggregate::Median.as_str());
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Average => "average",
            Self::Min => "min",
            Self::Max => "max",
            Self::Median => "median",
        }
    }
}

/// What an OKR is measured against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Measure {
    /// Completed over all.
    PercentComplete {},
    /// From a start to a target, up or down.
    Kpi {
        /// What is counted, such as "Bugs fixed".
        #[serde(default)]
        name: String,
        /// Unit shown behind the value.
        #[serde(default)]
        unit: String,
        /// Value at 0 percent.
        #[serde(with = "decimal::text", default)]
        start: Decimal,
        /// Value at 100 percent.
        #[serde(with = "decimal::text")]
        target: Decimal,
    },
    /// Kept while the value is under the line.
    StayBelow(Control),
    /// Kept while the value is over the line.
    StayAbove(Control),
}

impl Default for Measure {
    fn default() -> Self {
        Self::PercentComplete {}
    }
}

/// A line that must be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// What is watched.
    #[serde(default)]
    pub name: String,
    /// Unit shown behind the value.
    #[serde(default)]
    pub unit: String,
    /// The line; touching it breaks it.
    #[serde(with = "decimal::text")]
    pub target: Decimal,
    /// A second line beyond the first: at or past it the status is "at risk".
    #[serde(with = "decimal::optional_text", default)]
    pub risk_line: Option<Decimal>,
}

impl Measure {
    /// Whether progress is completed ÷ all.
    pub fn is_percent_complete(&self) -> bool {
        matches!(self, Self::PercentComplete {})
    }

    /// Whether a line is kept rather than a target reached.
    pub fn is_control(&self) -> bool {
        matches!(self, Self::StayBelow(_) | Self::StayAbove(_))
    }
}
