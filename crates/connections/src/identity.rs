//! HTTP to a single sign-on provider: the TLS roots of every other connection, never a cloud's metadata, no redirects.
//! The lists of allowed and denied servers are about Jira: whoever names the provider in the settings means it.

use crate::{Error, ServerPolicy, Unreachable, transport};
use http::{Request, Response};
use std::time::Duration;
use url::Url;

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Larger answers are refused: discovery documents and keys are small.
const LARGEST: usize = 1 << 20;

/// Sends for signing in to okrsync itself. A cheap clone.
#[derive(Debug, Clone)]
pub struct IdentityHttp {
    http: reqwest::Client,
    /// Scheme of the provider's own address: what it names itself must not be less safe.
    scheme: String,
}

/// Why the provider did not answer. The text carries no secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct IdentityHttpError(String);

impl IdentityHttp {
    /// For the provider at this address.
    ///
    /// # Errors
    /// okrsync never calls the address.
    pub fn new(issuer: &Url) -> Result<Self, Error> {
        ServerPolicy::default().check(issuer).map_err(|refusal| Error::Settings { detail: refusal.to_string() })?;
        Ok(Self { http: transport::plain(issuer, TIMEOUT)?, scheme: issuer.scheme().to_owned() })
    }

    /// Sends one request and reads its answer to the end.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, IdentityHttpError> {
        let refused = |why: &str| IdentityHttpError(why.to_owned());
        let request = reqwest::Request::try_from(request).map_err(|_| refused("the address is not sound"))?;
        if request.url().scheme() != self.scheme || ServerPolicy::default().check(request.url()).is_err() {
            return Err(refused("the provider names an address that okrsync does not call"));
        }
        let failed = |error: &reqwest::Error| match transport::failure(error) {
            Error::Unreachable { cause: Unreachable::TimedOut, .. } => refused("no complete answer in time"),
            error => IdentityHttpError(error.to_string()),
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the provider is not Jira: no budget, no retry, no account to check"
        )]
        let mut answer = self.http.execute(request).await.map_err(|error| failed(&error))?;
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + piece.len() > LARGEST {
                return Err(refused("the answer is larger than a provider's answers are"));
            }
            body.extend_from_slice(&piece);
        }
        response.body(body).map_err(|_| refused("the answer is not HTTP"))
    }
}
