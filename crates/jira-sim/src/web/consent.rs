//! The addresses of OAuth: consent pages that a person or a test submits, and where tokens are asked for.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Query, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::reply::{Answer, Reply};
use crate::credentials::Presented;
use crate::oauth::{ConsentRequest, Problem, Signed, Signer};
use crate::sim::Shared;
use crate::sync::{lock, read};

type Pairs = Vec<(String, String)>;

/// Everybody may come here: who they are is found out behind it.
pub(crate) fn is_for_everybody(path: &str) -> bool {
    ["/rest/oauth2/latest/", "/plugins/servlet/oauth", "/oauth/token"].iter().any(|part| path.contains(part))
}

/// Data Center: below the context path.
pub(crate) fn data_center_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/rest/oauth2/latest/authorize", get(authorize_data_center))
        .route("/rest/oauth2/latest/token", post(token))
        .route("/plugins/servlet/oauth2/consent", get(consent_page).post(decide))
        .route("/plugins/servlet/oauth/request-token", post(request_token))
        .route("/plugins/servlet/oauth/authorize", get(link_page).post(decide_link))
        .route("/plugins/servlet/oauth/access-token", post(access_token))
}

/// Cloud: what stands for `auth.atlassian.com`.
pub(crate) fn auth_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/authorize", get(authorize_cloud))
        .route("/consent", get(consent_page).post(decide))
        .route("/oauth/token", post(token))
}

/// Cloud: at the gateway, which sites a grant reaches.
pub(crate) fn gateway_routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth/token/accessible-resources", get(accessible_resources))
}

fn value(pairs: &Pairs, name: &str) -> Option<String> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

fn form(body: &Bytes) -> Pairs {
    serde_urlencoded::from_bytes(body).unwrap_or_default()
}

/// `address` with more behind the question mark.
fn back_to(address: &str, pairs: &[(&str, &str)]) -> Reply {
    let query = serde_urlencoded::to_string(pairs).expect("pairs of texts always serialise");
    let glue = if address.contains('?') { '&' } else { '?' };
    redirect(&format!("{address}{glue}{query}"))
}

