//! The last step of a new connection: how far its first sync has come, told live, and who may use it. The sync goes on
//! without the page: the engine remembers it, the page only looks.

use super::{
    entries, form,
    health::{self, Health},
    page, wizard,
};
use crate::{
    api::connections::an_hour_before,
    app::App,
    auth::policy::Act,
    components::{
        figures::{counted, figure},
        form::{Entries, hidden},
        icons::{Icon, icon, small},
        surfaces::{Tone, banner},
        times,
    },
    error::ApiError,
    extract::Id,
    pages::{PageError, Visitor, reader::Reader},
};
use axum::extract::State;
use maud::{Markup, html};
use okrsync_domain::{
    ConnectionId,
    catalogue::{Catalogue, Field},
    connection::ConnectionState,
};
use okrsync_store::{ConnectionOverview, FirstSync};

/// What the page knows.
pub(crate) struct Begun {
    /// The connection and how far its first sync has come.
    pub(crate) overview: ConnectionOverview,
    /// What its site offers, once that was read.
    pub(crate) catalogue: Option<Catalogue>,
}

/// The page.
pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    visitor: Visitor,
) -> Result<Markup, PageError> {
    let overview = app.store().connection_overview(id, an_hour_before(app.now())).await?;
    visitor.caller.may(Act::EditConnection(&overview.connection))?;
    // A first sync begins with what the site offers; what was read once is not asked for again by looking.
    let catalogue = match app.store().find_catalogue(id).await? {
        Some((catalogue, _)) => Some(catalogue),
        None if overview.connection.state == ConnectionState::Ok => {
            app.engine().catalogue_if_any(&overview.connection).await.map_err(ApiError::from)?
        }
        None => None,
    };
    let entries = entries::of(&overview.connection);
    Ok(render(&Reader::of(&app, visitor).await?, &Begun { overview, catalogue }, &entries))
}

/// The page.
pub(crate) fn render(reader: &Reader, begun: &Begun, entries: &Entries) -> Markup {
    let id = begun.overview.connection.id;
    let here = format!("/connections/{id}/start");
    let content = html! {
        div class="page" {
            div class="wiz" {
                (wizard::steps("New connection", 1))
                div class="conn-form" {
                    section data-live {
                        div data-part="first-sync" data-follow=(share(begun, reader)) { (progress(reader, begun)) }
                    }
                    noscript { p class="t13" { a class="link" href=(here) { "Show the newest numbers" } } }
                    form method="post" action=(here) {
                        (hidden(&reader.csrf, &reader.once))
                        div class="sec" { (form::sharing(reader, entries)) }
                        div class="actions" {
                            a class="btn ghost" href={ "/connections/" (id) } { (small(Icon::Left, "")) "Server and sign-in" }
                            span class="grow" {}
                            button class="btn" name="then" value="link" { "Link a key result" }
                            button class="btn pri" { "Done" }
                        }
                    }
                }
            }
        }
    };
    page(reader, "New connection", &content)
}

/// What the first sync comes to by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// No link asks for issues yet.
    NothingToRead,
    /// Issues are being read, or will be in a moment.
    Reading(FirstSync),
    /// Everything that is linked was measured.
    Done,
    /// Something has to happen first.
    Held(Health),
}

fn stage(begun: &Begun, reader: &Reader) -> Stage {
    match (Health::of(&begun.overview, reader), begun.overview.first_sync) {
        (Health::FirstSync, Some(sync)) => Stage::Reading(sync),
        (Health::Healthy, _) if begun.overview.links == 0 => Stage::NothingToRead,
        (Health::Healthy, _) => Stage::Done,
        (health, _) => Stage::Held(health),
    }
}

/// Percent of the issues that are read; what is not known is nothing yet.
fn share(begun: &Begun, reader: &Reader) -> u64 {
    match stage(begun, reader) {
        Stage::Reading(sync) => sync.percent().unwrap_or(0),
        Stage::Done => 100,
        Stage::NothingToRead | Stage::Held(_) => 0,
    }
}

fn progress(reader: &Reader, begun: &Begun) -> Markup {
    let stage = stage(begun, reader);
    let connection = &begun.overview.connection;
    let (title, leave) = match stage {
        Stage::NothingToRead => ("Ready for the first key result", "Issues are read as soon as one is linked."),
        Stage::Reading(_) => ("First sync is under way", "You can leave this page, the sync goes on."),
        Stage::Done => ("First sync is done", "Everything that is linked is measured."),
        Stage::Held(_) => ("First sync waits", "It goes on by itself afterwards."),
    };
    html! {
        h2 { (title) }
        p class="t13 mut lead" { (connection.name) " · " (connection.server_url) ". " (leave) }
        @if let Stage::Held(health) = stage { (held(reader, begun, health)) }
        section class="card first" aria-label="First sync" {
            @if let Stage::Reading(sync) = stage { (numbers(reader, sync)) }
            ul { (steps(begun, stage)) }
        }
    }
}

