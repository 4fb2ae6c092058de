//! Setting webhooks up: an address with a secret behind it, and, where Jira lets us, the webhook itself, which ends after
//! thirty days unless it is renewed.

use crate::{Engine, SyncError, sites::CLIENT_SECRET};
use chrono::TimeDelta;
use okrsync_connections::{
    Error, Place, RemoteWebhook, Sealed, Site, registers_webhooks,
    webhook::{self, HookSecret, Refused},
};
use okrsync_domain::{ConnectionId, Instant, Problem, audit::Note, connection::Connection, problem::ProblemCode};
use okrsync_store::{Webhook, WebhookCheck, WebhookKind};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

const TABLE: &str = "webhooks";
const COLUMN: &str = "sealed";
/// A registered webhook is renewed so often: an outage of weeks does no harm.
const RENEWED_EVERY: TimeDelta = TimeDelta::days(1);
/// After a failure it is tried again so soon.
const TRIED_AGAIN: TimeDelta = TimeDelta::hours(1);
/// How long a removal waits for Jira.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long Jira keeps a webhook, should it not say so itself.
const LIVES: TimeDelta = TimeDelta::days(30);

/// A webhook that was set up. Its secrets are told this once.
#[derive(Debug)]
pub struct SetUp {
    /// As it is kept.
    pub webhook: Webhook,
    /// The whole address.
    pub url: SecretString,
    /// What Jira is to sign with, where an administrator hands it over.
    pub signing_secret: Option<SecretString>,
}

impl Engine {
    /// Sets a connection's webhook up anew, with fresh secrets: the old address is worth nothing from now on. `address` is where
    /// Jira reaches us, up to the secret. Where okrsync can register the webhook itself, it does so at once; what stands
    /// in the way is in the webhook's problem, and is tried again by itself. `signed` is about others.
    ///
    /// # Errors
    /// The database.
    pub async fn set_up_webhook(
        &self,
        id: ConnectionId,
        address: &str,
        signed: bool,
        note: Note,
    ) -> Result<SetUp, SyncError> {
        let connection = self.context.store.get_connection(id).await?;
        let (tools, now) = (self.context.sites.tools(), self.context.clock.now());
        let secret = HookSecret::new(&tools.random);
        let Sealed(sealed) = tools.keys.seal(secret.root(), place(&id.to_string()), &tools.random);
        let registered = registers_webhooks(connection.deployment, connection.auth_kind);
        let webhook = Webhook {
            connection_id: id,
            kind: if registered { WebhookKind::Registered } else { WebhookKind::Manual },
            address: address.to_owned(),
            address_hash: webhook::address_hash(secret.in_address().expose_secret()),
            signed: signed && !registered,
            sealed,
            remote_id: None,
            expires_at: None,
            check_at: registered.then_some(now + TRIED_AGAIN),
            problem: None,
            made_at: now,
            heard_at: None,
        };
        self.context.store.noting(note).put_webhook(&webhook).await?;
        let webhook = if registered { Box::pin(self.look_after(webhook)).await? } else { webhook };
        let url = url(&webhook, &secret);
        let signing_secret = webhook.signed.then(|| secret.signing());
        Ok(SetUp { webhook, url, signing_secret })
    }

    /// Takes a connection's webhook away. One that we registered is removed from Jira as well, if that can be done now: else it
    /// ends by itself.
    ///
    /// # Errors
    /// There is none, or the database.
    pub async fn remove_webhook(&self, id: ConnectionId, note: Note) -> Result<(), SyncError> {
        let webhook = self.context.store.noting(note).delete_webhook(id).await?;
        self.take_from_jira(&self.context.store.get_connection(id).await?, &webhook).await;
        Ok(())
    }

    /// Removes a connection that no link uses. Its registered webhook is taken from Jira before, since nobody can sign in for
    /// it afterwards.
    ///
    /// # Errors
    /// It is in use, or the database. The webhook comes back by itself then.
    pub async fn remove_connection(&self, connection: &Connection, note: Note) -> Result<(), SyncError> {
        self.retract_webhook(connection).await?;
        self.context.store.noting(note).delete_connection(connection.id).await?;
        self.wake();
        Ok(())
    }

