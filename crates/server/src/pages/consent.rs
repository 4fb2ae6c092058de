//! Signing a connection in with Jira: how it stands, the way to the consent page and back, the choice among sites.

use super::{
    PageError, Visitor,
    connections::{form::copy, wizard::steps},
    flash::{self, Flash},
    reader::Reader,
    sent::{Done, Sent, mendable},
};
use crate::{
    api::connections::choose_site,
    app::App,
    auth::{caller::Caller, policy::Act},
    components::{
        form,
        icons::{Icon, icon, small},
        shell::{Place, Shell, Theme, crumbs, document, shell},
        surfaces::{Tone, banner},
    },
    consent::{self, Failed, OAUTH1_CALLBACK, OAUTH2_CALLBACK, Returned},
    error::ApiError,
    extract::{Id, Params},
};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, PreEscaped, html};
use okrsync_connections::GrantedSite;
use okrsync_domain::{
    ConnectionId,
    connection::{AuthKind, Connection, ConnectionState, Deployment},
};
use okrsync_scheduler::sign_in::SignedIn;
use tower_sessions::Session;

/// Where a connection's sign-in is shown.
fn path(id: ConnectionId) -> String {
    format!("/connections/{id}/sign-in")
}

/// A browser comes back from the consent page. It is sent on, so that what it brought does not stay in its address bar. What
/// was wrong is told on the connection's page, or on one of its own where nobody is signed in here.
pub(crate) async fn back(
    State(app): State<App>,
    visitor: Result<Visitor, PageError>,
    session: Session,
    headers: HeaderMap,
    Params(returned): Params<Returned>,
) -> Result<Redirect, PageError> {
    let Failed { connection, error } = match Box::pin(consent::finish(&app, &headers, returned)).await {
        Ok((id, SignedIn::Tested(_))) => return Ok(Redirect::to(&path(id))),
        Ok((id, SignedIn::ChooseSite)) => return Ok(Redirect::to(&format!("/connections/{id}/site"))),
        Err(failed) => *failed,
    };
    let Some(id) = connection.filter(|_| visitor.is_ok()) else { return Err(error.into()) };
    error.log();
    flash::keep(&session, &Flash::warning(error.detail()).text(error.cure().unwrap_or_default())).await;
    Ok(Redirect::to(&path(id)))
}

async fn editable(app: &App, caller: &Caller, id: ConnectionId) -> Result<Connection, ApiError> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&connection))?;
    Ok(connection)
}

/// Everything that the page says.
pub(crate) struct SignInPage {
    /// Which connection.
    pub(crate) connection: Connection,
    /// The public half of its key pair, if it has one.
    pub(crate) public_key: Option<String>,
    /// What was just wrong, and its cure.
    pub(crate) problem: Option<(String, String)>,
    /// Who reads it.
    pub(crate) reader: Reader,
}

async fn page_of(app: &App, visitor: Visitor, id: ConnectionId) -> Result<SignInPage, ApiError> {
    let connection = editable(app, &visitor.caller, id).await?;
    let public_key = app.engine().sites().public_key(&connection).await?;
    let mut reader = Reader::of(app, visitor).await?;
    let problem = reader.flash.take_if(|flash| !flash.good).map(|flash| (flash.title, flash.text));
    Ok(SignInPage { connection, public_key, problem, reader })
}

/// How the sign-in stands.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Id(id): Id<ConnectionId>,
) -> Result<Markup, PageError> {
    Ok(render(&page_of(&app, visitor, id).await?))
}

/// The page of how it stands.
pub(crate) fn render(page: &SignInPage) -> Markup {
    let connection = &page.connection;
    let waits = connection.state == ConnectionState::NeedsAuthorization;
    let content = html! {
        div class="page" {
            div class="wiz" {
                (steps(&connection.name, 0))
                div class="conn-form" {
                    h2 { (if waits { "Sign in with Jira" } else { "Signed in with Jira" }) }
                    p class="t13 mut lead" {
                        (connection.server_url) ". "
                        @if waits { "Jira asks you whether okrsync may read as you. It writes nothing there." }
                    }
                    @if waits { (values(page)) }
                    (said(page, waits))
                    (buttons(page, waits))
                }
            }
        }
    };
    frame(page_title(waits), connection, &page.reader, &content)
}

fn page_title(waits: bool) -> &'static str {
    if waits { "Sign in with Jira" } else { "Signed in with Jira" }
}

/// What just happened, else what was wrong last, else who is signed in.
fn said(page: &SignInPage, waits: bool) -> Markup {
    let connection = &page.connection;
    let nothing = html! {};
    html! {
        @if let Some((title, text)) = &page.problem {
            (banner(Tone::Bad, title, text, &nothing))
        } @else if let Some(problem) = &connection.last_error {
            (banner(Tone::Bad, &problem.message, problem.hint.as_deref().unwrap_or_default(), &nothing))
        } @else if let (Some(account), false) = (&connection.account, waits) {
            @let jira = connection.jira.as_ref().map(|jira| format!("Jira {} ({}) answered.", jira.version, jira.deployment_type));
            (banner(Tone::Ok, &format!("Connected as {}.", account.display_name), &jira.unwrap_or_default(), &nothing))
        }
    }
}

