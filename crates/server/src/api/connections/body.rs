//! A connection as it is handed in.

use crate::{
    accounts,
    error::{ApiError, ApiResult},
};
use chrono::{DateTime, Utc};
use okrsync_connections::{ServerPolicy, address};
use okrsync_domain::{
    Invalid,
    connection::{
        AuthKind, Connection, ConnectionState, DEFAULT_BUDGET_PER_HOUR, DEFAULT_CONCURRENCY, DEFAULT_TIMEOUT_SECONDS,
        Deployment, Sharing,
    },
    issue::FieldId,
};
use okrsync_scheduler::sites;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Code of everything that is unsound about a connection; the field says what.
const INVALID: &str = "invalid_connection";

/// Where Jira runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeploymentWord {
    /// Atlassian's cloud.
    Cloud,
    /// Data Center or Server.
    SelfManaged,
}

/// How okrsync signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthWord {
    /// Cloud: `email` and `token`.
    ApiToken,
    /// Self-managed: `token`.
    PersonalAccessToken,
    /// `client_id` and `client_secret`; the connection waits as `needs_authorization` until somebody signs in.
    Oauth2,
    /// Self-managed: `consumer_key`; the answer has the `public_key` for the application link. Waits as well.
    Oauth1,
}

/// Who may use a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SharingWord {
    /// Its owner.
    #[default]
    Private,
    /// Everyone.
    Everyone,
}

/// How okrsync signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthBody {
    /// Kind of sign-in.
    kind: AuthWord,
    /// E-mail address of the account (`api_token`).
    #[serde(default)]
    email: Option<String>,
    /// The token (`api_token`, `personal_access_token`); empty keeps the stored one.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    token: Option<SecretString>,
    /// Client id (`oauth2`).
    #[serde(default)]
    client_id: Option<String>,
    /// Client secret (`oauth2`); empty keeps the stored one.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    client_secret: Option<SecretString>,
    /// Consumer key (`oauth1`).
    #[serde(default)]
    consumer_key: Option<String>,
}

/// An extra header for a proxy in front of Jira.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderBody {
    /// Name.
    name: String,
    /// Value, a secret; empty keeps the stored one.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    value: Option<SecretString>,
}

/// A connection to one Jira site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionBody {
    /// Display name.
    name: String,
    /// Address of Jira, with a context path if it has one.
    #[schema(example = "https://northwind.atlassian.net")]
    server_url: String,
    /// Where Jira runs.
    deployment: DeploymentWord,
    /// How okrsync signs in.
    auth: AuthBody,
    /// Extra headers for a proxy in front of Jira.
    #[serde(default)]
    headers: Vec<HeaderBody>,
    /// Who may use it.
    #[serde(default)]
    sharing: SharingWord,
    /// Base of the API gateway for scoped tokens; Atlassian's if not given.
    #[serde(default)]
    gateway_url: Option<String>,
    /// Base of the consent pages; Atlassian's or the server itself if not given.
    #[serde(default)]
    auth_url: Option<String>,
    /// Private certificate authority in PEM.
    #[serde(default)]
    ca_pem: Option<String>,
    /// Outbound proxy, without a password.
    #[serde(default)]
    proxy_url: Option<String>,
    /// Seconds until a request is given up: 1 to 600.
    #[serde(default = "usual_timeout")]
    #[schema(default = 60)]
    timeout_seconds: u32,
    /// Requests that may be sent in an hour.
    #[serde(default = "usual_budget")]
    #[schema(default = 10_000)]
    budget_per_hour: u32,
    /// Requests under way at once: 1 to 32.
    #[serde(default = "usual_concurrency")]
    #[schema(default = 4)]
    concurrency: u32,
    /// Cloud id of the site; found by itself if not given.
    #[serde(default)]
    cloud_id: Option<String>,
    /// Ids of the story point fields in order; empty follows the site.
    #[serde(default)]
    story_points_fields: Vec<String>,
    /// Whether viewers see titles of issues.
    #[serde(default = "yes")]
    #[schema(default = true)]
    show_titles_to_viewers: bool,
    /// Off: values stay, nothing is asked of this Jira.
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    /// When the secret stops working, as Jira said when it was made; warnings come 30, 7 and 1 days before.
    #[serde(default)]
    secret_expires_at: Option<DateTime<Utc>>,
}

