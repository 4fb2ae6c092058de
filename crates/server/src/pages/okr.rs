//! The page of an objective or key result: its number, how it came about, what it is made of.

mod aside;
mod issues;
pub(super) mod load;
mod main;
pub(super) mod moves;

use super::{PageError, Visitor};
use crate::{
    app::App,
    board::Shown,
    components::{
        avatar::avatar,
        form::hidden,
        icons::{Icon, icon, small},
        note::{Note, cure, worst},
        shell::{Place, Shell, crumbs, shell},
        surfaces::{Tone, banner},
        times,
    },
    extract::{Id, Params},
    freshness::FreshnessState,
};
use axum::extract::State;
use load::{Asked, OkrPage};
use maud::{Markup, html};
use okrsync_domain::{
    OkrId,
    okr::{OkrKind, ProgressMode, Visibility},
};

/// The page.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Id(id): Id<OkrId>,
    Params(asked): Params<Asked>,
) -> Result<Markup, PageError> {
    Ok(render(&Box::pin(load::read(&app, visitor, id, &asked)).await?))
}

/// Draws it.
pub(crate) fn render(page: &OkrPage) -> Markup {
    let Some(shown) = page.board.find(page.id) else { return html! {} };
    let okr = &shown.row.okr;
    let content = html! {
        div class="page" data-live {
            (head(page, &shown))
            (troubles(page, &shown))
            @if let Some(text) = &okr.description { p class="about" { (text) } }
            div class="cols" {
                div class="stack" { (main::column(page, &shown)) }
                div class="stack" { (aside::column(page, &shown)) }
            }
        }
    };
    let (above, back) = way(page);
    let frame = Shell {
        title: &okr.title,
        place: Place::Board,
        reader: &page.reader,
        top: html! { (crumbs(&above, &okr.title)) (neighbours(page)) },
        back,
    };
    shell(&frame, &content)
}

type Step = (String, String);

/// Path and name of the pages above: the period, then each objective; and the nearest of them.
fn way(page: &OkrPage) -> (Vec<Step>, Option<Step>) {
    let mut above = vec![(format!("/?period={}", page.quarter), page.quarter.label())];
    above.extend(page.above.iter().map(|(id, title)| (format!("/okrs/{id}"), title.clone())));
    let back = above.last().cloned();
    (above, back)
}

/// The key results beside this one.
fn neighbours(page: &OkrPage) -> Markup {
    let button = |id: Option<OkrId>, drawing, label: &str| {
        html! { @if let Some(id) = id { a class="ib bd" href={ "/okrs/" (id) } aria-label=(label) title=(label) { (icon(drawing)) } } }
    };
    html! {
        (button(page.before, Icon::Left, "The one before"))
        (button(page.after, Icon::Right, "The next one"))
    }
}

fn head(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let okr = &shown.row.okr;
    let today = page.reader.today;
    html! {
        div class="dh" {
            div class="grow" {
                h1 { (okr.title) }
                div class="meta" {
                    @if let Some(owner) = page.people.get(&okr.owner_id) { span class="row" { (avatar(owner)) (owner.name) } }
                    @if let Some(team) = &okr.team { span class="row" { (small(Icon::Team, "mut")) (team) } }
                    span class="row" { (small(Icon::Calendar, "mut")) "Due " (okr.due_on.format("%-d %b %Y")) }
                    (origin(page, shown))
                    @if okr.visibility == Visibility::Private {
                        span class="row" { (small(Icon::Lock, "mut")) "Seen by its owner and admins" }
                    }
                    @if okr.starts_on > today { span class="row" { "Starts " (times::day(okr.starts_on, today)) } }
                }
            }
            div class="row d-act" { (buttons(page, shown)) }
        }
    }
}

fn origin(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let age = |at| times::age(at, page.reader.now, page.reader.zone());
    html! {
        span class="row" data-part="origin" {
            @match (shown.row.okr.progress_mode, &shown.row.link) {
                (ProgressMode::RollUp, _) => { (small(Icon::Elbow, "mut")) "From what is below it" }
                (ProgressMode::DataSource, Some(_)) => {
                    (small(Icon::Diamond, "mut"))
                    span data-age {
                        @match shown.freshness.synced_at {
                            Some(at) => { "Jira, synced " (age(at)) }
                            None => { "Jira, not synced yet" }
                        }
                    }
                }
                _ => { (small(Icon::Pencil, "mut")) "Entered by hand" }
            }
        }
    }
}