/// Why it waits, in the words of the list.
fn held(reader: &Reader, begun: &Begun, health: Health) -> Markup {
    let ConnectionOverview { connection, links, .. } = &begun.overview;
    if health.is_trouble() {
        let (title, text) = health::trouble(connection, *links, reader);
        return banner(if health == Health::Failing { Tone::Bad } else { Tone::Mid }, &title, &text, &html! {});
    }
    let text =
        if health == Health::NotTested { "Nobody has asked this Jira yet." } else { "Nothing is asked of Jira." };
    banner(Tone::Mid, &format!("{}.", health.word()), text, &html! {})
}

fn numbers(reader: &Reader, sync: FirstSync) -> Markup {
    let percent = sync.percent();
    html! {
        div class="between ends" {
            div {
                @if let Some(percent) = percent { div class="big" { (percent) "%" } }
                p class="t13 sub num" {
                    @match sync.total {
                        Some(total) => { (figure(sync.done.into())) " of " (counted(total, "issue", "issues")) }
                        None => { (counted(sync.done, "issue", "issues")) " so far" }
                    }
                }
            }
            p class="t13 mut num r" {
                @if let Some(seconds) = sync.seconds_left(reader.now) { (left(seconds)) br; }
                @match sync.started_at {
                    Some(at) => { "Started " (times::clock(at, reader.now, reader.zone())) }
                    None => { "Begins soon" }
                }
            }
        }
        @let percent = percent.unwrap_or(0);
        svg class="bar run" role="progressbar" aria-label="First sync" aria-valuemin="0" aria-valuemax="100" aria-valuenow=(percent) {
            rect class="track" y="3" width="100%" height="8" rx="4" {}
            rect class="fill" y="3" width={ (percent) "%" } height="8" rx="4" {}
        }
    }
}

/// Nobody wants the seconds of an estimate.
fn left(seconds: u64) -> String {
    match seconds {
        0..60 => "Less than a minute left".to_owned(),
        60..5400 => format!("About {} min left", seconds.div_ceil(60)),
        _ => format!("About {} h left", seconds.div_ceil(3600)),
    }
}

/// What a first sync consists of, with a tick at what is done.
fn steps(begun: &Begun, stage: Stage) -> Markup {
    let Begun { overview, catalogue } = begun;
    let ConnectionOverview { connection, links, requests, .. } = overview;
    let signed_in = connection.account.as_ref().map(|it| format!("Signed in as {}", it.display_name));
    let reached = connection.jira.as_ref().map(|it| format!("Jira {} ({}) reached", it.version, it.deployment_type));
    let offered = catalogue.as_ref().map(|it| {
        let numbers = it.fields.iter().filter(|field| Field::is_numeric(field)).count() as u64;
        let projects = counted(it.projects.len() as u64, "project", "projects");
        format!("{projects}, {}", counted(numbers, "number field", "number fields"))
    });
    let sent = format!("{} in the last hour", counted(*requests, "request", "requests"));
    let measured = format!("Progress worked out for {}", counted(*links, "link", "links"));
    html! {
        (step(signed_in.as_deref(), "Sign in"))
        (step(reached.as_deref(), "Reach the server"))
        (step(offered.as_deref(), "Read projects and fields"))
        @if matches!(stage, Stage::Reading(_)) {
            li { span class="c-acc" { (icon(Icon::Sync)) } b class="grow b5" { "Reading issues" } span class="mut num" { (sent) } }
        } @else {
            (step((stage == Stage::Done).then_some("Issues read"), "Read the issues of linked key results"))
        }
        (step(Some(measured.as_str()).filter(|_| stage == Stage::Done), "Work out progress for linked key results"))
    }
}

fn step(done: Option<&str>, to_do: &str) -> Markup {
    html! {
        li {
            @match done {
                Some(done) => { span class="c-ok" { (icon(Icon::Tick)) } span class="grow" { (done) } }
                None => { span class="c-none" { (icon(Icon::Circle)) } span class="grow mut" { (to_do) } }
            }
        }
    }
}
