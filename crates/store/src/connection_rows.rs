//! A connection as its two tables keep it: what people configure, and how it fares.

use crate::{
    error::StoreError,
    row::{Row, big, word},
    schema::{connection_health, connections},
    sql_types::{Json, Ts},
};
use diesel::prelude::*;
use okrsync_domain::connection::Connection;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connections, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct ConnectionRow {
    pub(crate) id: String,
    name: String,
    server_url: String,
    deployment: String,
    owner_id: String,
    sharing: String,
    auth_kind: String,
    auth_email: Option<String>,
    auth_client: Option<String>,
    header_names: Json,
    gateway_url: Option<String>,
    auth_url: Option<String>,
    cloud_id: Option<String>,
    ca_pem: Option<String>,
    proxy_url: Option<String>,
    timeout_seconds: i64,
    budget_per_hour: i64,
    concurrency: i64,
    story_points_fields: Json,
    show_titles_to_viewers: bool,
    secret_expires_at: Option<Ts>,
    created_at: Ts,
    pub(crate) version: i64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = connection_health, treat_none_as_default_value = false)]
pub(crate) struct HealthRow {
    pub(crate) connection_id: String,
    pub(crate) state: String,
    account: Option<Json>,
    jira: Option<Json>,
    via_gateway: bool,
    last_ok_at: Option<Ts>,
    last_error: Option<Json>,
    failures: i64,
    paused_until: Option<Ts>,
    retry_at: Option<Ts>,
}

impl ConnectionRow {
    /// What is configured.
    pub(crate) fn of(connection: &Connection) -> Self {
        Self {
            id: connection.id.to_string(),
            name: connection.name.clone(),
            server_url: connection.server_url.clone(),
            deployment: word(&connection.deployment),
            owner_id: connection.owner_id.to_string(),
            sharing: word(&connection.sharing),
            auth_kind: word(&connection.auth_kind),
            auth_email: connection.auth_email.clone(),
            auth_client: connection.auth_client.clone(),
            header_names: Json::of(&connection.header_names),
            gateway_url: connection.gateway_url.clone(),
            auth_url: connection.auth_url.clone(),
            cloud_id: connection.cloud_id.clone(),
            ca_pem: connection.ca_pem.clone(),
            proxy_url: connection.proxy_url.clone(),
            timeout_seconds: big(connection.timeout_seconds),
            budget_per_hour: big(connection.budget_per_hour),
            concurrency: big(connection.concurrency),
            story_points_fields: Json::of(&connection.story_points_fields),
            show_titles_to_viewers: connection.show_titles_to_viewers,
            secret_expires_at: connection.secret_expires_at.map(Ts),
            created_at: Ts(connection.created_at),
            version: connection.version,
        }
    }

    /// Together with its health, the whole connection.
    pub(crate) fn read(self, health: &HealthRow) -> Result<Connection, StoreError> {
        let row = Row { table: "connections", key: &self.id };
        let fares = Row { table: "connection_health", key: &self.id };
        Ok(Connection {
            id: row.id("id", &self.id)?,
            deployment: row.word("deployment", &self.deployment)?,
            owner_id: row.id("owner_id", &self.owner_id)?,
            sharing: row.word("sharing", &self.sharing)?,
            auth_kind: row.word("auth_kind", &self.auth_kind)?,
            header_names: row.json("header_names", &self.header_names)?,
            timeout_seconds: row.number("timeout_seconds", self.timeout_seconds)?,
            budget_per_hour: row.number("budget_per_hour", self.budget_per_hour)?,
            concurrency: row.number("concurrency", self.concurrency)?,
            story_points_fields: row.json("story_points_fields", &self.story_points_fields)?,
            state: fares.word("state", &health.state)?,
            account: fares.json_opt("account", health.account.as_ref())?,
            jira: fares.json_opt("jira", health.jira.as_ref())?,
            last_error: fares.json_opt("last_error", health.last_error.as_ref())?,
            failures: fares.number("failures", health.failures)?,
            name: self.name,
            server_url: self.server_url,
            auth_email: self.auth_email,
            auth_client: self.auth_client,
            gateway_url: self.gateway_url,
            auth_url: self.auth_url,
            cloud_id: self.cloud_id,
            ca_pem: self.ca_pem,
            proxy_url: self.proxy_url,
            show_titles_to_viewers: self.show_titles_to_viewers,
            via_gateway: health.via_gateway,
            last_ok_at: health.last_ok_at.map(|at| at.0),
            paused_until: health.paused_until.map(|at| at.0),
            secret_expires_at: self.secret_expires_at.map(|at| at.0),
            created_at: self.created_at.0,
            version: self.version,
        })
    }
}

impl HealthRow {
    /// How it fares.
    pub(crate) fn of(connection: &Connection) -> Self {
        Self {
            connection_id: connection.id.to_string(),
            state: word(&connection.state),
            account: connection.account.as_ref().map(Json::of),
            jira: connection.jira.as_ref().map(Json::of),
            via_gateway: connection.via_gateway,
            last_ok_at: connection.last_ok_at.map(Ts),
            last_error: connection.last_error.as_ref().map(Json::of),
            failures: big(connection.failures),
            paused_until: connection.paused_until.map(Ts),
            retry_at: connection.last_error.as_ref().and_then(|problem| problem.retry_at).map(Ts),
        }
    }
}
