//! A connection as it is answered: everything but its secrets.

use super::{
    body::{AuthWord, DeploymentWord, Draft, SharingWord},
    webhook::WebhookView,
};
use crate::error::{ApiError, ApiResult};
use chrono::{DateTime, Utc};
use okrsync_connections::ProbeReport;
use okrsync_domain::{
    ConnectionId, Instant, Problem, UserId,
    connection::{AuthKind, Connection, ConnectionState, ConnectionWarning, Deployment, Sharing},
};
use okrsync_store::{ConnectionOverview, FirstSync};
use serde::Serialize;
use utoipa::ToSchema;

/// How a connection is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateWord {
    /// Stored without a test.
    Untested,
    /// Waits for somebody to sign in with Jira.
    NeedsAuthorization,
    /// The last request was fine.
    Ok,
    /// The last request was not.
    Failing,
    /// Switched off.
    Disabled,
}

impl From<ConnectionState> for StateWord {
    fn from(state: ConnectionState) -> Self {
        match state {
            ConnectionState::Untested => Self::Untested,
            ConnectionState::NeedsAuthorization => Self::NeedsAuthorization,
            ConnectionState::Ok => Self::Ok,
            ConnectionState::Failing => Self::Failing,
            ConnectionState::Disabled => Self::Disabled,
        }
    }
}

/// How okrsync signs in, without the secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthView {
    kind: AuthWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_key: Option<String>,
}

/// An extra header, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeaderView {
    name: String,
}

/// The account that the connection speaks as.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountView {
    id: String,
    display_name: String,
    /// IANA zone of the account's profile: date literals in queries follow it.
    time_zone: Option<String>,
}

/// What answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JiraView {
    version: String,
    deployment_type: String,
}

/// The last trouble.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorView {
    code: String,
    message: String,
    hint: Option<String>,
    at: DateTime<Utc>,
}

impl From<Problem> for ErrorView {
    fn from(problem: Problem) -> Self {
        let Problem { code, message, hint, at, .. } = problem;
        Self { code: code.as_str().to_owned(), message, hint, at }
    }
}

/// How far the first sync has come of queries that were never measured.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirstSyncView {
    /// Issues read.
    done: u64,
    /// Issues to read; null until it is known.
    total: Option<u64>,
    /// Seconds left at the speed so far; null until that can be told.
    seconds_left: Option<u64>,
}

impl FirstSyncView {
    fn of(sync: FirstSync, now: Instant) -> Self {
        Self { done: sync.done, total: sync.total, seconds_left: sync.seconds_left(now) }
    }
}

/// Requests sent to Jira.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    requests_last_hour: u64,
    budget_per_hour: u32,
}

/// What is about to go wrong with a connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WarningView {
    /// `secret_expires`, `secret_expired`, `budget_nearly_used` or `budget_used_up`.
    code: &'static str,
    message: String,
    hint: &'static str,
}

/// A connection without its secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionView {
    #[schema(value_type = String)]
    id: ConnectionId,
    name: String,
    server_url: String,
    deployment: DeploymentWord,
    auth: AuthView,
    /// PEM for the application link (`oauth1`).
    public_key: Option<String>,
    headers: Vec<HeaderView>,
    sharing: SharingWord,
    #[schema(value_type = String)]
    owner_id: UserId,
    gateway_url: Option<String>,
    auth_url: Option<String>,
    ca_pem: Option<String>,
    proxy_url: Option<String>,
    timeout_seconds: u32,
    budget_per_hour: u32,
    concurrency: u32,
    cloud_id: Option<String>,
    story_points_fields: Vec<String>,
    show_titles_to_viewers: bool,
    /// Off: values stay, nothing is asked of this Jira.
    enabled: bool,
    state: StateWord,
    /// No request is sent before: Jira asked to wait, the budget is used up, or trouble is not tried again yet.
    slowed_until: Option<DateTime<Utc>>,
    /// Null when it is over.
    first_sync: Option<FirstSyncView>,
    account: Option<AccountView>,
    jira: Option<JiraView>,
    last_ok_at: Option<DateTime<Utc>>,
    last_error: Option<ErrorView>,
    /// How Jira tells of changes by itself; null where that is not set up.
    webhook: Option<WebhookView>,
    secret_expires_at: Option<DateTime<Utc>>,
    usage: Usage,
    /// What is about to go wrong.
    warnings: Vec<WarningView>,
    /// Links that use it.
    links: u64,
    created_at: DateTime<Utc>,
}

