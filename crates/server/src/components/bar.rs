//! The progress bar with the marker of where it should be today.

use crate::components::{figures::percent, pill::look};
use maud::{Markup, html};
use okrsync_metrics::{Percent, Progress, Status};

/// What a bar shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bar<'a> {
    /// How far it is; none is no data.
    pub(crate) progress: Option<&'a Progress>,
    /// Where it should be; none has no marker.
    pub(crate) expected: Option<&'a Percent>,
    /// Its colour.
    pub(crate) status: Status,
    /// Whether the value is old: drawn striped.
    pub(crate) stale: bool,
    /// Height in pixels.
    pub(crate) height: u8,
}

/// The bar as an `svg`: widths are attributes, because the pages' policy forbids styles in them.
pub(crate) fn bar(bar: Bar<'_>) -> Markup {
    let height = bar.height;
    let (top, radius) = ((14 - height) / 2, height / 2);
    let Some(progress) = bar.progress else {
        return html! {
            svg class="bar empty" role="img" aria-label="No value" {
                rect class="track" x="0" y=(top) width="100%" height=(height) rx=(radius) {}
            }
        };
    };
    let width = format!("{}%", progress.page());
    let class = look(bar.status).class;
    html! {
        svg class={ "bar " (class) } role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow=(progress.page())
            aria-valuetext=(text(progress, bar)) {
            rect class="track" x="0" y=(top) width="100%" height=(height) rx=(radius) {}
            rect class="fill" x="0" y=(top) width=(width) height=(height) rx=(radius) {}
            @if bar.stale { rect class="stripes" x="0" y=(top) width=(width) height=(height) rx=(radius) {} }
            @if let Some(expected) = bar.expected {
                @let x = format!("{}%", expected.page());
                line class="halo" x1=(x) x2=(x) y1="1" y2="13" {}
                line class="mark" x1=(x) x2=(x) y1="1" y2="13" {}
            }
        }
    }
}

/// "53.1 percent, 54.9 expected, behind".
fn text(progress: &Progress, bar: Bar<'_>) -> String {
    let mut text = format!("{} percent", progress.page());
    if let Some(expected) = bar.expected {
        text = format!("{text}, {} expected", expected.page());
    }
    let stale = if bar.stale { ", last good value" } else { "" };
    format!("{text}, {}{stale}", look(bar.status).word.to_lowercase())
}

/// The pattern that stripes stale bars, once a page.
pub(crate) fn stripes() -> Markup {
    html! {
        svg class="defs" aria-hidden="true" {
            defs {
                pattern id="stripes" width="5" height="10" patternUnits="userSpaceOnUse" patternTransform="rotate(25)" {
                    rect class="stripe" x="3" width="2" height="10" {}
                }
            }
        }
    }
}

/// How far from where it should be, in words.
pub(crate) fn gap(progress: &Progress, expected: &Percent) -> String {
    let gap = okrsync_metrics::gap(expected, progress);
    let points = percent(&gap);
    match points.strip_prefix('−') {
        Some(over) => format!("{over} pt over expected"),
        None if points == "0.0" => "as expected".to_owned(),
        None => format!("{points} pt under expected"),
    }
}
