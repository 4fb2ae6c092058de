//! The sites of the installation, opened once per version of their connection: everybody who asks one Jira shares its
//! limits, its pauses and its meter.

use crate::{
    SyncConfig, SyncError,
    credentials::{Keeper, Tools},
    gate::{Gate, Promise},
};
use okrsync_connections::{
    Application, Credential, Error, Granted, KeyRing, Place, Retry, Sealed, ServerPolicy, Site, SiteConfig, address,
    oauth1,
};
use okrsync_domain::{
    ConnectionId, Invalid, Random,
    connection::{AuthKind, Connection, ConnectionState, Sharing},
};
use okrsync_store::SealedSecret;
use secrecy::SecretString;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Name of the secret that signs in: an API token or a personal access token.
pub const TOKEN: &str = "token";
/// Name of the secret of an OAuth 2.0 client.
pub const CLIENT_SECRET: &str = "client_secret";
/// Name of the secret that is the private key of an OAuth 1.0a application link.
pub const PRIVATE_KEY: &str = "private_key";
/// Names of the secrets that are the tokens of a grant. They come and go by themselves.
pub const GRANT_TOKENS: [&str; 2] = [GRANT_ACCESS, GRANT_RENEWAL];
pub(crate) const GRANT_ACCESS: &str = "grant:access";
pub(crate) const GRANT_RENEWAL: &str = "grant:renewal";
const TABLE: &str = "connection_secrets";

/// Opened secrets of a connection by name.
pub type Secrets = BTreeMap<String, SecretString>;

/// Name of the secret that is the value of an extra header.
///
/// ```
/// assert_eq!(okrsync_scheduler::sites::header_secret("X-Proxy-Key"), "header:X-Proxy-Key");
/// ```
pub fn header_secret(header: &str) -> String {
    format!("header:{header}")
}

/// Seals a connection's secret for the store, bound to its connection and name.
pub fn seal(
    keys: &KeyRing,
    connection: ConnectionId,
    name: &str,
    secret: &SecretString,
    random: &Random,
) -> SealedSecret {
    let Sealed(sealed) = keys.seal(secret, Place { table: TABLE, row: &connection.to_string(), column: name }, random);
    SealedSecret { name: name.to_owned(), sealed }
}

/// Opens a connection's sealed secrets.
///
/// # Errors
/// [`Error::KeyUnknown`] or [`Error::SealBroken`].
pub fn open(keys: &KeyRing, connection: ConnectionId, sealed: Vec<SealedSecret>) -> Result<Secrets, Error> {
    let row = connection.to_string();
    let open = |secret: SealedSecret| {
        let opened = keys.open(&Sealed(secret.sealed), Place { table: TABLE, row: &row, column: &secret.name })?;
        Ok((secret.name, opened))
    };
    sealed.into_iter().map(open).collect()
}

/// How to speak to a connection's Jira.
///
/// # Errors
/// [`Error::Settings`] where an address is unsound or a secret is missing.
pub fn site_config(
    connection: &Connection,
    secrets: &Secrets,
    policy: &ServerPolicy,
    retry: Retry,
) -> Result<SiteConfig, Error> {
    // The policy itself is asked by the client, which names it as the reason.
    let sound = ServerPolicy::default();
    let unsound = |invalid: Invalid| Error::Settings { detail: invalid.detail };
    let url = |text: &str| address::server_url(text, &sound).map_err(unsound);
    let proxy = |text: &str| address::proxy_url(text, &sound).map_err(unsound);
    let header = |name: &String| secret(secrets, &header_secret(name)).map(|value| (name.clone(), value));
    Ok(SiteConfig {
        headers: connection.header_names.iter().map(header).collect::<Result<_, _>>()?,
        gateway_url: connection.gateway_url.as_deref().map(url).transpose()?,
        auth_url: connection.auth_url.as_deref().map(url).transpose()?,
        cloud_id: connection.cloud_id.clone(),
        via_gateway: connection.via_gateway,
        ca_pem: connection.ca_pem.clone(),
        proxy_url: connection.proxy_url.as_deref().map(proxy).transpose()?,
        policy: policy.clone(),
        timeout: Duration::from_secs(connection.timeout_seconds.max(1).into()),
        concurrency: usize::try_from(connection.concurrency.max(1)).unwrap_or(1),
        expected_account: connection.account.as_ref().map(|account| account.id.clone()),
        retry,
        ..SiteConfig::new(url(&connection.server_url)?, connection.deployment, credential(connection, secrets)?)
    })
}