    /// Has Jira forget the registered webhook of a connection, before its sign-in is given up. If that comes to nothing, the
    /// webhook is registered again.
    ///
    /// # Errors
    /// The database.
    pub async fn retract_webhook(&self, connection: &Connection) -> Result<(), SyncError> {
        if let Some(webhook) = self.context.store.find_webhook(connection.id).await? {
            self.take_from_jira(connection, &webhook).await;
        }
        Ok(())
    }

    /// Gives a registered webhook up if the connection's present sign-in cannot register any.
    ///
    /// # Errors
    /// The database.
    pub async fn settle_webhook(&self, connection: &Connection, note: Note) -> Result<(), SyncError> {
        let webhook = self.context.store.find_webhook(connection.id).await?;
        let is_registered = webhook.is_some_and(|webhook| webhook.kind == WebhookKind::Registered);
        if is_registered && !registers_webhooks(connection.deployment, connection.auth_kind) {
            self.context.store.noting(note).delete_webhook(connection.id).await?;
        }
        Ok(())
    }

    /// Has Jira forget a webhook that we registered, if that can be done now: nobody is kept waiting for a site that hangs.
    async fn take_from_jira(&self, connection: &Connection, webhook: &Webhook) {
        let Some(remote_id) = webhook.remote_id else { return };
        let removal = Box::pin(self.ask(connection, async |site| site.remove_webhook(remote_id).await));
        let error = match tokio::time::timeout(PATIENCE, removal).await {
            Ok(Ok(Ok(()))) => return,
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        let id = connection.id;
        tracing::info!(connection.id = %id, "a webhook ends by itself, because it could not be removed: {error}");
    }

    /// Renews the registered webhooks whose time has come.
    pub(crate) async fn look_after_webhooks(&self) {
        let now = self.context.clock.now();
        let due = match self.context.store.take_webhook_checks(now, now + TRIED_AGAIN).await {
            Ok(due) => due,
            Err(error) => return tracing::warn!(%error, "webhooks could not be looked after"),
        };
        for webhook in due {
            let id = webhook.connection_id;
            match Box::pin(self.look_after(webhook)).await {
                Ok(Webhook { problem: Some(problem), .. }) => {
                    tracing::warn!(connection.id = %id, "a webhook could not be renewed: {}", problem.message);
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, connection.id = %id, "a webhook could not be looked after"),
            }
        }
    }

    /// Registers or renews one, and writes down what came of it.
    async fn look_after(&self, webhook: Webhook) -> Result<Webhook, SyncError> {
        let secret = self.hook_secret(&webhook)?;
        let connection = self.context.store.get_connection(webhook.connection_id).await?;
        let url = url(&webhook, &secret);
        let kept = |site: Site| renewed(site, &webhook, url.expose_secret().to_owned());
        let asked = if self.context.store.organisation().await?.jira_enabled {
            Box::pin(self.ask(&connection, async |site| kept(site).await)).await
        } else {
            Err(SyncError::Disabled)
        };
        let now = self.context.clock.now();
        let problem = match asked {
            Ok(Ok((id, expires_at))) => {
                let (remote_id, expires_at) = (Some(id), Some(expires_at.unwrap_or(now + LIVES)));
                let check = WebhookCheck { remote_id, expires_at, check_at: now + RENEWED_EVERY, problem: None };
                return self.write_down(webhook, check).await;
            }
            Ok(Err(error)) => problem(&error, now),
            Err(SyncError::Store(error)) => return Err(error.into()),
            Err(SyncError::Jira(problem)) => problem,
            Err(error) => waiting(&error, now),
        };
        let (remote_id, expires_at) = (webhook.remote_id, webhook.expires_at);
        let check = WebhookCheck { remote_id, expires_at, check_at: now + TRIED_AGAIN, problem: Some(problem) };
        self.write_down(webhook, check).await
    }

    async fn write_down(&self, webhook: Webhook, check: WebhookCheck) -> Result<Webhook, SyncError> {
        self.context.store.webhook_checked(&webhook, check.clone()).await?;
        let WebhookCheck { remote_id, expires_at, check_at, problem } = check;
        Ok(Webhook { remote_id, expires_at, check_at: Some(check_at), problem, ..webhook })
    }

    /// The secret of a webhook, opened.
    pub(super) fn hook_secret(&self, webhook: &Webhook) -> Result<HookSecret, SyncError> {
        let row = webhook.connection_id.to_string();
        let opened = self.context.sites.tools().keys.open(&Sealed(webhook.sealed.clone()), place(&row));
        opened.map(HookSecret::kept).map_err(|error| SyncError::jira(&error, self.context.clock.now()))
    }

    /// Whether a delivery carries a token of the application that registered the webhook.
    pub(super) async fn check_token(
        &self,
        webhook: &Webhook,
        header: Option<&str>,
    ) -> Result<Result<(), Refused>, SyncError> {
        let connection = self.context.store.get_connection(webhook.connection_id).await?;
        let secrets = self.context.sites.secrets(connection.id).await?;
        let client = connection.auth_client.as_deref().zip(secrets.get(CLIENT_SECRET));
        let Some(client) = client else { return Ok(Err(Refused::Forged)) };
        Ok(webhook::check_token(client, header, self.context.clock.now()))
    }
}

fn place(row: &str) -> Place<'_> {
    Place { table: TABLE, row, column: COLUMN }
}

