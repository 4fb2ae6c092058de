//! Pages: what people read, and the forms on it. Everything works without script.
//!
//! # Adding a page
//! 1. **Handler** `pages/<page>.rs`: `async fn show(State(app), visitor: Visitor) -> Result<Markup, PageError>`. It says who may
//!    (`visitor.caller.may(Act::…)?`), reads what it shows, makes a [`Reader`](reader::Reader) (`Reader::of(&app, visitor)`) and hands both
//!    to a pure `render`. A handler asks the same functions as the API, never the API itself.
//! 2. **Render** puts its content into [`crate::components::shell::shell`]. Parts that change while the page is open carry
//!    `data-part="<name>"` inside an element with `data-live`: events replace them in place.
//! 3. **Form**: fields from [`crate::components::form`] over `Entries`, `form::hidden(&reader.csrf, &reader.once)` inside. Its
//!    handler takes [`Sent`](sent::Sent) last and answers `sent.once(&app, work).await`, where `work` is the function that the API's
//!    handler calls as well, and ends in `Done::to(path).saying(Flash::good(…))`. On an error: `mendable(error)?`, then render
//!    the form again with `sent.entries().refused(&error)`.
//! 4. **Route** in [`routes`], its row in [`crate::auth::access`] (who may use it, and whether it changes something); its place in the navigation in `components/shell.rs`, once the page exists.
//! 5. **Sample** in `pages/samples.rs`, so that the page is rendered by a test; `tests/browser/pages.rs` names it, so that
//!    screenshots and the accessibility check have it.
//!
//! Styles are in `assets/style/*.css`, scripts in `assets/script/*.js`; no page may carry either (Content-Security-Policy).

mod account;
mod audit;
mod board;
mod connect;
pub(crate) mod connections;
mod consent;
mod copy;
pub(crate) mod docs;
pub(crate) mod flash;
mod message;
mod mine;
mod more;
mod okr;
mod okr_form;
mod okr_steps;
mod organisation;
mod people;
mod period;
pub(crate) mod reader;
mod refresh;
mod resend;
mod reset;
pub(crate) mod sent;
mod setup;
mod shares;
mod sign_in;
mod single_sign_on;
mod sync;
mod tree;

#[cfg(test)]
pub(crate) mod samples;

use crate::{
    app::App,
    auth::{
        caller::{self, Caller},
        oidc, origin,
    },
    components::shell::Theme,
    consent::{OAUTH1_CALLBACK, OAUTH2_CALLBACK},
    error::ApiError,
};
use axum::{
    Router,
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use flash::Flash;
use resend::Kept;
use tower_sessions::Session;

/// Every page and form.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(board::show))
        .merge(connections::routes())
        .route("/more", get(more::show))
        .route("/keys", get(more::keys))
        .route("/refresh", post(refresh::all))
        .route("/mine", get(mine::show))
        .route("/sync", get(sync::show))
        .route("/okrs", post(okr_form::add))
        .route("/okrs/new", get(okr_form::new))
        .route("/okrs/copy", get(copy::show).post(copy::copy))
        .route("/okrs/{id}", get(okr::show))
        .route("/okrs/{id}/edit", get(okr_form::edit).post(okr_form::change))
        .route("/okrs/{id}/connect", get(connect::show).post(connect::save))
        .route("/okrs/{id}/connect/preview", post(connect::preview))
        .route("/okrs/{id}/refresh", post(refresh::one))
        .route("/okrs/{id}/check-in", get(okr_steps::check_in).post(okr_steps::add_check_in))
        .route("/okrs/{id}/resume", post(okr_steps::resume))
        .route("/okrs/{id}/close", get(okr_steps::close).post(okr_steps::end))
        .route("/okrs/{id}/reopen", post(okr_steps::reopen))
        .route("/okrs/{id}/postpone", get(okr_steps::postpone).post(okr_steps::put_off))
        .route("/okrs/{id}/delete", get(okr_steps::delete).post(okr_steps::remove))
        .route("/okrs/{id}/shares", get(shares::show).post(shares::save))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/people", get(people::show))
        .route("/people/new", get(people::new).post(people::add))
        .route("/people/{id}", get(people::edit).post(people::change))
        .route("/people/{id}/reset-link", post(people::reset))
        .route("/account", get(account::show))
        .route("/account/name", post(account::rename))
        .route("/account/password", post(account::password))
        .route("/account/tokens", post(account::make_token))
        .route("/account/tokens/{id}/revoke", post(account::revoke))
        .route("/account/sessions/{id}/end", post(account::end))
        .route("/audit", get(audit::show))
        .route("/organisation", get(organisation::show).post(organisation::save))
        .route("/setup", get(setup::show).post(setup::begin))
        .route("/reset", get(reset::show).post(reset::set))
        .route("/oidc/start", get(single_sign_on::start))
        .route(oidc::CALLBACK, get(single_sign_on::callback))
        .route("/sign-out", post(sign_in::leave))
        .route("/theme", post(sign_in::theme))
        .route(OAUTH2_CALLBACK, get(consent::back))
        .route(OAUTH1_CALLBACK, get(consent::back))
        .route("/connections/{id}/sign-in", get(consent::show).post(consent::begin))
        .route("/connections/{id}/site", get(consent::sites).post(consent::choose))
}

