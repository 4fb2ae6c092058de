//! The person behind a request: by a personal API token, or by the browser's session.

use crate::{
    app::App,
    auth::{access, bearer, origin, policy, sessions},
    error::{ApiError, ApiResult},
};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use okrsync_domain::{
    SessionId,
    audit::{Actor, Note, Subject, Via},
    person::{Role, Scope, Token, User},
};
use okrsync_store::{Credential, Viewer};
use tower_sessions::Session;

/// The header by which a page's script shows whose it is.
const CSRF_HEADER: &str = "x-csrf-token";

/// The person behind a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Who; the role is theirs as far as the token's scope reaches.
    pub(crate) user: User,
    /// The token that forms of this session carry; empty for programs.
    pub(crate) csrf: String,
    /// The person's own role.
    pub(crate) role: Role,
    /// The personal API token that was sent; none in a browser.
    pub(crate) token: Option<Token>,
    /// What lists call the browser's session; none for programs.
    pub(crate) session: Option<SessionId>,
}

impl Caller {
    /// `Ok` if the person may do this, else the answer to give.
    pub(crate) fn may(&self, act: policy::Act<'_>) -> ApiResult<()> {
        policy::require(&self.user, act)
    }

    /// What the audit log will say of a change by this person: `action` is a kind of thing and a verb.
    pub(crate) fn did(&self, app: &App, action: &str, subject: impl Into<Subject>) -> Note {
        app.note(self.actor(), action, subject)
    }

    /// The person as the audit log names them.
    pub(crate) fn actor(&self) -> Actor {
        Actor::person(&self.user, if self.token.is_some() { Via::Token } else { Via::Session })
    }

    /// How far this person may go here: a token reaches no further than its scope.
    pub(crate) fn scope(&self) -> Scope {
        self.token.as_ref().map_or(Scope::Admin, |token| token.scope)
    }

    /// Whether what was sent to sign in is still good; the person as they are now.
    pub(crate) async fn still(&self, app: &App) -> ApiResult<Option<User>> {
        let credential = match (&self.token, self.session) {
            (Some(token), _) => Credential::Token(token.id),
            (None, Some(session)) => Credential::Session(session),
            (None, None) => return Ok(None),
        };
        let (_, today) = app.today().await?;
        let mut user = app.store().find_by_credential(credential, app.now(), today).await?;
        if let Some(user) = &mut user {
            user.role = self.scope().limit(user.role);
        }
        Ok(user)
    }

    /// Whose view of private things it is.
    pub(crate) fn viewer(&self) -> Viewer {
        Viewer { user_id: self.user.id, admin: self.user.role == Role::Admin }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let caller = identify(parts, app).await?;
        caller.admit(parts)?;
        Ok(caller)
    }
}

impl Caller {
    /// Refuses what the endpoint's row in [`access`] does not allow to this role or token.
    pub(crate) fn admit(&self, parts: &Parts) -> ApiResult<()> {
        access::admit(access::rule(parts)?, self.user.role, self.scope() == Scope::Read)
    }
}

async fn identify(parts: &mut Parts, app: &App) -> ApiResult<Caller> {
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
    let (token, mut user) = app.store().find_token(hash).await?.ok_or_else(refused)?;
    let (_, today) = app.today().await?;
    if !user.active || token.expires_on.is_some_and(|last| last < today) {
        return Err(refused());
    }
    app.store().touch_token(token.id, app.now()).await?;
    let role = user.role;
    user.role = token.scope.limit(role);
    Ok(Caller { user, csrf: String::new(), role, token: Some(token), session: None })
}

/// The person of the browser's session, if there is one and it may still sign in.
pub(crate) async fn by_session(app: &App, parts: &mut Parts) -> ApiResult<Option<Caller>> {
    let Ok(session) = Session::from_request_parts(parts, app).await else { return Ok(None) };
    let Some(id) = sessions::user(app, &session).await.map_err(ApiError::internal)? else { return Ok(None) };
    let user = app.store().find_user(id).await?.filter(|user| user.active);
    let csrf = sessions::csrf(&session).await.map_err(ApiError::internal)?;
    let handle = sessions::handle(&session).await.map_err(ApiError::internal)?;
    Ok(user.map(|user| Caller { role: user.role, user, csrf, token: None, session: handle }))
}
