//! The refresh buttons for readers without script: ask, wait a little, come back.

use super::{PageError, Visitor};
use crate::{
    api::refreshes,
    app::App,
    auth::policy::Act,
    error::{ApiError, ApiResult},
    extract::Id,
};
use axum::{Form, extract::State, response::Redirect};
use okrsync_domain::{OkrId, RefreshId};
use okrsync_store::RefreshScope;
use serde::Deserialize;
use std::time::Duration;

/// How long the browser is kept waiting; what takes longer shows when the page is read again.
const PATIENCE: Duration = Duration::from_secs(10);

/// A form without fields of its own.
#[derive(Deserialize)]
pub(crate) struct Press {
    csrf: String,
}

/// Asks Jira again for one OKR and what is below it.
pub(crate) async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Id(id): Id<OkrId>,
    Form(press): Form<Press>,
) -> Result<Redirect, PageError> {
    visitor.check_form(&press.csrf)?;
    let okr = app.store().get_okr(id).await.map_err(ApiError::from)?;
    visitor.caller.may(Act::RefreshOkr(&okr))?;
    let started = refreshes::start_okr(&app, id).await?;
    wait(&app, started).await
}

/// Asks Jira again for everything.
pub(crate) async fn all(
    State(app): State<App>,
    visitor: Visitor,
    Form(press): Form<Press>,
) -> Result<Redirect, PageError> {
    visitor.check_form(&press.csrf)?;
    visitor.caller.may(Act::RefreshAll)?;
    let started = start_all(&app).await?;
    wait(&app, started).await
}

async fn start_all(app: &App) -> ApiResult<Option<RefreshId>> {
    Ok(app.engine().request(RefreshScope::All).await?.map(|request| request.id))
}

/// What came out is on the board, failures too.
async fn wait(app: &App, started: Option<RefreshId>) -> Result<Redirect, PageError> {
    if let Some(id) = started {
        app.wait(id, PATIENCE).await?;
    }
    Ok(Redirect::to("/"))
}
