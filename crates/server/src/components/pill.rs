//! The status pill: an icon and a label that never separate, so that colour is not needed to read it.

use super::icon::Icon;
use maud::{Markup, html};
use okrsync_metrics::status::Status;

/// The label of a status.
pub(crate) fn label(status: Status) -> &'static str {
    match status {
        Status::NoData => "No data",
        Status::NotStarted => "Not started",
        Status::Achieved => "Achieved",
        Status::OnTrack => "On track",
        Status::Behind => "Behind",
        Status::AtRisk => "At risk",
    }
}

/// The icon of a status.
pub(crate) fn icon(status: Status) -> Icon {
    match status {
        Status::NoData => Icon::NoData,
        Status::NotStarted => Icon::NotStarted,
        Status::Achieved => Icon::Achieved,
        Status::OnTrack => Icon::TrendUp,
        Status::Behind => Icon::TrendDown,
        Status::AtRisk => Icon::Warning,
    }
}

/// The class that carries a status's colours.
pub(crate) fn tone(status: Status) -> &'static str {
    match status {
        Status::NoData | Status::NotStarted => "none",
        Status::Achieved => "done",
        Status::OnTrack => "ok",
        Status::Behind => "mid",
        Status::AtRisk => "bad",
    }
}

/// The pill.
pub(crate) fn pill(status: Status) -> Markup {
    html! { span class=(format!("pill {}", tone(status))) { (icon(status).draw()) (label(status)) } }
}
