//! A single sign-on provider that obeys: `OpenID Connect` with authorization codes, PKCE and signed ID tokens, and faults
//! that a journey switches on. It checks what it is sent as strictly as a real one.

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use okrsync_domain::{Clock, Instant};
use openidconnect::{
    AccessToken, Audience, EmptyAdditionalClaims, EndUserEmail, EndUserName, IssuerUrl, JsonWebKeyId, Nonce,
    PrivateSigningKey as _, StandardClaims, SubjectIdentifier,
    core::{CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey},
};
use rand::RngCore as _;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio_util::task::AbortOnDropHandle;

const CLIENT: &str = "okrsync";
/// What the provider and okrsync share.
pub const CLIENT_SECRET: &str = "shared-with-the-provider";
const OWN_KEY: &str = include_str!("keys/provider.pem");
const STRANGERS_KEY: &str = include_str!("keys/stranger.pem");

/// Who is signed in at the provider.
#[derive(Debug, Clone)]
pub struct Account {
    /// The provider's own name for them.
    pub subject: String,
    /// Their address.
    pub email: String,
    /// Whether the provider has verified it.
    pub verified: bool,
}

/// What the provider does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The token answers another request.
    WrongNonce,
    /// The token is for another client.
    WrongAudience,
    /// The token is from another issuer.
    WrongIssuer,
    /// The token is too old.
    Expired,
    /// Somebody else signed the token, and says it was the provider.
    ForgedSignature,
    /// The token is not signed at all.
    Unsigned,
    /// The access token beside it was swapped.
    SwappedAccessToken,
    /// The person says no.
    Denied,
    /// The provider changed its key since okrsync read it; nothing is wrong with that.
    NewKey,
    /// Addresses are told at the userinfo endpoint only.
    ThinToken,
    /// It answers nothing.
    Down,
}

/// A provider on loopback. Ends when dropped.
pub struct Provider {
    inner: Arc<Inner>,
    _server: AbortOnDropHandle<()>,
}

struct Inner {
    issuer: String,
    clock: Clock,
    state: Mutex<Inside>,
}

struct Inside {
    account: Account,
    fault: Option<Fault>,
    redirect: String,
    codes: HashMap<String, Grant>,
}

/// What a code was given for.
struct Grant {
    challenge: String,
    nonce: String,
    redirect: String,
}

impl Provider {
    /// Starts; `clock` dates its tokens.
    pub async fn start(clock: Clock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("a bound address"));
        let account = Account { subject: "1".to_owned(), email: "admin@northwind.example".to_owned(), verified: true };
        let state = Inside { account, fault: None, redirect: String::new(), codes: HashMap::new() };
        let inner = Arc::new(Inner { issuer, clock, state: Mutex::new(state) });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(Arc::clone(&inner));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("the provider serves") });
        Self { inner, _server: AbortOnDropHandle::new(server) }
    }

    /// Its issuer.
    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// The one address that people may be sent back to.
    pub fn register(&self, redirect: &str) {
        redirect.clone_into(&mut self.inner.inside().redirect);
    }

    /// Somebody else is signed in at the provider.
    pub fn sign_in(&self, subject: &str, email: &str, verified: bool) {
        self.inner.inside().account = Account { subject: subject.to_owned(), email: email.to_owned(), verified };
    }

    /// From now on it does this wrong, or nothing.
    pub fn misbehave(&self, fault: Option<Fault>) {
        self.inner.inside().fault = fault;
    }
}

