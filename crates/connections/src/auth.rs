//! How a request is signed: each kind of credential is one arm of one match.

use crate::Error;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Request, header};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

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
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApiToken { .. } => "ApiToken",
            Self::PersonalAccessToken { .. } => "PersonalAccessToken",
        })
    }
}

impl Credential {
    /// Signs `request`. OAuth kinds will sign here too: everything that a signature may cover is already set.
    pub(crate) fn apply(&self, request: &mut Request) -> Result<(), Error> {
        let value = match self {
            Self::ApiToken { email, token } => {
                SecretString::from(format!("Basic {}", STANDARD.encode(format!("{email}:{}", token.expose_secret()))))
            }
            Self::PersonalAccessToken { token } => SecretString::from(format!("Bearer {}", token.expose_secret())),
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
        credential.apply(&mut request).map(|()| request)
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
