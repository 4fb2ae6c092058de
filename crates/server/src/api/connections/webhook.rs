//! A connection's webhook: set up, with secrets that are shown once, and taken away.

use super::view::ErrorView;
use crate::{
    api::webhooks::BASE,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::{Id, Params},
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use okrsync_domain::ConnectionId;
use okrsync_scheduler::webhooks::SetUp;
use okrsync_store::{Webhook, WebhookKind};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Routes of the webhook.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(set_up, remove))
}

/// Who makes the webhook in Jira.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum KindWord {
    /// An administrator of Jira, with the address and the signing secret.
    Manual,
    /// okrsync registers and renews it by itself (Cloud with OAuth 2.0).
    Registered,
}

impl From<WebhookKind> for KindWord {
    fn from(kind: WebhookKind) -> Self {
        match kind {
            WebhookKind::Manual => Self::Manual,
            WebhookKind::Registered => Self::Registered,
        }
    }
}

/// A connection's webhook, without its secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookView {
    kind: KindWord,
    /// Whether deliveries must be signed with the signing secret.
    signed: bool,
    set_up_at: DateTime<Utc>,
    /// When Jira last told of something.
    last_event_at: Option<DateTime<Utc>>,
    /// When it ends unless it is renewed, which okrsync does every day (`registered`).
    expires_at: Option<DateTime<Utc>>,
    /// Why it is not registered, or could not be renewed. It is tried again every hour.
    last_error: Option<ErrorView>,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        Self {
            kind: webhook.kind.into(),
            signed: webhook.signed,
            set_up_at: webhook.made_at,
            last_event_at: webhook.heard_at,
            expires_at: webhook.expires_at,
            last_error: webhook.problem.map(ErrorView::from),
        }
    }
}

/// A webhook with its secrets, which are shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct SetUpView {
    /// Where Jira delivers to. It is a secret: whoever knows it can have okrsync look again.
    url: String,
    /// What Jira signs deliveries with; null where the webhook is registered by okrsync, or not signed.
    signing_secret: Option<String>,
    #[serde(flatten)]
    webhook: WebhookView,
}

impl From<SetUp> for SetUpView {
    fn from(set_up: SetUp) -> Self {
        Self {
            url: set_up.url.expose_secret().to_owned(),
            signing_secret: set_up.signing_secret.map(|secret| secret.expose_secret().to_owned()),
            webhook: set_up.webhook.into(),
        }
    }
}

/// How a webhook is set up.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SettingUp {
    /// `false` where Jira cannot sign (older Data Center): the address alone guards it then.
    signed: Option<bool>,
}

/// Sets the webhook up: Jira then tells of changes, and numbers follow within seconds.
///
/// With OAuth 2.0 on Cloud okrsync registers and renews it by itself. Elsewhere an administrator of Jira makes a webhook of
/// the events of issues (created, updated, deleted) with this address and secret. Setting it up anew makes the old address
/// worthless. Nothing depends on it: the refresh of every period finds whatever a webhook did not tell.
#[utoipa::path(post, path = "/connections/{id}/webhook", tag = "Connections",
    params(("id" = String, Path), SettingUp), responses((status = 200, body = SetUpView)))]
async fn set_up(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Params(setting_up): Params<SettingUp>,
) -> ApiResult<Json<SetUpView>> {
    Ok(Json(set_up_for(&app, &caller, id, setting_up.signed.unwrap_or(true)).await?.into()))
}

/// Sets it up for somebody who may.
pub(crate) async fn set_up_for(app: &App, caller: &Caller, id: ConnectionId, signed: bool) -> ApiResult<SetUp> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&connection))?;
    let note = caller.did(app, "connection.set_up_webhook", &connection);
    let note = note.after(&serde_json::json!({ "signed": signed }));
    let address = format!("{}{BASE}/{id}", app.settings().address());
    Ok(app.engine().set_up_webhook(id, &address, signed, note).await?)
}

/// Takes the webhook away: its address is worth nothing from then on.
#[utoipa::path(delete, path = "/connections/{id}/webhook", tag = "Connections", params(("id" = String, Path)),
    responses((status = 204)))]
async fn remove(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> ApiResult<StatusCode> {
    remove_for(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes it away for somebody who may.
pub(crate) async fn remove_for(app: &App, caller: &Caller, id: ConnectionId) -> ApiResult<()> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&connection))?;
    if app.store().find_webhook(id).await?.is_some() {
        let note = caller.did(app, "connection.remove_webhook", &connection);
        app.engine().remove_webhook(id, note).await?;
    }
    Ok(())
}
