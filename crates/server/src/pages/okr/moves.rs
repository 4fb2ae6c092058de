//! Why it moved: the last moves of a number, each with what did it.

use super::{issues::points, load::OkrPage};
use crate::{
    components::{
        icons::{Icon, icon},
        surfaces::card,
        times,
    },
    moves::Move,
};
use maud::{Markup, html};
use okrsync_domain::{moves::CauseKind, reading::Repeats};
use okrsync_metrics::{Percent, Progress, moves::words};
use rust_decimal::Decimal;

/// A move with the progress that it led to.
pub(crate) struct Told {
    /// The move.
    pub(crate) moved: Move,
    /// The progress after it, if it has one.
    pub(crate) to: Option<Progress>,
}

/// The card; nothing where nothing is known yet.
pub(super) fn feed(page: &OkrPage) -> Markup {
    let beside = html! {
        span class="grow" {}
        @if page.parts.more_moves { a class="link t12" href={ "/okrs/" (page.id) "?moves=all" } { "All changes" } }
    };
    card(
        "Why it moved",
        &beside,
        "",
        &html! {
            div data-part="moves" {
                @if page.moves.is_empty() { p class="quiet" { "It has not moved yet." } }
                @else { ol class="feed" { @for told in &page.moves { (entry(page, told)) } } }
            }
        },
    )
}

fn entry(page: &OkrPage, Told { moved, to }: &Told) -> Markup {
    let delta = moved.account.delta.progress;
    let (class, drawing) = look(moved, delta);
    let before = to.as_ref().zip(delta).map(|(to, delta)| Percent::from(to.api() - delta).clamped());
    html! {
        li {
            span class={ "ic " (class) } aria-hidden="true" { (icon(drawing)) }
            div {
                @if let Some(to) = to {
                    div class="mv" { (to.page()) "%" @if let Some(before) = before { " " s { "← " (before.page()) "%" } } }
                }
                p { (words(&moved.account)) "." }
                time datetime=(moved.at.to_rfc3339()) { (times::clock(moved.at, page.reader.now, page.reader.zone())) }
                @if let Some(repeats) = moved.repeats { (checked(page, repeats)) }
            }
            @if let Some(delta) = delta {
                span class={ "dl " @if delta.is_sign_negative() { "down" } @else { "up" } } { (points(delta, "+")) " pt" }
            }
        }
    }
}

/// How long it has stood since.
fn checked(page: &OkrPage, Repeats { times, last_at }: Repeats) -> Markup {
    let last = times::clock(last_at, page.reader.now, page.reader.zone());
    let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
    html! { span class="quiet" { " · checked " (times) " since, no change until " time datetime=(last_at.to_rfc3339()) { (last) } } }
}

/// Icon and colour follow from the first cause, which did most.
fn look(moved: &Move, delta: Option<Decimal>) -> (&'static str, Icon) {
    let down = delta.is_some_and(|delta| delta.is_sign_negative());
    let class = if down { "mid" } else { "ok" };
    match moved.account.causes.first().map(|cause| cause.kind) {
        Some(CauseKind::Completed) => (class, Icon::Check),
        Some(CauseKind::Joined) => (class, Icon::Plus),
        Some(CauseKind::Left | CauseKind::Deleted | CauseKind::Hidden) => (class, Icon::Minus),
        Some(CauseKind::Reopened) => (class, Icon::Refresh),
        Some(CauseKind::CheckIn) => ("", Icon::Comment),
        Some(CauseKind::Setting) => ("", Icon::Pencil),
        _ => ("", Icon::Sync),
    }
}