impl Inner {
    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self) -> Option<Fault> {
        self.inside().fault
    }

    fn key(&self) -> CoreRsaPrivateSigningKey {
        let (pem, name) = match self.fault() {
            Some(Fault::NewKey) => (STRANGERS_KEY, "second"),
            _ => (OWN_KEY, "first"),
        };
        CoreRsaPrivateSigningKey::from_pem(pem, Some(JsonWebKeyId::new(name.to_owned()))).expect("a sound key")
    }

    fn id_token(&self, grant: &Grant, now: Instant, access: &AccessToken) -> String {
        let (fault, account) = (self.fault(), self.inside().account.clone());
        let pick = |wrong: Fault, bad: &str, good: &str| if fault == Some(wrong) { bad } else { good }.to_owned();
        let mut claims = StandardClaims::new(SubjectIdentifier::new(account.subject.clone()));
        if fault != Some(Fault::ThinToken) {
            claims = claims
                .set_email(Some(EndUserEmail::new(account.email.clone())))
                .set_email_verified(Some(account.verified))
                .set_name(Some(EndUserName::new("Kenji Mori".to_owned()).into()));
        }
        let age = if fault == Some(Fault::Expired) { TimeDelta::hours(2) } else { TimeDelta::zero() };
        let issuer = IssuerUrl::new(pick(Fault::WrongIssuer, "https://other.example", &self.issuer)).expect("a URL");
        let audience = vec![Audience::new(pick(Fault::WrongAudience, "another", CLIENT))];
        let (ends, began) = (now - age + TimeDelta::minutes(10), now - age);
        let nonce = Nonce::new(pick(Fault::WrongNonce, "another", &grant.nonce));
        let claims = CoreIdTokenClaims::new(issuer, audience, ends, began, claims, EmptyAdditionalClaims {});
        let claims = claims.set_nonce(Some(nonce));
        let key = match fault {
            Some(Fault::ForgedSignature) => {
                CoreRsaPrivateSigningKey::from_pem(STRANGERS_KEY, Some(JsonWebKeyId::new("first".to_owned())))
                    .expect("a sound key")
            }
            _ => self.key(),
        };
        let swapped = AccessToken::new("another".to_owned());
        let access = if fault == Some(Fault::SwappedAccessToken) { &swapped } else { access };
        let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
        let token = CoreIdToken::new(claims, &key, algorithm, Some(access), None).expect("a signed token");
        let token = token.to_string();
        if fault != Some(Fault::Unsigned) {
            return token;
        }
        let payload = token.split('.').nth(1).expect("three parts");
        format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#))
    }
}

fn random() -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

fn bad(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_request", "error_description": why}))).into_response()
}

async fn discovery(State(inner): State<Arc<Inner>>) -> Response {
    if inner.fault() == Some(Fault::Down) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let at = |path: &str| format!("{}{path}", inner.issuer);
    Json(json!({
        "issuer": inner.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
    .into_response()
}

async fn keys(State(inner): State<Arc<Inner>>) -> Json<Value> {
    Json(json!({"keys": [inner.key().as_verification_key()]}))
}

#[derive(Deserialize)]
struct Asked {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
}

async fn authorize(State(inner): State<Arc<Inner>>, Query(asked): Query<Asked>) -> Response {
    let known = asked.client_id == CLIENT && asked.redirect_uri == inner.inside().redirect;
    if !known || asked.response_type != "code" || asked.code_challenge_method != "S256" {
        return bad("an unknown client, redirect URI or flow");
    }
    if !asked.scope.split(' ').any(|scope| scope == "openid") || asked.state.len() < 20 || asked.nonce.len() < 20 {
        return bad("no `openid`, or a state or nonce that can be guessed");
    }
    if inner.fault() == Some(Fault::Denied) {
        return Redirect::to(&format!("{}?error=access_denied&state={}", asked.redirect_uri, asked.state))
            .into_response();
    }
    let code = random();
    let to = format!("{}?code={code}&state={}", asked.redirect_uri, asked.state);
    let grant = Grant { challenge: asked.code_challenge, nonce: asked.nonce, redirect: asked.redirect_uri };
    inner.inside().codes.insert(code, grant);
    Redirect::to(&to).into_response()
}

#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
}

async fn token(State(inner): State<Arc<Inner>>, headers: HeaderMap, Form(sent): Form<Exchange>) -> Response {
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{CLIENT_SECRET}")));
    if headers.get("authorization").is_none_or(|given| given.as_bytes() != expected.as_bytes()) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_client"}))).into_response();
    }
    // used up, also by a try that fails
    let Some(grant) = inner.inside().codes.remove(&sent.code) else { return bad("the code is not known") };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&sent.code_verifier));
    if sent.grant_type != "authorization_code" || grant.redirect != sent.redirect_uri || grant.challenge != challenge {
        return bad("another redirect URI or verifier");
    }
    let access = AccessToken::new(random());
    let token = inner.id_token(&grant, inner.clock.now(), &access);
    let body = json!({"access_token": access.secret(), "token_type": "Bearer", "expires_in": 600, "id_token": token});
    Json(body).into_response()
}

async fn userinfo(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let Account { subject, email, verified } = inner.inside().account.clone();
    Json(json!({"sub": subject, "email": email, "email_verified": verified, "name": "Kenji Mori"}))
}
