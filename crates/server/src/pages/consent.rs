//! Signing a connection in with Jira: how it stands, the way to the consent page and back, the choice among sites.

use super::{
    PageError, Visitor,
    reader::Reader,
    sent::{Done, Sent},
};
use crate::{
    api::connections::choose_site,
    app::App,
    auth::{caller::Caller, policy::Act},
    components::{
        form,
        shell::{Place, Shell, Theme, crumbs, document, shell},
        surfaces::{Tone, banner},
    },
    consent::{self, Returned},
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
    connection::{Connection, ConnectionState},
};
use okrsync_scheduler::sign_in::SignedIn;

/// Where a connection's sign-in is shown.
fn path(id: ConnectionId) -> String {
    format!("/connections/{id}/sign-in")
}

/// A browser comes back from the consent page. It is sent on, so that what it brought does not stay in its address bar.
pub(crate) async fn back(
    State(app): State<App>,
    headers: HeaderMap,
    Params(returned): Params<Returned>,
) -> Result<Redirect, PageError> {
    let (id, signed_in) = Box::pin(consent::finish(&app, &headers, returned)).await?;
    Ok(Redirect::to(&match signed_in {
        SignedIn::Tested(_) => path(id),
        SignedIn::ChooseSite => format!("/connections/{id}/site"),
    }))
}

async fn editable(app: &App, caller: &Caller, id: ConnectionId) -> Result<Connection, ApiError> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&connection))?;
    Ok(connection)
}

/// How the sign-in stands.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Id(id): Id<ConnectionId>,
) -> Result<Markup, PageError> {
    let connection = editable(&app, &visitor.caller, id).await?;
    Ok(render(&connection, &Reader::of(&app, visitor).await?))
}

/// The page of how it stands.
pub(crate) fn render(connection: &Connection, reader: &Reader) -> Markup {
    let waits = connection.state == ConnectionState::NeedsAuthorization;
    let (title, button) =
        if waits { ("Sign in with Jira", "Sign in with Jira") } else { ("Signed in with Jira", "Sign in again") };
    let content = html! {
        @if let Some(problem) = &connection.last_error {
            (banner(Tone::Bad, &problem.message, problem.hint.as_deref().unwrap_or_default(), &html! {}))
        }
        @match &connection.account {
            Some(account) if !waits => p { "okrsync reads " (connection.server_url) " as " b { (account.display_name) } "." },
            _ => p { "Jira asks you whether okrsync may read " (connection.server_url) " as you. okrsync writes nothing there." },
        }
        form method="post" action=(path(connection.id)) {
            (form::hidden(&reader.csrf, &reader.once))
            div class="actions" {
                a class="btn" href="/" { "Back to the board" }
                button class="btn pri" { (button) }
            }
        }
    };
    page(title, connection, reader, &content)
}

fn page(title: &str, connection: &Connection, reader: &Reader, content: &Markup) -> Markup {
    let content = html! { div class="page narrow" { h1 class="title" { (title) } (content) } };
    shell(&Shell { title, place: Place::More, reader, top: crumbs(&[], &connection.name), back: None }, &content)
}

/// Begins: a page that leads on to Jira, because a form may not be redirected to another host.
pub(crate) async fn begin(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, PageError> {
    let begun = consent::begin(&app, &sent.caller, id, &headers).await?;
    let page = onward(begun.url.as_str(), sent.into_visitor().theme);
    Ok(([(header::SET_COOKIE, begun.cookie)], page).into_response())
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
        p { "You allowed okrsync several sites, and none of them is certainly " (connection.server_url) "." }
        form method="post" action=(format!("/connections/{}/site", connection.id)) {
            (form::hidden(&reader.csrf, &reader.once))
            @for site in sites {
                button class="btn block" name="cloud_id" value=(site.cloud_id) { (site.name) " · " (site.url) }
            }
        }
    };
    page("Which site is it?", connection, reader, &content)
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
mod tests {
    use super::*;
    use crate::pages::samples::{reader, sound};
    use okrsync_domain::{
        Clock, Problem, Random,
        connection::{Account, AuthKind, Deployment, Sharing},
        person::Role,
        problem::ProblemCode,
    };

    fn connection(state: ConnectionState) -> Connection {
        let (now, random) = (Clock::system().now(), Random::seeded(1));
        let account = Account { id: "dana".into(), display_name: "Dana <b>".into(), time_zone: None };
        let problem = Problem {
            code: ProblemCode::JiraUnauthorized,
            message: "The grant is over.".into(),
            hint: Some("Sign in with Jira again.".into()),
            at: now,
            retry_at: None,
        };
        let waits = state == ConnectionState::NeedsAuthorization;
        Connection {
            name: "Halden plant Jira".into(),
            server_url: "https://jira.halden.example".into(),
            deployment: Deployment::SelfManaged,
            sharing: Sharing::Everyone,
            auth_kind: AuthKind::Oauth2,
            auth_client: Some("client".into()),
            state,
            account: Some(account),
            last_error: waits.then_some(problem),
            ..Connection::new(random.id(now), random.id(now), now)
        }
    }

    #[test]
    fn the_page_says_whose_eyes_are_used_or_what_is_to_be_done() {
        let reader = reader(Role::Member);
        let text = sound("signed in", &render(&connection(ConnectionState::Ok), &reader));
        assert!(text.contains("Dana &lt;b&gt;") && text.contains("Sign in again"));
        let text = sound("waits", &render(&connection(ConnectionState::NeedsAuthorization), &reader));
        for part in ["The grant is over.", "Sign in with Jira again.", "role=\"alert\"", "token-of-the-session"] {
            assert!(text.contains(part), "missing: {part}");
        }
    }

    #[test]
    fn sites_are_chosen_by_a_button_each() {
        let site = |id: &str| GrantedSite { cloud_id: id.into(), name: "Acme".into(), url: "https://a.example".into() };
        let sites = [site("1"), site("2")];
        let text =
            sound("sites", &choice(&connection(ConnectionState::NeedsAuthorization), &sites, &reader(Role::Member)));
        assert_eq!(text.matches("name=\"cloud_id\"").count(), 2);
    }

    #[test]
    fn the_way_to_jira_needs_no_script() {
        let text = onward("https://auth.example/authorize?a=1&b=\"2\"", Theme::Dark).0;
        let address = "https://auth.example/authorize?a=1&amp;b=&quot;2&quot;";
        assert!(
            text.contains(&format!("content=\"0;url={address}\"")) && text.contains(&format!("href=\"{address}\""))
        );
        assert_eq!(text.matches("<h1").count(), 1);
    }
}