impl ConnectionView {
    /// The view at `now`.
    pub(crate) fn of(overview: ConnectionOverview, now: Instant) -> Self {
        let ConnectionOverview { connection, links, requests, first_sync, webhook } = overview;
        let warning = |warning: ConnectionWarning| WarningView {
            code: warning.code.as_str(),
            message: warning.message,
            hint: warning.hint,
        };
        Self {
            warnings: connection.warnings(requests, now).into_iter().map(warning).collect(),
            enabled: connection.state != ConnectionState::Disabled,
            auth: auth(&connection),
            public_key: None,
            id: connection.id,
            deployment: deployment(connection.deployment),
            headers: connection.header_names.into_iter().map(|name| HeaderView { name }).collect(),
            sharing: sharing(connection.sharing),
            owner_id: connection.owner_id,
            story_points_fields: connection.story_points_fields.into_iter().map(|field| field.0).collect(),
            state: connection.state.into(),
            slowed_until: connection.paused_until.filter(|until| *until > now),
            first_sync: first_sync.map(|sync| FirstSyncView::of(sync, now)),
            account: connection.account.map(|account| AccountView {
                id: account.id,
                display_name: account.display_name,
                time_zone: account.time_zone,
            }),
            jira: connection.jira.map(|jira| JiraView { version: jira.version, deployment_type: jira.deployment_type }),
            last_error: connection.last_error.map(ErrorView::from),
            webhook: webhook.map(WebhookView::from),
            usage: Usage { requests_last_hour: requests, budget_per_hour: connection.budget_per_hour },
            links,
            name: connection.name,
            server_url: connection.server_url,
            gateway_url: connection.gateway_url,
            auth_url: connection.auth_url,
            ca_pem: connection.ca_pem,
            proxy_url: connection.proxy_url,
            timeout_seconds: connection.timeout_seconds,
            budget_per_hour: connection.budget_per_hour,
            concurrency: connection.concurrency,
            cloud_id: connection.cloud_id,
            show_titles_to_viewers: connection.show_titles_to_viewers,
            last_ok_at: connection.last_ok_at,
            secret_expires_at: connection.secret_expires_at,
            created_at: connection.created_at,
        }
    }
}

impl ConnectionView {
    /// With the public half of its key pair.
    pub(crate) fn with_public_key(self, public_key: Option<String>) -> Self {
        Self { public_key, ..self }
    }
}

fn auth(connection: &Connection) -> AuthView {
    let client = connection.auth_client.clone();
    let plain = |kind| AuthView { kind, email: None, client_id: None, consumer_key: None };
    match connection.auth_kind {
        AuthKind::ApiToken => AuthView { email: connection.auth_email.clone(), ..plain(AuthWord::ApiToken) },
        AuthKind::PersonalAccessToken => plain(AuthWord::PersonalAccessToken),
        AuthKind::Oauth2 => AuthView { client_id: client, ..plain(AuthWord::Oauth2) },
        AuthKind::Oauth1 => AuthView { consumer_key: client, ..plain(AuthWord::Oauth1) },
    }
}

fn deployment(deployment: Deployment) -> DeploymentWord {
    match deployment {
        Deployment::Cloud => DeploymentWord::Cloud,
        Deployment::SelfManaged => DeploymentWord::SelfManaged,
    }
}

fn sharing(sharing: Sharing) -> SharingWord {
    match sharing {
        Sharing::Private => SharingWord::Private,
        Sharing::Everyone => SharingWord::Everyone,
    }
}

/// What may be edited, as it is now: what a merge patch is applied to.
pub(crate) fn editable(connection: &Connection) -> Result<serde_json::Value, serde_json::Error> {
    let now = connection.created_at;
    let view = ConnectionView::of(
        ConnectionOverview { connection: connection.clone(), links: 0, requests: 0, first_sync: None, webhook: None },
        now,
    );
    let mut value = serde_json::to_value(view)?;
    if let Some(fields) = value.as_object_mut() {
        for answered_only in ANSWERED_ONLY {
            fields.remove(answered_only);
        }
    }
    Ok(value)
}

/// What the audit log keeps of a connection that is handed in: what it is, and which secrets were given, never the secrets.
pub(crate) fn noted(draft: &Draft) -> ApiResult<serde_json::Value> {
    let mut value = editable(&draft.connection).map_err(ApiError::internal)?;
    if !draft.given.is_empty() {
        value["new_secrets"] = draft.given.keys().cloned().collect();
    }
    Ok(value)
}

/// Fields of the answer that nobody sets.
const ANSWERED_ONLY: [&str; 15] = [
    "id",
    "owner_id",
    "state",
    "slowed_until",
    "first_sync",
    "account",
    "jira",
    "last_ok_at",
    "last_error",
    "usage",
    "warnings",
    "links",
    "created_at",
    "public_key",
    "webhook",
];

/// One step of a test.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    /// `reach`, `jira`, `sign_in`, `account`, `search`, `fields` or `clock`.
    name: String,
    ok: bool,
    detail: String,
    hint: Option<String>,
}

/// What a test found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestView {
    ok: bool,
    steps: Vec<StepView>,
}

impl From<ProbeReport> for TestView {
    fn from(report: ProbeReport) -> Self {
        let step = |step: okrsync_connections::ProbeStep| StepView {
            name: step.name.to_owned(),
            ok: step.ok,
            detail: step.detail,
            hint: step.hint,
        };
        Self { ok: report.ok, steps: report.steps.into_iter().map(step).collect() }
    }
}
