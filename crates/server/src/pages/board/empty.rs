//! A board without anything on it: how to begin.

use super::BoardPage;
use crate::{
    auth::policy::Act,
    components::icons::{Icon, small},
};
use maud::{Markup, html};

/// Three steps, the first that is still to do with its button.
pub(super) fn board(page: &BoardPage) -> Markup {
    let connected = page.reader.connections > 0;
    let writes = page.may(Act::CreateOkr(page.reader.user.id));
    let new = format!("/okrs/new?kind=objective&period={}", page.quarter);
    html! {
        div class="empty-board" {
            (ghost())
            h2 { "No objectives in " (page.quarter.label()) " yet" }
            p class="sub" { "Connect Jira once. After that, key results fill themselves from the issues you point them at." }
            ol class="card steps" {
                li class=[connected.then_some("done")] {
                    span class="no" { @if connected { (small(Icon::Check, "")) } @else { "1" } }
                    div { b class="b6" { "Connect Jira" } p class="t13 mut" { "Cloud or self-managed, read access is enough. Takes about 3 minutes." } }
                    @if connected { span class="t12 mut" { "Done" } }
                    @else if writes { a class="btn pri" href="/connections/new" { (small(Icon::Plug, "")) "Connect Jira" } }
                }
                li class=[connected.then_some("next")] {
                    span class="no" { "2" }
                    div { b class="b6" { "Write an objective" } p class="t13 mut" { "What should be true by " (page.quarter.last().format("%-d %B")) "?" } }
                    @if writes && connected { a class="btn pri" href=(new) { (small(Icon::Plus, "")) "New objective" } }
                    @else { span class="t12 mut" { "2 min" } }
                }
                li {
                    span class="no" { "3" }
                    div { b class="b6" { "Link its key results to JQL queries" } p class="t13 mut" { "You see the number before you save." } }
                    span class="t12 mut" { "1 min each" }
                }
            }
            @if writes {
                p class="t13 mut" {
                    "No Jira at hand? " a class="link" href=(new) { "Start with hand-entered progress" }
                    @if let Some(earlier) = page.earlier {
                        " or " a class="link" href={ "/okrs/copy?period=" (page.quarter) } data-dialog { "copy the objectives of " (earlier.label()) }
                    }
                    "."
                }
            } @else {
                p class="t13 mut" { "You read here: members and admins write objectives down." }
            }
        }
    }
}

/// What a filled board looks like, in grey.
fn ghost() -> Markup {
    html! {
        svg class="sketch" viewBox="0 0 640 132" aria-hidden="true" {
            @for (y, title, done) in [(24, 220, 70), (73, 170, 42), (122, 250, 55)] {
                circle cx="30" cy=(y) r="11" {}
                rect x="60" y=(y - 5) width=(title) height="10" rx="4" {}
                rect class="soft" x="378" y=(y - 3) width="150" height="6" rx="3" {}
                rect x="378" y=(y - 3) width=(done) height="6" rx="3" {}
                rect x="546" y=(y - 10) width="74" height="20" rx="6" {}
            }
        }
    }
}
