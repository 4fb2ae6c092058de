//! The one error of the HTTP surface: a problem document that says what happened and what to do.
//!
//! Handlers use words ([`ApiError::not_found`], [`ApiError::conflict`], …) or `?` on the errors of the crates below. What is
//! okrsync's own fault is logged here, once, and answered without its inner text.

mod from;

pub(crate) use from::integration_disabled;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use okrsync_domain::{Invalid, Problem, invalid::FieldError, problem::ProblemCode};
use serde::Serialize;
use std::{borrow::Cow, fmt};
use utoipa::ToSchema;

/// Result of a handler.
pub(crate) type ApiResult<T> = Result<T, ApiError>;

/// An answer that is not the wished one.
#[derive(Debug)]
pub struct ApiError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    hint: Option<String>,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<i64>,
    cause: Option<String>,
}

/// [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem document.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemDocument<'a> {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The status in words.
    title: &'a str,
    /// HTTP status.
    status: u16,
    /// What happened, for people.
    detail: &'a str,
    /// Stable word for programs.
    code: &'a str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    /// The fields concerned.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<FieldProblem>)]
    errors: &'a [FieldError],
}

/// One field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Path of the field, such as `measure.target`.
    field: String,
    /// What is wrong and how to mend it.
    message: String,
    /// First character of the wrong part of a query, from 0.
    start: Option<usize>,
    /// One past its last character.
    end: Option<usize>,
}

impl ApiError {
    /// Any status with a stable code and a sentence.
    pub(crate) fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code: code.into(),
            detail: detail.into(),
            hint: None,
            errors: vec![],
            retry_after_seconds: None,
            cause: None,
        }))
    }

    /// There is no such thing, or the caller may not know of it.
    pub(crate) fn not_found(what: &str, id: impl fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no {what} with the id `{id}`."))
    }

    /// A body refers to a thing that is not there, or that the caller may not know of.
    pub(crate) fn missing(what: &str, id: impl fmt::Display, field: &str) -> Self {
        let mut error = Self::not_found(what, id);
        error.0.errors = Invalid::new("not_found", field, error.0.detail.clone()).errors;
        error
    }

    /// The state of things forbids it.
    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// The caller is known, but may not do this.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// Nobody is signed in.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// One wrong field.
    pub(crate) fn field(code: &'static str, field: &str, detail: impl Into<String>) -> Self {
        Invalid::new(code, field, detail).into()
    }

    /// okrsync's own fault: the cause goes to the log, not to the caller.
    pub(crate) fn internal(cause: impl fmt::Display) -> Self {
        let detail = "okrsync could not do this because of a fault of its own. The log has the cause.";
        let mut error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail);
        error.0.cause = Some(cause.to_string());
        error
    }

    /// Something that okrsync needs does not answer just now.
    pub(crate) fn unavailable(detail: &str, cause: impl fmt::Display) -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(5);
        error.0.cause = Some(cause.to_string());
        error
    }

    /// Jira could not be measured: 502 with the code of the problem.
    pub(crate) fn jira(problem: &Problem, now: okrsync_domain::Instant) -> Self {
        let status = match problem.code {
            ProblemCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_GATEWAY,
        };
        let mut error = Self::new(status, problem.code.as_str(), problem.message.clone());
        error.0.hint.clone_from(&problem.hint);
        match problem.retry_at {
            Some(at) => error.retry_after((at - now).num_seconds().max(1)),
            None => error,
        }
    }

    /// With another code.
    #[must_use]
    pub(crate) fn code_of(mut self, code: &'static str) -> Self {
        self.0.code = code.into();
        self
    }

    /// With a cure.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// With fields.
    #[must_use]
    pub(crate) fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// With the seconds after which another try makes sense.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: i64) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Stable word.
    pub(crate) fn code(&self) -> &str {
        &self.0.code
    }

    /// Sentence for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The fields concerned.
    pub(crate) fn fields(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The cure, if one is known.
    pub(crate) fn cure(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Writes okrsync's own faults to the log.
    pub(crate) fn log(&self) {
        if let Some(cause) = &self.0.cause {
            tracing::error!(status = self.0.status.as_u16(), cause, "a request failed");
        }
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, invalid.code, invalid.detail);
        error.0.hint = invalid.hint;
        error.0.errors = invalid.errors;
        error
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let parts = &self.0;
        let document = ProblemDocument {
            kind: "about:blank",
            title: parts.status.canonical_reason().unwrap_or("Error"),
            status: parts.status.as_u16(),
            detail: &parts.detail,
            code: &parts.code,
            hint: parts.hint.as_deref(),
            errors: &parts.errors,
        };
        let mut response = (parts.status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if parts.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"okrsync\""));
        }
        if let Some(seconds) = parts.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(error: ApiError) -> (Response<()>, serde_json::Value) {
        let (parts, body) = error.into_response().into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_wrong_field_is_a_problem_document_with_its_path() {
        let (response, json) = body(ApiError::field("start_equals_target", "measure.target", "They are equal.")).await;
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(json["errors"][0]["field"], "measure.target");
        assert_eq!(json["title"], "Unprocessable Entity");
        assert!(json.get("hint").is_none());
    }

    #[tokio::test]
    async fn an_inner_fault_is_not_told() {
        let (response, json) = body(ApiError::internal("password=hunter2")).await;
        assert_eq!(response.status(), 500);
        assert!(!json.to_string().contains("hunter2"));
    }

    #[tokio::test]
    async fn jira_asking_to_wait_becomes_retry_after() {
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        let problem = Problem {
            code: ProblemCode::JiraRateLimited,
            message: "Jira asks to wait.".into(),
            hint: None,
            at: now,
            retry_at: Some(now + chrono::TimeDelta::seconds(17)),
        };
        let (response, json) = body(ApiError::jira(&problem, now)).await;
        assert_eq!((response.status().as_u16(), &json["code"]), (502, &"jira_rate_limited".into()));
        assert_eq!(response.headers()["retry-after"], "17");
    }
}