fn redirect(address: &str) -> Reply {
    Reply::html(302, "Found").with("location", &address)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A page with a form that keeps `name` and asks who one is and whether one allows it.
fn page(shared: &Shared, who: &str, (name, kept): (&str, &str)) -> Reply {
    let site = read(&shared.site);
    let people = site
        .catalogue()
        .users
        .iter()
        .map(|user| format!("<option value=\"{}\">{}</option>", escape(&user.id), escape(&user.display_name)));
    let mut reply = Reply::html(200, "");
    reply.body = format!(
        "<!DOCTYPE html>\n<html><head><title>Allow access?</title></head><body><h1>{} asks for access to {}</h1>\
         <form method=\"post\"><input type=\"hidden\" name=\"{name}\" value=\"{}\">\
         <label>Sign in as <select name=\"user\">{}</select></label>\
         <button name=\"decision\" value=\"allow\">Allow</button> <button name=\"decision\" value=\"deny\">Deny</button>\
         </form></body></html>\n",
        escape(who),
        escape(&shared.options.name),
        escape(kept),
        people.collect::<String>(),
    )
    .into_bytes();
    reply
}

/// Who allows it, as the form says; the site's own account by default. None: they do not.
fn decision(shared: &Shared, pairs: &Pairs) -> Result<Option<String>, Reply> {
    let site = read(&shared.site);
    let users = &site.catalogue().users;
    let user = match value(pairs, "user") {
        Some(id) => users.iter().find(|user| user.id == id),
        None => users.first(),
    };
    let user = user.ok_or_else(|| Reply::html(400, "There is no such user"))?.id.clone();
    match value(pairs, "decision").as_deref() {
        Some("allow") => Ok(Some(user)),
        Some("deny") => Ok(None),
        _ => Err(Reply::html(400, "Allow or deny")),
    }
}

async fn authorize_data_center(State(shared): State<Arc<Shared>>, Query(pairs): Query<Pairs>) -> Answer {
    let consent = format!("{}/plugins/servlet/oauth2/consent", shared.base_url);
    authorize(&shared, &pairs, &consent)
}

async fn authorize_cloud(State(shared): State<Arc<Shared>>, Query(pairs): Query<Pairs>) -> Answer {
    if value(&pairs, "audience").as_deref() != Some("api.atlassian.com") {
        return Err(Reply::html(400, "The audience is missing or unknown"));
    }
    authorize(&shared, &pairs, &format!("{}/consent", shared.auth_url))
}

fn authorize(shared: &Shared, pairs: &Pairs, consent: &str) -> Answer {
    let part = |name: &str| value(pairs, name).unwrap_or_default();
    let (redirect_uri, state) = (part("redirect_uri"), value(pairs, "state"));
    let method = value(pairs, "code_challenge_method").unwrap_or_else(|| "plain".to_owned());
    let request = ConsentRequest {
        client_id: part("client_id"),
        redirect_uri: redirect_uri.clone(),
        scope: part("scope"),
        state: state.clone(),
        challenge: value(pairs, "code_challenge").map(|challenge| (challenge, method)),
    };
    let refuse = |error: &str| back_to(&redirect_uri, &[("error", error), ("state", state.as_deref().unwrap_or(""))]);
    let number = match lock(&shared.oauth.apps).ask(request) {
        Ok(number) => number,
        Err(true) => return Ok(refuse("invalid_scope")),
        Err(false) => return Err(Reply::html(400, "The client or its redirect address is not known")),
    };
    if part("response_type") != "code" {
        return Ok(refuse("unsupported_response_type"));
    }
    Ok(redirect(&format!("{consent}?request={number}")))
}

fn request_number(shared: &Shared, pairs: &Pairs) -> Result<(usize, ConsentRequest), Reply> {
    let number: Option<usize> = value(pairs, "request").and_then(|text| text.parse().ok());
    let known = number.and_then(|number| Some((number, lock(&shared.oauth.apps).request(number)?.clone())));
    known.ok_or_else(|| Reply::html(400, "Nobody asks for access"))
}

async fn consent_page(State(shared): State<Arc<Shared>>, Query(pairs): Query<Pairs>) -> Answer {
    let (number, request) = request_number(&shared, &pairs)?;
    Ok(page(&shared, &request.client_id, ("request", &number.to_string())))
}

async fn decide(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    let pairs = form(&body);
    let (number, request) = request_number(&shared, &pairs)?;
    let state = request.state.unwrap_or_default();
    let Some(user) = decision(&shared, &pairs)? else {
        let denied = [("error", "access_denied"), ("error_description", "User denied access"), ("state", &state)];
        return Ok(back_to(&request.redirect_uri, &denied));
    };
    let code = lock(&shared.oauth.apps).allow(number, &user, shared.options.clock.now()).unwrap_or_default();
    Ok(back_to(&request.redirect_uri, &[("code", &code), ("state", &state)]))
}

/// Tokens for a code or a refresh token. The parameters come as a form or behind the question mark, on Cloud also as JSON.
async fn token(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<Pairs>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let is =
        |kind: &str| headers.get("content-type").is_some_and(|value| value.as_bytes().starts_with(kind.as_bytes()));
    let json: Value =
        if is("application/json") { serde_json::from_slice(&body).unwrap_or_default() } else { Value::Null };
    let pairs: Pairs = if is("application/x-www-form-urlencoded") { form(&body) } else { Vec::new() };
    let part = |name: &str| {
        let in_json = || json[name].as_str().map(str::to_owned);
        value(&pairs, name).or_else(|| value(&query, name)).or_else(in_json)
    };
    let issued = lock(&shared.oauth.apps).token(&part, shared.options.clock.now());
    match issued {
        Err((status, error, description)) => {
            Reply::json_with(status, &json!({ "error": error, "error_description": description }))
        }
        Ok(issued) => {
            let kind = if shared.auth_url.is_empty() { "bearer" } else { "Bearer" };
            let mut answer =
                json!({ "access_token": issued.access, "token_type": kind, "expires_in": issued.expires_in });
            if let Some(refresh) = issued.refresh {
                answer["refresh_token"] = refresh.into();
            }
            if shared.auth_url.is_empty() {
                answer["created_at"] = shared.options.clock.now().timestamp().into();
            } else {
                answer["scope"] = issued.scope.into();
            }
            Reply::json(&answer)
        }
    }
}

async fn accessible_resources(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    let Presented::Bearer(text) = Presented::of(&headers) else {
        return Err(Reply::gateway_error(401, "Unauthorized"));
    };
    let apps = lock(&shared.oauth.apps);
    let bearer = apps.bearer(&text, shared.options.clock.now());
    let (_, scope) = bearer.ok_or_else(|| Reply::gateway_error(401, "Unauthorized"))?;
    let scopes: Vec<&str> = scope.split(' ').filter(|scope| scope.contains("jira")).collect();
    let (more, own) = &*lock(&shared.oauth.resources);
    let entry = |id: &str, name: &str, url: &str| {
        json!({ "id": id, "name": name, "url": url, "scopes": scopes,
                "avatarUrl": format!("{url}/avatar.png") })
    };
    let own = own.then(|| entry(&shared.cloud_id, &shared.options.name, &shared.base_url));
    let more = more.iter().map(|site| entry(&site.id, &site.name, &site.url));
    Ok(Reply::json(&own.into_iter().chain(more).collect::<Vec<_>>()))
}

/// A refusal of OAuth 1.0a: in the header, and as a form in the body.
pub(crate) fn refusal(base_url: &str, problem: &Problem) -> Reply {
    let mut body = format!("oauth_problem={}", problem.word);
    if let Some((name, value)) = problem.more {
        body = format!("{body}&{name}={value}");
    }
    let realm = crate::oauth::encode(base_url);
    let mut reply = text(problem.status(), body);
    reply.headers.push(("www-authenticate", format!("OAuth realm=\"{realm}\", oauth_problem=\"{}\"", problem.word)));
    reply
}

fn text(status: u16, body: String) -> Reply {
    let content_type = "text/plain;charset=UTF-8";
    Reply { status, content_type, body: body.into_bytes(), headers: Vec::new() }
}

/// A request with its signature, as the site sees it.
pub(crate) fn signed<'a>(
    shared: &'a Shared,
    method: &'a Method,
    uri: &'a Uri,
    form: &'a [u8],
    signer: &'a Signer,
) -> Signed<'a> {
    let origin = shared.base_url.strip_suffix(&shared.options.context_path).unwrap_or(&shared.base_url);
    Signed { method: method.as_str(), origin, path: uri.path(), query: uri.query().unwrap_or(""), form, signer }
}

