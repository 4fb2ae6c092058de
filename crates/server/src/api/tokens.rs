//! A person's own API tokens.

use crate::{
    accounts,
    api::{listing::Listing, reply},
    app::App,
    auth::{caller::Caller, policy::Act},
    error::{ApiError, ApiResult},
    extract::{Body, Id},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use okrsync_domain::{
    Date, TokenId,
    person::{Scope, Token},
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// How far a token reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScopeWord {
    /// Reading, as a viewer does.
    Read,
    /// Reading and writing, as a member does.
    Write,
    /// Everything that its owner may do.
    #[default]
    Admin,
}

impl From<Scope> for ScopeWord {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Write => Self::Write,
            Scope::Admin => Self::Admin,
        }
    }
}

impl From<ScopeWord> for Scope {
    fn from(word: ScopeWord) -> Self {
        match word {
            ScopeWord::Read => Self::Read,
            ScopeWord::Write => Self::Write,
            ScopeWord::Admin => Self::Admin,
        }
    }
}

/// A token without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    /// Id.
    #[schema(value_type = String)]
    id: TokenId,
    /// What it is for.
    name: String,
    /// How far it reaches.
    scope: ScopeWord,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Last day on which it works.
    expires_on: Option<Date>,
    /// When it was last used, to the hour.
    last_used_at: Option<DateTime<Utc>>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        let Token { id, name, scope, created_at, expires_on, last_used_at, .. } = token;
        Self { id, name, scope: scope.into(), created_at, expires_on, last_used_at }
    }
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// What it is for.
    pub(crate) name: String,
    /// How far it reaches: no further than the token or session that makes it. Everything if not given.
    #[serde(default)]
    pub(crate) scope: Option<ScopeWord>,
    /// Last day on which it works; for ever if not given.
    #[serde(default)]
    pub(crate) expires_on: Option<Date>,
}

/// A new token. The secret is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewToken {
    /// Id.
    #[schema(value_type = String)]
    id: TokenId,
    /// The secret, `okr_…`: send it as `Authorization: Bearer okr_…`.
    pub(crate) token: String,
    /// What it is for.
    pub(crate) name: String,
    /// How far it reaches.
    pub(crate) scope: ScopeWord,
    /// Last day on which it works.
    pub(crate) expires_on: Option<Date>,
}

/// Routes of tokens.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove))
}

/// One's own tokens.
#[utoipa::path(get, path = "/tokens", tag = "People", responses((status = 200, body = Listing<TokenView>)))]
async fn list(State(app): State<App>, caller: Caller) -> ApiResult<Json<Listing<TokenView>>> {
    caller.may(Act::Look)?;
    let tokens = app.store().tokens(caller.user.id).await?;
    Ok(Json(Listing::whole(tokens.into_iter().map(TokenView::from).collect())))
}

/// Makes a token with one's own rights.
#[utoipa::path(post, path = "/tokens", tag = "People", request_body = TokenBody,
    responses((status = 201, body = NewToken, headers(("Location" = String)))))]
async fn add(State(app): State<App>, caller: Caller, Body(body): Body<TokenBody>) -> ApiResult<Response> {
    let made = make(&app, &caller, body).await?;
    Ok(reply::created(&format!("/tokens/{}", made.id), made))
}

/// Makes a token with one's own rights, as far as the caller's own credential reaches.
pub(crate) async fn make(app: &App, caller: &Caller, body: TokenBody) -> ApiResult<NewToken> {
    caller.may(Act::EditUser(caller.user.id))?;
    let scope = body.scope.map_or(caller.scope(), Into::into);
    let own_end = caller.token.as_ref().and_then(|token| token.expires_on);
    if scope > caller.scope() || own_end.is_some_and(|end| body.expires_on.is_none_or(|day| day > end)) {
        return Err(ApiError::forbidden("A token cannot make one that reaches further or lasts longer than itself.")
            .hint("Sign in to a browser to make such a token."));
    }
    let wished = accounts::NewToken { name: body.name, scope, expires_on: body.expires_on };
    let (token, secret) = accounts::add_token(app, caller.actor(), &caller.user, wished).await?;
    let Token { id, name, scope, expires_on, .. } = token;
    let made = NewToken { id, token: secret.expose_secret().to_owned(), name, scope: scope.into(), expires_on };
    Ok(made)
}

/// Ends one of one's own tokens.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "People", params(("id" = String, Path)), responses((status = 204)))]
async fn remove(State(app): State<App>, caller: Caller, Id(id): Id<TokenId>) -> ApiResult<StatusCode> {
    caller.may(Act::EditUser(caller.user.id))?;
    accounts::revoke_token(&app, caller.actor(), caller.user.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