/// A signed-in person who reads a page. Anybody else is sent to the sign-in.
pub(crate) struct Visitor {
    /// Who.
    pub(crate) caller: Caller,
    /// Colours as they chose them.
    pub(crate) theme: Theme,
    /// Path and query of the page.
    pub(crate) path: String,
    /// What the form before this page came to.
    pub(crate) flash: Option<Flash>,
}

impl Visitor {
    fn new(caller: Caller, parts: &Parts, flash: Option<Flash>) -> Self {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Self { caller, theme: theme(&parts.headers), path, flash }
    }
}

/// Why a page is not shown.
pub(crate) enum PageError {
    /// Sign in, then come back here.
    SignIn(String),
    /// Sign in, then send what was typed.
    SignInFirst(Box<Kept>),
    /// The form was older than the session: send it again.
    SendAgain(Box<(Visitor, Kept)>),
    /// A page that says what is wrong.
    Refused(Box<ApiError>),
}

impl<E: Into<ApiError>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self::Refused(Box::new(error.into()))
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(next) => Redirect::to(&format!("/sign-in?next={}", encode(&next))).into_response(),
            Self::SignInFirst(kept) => (StatusCode::UNAUTHORIZED, sign_in::after_expiry(&kept)).into_response(),
            Self::SendAgain(again) => (StatusCode::CONFLICT, resend::page_for(&again.0, &again.1)).into_response(),
            Self::Refused(error) => {
                error.log();
                (error.status(), message::page(&error)).into_response()
            }
        }
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        if !origin::is_trusted(&parts.method, &parts.headers, &app.settings().address()) {
            return Err(caller::foreign().into());
        }
        let next = if parts.method.is_safe() { parts.uri.to_string() } else { "/".to_owned() };
        let caller = caller::by_session(app, parts).await?.ok_or(PageError::SignIn(next))?;
        caller.admit(parts)?;
        let flash = match parts.extensions.get::<Session>() {
            // A script that reads the page anew shows no message: the next real page does.
            Some(session) if !is_script(&parts.headers) => flash::take(session).await,
            _ => None,
        };
        Ok(Self::new(caller, parts, flash))
    }
}

/// Whether a script asks rather than the browser for its window.
fn is_script(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_some_and(|destination| destination == "empty")
}

/// Name of the cookie that keeps the colours.
pub(crate) const THEME_COOKIE: &str = "okrsync_theme";

/// The colours that a cookie names.
pub(crate) fn theme(headers: &HeaderMap) -> Theme {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == THEME_COOKIE).map(|(_, word)| Theme::of(word)).unwrap_or_default()
}

/// A text for behind the question mark.
pub(crate) fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A path of our own to go back to: never another host.
pub(crate) fn own_path(text: &str) -> &str {
    let own = text.starts_with('/') && !text.starts_with("//") && !text.contains(['\\', '\n', '\r', '\t']);
    if own { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nobody_is_sent_to_another_host() {
        for (text, path) in [
            ("/?status=behind", "/?status=behind"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("", "/"),
        ] {
            assert_eq!(own_path(text), path);
        }
    }
}
