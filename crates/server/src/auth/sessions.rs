//! Sessions of browsers: a random id in a cookie, everything else in the database.

use crate::{
    app::App,
    error::{ApiError, ApiResult},
};
use chrono::{DateTime, TimeDelta};
use okrsync_domain::{
    Instant, UserId,
    audit::{Actor, Via},
    person::User,
};
use okrsync_store::{Store, StoreError};
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

/// The layer that reads and writes the cookie.
pub(crate) fn layer(app: &App) -> SessionManagerLayer<StoredSessions> {
    let days = i64::from(app.settings().web.session_days);
    SessionManagerLayer::new(StoredSessions { app: app.clone(), lasts: TimeDelta::days(days) })
        .with_name(COOKIE)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(app.settings().is_https())
        .with_expiry(Expiry::OnInactivity(time::Duration::days(days)))
}

/// Begins a session for somebody who has just proved who they are. The id changes, so that one that was planted before
/// is worth nothing.
pub(crate) async fn begin(app: &App, session: &Session, user: &User) -> ApiResult<()> {
    let fill = async {
        session.cycle_id().await?;
        session.insert(USER, user.id).await?;
        session.insert(CSRF, hex::encode(app.random().bytes::<16>())).await?;
        session.insert(SEEN, app.now().date_naive()).await
    };
    fill.await.map_err(ApiError::internal)?;
    let note = app.note(Actor::person(user, Via::Session), "session.begin", user);
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

/// The token that forms of the session carry; empty without a session.
pub(crate) async fn csrf(session: &Session) -> Result<String, tower_sessions::session::Error> {
    Ok(session.get(CSRF).await?.unwrap_or_default())
}

/// Sessions in okrsync's own database, under the hash of their id: who reads the database cannot take one over.
#[derive(Debug, Clone)]
pub(crate) struct StoredSessions {
    app: App,
    lasts: TimeDelta,
}

impl StoredSessions {
    fn store(&self) -> &Store {
        self.app.store()
    }

    /// By okrsync's own clock, so that a test that turns it sees sessions end.
    fn ends(&self) -> Instant {
        self.app.now() + self.lasts
    }
}

fn key(id: Id) -> String {
    hex::encode(Sha256::digest(id.to_string()))
}

fn data(record: &Record) -> session_store::Result<String> {
    serde_json::to_string(&record.data).map_err(|error| session_store::Error::Encode(error.to_string()))
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
        while !self
            .store()
            .create_session(&key(record.id), &data(record)?, self.ends())
            .await
            .map_err(|error| failed(&error))?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.store().save_session(&key(record.id), &data(record)?, self.ends()).await.map_err(|error| failed(&error))
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
