//! Sessions of browsers: a random id in a cookie, everything else in the database.
//!
//! A session ends when it has not been used for a while, at the latest some time after the sign-in, when its person ends
//! it, changes their password, or may no longer sign in.

use crate::{
    app::App,
    error::{ApiError, ApiResult},
};
use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta};
use okrsync_domain::{
    Instant, SessionId, UserId,
    audit::{Actor, Via},
    person::User,
};
use okrsync_store::{SessionOwner, Store, StoreError, StoredSession};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store,
};

/// Name of the cookie.
pub(crate) const COOKIE: &str = "okrsync_session";
const USER: &str = "user_id";
const CSRF: &str = "csrf";
const SEEN: &str = "seen_on";
const HANDLE: &str = "handle";
const BEGAN: &str = "began_at";
const AGENT: &str = "agent";
/// Most characters that are kept of what a browser calls itself.
const LONGEST_AGENT: usize = 200;

/// The layer that reads and writes the cookie.
pub(crate) fn layer(app: &App) -> SessionManagerLayer<StoredSessions> {
    let web = &app.settings().web;
    let (idle, most) = (i64::from(web.session_days), i64::from(web.session_max_days));
    let sessions = StoredSessions { app: app.clone(), idle: TimeDelta::days(idle), most: TimeDelta::days(most) };
    SessionManagerLayer::new(sessions)
        .with_name(COOKIE)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(app.settings().is_https())
        .with_expiry(Expiry::OnInactivity(time::Duration::days(idle)))
}

/// Begins a session for somebody who has just proved who they are. The id changes, so that one that was planted before
/// is worth nothing.
pub(crate) async fn begin(app: &App, session: &Session, user: &User, headers: &HeaderMap, via: Via) -> ApiResult<()> {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().take(LONGEST_AGENT).collect();
    let now = app.now();
    let fill = async {
        session.clear().await;
        session.cycle_id().await?;
        session.insert(USER, user.id).await?;
        session.insert(HANDLE, app.random().id::<SessionId>(now)).await?;
        session.insert(BEGAN, now).await?;
        session.insert(AGENT, agent).await?;
        session.insert(CSRF, hex::encode(app.random().bytes::<16>())).await?;
        session.insert(SEEN, now.date_naive()).await
    };
    fill.await.map_err(ApiError::internal)?;
    let note = app.note(Actor::person(user, via), "session.begin", user);
    Ok(app.store().add_note(note).await?)
}

/// Ends a session; without one nothing happens.
pub(crate) async fn end(app: &App, session: &Session) -> ApiResult<()> {
    let id = user(app, session).await.map_err(ApiError::internal)?;
    session.flush().await.map_err(ApiError::internal)?;
    if let Some(id) = id {
        let user = app.store().get_user(id).await?;
        app.store().add_note(app.note(Actor::person(&user, Via::Session), "session.end", &user)).await?;
    }
    Ok(())
}

/// The person of a session. Once a day the session is written anew, so that it lasts from its last use.
pub(crate) async fn user(app: &App, session: &Session) -> Result<Option<UserId>, tower_sessions::session::Error> {
    let Some(user) = session.get::<UserId>(USER).await? else { return Ok(None) };
    let today = app.now().date_naive();
    if session.get(SEEN).await? != Some(today) {
        session.insert(SEEN, today).await?;
    }
    Ok(Some(user))
}

/// What lists call the session.
pub(crate) async fn handle(session: &Session) -> Result<Option<SessionId>, tower_sessions::session::Error> {
    session.get(HANDLE).await
}

/// The token that forms of the session carry; empty without a session.
pub(crate) async fn csrf(session: &Session) -> Result<String, tower_sessions::session::Error> {
    Ok(session.get(CSRF).await?.unwrap_or_default())
}

/// Sessions in okrsync's own database, under the hash of their id: who reads the database cannot take one over.
#[derive(Debug, Clone)]
pub(crate) struct StoredSessions {
    app: App,
    /// How long one lasts without being used.
    idle: TimeDelta,
    /// How long one lasts at most.
    most: TimeDelta,
}

impl StoredSessions {
    fn store(&self) -> &Store {
        self.app.store()
    }

    /// By okrsync's own clock, so that a test that turns it sees sessions end.
    fn stored(&self, record: &Record) -> session_store::Result<StoredSession> {
        let data = serde_json::to_string(&record.data);
        let data = data.map_err(|error| session_store::Error::Encode(error.to_string()))?;
        let (owner, idle_end) = (owner(record, self.app.now()), self.app.now() + self.idle);
        let expires_at = owner.as_ref().map_or(idle_end, |owner| idle_end.min(owner.began_at + self.most));
        Ok(StoredSession { id: key(record.id), data, expires_at, owner })
    }
}

/// Whose the session is, as far as somebody has signed in.
fn owner(record: &Record, seen_at: Instant) -> Option<SessionOwner> {
    fn field<T: DeserializeOwned>(record: &Record, name: &str) -> Option<T> {
        serde_json::from_value(record.data.get(name)?.clone()).ok()
    }
    Some(SessionOwner {
        user_id: field(record, USER)?,
        handle: field(record, HANDLE)?,
        began_at: field(record, BEGAN)?,
        seen_at,
        agent: field(record, AGENT)?,
    })
}

fn key(id: Id) -> String {
    hex::encode(Sha256::digest(id.to_string()))
}

fn failed(error: &StoreError) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

/// The library's own time type; the cookie's age is counted from the layer's setting.
fn moment(at: Instant) -> OffsetDateTime {
    let seconds = DateTime::timestamp(&at);
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[async_trait::async_trait]
impl SessionStore for StoredSessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        while !self.store().create_session(self.stored(record)?).await.map_err(|error| failed(&error))? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.store().save_session(self.stored(record)?).await.map_err(|error| failed(&error))
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let Some(stored) =
            self.store().load_session(&key(*id), self.app.now()).await.map_err(|error| failed(&error))?
        else {
            return Ok(None);
        };
        let data = serde_json::from_str(&stored.data);
        let data = data.map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: moment(stored.expires_at) }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.store().delete_session(&key(*id)).await.map_err(|error| failed(&error))
    }
}
