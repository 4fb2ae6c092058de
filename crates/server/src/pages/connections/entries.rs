//! Between the form of a connection and the body that the API takes: the same checks judge both.

use crate::{
    components::form::Entries,
    error::{ApiError, ApiResult},
    pages::sent::Sent,
};
use okrsync_domain::connection::{AuthKind, Connection, Deployment, Sharing};
use serde_json::{Map, Value, json};

/// Extra headers that the form has room for.
pub(crate) const HEADERS: usize = 3;

/// Fields that are sent as they are typed; empty is none.
const TEXTS: [&str; 5] = ["gateway_url", "auth_url", "proxy_url", "ca_pem", "cloud_id"];
/// The kind of sign-in by a token.
const TOKEN: &str = "token";
/// Fields that hold whole numbers.
const NUMBERS: [&str; 3] = ["timeout_seconds", "budget_per_hour", "concurrency"];

/// A new connection's form, with a consumer key that nobody else is likely to have.
pub(crate) fn blank(consumer_key: &str) -> Entries {
    Entries::new([
        ("deployment", "cloud".to_owned()),
        ("auth.kind", TOKEN.to_owned()),
        ("auth.consumer_key", consumer_key.to_owned()),
        ("timeout_seconds", "60".to_owned()),
        ("budget_per_hour", "10000".to_owned()),
        ("concurrency", "4".to_owned()),
    ])
}

/// The form of a connection that is there. Secrets stay where they are.
pub(crate) fn of(connection: &Connection) -> Entries {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut entries = Entries::new([
        ("name", connection.name.clone()),
        ("server_url", connection.server_url.clone()),
        ("deployment", deployment(connection.deployment).to_owned()),
        ("auth.kind", kind(connection.auth_kind).to_owned()),
        ("auth.email", optional(&connection.auth_email)),
        ("auth.client_id", optional(&connection.auth_client)),
        ("auth.consumer_key", optional(&connection.auth_client)),
        ("gateway_url", optional(&connection.gateway_url)),
        ("auth_url", optional(&connection.auth_url)),
        ("proxy_url", optional(&connection.proxy_url)),
        ("ca_pem", optional(&connection.ca_pem)),
        ("cloud_id", optional(&connection.cloud_id)),
        ("timeout_seconds", connection.timeout_seconds.to_string()),
        ("budget_per_hour", connection.budget_per_hour.to_string()),
        ("concurrency", connection.concurrency.to_string()),
        ("sharing", sharing(connection.sharing).to_owned()),
        ("show_titles_to_viewers", connection.show_titles_to_viewers.to_string()),
        ("enabled", (!matches!(connection.state, okrsync_domain::connection::ConnectionState::Disabled)).to_string()),
    ]);
    if let Some(at) = connection.secret_expires_at {
        entries.set("secret_expires_at", at.format("%Y-%m-%d").to_string());
    }
    for field in &connection.story_points_fields {
        entries.add("story_points_fields", field.0.clone());
    }
    for (number, name) in connection.header_names.iter().enumerate() {
        entries.set(&format!("headers[{number}].name"), name.clone());
    }
    entries
}

/// Whether the fold with the rarer fields holds anything.
pub(crate) fn has_advanced(entries: &Entries) -> bool {
    let rare = ["gateway_url", "auth_url", "proxy_url", "ca_pem", "headers[0].name", "secret_expires_at"];
    rare.iter().any(|name| !entries.get(name).is_empty())
}

fn deployment(deployment: Deployment) -> &'static str {
    match deployment {
        Deployment::Cloud => "cloud",
        Deployment::SelfManaged => "self_managed",
    }
}

/// The kind of sign-in as the form has it: the type of Jira decides which token it is.
fn kind(kind: AuthKind) -> &'static str {
    match kind {
        AuthKind::ApiToken | AuthKind::PersonalAccessToken => TOKEN,
        AuthKind::Oauth2 => "oauth2",
        AuthKind::Oauth1 => "oauth1",
    }
}

/// Whether somebody has to allow the access on Jira's own page.
pub(crate) fn consents(sent: &Sent) -> bool {
    matches!(sent.get("auth.kind"), "oauth1" | "oauth2")
}

fn sharing(sharing: Sharing) -> &'static str {
    match sharing {
        Sharing::Private => "private",
        Sharing::Everyone => "everyone",
    }
}

/// The body that the form means.
///
/// # Errors
/// A number or a date that is none, with its field.
pub(crate) fn body(sent: &Sent) -> ApiResult<Value> {
    let mut body = Map::new();
    for name in ["name", "server_url", "deployment"] {
        body.insert(name.to_owned(), json!(sent.get(name).trim()));
    }
    body.insert("auth".to_owned(), auth(sent));
    body.insert("headers".to_owned(), headers(sent));
    for name in TEXTS {
        body.insert(name.to_owned(), json!(sent.given(name)));
    }
    for name in NUMBERS {
        if let Some(text) = sent.given(name) {
            let number: u32 =
                text.parse().map_err(|_| ApiError::field("invalid_value", name, "Enter a whole number."))?;
            body.insert(name.to_owned(), json!(number));
        }
    }
    body.insert("secret_expires_at".to_owned(), json!(expiry(sent)?));
    if sent.get("fields_shown") == "true" {
        let chosen = sent.values.iter().filter(|(name, _)| name == "story_points_fields").map(|(_, id)| json!(id));
        body.insert("story_points_fields".to_owned(), chosen.collect());
    }
    Ok(body.into())
}

/// What is chosen about sharing, where the form asks for it.
pub(crate) fn choices(sent: &Sent) -> Value {
    json!({
        "sharing": if sent.get("sharing") == "everyone" { "everyone" } else { "private" },
        "show_titles_to_viewers": sent.get("show_titles_to_viewers") == "true",
    })
}

fn auth(sent: &Sent) -> Value {
    let token = sent.get("auth.token");
    match (sent.get("auth.kind"), sent.get("deployment")) {
        (kind @ "oauth2", _) => {
            let (id, secret) = (sent.get("auth.client_id").trim(), sent.get("auth.client_secret"));
            json!({"kind": kind, "client_id": id, "client_secret": secret})
        }
        (kind @ "oauth1", _) => json!({"kind": kind, "consumer_key": sent.get("auth.consumer_key").trim()}),
        (_, "self_managed") => json!({"kind": "personal_access_token", "token": token}),
        _ => json!({"kind": "api_token", "email": sent.get("auth.email").trim(), "token": token}),
    }
}

fn headers(sent: &Sent) -> Value {
    let header = |number: usize| {
        let name = sent.given(&format!("headers[{number}].name"))?;
        Some(json!({"name": name, "value": sent.get(&format!("headers[{number}].value"))}))
    };
    (0..HEADERS).filter_map(header).collect()
}

fn expiry(sent: &Sent) -> ApiResult<Option<String>> {
    let Some(text) = sent.given("secret_expires_at") else { return Ok(None) };
    let day: okrsync_domain::Date = text
        .parse()
        .map_err(|_| ApiError::field("invalid_value", "secret_expires_at", "Enter a date such as 2026-12-31."))?;
    Ok(Some(format!("{day}T00:00:00Z")))
}
