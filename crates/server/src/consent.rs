//! Signing a connection in on Jira's consent page, from the browser's side: which browser it is, what it brings back, and
//! what is said when that is not accepted.

use crate::{
    app::App,
    auth::{caller::Caller, policy, policy::Act},
    error::{ApiError, ApiResult},
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use okrsync_domain::{
    ConnectionId,
    audit::{Actor, Via},
    connection::AuthKind,
};
use okrsync_scheduler::sign_in::{AttemptProblem, SignedIn};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

/// The cookie by which the browser that began is known again.
const COOKIE: &str = "okrsync_consent";
/// Longer than the consent page may take.
const COOKIE_SECONDS: u32 = 900;
/// Where browsers come back to from OAuth 2.0.
pub(crate) const OAUTH2_CALLBACK: &str = "/oauth/callback";
/// Where browsers come back to from OAuth 1.0a.
pub(crate) const OAUTH1_CALLBACK: &str = "/oauth1/callback";

/// Where to send the browser, and the cookie to give to it.
pub(crate) struct Begun {
    pub(crate) url: Url,
    pub(crate) cookie: HeaderValue,
}

/// Begins to sign a connection in.
pub(crate) async fn begin(app: &App, caller: &Caller, id: ConnectionId, headers: &HeaderMap) -> ApiResult<Begun> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&connection))?;
    let path = match connection.auth_kind {
        AuthKind::Oauth2 => OAUTH2_CALLBACK,
        AuthKind::Oauth1 => OAUTH1_CALLBACK,
        AuthKind::ApiToken | AuthKind::PersonalAccessToken => return Err(no_consent()),
    };
    let callback: Url = format!("{}{path}", app.settings().address()).parse().map_err(ApiError::internal)?;
    // Several pages of one browser may be under way.
    let browser = browser(headers).unwrap_or_else(|| URL_SAFE_NO_PAD.encode(app.random().bytes::<32>()).into());
    let url = app.engine().begin_sign_in(id, caller.user.id, &callback, &browser).await?;
    let secure = if app.settings().is_https() { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={}; Path=/; Max-Age={COOKIE_SECONDS}; SameSite=Lax; HttpOnly{secure}",
        browser.expose_secret()
    );
    let mut cookie = HeaderValue::try_from(cookie).map_err(ApiError::internal)?;
    cookie.set_sensitive(true);
    Ok(Begun { url, cookie })
}

fn no_consent() -> ApiError {
    ApiError::conflict("no_consent_needed", "The connection signs in with a token, so there is no consent page.")
        .hint("Use POST /api/v1/connections/{id}/test to see whether the token works.")
}

/// What only the browser that began knows.
fn browser(headers: &HeaderMap) -> Option<SecretString> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, value)| *name == COOKIE && value.len() == 43)?;
    Some(value.into())
}

/// What a browser brings back, whichever OAuth it was.
#[derive(Debug, Deserialize)]
pub(crate) struct Returned {
    /// OAuth 2.0's state, or 1.0a's request token.
    #[serde(alias = "oauth_token")]
    state: Option<SecretString>,
    /// The code, or the verifier.
    #[serde(alias = "oauth_verifier")]
    code: Option<SecretString>,
    error: Option<String>,
    error_description: Option<String>,
}

/// The word that stands for a verifier where somebody refused.
const DENIED: &str = "denied";

impl Returned {
    /// The code, or why there is none.
    fn code(self) -> ApiResult<SecretString> {
        let given = self.code.filter(|code| self.error.is_none() && code.expose_secret() != DENIED);
        given.ok_or_else(|| denied(self.error.as_deref().unwrap_or(DENIED), self.error_description.as_deref()))
    }
}

fn denied(word: &str, description: Option<&str>) -> ApiError {
    let words: String = description.unwrap_or(word).chars().take(200).collect();
    let refused = ApiError::forbidden(format!("The access was not granted in Jira: {words}."));
    let refused = refused.code_of("authorization_denied");
    match word {
        "access_denied" | DENIED => refused.hint("Sign in with Jira again and choose \"Allow\"."),
        "invalid_scope" => refused.hint("Let the application link in Jira grant read access, then sign in again."),
        _ => refused.hint("Check client id, callback address and scopes in Jira, then sign in again."),
    }
}

/// A sign-in that came to nothing.
pub(crate) struct Failed {
    /// The connection that it was for, once that is known.
    pub(crate) connection: Option<ConnectionId>,
    /// Why.
    pub(crate) error: ApiError,
}

/// Finishes a sign-in with what the browser brought back.
pub(crate) async fn finish(
    app: &App,
    headers: &HeaderMap,
    returned: Returned,
) -> Result<(ConnectionId, SignedIn), Box<Failed>> {
    let mut connection = None;
    let finished = try_finish(app, headers, returned, &mut connection).await;
    finished.map_err(|error| Box::new(Failed { connection, error }))
}

async fn try_finish(
    app: &App,
    headers: &HeaderMap,
    returned: Returned,
    known: &mut Option<ConnectionId>,
) -> ApiResult<(ConnectionId, SignedIn)> {
    let Some(state) = returned.state.clone() else { return Err(refused(AttemptProblem::Unknown)) };
    let browser = browser(headers).ok_or_else(|| refused(AttemptProblem::OtherBrowser))?;
    let attempt = app.engine().take_sign_in(&state, &browser).await?;
    let user = app.store().find_user(attempt.user_id).await?.filter(|user| user.active);
    let user = user.ok_or_else(|| ApiError::forbidden("Whoever began this sign-in may not sign in any more."))?;
    let connection = app.store().get_connection(attempt.connection_id).await?;
    policy::require(&user, Act::EditConnection(&connection))?;
    *known = Some(connection.id);
    let code = returned.code()?;
    let note = app.note(Actor::person(&user, Via::Session), "connection.authorize", &connection);
    Ok((connection.id, Box::pin(app.engine().finish_sign_in(&attempt, &state, &code, note)).await?))
}

/// Why what a browser brought back is not accepted, with the cure.
pub(crate) fn refused(problem: AttemptProblem) -> ApiError {
    let again = "Open the connection and choose \"Sign in with Jira\" again.";
    match problem {
        AttemptProblem::Unknown => {
            let detail = "This sign-in with Jira was completed before, or okrsync never began it.";
            ApiError::conflict("authorization_unknown", detail).hint(again)
        }
        AttemptProblem::Expired => {
            let detail = "This sign-in with Jira took longer than ten minutes, so it is not accepted any more.";
            ApiError::new(StatusCode::GONE, "authorization_expired", detail).hint(again)
        }
        AttemptProblem::OtherBrowser => {
            let detail = "This sign-in with Jira was begun in another browser, or this one refuses cookies.";
            let refused = ApiError::forbidden(detail).code_of("authorization_other_browser");
            refused.hint("Finish it in the browser in which you began, or begin again here.")
        }
    }
}
