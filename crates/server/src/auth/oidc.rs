//! Single sign-on with any `OpenID Connect` provider: discovery, authorization code with PKCE, and a proved ID token.
//!
//! The way: [`begin`] keeps state, nonce and PKCE verifier in the browser's session and leads to the provider; [`finish`]
//! takes them (once), exchanges the code, proves the ID token's signature, issuer, audience, age and nonce, and finds the
//! person in [`people`].

pub(crate) mod people;

use crate::{
    app::App,
    config::OidcSettings,
    error::{ApiError, ApiResult},
};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use okrsync_connections::{IdentityHttp, IdentityHttpError};
use okrsync_domain::Instant;
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
    core::{
        CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata, CoreResponseType,
        CoreTokenResponse, CoreUserInfoClaims,
    },
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;
use tower_sessions::Session;

/// Where the provider sends the browser back to.
pub(crate) const CALLBACK: &str = "/oidc/callback";
/// What a session calls an attempt.
const ATTEMPT: &str = "single_sign_on";
/// How long signing in at the provider may take.
const PATIENCE: TimeDelta = TimeDelta::minutes(15);
/// How long the provider's description and keys are kept; a key that is not known is looked for at once.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// How far the provider's clock may differ.
const SKEW: TimeDelta = TimeDelta::minutes(1);
/// Signatures that are accepted: none that a client secret could make.
const SIGNATURES: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

/// A client that knows where to send people and where to exchange codes.
type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The provider of the settings.
pub(crate) struct Provider {
    settings: OidcSettings,
    issuer: IssuerUrl,
    http: Http,
    known: Mutex<Option<(Instant, CoreProviderMetadata)>>,
}

/// The library's way to send is ours.
struct Http(IdentityHttp);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = IdentityHttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, IdentityHttpError>> + Send>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let http = self.0.clone();
        Box::pin(async move { http.send(request).await })
    }
}

/// An attempt under way, as the browser's session keeps it.
#[derive(Serialize, Deserialize)]
struct Attempt {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    began_at: Instant,
}

/// What the provider sends along with the browser.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Answer {
    code: Option<String>,
    #[serde(default)]
    state: String,
    error: Option<String>,
}

/// Who the provider says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The provider's own, lasting name of the account.
    pub(crate) subject: String,
    /// E-mail address; none unless the provider has verified it.
    pub(crate) email: Option<String>,
    /// Display name.
    pub(crate) name: Option<String>,
}

impl Provider {
    /// The provider of the settings; none where single sign-on is off.
    pub(crate) fn open(settings: &OidcSettings) -> Result<Option<Self>, String> {
        let Some(issuer) = &settings.issuer else { return Ok(None) };
        let http = Http(IdentityHttp::new(issuer).map_err(|error| error.to_string())?);
        // as it was written: issuers are compared letter by letter
        let issuer =
            IssuerUrl::new(issuer.as_str().trim_end_matches('/').to_owned()).map_err(|error| error.to_string())?;
        Ok(Some(Self { settings: settings.clone(), issuer, http, known: Mutex::new(None) }))
    }

    /// What people call it.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    /// What the provider says of itself, asked at most once an hour unless it must be `fresh`.
    async fn metadata(&self, now: Instant, fresh: bool) -> ApiResult<CoreProviderMetadata> {
        let mut known = self.known.lock().await;
        if let Some((at, metadata)) = &*known
            && !fresh
            && now - *at < KEPT
        {
            return Ok(metadata.clone());
        }
        let mut found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        if found.is_err() {
            // some providers write their issuer with a slash at the end
            let slashed = IssuerUrl::new(format!("{}/", self.issuer.as_str())).map_err(ApiError::internal)?;
            if let Ok(metadata) = CoreProviderMetadata::discover_async(slashed, &self.http).await {
                found = Ok(metadata);
            }
        }
        let metadata = found.map_err(|error| unreachable(&error))?;
        *known = Some((now, metadata.clone()));
        Ok(metadata)
    }

    async fn client(&self, app: &App, fresh: bool) -> ApiResult<Client> {
        let metadata = self.metadata(app.now(), fresh).await?;
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let redirect = RedirectUrl::new(format!("{}{CALLBACK}", app.settings().address()));
        let client =
            CoreClient::from_provider_metadata(metadata, ClientId::new(self.settings.client_id.clone()), secret);
        Ok(client.set_redirect_uri(redirect.map_err(ApiError::internal)?))
    }

    /// Exchanges the code and proves who it is.
    async fn prove(&self, app: &App, code: String, attempt: &Attempt) -> ApiResult<Profile> {
        let client = self.client(app, false).await?;
        let exchange = client.exchange_code(AuthorizationCode::new(code)).map_err(|error| unreachable(&error))?;
        let verifier = PkceCodeVerifier::new(attempt.verifier.clone());
        let tokens = exchange.set_pkce_verifier(verifier).request_async(&self.http).await;
        let tokens = tokens.map_err(|error| unproved(&error))?;
        let nonce = Nonce::new(attempt.nonce.clone());
        let claims = match proved(&client, &tokens, &nonce, app.now()) {
            Ok(claims) => claims,
            // the provider may have changed its keys since they were read
            Err(_) => proved(&self.client(app, true).await?, &tokens, &nonce, app.now())?,
        };
        let mut profile = self.profile(&claims);
        if profile.email.is_none()
            && let Ok(request) = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        {
            let more: Result<CoreUserInfoClaims, _> = request.request_async(&self.http).await;
            let more = more.map_err(|error| unproved(&error))?;
            let is_verified = more.email_verified().unwrap_or(self.settings.trust_email);
            profile.email = more.email().filter(|_| is_verified).map(|email| email.to_string());
            profile.name = profile.name.or_else(|| first(more.name()?.iter()));
        }
        Ok(profile)
    }

