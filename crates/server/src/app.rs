//! Everything that a request may touch, in one cheap clone.

use crate::{
    auth::oidc::Provider,
    config::{ConfigError, Settings},
    error::ApiResult,
    reached::KnownStretches,
    trends::KnownTrends,
};
use okrsync_connections::KeyRing;
use okrsync_domain::{
    Clock, Date, Instant, Random, RefreshId,
    audit::{Actor, Note, Subject},
    organisation::Organisation,
    refresh::Refresh,
};
use okrsync_scheduler::Engine;
use okrsync_store::{Options, Store, StoreError};
use secrecy::ExposeSecret as _;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Why okrsync cannot start or has to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Settings: mend them.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database cannot be opened.
    #[error("the database cannot be used: {0}")]
    Store(#[from] StoreError),
    /// The engine that asks Jira stopped.
    #[error("the refresh of links stopped: {0}")]
    Engine(#[from] okrsync_scheduler::SyncError),
    /// Single sign-on: mend the settings.
    #[error("single sign-on cannot be used: {0}")]
    SingleSignOn(String),
    /// People.
    #[error("the first sign-in cannot be prepared: {0}")]
    Accounts(#[from] crate::accounts::AccountError),
    /// The network.
    #[error("requests cannot be answered: {0}")]
    Io(#[from] std::io::Error),
}

/// Everything that a request may touch. Clones share it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    settings: Settings,
    store: Store,
    engine: Engine,
    keys: KeyRing,
    clock: Clock,
    random: Random,
    provider: Option<Provider>,
    trends: KnownTrends,
    stretches: KnownStretches,
    closing: CancellationToken,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Settings {
    /// Opens the database, brings it up to date unless told not to, and makes the data directory where it lies there.
    pub async fn open_store(&self, random: &Random) -> Result<Store, Error> {
        if self.is_embedded() {
            self.make_data_dir()?;
        }
        let options = Options {
            database_ca: self.database_ca.clone(),
            migrate: self.migrate,
            period_minutes: self.sync.period_minutes,
            ..Options::new(random.clone())
        };
        Ok(Store::open(self.database_url.expose_secret(), options).await?)
    }
}

impl App {
    /// Opens the database and the key; nothing runs yet.
    pub async fn open(settings: Settings, clock: Clock, random: Random) -> Result<Self, Error> {
        // The recorder comes first: what is counted before it is lost.
        let _ = crate::telemetry::recorder();
        let store = settings.open_store(&random).await?;
        let keys = settings.key_ring(&random)?;
        let (policy, sync) = (settings.connections.policy()?, settings.sync.clone());
        let engine = Engine::new(store.clone(), keys.clone(), clock.clone(), random.clone(), sync, policy);
        let provider = Provider::open(&settings.oidc).map_err(Error::SingleSignOn)?;
        let closing = CancellationToken::new();
        let (trends, stretches) = (KnownTrends::default(), KnownStretches::default());
        let inner = Inner { settings, store, engine, keys, clock, random, provider, trends, stretches, closing };
        Ok(Self(Arc::new(inner)))
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// What asks Jira.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The key that seals secrets.
    pub fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The source of ids and tokens.
    pub fn random(&self) -> &Random {
        &self.0.random
    }

    /// The single sign-on provider, where there is one.
    pub(crate) fn provider(&self) -> Option<&Provider> {
        self.0.provider.as_ref()
    }

    /// Now.
    pub(crate) fn now(&self) -> Instant {
        self.0.clock.now()
    }

    /// A note for the audit log about what somebody does now: `action` is a kind of thing and a verb.
    pub(crate) fn note(&self, actor: Actor, action: &str, subject: impl Into<Subject>) -> Note {
        let (action, subject) = (action.to_owned(), subject.into());
        Note { at: self.now(), actor, action, subject, before: None, after: None }
    }

    /// The ways of OKRs, as far as they are known.
    pub(crate) fn trends(&self) -> &KnownTrends {
        &self.0.trends
    }

    /// Since when achieved OKRs are at 100 %, as far as that is known.
    pub(crate) fn stretches(&self) -> &KnownStretches {
        &self.0.stretches
    }

    /// Cancelled when no more requests are taken: what would go on for ever ends then.
    pub(crate) fn closing(&self) -> &CancellationToken {
        &self.0.closing
    }

    /// Waits until a refresh has ended, no longer than `at_most` and not beyond the end of the service.
    pub(crate) async fn wait(&self, id: RefreshId, at_most: Duration) -> ApiResult<Option<Refresh>> {
        tokio::select! {
            waited = self.engine().wait(id, at_most) => Ok(waited?),
            () = self.0.closing.cancelled() => Ok(self.store().find_refresh(id).await?),
        }
    }

    /// The organisation, and the day it is there.
    pub(crate) async fn today(&self) -> ApiResult<(Organisation, Date)> {
        let organisation = self.store().organisation().await?;
        let today = organisation.today(self.now());
        Ok((organisation, today))
    }
}
