//! Connections: what people configure, with the sealed secrets beside it. How they fare is in [`crate::health`].

use crate::{
    Store,
    connection_links::count_links,
    connection_rows::{ConnectionRow, HealthRow},
    error::{StoreError, missing},
    first_sync::{self, FirstSync},
    health, mirror,
    okrs::Viewer,
    page::{Cursor, Page, Slice, behind},
    people::count,
    pool::{Db, on},
    queries,
    row::word,
    schema::{connection_health, connections, request_usage},
    secrets::{self, SealedSecret, SecretChanges},
    sql_types::{Dec, Exact, Ts},
    turns, waits,
    webhooks::{self, Webhook},
};
use diesel::prelude::*;
use okrsync_domain::{
    ConnectionId, Instant,
    connection::{Connection, ConnectionState, Sharing},
    health::HealthNews,
    problem::ProblemCode,
};
use rust_decimal::prelude::ToPrimitive;
use std::collections::HashMap;

/// What was looked for when no connection was found.
pub(crate) const CONNECTION: &str = "connection";

/// A connection with what a list shows beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionOverview {
    /// The connection.
    pub connection: Connection,
    /// Links that use it.
    pub links: u64,
    /// Requests sent since the instant that was asked for.
    pub requests: u64,
    /// How far the queries have come that were never measured; none where there are none.
    pub first_sync: Option<FirstSync>,
    /// How Jira tells of changes by itself.
    pub webhook: Option<Webhook>,
}

/// Connections with their health: those that somebody may use, or all of them.
macro_rules! usable {
    ($viewer:expr) => {{
        let mut query = connections::table
            .inner_join(connection_health::table)
            .select((ConnectionRow::as_select(), HealthRow::as_select()))
            .into_boxed();
        if let Some(viewer) = Option::<Viewer>::from($viewer).filter(|viewer| !viewer.admin) {
            let shared = connections::sharing.eq(word(&Sharing::Everyone));
            query = query.filter(shared.or(connections::owner_id.eq(viewer.user_id.to_string())));
        }
        query
    }};
}
pub(crate) use usable;

/// Reads a connection inside somebody's transaction.
pub(crate) fn load(db: &mut Db, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
    let query = connections::table.inner_join(connection_health::table).filter(connections::id.eq(id.to_string()));
    let found: Option<(ConnectionRow, HealthRow)> =
        on!(db, |c| query.select((ConnectionRow::as_select(), HealthRow::as_select())).first(c).optional())?;
    found.map(|(row, health)| row.read(&health)).transpose()
}

fn get(db: &mut Db, id: ConnectionId) -> Result<Connection, StoreError> {
    load(db, id)?.ok_or_else(|| StoreError::not_found(CONNECTION, &id))
}

/// Whether Jira would be asked something else, or by somebody else, than before.
fn asks_differently(before: &Connection, after: &Connection, secrets: &SecretChanges) -> bool {
    let same = Connection {
        name: before.name.clone(),
        owner_id: before.owner_id,
        sharing: before.sharing,
        budget_per_hour: before.budget_per_hour,
        concurrency: before.concurrency,
        show_titles_to_viewers: before.show_titles_to_viewers,
        secret_expires_at: before.secret_expires_at,
        state: before.state,
        account: before.account.clone(),
        jira: before.jira.clone(),
        via_gateway: before.via_gateway,
        last_ok_at: before.last_ok_at,
        last_error: before.last_error.clone(),
        failures: before.failures,
        paused_until: before.paused_until,
        version: before.version,
        ..after.clone()
    };
    same != *before || !secrets.set.is_empty() || !secrets.remove.is_empty()
}

/// Whether it rests until its budget is free, and the budget was raised.
fn waits_for_budget(before: &Connection, after: &Connection) -> bool {
    let used_up = before.last_error.as_ref().is_some_and(|problem| problem.code == ProblemCode::BudgetUsedUp);
    used_up && after.budget_per_hour > before.budget_per_hour
}

fn is_switched_on(before: &Connection, after: &Connection) -> bool {
    before.state == ConnectionState::Disabled && after.state != ConnectionState::Disabled
}

