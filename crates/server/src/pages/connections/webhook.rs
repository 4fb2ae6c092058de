//! A connection's webhook: what to hand to an administrator of Jira, shown once, and how it fares.

use super::page;
use crate::{
    api::connections::webhook as api,
    app::App,
    auth::policy::Act,
    components::{
        form::{Entries, Field, hidden, switch},
        surfaces::{Tone, banner, card},
        times,
    },
    error::ApiError,
    extract::Id,
    pages::{
        PageError, Visitor,
        flash::Flash,
        reader::Reader,
        sent::{Done, Sent, mendable},
    },
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};
use okrsync_connections::registers_webhooks;
use okrsync_domain::{ConnectionId, connection::Connection};
use okrsync_scheduler::webhooks::SetUp;
use okrsync_store::{Webhook, WebhookKind};
use secrecy::ExposeSecret as _;

/// Whether Jira is to sign what it delivers.
const SIGNED: &str = "signed";

/// What the page is about.
pub(crate) struct Hook {
    /// Whose webhook it is.
    pub(crate) connection: Connection,
    /// As it is kept.
    pub(crate) webhook: Option<Webhook>,
    /// Just set up, with the secrets that are shown this once.
    pub(crate) made: Option<SetUp>,
}

impl Hook {
    async fn load(app: &App, id: ConnectionId) -> Result<Self, ApiError> {
        let connection = app.store().get_connection(id).await?;
        Ok(Self { connection, webhook: app.store().find_webhook(id).await?, made: None })
    }
}

/// The page.
pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    visitor: Visitor,
) -> Result<Markup, PageError> {
    let hook = Hook::load(&app, id).await?;
    visitor.caller.may(Act::EditConnection(&hook.connection))?;
    Ok(render(&Reader::of(&app, visitor).await?, &hook, &blank()))
}

fn blank() -> Entries {
    Entries::new([(SIGNED, true.to_string())])
}

/// Sets it up and shows its secrets.
pub(crate) async fn set_up(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    sent: Sent,
) -> Result<Response, PageError> {
    match Box::pin(api::set_up_for(&app, &sent.caller, id, sent.get(SIGNED) == "true")).await {
        Ok(made) => {
            let hook = Hook { made: Some(made), ..Hook::load(&app, id).await? };
            Ok(render(&Reader::of(&app, sent.into_visitor()).await?, &hook, &blank()).into_response())
        }
        Err(error) => {
            let error = mendable(error)?;
            let (hook, entries) = (Hook::load(&app, id).await?, sent.entries().refused(&error));
            let reader = Reader::of(&app, sent.into_visitor()).await?;
            Ok((error.status(), render(&reader, &hook, &entries)).into_response())
        }
    }
}

/// Takes it away.
pub(crate) async fn remove(
    State(app): State<App>,
    Id(id): Id<ConnectionId>,
    sent: Sent,
) -> Result<Response, PageError> {
    let removed = sent.once(&app, async {
        Box::pin(api::remove_for(&app, &sent.caller, id)).await?;
        Ok(Done::to(path(id)).saying(Flash::good("The webhook is removed").text("Its address is worth nothing now.")))
    });
    Ok(removed.await?)
}

fn path(id: ConnectionId) -> String {
    format!("/connections/{id}/webhook")
}

/// The page, from what it is about.
pub(crate) fn render(reader: &Reader, hook: &Hook, entries: &Entries) -> Markup {
    let connection = &hook.connection;
    let content = html! {
        div class="page narrow stack" {
            div {
                h1 class="title" { "Webhook of " (connection.name) }
                p class="sub" {
                    "Jira tells okrsync of changed issues, and numbers follow within seconds. Whatever it does not tell, the refresh of every period finds all the same."
                }
            }
            @if let Some(made) = hook.made.as_ref().filter(|made| made.webhook.kind == WebhookKind::Manual) { (handover(made)) }
            @if let Some(webhook) = &hook.webhook { (card("How it fares", &html! {}, "", &standing(reader, webhook))) }
            (card(if hook.webhook.is_some() { "Set it up anew" } else { "Set it up" }, &html! {}, "", &setting_up(reader, hook, entries)))
        }
    };
    page(reader, &format!("Webhook of {}", connection.name), &content)
}

/// What an administrator of Jira needs to make it by hand.
fn handover(made: &SetUp) -> Markup {
    card(
        "Hand over to an administrator of Jira",
        &html! {},
        "",
        &html! {
            div class="in-card" {
                (banner(Tone::Info, "Address and secret are shown this once.", "Copy them now; who knows them can have okrsync look again.", &html! {}))
                ol class="handover" {
                    li { "In Jira, open Administration, System, WebHooks, and create a webhook." }
                    li { "Address: " p class="secret" { code { (made.url.expose_secret()) } } }
                    @if let Some(secret) = &made.signing_secret { li { "Secret: " p class="secret" { code { (secret.expose_secret()) } } } }
                    li { "Events: issue created, updated and deleted. No filter is needed." }
                }
            }
        },
    )
}

fn standing(reader: &Reader, webhook: &Webhook) -> Markup {
    let (zone, id) = (reader.zone(), webhook.connection_id);
    let registered = webhook.kind == WebhookKind::Registered;
    let at = |instant| times::clock(instant, reader.now, zone);
    html! {
        div class="in-card fg" {
            @if let Some(problem) = &webhook.problem {
                (banner(Tone::Mid, &problem.message, problem.hint.as_deref().unwrap_or(""), &html! {}))
            }
            dl class="kv" {
                dt { "In Jira" } dd { (if registered { "registered by okrsync" } else { "made by an administrator" }) }
                @if !registered { dt { "Signature" } dd { (if webhook.signed { "demanded" } else { "none" }) } }
                dt { "Set up" } dd { (at(webhook.made_at)) }
                dt { "Last event" } dd { (webhook.heard_at.map_or_else(|| "none yet".to_owned(), at)) }
                @if let Some(until) = webhook.expires_at { dt { "Ends" } dd { (at(until)) ", unless renewed, which is done every day" } }
            }
            form method="post" action={ (path(id)) "/remove" } {
                (hidden(&reader.csrf, &reader.once))
                button class="btn danger" { "Remove" }
            }
        }
    }
}

fn setting_up(reader: &Reader, hook: &Hook, entries: &Entries) -> Markup {
    let connection = &hook.connection;
    let registered = registers_webhooks(connection.deployment, connection.auth_kind);
    let signed = Field {
        name: SIGNED,
        label: "Jira signs what it delivers",
        help: "Older versions of Data Center cannot. The address alone guards it then.",
        ..Field::default()
    };
    html! {
        form method="post" action=(path(connection.id)) class="in-card fg" {
            (hidden(&reader.csrf, &reader.once))
            (entries.banner())
            p class="t13 sub" {
                @if registered { "okrsync registers the webhook in Jira by itself, renews it, and takes it away again." }
                @else { "You get an address and a secret, which an administrator of Jira enters there." }
                @if hook.webhook.is_some() { " The old address is worth nothing from then on." }
            }
            @if !registered { (switch(&signed, entries)) }
            div { button class="btn" { (if hook.webhook.is_some() { "Set up anew" } else { "Set up" }) } }
        }
    }
}
