//! What every part of the engine works with.

use crate::{SyncConfig, catalogues::Catalogues, events::Events, replicas::Outbox, sites::Sites, waker::Waker};
use okrsync_domain::{Clock, Random};
use okrsync_store::Store;

/// The engine's tools. One per engine, shared by everything it does.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) config: SyncConfig,
    pub(crate) sites: Sites,
    pub(crate) catalogues: Catalogues,
    pub(crate) events: Events,
    pub(crate) waker: Waker,
    /// What other processes on the database are told.
    pub(crate) outbox: Outbox,
}
