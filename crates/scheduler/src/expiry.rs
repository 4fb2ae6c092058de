//! Says once for each threshold that a connection's secret is about to stop working: in the log, and to pages that listen.

use crate::{Engine, events::Event};
use okrsync_domain::ConnectionId;
use okrsync_store::Page;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The threshold in days that was last told of each connection. A new process tells again.
pub(crate) type Told = Arc<Mutex<HashMap<ConnectionId, i64>>>;

impl Engine {
    /// Looks at all connections and tells of those that came under another threshold.
    pub(crate) async fn tell_of_expiry(&self) {
        let now = self.context.clock.now();
        let connections = match self.context.store.connections(None, now, Page::all()).await {
            Ok(connections) => connections.items,
            Err(error) => return tracing::warn!(%error, "the ends of secrets could not be looked at"),
        };
        for overview in connections {
            let connection = overview.connection;
            if !self.is_news(connection.id, connection.expiry_threshold(now)) {
                continue;
            }
            if let Some(warning) = connection.expiry_warning(now) {
                tracing::warn!(
                    connection.id = %connection.id, connection.name = %connection.name, code = warning.code.as_str(),
                    "{} {}", warning.message, warning.hint
                );
            }
            let (connection_id, state) = (connection.id, connection.state);
            self.context.events.publish(Event::ConnectionState { connection_id, state });
        }
    }

    fn is_news(&self, id: ConnectionId, threshold: Option<i64>) -> bool {
        let mut told = self.told_expiry.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match threshold {
            Some(threshold) => told.insert(id, threshold),
            None => told.remove(&id),
        };
        before != threshold
    }
}
