//! Webhooks that a site lets an application register for itself.

use super::Site;
use crate::{
    Error,
    call::Call,
    cloud,
    webhook::ISSUE_EVENTS,
    wire::{Id, instant},
};
use okrsync_domain::{
    Instant,
    connection::{AuthKind, Deployment},
};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A webhook that this application has registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteWebhook {
    /// Jira's number of it.
    pub id: i64,
    /// Where it delivers to.
    pub url: String,
    /// The issues that it is about.
    pub filter: String,
    /// When it ends unless it is renewed, if Jira says so.
    pub expires_at: Option<Instant>,
}

/// Webhooks on a page of a list.
const PAGE: usize = 100;
/// An application has five at most; more than this is a broken list.
const MOST: usize = 1000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ids {
    webhook_ids: [i64; 1],
}

/// Whether webhooks can be registered: by applications that somebody let into a Cloud site. Elsewhere an administrator of Jira
/// makes them.
///
/// ```
/// use okrsync_connections::registers_webhooks;
/// use okrsync_domain::connection::{AuthKind, Deployment};
/// assert!(registers_webhooks(Deployment::Cloud, AuthKind::Oauth2));
/// assert!(!registers_webhooks(Deployment::Cloud, AuthKind::ApiToken));
/// assert!(!registers_webhooks(Deployment::SelfManaged, AuthKind::Oauth2));
/// ```
pub fn registers_webhooks(deployment: Deployment, auth: AuthKind) -> bool {
    deployment == Deployment::Cloud && auth == AuthKind::Oauth2
}

/// Milliseconds since 1970, or a text.
fn date_of(raw: &RawValue) -> Option<Instant> {
    instant(raw.get()).ok().flatten()
}

impl Site {
    /// Registers a webhook for events of issues of some projects; Jira's number of it. It ends after thirty days.
    ///
    /// # Errors
    /// [`Error::ScopeMissing`] where the grant does not reach so far, [`Error::QueryInvalid`] where Jira refuses the filter
    /// or has enough webhooks.
    pub async fn register_webhook(&self, url: &str, filter: &str) -> Result<i64, Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            url: &'a str,
            webhooks: [Details<'a>; 1],
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Details<'a> {
            events: [&'a str; 3],
            jql_filter: &'a str,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Registered {
            webhook_registration_result: Vec<Outcome>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Outcome {
            created_webhook_id: Option<Id>,
            #[serde(default)]
            errors: Vec<String>,
        }
        let body = Body { url, webhooks: [Details { events: ISSUE_EVENTS, jql_filter: filter }] };
        let answer = self.client.send(&Call::post(format!("{}/webhook", cloud::API), &body)).await?;
        let mut registered: Registered = answer.read()?;
        match registered.webhook_registration_result.pop() {
            Some(Outcome { created_webhook_id: Some(id), .. }) => Ok(id.0),
            Some(Outcome { errors, .. }) => Err(Error::QueryInvalid { messages: errors }),
            None => Err(Error::UnexpectedAnswer { detail: "a webhook was neither registered nor refused".to_owned() }),
        }
    }

    /// The webhooks that this application has registered for this account.
    pub async fn webhooks(&self) -> Result<Vec<RemoteWebhook>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Listed {
            values: Vec<Known>,
            is_last: Option<bool>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Known {
            id: Id,
            url: String,
            #[serde(default)]
            jql_filter: String,
            expiration_date: Option<Box<RawValue>>,
        }
        let mut found = Vec::new();
        loop {
            let call = Call::get(format!("{}/webhook", cloud::API)).with("startAt", found.len().to_string());
            let Listed { values, is_last } =
                self.client.send(&call.with("maxResults", PAGE.to_string())).await?.read()?;
            let last = is_last.unwrap_or(values.len() < PAGE) || values.is_empty();
            for Known { id, url, jql_filter: filter, expiration_date } in values {
                let expires_at = expiration_date.and_then(|date| date_of(&date));
                found.push(RemoteWebhook { id: id.0, url, filter, expires_at });
            }
            if last || found.len() >= MOST {
                return Ok(found);
            }
        }
    }

    /// Extends the life of a webhook to thirty days from now; when it ends then. Jira ignores numbers that it does not know.
    pub async fn renew_webhook(&self, id: i64) -> Result<Option<Instant>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Renewed {
            expiration_date: Box<RawValue>,
        }
        let path = format!("{}/webhook/refresh", cloud::API);
        let answer = self.client.send(&Call::command(Method::PUT, path, &Ids { webhook_ids: [id] })).await?;
        Ok(date_of(&answer.read::<Renewed>()?.expiration_date))
    }

    /// Removes a webhook.
    pub async fn remove_webhook(&self, id: i64) -> Result<(), Error> {
        let path = format!("{}/webhook", cloud::API);
        self.client.send(&Call::command(Method::DELETE, path, &Ids { webhook_ids: [id] })).await.map(drop)
    }
}
