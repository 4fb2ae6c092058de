//! Signing a connection in on Jira's consent page: begun here, finished when the browser comes back.

use crate::{
    Engine, SyncError,
    credentials::seal_grant,
    sites::{GRANT_ACCESS, Secrets, application},
};
use chrono::TimeDelta;
use okrsync_connections::{Application, Error, GrantedSite, Place, ProbeReport, Sealed, ServerPolicy, Site, address};
use okrsync_domain::{
    ConnectionId, UserId,
    audit::Note,
    connection::{Connection, ConnectionState},
};
use okrsync_store::{Attempt, ChosenSite, Taken, WebhookKind};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use url::Url;

/// How long the consent page may take.
const LASTS: TimeDelta = TimeDelta::minutes(10);
const TABLE: &str = "authorization_attempts";
const COLUMN: &str = "sealed";

/// Why what a browser brought back is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptProblem {
    /// It was used before, or never begun.
    Unknown,
    /// It took too long.
    Expired,
    /// Another browser began it.
    OtherBrowser,
}

/// How far a sign-in came.
#[derive(Debug)]
pub enum SignedIn {
    /// The connection was tested with what was granted; it works if the report says so.
    Tested(Box<ProbeReport>),
    /// Several sites were granted, and none of them is certainly the connection's: somebody chooses.
    ChooseSite,
}

impl Engine {
    /// Begins to sign a connection in: the consent page to send the browser to. `browser` is what only that browser will
    /// know.
    ///
    /// # Errors
    /// The integration is off, the connection signs in otherwise, or Jira refuses already here.
    pub async fn begin_sign_in(
        &self,
        id: ConnectionId,
        user_id: UserId,
        callback: &Url,
        browser: &SecretString,
    ) -> Result<Url, SyncError> {
        let (connection, secrets) = Box::pin(self.opened(id)).await?;
        let now = self.context.clock.now();
        let (site, application) = self.asker(&connection, &secrets)?;
        let webhook = self.context.store.find_webhook(id).await?;
        let registers = webhook.is_some_and(|webhook| webhook.kind == WebhookKind::Registered);
        let consent = Box::pin(site.ask_consent(&application, callback, registers)).await;
        self.context.sites.account(id).await;
        let consent = consent.map_err(|error| SyncError::jira(&error, now))?;
        let state_hash = hash(&consent.state);
        let place = Place { table: TABLE, row: &state_hash, column: COLUMN };
        let tools = self.context.sites.tools();
        let seal = |secret: &SecretString| tools.keys.seal(secret, place, &tools.random).0;
        let sealed = consent.secret.as_ref().map(seal);
        let attempt = Attempt {
            state_hash,
            connection_id: id,
            user_id,
            browser_hash: hash(browser),
            callback: callback.to_string(),
            sealed,
            expires_at: now + LASTS,
        };
        self.context.store.add_attempt(&attempt, now).await?;
        Ok(consent.url)
    }

    /// Takes the sign-in that a browser comes back from. Once: whatever becomes of it, the next try begins anew.
    ///
    /// # Errors
    /// [`SyncError::Attempt`].
    pub async fn take_sign_in(&self, state: &SecretString, browser: &SecretString) -> Result<Attempt, SyncError> {
        let now = self.context.clock.now();
        match self.context.store.take_attempt(hash(state), hash(browser), now).await? {
            Taken::Attempt(attempt) => Ok(attempt),
            Taken::Unknown => Err(SyncError::Attempt(AttemptProblem::Unknown)),
            Taken::Expired => Err(SyncError::Attempt(AttemptProblem::Expired)),
            Taken::OtherBrowser => Err(SyncError::Attempt(AttemptProblem::OtherBrowser)),
        }
    }

    /// Turns what the browser brought back into a grant, keeps it together with `note`, and tests the connection with it.
    /// Its queries are due then.
    ///
    /// # Errors
    /// Jira refuses, or grants no site at all. What was granted before stays.
    pub async fn finish_sign_in(
        &self,
        attempt: &Attempt,
        state: &SecretString,
        code: &SecretString,
        note: Note,
    ) -> Result<SignedIn, SyncError> {
        let id = attempt.connection_id;
        let (connection, secrets) = Box::pin(self.opened(id)).await?;
        let (site, application) = self.asker(&connection, &secrets)?;
        let granted = Box::pin(self.redeem(attempt, &site, &application, state, code)).await;
        self.context.sites.account(id).await;
        let now = self.context.clock.now();
        let (grant, sites) = granted.map_err(|error| SyncError::jira(&error, now))?;
        let chosen = match sites {
            None => Some(ChosenSite { cloud_id: String::new(), server_url: connection.server_url.clone() }),
            Some(sites) => choose(&connection, &sites),
        };
        let fresh = seal_grant(self.context.sites.tools(), id, &grant, now);
        let chosen_now = chosen.is_some();
        self.context.store.noting(note).save_grant(id, &attempt.callback, fresh, chosen).await?;
        if chosen_now { self.first_test(id).await } else { Ok(SignedIn::ChooseSite) }
    }

