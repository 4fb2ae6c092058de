//! The tokens of what Jira granted: renewed before they end, by one process at a time, and kept before they are used.

use crate::{
    events::{Event, Events},
    lease::insist,
    sites::{self, GRANT_ACCESS, GRANT_RENEWAL, GRANT_TOKENS},
};
use chrono::TimeDelta;
use okrsync_connections::{AccessToken, Application, Error, Grant, KeyRing, Promised, Site, Tokens, Unreachable};
use okrsync_domain::{
    Clock, ConnectionId, Instant, Random,
    connection::{Connection, ConnectionState},
};
use okrsync_store::{FreshGrant, RenewalClaim, RenewalLease, Store, StoreError, StoredGrant};
use secrecy::SecretString;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::Mutex;
use url::Url;

/// A token is renewed so long before its end, or in the last tenth of a shorter life.
const EARLY: TimeDelta = TimeDelta::minutes(5);
/// A token that was renewed within this time and is refused all the same is not helped by another renewal.
const JUST_RENEWED: TimeDelta = TimeDelta::minutes(1);
/// How long the right to renew outlives the request that it is for.
const SPARE: TimeDelta = TimeDelta::seconds(30);
/// How often somebody who waits looks whether another process has finished.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// And how many times: ten seconds.
const LOOKS: u32 = 100;

/// Keeps the tokens of one connection's grant. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Keeper(Arc<Inner>);

struct Inner {
    tools: Tools,
    connection: Connection,
    application: Application,
    /// Asks for tokens; it signs nothing itself.
    asker: Site,
    known: Mutex<Option<Known>>,
}

/// What a keeper works with.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) store: Store,
    pub(crate) keys: KeyRing,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) events: Events,
}

/// The token as it was last read or renewed.
#[derive(Clone)]
struct Known {
    token: AccessToken,
    expires_at: Option<Instant>,
    renewed_at: Instant,
}

impl Known {
    /// Whether it is best renewed before it is used.
    fn is_ending(&self, now: Instant) -> bool {
        let early = |end: Instant| EARLY.min((end - self.renewed_at) / 10);
        self.expires_at.is_some_and(|end| now >= end - early(end))
    }

    fn is_over(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keeper").field(&self.0.connection.id).finish()
    }
}

impl Tokens for Keeper {
    fn current(&self) -> Promised<'_, AccessToken> {
        Box::pin(self.token())
    }

    fn instead_of(&self, token: AccessToken) -> Promised<'_, Option<AccessToken>> {
        Box::pin(self.next(token.serial))
    }
}

impl Keeper {
    pub(crate) fn new(tools: Tools, connection: &Connection, application: Application, asker: Site) -> Self {
        let (connection, known) = (connection.clone(), Mutex::default());
        Self(Arc::new(Inner { tools, connection, application, asker, known }))
    }

    async fn token(&self) -> Result<AccessToken, Error> {
        let mut known = self.0.known.lock().await;
        let present = match known.take() {
            Some(present) => present,
            None => self.0.read().await?,
        };
        let now = self.0.tools.clock.now();
        let next = if present.is_ending(now) {
            match self.renewed(present.token.serial).await {
                Ok(next) => next,
                // Still good: the next request tries again.
                Err(error) if error.is_transient() && !present.is_over(now) => present,
                Err(error) => return Err(error),
            }
        } else {
            present
        };
        Ok(known.insert(next).token.clone())
    }

    /// The token after the one with `refused`, which Jira does not accept, if there is reason to believe in it.
    async fn next(&self, refused: i64) -> Result<Option<AccessToken>, Error> {
        let mut known = self.0.known.lock().await;
        if known.as_ref().is_none_or(|known| known.token.serial == refused) {
            *known = Some(self.0.read().await?);
        }
        let Some(present) = &*known else { return Ok(None) };
        if present.token.serial != refused {
            return Ok(Some(present.token.clone()));
        }
        if self.0.tools.clock.now() - present.renewed_at < JUST_RENEWED {
            return Ok(None);
        }
        let next = self.renewed(refused).await?;
        Ok(Some(known.insert(next).token.clone()))
    }

