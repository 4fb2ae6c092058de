//! Answers with a `Location`.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// The path every address of the API begins with.
pub(crate) const BASE: &str = "/api/v1";

/// 201: made, and where it is.
pub(crate) fn created(path: &str, body: impl Serialize) -> Response {
    located(StatusCode::CREATED, path, body)
}

/// 202: under way, and where to look.
pub(crate) fn accepted(path: &str, body: impl Serialize) -> Response {
    located(StatusCode::ACCEPTED, path, body)
}

fn located(status: StatusCode, path: &str, body: impl Serialize) -> Response {
    (status, [(header::LOCATION, format!("{BASE}{path}"))], Json(body)).into_response()
}