/// What an edit means for the connection's state.
fn news_of_edit(before: &Connection, after: &Connection, secrets: &SecretChanges) -> Vec<HealthNews> {
    let site = |connection: &Connection| (connection.server_url.clone(), connection.auth_client.clone());
    let token = after.auth_kind.is_token();
    let granted_elsewhere = after.auth_kind != before.auth_kind || site(after) != site(before);
    let mut news = Vec::new();
    if !token && granted_elsewhere {
        news.push(HealthNews::AuthorizationLost);
    } else if token && !before.auth_kind.is_token() {
        news.push(HealthNews::Authorized);
    } else if asks_differently(before, after, secrets) {
        news.push(HealthNews::Edited);
    }
    if after.state == ConnectionState::Disabled {
        news.push(HealthNews::SwitchedOff);
    } else if is_switched_on(before, after) {
        news.push(HealthNews::SwitchedOn { needs_authorization: !token && after.account.is_none() });
    }
    news
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// PostgreSQL sums big integers as numeric, which [`Exact`] reads on both databases.
    #[aggregate]
    #[sql_name = "sum"]
    fn sum_requests(x: diesel::sql_types::BigInt) -> diesel::sql_types::Nullable<Exact>;
}

/// Requests of each connection since an instant.
pub(crate) fn count_requests(db: &mut Db, ids: &[String], since: Instant) -> Result<HashMap<String, u64>, StoreError> {
    let query = request_usage::table
        .filter(request_usage::connection_id.eq_any(ids.to_vec()).and(request_usage::minute.ge(Ts(since))))
        .group_by(request_usage::connection_id)
        .select((request_usage::connection_id, sum_requests(request_usage::requests)));
    let sums: Vec<(String, Option<Dec>)> = on!(db, |c| query.load(c))?;
    let number = |sum: Option<Dec>| sum.and_then(|sum| sum.0.ok()).and_then(|sum| sum.to_u64());
    Ok(sums.into_iter().map(|(id, sum)| (id, number(sum).unwrap_or(0))).collect())
}

fn overviews(
    db: &mut Db,
    rows: Vec<(ConnectionRow, HealthRow)>,
    since: Instant,
) -> Result<Vec<ConnectionOverview>, StoreError> {
    let ids: Vec<String> = rows.iter().map(|(row, _)| row.id.clone()).collect();
    let links = count_links(db, &ids)?;
    let requests = count_requests(db, &ids, since)?;
    let first_syncs = first_sync::load(db, &ids)?;
    let mut hooks = webhooks::load(db, &ids)?;
    rows.into_iter()
        .zip(ids)
        .map(|((row, health), id)| {
            Ok(ConnectionOverview {
                connection: row.read(&health)?,
                links: count(links.get(&id).copied().unwrap_or(0))?,
                requests: requests.get(&id).copied().unwrap_or(0),
                first_sync: first_syncs.get(&id).copied(),
                webhook: hooks.remove(&id),
            })
        })
        .collect()
}

impl Store {
    /// Adds a connection with its sealed secrets and its health so far.
    pub async fn add_connection(&self, connection: &Connection, secrets: &[SealedSecret]) -> Result<(), StoreError> {
        let (id, owner) = (connection.id, connection.owner_id);
        let (row, health) = (ConnectionRow::of(connection), HealthRow::of(connection));
        let sealed = secrets.to_vec();
        self.write(move |db| {
            on!(&mut *db, |c| diesel::insert_into(connections::table).values(&row).execute(c))
                .map_err(|error| missing(error, "user", &owner))?;
            on!(&mut *db, |c| diesel::insert_into(connection_health::table).values(&health).execute(c))?;
            secrets::set(db, id, &sealed)
        })
        .await
    }

    /// A connection by id.
    pub async fn find_connection(&self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        self.read(move |db| load(db, id)).await
    }

    /// A connection that must exist.
    pub async fn get_connection(&self, id: ConnectionId) -> Result<Connection, StoreError> {
        self.read(move |db| get(db, id)).await
    }

