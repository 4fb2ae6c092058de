//! The first run: whoever has the code from the log becomes the first admin.

use super::PageError;
use crate::{
    api::setup::{self, SetupBody},
    app::App,
    auth::throttle::Peer,
    components::{
        entrance::entrance,
        form::{self, Entries, Field},
        icons::{Icon, icon},
        shell::Theme,
    },
    error::{ApiError, ApiResult},
};
use axum::{
    Form,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};
use tower_sessions::Session;

/// One thing about this server.
#[derive(Debug)]
pub(crate) struct Check {
    /// What it is about.
    pub(crate) name: &'static str,
    /// What that means; may be empty.
    pub(crate) text: &'static str,
    /// What was found.
    pub(crate) found: String,
    /// Whether it is as it should be; otherwise it deserves attention, but stops nobody.
    pub(crate) good: bool,
}

/// The page, as long as there is nobody.
pub(crate) async fn show(State(app): State<App>, headers: HeaderMap) -> Result<Response, PageError> {
    if !setup::is_needed(&app).await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    Ok(render(&Entries::default(), &checks(&app).await?, super::theme(&headers)).into_response())
}

/// Makes the first person and signs them in, or shows the form again.
pub(crate) async fn begin(
    State(app): State<App>,
    session: Session,
    peer: Peer,
    headers: HeaderMap,
    Form(values): Form<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    setup::check_origin(&app, &headers)?;
    let entries = Entries::typed(&values);
    let get = |name: &str| entries.get(name).to_owned();
    let body = SetupBody {
        code: get("code").into(),
        organisation: get("organisation"),
        name: get("name"),
        email: get("email"),
        password: get("password").into(),
    };
    let error = match setup::set_up(&app, body, &session, peer, &headers).await {
        Ok(_) => return Ok(Redirect::to("/").into_response()),
        Err(error) if error.status().is_server_error() => return Err(error.into()),
        Err(error) => error,
    };
    let again = ["code", "organisation", "name", "email"].map(|name| (name, get(name)));
    let page = render(&Entries::new(again).refused(&error), &checks(&app).await?, super::theme(&headers));
    Ok((error.status(), page).into_response())
}

async fn checks(app: &App) -> ApiResult<Vec<Check>> {
    let migrations = app.store().migrations().await.map_err(ApiError::from)?;
    let address = app.settings().address();
    let (https, public) = (app.settings().is_https(), app.settings().public_url.is_some());
    let at = |good, text, found| Check { name: "Public address", good, text, found };
    let address = match (https, public) {
        (true, _) => at(true, "", address),
        (false, true) => at(false, "Without https, passwords can be read on the way", address),
        (false, false) => at(false, "Not set: people on other machines need OKRSYNC_PUBLIC_URL", address),
    };
    let key = "Keep a copy: without it stored tokens cannot be read";
    Ok(vec![
        Check {
            name: "Database",
            text: "Empty and up to date",
            found: format!("{:?}", app.store().backend()),
            good: migrations.is_current(),
        },
        Check { name: "Encryption key for tokens", text: key, found: "found".to_owned(), good: true },
        address,
        Check {
            name: "Email",
            text: "Password resets are handed over as links",
            found: "not sent by okrsync".to_owned(),
            good: true,
        },
    ])
}

/// The page.
pub(crate) fn render(entries: &Entries, checks: &[Check], theme: Theme) -> Markup {
    let field = |name, label, kind, autocomplete, help| {
        let usual = Field { name, label, kind, autocomplete, help, required: true, ..Field::default() };
        form::input(&usual, entries)
    };
    let content = html! {
        form method="post" action="/setup" {
            h1 { "Set up okrsync" }
            p class="sub" { "Create the first account. It becomes the administrator." }
            (entries.banner())
            div class="fg" {
                (field("code", "Setup code", "text", "one-time-code", "The server wrote it to its log when it started."))
                (field("organisation", "Organisation", "text", "organization", ""))
                (field("name", "Your name", "text", "name", ""))
                (field("email", "Email", "email", "username", ""))
                (field("password", "Password", "password", "new-password", "At least 8 characters; a longer one is better."))
            }
            button class="btn pri lg block" { "Create account and continue" }
        }
    };
    let beside = html! {
        div class="before" {
            h2 { "This server" }
            p class="mut t13" { "Checked just now. Nothing here stops you from going on." }
            ul {
                @for check in checks {
                    li class="t13" {
                        span class=(if check.good { "c-ok" } else { "c-mid" }) {
                            (icon(if check.good { Icon::Tick } else { Icon::Triangle }))
                        }
                        span { b class="b5" { (check.name) } @if !check.text.is_empty() { span class="mut" { (check.text) } } }
                        span class="mut num" { (check.found) }
                    }
                }
            }
        }
    };
    entrance("Set up okrsync", theme, "", &content, &beside, false)
}
