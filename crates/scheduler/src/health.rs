//! Testing a connection by hand.

use crate::{
    Engine, SyncError,
    engine::askable,
    error::jira,
    visit::{note_failed, note_ok},
};
use okrsync_connections::{Error, ProbeReport};
use okrsync_domain::{ConnectionId, connection::Connection, connection::ConnectionState};
use okrsync_store::{ConnectionOk, Origin, RefreshScope};

impl Engine {
    /// Tests a stored connection step by step and notes what came out. A good result lifts a pause and makes the
    /// connection's queries due.
    ///
    /// # Errors
    /// No such connection, or one that cannot be asked, also while Jira wants to be left alone. A Jira that does not
    /// answer is a report, not an error.
    pub async fn test(&self, id: ConnectionId) -> Result<ProbeReport, SyncError> {
        let connection = self.context.store.get_connection(id).await?;
        askable(&connection, self.context.clock.now())?;
        let report = self.context.sites.of(&connection).await?.impatient().probe().await;
        self.context.sites.account(id).await;
        if report.first_error == Some(Error::SwitchedOff) {
            return Err(SyncError::Disabled);
        }
        self.note(&connection, &report).await?;
        Ok(report)
    }

    async fn note(&self, connection: &Connection, report: &ProbeReport) -> Result<(), SyncError> {
        let now = self.context.clock.now();
        let Some(error) = report.first_error.as_ref().filter(|_| !report.ok) else {
            let ok = ConnectionOk {
                at: now,
                account: report.account.clone(),
                jira: report.jira.clone(),
                cloud_id: report.cloud_id.clone(),
                via_gateway: Some(report.via_gateway),
            };
            note_ok(&self.context, connection, ok).await;
            return self.recover(connection).await;
        };
        if error.leaves_others_alone() {
            return Ok(()); // the connection is well, but could not be tried to the end
        }
        let problem = jira(error, now);
        let pause = problem.retry_at.or(connection.paused_until.filter(|until| *until > now));
        note_failed(&self.context, connection, &problem, pause).await;
        Ok(())
    }

    /// After trouble, everything of the connection is measured again without waiting for its slot.
    async fn recover(&self, connection: &Connection) -> Result<(), SyncError> {
        let Connection { id, state, paused_until, .. } = connection;
        if *state == ConnectionState::Failing || paused_until.is_some() {
            self.context.store.resume_connection(*id).await?;
            let now = self.context.clock.now();
            self.context.store.request_refresh(RefreshScope::Connection(*id), Origin::Timer, now).await?;
            self.wake();
        }
        Ok(())
    }
}
