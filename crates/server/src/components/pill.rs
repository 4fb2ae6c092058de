//! Status as a word with an icon, so that colour is never alone.

use crate::components::icons::{Icon, icon};
use maud::{Markup, html};
use okrsync_metrics::Status;

/// How a status looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Class of pill, bar and strip.
    pub(crate) class: &'static str,
    /// Its icon.
    pub(crate) icon: Icon,
    /// Its word.
    pub(crate) word: &'static str,
}

/// How a status looks.
pub(crate) fn look(status: Status) -> Look {
    let (class, icon, word) = match status {
        Status::OnTrack => ("ok", Icon::ArrowUp, "On track"),
        Status::Behind => ("mid", Icon::ArrowDown, "Behind"),
        Status::AtRisk => ("bad", Icon::Triangle, "At risk"),
        Status::Achieved => ("done", Icon::Tick, "Achieved"),
        Status::NotStarted => ("none", Icon::Clock, "Not started"),
        Status::NoData => ("none", Icon::Dashed, "No data"),
    };
    Look { class, icon, word }
}

/// The pill.
pub(crate) fn pill(status: Status) -> Markup {
    let look = look(status);
    html! { span class={ "pill " (look.class) } { (icon(look.icon)) (look.word) } }
}
