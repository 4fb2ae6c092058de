//! What an OKR is measured against and what a link measures, as JSON says it.
//!
//! One flat object with a `kind` rather than a tagged union: a wrong field is then named with its whole path.

use crate::api::number::{Number, number};
use okrsync_domain::{
    Invalid,
    issue::FieldId,
    measure::{Aggregate, Control, Measure, Metric},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Kinds of measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MeasureKind {
    /// Completed over all.
    #[default]
    PercentComplete,
    /// From a start to a target, up or down.
    Kpi,
    /// Kept while the value is under the target.
    StayBelow,
    /// Kept while the value is over the target.
    StayAbove,
}

/// What an OKR is measured against.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeasureBody {
    /// Kind of measure.
    #[serde(default)]
    pub(crate) kind: MeasureKind,
    /// What is counted, such as "Bugs fixed" (not for `percent_complete`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Unit behind the value, such as "bugs" (not for `percent_complete`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// Value at 0 percent (`kpi` only; 0 if not given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Number>,
    /// Value at 100 percent, or the line to keep (not for `percent_complete`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<Number>,
    /// Second line beyond the first; at or past it the status is "at risk" (`stay_below` and `stay_above` only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    risk_line: Option<Number>,
}

impl MeasureBody {
    /// The measure, if the fields fit its kind.
    pub(crate) fn measure(self) -> Result<Measure, Invalid> {
        self.check_fields()?;
        let (name, unit) = (self.name.unwrap_or_default(), self.unit.unwrap_or_default());
        if self.kind == MeasureKind::PercentComplete {
            return Ok(Measure::PercentComplete {});
        }
        let missing = || Invalid::new("missing_field", "measure.target", "`measure.target` is missing.");
        let Number(target) = self.target.ok_or_else(missing)?;
        let control = Control { name, unit, target, risk_line: self.risk_line.map(|Number(line)| line) };
        Ok(match self.kind {
            MeasureKind::StayBelow => Measure::StayBelow(control),
            MeasureKind::StayAbove => Measure::StayAbove(control),
            MeasureKind::Kpi | MeasureKind::PercentComplete => {
                let start = self.start.map_or_else(Default::default, |Number(start)| start);
                Measure::Kpi { name: control.name, unit: control.unit, start, target }
            }
        })
    }

    fn check_fields(&self) -> Result<(), Invalid> {
        let percent = self.kind == MeasureKind::PercentComplete;
        let kpi = self.kind == MeasureKind::Kpi;
        for (given, fits, field, whose) in [
            (self.name.is_some(), !percent, "name", "`kpi`, `stay_below` and `stay_above`"),
            (self.unit.is_some(), !percent, "unit", "`kpi`, `stay_below` and `stay_above`"),
            (self.target.is_some(), !percent, "target", "`kpi`, `stay_below` and `stay_above`"),
            (self.start.is_some(), kpi, "start", "`kpi`"),
            (self.risk_line.is_some(), !percent && !kpi, "risk_line", "`stay_below` and `stay_above`"),
        ] {
            if given && !fits {
                let field = format!("measure.{field}");
                let detail = format!("`{field}` belongs to {whose} only.");
                return Err(Invalid::new("invalid_value", &field, detail).hint("Give the `kind` that is meant."));
            }
        }
        Ok(())
    }
}

impl From<&Measure> for MeasureBody {
    fn from(measure: &Measure) -> Self {
        let control = |kind, control: &Control| Self {
            kind,
            name: Some(control.name.clone()),
            unit: Some(control.unit.clone()),
            start: None,
            target: Some(control.target.into()),
            risk_line: number(control.risk_line),
        };
        match measure {
            Measure::PercentComplete {} => Self::default(),
            Measure::Kpi { name, unit, start, target } => Self {
                kind: MeasureKind::Kpi,
                name: Some(name.clone()),
                unit: Some(unit.clone()),
                start: Some(Number(*start)),
                target: Some(Number(*target)),
                risk_line: None,
            },
            Measure::StayBelow(line) => control(MeasureKind::StayBelow, line),
            Measure::StayAbove(line) => control(MeasureKind::StayAbove, line),
        }
    }
}

/// Kinds of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MetricKind {
    /// Number of issues.
    Count,
    /// Hours logged.
    TimeSpent,
    /// Hours estimated at first.
    OriginalEstimate,
    /// Hours still estimated.
    RemainingEstimate,
    /// Mean of Jira's own progress in percent.
    Progress,
    /// Story points.
    StoryPoints,
    /// Any numeric custom field.
    CustomField,
    /// Hours of work sessions (not available yet).
    SessionTime,
    /// Number of work sessions (not available yet).
    SessionCount,
}

/// How values of several issues become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AggregateKind {
    /// Their sum.
    Sum,
    /// Their mean.
    Average,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The middle one.
    Median,
}

/// What a link measures.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricBody {
    /// Kind of metric.
    kind: MetricKind,
    /// Jira's id of the field (`custom_field` only), such as `customfield_10016`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field_id: Option<String>,
    /// How values become one (`custom_field` only); `sum` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aggregate: Option<AggregateKind>,
}