fn buttons(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let okr = &shown.row.okr;
    let path = format!("/okrs/{}", okr.id);
    let linked = page.board.rows.iter().any(|row| row.link.is_some());
    let rolls_up = okr.progress_mode == ProgressMode::RollUp;
    html! {
        @if page.rights.refreshes && linked {
            form method="post" action={ (path) "/refresh" } data-refresh={ "/api/v1" (path) "/refresh" } data-part="refresh" {
                (hidden(&page.reader.csrf, &page.reader.once))
                input type="hidden" name="next" value=(page.reader.path);
                button class="btn" { (small(Icon::Refresh, "")) "Refresh" }
            }
        }
        @if page.rights.edits && okr.closed.is_none() {
            // What has no number yet wants to be connected first.
            @let open = okr.progress_mode == ProgressMode::Manual && shown.row.link.is_none() && shown.row.value_check_in.is_none();
            @let connects = open && okr.kind == OkrKind::KeyResult;
            a class=(if rolls_up || connects { "btn" } else { "btn pri" }) href={ (path) "/check-in" } data-dialog { (small(Icon::Comment, "")) "Check in" }
            @if connects { a class="btn pri" href={ (path) "/connect" } data-dialog { (small(Icon::Plug, "")) "Connect data source" } }
            @if okr.kind == OkrKind::Objective {
                a class="btn pri" href={ "/okrs/new?parent=" (okr.id) } { (small(Icon::Plus, "")) "New key result" }
            }
        }
        @if page.rights.edits { (more(page, shown, &path)) }
    }
}

/// What is done more rarely.
fn more(page: &OkrPage, shown: &Shown<'_>, path: &str) -> Markup {
    let okr = &shown.row.okr;
    html! {
        details class="menu right" {
            summary class="ib bd" aria-label="More actions" { (icon(Icon::Dots)) }
            div class="pop" {
                a href={ (path) "/edit" } { (small(Icon::Pencil, "")) "Edit or move" }
                @if okr.kind == OkrKind::Objective {
                    a href={ "/okrs/new?kind=objective&parent=" (okr.id) } { (small(Icon::Plus, "")) "New objective below it" }
                    @if shown.standing.children.count > 0 { a href={ (path) "/shares" } data-dialog { (small(Icon::Shares, "")) "Shares" } }
                }
                @if okr.closed.is_some() {
                    form method="post" action={ (path) "/reopen" } {
                        (hidden(&page.reader.csrf, &page.reader.once))
                        button { (small(Icon::Refresh, "")) "Reopen" }
                    }
                } @else {
                    a href={ (path) "/postpone" } data-dialog { (small(Icon::Calendar, "")) "Postpone" }
                    a href={ (path) "/close" } data-dialog { (small(Icon::Check, "")) "Close" }
                }
                hr;
                a class="danger" href={ (path) "/delete" } data-dialog { (small(Icon::Bin, "")) "Delete" }
            }
        }
    }
}

/// Banners: closed, overridden, and why the number is old or missing.
fn troubles(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let (okr, reader) = (&shown.row.okr, &page.reader);
    let failing = shown.freshness.state == FreshnessState::Failing;
    html! {
        div data-part="troubles" {
            @if let Some(closing) = &okr.closed {
                @let when = format!("Closed on {}.", times::day(closing.at.with_timezone(&reader.zone()).date_naive(), reader.today));
                @let score = closing.score.map(|score| format!("Score {}. ", crate::components::figures::figure(score))).unwrap_or_default();
                (banner(Tone::Info, &when, &format!("{score}{}", closing.note), &html! {}))
            }
            @if let Some(note) = worst(shown) {
                @let text = format!("{} {}", note.text, note.detail);
                (banner(if note.bad { Tone::Bad } else { Tone::Mid }, &since(page, shown), text.trim_end(), &action(page, shown, &note, failing)))
            }
            @if shown.standing.overridden { (overridden(page, shown)) }
        }
    }
}

/// "Since 19 Nov, 14:05." where a connection fails.
fn since(page: &OkrPage, shown: &Shown<'_>) -> String {
    shown.freshness.error.map_or_else(String::new, |problem| {
        format!("Since {}.", times::clock(problem.at, page.reader.now, page.reader.zone()))
    })
}

fn action(page: &OkrPage, shown: &Shown<'_>, note: &Note, failing: bool) -> Markup {
    let path = format!("/okrs/{}/refresh", shown.row.okr.id);
    html! {
        @if failing && page.rights.refreshes {
            form method="post" action=(path) data-refresh={ "/api/v1" (path) } {
                (hidden(&page.reader.csrf, &page.reader.once))
                input type="hidden" name="next" value=(page.reader.path);
                button class="btn sm" { "Try again" }
            }
        }
        @let edits = (page.rights.edits && shown.row.okr.closed.is_none()).then_some(page.id);
        @if let Some(cure) = cure(note, page.rights.refreshes, edits, "btn sm") { (cure) }
    }
}

/// A check-in stands over the automatic value: what that says, and the way back to it.
fn overridden(page: &OkrPage, shown: &Shown<'_>) -> Markup {
    let automatic = shown.standing.automatic_progress.as_ref();
    let text = automatic.map_or_else(
        || "There is no automatic value yet.".to_owned(),
        |progress| format!("The automatic value is {}%.", progress.page()),
    );
    let back = html! {
        @if page.rights.edits {
            form method="post" action={ "/okrs/" (shown.row.okr.id) "/resume" } {
                (hidden(&page.reader.csrf, &page.reader.once))
                button class="btn sm" { "Resume automatic value" }
            }
        }
    };
    banner(Tone::Info, "A check-in stands over the automatic value.", &text, &back)
}
