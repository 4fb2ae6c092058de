//! Asking Jira on behalf of a person who waits: not while the integration is off or Jira wants to be left alone, without
//! retries, and not for long.

use crate::{Engine, SyncError, engine::askable};
use okrsync_connections::{Error, Site, Unreachable};
use okrsync_domain::{ConnectionId, connection::Connection};
use std::time::Duration;

/// A person does not wait longer for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

impl Engine {
    /// A connection, if Jira may be asked at all.
    pub(crate) async fn connection(&self, id: ConnectionId) -> Result<Connection, SyncError> {
        if !self.context.store.organisation().await?.jira_enabled {
            return Err(SyncError::Disabled);
        }
        Ok(self.context.store.get_connection(id).await?)
    }

    /// Has a connection's site answer a question, and puts the requests on its account.
    pub(crate) async fn ask<T>(
        &self,
        connection: &Connection,
        question: impl AsyncFnOnce(Site) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, SyncError> {
        askable(connection, self.context.clock.now())?;
        let site = self.context.sites.of(connection).await?.impatient();
        let answer = tokio::time::timeout(PATIENCE, question(site)).await;
        self.context.sites.account(connection.id).await;
        match answer {
            Ok(Err(Error::SwitchedOff)) => Err(SyncError::Disabled),
            Ok(answer) => Ok(answer),
            Err(_) => Ok(Err(too_slow())),
        }
    }
}

fn too_slow() -> Error {
    let detail = format!("no answer within {} seconds", PATIENCE.as_secs());
    Error::Unreachable { cause: Unreachable::TimedOut, detail }
}
