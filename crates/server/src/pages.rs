//! Pages: what people read, and the forms on it. Everything works without script.

mod board;
pub(crate) mod docs;
mod message;
mod period;
mod refresh;
mod sign_in;
mod tree;

#[cfg(test)]
mod samples;

use crate::{
    app::App,
    auth::{
        caller::{self, Caller},
        origin,
    },
    components::shell::Theme,
    error::ApiError,
};
use axum::{
    Router,
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

/// Every page and form.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(board::show))
        .route("/refresh", post(refresh::all))
        .route("/okrs/{id}/refresh", post(refresh::one))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/theme", post(sign_in::theme))
}

/// A signed-in person who reads a page. Anybody else is sent to the sign-in.
pub(crate) struct Visitor {
    /// Who.
    pub(crate) caller: Caller,
    /// Colours as they chose them.
    pub(crate) theme: Theme,
}

/// Why a page is not shown.
pub(crate) enum PageError {
    /// Sign in, then come back here.
    SignIn(String),
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
        let theme = theme(&parts.headers);
        let next = if parts.method.is_safe() { parts.uri.to_string() } else { "/".to_owned() };
        let caller = caller::by_session(app, parts).await?.ok_or(PageError::SignIn(next))?;
        Ok(Self { caller, theme })
    }
}

impl Visitor {
    /// Refuses a form that does not carry the session's token.
    pub(crate) fn check_form(&self, token: &str) -> Result<(), PageError> {
        if origin::token_fits(&self.caller.csrf, token) { Ok(()) } else { Err(caller::foreign().into()) }
    }
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
