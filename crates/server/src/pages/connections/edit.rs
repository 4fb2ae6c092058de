//! One connection: its fields, its test in named steps, and how it fares.

use super::{
    LIST, entries, form,
    health::{self, Health},
    page, wizard,
};
use crate::{
    api::connections::{self, an_hour_before},
    app::App,
    auth::policy::Act,
    components::{
        figures::figure,
        form::{Entries, Field, hidden, switch},
        icons::{Icon, icon, small},
        surfaces::{Tone, banner},
    },
    error::ApiError,
    extract::{Id, Patch},
    pages::{
        PageError, Visitor,
        flash::Flash,
        reader::Reader,
        sent::{Done, Sent, mendable},
    },
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};
use okrsync_connections::ProbeReport;
use okrsync_domain::{ConnectionId, catalogue::Field as JiraField};
use okrsync_store::ConnectionOverview;

/// The page.
pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    visitor: Visitor,
) -> Result<Markup, PageError> {
    let overview = overview(&app, id).await?;
    visitor.caller.may(Act::EditConnection(&overview.connection))?;
    let (entries, fields) = (entries::of(&overview.connection), numeric(&app, id).await?);
    Ok(render(&Reader::of(&app, visitor).await?, &overview, &entries, &fields, None))
}

/// The fields with numbers, as far as they were read: the page asks Jira nothing.
async fn numeric(app: &App, id: ConnectionId) -> Result<Vec<JiraField>, ApiError> {
    let known = app.store().find_catalogue(id).await?;
    let fields = known.map(|(catalogue, _)| catalogue.fields).unwrap_or_default();
    Ok(fields.into_iter().filter(JiraField::is_numeric).collect())
}

async fn overview(app: &App, id: ConnectionId) -> Result<ConnectionOverview, ApiError> {
    Ok(app.store().connection_overview(id, an_hour_before(app.now())).await?)
}

/// Stores the form.
pub(crate) async fn save(State(app): State<App>, Id(id): Id<ConnectionId>, sent: Sent) -> Result<Response, PageError> {
    let before = overview(&app, id).await?;
    sent.caller.may(Act::EditConnection(&before.connection))?;
    let work = async {
        connections::edit(&app, &sent.caller, id, Patch(wizard::whole(&sent)?)).await?;
        Ok(Done::to(LIST).saying(Flash::good(format!("{} is saved", sent.get("name").trim()))))
    };
    match sent.once(&app, work).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let error = mendable(error)?;
            let entries = sent.entries().refused(&error);
            let reader = Reader::of(&app, sent.into_visitor()).await?;
            let fields = numeric(&app, id).await?;
            Ok((error.status(), render(&reader, &before, &entries, &fields, None)).into_response())
        }
    }
}

/// Tests it and shows the steps.
pub(crate) async fn test(State(app): State<App>, Id(id): Id<ConnectionId>, sent: Sent) -> Result<Response, PageError> {
    let connection = app.store().get_connection(id).await.map_err(ApiError::from)?;
    sent.caller.may(Act::EditConnection(&connection))?;
    let tested = connections::test_stored(&app, id).await;
    let overview = overview(&app, id).await?;
    let reader = Reader::of(&app, sent.into_visitor()).await?;
    let (entries, fields) = (entries::of(&overview.connection), numeric(&app, id).await?);
    Ok(match tested {
        Ok(report) => render(&reader, &overview, &entries, &fields, Some(&report)).into_response(),
        Err(error) => {
            let error = mendable(error)?;
            (error.status(), render(&reader, &overview, &entries.refused(&error), &fields, None)).into_response()
        }
    })
}

/// The page of a connection, with the outcome of a test if one was made.
pub(crate) fn render(
    reader: &Reader,
    overview: &ConnectionOverview,
    entries: &Entries,
    fields: &[JiraField],
    report: Option<&ProbeReport>,
) -> Markup {
    let connection = &overview.connection;
    let content = html! {
        div class="page" {
            div class="wiz" {
                (side(reader, overview))
                div {
                    @if let Some(report) = report { (steps(report)) }
                    form method="post" action={ "/connections/" (connection.id) } class="conn-form" {
                        (hidden(&reader.csrf, &reader.once))
                        (entries.banner())
                        (form::server(reader, entries, true))
                        div class="sec" {
                            (form::sharing(reader, entries))
                            div class="field" {
                                (switch(&Field { name: "enabled", label: "Ask this Jira", help: "Off, values stay and nothing is asked of it.", ..Field::default() }, entries))
                            }
                        }
                        (form::story_points(entries, fields))
                        (form::advanced(entries))
                        div class="actions" {
                            a class="btn" href=(LIST) { "Cancel" }
                            button class="btn pri" { "Save" }
                        }
                    }
                }
            }
        }
    };
    page(reader, &connection.name, &content)
}

/// How it fares, and what else can be done with it.
fn side(reader: &Reader, overview: &ConnectionOverview) -> Markup {
    let connection = &overview.connection;
    let health = Health::of(overview, reader);
    let (title, text) = health::trouble(connection, overview.links, reader);
    html! {
        div class="conn-side" {
            h1 class="wiz-title" { (connection.name) }
            (health::cell(health, overview, reader))
            dl class="kv" {
                dt { "Account" } dd { (connection.account.as_ref().map_or("not known yet", |account| account.display_name.as_str())) }
                dt { "Jira" } dd { (connection.jira.as_ref().map_or("not known yet", |jira| jira.version.as_str())) }
                dt { "Links" } dd { (overview.links) }
                dt { "Requests" } dd { (figure(overview.requests.into())) " of " (figure(connection.budget_per_hour.into())) " in the last hour" }
            }
            @if health.is_trouble() {
                (banner(if health == Health::Failing { Tone::Bad } else { Tone::Mid }, &title, &text, &html! {}))
            }
            form method="post" action={ "/connections/" (connection.id) "/test" } {
                (hidden(&reader.csrf, &reader.once))
                button class="btn" { "Test connection" }
            }
            @if !connection.auth_kind.is_token() {
                a class="btn" href={ "/connections/" (connection.id) "/sign-in" } { (small(Icon::Diamond, "")) "Sign in with Jira" }
            }
            a class="btn" href={ "/connections/" (connection.id) "/webhook" } { "Webhook" }
            a class="btn ghost" href={ "/connections/" (connection.id) "/remove" } data-dialog { "Remove…" }
        }
    }
}

/// The steps of a test with their outcomes and cures.
fn steps(report: &ProbeReport) -> Markup {
    html! {
        section class="card probe" aria-labelledby="probe-title" role="status" {
            h2 id="probe-title" { (if report.ok { "The test succeeded" } else { "The test did not succeed" }) }
            ol {
                @for step in &report.steps {
                    li {
                        @let untried = !step.ok && step.detail == "not tried";
                        @if step.ok { span class="c-ok" { (icon(Icon::Tick)) } }
                        @else if untried { span class="mut" { (icon(Icon::Dashed)) } }
                        @else { span class="c-bad" { (icon(Icon::Triangle)) } }
                        div {
                            b class="b5" { (title(step.name)) }
                            p class="t13 sub" { (step.detail) }
                            @if let Some(hint) = &step.hint { p class="t13" { (hint) } }
                        }
                    }
                }
            }
        }
    }
}

/// What a step is about, for people.
fn title(name: &str) -> &'static str {
    match name {
        "reach" => "Reach the server",
        "jira" => "Is it Jira",
        "sign_in" => "Sign in",
        "account" => "Who am I",
        "search" => "Search issues",
        "fields" => "Read fields",
        _ => "Compare clocks",
    }
}