    fn profile(&self, claims: &CoreIdTokenClaims) -> Profile {
        let verified = claims.email_verified().unwrap_or(self.settings.trust_email);
        Profile {
            subject: claims.subject().to_string(),
            email: claims.email().filter(|_| verified).map(|email| email.to_string()),
            name: claims.name().and_then(|name| first(name.iter())),
        }
    }
}

/// A name in whatever language there is.
fn first<'a, K: 'a>(mut names: impl Iterator<Item = (K, &'a openidconnect::EndUserName)>) -> Option<String> {
    names.next().map(|(_, name)| name.to_string())
}

/// The claims of a token whose signature, issuer, audience, age and nonce are right, and that goes with the access token.
fn proved(client: &Client, tokens: &CoreTokenResponse, nonce: &Nonce, now: Instant) -> ApiResult<CoreIdTokenClaims> {
    let token = tokens.id_token().ok_or_else(|| unproved(&"the answer holds no ID token"))?;
    let verifier = client.id_token_verifier().set_allowed_algs(SIGNATURES).set_time_fn(move || now - SKEW);
    let claims = token.claims(&verifier, nonce).map_err(|error| unproved(&error))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(|error| unproved(&error))?;
        let key = token.signing_key(&verifier).map_err(|error| unproved(&error))?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if actual.map_err(|error| unproved(&error))? != *expected {
            return Err(unproved(&"the access token is another one"));
        }
    }
    Ok(claims.clone())
}

/// Sends the browser to the provider: the address to go to.
pub(crate) async fn begin(app: &App, session: &Session, next: &str) -> ApiResult<String> {
    let provider = provider(app)?;
    let random = || URL_SAFE_NO_PAD.encode(app.random().bytes::<32>());
    let (state, nonce, verifier) = (random(), random(), random());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
    let attempt = Attempt { state, nonce, verifier, next: next.to_owned(), began_at: app.now() };
    let client = provider.client(app, false).await?;
    let (state, nonce) = (CsrfToken::new(attempt.state.clone()), Nonce::new(attempt.nonce.clone()));
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let request = client.authorize_url(flow, move || state, move || nonce).set_pkce_challenge(challenge);
    let scopes = provider.settings.scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned()));
    let (url, ..) = request.add_scopes(scopes).url();
    session.insert(ATTEMPT, attempt).await.map_err(ApiError::internal)?;
    Ok(url.into())
}

/// Who came back from the provider, and where they wanted to go.
pub(crate) async fn finish(app: &App, session: &Session, answer: Answer) -> ApiResult<(Profile, String)> {
    let provider = provider(app)?;
    // taken at once: an attempt has one answer
    let attempt: Option<Attempt> = session.remove(ATTEMPT).await.map_err(ApiError::internal)?;
    let attempt = attempt.filter(|attempt| app.now() - attempt.began_at < PATIENCE).ok_or_else(stale)?;
    if !bool::from(attempt.state.as_bytes().ct_eq(answer.state.as_bytes())) {
        return Err(stale());
    }
    if let Some(error) = answer.error {
        tracing::info!(error = error.chars().take(80).collect::<String>(), "the provider refused a sign-in");
        let detail = format!("{} did not sign you in.", provider.name());
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "sso_denied", detail));
    }
    let code = answer.code.ok_or_else(stale)?;
    Ok((provider.prove(app, code, &attempt).await?, attempt.next))
}

fn provider(app: &App) -> ApiResult<&Provider> {
    let off = || ApiError::new(StatusCode::NOT_FOUND, "sso_off", "Single sign-on is not set up here.");
    app.provider().ok_or_else(off)
}

fn stale() -> ApiError {
    let detail = "This sign-in was begun in another browser, is finished already, or took too long. Begin it again.";
    ApiError::new(StatusCode::UNAUTHORIZED, "sso_stale", detail)
}

/// The provider itself is in trouble, or the settings are wrong.
fn unreachable(error: &dyn std::fmt::Display) -> ApiError {
    tracing::warn!(%error, "the single sign-on provider cannot be used");
    let detail =
        "The single sign-on provider does not answer as it should. Sign in with your password, or try again later.";
    ApiError::new(StatusCode::BAD_GATEWAY, "sso_unreachable", detail)
}

/// What the provider said does not prove who it is.
fn unproved(error: &dyn std::fmt::Display) -> ApiError {
    tracing::warn!(%error, "a single sign-on was not proved");
    let detail = "The single sign-on provider's answer does not prove who you are, so you are not signed in.";
    ApiError::new(StatusCode::UNAUTHORIZED, "sso_unproved", detail)
}