fn credential(connection: &Connection, secrets: &Secrets) -> Result<Credential, Error> {
    match connection.auth_kind {
        AuthKind::ApiToken => {
            let email = connection.auth_email.clone().ok_or_else(|| missing("the e-mail address"))?;
            Ok(Credential::ApiToken { email, token: secret(secrets, TOKEN)? })
        }
        AuthKind::PersonalAccessToken => Ok(Credential::PersonalAccessToken { token: secret(secrets, TOKEN)? }),
        AuthKind::Oauth2 | AuthKind::Oauth1 => Ok(Credential::Nobody), // until there is somebody who keeps the grant
    }
}

/// As what okrsync is registered at the connection's site; none for kinds of sign-in that need no consent page.
pub(crate) fn application(connection: &Connection, secrets: &Secrets) -> Result<Option<Application>, Error> {
    let client = || connection.auth_client.clone().ok_or_else(|| missing("the client id or consumer key"));
    Ok(match connection.auth_kind {
        AuthKind::ApiToken | AuthKind::PersonalAccessToken => None,
        AuthKind::Oauth2 => {
            Some(Application::Oauth2 { client_id: client()?, client_secret: secret(secrets, CLIENT_SECRET)? })
        }
        AuthKind::Oauth1 => {
            let key = oauth1::Key::from_pem(&secret(secrets, PRIVATE_KEY)?)?;
            Some(Application::Oauth1 { consumer_key: client()?, key })
        }
    })
}

fn secret(secrets: &Secrets, name: &str) -> Result<SecretString, Error> {
    secrets.get(name).cloned().ok_or_else(|| missing(&format!("the secret `{name}`")))
}

fn missing(what: &str) -> Error {
    Error::Settings { detail: format!("{what} is missing from the connection") }
}

/// All opened sites. Clones are the same ones.
#[derive(Clone)]
pub struct Sites {
    tools: Tools,
    retry: Retry,
    policy: ServerPolicy,
    gate: Gate,
    open: Arc<Mutex<HashMap<ConnectionId, Opened>>>,
}

/// A site with what it was opened from.
#[derive(Clone)]
struct Opened {
    version: i64,
    from: Settings,
    site: Site,
}

/// All that a site is opened from. An edit of anything else, such as the name, leaves the site and its limits alone.
#[derive(Clone, PartialEq, Eq)]
struct Settings {
    connection: Connection,
    sealed: Vec<(String, String)>,
}

impl Settings {
    fn of(connection: &Connection, sealed: &[SealedSecret]) -> Self {
        let mut connection = connection.clone();
        connection.name = String::new();
        connection.sharing = Sharing::Private;
        connection.budget_per_hour = 0;
        connection.story_points_fields = Vec::new();
        connection.show_titles_to_viewers = false;
        connection.state = ConnectionState::Ok;
        connection.jira = None;
        (connection.last_ok_at, connection.last_error, connection.paused_until) = (None, None, None);
        (connection.failures, connection.version, connection.secret_expires_at) = (0, 0, None);
        // Found out by asking: a site learns it by itself.
        connection.account = None;
        let stays = |secret: &&SealedSecret| !GRANT_TOKENS.contains(&secret.name.as_str());
        let sealed = sealed.iter().filter(stays);
        let mut sealed: Vec<_> = sealed.map(|secret| (secret.name.clone(), secret.sealed.clone())).collect();
        sealed.sort();
        Self { connection, sealed }
    }

    /// What the probe may find between two edits.
    fn is_way_of(&self, connection: &Connection) -> bool {
        self.connection.via_gateway == connection.via_gateway && self.connection.cloud_id == connection.cloud_id
    }
}

impl std::fmt::Debug for Sites {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sites").finish_non_exhaustive()
    }
}

impl Sites {
    pub(crate) fn new(tools: Tools, config: &SyncConfig, policy: ServerPolicy, gate: Gate) -> Self {
        Self { tools, retry: config.retry(), policy, gate, open: Arc::default() }
    }

    /// Which servers may be called.
    pub fn policy(&self) -> &ServerPolicy {
        &self.policy
    }

    pub(crate) fn tools(&self) -> &Tools {
        &self.tools
    }

    /// The public half of the key pair of a connection that signs in by OAuth 1.0a, in PEM.
    ///
    /// # Errors
    /// The database, or a key that this installation cannot open.
    pub async fn public_key(&self, connection: &Connection) -> Result<Option<String>, SyncError> {
        if connection.auth_kind != AuthKind::Oauth1 {
            return Ok(None);
        }
        let secrets = self.secrets(connection.id).await?;
        let key = secrets.get(PRIVATE_KEY).map(oauth1::Key::from_pem).transpose();
        let key = key.map_err(|error| SyncError::jira(&error, self.tools.clock.now()))?;
        Ok(key.map(|key| key.public_pem()))
    }

    /// A connection's secrets, opened.
    pub(crate) async fn secrets(&self, id: ConnectionId) -> Result<Secrets, SyncError> {
        let sealed = self.tools.store.sealed_secrets(id).await?;
        open(&self.tools.keys, id, sealed).map_err(|error| SyncError::jira(&error, self.tools.clock.now()))
    }

