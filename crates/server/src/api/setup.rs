//! Getting in without a password: the first person's code, and links that reset a password.

use super::{people::Person, reply};
use crate::{
    accounts::codes::{self, FirstUser},
    app::App,
    auth::{
        caller, origin, sessions,
        throttle::{self, Peer},
    },
    error::{ApiError, ApiResult},
    extract::Body,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use okrsync_domain::{audit::Via, person::User};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Whether somebody has to set okrsync up.
#[derive(Debug, Serialize, ToSchema)]
struct SetupView {
    /// There is nobody yet: use the code that `okrsync serve` writes to its log.
    needed: bool,
}

/// The first person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupBody {
    /// The setup code from the log.
    #[schema(value_type = String, write_only)]
    pub(crate) code: SecretString,
    /// Name of the organisation; the present one stays if not given.
    #[serde(default)]
    pub(crate) organisation: String,
    /// Display name.
    pub(crate) name: String,
    /// E-mail address; signs in with it.
    pub(crate) email: String,
    /// 8 characters or more.
    #[schema(value_type = String, write_only)]
    pub(crate) password: SecretString,
}

/// A new password by a link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetBody {
    /// What stands behind `code=` in the link.
    #[schema(value_type = String, write_only)]
    pub(crate) code: SecretString,
    /// 8 characters or more.
    #[schema(value_type = String, write_only)]
    pub(crate) password: SecretString,
}

/// Routes without a password.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(needed, begin)).routes(routes!(reset))
}

/// Whether there is nobody yet.
#[utoipa::path(get, path = "/setup", tag = "People", security(()), responses((status = 200, body = SetupView)))]
async fn needed(State(app): State<App>) -> ApiResult<Json<SetupView>> {
    Ok(Json(SetupView { needed: is_needed(&app).await? }))
}

/// Whether there is nobody yet.
pub(crate) async fn is_needed(app: &App) -> ApiResult<bool> {
    Ok(app.store().count_users().await? == 0)
}

/// Makes the first person, an admin, and signs them in.
#[utoipa::path(post, path = "/setup", tag = "People", request_body = SetupBody, security(()),
    responses((status = 201, body = Person, headers(("Location" = String)))))]
async fn begin(
    State(app): State<App>,
    session: Session,
    peer: Peer,
    headers: HeaderMap,
    Body(body): Body<SetupBody>,
) -> ApiResult<Response> {
    check_origin(&app, &headers)?;
    let user = set_up(&app, body, &session, peer, &headers).await?;
    Ok(reply::created(&format!("/users/{}", user.id), Person::from(user)))
}

/// Makes the first person and begins their session.
pub(crate) async fn set_up(
    app: &App,
    body: SetupBody,
    session: &Session,
    peer: Peer,
    headers: &HeaderMap,
) -> ApiResult<User> {
    if !is_needed(app).await? {
        return Err(ApiError::conflict("already_set_up", "okrsync is set up already.").hint("Sign in instead."));
    }
    throttle::admit(app, "the setup code", peer).await?;
    let SetupBody { code, organisation, name, email, password } = body;
    let user = codes::set_up(app, FirstUser { code, organisation, name, email, password }).await?;
    sessions::begin(app, session, &user, headers, Via::Link).await?;
    Ok(user)
}

/// Sets a new password by a link that an admin handed out. Every session of the person ends.
#[utoipa::path(post, path = "/password-reset", tag = "People", request_body = ResetBody, security(()),
    responses((status = 204, description = "The new password is set; sign in with it")))]
async fn reset(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Body(body): Body<ResetBody>,
) -> ApiResult<StatusCode> {
    check_origin(&app, &headers)?;
    reset_password(&app, body, peer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a new password by a link.
pub(crate) async fn reset_password(app: &App, body: ResetBody, peer: Peer) -> ApiResult<User> {
    throttle::admit(app, "a reset link", peer).await?;
    Ok(codes::reset_password(app, &body.code, body.password).await?)
}

/// Refuses what a foreign page may have sent.
pub(crate) fn check_origin(app: &App, headers: &HeaderMap) -> ApiResult<()> {
    let trusted = origin::is_trusted(&Method::POST, headers, &app.settings().address());
    if trusted { Ok(()) } else { Err(caller::foreign()) }
}