fn url(webhook: &Webhook, secret: &HookSecret) -> SecretString {
    format!("{}/{}", webhook.address, secret.in_address().expose_secret()).into()
}

/// Has Jira keep exactly one webhook for an address: the one that is known is renewed where it still fits, what else there is
/// of us for this connection is removed.
async fn renewed(site: Site, webhook: &Webhook, url: String) -> Result<(i64, Option<Instant>), Error> {
    let filter = filter(&site).await?;
    let ours = |known: &RemoteWebhook| known.url.starts_with(&webhook.address);
    let known: Vec<RemoteWebhook> = site.webhooks().await?.into_iter().filter(ours).collect();
    let fits = |known: &&RemoteWebhook| known.url == url && known.filter == filter;
    let fitting = known.iter().find(fits).map(|known| known.id);
    // An application has one address only: another one goes first.
    for other in known.iter().filter(|known| known.url != url) {
        site.remove_webhook(other.id).await?;
    }
    let id = match fitting {
        Some(id) => id,
        None => site.register_webhook(&url, &filter).await?,
    };
    for other in known.iter().filter(|known| known.url == url && known.id != id) {
        site.remove_webhook(other.id).await?;
    }
    Ok((id, site.renew_webhook(id).await?))
}

/// All projects that the account sees. Filters know few fields, so that they cannot say what the queries say.
async fn filter(site: &Site) -> Result<String, Error> {
    let mut keys: Vec<String> =
        site.projects().await?.into_iter().map(|project| format!("\"{}\"", project.key)).collect();
    keys.sort();
    if keys.is_empty() {
        return Err(Error::Forbidden { detail: "it sees no project".to_owned() });
    }
    Ok(format!("project IN ({})", keys.join(", ")))
}

fn problem(error: &Error, at: Instant) -> Problem {
    let problem = crate::error::jira(error, at);
    let hint = match error {
        Error::ScopeMissing { .. } => Some(
            "Add the permission `manage:jira-webhook` to the app at developer.atlassian.com, then sign in with Jira again: \
             okrsync asks for it from now on.",
        ),
        Error::QueryInvalid { .. } => {
            Some("An app may have five webhooks for one person on a site: remove one of them.")
        }
        _ => None,
    };
    Problem { hint: hint.map(str::to_owned).or(problem.hint), ..problem }
}

/// Nothing is wrong with the webhook but that Jira cannot be asked now.
fn waiting(error: &SyncError, at: Instant) -> Problem {
    let code = match error {
        SyncError::Disabled => ProblemCode::IntegrationDisabled,
        _ => ProblemCode::JiraUnauthorized,
    };
    let hint = Some("It is registered within the hour after that has been put right.".to_owned());
    Problem { code, message: format!("The webhook is not registered: {error}."), hint, at, retry_at: None }
}