fn buttons(page: &SignInPage, waits: bool) -> Markup {
    let id = page.connection.id;
    let sign_in = |class: &str, text: &str| {
        html! {
            form method="post" action=(path(id)) {
                (form::hidden(&page.reader.csrf, &page.reader.once))
                button class=(class) { (small(Icon::Diamond, "")) (text) }
            }
        }
    };
    html! {
        @if waits {
            div class="consent" {
                (sign_in("btn pri lg", "Sign in with Jira"))
                p class="help" { "Leads to Jira. You come back here when you have allowed read access." }
            }
            div class="actions" {
                span class="grow t13 mut" { "Sign in first to go on." }
                a class="btn" href={ "/connections/" (id) } { "Change settings" }
                a class="btn" href="/connections" { "Later" }
            }
        } @else {
            div class="actions" {
                (sign_in("btn", "Sign in again"))
                span class="grow" {}
                a class="btn pri" href={ "/connections/" (id) "/start" } { "Next" (small(Icon::Right, "")) }
            }
        }
    }
}

/// What an administrator of Jira copies over.
fn values(page: &SignInPage) -> Markup {
    let (connection, address) = (&page.connection, &page.reader.address);
    let client = connection.auth_client.as_deref().unwrap_or_default();
    match (connection.auth_kind, connection.deployment) {
        (AuthKind::Oauth1, _) => copied(
            "Application link in Jira",
            "A Jira administrator sets this up once, under Administration, Applications, Application links: an incoming link \
             with these values.",
            &[
                ("Consumer key", client),
                ("Public key", page.public_key.as_deref().unwrap_or_default()),
                ("Callback URL", &format!("{address}{OAUTH1_CALLBACK}")),
            ],
        ),
        (_, Deployment::SelfManaged) => copied(
            "Incoming link in Jira",
            "Check that the link under Administration, Applications, Application links has this callback address and may read.",
            &[("Callback URL", &format!("{address}{OAUTH2_CALLBACK}")), ("Client id", client)],
        ),
        (_, Deployment::Cloud) => copied(
            "App in Atlassian's developer console",
            "Check that the app has this callback address, and the permissions read:jira-work and read:jira-user.",
            &[("Callback URL", &format!("{address}{OAUTH2_CALLBACK}")), ("Client id", client)],
        ),
    }
}

fn copied(title: &str, text: &str, rows: &[(&str, &str)]) -> Markup {
    html! {
        section class="copies" {
            h3 { (title) }
            p class="t13 mut" { (text) }
            dl {
                @for (name, value) in rows { dt { (name) } dd { (copy(name, value)) } }
            }
        }
    }
}

fn frame(title: &str, connection: &Connection, reader: &Reader, content: &Markup) -> Markup {
    let above = [("/connections".to_owned(), "Connections".to_owned())];
    let (top, back) = (crumbs(&above, &connection.name), above.first().cloned());
    shell(&Shell { title, place: Place::Connections, reader, top, back }, content)
}

/// Begins: a page that leads on to Jira, because a form may not be redirected to another host. Where Jira refuses already, the
/// page says why.
pub(crate) async fn begin(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, PageError> {
    match consent::begin(&app, &sent.caller, id, &headers).await {
        Ok(begun) => {
            let page = onward(begun.url.as_str(), sent.into_visitor().theme);
            Ok(([(header::SET_COOKIE, begun.cookie)], page).into_response())
        }
        Err(error) => {
            let error = mendable(error)?;
            let mut page = page_of(&app, sent.into_visitor(), id).await?;
            page.problem = Some((error.detail().to_owned(), error.cure().unwrap_or_default().to_owned()));
            Ok((error.status(), render(&page)).into_response())
        }
    }
}

/// The page that leads on to Jira.
pub(crate) fn onward(url: &str, theme: Theme) -> Markup {
    let refresh = html! { meta http-equiv="refresh" content={ "0;url=" (url) }; };
    let body = html! {
        main class="message" id="main" {
            h1 { "On to Jira" }
            p { "Jira asks you whether okrsync may read its issues as you." }
            a class="btn pri" href=(url) { "Continue to Jira" }
        }
    };
    let document = document("On to Jira", theme, None, &body);
    PreEscaped(document.0.replacen("</head>", &format!("{}</head>", refresh.0), 1))
}

/// The sites to choose from.
pub(crate) async fn sites(
    State(app): State<App>,
    visitor: Visitor,
    Id(id): Id<ConnectionId>,
) -> Result<Markup, PageError> {
    let connection = editable(&app, &visitor.caller, id).await?;
    let sites = app.engine().granted_sites(id).await?;
    Ok(choice(&connection, &sites, &Reader::of(&app, visitor).await?))
}

/// The page of the choice.
pub(crate) fn choice(connection: &Connection, sites: &[GrantedSite], reader: &Reader) -> Markup {
    let content = html! {
        div class="page" {
            div class="wiz" {
                (steps(&connection.name, 0))
                form class="conn-form" method="post" action=(format!("/connections/{}/site", connection.id)) {
                    (form::hidden(&reader.csrf, &reader.once))
                    h2 { "Which site is it?" }
                    p class="t13 mut lead" {
                        "You allowed okrsync several sites, and none of them is certainly " (connection.server_url) "."
                    }
                    @if sites.is_empty() { (banner(Tone::Mid, "No site is allowed any more.", "Sign in again and allow one.", &html! {})) }
                    div class="sites" {
                        @for site in sites {
                            button class="opt-c site" name="cloud_id" value=(site.cloud_id) {
                                (icon(Icon::Cloud)) span { b { (site.name) } small { (site.url) } }
                            }
                        }
                    }
                    div class="actions" { a class="btn" href=(path(connection.id)) { "Sign in again" } }
                }
            }
        }
    };
    frame("Which site is it?", connection, reader, &content)
}

/// Chooses a site.
pub(crate) async fn choose(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    sent: Sent,
) -> Result<Response, PageError> {
    let work = async {
        choose_site(&app, &sent.caller, id, sent.get("cloud_id")).await?;
        Ok(Done::to(path(id)))
    };
    Ok(sent.once(&app, work).await?)
}

#[cfg(test)]
mod tests;
