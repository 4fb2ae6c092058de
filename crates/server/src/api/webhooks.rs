//! Where Jira delivers by itself: `POST /webhooks/jira/{connection_id}/{secret}`.
//!
//! Whoever does not know the secret finds nothing here. What is accepted is answered at once and looked at afterwards.

use crate::{
    app::App,
    error::{ApiError, ApiResult},
    extract::unreadable,
};
use axum::{
    Router,
    body::Bytes,
    extract::{FromRequest as _, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use okrsync_connections::webhook::Refused;
use okrsync_scheduler::webhooks::Proofs;

/// Path of the address, up to the connection's id.
pub(crate) const BASE: &str = "/webhooks/jira";

/// A path as it may be shown: what stands in a webhook's address is a secret.
pub(crate) fn shown(path: &str) -> &str {
    if path.starts_with(BASE) { BASE } else { path }
}

/// Routes at the root.
pub(crate) fn root() -> Router<App> {
    Router::new().route("/webhooks/jira/{connection_id}/{secret}", post(receive))
}

async fn receive(
    State(app): State<App>,
    Path((connection, secret)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> ApiResult<StatusCode> {
    let id = connection.parse().map_err(|_| nothing())?;
    let webhook = app.engine().webhook_at(id, &secret).await?.ok_or_else(nothing)?;
    // Only now: nobody else has us read anything.
    let body = Bytes::from_request(request, &app).await.map_err(|rejection| unreadable(&rejection))?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let proofs = Proofs { signature: text("x-hub-signature"), authorization: text(header::AUTHORIZATION.as_str()) };
    match app.engine().hear(&webhook, &body, proofs).await? {
        Ok(_) => Ok(StatusCode::ACCEPTED),
        Err(refused) => {
            tracing::info!(connection.id = %id, "a webhook's delivery was refused: {refused}");
            Err(refusal(refused))
        }
    }
}

/// The same as at an address that never was.
fn nothing() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
}

fn refusal(refused: Refused) -> ApiError {
    let detail = format!("It is not accepted: {refused}.");
    match refused {
        Refused::Unreadable => ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", detail),
        Refused::Unsigned | Refused::Forged | Refused::Expired => {
            ApiError::new(StatusCode::UNAUTHORIZED, "invalid_signature", detail).hint(
                "Enter the signing secret as the webhook's secret in Jira. Where Jira has no field for it, set the webhook up \
                 with `?signed=false`.",
            )
        }
    }
}
