//! The gate before every handler: ledger, latency, faults, the proxy, sign-in, limits, identity headers.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;

use super::ask::{App, Visitor};
use super::consent;
use super::identity::{self, Mark};
use super::limits::Verdict;
use super::reply::Reply;
use super::wire::Wire;
use crate::credentials::{Caller, Door, Presented};
use crate::faults::{Effect, Plan, RequestFacts};
use crate::ledger::{Entry, Visit};
use crate::options::{AnonymousAccess, BadCredentials, Dialect};
use crate::sim::Shared;
use crate::sync::{lock, read};

/// Largest body that is read.
const BODY_LIMIT: usize = 16 << 20;
/// How long a truncated body stays open, so that its first part is sent before the end.
const TRUNCATION_PAUSE: Duration = Duration::from_millis(10);

/// The state of the gate.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    pub(crate) shared: Arc<Shared>,
    pub(crate) door: Door,
}

/// Every request passes here.
pub(crate) async fn attend(
    State(gate): State<Gate>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
    next: Next,
) -> Response {
    let shared = &gate.shared;
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Reply::error(413, "The body is too large.").into_response();
    };
    let presented = Presented::of(&parts.headers);
    let page = page_of(shared, &parts.uri, &body);
    let path = parts.uri.path().to_owned();
    let facts = RequestFacts { method: parts.method.to_string(), path: path.clone(), page };
    let mut visit = shared.ledger.arrive(entry(shared, &facts, &parts.uri, &parts.headers, &body, &presented));
    let plan = shared.faults.plan(&facts);
    visit.entry.fault = (!plan.names.is_empty()).then(|| plan.names.join(" + "));
    pause(shared.options.latency + plan.delay).await;
    if plan.is(&Effect::Reset) {
        wire.reset();
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let caller = caller(&gate, &presented, &parts, &body);
    let app = app(shared, &presented);
    let visitor = Visitor { app, ..visitor(&gate, caller, plan) };
    visit.entry.user = visitor.caller.user().map(str::to_owned);
    let limit = identity::draw(&gate, &visitor.caller, &facts);
    let early = refuse(&gate, &visitor, &parts.headers, &facts, limit);
    let mark = Mark { caller: visitor.caller.clone(), plan: visitor.plan.clone(), limit };
    let response = if let Some(reply) = early {
        reply.into_response()
    } else {
        let mut request = Request::from_parts(parts, Body::from(body));
        request.extensions_mut().insert(visitor);
        next.run(request).await
    };
    close(&gate, response, &mark, visit).await
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn entry(
    shared: &Shared,
    facts: &RequestFacts,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
    presented: &Presented,
) -> Entry {
    let kept = if shared.options.keep_bodies { body.to_vec() } else { Vec::new() };
    let user_agent = headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    Entry {
        seq: 0,
        at: shared.options.clock.now(),
        method: facts.method.clone(),
        path: facts.path.clone(),
        query: uri.query().unwrap_or_default().to_owned(),
        request_body: kept,
        request_bytes: body.len(),
        response_bytes: 0,
        status: 0,
        auth: presented.kind(),
        user: None,
        page: facts.page,
        fault: None,
        retry_after_running: false,
        in_flight: 0,
        user_agent,
    }
}

/// Number of the page that a search asks for, from 1.
fn page_of(shared: &Shared, uri: &Uri, body: &[u8]) -> Option<u32> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Position {
        next_page_token: Option<String>,
        start_at: Option<u64>,
        max_results: Option<u64>,
    }
    let path = uri.path();
    if !path.ends_with("/search/jql") && !path.ends_with("/search") {
        return None;
    }
    let in_query = |name: &str| {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(uri.query().unwrap_or("")).unwrap_or_default();
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    };
    let at: Position = serde_json::from_slice(body).unwrap_or_default();
    if let Some(token) = at.next_page_token.or_else(|| in_query("nextPageToken")) {
        return Some(lock(&shared.memory.cursors).page_of(&token).unwrap_or(1));
    }
    let number = |own: Option<u64>, name: &str| own.or_else(|| in_query(name)?.parse().ok());
    let size = number(at.max_results, "maxResults").unwrap_or(50).max(1);
    let page = number(at.start_at, "startAt").unwrap_or(0).div_ceil(size) + 1;
    u32::try_from(page).ok()
}

/// Signs in.
fn caller(gate: &Gate, presented: &Presented, parts: &Parts, body: &Bytes) -> Caller {
    let shared = &gate.shared;
    if gate.door == Door::Auth || consent::is_for_everybody(parts.uri.path()) {
        return Caller::Nobody;
    }
    let now = shared.options.clock.now();
    if let Some(caller) = by_grant(gate, presented, parts, body) {
        return caller;
    }
    let credentials = lock(&shared.credentials);
    match shared.dialect {
        Dialect::Cloud => credentials.sign_in_cloud(gate.door, presented, read(&shared.site).catalogue(), now),
        Dialect::DataCenter => {
            let knows_bearer = shared.options.server_version >= (8, 14, 0);
            credentials.sign_in_data_center(presented, knows_bearer, now)
        }
    }
}

