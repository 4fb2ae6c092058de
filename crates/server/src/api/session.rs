//! Signing in and out.

use crate::{
    app::App,
    auth::{
        caller, origin, password, sessions,
        throttle::{self, Peer},
    },
    error::{ApiError, ApiResult},
    extract::Body,
};
use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode},
};
use okrsync_domain::{audit::Via, person::User};
use secrecy::SecretString;
use serde::Deserialize;
use tower_sessions::Session;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// E-mail address.
    pub(crate) email: String,
    /// Password.
    #[schema(value_type = String, write_only)]
    pub(crate) password: SecretString,
}

/// Routes of the session.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin, end))
}

/// Signs in: sets the session's cookie.
#[utoipa::path(post, path = "/session", tag = "People", request_body = SignIn, security(()),
    responses((status = 204, description = "Signed in; the cookie is set")))]
async fn begin(
    State(app): State<App>,
    session: Session,
    peer: Peer,
    headers: HeaderMap,
    Body(body): Body<SignIn>,
) -> ApiResult<StatusCode> {
    if !origin::is_trusted(&Method::POST, &headers, &app.settings().address()) {
        return Err(caller::foreign());
    }
    let user = sign_in(&app, body, peer).await?;
    sessions::begin(&app, &session, &user, &headers, Via::Session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs out. Without a session nothing happens.
#[utoipa::path(delete, path = "/session", tag = "People", security(()), responses((status = 204, description = "Signed out")))]
async fn end(State(app): State<App>, session: Session, headers: HeaderMap) -> ApiResult<StatusCode> {
    if !origin::is_trusted(&Method::DELETE, &headers, &app.settings().address()) {
        return Err(caller::foreign());
    }
    sessions::end(&app, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The person, if address and password belong together. The refusal does not tell which of the two was wrong, nor does the
/// work that was done.
pub(crate) async fn sign_in(app: &App, SignIn { email, password }: SignIn, peer: Peer) -> ApiResult<User> {
    let email = email.trim().to_lowercase();
    throttle::admit(app, &email, peer).await?;
    let known = app.store().find_sign_in(&email).await?;
    let (user, hash) = known.map_or((None, None), |known| (Some(known.user), known.password_hash));
    let right = password::verify(password.clone(), hash.clone()).await;
    let user = user.filter(|user| right && user.active).ok_or_else(|| {
        tracing::info!("a sign-in was refused");
        ApiError::unauthorized("E-mail address and password do not belong together.")
    })?;
    if let Some(old) = hash.filter(password::is_outdated) {
        let new = password::hash(password).await.map_err(ApiError::internal)?;
        app.store().strengthen_password(user.id, old, new).await?;
    }
    Ok(user)
}
