//! Webhooks: where Jira tells us of changes by itself, and how each fares.

use crate::{
    Store,
    connections::CONNECTION,
    error::{StoreError, missing},
    pool::{Db, on},
    row::{Row, word},
    schema::webhooks,
    sql_types::{Json, Ts},
};
use diesel::prelude::*;
use okrsync_domain::{ConnectionId, Instant, Problem};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Who makes the webhook in Jira.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookKind {
    /// An administrator of Jira, by hand.
    Manual,
    /// okrsync registers it, and renews it.
    Registered,
}

/// A connection's webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The connection.
    pub connection_id: ConnectionId,
    /// Who makes it.
    pub kind: WebhookKind,
    /// Its address, without the secret behind it.
    pub address: String,
    /// SHA-256 in hex of that secret.
    pub address_hash: String,
    /// Whether deliveries must be signed with the signing secret.
    pub signed: bool,
    /// The secret from which both are derived, sealed.
    pub sealed: String,
    /// Jira's number of one that is registered.
    pub remote_id: Option<i64>,
    /// When a registered one ends unless it is renewed.
    pub expires_at: Option<Instant>,
    /// When a registered one is looked after next.
    pub check_at: Option<Instant>,
    /// Why it is not registered, or could not be renewed.
    pub problem: Option<Problem>,
    /// When it was set up.
    pub made_at: Instant,
    /// When Jira last told of something.
    pub heard_at: Option<Instant>,
}

/// What became of looking after a registered webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookCheck {
    /// Jira's number of it.
    pub remote_id: Option<i64>,
    /// When it ends.
    pub expires_at: Option<Instant>,
    /// When it is looked after next.
    pub check_at: Instant,
    /// What went wrong.
    pub problem: Option<Problem>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhooks, treat_none_as_default_value = false, treat_none_as_null = true)]
struct WebhookRow {
    connection_id: String,
    kind: String,
    address: String,
    address_hash: String,
    signed: bool,
    sealed: String,
    remote_id: Option<i64>,
    expires_at: Option<Ts>,
    check_at: Option<Ts>,
    problem: Option<Json>,
    made_at: Ts,
    heard_at: Option<Ts>,
}

impl WebhookRow {
    fn of(webhook: &Webhook) -> Self {
        Self {
            connection_id: webhook.connection_id.to_string(),
            kind: word(&webhook.kind),
            address: webhook.address.clone(),
            address_hash: webhook.address_hash.clone(),
            signed: webhook.signed,
            sealed: webhook.sealed.clone(),
            remote_id: webhook.remote_id,
            expires_at: webhook.expires_at.map(Ts),
            check_at: webhook.check_at.map(Ts),
            problem: webhook.problem.as_ref().map(Json::of),
            made_at: Ts(webhook.made_at),
            heard_at: webhook.heard_at.map(Ts),
        }
    }

    fn read(self) -> Result<Webhook, StoreError> {
        let row = Row { table: "webhooks", key: &self.connection_id };
        Ok(Webhook {
            connection_id: row.id("connection_id", &self.connection_id)?,
            kind: row.word("kind", &self.kind)?,
            problem: row.json_opt("problem", self.problem.as_ref())?,
            address: self.address,
            address_hash: self.address_hash,
            signed: self.signed,
            sealed: self.sealed,
            remote_id: self.remote_id,
            expires_at: self.expires_at.map(|at| at.0),
            check_at: self.check_at.map(|at| at.0),
            made_at: self.made_at.0,
            heard_at: self.heard_at.map(|at| at.0),
        })
    }
}

fn find(db: &mut Db, connection: ConnectionId) -> Result<Option<Webhook>, StoreError> {
    let query = webhooks::table.find(connection.to_string());
    let row: Option<WebhookRow> = on!(db, |c| query.select(WebhookRow::as_select()).first(c).optional())?;
    row.map(WebhookRow::read).transpose()
}

/// The webhooks of connections, by connection.
pub(crate) fn load(db: &mut Db, connections: &[String]) -> Result<HashMap<String, Webhook>, StoreError> {
    let query = webhooks::table.filter(webhooks::connection_id.eq_any(connections.to_vec()));
    let rows: Vec<WebhookRow> = on!(db, |c| query.select(WebhookRow::as_select()).load(c))?;
    rows.into_iter().map(|row| Ok((row.connection_id.clone(), row.read()?))).collect()
}

impl Store {
    /// Sets a connection's webhook up, in place of the one it had.
    pub async fn put_webhook(&self, webhook: &Webhook) -> Result<(), StoreError> {
        let (row, id) = (WebhookRow::of(webhook), webhook.connection_id);
        self.write(move |db| {
            on!(db, |c| diesel::insert_into(webhooks::table)
                .values(&row)
                .on_conflict(webhooks::connection_id)
                .do_update()
                .set(&row)
                .execute(c))
            .map_err(|error| missing(error, CONNECTION, &id))?;
            Ok(())
        })
        .await
    }

    /// A connection's webhook.
    pub async fn find_webhook(&self, connection: ConnectionId) -> Result<Option<Webhook>, StoreError> {
        self.read(move |db| find(db, connection)).await
    }

    /// Takes a connection's webhook away; what it was.
    pub async fn delete_webhook(&self, connection: ConnectionId) -> Result<Webhook, StoreError> {
        self.write(move |db| {
            let webhook = find(db, connection)?.ok_or_else(|| StoreError::not_found("webhook", &connection))?;
            on!(db, |c| diesel::delete(webhooks::table.find(connection.to_string())).execute(c))?;
            Ok(webhook)
        })
        .await
    }

    /// Registered webhooks that are to be looked after. Each is given to one caller only: whoever does not write down what
    /// came of it leaves it to the next, from `again` on.
    pub async fn take_webhook_checks(&self, now: Instant, again: Instant) -> Result<Vec<Webhook>, StoreError> {
        self.write(move |db| {
            let due = webhooks::table.filter(webhooks::check_at.le(Some(Ts(now))));
            let taken: Vec<WebhookRow> = on!(db, |c| diesel::update(due)
                .set(webhooks::check_at.eq(Some(Ts(again))))
                .returning(WebhookRow::as_returning())
                .get_results(c))?;
            taken.into_iter().map(WebhookRow::read).collect()
        })
        .await
    }

    /// Has a registered webhook looked after at the next opportunity.
    pub async fn check_webhook_soon(&self, connection: ConnectionId, now: Instant) -> Result<(), StoreError> {
        self.write(move |db| {
            let registered =
                webhooks::table.find(connection.to_string()).filter(webhooks::kind.eq(word(&WebhookKind::Registered)));
            on!(db, |c| diesel::update(registered).set(webhooks::check_at.eq(Some(Ts(now)))).execute(c))?;
            Ok(())
        })
        .await
    }

    /// Writes down what came of looking after a registered webhook, unless it was set up anew meanwhile.
    pub async fn webhook_checked(&self, webhook: &Webhook, check: WebhookCheck) -> Result<(), StoreError> {
        let (id, hash) = (webhook.connection_id.to_string(), webhook.address_hash.clone());
        self.write(move |db| {
            let same = webhooks::table.find(id).filter(webhooks::address_hash.eq(hash));
            let found = (
                webhooks::remote_id.eq(check.remote_id),
                webhooks::expires_at.eq(check.expires_at.map(Ts)),
                webhooks::check_at.eq(Some(Ts(check.check_at))),
                webhooks::problem.eq(check.problem.as_ref().map(Json::of)),
            );
            on!(db, |c| diesel::update(same).set(found).execute(c))?;
            Ok(())
        })
        .await
    }
}
