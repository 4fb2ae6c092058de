//! What an edit means for what Jira granted.

use super::body::Draft;
use crate::{
    app::App,
    auth::caller::Caller,
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

/// Whether an edit makes a grant worthless: it was for another application, server or kind of sign-in.
pub(super) fn ends(before: &Connection, after: &Connection) -> bool {
    let of =
        |connection: &Connection| (connection.auth_kind, connection.auth_client.clone(), connection.server_url.clone());
    let consented = !before.auth_kind.is_token() || !after.auth_kind.is_token();
    consented && of(before) != of(after)
}

/// Gives up what was granted, and what only that could look after, once an edit has ended it. The edit itself has the
/// connection wait for the next grant.
pub(super) async fn settle(app: &App, caller: &Caller, after: &Connection) -> ApiResult<()> {
    app.store().forget_grant(after.id, &sites::GRANT_TOKENS).await?;
    let note = caller.did(app, "connection.remove_webhook", after);
    Ok(app.engine().settle_webhook(after, note).await?)
}
