//! Testing a connection by hand, and its catalogue.

use crate::{
    Engine, SyncError,
    engine::askable,
    error::jira,
    visit::{note_failed, note_ok},
};
use chrono::TimeDelta;
use okrsync_connections::ProbeReport;
use okrsync_domain::{ConnectionId, catalogue::Catalogue, connection::Connection, connection::ConnectionState};
use okrsync_store::{ConnectionOk, Origin, RefreshScope};

/// A catalogue is read again after this time.
const CATALOGUE_FRESH_FOR: TimeDelta = TimeDelta::hours(24);

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

    /// What the connection's site offers: as it was read within the last day, else read now and kept.
    ///
    /// # Errors
    /// [`SyncError::Jira`] where it has to be read and Jira does not give it.
    pub async fn catalogue(&self, id: ConnectionId) -> Result<Catalogue, SyncError> {
        let now = self.context.clock.now();
        if let Some((catalogue, read_at)) = self.context.store.find_catalogue(id).await?
            && now - read_at < CATALOGUE_FRESH_FOR
        {
            return Ok(catalogue);
        }
        let connection = self.connection(id).await?;
        let read = self.ask(&connection, async |site| site.catalogue().await).await?;
        let catalogue = read.map_err(|error| SyncError::jira(&error, now))?;
        self.context.store.save_catalogue(id, &catalogue, now).await?;
        Ok(catalogue)
    }
}
