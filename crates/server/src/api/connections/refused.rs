//! Why a connection is not stored.

use crate::error::ApiError;
use axum::http::StatusCode;
use okrsync_connections::{Error, ProbeReport};
use okrsync_domain::{Instant, invalid::FieldError, problem::ProblemCode};
use okrsync_scheduler::sites;

/// A secret was not handed in.
pub(super) fn missing_secret(name: &str) -> ApiError {
    let field = match name {
        sites::TOKEN => "auth.token".to_owned(),
        sites::CLIENT_SECRET => "auth.client_secret".to_owned(),
        header => format!("headers ({})", header.trim_start_matches("header:")),
    };
    ApiError::field("missing_field", &field, format!("`{field}` is missing."))
}

/// The settings do not even make a request.
pub(super) fn unusable(error: &Error, now: Instant) -> ApiError {
    let problem = error.problem(now);
    let code = match problem.code {
        ProblemCode::AddressNotAllowed => problem.code.as_str(),
        _ => "invalid_connection",
    };
    let refused = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, problem.message);
    match problem.hint {
        Some(hint) => refused.hint(hint),
        None => refused,
    }
}

/// Jira did not accept it: 422 where the settings are to be mended, 502 where Jira does not answer.
pub(super) fn by_jira(report: &ProbeReport, now: Instant) -> ApiError {
    let Some(error) = &report.first_error else {
        return ApiError::new(StatusCode::BAD_GATEWAY, "jira_unexpected_answer", "The test did not succeed.");
    };
    let problem = error.problem(now);
    let field = match problem.code {
        ProblemCode::JiraUnauthorized
        | ProblemCode::JiraLocked
        | ProblemCode::JiraScopeMissing
        | ProblemCode::JiraForbidden => "auth.token",
        ProblemCode::NotJira | ProblemCode::AddressNotAllowed => "server_url",
        _ => return ApiError::jira(&problem, now),
    };
    let place = FieldError { field: field.to_owned(), message: problem.message.clone(), start: None, end: None };
    let code = problem.code.as_str();
    let refused = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, problem.message).errors(vec![place]);
    match problem.hint {
        Some(hint) => refused.hint(hint),
        None => refused,
    }
}