    /// A connection with its links and requests counted.
    pub async fn connection_overview(
        &self,
        id: ConnectionId,
        since: Instant,
    ) -> Result<ConnectionOverview, StoreError> {
        self.snapshot(move |db| {
            let connection = get(db, id)?;
            let (key, ids) = (id.to_string(), [id.to_string()]);
            Ok(ConnectionOverview {
                connection,
                links: count(count_links(db, &ids)?.get(&key).copied().unwrap_or(0))?,
                requests: count_requests(db, &ids, since)?.get(&key).copied().unwrap_or(0),
                first_sync: first_sync::load(db, &ids)?.get(&key).copied(),
                webhook: webhooks::load(db, &ids)?.remove(&key),
            })
        })
        .await
    }

    /// Connections that somebody may use (none: all of them), by the moment they were made.
    pub async fn connections(
        &self,
        visible_to: Option<Viewer>,
        since: Instant,
        page: Page,
    ) -> Result<Slice<ConnectionOverview>, StoreError> {
        self.snapshot(move |db| {
            let rows: Vec<(ConnectionRow, HealthRow)> = on!(&mut *db, |c| {
                let query = usable!(visible_to);
                behind!(query, page, connections::created_at, connections::id, ascending).load(c)
            })?;
            let items = overviews(db, rows, since)?;
            Ok(page.cut(items, |item| Cursor { at: item.connection.created_at, id: item.connection.id.to_string() }))
        })
        .await
    }

    /// Saves what people configure, with the state only where it was switched on or off. Where Jira is asked differently
    /// than before, trouble and pause are forgotten, the connection's queries are due at once, and refreshes under way start
    /// again.
    pub async fn update_connection(
        &self,
        connection: &Connection,
        secrets: SecretChanges,
        now: Instant,
    ) -> Result<Connection, StoreError> {
        let (connection, id) = (connection.clone(), connection.id);
        self.write(move |db| {
            turns::alone(db)?;
            let before = get(db, id)?;
            let mut row = ConnectionRow::of(&connection);
            row.version += 1;
            let unchanged = connections::table
                .filter(connections::id.eq(id.to_string()).and(connections::version.eq(connection.version)));
            let saved = on!(&mut *db, |c| diesel::update(unchanged).set(&row).execute(c))
                .map_err(|error| missing(error, "user", &connection.owner_id))?;
            if saved == 0 {
                return Err(StoreError::Changed { what: CONNECTION, id: id.to_string() });
            }
            if (&before.server_url, before.deployment) != (&connection.server_url, connection.deployment) {
                mirror::clear(db, &id.to_string())?;
                waits::clear(db, &id.to_string())?;
            }
            secrets::set(db, id, &secrets.set)?;
            secrets::remove(db, id, &secrets.remove)?;
            for news in news_of_edit(&before, &connection, &secrets) {
                health::hear(db, id, news)?;
            }
            if connection.account.is_none() && before.account.is_some() {
                health::forget_account(db, id)?;
            }
            let asked_differently = asks_differently(&before, &connection, &secrets);
            if asked_differently || waits_for_budget(&before, &connection) || is_switched_on(&before, &connection) {
                health::forget_trouble(db, id)?;
                queries::ask_again(db, id, now)?;
            } else if connection.budget_per_hour > before.budget_per_hour {
                queries::ask_what_failed_by(db, id, ProblemCode::BudgetUsedUp, now)?;
            }
            get(db, id)
        })
        .await
    }

    /// Removes a connection that no link uses, with everything that was read through it. Readings stay.
    pub async fn delete_connection(&self, id: ConnectionId) -> Result<(), StoreError> {
        self.write(move |db| {
            let key = id.to_string();
            turns::alone(db)?;
            turns::on_mirror(db, &key)?;
            let links = count_links(db, std::slice::from_ref(&key))?.get(&key).copied().unwrap_or(0);
            if links > 0 {
                return Err(StoreError::InUse { links: count(links)? });
            }
            let gone = on!(db, |c| diesel::delete(connections::table.find(key)).execute(c))?;
            if gone == 0 { Err(StoreError::not_found(CONNECTION, &id)) } else { Ok(()) }
        })
        .await?;
        self.standings.forget(id);
        Ok(())
    }
}