    async fn redeem(
        &self,
        attempt: &Attempt,
        site: &Site,
        application: &Application,
        state: &SecretString,
        code: &SecretString,
    ) -> Result<(okrsync_connections::Grant, Option<Vec<GrantedSite>>), Error> {
        let place = Place { table: TABLE, row: &attempt.state_hash, column: COLUMN };
        let keys = &self.context.sites.tools().keys;
        let secret = attempt.sealed.clone().map(|sealed| keys.open(&Sealed(sealed), place)).transpose()?;
        let callback: Url = attempt.callback.parse().map_err(|_| unsound("the callback address"))?;
        let grant = site.redeem(application, &callback, (state, secret.as_ref()), code).await?;
        let sites = site.granted_sites(&grant.access).await?;
        match sites.as_deref() {
            Some([]) => Err(Error::GrantLost { detail: "no site of Jira was chosen on the consent page".to_owned() }),
            _ => Ok((grant, sites)),
        }
    }

    /// The sites to choose from.
    ///
    /// # Errors
    /// [`SyncError::NeedsAuthorization`] without a grant, or Jira does not answer.
    pub async fn granted_sites(&self, id: ConnectionId) -> Result<Vec<GrantedSite>, SyncError> {
        let (connection, secrets) = Box::pin(self.opened(id)).await?;
        let access = secrets.get(GRANT_ACCESS).ok_or(SyncError::NeedsAuthorization)?;
        let (site, _) = self.asker(&connection, &secrets)?;
        let sites = Box::pin(site.granted_sites(access)).await;
        self.context.sites.account(id).await;
        let sites = sites.map_err(|error| SyncError::jira(&error, self.context.clock.now()))?;
        Ok(sites.unwrap_or_default())
    }

    /// Uses a grant for one of its sites, which `note` tells of, and tests the connection. None if the grant does not reach that site.
    ///
    /// # Errors
    /// As [`Engine::granted_sites`].
    pub async fn choose_site(
        &self,
        id: ConnectionId,
        cloud_id: &str,
        note: Note,
    ) -> Result<Option<SignedIn>, SyncError> {
        let sites = Box::pin(self.granted_sites(id)).await?;
        let Some(site) = sites.into_iter().find(|site| site.cloud_id == cloud_id) else { return Ok(None) };
        let url = address::server_url(&site.url, self.context.sites.policy())?;
        let chosen = ChosenSite { cloud_id: site.cloud_id, server_url: address::text(&url) };
        let note = note.after(&serde_json::json!({"cloud_id": chosen.cloud_id, "server_url": chosen.server_url}));
        self.context.store.noting(note).choose_site(id, chosen, self.context.clock.now()).await?;
        self.first_test(id).await.map(Some)
    }

    async fn first_test(&self, id: ConnectionId) -> Result<SignedIn, SyncError> {
        let report = Box::pin(self.test(id)).await?;
        // what was granted may reach further than before
        self.context.store.check_webhook_soon(id, self.context.clock.now()).await?;
        Box::pin(self.look_after_webhooks()).await;
        self.wake();
        Ok(SignedIn::Tested(Box::new(report)))
    }

    /// A connection with its secrets, if Jira may be asked at all.
    async fn opened(&self, id: ConnectionId) -> Result<(Connection, Secrets), SyncError> {
        let connection = self.connection(id).await?;
        if connection.state == ConnectionState::Disabled {
            return Err(SyncError::Disabled);
        }
        let secrets = self.context.sites.secrets(id).await?;
        Ok((connection, secrets))
    }

    /// The connection's site without a sign-in, and as what okrsync is registered there.
    fn asker(&self, connection: &Connection, secrets: &Secrets) -> Result<(Site, Application), SyncError> {
        let made = application(connection, secrets).and_then(|application| {
            let application =
                application.ok_or_else(|| unsound("the kind of sign-in, which needs no consent page,"))?;
            Ok((self.context.sites.asker(connection, secrets)?.impatient(), application))
        });
        made.map_err(|error| SyncError::jira(&error, self.context.clock.now()))
    }
}

fn unsound(what: &str) -> Error {
    Error::Settings { detail: format!("{what} does not fit") }
}

/// The one site that the connection is about: by its id, else by its address. Where that does not tell, somebody chooses.
fn choose(connection: &Connection, sites: &[GrantedSite]) -> Option<ChosenSite> {
    let host = |text: &str| {
        Some(address::server_url(text, &ServerPolicy::default()).ok()?.host_str()?.to_lowercase() + &port(text))
    };
    let by_id = |site: &&GrantedSite| connection.cloud_id.as_ref() == Some(&site.cloud_id);
    let own = host(&connection.server_url);
    let mut by_address = sites.iter().filter(|site| own.is_some() && host(&site.url) == own);
    let found = sites.iter().find(by_id).or_else(|| by_address.next().filter(|_| by_address.next().is_none()))?;
    Some(ChosenSite { cloud_id: found.cloud_id.clone(), server_url: connection.server_url.clone() })
}

fn port(text: &str) -> String {
    address::server_url(text, &ServerPolicy::default())
        .ok()
        .and_then(|url| url.port())
        .map_or_else(String::new, |port| format!(":{port}"))
}

/// SHA-256 in hex: the row of an attempt, too.
fn hash(secret: &SecretString) -> String {
    Sha256::digest(secret.expose_secret().as_bytes()).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a text never fails");
        text
    })
}
