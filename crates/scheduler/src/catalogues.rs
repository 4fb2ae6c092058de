//! What each connection's site offers, kept in the store. A catalogue is read when it is first needed, again a day later,
//! and at once when a query names something that it does not know; every pass that needs fields renews those.

use crate::{Engine, SyncError};
use chrono::TimeDelta;
use okrsync_domain::{ConnectionId, Instant, catalogue::Catalogue, connection::Connection};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A catalogue is read again after this time.
const FRESH_FOR: TimeDelta = TimeDelta::hours(24);
/// What it does not know is believed for this time. Nor is a catalogue asked for more often on behalf of people who type.
pub(crate) const BELIEVED_FOR: TimeDelta = TimeDelta::minutes(1);

/// When each catalogue was last asked for, whatever came of it. Holding one keeps others from asking for the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalogues(Arc<Mutex<HashMap<ConnectionId, Arc<Asked>>>>);

type Asked = tokio::sync::Mutex<Option<Instant>>;

impl Catalogues {
    fn asked(&self, id: ConnectionId) -> Arc<Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().clone()
    }
}

impl Engine {
    /// What the connection's site offers: as it was read within the last day, else read now and kept.
    ///
    /// # Errors
    /// [`SyncError::Jira`] where it has to be read and Jira does not give it.
    pub async fn catalogue(&self, id: ConnectionId) -> Result<Catalogue, SyncError> {
        let asked = self.context.catalogues.asked(id);
        let mut asked = asked.lock().await;
        let now = self.context.clock.now();
        match self.context.store.find_catalogue(id).await? {
            Some((catalogue, read_at)) if read_at > now - FRESH_FOR => Ok(catalogue),
            _ => {
                *asked = Some(now);
                let connection = self.connection(id).await?;
                self.read_catalogue(&connection).await
            }
        }
    }

    /// The same for people who type: rather an old catalogue, or none, than an error.
    pub async fn catalogue_if_any(&self, connection: &Connection) -> Result<Option<Catalogue>, SyncError> {
        self.catalogue_within(connection, FRESH_FOR).await
    }

    /// A catalogue that is no older than `age`, if it can be had without asking more often than is decent; else the one
    /// that is kept.
    pub(crate) async fn catalogue_within(
        &self,
        connection: &Connection,
        age: TimeDelta,
    ) -> Result<Option<Catalogue>, SyncError> {
        let asked = self.context.catalogues.asked(connection.id);
        let mut asked = asked.lock().await;
        let (now, kept) = (self.context.clock.now(), self.context.store.find_catalogue(connection.id).await?);
        let fresh = kept.as_ref().is_some_and(|(_, read_at)| *read_at > now - age);
        let just_asked = asked.is_some_and(|at| at > now - BELIEVED_FOR);
        let kept = kept.map(|(catalogue, _)| catalogue);
        if fresh || just_asked || !self.context.store.organisation().await?.jira_enabled {
            return Ok(kept);
        }
        *asked = Some(now);
        match self.read_catalogue(connection).await {
            Ok(catalogue) => Ok(Some(catalogue)),
            Err(SyncError::Store(error)) => Err(error.into()),
            Err(error) => {
                tracing::debug!(%error, connection.id = %connection.id, "the catalogue cannot be read now");
                Ok(kept)
            }
        }
    }

    async fn read_catalogue(&self, connection: &Connection) -> Result<Catalogue, SyncError> {
        let read = Box::pin(self.ask(connection, async |site| site.catalogue().await)).await?;
        let now = self.context.clock.now();
        let catalogue = read.map_err(|error| SyncError::jira(&error, now))?;
        self.context.store.save_catalogue(connection.id, &catalogue, now).await?;
        Ok(catalogue)
    }
}
