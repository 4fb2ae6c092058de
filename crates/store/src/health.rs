//! How connections fare: proved answers, trouble, pauses. Apart from the configuration, so that no edit is disturbed.

use crate::{
    Store,
    connections::CONNECTION,
    error::StoreError,
    pool::{Db, on},
    row::{Row, word},
    schema::{connection_health, connections},
    sql_types::{Json, Ts},
};
use diesel::prelude::*;
use okrsync_domain::{
    ConnectionId, Instant, Problem,
    connection::{Account, ConnectionState, JiraInfo},
    health::HealthNews,
};

/// What a proved answer taught; `None` keeps what is known.
#[derive(Debug, Clone)]
pub struct ConnectionOk {
    /// When it came.
    pub at: Instant,
    /// Whom Jira took us for.
    pub account: Option<Account>,
    /// What answered.
    pub jira: Option<JiraInfo>,
    /// The site's cloud id.
    pub cloud_id: Option<String>,
    /// Whether requests go through the gateway.
    pub via_gateway: Option<bool>,
}

#[derive(AsChangeset)]
#[diesel(table_name = connection_health)]
struct Learnt {
    account: Option<Json>,
    jira: Option<Json>,
    via_gateway: Option<bool>,
}

/// A connection's state before and after news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateChange {
    /// Before.
    pub before: ConnectionState,
    /// After.
    pub after: ConnectionState,
}

impl StateChange {
    /// Whether there is anything to announce.
    pub fn is_change(self) -> bool {
        self.before != self.after
    }
}

/// What news make of a connection's state.
fn change(db: &mut Db, id: ConnectionId, news: HealthNews) -> Result<StateChange, StoreError> {
    let key = id.to_string();
    let query = connection_health::table.find(key.clone()).select(connection_health::state);
    let state: Option<String> = on!(db, |c| query.first(c).optional())?;
    let state = state.ok_or_else(|| StoreError::not_found(CONNECTION, &id))?;
    let before: ConnectionState = Row { table: "connection_health", key: &key }.word("state", &state)?;
    Ok(StateChange { before, after: before.after(news) })
}

/// Notes news inside somebody's transaction.
pub(crate) fn hear(db: &mut Db, id: ConnectionId, news: HealthNews) -> Result<StateChange, StoreError> {
    let change = change(db, id, news)?;
    let row = connection_health::table.find(id.to_string());
    on!(db, |c| diesel::update(row).set(connection_health::state.eq(word(&change.after))).execute(c))?;
    Ok(change)
}

/// Whoever answers next is the account from then on.
pub(crate) fn forget_account(db: &mut Db, id: ConnectionId) -> Result<(), StoreError> {
    let row = connection_health::table.find(id.to_string());
    on!(db, |c| diesel::update(row).set(connection_health::account.eq(None::<Json>)).execute(c))?;
    Ok(())
}

/// Forgets trouble that is over, or was somebody else's, with every pause.
pub(crate) fn forget_trouble(db: &mut Db, id: ConnectionId) -> Result<(), StoreError> {
    let row = connection_health::table.find(id.to_string());
    let nothing = (
        connection_health::last_error.eq(None::<Json>),
        connection_health::failures.eq(0),
        connection_health::paused_until.eq(None::<Ts>),
        connection_health::retry_at.eq(None::<Ts>),
    );
    on!(db, |c| diesel::update(row).set(nothing).execute(c))?;
    Ok(())
}

/// Ends our own pause; one that Jira asked for stays.
pub(crate) fn clear_pause(db: &mut Db, id: ConnectionId) -> Result<(), StoreError> {
    let row = connection_health::table.find(id.to_string());
    on!(db, |c| diesel::update(row).set(connection_health::paused_until.eq(None::<Ts>)).execute(c))?;
    Ok(())
}

impl Store {
    /// Notes a proved answer: trouble and pause are over. Tells the change, so that it can be announced.
    pub async fn connection_ok(&self, id: ConnectionId, news: ConnectionOk) -> Result<StateChange, StoreError> {
        self.write(move |db| {
            let change = change(db, id, HealthNews::Answered)?;
            let row = connection_health::table.find(id.to_string());
            let well = (
                connection_health::state.eq(word(&change.after)),
                connection_health::last_ok_at.eq(Some(Ts(news.at))),
                connection_health::last_error.eq(None::<Json>),
                connection_health::failures.eq(0),
                connection_health::paused_until.eq(None::<Ts>),
                connection_health::retry_at.eq(None::<Ts>),
            );
            let learnt = Learnt {
                account: news.account.as_ref().map(Json::of),
                jira: news.jira.as_ref().map(Json::of),
                via_gateway: news.via_gateway,
            };
            on!(&mut *db, |c| diesel::update(row).set((well, learnt)).execute(c))?;
            if let Some(cloud_id) = news.cloud_id {
                let row = connections::table.find(id.to_string());
                on!(db, |c| diesel::update(row).set(connections::cloud_id.eq(Some(cloud_id))).execute(c))?;
            }
            Ok(change)
        })
        .await
    }

    /// Notes trouble, and until when we hold back by ourselves; `problem.retry_at` is what Jira, or the budget, asks for.
    /// Tells the change.
    pub async fn connection_failed(
        &self,
        id: ConnectionId,
        problem: &Problem,
        paused_until: Option<Instant>,
    ) -> Result<StateChange, StoreError> {
        let problem = problem.clone();
        self.write(move |db| {
            let change = change(db, id, HealthNews::Failed(problem.code))?;
            let row = connection_health::table.find(id.to_string());
            let trouble = (
                connection_health::state.eq(word(&change.after)),
                connection_health::last_error.eq(Some(Json::of(&problem))),
                connection_health::failures.eq(connection_health::failures + 1),
                connection_health::paused_until.eq(paused_until.map(Ts)),
                connection_health::retry_at.eq(problem.retry_at.map(Ts)),
            );
            on!(db, |c| diesel::update(row).set(trouble).execute(c))?;
            Ok(change)
        })
        .await
    }

    /// Ends our own pause, because a person asked.
    pub async fn resume_connection(&self, id: ConnectionId) -> Result<(), StoreError> {
        self.write(move |db| clear_pause(db, id)).await
    }

    /// Tells a connection something that changes its state and nothing else.
    pub async fn connection_news(&self, id: ConnectionId, news: HealthNews) -> Result<StateChange, StoreError> {
        self.write(move |db| hear(db, id, news)).await
    }
}
