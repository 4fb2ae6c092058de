//! The person behind a request: by a personal API token, or by the browser's session.

use crate::{
    app::App,
    auth::{bearer, origin, policy, sessions},
    error::{ApiError, ApiResult},
};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use okrsync_domain::person::{Role, User};
use okrsync_store::Viewer;
use tower_sessions::Session;

/// The header by which a page's script shows whose it is.
const CSRF_HEADER: &str = "x-csrf-token";

/// The person behind a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Who.
    pub(crate) user: User,
    /// The token that forms of this session carry; empty for programs.
    pub(crate) csrf: String,
}

impl Caller {
    /// `Ok` if the person may do this, else the answer to give.
    pub(crate) fn may(&self, act: policy::Act<'_>) -> ApiResult<()> {
        policy::require(&self.user, act)
    }

    /// Whose view of private things it is.
    pub(crate) fn viewer(&self) -> Viewer {
        Viewer { user_id: self.user.id, admin: self.user.role == Role::Admin }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
            let token = value.to_str().ok().and_then(bearer::from_header);
            return by_token(app, token).await;
        }
        let caller = by_session(app, parts).await?.ok_or_else(|| {
            ApiError::unauthorized("Nobody is signed in.")
                .hint("Send `Authorization: Bearer okr_…` with a personal API token, or sign in first.")
        })?;
        let given = parts.headers.get(CSRF_HEADER).and_then(|token| token.to_str().ok()).unwrap_or_default();
        let trusted = origin::is_trusted(&parts.method, &parts.headers, &app.settings().address());
        if trusted && (parts.method.is_safe() || origin::token_fits(&caller.csrf, given)) {
            return Ok(caller);
        }
        Err(foreign())
    }
}

/// The refusal of what a foreign page may have sent.
pub(crate) fn foreign() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "csrf_refused",
        "Nothing shows that this request was sent by one of okrsync's own pages, so it is not carried out.",
    )
    .hint(
        "Send the session's token as `X-CSRF-Token` (GET /api/v1/me says it), or use a personal API token instead of a \
         browser's session. A page that was left open for long is read again.",
    )
}

async fn by_token(app: &App, token: Option<&str>) -> ApiResult<Caller> {
    let refused = || {
        ApiError::unauthorized("The personal API token is not known, has run out, or belongs to nobody active.")
            .hint("Make a new one: `okrsync token create`, or POST /api/v1/tokens.")
    };
    let hash = bearer::hash(token.ok_or_else(refused)?);
    let (token, user) = app.store().find_token(hash).await?.ok_or_else(refused)?;
    let (_, today) = app.today().await?;
    if !user.active || token.expires_on.is_some_and(|last| last < today) {
        return Err(refused());
    }
    app.store().touch_token(token.id, app.now()).await?;
    Ok(Caller { user, csrf: String::new() })
}

/// The person of the browser's session, if there is one and it may still sign in.
pub(crate) async fn by_session(app: &App, parts: &mut Parts) -> ApiResult<Option<Caller>> {
    let Ok(session) = Session::from_request_parts(parts, app).await else { return Ok(None) };
    let Some(id) = sessions::user(app, &session).await.map_err(ApiError::internal)? else { return Ok(None) };
    let user = app.store().find_user(id).await?.filter(|user| user.active);
    let csrf = sessions::csrf(&session).await.map_err(ApiError::internal)?;
    Ok(user.map(|user| Caller { user, csrf }))
}
