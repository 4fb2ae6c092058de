//! Cloud's webhooks of apps: registered, listed, extended and removed by the app that a user let in, and by nobody else.

use chrono::TimeDelta;
use okrsync_jql::Clause;
use okrsync_jql::ast::{Comparison, Condition, FieldName, Operand, Term};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{App, Ask};
use super::issues::paged;
use super::reply::{Answer, Reply};
use crate::sync::{lock, write};
use crate::webhooks::{Hook, Owner};

/// Webhooks of one app for one user on one site.
const MOST: usize = 5;
/// How long a webhook lives unless it is extended.
const LASTS: TimeDelta = TimeDelta::days(30);
/// What an app may ask to be told of.
const EVENTS: [&str; 20] = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "issue_property_set",
    "issue_property_deleted",
    "sprint_created",
    "sprint_updated",
    "sprint_closed",
    "sprint_deleted",
    "sprint_started",
    "jira:version_released",
    "jira:version_unreleased",
    "jira:version_created",
    "jira:version_moved",
    "jira:version_updated",
    "jira:version_merged",
    "jira:version_deleted",
];
/// What a filter may be about.
const FIELDS: [&str; 8] = ["issuekey", "key", "project", "issuetype", "type", "status", "assignee", "reporter"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Details {
    events: Vec<String>,
    jql_filter: String,
    #[serde(default)]
    field_ids_filter: Vec<String>,
    #[serde(default, rename = "issuePropertyKeysFilter")]
    _issue_property_keys_filter: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Ids {
    webhook_ids: Vec<u64>,
}

/// The app that asks, and for whom.
fn asker(ask: &Ask) -> Result<(&App, &str), Reply> {
    let refused = || Reply::error(403, "Only Connect and OAuth 2.0 apps can use this operation.");
    ask.visitor.app.as_ref().zip(ask.user()).ok_or_else(refused)
}

fn is_of(hook: &Hook, app: &App, by: &str) -> bool {
    matches!(&hook.owner, Owner::App { client_id, user, .. } if *client_id == app.id && user == by)
}

/// `POST /webhook`: 200 also where entries were refused; each says so itself.
pub(crate) fn register(ask: &Ask) -> Answer {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        url: String,
        webhooks: Vec<Details>,
    }
    let (app, user) = asker(ask)?;
    let Body { url, webhooks } = ask.parse()?;
    let sound = url.starts_with("https://") || url.starts_with("http://127.0.0.1");
    if !sound || webhooks.is_empty() {
        return Err(Reply::error(400, "A URL that begins with https and at least one webhook are required."));
    }
    let known = |event: &String| EVENTS.contains(&event.as_str());
    if webhooks.iter().any(|details| details.events.is_empty() || !details.events.iter().all(known)) {
        return Err(Reply::error(400, "Invalid request payload. Unknown or missing events."));
    }
    let other =
        |hook: &Hook| matches!(&hook.owner, Owner::App { client_id, .. } if *client_id == app.id) && hook.url != url;
    if lock(&ask.shared.webhooks.hooks).iter().any(other) {
        return Err(Reply::error(400, "Only a single URL per app is allowed to be registered."));
    }
    let results: Vec<Value> = webhooks.into_iter().map(|details| add(ask, app, user, &url, details)).collect();
    Ok(Reply::json(&json!({ "webhookRegistrationResult": results })))
}

fn add(ask: &Ask, app: &App, user: &str, url: &str, details: Details) -> Value {
    let clause = match filter(&details.jql_filter) {
        Ok(clause) => clause,
        Err(errors) => return json!({ "errors": errors }),
    };
    let id = write(&ask.shared.site).take_id();
    let mut hooks = lock(&ask.shared.webhooks.hooks);
    if hooks.iter().filter(|hook| is_of(hook, app, user)).count() >= MOST {
        return json!({ "errors": [format!("The limit of {MOST} webhooks per app and user has been reached.")] });
    }
    let (client_id, client_secret) = (app.id.clone(), app.secret.clone());
    let expires = ask.shared.options.clock.now() + LASTS;
    hooks.push(Hook {
        id,
        url: url.to_owned(),
        events: details.events,
        filter: Some((details.jql_filter, clause)),
        fields: details.field_ids_filter,
        owner: Owner::App { client_id, client_secret, user: user.to_owned(), expires },
    });
    json!({ "createdWebhookId": id })
}

/// Reads a filter: only a part of JQL may be used.
fn filter(jql: &str) -> Result<Clause, Vec<String>> {
    let query = okrsync_jql::parse(jql).map_err(|errors| vec![super::queries::syntax(jql, &errors)])?;
    let clause = query.where_clause.ok_or_else(|| vec!["The filter must not be empty.".to_owned()])?;
    let refused = |term: &&Term| !is_supported(term);
    let errors: Vec<String> = clause
        .terms()
        .into_iter()
        .filter(refused)
        .map(|term| format!("The clause {} is unsupported", term.field))
        .collect();
    if errors.is_empty() { Ok(clause) } else { Err(errors) }
}

fn is_supported(term: &Term) -> bool {
    let field = match &term.field.name {
        FieldName::Named(name) => FIELDS.iter().any(|known| name.eq_ignore_ascii_case(known)),
        FieldName::Custom(_) => false,
    };
    let operator = match &term.condition {
        Condition::Compare(comparison, _) => matches!(comparison, Comparison::Equal | Comparison::NotEqual),
        Condition::In { .. } => true,
        _ => false,
    };
    field && operator && term.leaves().into_iter().all(|leaf| matches!(leaf, Operand::Value(_)))
}

/// `GET /webhook`.
pub(crate) fn list(ask: &Ask) -> Answer {
    let (app, user) = asker(ask)?;
    let hooks = lock(&ask.shared.webhooks.hooks).clone();
    let shown = |hook: &Hook| {
        let Owner::App { expires, .. } = &hook.owner else { return Value::Null };
        json!({
            "id": hook.id, "url": hook.url, "jqlFilter": hook.filter.as_ref().map(|(text, _)| text), "events": hook.events,
            "fieldIdsFilter": hook.fields, "expirationDate": expires.timestamp_millis(),
        })
    };
    let all: Vec<Value> = hooks.iter().filter(|hook| is_of(hook, app, user)).map(shown).collect();
    paged(ask, &all, (100, 100), "values")
}

/// `DELETE /webhook`, with a body: ids of others are ignored.
pub(crate) fn remove(ask: &Ask) -> Answer {
    let (app, user) = asker(ask)?;
    let Ids { webhook_ids } = ask.parse()?;
    if webhook_ids.is_empty() {
        return Err(Reply::error(400, "The list of webhook IDs is missing."));
    }
    lock(&ask.shared.webhooks.hooks).retain(|hook| !(is_of(hook, app, user) && webhook_ids.contains(&hook.id)));
    Ok(Reply { status: 202, ..Reply::empty() })
}

/// `PUT /webhook/refresh`: thirty days from now.
pub(crate) fn extend(ask: &Ask) -> Answer {
    let (app, user) = asker(ask)?;
    let Ids { webhook_ids } = ask.parse()?;
    let until = ask.shared.options.clock.now() + LASTS;
    for hook in lock(&ask.shared.webhooks.hooks).iter_mut() {
        if !(is_of(hook, app, user) && webhook_ids.contains(&hook.id)) {
            continue;
        }
        if let Owner::App { expires, .. } = &mut hook.owner {
            *expires = until;
        }
    }
    Ok(Reply::json(&json!({ "expirationDate": until.timestamp_millis() })))
}

/// `GET /webhook/failed`.
pub(crate) fn failed(_: &Ask) -> Reply {
    Reply::error(403, "Only Connect apps can use this operation.")
}