    /// The grant after the one with `serial`: renewed here, or by whoever is doing it.
    async fn renewed(&self, serial: i64) -> Result<Known, Error> {
        let Inner { tools, connection, .. } = &*self.0;
        // A name for this try alone: one that was given up on may still be under way.
        let worker = format!("{:032x}", u128::from_le_bytes(tools.random.bytes()));
        let lease = RenewalLease { connection_id: connection.id, serial, worker };
        let length = TimeDelta::seconds(connection.timeout_seconds.into()) + SPARE;
        for _ in 0..LOOKS {
            let now = tools.clock.now();
            match tools.store.claim_renewal(&lease, now, now + length).await.map_err(|error| unread(&error))? {
                RenewalClaim::Mine(grant) => return self.renew(lease, grant).await,
                RenewalClaim::Renewed(grant) => return self.0.open(&grant),
                RenewalClaim::Gone => return Err(never_granted()),
                RenewalClaim::Busy => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
        let detail = "another process renews the sign-in and has not finished".to_owned();
        Err(Error::Unreachable { cause: Unreachable::TimedOut, detail })
    }

    /// Renews, on a task of its own: whoever waits for it may be gone before Jira answers, and the answer comes only once.
    async fn renew(&self, lease: RenewalLease, grant: StoredGrant) -> Result<Known, Error> {
        let inner = Arc::clone(&self.0);
        let renewal = tokio::spawn(async move { inner.renew(&lease, &grant).await });
        renewal.await.unwrap_or_else(|error| Err(unread(&StoreError::Internal(error.into()))))
    }
}

impl Inner {
    /// The grant as the store has it.
    async fn read(&self) -> Result<Known, Error> {
        let grant = self.tools.store.find_grant(self.connection.id).await.map_err(|error| unread(&error))?;
        self.open(&grant.ok_or_else(never_granted)?)
    }

    fn open(&self, grant: &StoredGrant) -> Result<Known, Error> {
        let secrets = sites::open(&self.tools.keys, self.connection.id, grant.secrets.clone())?;
        let text = secrets.get(GRANT_ACCESS).cloned().ok_or_else(never_granted)?;
        let token = AccessToken { text, serial: grant.serial };
        Ok(Known { token, expires_at: grant.expires_at, renewed_at: grant.renewed_at })
    }

    async fn renew(&self, lease: &RenewalLease, stored: &StoredGrant) -> Result<Known, Error> {
        match self.ask(stored).await {
            Ok(grant) => self.keep(lease, grant).await,
            Err(error) if error.needs_consent() => {
                self.lose(lease, &error).await;
                Err(error)
            }
            Err(error) => {
                if let Err(error) = self.tools.store.release_renewal(lease).await {
                    tracing::warn!(%error, connection.id = %self.connection.id, "a renewal's lease could not be ended");
                }
                Err(error)
            }
        }
    }

    async fn ask(&self, stored: &StoredGrant) -> Result<Grant, Error> {
        let secrets = sites::open(&self.tools.keys, self.connection.id, stored.secrets.clone())?;
        let grant = Grant {
            access: secrets.get(GRANT_ACCESS).cloned().ok_or_else(never_granted)?,
            renewal: secrets.get(GRANT_RENEWAL).cloned(),
            expires_at: stored.expires_at,
            renewable_until: None,
        };
        let callback: Url = stored
            .callback
            .parse()
            .map_err(|_| Error::Settings { detail: "the stored callback address is unreadable".to_owned() })?;
        self.asker.renew(&self.application, &callback, &grant).await
    }

    /// Keeps what Jira gave; only then may it be used.
    async fn keep(&self, lease: &RenewalLease, grant: Grant) -> Result<Known, Error> {
        let Tools { store, clock, .. } = &self.tools;
        let now = clock.now();
        let fresh = seal_grant(&self.tools, self.connection.id, &grant, now);
        let serial = insist(|| store.record_renewal(lease, fresh.clone())).await.map_err(|error| unread(&error))?;
        let Some(serial) = serial else {
            tracing::error!(connection.id = %self.connection.id, "a renewal came too late and is dropped");
            return Err(unread(&StoreError::Busy("another process has taken the renewal over".to_owned())));
        };
        tracing::debug!(connection.id = %self.connection.id, serial, "the sign-in is renewed");
        let token = AccessToken { text: grant.access, serial };
        Ok(Known { token, expires_at: grant.expires_at, renewed_at: now })
    }

    async fn lose(&self, lease: &RenewalLease, error: &Error) {
        let Tools { store, clock, events, .. } = &self.tools;
        let (id, problem) = (self.connection.id, error.problem(clock.now()));
        tracing::warn!(connection.id = %id, connection.name = %self.connection.name, "the sign-in is over: {error}");
        match insist(|| store.lose_grant(lease, &problem, &GRANT_TOKENS)).await {
            Ok(true) => {
                let state = ConnectionState::NeedsAuthorization;
                events.publish(Event::ConnectionState { connection_id: id, state });
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, connection.id = %id, "a lost sign-in could not be noted"),
        }
    }
}

/// A grant's tokens, sealed for its connection.
pub(crate) fn seal_grant(tools: &Tools, id: ConnectionId, grant: &Grant, at: Instant) -> FreshGrant {
    let seal = |name, secret: &SecretString| sites::seal(&tools.keys, id, name, secret, &tools.random);
    let mut secrets = vec![seal(GRANT_ACCESS, &grant.access)];
    secrets.extend(grant.renewal.as_ref().map(|renewal| seal(GRANT_RENEWAL, renewal)));
    FreshGrant { secrets, expires_at: grant.expires_at, renewable_until: grant.renewable_until, at }
}

fn never_granted() -> Error {
    Error::GrantLost { detail: "there is none".to_owned() }
}

/// The database is in the way, which passes.
fn unread(error: &StoreError) -> Error {
    tracing::warn!(%error, "the tokens of a sign-in cannot be read or kept");
    let detail = "okrsync's own database did not give the sign-in out, or did not keep it".to_owned();
    Error::Unreachable { cause: Unreachable::Reset, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_five_minutes_early_or_in_its_last_tenth() {
        let renewed_at: Instant = "2026-11-20T10:00:00Z".parse().unwrap();
        let after = |seconds| renewed_at + TimeDelta::seconds(seconds);
        for (lasts, ends_early) in [(3600, 3300), (100, 90), (10, 9)] {
            let token = AccessToken { text: "t".into(), serial: 1 };
            let known = Known { token, expires_at: Some(after(lasts)), renewed_at };
            assert!(!known.is_ending(after(ends_early - 1)) && known.is_ending(after(ends_early)), "{lasts}");
            assert!(!known.is_over(after(lasts - 1)) && known.is_over(after(lasts)), "{lasts}");
        }
        let endless = Known { token: AccessToken { text: "t".into(), serial: 1 }, expires_at: None, renewed_at };
        assert!(!endless.is_ending(Instant::MAX_UTC));
    }
}