type Step =
    fn(&mut crate::oauth::Links, &Signed<'_>, crate::clock::Instant) -> Result<Vec<(&'static str, String)>, Problem>;

async fn request_token(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    step(&shared, &uri, &headers, &body, crate::oauth::Links::request_token)
}

async fn access_token(
    State(shared): State<Arc<Shared>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    step(&shared, &uri, &headers, &body, crate::oauth::Links::access_token)
}

fn step(shared: &Shared, uri: &Uri, headers: &HeaderMap, body: &Bytes, step: Step) -> Reply {
    let Presented::Oauth1(signer) = Presented::of(headers) else {
        return refusal(&shared.base_url, &Problem::absent("oauth_consumer_key"));
    };
    let request = signed(shared, &Method::POST, uri, body, &signer);
    match step(&mut lock(&shared.oauth.links), &request, shared.options.clock.now()) {
        Err(problem) => refusal(&shared.base_url, &problem),
        Ok(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            text(200, pairs.join("&"))
        }
    }
}

async fn link_page(State(shared): State<Arc<Shared>>, Query(pairs): Query<Pairs>) -> Answer {
    let token = value(&pairs, "oauth_token").unwrap_or_default();
    let consumer = lock(&shared.oauth.links).awaits_decision(&token, shared.options.clock.now()).map(str::to_owned);
    let consumer = consumer.ok_or_else(|| Reply::html(400, "The request token is unknown or has expired"))?;
    Ok(page(&shared, &consumer, ("oauth_token", &token)))
}

async fn decide_link(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    let pairs = form(&body);
    let token = value(&pairs, "oauth_token").unwrap_or_default();
    let user = decision(&shared, &pairs)?;
    let decided = lock(&shared.oauth.links).decide(&token, user.as_deref(), shared.options.clock.now());
    let (callback, verifier) =
        decided.ok_or_else(|| Reply::html(400, "The request token is unknown or has expired"))?;
    Ok(back_to(&callback, &[("oauth_token", &token), ("oauth_verifier", &verifier)]))
}
