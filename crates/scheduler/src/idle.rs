//! Grants that nobody uses: Jira forgets them after 90 days, so that each is renewed once a month.

use crate::{Engine, SyncError};
use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use okrsync_domain::ConnectionId;

/// A grant is renewed at the latest after this time, also while no query needs it.
const IDLE: TimeDelta = TimeDelta::days(30);

/// Renewals at once: a slow site holds up no other.
const AT_ONCE: usize = 8;

impl Engine {
    /// Uses what has not been used for long. Failures are told by the connection; the next hour tries again.
    pub(crate) async fn keep_grants_alive(&self) {
        let now = self.context.clock.now();
        let idle = match self.context.store.idle_grants(now - IDLE, now).await {
            Ok(idle) => idle,
            Err(error) => return tracing::warn!(%error, "idle sign-ins could not be looked for"),
        };
        let renewals = stream::iter(idle).for_each_concurrent(AT_ONCE, |id| async move {
            if let Err(error) = Box::pin(self.use_grant(id)).await {
                tracing::warn!(%error, connection.id = %id, "an idle sign-in could not be renewed");
            }
        });
        renewals.await;
    }

    async fn use_grant(&self, id: ConnectionId) -> Result<(), SyncError> {
        let connection = self.connection(id).await?;
        let asked = self.ask(&connection, async |site| site.myself().await).await?;
        asked.map(|_| ()).map_err(|error| SyncError::jira(&error, self.context.clock.now()))
    }
}
