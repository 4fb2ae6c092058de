//! The way of an OKR since its first day, as a small drawing beside its number.

use crate::{board::Shown, components::pill::look};
use maud::{Markup, html};
use okrsync_domain::Date;
use okrsync_metrics::{Percent, Progress};
use rust_decimal::Decimal;
use std::fmt::Write as _;

/// Measures of the drawing, with room for the dot.
const WIDTH: i64 = 76;
const HEIGHT: i64 = 26;
const ROOM: i64 = 3;

/// Points over time against the dotted line of what was expected. Screen readers read the value instead.
pub(crate) fn spark(points: &[(Date, Progress)], shown: &Shown<'_>, today: Date) -> Markup {
    let okr = &shown.row.okr;
    let end = today.min(okr.due_on).max(okr.starts_on);
    let span = (end - okr.starts_on).num_days().max(1);
    let expected = shown.standing.expected.as_ref().map(Percent::api);
    let most = points.iter().map(|(_, progress)| progress.api()).chain(expected).max().unwrap_or_default();
    // The axis reaches to the larger of both, and never ends at 0.
    let most = most.max(Decimal::ONE);
    let x = |day: Date| {
        let days = (day - okr.starts_on).num_days().clamp(0, span);
        place(Decimal::from(days * (WIDTH - ROOM)) / Decimal::from(span))
    };
    let y = |percent: Decimal| place(Decimal::from(HEIGHT - ROOM) - percent * Decimal::from(HEIGHT - 2 * ROOM) / most);
    let mut path = String::new();
    for (index, (day, progress)) in points.iter().enumerate() {
        // Writing to a text cannot fail.
        let _ = write!(path, "{}{} {}", if index == 0 { "M" } else { "L" }, x(*day), y(progress.api()));
    }
    let class = if shown.freshness.state.is_old() { "none" } else { look(shown.standing.status).class };
    html! {
        svg class={ "spark " (class) } viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-hidden="true" {
            @if let Some(expected) = expected {
                path class="line-expected" d={ "M0 " (y(Decimal::ZERO)) "L" (x(end)) " " (y(expected)) } {}
            }
            @if let (true, Some((day, progress))) = (points.len() > 1, points.last()) {
                path class="line-actual" d=(path) {}
                circle class="dot" cx=(x(*day)) cy=(y(progress.api())) r="2.75" {}
            }
        }
    }
}

fn place(value: Decimal) -> String {
    value.round_dp(1).normalize().to_string()
}
