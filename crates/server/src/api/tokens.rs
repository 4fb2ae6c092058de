//! A person's own API tokens.

use crate::{
    accounts,
    api::{listing::Listing, reply},
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::{Body, Id},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use okrsync_domain::{Date, TokenId, person::Token};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A token without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    /// Id.
    #[schema(value_type = String)]
    id: TokenId,
    /// What it is for.
    name: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Last day on which it works.
    expires_on: Option<Date>,
    /// When it was last used, to the hour.
    last_used_at: Option<DateTime<Utc>>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        let Token { id, name, created_at, expires_on, last_used_at, .. } = token;
        Self { id, name, created_at, expires_on, last_used_at }
    }
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// What it is for.
    name: String,
    /// Last day on which it works; for ever if not given.
    #[serde(default)]
    expires_on: Option<Date>,
}

/// A new token. The secret is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewToken {
    /// Id.
    #[schema(value_type = String)]
    id: TokenId,
    /// The secret, `okr_…`: send it as `Authorization: Bearer okr_…`.
    token: String,
    /// What it is for.
    name: String,
    /// Last day on which it works.
    expires_on: Option<Date>,
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
    caller.may(Act::EditUser(caller.user.id))?;
    let (token, secret) = accounts::add_token(&app, &caller.user, &body.name, body.expires_on).await?;
    let Token { id, name, expires_on, .. } = token;
    let made = NewToken { id, token: secret.expose_secret().to_owned(), name, expires_on };
    Ok(reply::created(&format!("/tokens/{id}"), made))
}

/// Ends one of one's own tokens.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "People", params(("id" = String, Path)), responses((status = 204)))]
async fn remove(State(app): State<App>, caller: Caller, Id(id): Id<TokenId>) -> ApiResult<StatusCode> {
    caller.may(Act::EditUser(caller.user.id))?;
    app.store().delete_token(caller.user.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
