//! The status of an issue: the site's own word for it, and a circle that says what it amounts to.

use crate::components::icons::{Icon, small};
use maud::{Markup, html};
use okrsync_domain::{catalogue::Catalogue, issue::Issue};
use std::collections::HashSet;

/// Ids of a site's statuses of the category "in progress". A mirrored issue knows only whether it is done.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(HashSet<String>);

impl UnderWay {
    /// Those of a catalogue, if one was read.
    pub(crate) fn of(catalogue: Option<&Catalogue>) -> Self {
        let statuses = catalogue.map(|catalogue| catalogue.statuses.as_slice()).unwrap_or_default();
        Self(statuses.iter().filter(|status| status.under_way).map(|status| status.id.clone()).collect())
    }

    /// Ticked when done, half full when under way, else empty.
    pub(crate) fn status(&self, issue: &Issue) -> Markup {
        let under_way = issue.status_id.as_ref().is_some_and(|id| self.0.contains(id));
        let (class, drawing) = match issue.facts.completed {
            true => ("c-ok", Icon::Tick),
            false if under_way => ("c-acc", Icon::Half),
            false => ("c-none", Icon::Circle),
        };
        html! { span class="st" { span class=(class) { (small(drawing, "")) } (issue.status.as_deref().unwrap_or("–")) } }
    }
}
