//! What an edit means for what Jira granted.

use super::body::Draft;
use crate::{
    app::App,
    error::{ApiError, ApiResult},
};
use okrsync_connections::oauth1::Key;
use okrsync_domain::connection::{AuthKind, Connection};
use okrsync_scheduler::sites;

/// Makes the key pair of an application link, unless there is one.
pub(super) async fn make_key(app: &App, draft: &mut Draft, kept: &[String]) -> ApiResult<()> {
    if draft.connection.auth_kind != AuthKind::Oauth1 || kept.iter().any(|name| name == sites::PRIVATE_KEY) {
        return Ok(());
    }
    let random = app.random().clone();
    let key = tokio::task::spawn_blocking(move || Key::generate(&random)).await.map_err(ApiError::internal)?;
    draft.given.insert(sites::PRIVATE_KEY.to_owned(), key.to_pem());
    Ok(())
}

/// Gives up a grant that the edit makes worthless: it was for another application, server or kind of sign-in. The edit
/// itself has the connection wait for the next one.
pub(super) async fn settle(app: &App, before: &Connection, after: &Connection) -> ApiResult<()> {
    let of =
        |connection: &Connection| (connection.auth_kind, connection.auth_client.clone(), connection.server_url.clone());
    let consented = !before.auth_kind.is_token() || !after.auth_kind.is_token();
    if consented && of(before) != of(after) {
        app.store().forget_grant(after.id, &sites::GRANT_TOKENS).await?;
    }
    Ok(())
}