fn usual_timeout() -> u32 {
    DEFAULT_TIMEOUT_SECONDS
}
fn usual_budget() -> u32 {
    DEFAULT_BUDGET_PER_HOUR
}
fn usual_concurrency() -> u32 {
    DEFAULT_CONCURRENCY
}
fn yes() -> bool {
    true
}

/// A connection with the secrets that were handed in for it, and the names of all that it needs.
pub(crate) struct Draft {
    /// Everything but the secrets.
    pub(crate) connection: Connection,
    /// Secrets that were handed in, by name.
    pub(crate) given: BTreeMap<String, SecretString>,
    /// Names of the secrets that it needs.
    pub(crate) needed: Vec<String>,
}

impl ConnectionBody {
    /// Checks everything that can be judged without asking Jira, over what the connection was before.
    pub(crate) fn settle(self, before: Connection, policy: &ServerPolicy) -> ApiResult<Draft> {
        self.check()?;
        let optional_url =
            |text: &Option<String>, field: &str| text.as_deref().map(|text| url(text, field, policy)).transpose();
        let Auth { kind, email, client, mut given, mut needed } = self.auth.settle(self.deployment)?;
        let header_names = take_headers(self.headers, &mut given, &mut needed)?;
        let connection = Connection {
            name: accounts::check_name(&self.name).map_err(|invalid| named(invalid, "name"))?,
            server_url: url(&self.server_url, "server_url", policy)?,
            deployment: self.deployment.into(),
            sharing: match self.sharing {
                SharingWord::Private => Sharing::Private,
                SharingWord::Everyone => Sharing::Everyone,
            },
            auth_kind: kind,
            auth_email: email,
            auth_client: client,
            header_names,
            gateway_url: optional_url(&self.gateway_url, "gateway_url")?,
            auth_url: optional_url(&self.auth_url, "auth_url")?,
            cloud_id: self.cloud_id.filter(|id| !id.is_empty()),
            ca_pem: self.ca_pem.filter(|pem| !pem.trim().is_empty()),
            proxy_url: self
                .proxy_url
                .as_deref()
                .filter(|text| !text.is_empty())
                .map(|text| proxy(text, policy))
                .transpose()?,
            timeout_seconds: self.timeout_seconds,
            budget_per_hour: self.budget_per_hour,
            concurrency: self.concurrency,
            story_points_fields: self.story_points_fields.into_iter().map(FieldId::new).collect(),
            show_titles_to_viewers: self.show_titles_to_viewers,
            state: match before.state {
                _ if !self.enabled => ConnectionState::Disabled,
                ConnectionState::Disabled => ConnectionState::Untested,
                state => state,
            },
            secret_expires_at: self.secret_expires_at,
            ..before
        };
        Ok(Draft { connection, given, needed })
    }

    fn check(&self) -> Result<(), Invalid> {
        let require = |ok: bool, field: &str, detail: &str| {
            if ok { Ok(()) } else { Err(Invalid::new(INVALID, field, detail)) }
        };
        require(
            (1..=600).contains(&self.timeout_seconds),
            "timeout_seconds",
            "A time-out lies between 1 and 600 seconds.",
        )?;
        require(
            (1..=32).contains(&self.concurrency),
            "concurrency",
            "Between 1 and 32 requests are under way at once.",
        )?;
        require(self.budget_per_hour >= 1, "budget_per_hour", "The budget is at least one request in an hour.")?;
        let pem = self
            .ca_pem
            .as_deref()
            .is_none_or(|pem| pem.trim().is_empty() || pem.contains("-----BEGIN CERTIFICATE-----"));
        require(pem, "ca_pem", "A certificate in PEM begins with -----BEGIN CERTIFICATE-----.")
    }
}

/// The parts of a sign-in.
struct Auth {
    kind: AuthKind,
    email: Option<String>,
    client: Option<String>,
    given: BTreeMap<String, SecretString>,
    needed: Vec<String>,
}