/// Signs in with what somebody granted to an application, if that is what is presented.
fn by_grant(gate: &Gate, presented: &Presented, parts: &Parts, body: &Bytes) -> Option<Caller> {
    let (shared, now) = (&gate.shared, gate.shared.options.clock.now());
    match (presented, shared.dialect) {
        (Presented::Bearer(text), dialect) => {
            let apps = lock(&shared.oauth.apps);
            let (user, scope) = apps.bearer(text, now)?;
            let wanted = match dialect {
                Dialect::DataCenter => "READ",
                Dialect::Cloud if gate.door == Door::Site => return Some(Caller::WrongDoor),
                Dialect::Cloud if parts.uri.path().ends_with("/myself") => "read:jira-user",
                Dialect::Cloud if parts.uri.path().contains("/webhook") => "manage:jira-webhook",
                Dialect::Cloud => "read:jira-work",
            };
            let reaches = scope.split(' ').any(|scope| scope == wanted);
            Some(if reaches { Caller::User(user.into()) } else { Caller::ScopeMissing })
        }
        (Presented::Oauth1(signer), Dialect::DataCenter) => {
            let is_form = |kind: &HeaderValue| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded");
            let form = if parts.headers.get("content-type").is_some_and(is_form) { body.as_ref() } else { &[] };
            let request = consent::signed(shared, &parts.method, &parts.uri, form, signer);
            let user = lock(&shared.oauth.links).authenticate(&request, now);
            Some(user.map_or_else(Caller::Problem, |user| Caller::User(user.as_str().into())))
        }
        _ => None,
    }
}

/// The app that presents what somebody granted to it.
fn app(shared: &Shared, presented: &Presented) -> Option<App> {
    match presented {
        Presented::Bearer(text) => lock(&shared.oauth.apps).client(text, shared.options.clock.now()),
        _ => None,
    }
}

/// Lets faults turn the caller into somebody else.
fn visitor(gate: &Gate, caller: Caller, plan: Plan) -> Visitor {
    let shared = &gate.shared;
    let site = read(&shared.site);
    let people = site.catalogue();
    let caller = match &plan.effect {
        Some(Effect::Anonymous | Effect::Expired) => Caller::Refused,
        _ => caller,
    };
    let zone = caller.user().and_then(|id| people.user(id)).map_or(shared.options.zone, |user| user.zone);
    Visitor { caller, plan, zone, app: None }
}

/// What is answered before any handler sees the request.
fn refuse(
    gate: &Gate,
    visitor: &Visitor,
    headers: &HeaderMap,
    facts: &RequestFacts,
    limit: Option<Verdict>,
) -> Option<Reply> {
    let shared = &gate.shared;
    let missing = |(name, value): &(String, String)| headers.get(name).is_none_or(|given| given != value);
    if lock(&shared.required_headers).iter().any(missing) {
        return Some(Reply::html(403, "Forbidden by the proxy"));
    }
    if let Some(reply) = visitor.plan.effect.as_ref().and_then(|effect| staged(gate, effect, facts)) {
        return Some(reply);
    }
    if let Some(reply) = identity::door_policy(gate, visitor, facts) {
        return Some(reply);
    }
    limit.filter(|limit| !limit.allowed).map(|_| identity::over_limit(gate, facts))
}

/// The answers of faults that do without a handler.
fn staged(gate: &Gate, effect: &Effect, facts: &RequestFacts) -> Option<Reply> {
    let base_url = &gate.shared.base_url;
    Some(match effect {
        Effect::Status { code, html: false } => Reply::error(*code, "Something went wrong on purpose."),
        Effect::Status { code, html: true } => Reply::html(*code, "Something went wrong on purpose"),
        Effect::RateLimited { retry_after, reason } => {
            identity::too_many(gate, &facts.path, *retry_after, reason.as_deref())
        }
        Effect::Unavailable { retry_after } => {
            gate.shared.ledger.retry_after(None, *retry_after, gate.shared.options.clock.now());
            Reply::error(503, "Service unavailable").with("retry-after", retry_after)
        }
        Effect::LoginPage => Reply::html(200, "Log in - Jira"),
        Effect::LoginRedirect => Reply::to_login(base_url),
        Effect::Gone => Reply::error(410, super::cloud::REMOVED),
        Effect::EmptyBody => Reply::empty(),
        Effect::Maintenance => Reply::html(503, "JIRA is starting"),
        Effect::Captcha => Reply::html(403, "Forbidden")
            .with("x-seraph-loginreason", &"AUTHENTICATION_DENIED")
            .with("x-authentication-denied-reason", &format!("CAPTCHA_CHALLENGE; login-url={base_url}/login.jsp")),
        _ => return None,
    })
}

/// Adds identity headers, plays the faults of the body and writes the ledger.
async fn close(gate: &Gate, response: Response, mark: &Mark, mut visit: Visit<'_>) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    visit.entry.status = parts.status.as_u16();
    visit.entry.response_bytes = body.len();
    identity::sign(gate, &mut parts.headers, mark);
    if !mark.plan.is(&Effect::Truncated) {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.headers.insert("content-length", body.len().into());
    let half = body.slice(..body.len() / 2);
    let first = stream::once(std::future::ready(Ok(half)));
    let end = stream::once(async {
        tokio::time::sleep(TRUNCATION_PAUSE).await;
        Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    });
    Response::from_parts(parts, Body::from_stream(first.chain(end)))
}

impl Gate {
    /// Whether wrong credentials are answered with 401 everywhere.
    pub(crate) fn refuses_bad_credentials(&self) -> bool {
        self.shared.options.bad_credentials == BadCredentials::Unauthorized
    }

    /// What people without credentials get.
    pub(crate) fn anonymous(&self) -> AnonymousAccess {
        self.shared.options.anonymous
    }
}
