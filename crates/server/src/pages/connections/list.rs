//! The list of connections with their health and trouble in place, and the switch of the whole integration.

use super::{
    LIST,
    health::{self, Health},
};
use crate::{
    api::{connections::an_hour_before, organisation::switch_integration},
    app::App,
    auth::policy::{Act, Verdict, judge},
    components::{
        figures::figure,
        form::hidden,
        icons::{Icon, icon, small},
        shell::{Place, Shell, crumbs, shell},
        surfaces::{Tone, banner},
    },
    pages::{
        PageError, Visitor,
        flash::Flash,
        reader::Reader,
        sent::{Done, Sent},
    },
};
use axum::{extract::State, response::Response};
use maud::{Markup, html};
use okrsync_domain::{
    connection::{AuthKind, Connection, Deployment, Sharing},
    person::User,
};
use okrsync_store::{ConnectionOverview, Page};

/// The list.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Markup, PageError> {
    visitor.caller.may(Act::Look)?;
    let (viewer, since) = (visitor.caller.viewer(), an_hour_before(app.now()));
    let connections = app.store().connections(Some(viewer), since, Page::all()).await?.items;
    Ok(render(&Reader::of(&app, visitor).await?, &connections))
}

/// Switches the whole integration on or off.
pub(crate) async fn switch(State(app): State<App>, sent: Sent) -> Result<Response, PageError> {
    sent.caller.may(Act::Administer)?;
    let on = sent.get("enabled") == "true";
    let work = async {
        switch_integration(&app, &sent.caller, on).await?;
        let told = if on {
            Flash::good("Jira sync is on").text("Everything that is due is measured now.")
        } else {
            Flash::good("Jira sync is off").text("Values stay as they are. Nothing is asked of Jira.")
        };
        Ok(Done::to(LIST).saying(told))
    };
    Ok(sent.once(&app, work).await?)
}

/// The page.
pub(crate) fn render(reader: &Reader, connections: &[ConnectionOverview]) -> Markup {
    let content = html! {
        div class="page conns" {
            (head(reader))
            (integration(reader))
            @if connections.is_empty() { (empty(reader)) } @else { (table(reader, connections)) }
            (explained())
        }
    };
    let top = crumbs(&[], "Connections");
    shell(&Shell { title: "Connections", place: Place::Connections, reader, top, back: None }, &content)
}

fn may(user: &User, act: Act<'_>) -> bool {
    judge(user, act) == Verdict::Allowed
}

fn head(reader: &Reader) -> Markup {
    let minutes = reader.organisation.period_minutes;
    html! {
        div class="dh" {
            div class="grow" {
                h1 { "Connections" }
                p class="sub" {
                    "The Jira sites that key results can be linked to. okrsync reads issues every " (minutes)
                    " minutes and writes nothing to Jira."
                }
            }
            @if may(&reader.user, Act::RefreshAll) && reader.organisation.jira_enabled {
                form method="post" action="/refresh" {
                    (hidden(&reader.csrf, &reader.once))
                    input type="hidden" name="next" value=(LIST);
                    button class="btn" { (small(Icon::Refresh, "")) "Sync all now" }
                }
            }
            @if may(&reader.user, Act::CreateConnection) {
                a class="btn pri" href="/connections/new" { (small(Icon::Plus, "")) "New connection" }
            }
        }
    }
}

/// The switch of the integration; only admins turn it.
fn integration(reader: &Reader) -> Markup {
    let on = reader.organisation.jira_enabled;
    let turn = html! {
        @if may(&reader.user, Act::Administer) {
            form method="post" action="/integrations/jira" {
                (hidden(&reader.csrf, &reader.once))
                input type="hidden" name="enabled" value=(!on);
                button class="btn sm" { (if on { "Switch off" } else { "Switch on" }) }
            }
        }
    };
    html! {
        @if on {
            section class="card sync-switch row" aria-label="Jira sync" {
                span class="c-ok" { (icon(Icon::Tick)) }
                span class="grow t13" { b { "Jira sync is on." } span class="mut" { " Switched off, values stay and nothing is asked of Jira." } }
                (turn)
            }
        } @else {
            (banner(Tone::Mid, "Jira sync is switched off.", "Values stay as they are. Nothing is asked of Jira.", &turn))
        }
    }
}

fn empty(reader: &Reader) -> Markup {
    html! {
        section class="card empty-list" {
            h2 { "No connection yet" }
            p class="sub" {
                @if may(&reader.user, Act::CreateConnection) {
                    "Connect your Jira, then link key results to queries. You need the address of Jira and a token."
                } @else { "Somebody who may write has to connect Jira first." }
            }
            @if may(&reader.user, Act::CreateConnection) {
                a class="btn pri" href="/connections/new" { (small(Icon::Plus, "")) "Connect Jira" }
            }
        }
    }
}

fn table(reader: &Reader, connections: &[ConnectionOverview]) -> Markup {
    html! {
        section class="card list" data-live {
            div class="conn t12 mut b5 conn-head" aria-hidden="true" {
                span { "Connection" } span { "Type" } span { "Health" } span { "Requests, last hour" } span { "Links" }
                span { "Shared with" } span {}
            }
            ul aria-label="Connections" {
                @for overview in connections { (group(reader, overview)) }
            }
        }
    }
}

