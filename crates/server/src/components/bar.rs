//! The progress bar with its expected marker, as SVG: widths are attributes, so no inline style is needed.

use super::pill;
use maud::{Markup, html};
use okrsync_metrics::status::Status;

/// How thick a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thickness {
    /// 6 px, in rows.
    Row,
    /// 8 px, in the summary.
    Summary,
}

/// A progress bar.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    /// Percent as shown, such as `53.1`; none without data.
    pub(crate) progress: Option<String>,
    /// Expected percent as shown; none for lines that are kept.
    pub(crate) expected: Option<String>,
    pub(crate) status: Status,
    /// The value is an old one.
    pub(crate) stale: bool,
    pub(crate) thickness: Thickness,
}

impl Bar {
    /// What a screen reader says.
    fn text(&self) -> String {
        let status = pill::label(self.status).to_lowercase();
        match (&self.progress, &self.expected) {
            (None, _) => "no data".to_owned(),
            (Some(progress), None) => format!("{progress} percent, {status}"),
            (Some(progress), Some(expected)) => format!("{progress} percent, {expected} expected, {status}"),
        }
    }

    /// The bar.
    pub(crate) fn draw(&self) -> Markup {
        let (height, overhang) = match self.thickness {
            Thickness::Row => (6, 4),
            Thickness::Summary => (8, 4),
        };
        let class = format!("bar {}", pill::tone(self.status));
        html! {
            svg class=(class) height=(height) role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100"
                aria-valuenow=[self.progress.as_deref()] aria-valuetext=(self.text()) {
                @if let Some(progress) = &self.progress {
                    (stripe("track", "100", height))
                    (stripe("fill", progress, height))
                    @if self.stale { (stripe("stripes", progress, height)) }
                    @if let Some(expected) = &self.expected {
                        rect class="mark" x=(format!("{expected}%")) y=(-overhang) width="2" height=(height + 2 * overhang) rx="1" {}
                    }
                } @else {
                    rect class="none" x="0.5" y="0.5" width="100%" height=(height - 1) rx=(height / 2) {}
                }
            }
        }
    }
}

fn stripe(class: &str, percent: &str, height: i32) -> Markup {
    html! { rect class=(class) width=(format!("{percent}%")) height=(height) rx=(height / 2) {} }
}
