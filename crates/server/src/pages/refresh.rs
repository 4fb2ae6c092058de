//! The refresh buttons for readers without script: ask, wait a little, come back.

use super::{
    PageError, own_path,
    sent::{Done, Sent},
};
use crate::{
    api::refreshes,
    app::App,
    auth::policy::Act,
    error::{ApiError, ApiResult},
    extract::Id,
};
use axum::{extract::State, response::Response};
use okrsync_domain::{OkrId, RefreshId};
use okrsync_store::RefreshScope;
use std::time::Duration;

/// How long the browser is kept waiting; what takes longer shows when the page is read again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks Jira again for one OKR and what is below it.
pub(crate) async fn one(State(app): State<App>, Id(id): Id<OkrId>, sent: Sent) -> Result<Response, PageError> {
    let okr = app.store().get_okr(id).await.map_err(ApiError::from)?;
    sent.caller.may(Act::RefreshOkr(&okr))?;
    Ok(sent.once(&app, async { wait(&app, refreshes::start_okr(&app, id).await?, back(&sent)).await }).await?)
}

/// Asks Jira again for everything.
pub(crate) async fn all(State(app): State<App>, sent: Sent) -> Result<Response, PageError> {
    sent.caller.may(Act::RefreshAll)?;
    Ok(sent.once(&app, async { wait(&app, start_all(&app).await?, back(&sent)).await }).await?)
}

/// The page that the button was on.
fn back(sent: &Sent) -> &str {
    own_path(sent.get("next"))
}

async fn start_all(app: &App) -> ApiResult<Option<RefreshId>> {
    Ok(app.engine().request(RefreshScope::All).await?.map(|request| request.id))
}

/// What came out is on the page, failures too.
async fn wait(app: &App, started: Option<RefreshId>, next: &str) -> ApiResult<Done> {
    if let Some(id) = started {
        app.wait(id, PATIENCE).await?;
    }
    Ok(Done::to(next))
}