    /// The site of a connection, ready to be asked.
    ///
    /// # Errors
    /// No such connection, switched off, not signed in, or secrets that this installation's key does not open.
    pub async fn site(&self, id: ConnectionId) -> Result<Site, SyncError> {
        let connection = self.tools.store.get_connection(id).await?;
        self.of(&connection).await
    }

    /// The site of a connection that has just been read.
    ///
    /// # Errors
    /// As [`Sites::site`].
    pub async fn of(&self, connection: &Connection) -> Result<Site, SyncError> {
        match connection.state {
            ConnectionState::Disabled => return Err(SyncError::Disabled),
            ConnectionState::NeedsAuthorization => return Err(SyncError::NeedsAuthorization),
            ConnectionState::Untested | ConnectionState::Ok | ConnectionState::Failing => {}
        }
        if let Some(site) = self.find(connection) {
            return Ok(site);
        }
        let sealed = self.tools.store.sealed_secrets(connection.id).await?;
        let settings = Settings::of(connection, &sealed);
        if let Some(site) = self.find_same(connection, &settings) {
            return Ok(site);
        }
        let opened = open(&self.tools.keys, connection.id, sealed)
            .and_then(|secrets| self.site_of(connection, &secrets, Some(connection.id)))
            .map_err(|error| SyncError::jira(&error, self.tools.clock.now()))?;
        Ok(self.keep(connection, settings, opened))
    }

    /// A site from settings that are not stored yet: for a test before saving.
    ///
    /// # Errors
    /// Settings that no request can be made of.
    pub fn unstored(&self, connection: &Connection, secrets: &Secrets) -> Result<Site, Error> {
        self.site_of(connection, secrets, None)
    }

    fn site_of(
        &self,
        connection: &Connection,
        secrets: &Secrets,
        account: Option<ConnectionId>,
    ) -> Result<Site, Error> {
        let config = self.config(connection, secrets, account)?;
        let site = self.begin(connection.id, config.clone())?;
        let Some(application) = application(connection, secrets)? else { return Ok(site) };
        let keeper = Keeper::new(self.tools.clone(), connection, application.clone(), site.clone());
        let credential = Credential::Granted(Granted { application, tokens: Arc::new(keeper) });
        site.reopen(SiteConfig { credential, ..config })
    }

    fn config(
        &self,
        connection: &Connection,
        secrets: &Secrets,
        account: Option<ConnectionId>,
    ) -> Result<SiteConfig, Error> {
        let config = site_config(connection, secrets, &self.policy, self.retry)?;
        Ok(SiteConfig { admission: Some(self.gate.passage(account)), ..config })
    }

    /// A connection's site without what was granted on a consent page: for asking to be granted it.
    pub(crate) fn asker(&self, connection: &Connection, secrets: &Secrets) -> Result<Site, Error> {
        self.begin(connection.id, self.config(connection, secrets, Some(connection.id))?)
    }

    /// A site with these settings. Where the connection is asked already, limits, waits and meter go on.
    fn begin(&self, id: ConnectionId, config: SiteConfig) -> Result<Site, Error> {
        let before = {
            let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.get(&id).map(|opened| opened.site.clone())
        };
        match before {
            Some(site) => site.reopen(config),
            None => Site::open(config, self.tools.clock.clone(), self.tools.random.clone()),
        }
    }

    fn find(&self, connection: &Connection) -> Option<Site> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |opened: &&Opened| opened.version == connection.version && opened.from.is_way_of(connection);
        open.get(&connection.id).filter(same).map(|opened| opened.site.clone())
    }

    /// The open site, if an edit changed nothing that it was opened from.
    fn find_same(&self, connection: &Connection, settings: &Settings) -> Option<Site> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = open.get_mut(&connection.id).filter(|opened| opened.from == *settings)?;
        opened.version = connection.version;
        Some(opened.site.clone())
    }

    /// Keeps the site, unless somebody else opened the same meanwhile: then theirs is the one.
    fn keep(&self, connection: &Connection, from: Settings, site: Site) -> Site {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Opened { version: connection.version, from, site };
        let kept = open.entry(connection.id).or_insert_with(|| fresh.clone());
        if kept.from != fresh.from {
            *kept = fresh;
        }
        kept.site.clone()
    }

    /// Has room in a connection's budget for a listing ([`Gate::promise`]).
    pub(crate) async fn promise(&self, id: ConnectionId, needed: u64) -> Result<Promise, Error> {
        self.gate.promise(id, needed).await
    }

    /// Puts the requests that were sent since the last call on the connection's account; their number.
    pub(crate) async fn account(&self, id: ConnectionId) -> u64 {
        self.gate.account(id).await
    }
}
