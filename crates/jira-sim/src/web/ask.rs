//! What a handler is asked: the site, the visitor, the path, the query string and the body.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::Method;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, on};
use chrono_tz::Tz;
use serde::de::DeserializeOwned;

use super::reply::Reply;
use crate::credentials::Caller;
use crate::faults::Plan;
use crate::sim::Shared;

/// Who asks, and what is to go wrong. The gate puts it into the request.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) caller: Caller,
    pub(crate) plan: Plan,
    /// The time zone of the user's profile, else the site's.
    pub(crate) zone: Tz,
    /// The app through which the user came, if by OAuth 2.0.
    pub(crate) app: Option<App>,
}

/// An app of somebody's.
pub(crate) type App = crate::oauth::OauthClient;

/// A question to a handler.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) shared: Arc<Shared>,
    pub(crate) visitor: Visitor,
    pub(crate) is_get: bool,
    params: Vec<String>,
    query: Vec<(String, String)>,
    body: Bytes,
    is_json: bool,
}

impl FromRequest<Arc<Shared>> for Ask {
    type Rejection = Reply;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Reply> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, shared).await;
        let params = params.map(|all| all.iter().map(|(_, value)| value.to_owned()).collect()).unwrap_or_default();
        let refused = |_| Reply::error(400, "The query string cannot be read.");
        let query = serde_urlencoded::from_str(parts.uri.query().unwrap_or("")).map_err(refused)?;
        let content_type = parts.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
        let is_json = content_type.starts_with("application/json");
        let is_get = parts.method == Method::GET;
        let visitor = parts.extensions.remove::<Visitor>().expect("every router is behind the gate");
        let body = Bytes::from_request(Request::from_parts(parts, body), shared).await;
        let body = body.map_err(|_| Reply::error(400, "The body cannot be read."))?;
        Ok(Self { shared: shared.clone(), visitor, is_get, params, query, body, is_json })
    }
}

impl Ask {
    /// The signed-in user's id.
    pub(crate) fn user(&self) -> Option<&str> {
        self.visitor.caller.user()
    }

    /// The first variable of the path.
    pub(crate) fn path_param(&self) -> &str {
        self.params.first().map_or("", String::as_str)
    }

    /// A query parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter that may be repeated or hold a comma list; None where absent.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        let values: Vec<&str> = self.query.iter().filter(|(key, _)| key == name).map(|(_, v)| v.as_str()).collect();
        let split = |value: &str| value.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>();
        (!values.is_empty()).then(|| values.into_iter().flat_map(split).filter(|part| !part.is_empty()).collect())
    }

    /// A whole number in the query string.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Reply> {
        let refused = |_| Reply::error(400, &format!("The parameter '{name}' is not a number."));
        self.param(name).map(|text| text.parse().map_err(refused)).transpose()
    }

    /// A true or false in the query string.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.param(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The body as a closed JSON schema: unknown keys and wrong types are refused, other content types too.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Reply> {
        if !self.is_json {
            return Err(Reply::error(415, "Unsupported Media Type"));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let text = "Invalid request payload. Refer to the REST API documentation and try again.";
            Reply::errors(400, &[text.to_owned(), error.to_string()])
        })
    }
}

/// Routes GET to a handler.
pub(crate) fn on_get<R: IntoResponse + 'static>(handler: fn(&Ask) -> R) -> MethodRouter<Arc<Shared>> {
    route(MethodFilter::GET, handler)
}

/// Routes POST to a handler.
pub(crate) fn on_post<R: IntoResponse + 'static>(handler: fn(&Ask) -> R) -> MethodRouter<Arc<Shared>> {
    route(MethodFilter::POST, handler)
}

/// Routes PUT to a handler.
pub(crate) fn on_put<R: IntoResponse + 'static>(handler: fn(&Ask) -> R) -> MethodRouter<Arc<Shared>> {
    route(MethodFilter::PUT, handler)
}

/// Routes DELETE to a handler.
pub(crate) fn on_delete<R: IntoResponse + 'static>(handler: fn(&Ask) -> R) -> MethodRouter<Arc<Shared>> {
    route(MethodFilter::DELETE, handler)
}

/// Routes GET and POST to a handler.
pub(crate) fn on_both<R: IntoResponse + 'static>(handler: fn(&Ask) -> R) -> MethodRouter<Arc<Shared>> {
    route(MethodFilter::GET.or(MethodFilter::POST), handler)
}

fn route<R: IntoResponse + 'static>(filter: MethodFilter, handler: fn(&Ask) -> R) -> MethodRouter<Arc<Shared>> {
    on(filter, move |ask: Ask| std::future::ready(handler(&ask).into_response()))
}