fn group(reader: &Reader, overview: &ConnectionOverview) -> Markup {
    let connection = &overview.connection;
    let health = Health::of(overview, reader);
    let edits = may(&reader.user, Act::EditConnection(connection));
    html! {
        li class="cgrp" data-connection=(connection.id) data-part={ "connection-" (connection.id) } {
            div class="conn" {
                (name(connection, edits))
                div { div class="t13" { (place(connection.deployment)) } div class="t12 mut ell" { (signs_in(connection)) } }
                (health::cell(health, overview, reader))
                (usage(overview))
                div class="num t13" { (overview.links) span class="vh" { " links" } }
                div class="t13" { (shared(connection)) }
                @if edits {
                    a class="ib" href={ "/connections/" (connection.id) } aria-label={ "Edit " (connection.name) } title="Edit" {
                        (icon(Icon::Pencil))
                    }
                } @else { span {} }
            }
            @if let (Health::FirstSync, Some(sync)) = (health, &overview.first_sync) {
                div class="in-place" { (health::first_sync(sync, edits.then_some(connection.id))) }
            }
            @if health.is_trouble() { div class="in-place" { (trouble(reader, overview, health, edits)) } }
            @for warning in connection.warnings(overview.requests, reader.now) {
                @if health != Health::SlowedDown || connection.secret_expires_at.is_some() {
                    div class="in-place" { (banner(Tone::Mid, &warning.message, warning.hint, &html! {})) }
                }
            }
        }
    }
}

fn name(connection: &Connection, edits: bool) -> Markup {
    let drawing = if connection.deployment == Deployment::Cloud { Icon::Cloud } else { Icon::Server };
    let host = connection.server_url.split_once("://").map_or(connection.server_url.as_str(), |(_, host)| host);
    html! {
        div class="row cname" {
            span class="cico" { (icon(drawing)) }
            div class="grow" {
                @if edits { a class="b6 ell" href={ "/connections/" (connection.id) } { (connection.name) } }
                @else { b class="b6 ell" { (connection.name) } }
                div class="t12 mut ell" { (host) }
            }
        }
    }
}

fn trouble(reader: &Reader, overview: &ConnectionOverview, health: Health, edits: bool) -> Markup {
    let connection = &overview.connection;
    let (title, text) = health::trouble(connection, overview.links, reader);
    let tone = if health == Health::Failing { Tone::Bad } else { Tone::Mid };
    let action = html! {
        @if edits && health == Health::Failing {
            form method="post" action={ "/connections/" (connection.id) "/test" } {
                (hidden(&reader.csrf, &reader.once))
                button class="btn sm" { "Test again" }
            }
        }
        @if edits && health != Health::SlowedDown {
            @if connection.auth_kind.is_token() {
                a class="btn sm pri" href={ "/connections/" (connection.id) } { "Enter a new token" }
            } @else {
                a class="btn sm pri" href={ "/connections/" (connection.id) "/sign-in" } { "Sign in with Jira" }
            }
        }
    };
    banner(tone, &title, &text, &action)
}

fn place(deployment: Deployment) -> &'static str {
    match deployment {
        Deployment::Cloud => "Cloud",
        Deployment::SelfManaged => "Self-managed",
    }
}

/// "API token · dana@".
fn signs_in(connection: &Connection) -> String {
    match (connection.auth_kind, &connection.auth_email) {
        (AuthKind::ApiToken, Some(email)) => {
            format!("API token · {}@", email.split('@').next().unwrap_or_default())
        }
        (AuthKind::ApiToken, None) => "API token".to_owned(),
        (AuthKind::PersonalAccessToken, _) => "Personal access token".to_owned(),
        (AuthKind::Oauth2, _) => "OAuth 2.0".to_owned(),
        (AuthKind::Oauth1, _) => "Application link".to_owned(),
    }
}

fn shared(connection: &Connection) -> &'static str {
    match connection.sharing {
        Sharing::Everyone => "Everyone",
        Sharing::Private => "Only its owner",
    }
}

/// Requests of the last hour of the hour's budget.
fn usage(overview: &ConnectionOverview) -> Markup {
    let budget = u64::from(overview.connection.budget_per_hour).max(1);
    let percent = (overview.requests.saturating_mul(100) / budget).min(100);
    let class = match percent {
        0..80 => "bar neu",
        80..100 => "bar mid",
        _ => "bar bad",
    };
    html! {
        div {
            div class="between t12" { span class="num sub" { (figure(overview.requests.into())) " of " (figure(budget.into())) } span class="num mut" { (percent) "%" } }
            svg class=(class) role="progressbar" aria-label="Requests of the last hour" aria-valuemin="0" aria-valuemax="100"
                aria-valuenow=(percent) {
                rect class="track" x="0" y="4" width="100%" height="6" rx="3" {}
                rect class="fill" x="0" y="4" width={ (percent) "%" } height="6" rx="3" {}
            }
        }
    }
}

fn explained() -> Markup {
    html! {
        div class="conns-help t13" {
            div { b class="b6" { "Requests" } p class="mut" { "The most that is sent to a Jira within any hour. Used up, okrsync waits and goes on by itself; values stay." } }
            div { b class="b6" { "Sharing" } p class="mut" { "Shared connections appear when people link a key result. The token itself is never shown." } }
            div { b class="b6" { "Removing" } p class="mut" { "A connection that links use stays until its links are moved to another one. History stays." } }
        }
    }
}
