//! Answers: JSON, the two families of error bodies, and the HTML that gateways and login pages send.

use axum::body::Body;
use axum::http::{HeaderName, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::json;

/// What a handler answers; both sides are sent.
pub(crate) type Answer = Result<Reply, Reply>;

/// An answer before the gate adds identity headers.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Reply {
    /// 200 with JSON.
    pub(crate) fn json(value: &impl Serialize) -> Self {
        Self::json_with(200, value)
    }

    /// JSON with a status.
    pub(crate) fn json_with(status: u16, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).expect("the simulator's own types always serialise");
        Self { status, content_type: "application/json;charset=UTF-8", body, headers: Vec::new() }
    }

    /// Jira's own error body.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::errors(status, &[message.to_owned()])
    }

    /// Jira's own error body with several messages.
    pub(crate) fn errors(status: u16, messages: &[String]) -> Self {
        Self::json_with(status, &json!({ "errorMessages": messages, "errors": {} }))
    }

    /// The error body of the gateway.
    pub(crate) fn gateway_error(code: u16, message: &str) -> Self {
        Self::json_with(code, &json!({ "code": code, "message": message }))
    }

    /// 401 as Jira's own login layer answers.
    pub(crate) fn must_sign_in() -> Self {
        let message = "Client must be authenticated to access this resource.";
        Self::json_with(401, &json!({ "message": message, "status-code": 401 }))
    }

    /// An HTML page.
    pub(crate) fn html(status: u16, title: &str) -> Self {
        let body =
            format!("<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n");
        Self { status, content_type: "text/html;charset=UTF-8", body: body.into_bytes(), headers: Vec::new() }
    }

    /// A redirect to the login page.
    pub(crate) fn to_login(base_url: &str) -> Self {
        let mut reply = Self::html(302, "Found");
        reply
            .headers
            .push(("location", format!("{base_url}/login.jsp?permissionViolation=true&os_destination=%2Frest")));
        reply
    }

    /// 200 without a body.
    pub(crate) fn empty() -> Self {
        Self { status: 200, content_type: "application/json;charset=UTF-8", body: Vec::new(), headers: Vec::new() }
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert("content-type", self.content_type.parse().expect("content types are constants"));
        for (name, value) in self.headers {
            if let Ok(value) = value.parse() {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// Where neither dialect has anything: also an operation that only the other deployment knows.
pub(crate) fn no_such_path(uri: &Uri) -> Reply {
    let message = format!("null for uri: {uri}");
    Reply::json_with(404, &json!({ "message": message, "status-code": 404 }))
}