impl AuthBody {
    fn settle(self, deployment: DeploymentWord) -> ApiResult<Auth> {
        let cloud = deployment == DeploymentWord::Cloud;
        let (kind, email, client, secret, value) = match self.kind {
            AuthWord::ApiToken if cloud => {
                (AuthKind::ApiToken, Some(required(self.email, "auth.email")?), None, sites::TOKEN, self.token)
            }
            AuthWord::PersonalAccessToken if !cloud => {
                (AuthKind::PersonalAccessToken, None, None, sites::TOKEN, self.token)
            }
            AuthWord::Oauth2 => {
                let client = required(self.client_id, "auth.client_id")?;
                (AuthKind::Oauth2, None, Some(client), sites::CLIENT_SECRET, self.client_secret)
            }
            AuthWord::Oauth1 if !cloud => {
                let client = required(self.consumer_key, "auth.consumer_key")?;
                (AuthKind::Oauth1, None, Some(client), sites::PRIVATE_KEY, None)
            }
            AuthWord::Oauth1 => return Err(wrong_kind("Jira Cloud", "oauth2")),
            AuthWord::ApiToken => return Err(wrong_kind("A self-managed Jira", "personal_access_token")),
            AuthWord::PersonalAccessToken => return Err(wrong_kind("Jira Cloud", "api_token")),
        };
        let value = value.filter(|value| !value.expose_secret().trim().is_empty());
        let given = value.map(|value| (secret.to_owned(), value)).into_iter().collect();
        Ok(Auth { kind, email, client, given, needed: vec![secret.to_owned()] })
    }
}

fn required(value: Option<String>, field: &str) -> ApiResult<String> {
    let value = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    value.ok_or_else(|| ApiError::field("missing_field", field, format!("`{field}` is missing.")))
}

fn wrong_kind(site: &str, kind: &str) -> ApiError {
    ApiError::field("auth_kind_not_available", "auth.kind", format!("{site} does not take this kind of sign-in."))
        .hint(format!("Use `{kind}`."))
}

fn take_headers(
    headers: Vec<HeaderBody>,
    given: &mut BTreeMap<String, SecretString>,
    needed: &mut Vec<String>,
) -> ApiResult<Vec<String>> {
    let mut names = Vec::with_capacity(headers.len());
    for (index, HeaderBody { name, value }) in headers.into_iter().enumerate() {
        let name = name.trim().to_owned();
        let wrong = |detail: &str| ApiError::field(INVALID, &format!("headers[{index}].name"), detail);
        if http::HeaderName::try_from(&name).is_err() {
            return Err(wrong("This is not the name of an HTTP header."));
        }
        if ["authorization", "host", "content-length", "content-type", "cookie"].contains(&name.to_lowercase().as_str())
        {
            return Err(wrong("okrsync sets this header itself."));
        }
        if names.iter().any(|known: &String| known.eq_ignore_ascii_case(&name)) {
            return Err(wrong("This header is given twice."));
        }
        if let Some(value) = value.filter(|value| !value.expose_secret().is_empty()) {
            if http::HeaderValue::try_from(value.expose_secret()).is_err() {
                let field = format!("headers[{index}].value");
                return Err(ApiError::field(INVALID, &field, "This value cannot be sent in a header."));
            }
            given.insert(sites::header_secret(&name), value);
        }
        needed.push(sites::header_secret(&name));
        names.push(name);
    }
    Ok(names)
}

fn url(text: &str, field: &str, policy: &ServerPolicy) -> ApiResult<String> {
    let url = address::server_url(text.trim(), policy).map_err(|invalid| named(invalid, field))?;
    Ok(address::text(&url))
}

fn proxy(text: &str, policy: &ServerPolicy) -> ApiResult<String> {
    let url = address::proxy_url(text.trim(), policy).map_err(|invalid| named(invalid, "proxy_url"))?;
    if url.password().is_some() {
        let detail = "The proxy's address is not kept as a secret, so it must not hold a password.";
        return Err(ApiError::field(INVALID, "proxy_url", detail)
            .hint("Let the proxy accept this host, or run a local one that knows the password."));
    }
    Ok(address::text(&url))
}

/// The same reproach for the field that was meant.
fn named(mut invalid: Invalid, field: &str) -> Invalid {
    if invalid.code != address::NOT_ALLOWED {
        invalid.code = INVALID;
    }
    for error in &mut invalid.errors {
        field.clone_into(&mut error.field);
    }
    invalid
}

impl From<DeploymentWord> for Deployment {
    fn from(word: DeploymentWord) -> Self {
        match word {
            DeploymentWord::Cloud => Self::Cloud,
            DeploymentWord::SelfManaged => Self::SelfManaged,
        }
    }
}
