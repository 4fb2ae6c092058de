//! Choosing a new password by a link that an admin handed out.

use super::PageError;
use crate::{
    accounts::codes,
    api::setup::{self, ResetBody},
    app::App,
    auth::throttle::{self, Peer},
    components::{
        entrance::entrance,
        form::{self, Entries, Field},
        shell::Theme,
    },
    error::ApiError,
    extract::Params,
};
use axum::{
    Form,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};
use okrsync_domain::person::User;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// What the link says.
#[derive(Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    code: SecretString,
}

/// The form, if the link is still good.
pub(crate) async fn show(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Params(Link { code }): Params<Link>,
) -> Result<Markup, PageError> {
    throttle::admit(&app, "a reset link", peer).await?;
    let user = codes::whose_reset(&app, &code).await.map_err(ApiError::from)?;
    Ok(render(&user, &code, &Entries::default(), super::theme(&headers)))
}

/// Sets the password, or shows the form again.
pub(crate) async fn set(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Form(body): Form<ResetBody>,
) -> Result<Response, PageError> {
    setup::check_origin(&app, &headers)?;
    let code = body.code.clone();
    let error = match setup::reset_password(&app, body, peer).await {
        Ok(_) => return Ok(Redirect::to("/sign-in").into_response()),
        Err(error) if error.status().is_server_error() => return Err(error.into()),
        Err(error) => error,
    };
    let user = codes::whose_reset(&app, &code).await.map_err(ApiError::from)?;
    let page = render(&user, &code, &Entries::default().refused(&error), super::theme(&headers));
    Ok((error.status(), page).into_response())
}

/// The page.
pub(crate) fn render(user: &User, code: &SecretString, entries: &Entries, theme: Theme) -> Markup {
    let field = Field {
        name: "password",
        label: "New password",
        help: "At least 8 characters; a longer one is better. You are signed out everywhere.",
        kind: "password",
        autocomplete: "new-password",
        required: true,
        autofocus: true,
        ..Field::default()
    };
    let content = html! {
        form method="post" action="/reset" {
            h1 { "Choose a new password" }
            p class="sub" { (user.name) " · " (user.email) }
            (entries.banner())
            input type="hidden" name="code" value=(code.expose_secret());
            // For password managers; without a name it is not sent.
            input type="text" value=(user.email) autocomplete="username" readonly hidden;
            (form::input(&field, entries))
            button class="btn pri lg block" { "Save the password" }
        }
    };
    entrance("Choose a new password", theme, "", &content, &html! {}, true)
}
