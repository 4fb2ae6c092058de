//! How a request is signed: each kind of credential is one arm of one match.

use crate::{AccessToken, Application, Error, Tokens, oauth1::Signer};
use base64::{Engine, engine::general_purpose::STANDARD};
use okrsync_domain::{Instant, Random};
use reqwest::{Request, header};
use secrecy::{ExposeSecret, SecretString};
use std::{fmt, sync::Arc};

/// What a connection signs in with.
#[derive(Clone)]
pub enum Credential {
    /// Cloud: e-mail and API token (Basic); a scoped token works only behind the gateway.
    ApiToken {
        /// The account's e-mail address.
        email: String,
        /// The token.
        token: SecretString,
    },
    /// Self-managed: a personal access token (Bearer).
    PersonalAccessToken {
        /// The token.
        token: SecretString,
    },
    /// What somebody granted on a consent page.
    Granted(Granted),
    /// Nobody: only for what is asked without a sign-in, such as the grant itself.
    Nobody,
}

/// What somebody granted on a consent page: its tokens come and go.
#[derive(Debug, Clone)]
pub struct Granted {
    /// To whom.
    pub application: Application,
    /// Where the present token comes from.
    pub tokens: Arc<dyn Tokens>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApiToken { .. } => "ApiToken",
            Self::PersonalAccessToken { .. } => "PersonalAccessToken",
            Self::Granted(_) => "Granted",
            Self::Nobody => "Nobody",
        })
    }
}

impl Credential {
    /// What was granted, if it was.
    pub(crate) fn granted(&self) -> Option<&Granted> {
        if let Self::Granted(granted) = self { Some(granted) } else { None }
    }

    /// Signs `request`, which is complete but for that: a signature covers its address. `token` is the present one of what
    /// was granted.
    pub(crate) fn apply(
        &self,
        request: &mut Request,
        token: Option<&AccessToken>,
        (now, random): (Instant, &Random),
    ) -> Result<(), Error> {
        let bearer = |token: &SecretString| SecretString::from(format!("Bearer {}", token.expose_secret()));
        let token = token.map(|token| &token.text);
        let value = match self {
            Self::Nobody => return Ok(()),
            Self::ApiToken { email, token } => {
                SecretString::from(format!("Basic {}", STANDARD.encode(format!("{email}:{}", token.expose_secret()))))
            }
            Self::PersonalAccessToken { token } => bearer(token),
            Self::Granted(Granted { application, .. }) => match (application, token) {
                (Application::Oauth2 { .. }, Some(token)) => bearer(token),
                (Application::Oauth1 { consumer_key, key }, _) => {
                    let signer = Signer { consumer_key, key, token };
                    signer.authorization(request.method(), request.url(), &[], (now, random))
                }
                (Application::Oauth2 { .. }, None) => return Ok(()),
            },
        };
        request.headers_mut().insert(header::AUTHORIZATION, sensitive(&value, "the token")?);
        Ok(())
    }
}

/// A header value that no log shows.
pub(crate) fn sensitive(value: &SecretString, what: &str) -> Result<header::HeaderValue, Error> {
    let mut value = header::HeaderValue::from_str(value.expose_secret().trim())
        .map_err(|_| Error::Settings { detail: format!("{what} contains characters that HTTP does not allow") })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(credential: &Credential) -> Result<Request, Error> {
        let mut request = Request::new(reqwest::Method::GET, "http://jira.example/".parse().unwrap());
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        credential.apply(&mut request, None, (now, &Random::seeded(1))).map(|()| request)
    }

    #[test]
    fn api_tokens_are_basic_and_personal_tokens_bearer() {
        let api = Credential::ApiToken { email: "dana@northwind.example".into(), token: "s3cret".into() };
        let request = signed(&api).unwrap();
        assert_eq!(request.headers()["authorization"], "Basic ZGFuYUBub3J0aHdpbmQuZXhhbXBsZTpzM2NyZXQ=");
        let personal = Credential::PersonalAccessToken { token: "s3cret\n".into() };
        let request = signed(&personal).unwrap();
        assert_eq!(request.headers()["authorization"], "Bearer s3cret", "a pasted line break is harmless");
        assert!(!format!("{request:?} {api:?} {personal:?}").contains("s3cret"));
    }

    #[test]
    fn a_token_with_a_line_break_inside_is_refused_without_showing_it() {
        let refused = signed(&Credential::PersonalAccessToken { token: "s3\ncret".into() }).unwrap_err();
        assert!(matches!(&refused, Error::Settings { .. }) && !refused.to_string().contains("s3"));
    }
}
