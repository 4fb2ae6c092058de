//! A connection: one Jira site and how we sign in to it. Secrets are not here: they stay sealed in the store.

mod preselection;
mod warnings;

pub use crate::health::ConnectionState;
pub use preselection::{Candidate, Preselection, Reason, preselect};
pub use warnings::{ConnectionWarning, ConnectionWarningCode};

use crate::{ConnectionId, Instant, Problem, UserId, issue::FieldId};
use serde::{Deserialize, Serialize};

/// Where Jira runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deployment {
    /// Atlassian's cloud.
    Cloud,
    /// Data Center or Server.
    SelfManaged,
}

/// How we sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthKind {
    /// Cloud: e-mail and API token, classic or scoped.
    ApiToken,
    /// Self-managed: a bearer token (Jira 8.14 and later).
    PersonalAccessToken,
    /// OAuth 2.0.
    Oauth2,
    /// OAuth 1.0a with RSA-SHA1.
    Oauth1,
}

impl AuthKind {
    /// Whether the secret is typed in, rather than granted on a consent page.
    pub fn is_token(self) -> bool {
        matches!(self, Self::ApiToken | Self::PersonalAccessToken)
    }
}

/// Who may use a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Its owner.
    #[default]
    Private,
    /// Everyone.
    Everyone,
}

/// The account that a connection speaks as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// `accountId` on Cloud, `name` on Data Center: what identity headers carry.
    pub id: String,
    /// Name for people.
    pub display_name: String,
    /// IANA zone of the account's profile: it governs date literals in queries.
    pub time_zone: Option<String>,
}

/// What answered as Jira.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JiraInfo {
    /// Version text.
    pub version: String,
    /// `Cloud`, or `Server` also on Data Center.
    pub deployment_type: String,
}

/// Everything about a connection but its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Display name.
    pub name: String,
    /// Address as entered, with a context path if Jira has one, without a trailing slash.
    pub server_url: String,
    /// Where Jira runs.
    pub deployment: Deployment,
    /// Who made it.
    pub owner_id: UserId,
    /// Who may use it.
    pub sharing: Sharing,
    /// How we sign in.
    pub auth_kind: AuthKind,
    /// E-mail address of an API token's account.
    pub auth_email: Option<String>,
    /// OAuth client id or consumer key.
    pub auth_client: Option<String>,
    /// Names of the extra headers; their values are sealed.
    pub header_names: Vec<String>,
    /// Base of the API gateway for scoped tokens and OAuth; none is Atlassian's.
    pub gateway_url: Option<String>,
    /// Base of the consent pages; none is Atlassian's or the server itself.
    pub auth_url: Option<String>,
    /// Cloud id of the site, once known.
    pub cloud_id: Option<String>,
    /// Private certificate authority in PEM.
    pub ca_pem: Option<String>,
    /// Outbound proxy.
    pub proxy_url: Option<String>,
    /// Seconds until a request is given up.
    pub timeout_seconds: u32,
    /// Requests that may be sent in an hour.
    pub budget_per_hour: u32,
    /// Requests under way at once.
    pub concurrency: u32,
    /// Story point fields chosen by hand; empty follows the catalogue.
    pub story_points_fields: Vec<FieldId>,
    /// Whether viewers see titles of issues.
    pub show_titles_to_viewers: bool,
    /// How it is.
    pub state: ConnectionState,
    /// The account it was authorised for.
    pub account: Option<Account>,
    /// What answered.
    pub jira: Option<JiraInfo>,
    /// Whether requests go through the gateway (found by the probe).
    pub via_gateway: bool,
    /// Last proved answer.
    pub last_ok_at: Option<Instant>,
    /// Last trouble, cleared by the next proved answer.
    pub last_error: Option<Problem>,
    /// Failures in a row, for the backoff.
    pub failures: u32,
    /// No request is sent before.
    pub paused_until: Option<Instant>,
    /// When the secret stops working, if known.
    pub secret_expires_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
    /// Counts edits.
    pub version: i64,
}

/// Seconds until a request is given up, where nothing else is chosen.
pub const DEFAULT_TIMEOUT_SECONDS: u32 = 60;
/// Requests an hour, where nothing else is chosen.
pub const DEFAULT_BUDGET_PER_HOUR: u32 = 10_000;
/// Requests under way at once, where nothing else is chosen.
pub const DEFAULT_CONCURRENCY: u32 = 4;

impl Connection {
    /// A connection before anything is known of it: without name and address, private, to Cloud by API token, with the
    /// usual limits, not tested yet.
    pub fn new(id: ConnectionId, owner_id: UserId, created_at: Instant) -> Self {
        Self {
            id,
            name: String::new(),
            server_url: String::new(),
            deployment: Deployment::Cloud,
            owner_id,
            sharing: Sharing::Private,
            auth_kind: AuthKind::ApiToken,
            auth_email: None,
            auth_client: None,
            header_names: Vec::new(),
            gateway_url: None,
            auth_url: None,
            cloud_id: None,
            ca_pem: None,
            proxy_url: None,
            timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
            budget_per_hour: DEFAULT_BUDGET_PER_HOUR,
            concurrency: DEFAULT_CONCURRENCY,
            story_points_fields: Vec::new(),
            show_titles_to_viewers: true,
            state: ConnectionState::Untested,
            account: None,
            jira: None,
            via_gateway: false,
            last_ok_at: None,
            last_error: None,
            failures: 0,
            paused_until: None,
            secret_expires_at: None,
            created_at,
            version: 1,
        }
    }
}