impl MetricBody {
    /// The metric, if the fields fit its kind.
    pub(crate) fn metric(self) -> Result<Metric, Invalid> {
        let custom = self.kind == MetricKind::CustomField;
        for (given, field) in [(self.field_id.is_some(), "field_id"), (self.aggregate.is_some(), "aggregate")] {
            if given && !custom {
                let field = format!("metric.{field}");
                return Err(Invalid::new(
                    "invalid_value",
                    &field,
                    format!("`{field}` belongs to `custom_field` only."),
                ));
            }
        }
        Ok(match self.kind {
            MetricKind::Count => Metric::Count,
            MetricKind::TimeSpent => Metric::TimeSpent,
            MetricKind::OriginalEstimate => Metric::OriginalEstimate,
            MetricKind::RemainingEstimate => Metric::RemainingEstimate,
            MetricKind::Progress => Metric::Progress,
            MetricKind::StoryPoints => Metric::StoryPoints,
            MetricKind::CustomField => Metric::CustomField {
                field_id: FieldId::new(self.field_id.filter(|id| !id.trim().is_empty()).ok_or_else(no_field)?),
                aggregate: self.aggregate.map_or(Aggregate::Sum, Into::into),
            },
            MetricKind::SessionTime | MetricKind::SessionCount => return Err(later()),
        })
    }
}

fn no_field() -> Invalid {
    Invalid::new("missing_field", "metric.field_id", "`metric.field_id` is missing: which field is to be measured?")
        .hint("GET /api/v1/connections/{id}/fields lists the numeric fields.")
}

fn later() -> Invalid {
    Invalid::new("metric_not_available", "metric.kind", "Work sessions cannot be measured yet.")
        .hint("Use one of `count`, `time_spent`, `original_estimate`, `remaining_estimate`, `progress`, `story_points`, `custom_field`.")
}

impl From<AggregateKind> for Aggregate {
    fn from(kind: AggregateKind) -> Self {
        match kind {
            AggregateKind::Sum => Self::Sum,
            AggregateKind::Average => Self::Average,
            AggregateKind::Min => Self::Min,
            AggregateKind::Max => Self::Max,
            AggregateKind::Median => Self::Median,
        }
    }
}

impl From<Aggregate> for AggregateKind {
    fn from(aggregate: Aggregate) -> Self {
        match aggregate {
            Aggregate::Sum => Self::Sum,
            Aggregate::Average => Self::Average,
            Aggregate::Min => Self::Min,
            Aggregate::Max => Self::Max,
            Aggregate::Median => Self::Median,
        }
    }
}

impl From<&Metric> for MetricBody {
    fn from(metric: &Metric) -> Self {
        let plain = |kind| Self { kind, field_id: None, aggregate: None };
        match metric {
            Metric::Count => plain(MetricKind::Count),
            Metric::TimeSpent => plain(MetricKind::TimeSpent),
            Metric::OriginalEstimate => plain(MetricKind::OriginalEstimate),
            Metric::RemainingEstimate => plain(MetricKind::RemainingEstimate),
            Metric::Progress => plain(MetricKind::Progress),
            Metric::StoryPoints => plain(MetricKind::StoryPoints),
            Metric::CustomField { field_id, aggregate } => Self {
                kind: MetricKind::CustomField,
                field_id: Some(field_id.to_string()),
                aggregate: Some((*aggregate).into()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn measures_read_back_as_they_are_answered() {
        for value in [
            json!({"kind": "percent_complete"}),
            json!({"kind": "kpi", "name": "Bugs fixed", "unit": "bugs", "start": "3", "target": "0.5"}),
            json!({"kind": "stay_below", "name": "", "unit": "h", "target": "2", "risk_line": "3"}),
            json!({"kind": "stay_above", "name": "", "unit": "", "target": "2"}),
        ] {
            let body: MeasureBody = serde_json::from_value(value.clone()).unwrap();
            let measure = body.measure().unwrap();
            assert_eq!(serde_json::to_value(MeasureBody::from(&measure)).unwrap(), value);
        }
    }

    #[test]
    fn fields_of_another_kind_are_refused_by_name() {
        for (value, field) in [
            (json!({"target": "20"}), "measure.target"),
            (json!({"kind": "kpi", "target": "20", "risk_line": "3"}), "measure.risk_line"),
            (json!({"kind": "stay_below", "target": "20", "start": "3"}), "measure.start"),
            (json!({"kind": "kpi"}), "measure.target"),
        ] {
            let body: MeasureBody = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(body.measure().unwrap_err().errors[0].field, field, "{value}");
        }
    }

    #[test]
    fn metrics_read_back_as_they_are_answered() {
        for value in [
            json!({"kind": "count"}),
            json!({"kind": "custom_field", "field_id": "customfield_10016", "aggregate": "median"}),
        ] {
            let body: MetricBody = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(MetricBody::from(&body.metric().unwrap())).unwrap(), value);
        }
        for (value, code) in [
            (json!({"kind": "custom_field"}), "missing_field"),
            (json!({"kind": "count", "aggregate": "sum"}), "invalid_value"),
            (json!({"kind": "session_time"}), "metric_not_available"),
        ] {
            let body: MetricBody = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(body.metric().unwrap_err().code, code, "{value}");
        }
    }
}
