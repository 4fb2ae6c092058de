//! To the single sign-on provider and back.

use super::{PageError, own_path, sign_in};
use crate::{
    app::App,
    auth::{
        oidc::{self, Answer},
        sessions,
    },
    error::ApiError,
    extract::Params,
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use okrsync_domain::audit::Via;
use serde::Deserialize;
use tower_sessions::Session;

/// Where to go afterwards.
#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// Leads to the provider.
pub(crate) async fn start(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    Params(Next { next }): Params<Next>,
) -> Result<Response, PageError> {
    match oidc::begin(&app, &session, own_path(&next)).await {
        Ok(url) => Ok(Redirect::to(&url).into_response()),
        Err(error) => refused(&app, &headers, error).await,
    }
}

/// Signs in whoever comes back.
pub(crate) async fn callback(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    Params(answer): Params<Answer>,
) -> Result<Response, PageError> {
    match enter(&app, &session, &headers, answer).await {
        Ok(next) => Ok(Redirect::to(own_path(&next)).into_response()),
        Err(error) => refused(&app, &headers, error).await,
    }
}

async fn enter(app: &App, session: &Session, headers: &HeaderMap, answer: Answer) -> Result<String, ApiError> {
    let (profile, next) = oidc::finish(app, session, answer).await?;
    let user = oidc::people::find(app, profile).await?;
    sessions::begin(app, session, &user, headers, Via::Session).await?;
    Ok(next)
}

/// The sign-in page says what is wrong; okrsync's own faults have a page of their own.
async fn refused(app: &App, headers: &HeaderMap, error: ApiError) -> Result<Response, PageError> {
    if error.status().is_server_error() && error.status().as_u16() != 502 {
        return Err(error.into());
    }
    Ok((error.status(), sign_in::refused(app, headers, error.detail()).await?).into_response())
}
