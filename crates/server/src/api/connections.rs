//! Connections to Jira sites: made, tested, edited, removed.

mod authorize;
pub(crate) mod body;
pub(crate) mod fields;
mod grants;
mod preselected;
mod refused;
pub(crate) mod removing;
mod suggestions;
mod view;
pub(crate) mod webhook;

use crate::{
    api::{
        listing::{Listing, Paging},
        reply,
    },
    app::App,
    auth::{caller::Caller, policy::Act},
    error::{ApiError, ApiResult, integration_disabled},
    extract::{Body, Id, Params, Patch},
};
pub(crate) use authorize::choose_site;

use axum::{Json, extract::State, response::Response};
use body::{ConnectionBody, Draft};
use chrono::TimeDelta;
use okrsync_connections::ProbeReport;
use okrsync_domain::{
    ConnectionId, Instant, UserId,
    connection::{Connection, ConnectionState},
};
use okrsync_scheduler::sites;
use okrsync_store::{ConnectionOverview, SealedSecret, SecretChanges};
use serde::Deserialize;
use std::collections::HashMap;
use utoipa_axum::{router::OpenApiRouter, routes};
use view::{ConnectionView, TestView};

/// Routes of connections.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, change))
        .routes(routes!(test))
        .merge(removing::routes())
        .merge(preselected::routes())
        .merge(fields::routes())
        .merge(suggestions::routes())
        .merge(authorize::routes())
        .merge(webhook::routes())
}

/// An hour ago: usage is counted since then.
pub(crate) fn an_hour_before(now: Instant) -> Instant {
    now - TimeDelta::hours(1)
}

async fn answer(app: &App, id: ConnectionId) -> ApiResult<ConnectionView> {
    let now = app.now();
    let overview = app.store().connection_overview(id, an_hour_before(now)).await?;
    let public_key = app.engine().sites().public_key(&overview.connection).await?;
    Ok(ConnectionView::of(overview, now).with_public_key(public_key))
}

/// The connections that one may use.
#[utoipa::path(get, path = "/connections", tag = "Connections", params(Paging),
    responses((status = 200, body = Listing<ConnectionView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(paging): Params<Paging>,
) -> ApiResult<Json<Listing<ConnectionView>>> {
    caller.may(Act::Look)?;
    let now = app.now();
    let slice = app.store().connections(Some(caller.viewer()), an_hour_before(now), paging.page()?).await?;
    let mut public_keys = HashMap::new();
    for ConnectionOverview { connection, .. } in &slice.items {
        public_keys.insert(connection.id, app.engine().sites().public_key(connection).await?);
    }
    Ok(Json(Listing::of(slice, |overview: ConnectionOverview| {
        let public_key = public_keys.remove(&overview.connection.id).flatten();
        ConnectionView::of(overview, now).with_public_key(public_key)
    })))
}

/// Whether a new connection is tested before it is stored.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Adding {
    /// `false` stores it untested.
    test: Option<bool>,
}

/// Makes a connection. A token is tried first; if Jira refuses it nothing is stored.
#[utoipa::path(post, path = "/connections", tag = "Connections", params(Adding), request_body = ConnectionBody,
    responses((status = 201, body = ConnectionView, headers(("Location" = String)))))]
async fn add(
    State(app): State<App>,
    caller: Caller,
    Params(adding): Params<Adding>,
    Body(body): Body<ConnectionBody>,
) -> ApiResult<Response> {
    caller.may(Act::CreateConnection)?;
    let id = create(&app, &caller, body, adding.test.unwrap_or(true)).await?;
    Ok(reply::created(&format!("/connections/{id}"), answer(&app, id).await?))
}

/// Makes a connection for somebody who may; a token is tried first, unless `test` says otherwise.
pub(crate) async fn create(app: &App, caller: &Caller, body: ConnectionBody, test: bool) -> ApiResult<ConnectionId> {
    let mut draft = body.settle(blank(app, caller.user.id), app.engine().sites().policy())?;
    grants::make_key(app, &mut draft, &[]).await?;
    if let Some(missing) = draft.needed.iter().find(|name| !draft.given.contains_key(*name)) {
        return Err(refused::missing_secret(missing));
    }
    if draft.connection.state == ConnectionState::Disabled {
        // stored as it is, to be tested when it is switched on
    } else if !draft.connection.auth_kind.is_token() {
        draft.connection.state = ConnectionState::NeedsAuthorization;
    } else if test {
        try_out(app, &mut draft).await?;
    }
    let id = draft.connection.id;
    let note = caller.did(app, "connection.create", &draft.connection).after(&view::noted(&draft)?);
    app.store().noting(note).add_connection(&draft.connection, &seal(app, &draft)).await?;
    Ok(id)
}

/// Asks Jira with what was handed in, and notes who answered.
async fn try_out(app: &App, draft: &mut Draft) -> ApiResult<()> {
    may_ask(app).await?;
    let site = app.engine().sites().unstored(&draft.connection, &draft.given);
    let site = site.map_err(|error| refused::unusable(&error, app.now()))?.impatient();
    let report = site.probe().await;
    if !report.ok {
        return Err(refused::by_jira(&report, app.now()));
    }
    let connection = &mut draft.connection;
    connection.state = ConnectionState::Ok;
    connection.last_ok_at = Some(app.now());
    connection.account = report.account;
    connection.jira = report.jira;
    connection.cloud_id = report.cloud_id.or(connection.cloud_id.take());
    connection.via_gateway = report.via_gateway;
    Ok(())
}

/// Switched off, nothing is asked of Jira, not even whether it is there.
async fn may_ask(app: &App) -> ApiResult<()> {
    if app.store().organisation().await?.jira_enabled { Ok(()) } else { Err(integration_disabled()) }
}

fn seal(app: &App, draft: &Draft) -> Vec<SealedSecret> {
    let id = draft.connection.id;
    draft.given.iter().map(|(name, secret)| sites::seal(app.keys(), id, name, secret, app.random())).collect()
}

/// One connection.
#[utoipa::path(get, path = "/connections/{id}", tag = "Connections", params(("id" = String, Path)),
    responses((status = 200, body = ConnectionView)))]
async fn get(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> ApiResult<Json<ConnectionView>> {
    caller.may(Act::SeeConnection(&app.store().get_connection(id).await?))?;
    Ok(Json(answer(&app, id).await?))
}

/// Changes a connection. An empty or absent secret keeps the old one.
#[utoipa::path(patch, path = "/connections/{id}", tag = "Connections", params(("id" = String, Path)),
    request_body = ConnectionBody, responses((status = 200, body = ConnectionView)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    patch: Patch,
) -> ApiResult<Json<ConnectionView>> {
    edit(&app, &caller, id, patch).await?;
    Ok(Json(answer(&app, id).await?))
}

/// Changes a connection for somebody who may. An empty or absent secret keeps the old one.
pub(crate) async fn edit(app: &App, caller: &Caller, id: ConnectionId, patch: Patch) -> ApiResult<()> {
    let before = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&before))?;
    let current = view::editable(&before).map_err(ApiError::internal)?;
    let mut draft = patch.apply::<ConnectionBody>(current)?.settle(before.clone(), app.engine().sites().policy())?;
    let kept: Vec<String> = app.store().sealed_secrets(id).await?.into_iter().map(|secret| secret.name).collect();
    grants::make_key(app, &mut draft, &kept).await?;
    let same_kind = before.auth_kind == draft.connection.auth_kind;
    let stays = |name: &String| kept.contains(name) && (same_kind || name != sites::TOKEN);
    if let Some(missing) = draft.needed.iter().find(|name| !draft.given.contains_key(*name) && !stays(name)) {
        return Err(refused::missing_secret(missing));
    }
    let stay = |name: &&String| draft.needed.contains(name) || sites::GRANT_TOKENS.contains(&name.as_str());
    let remove = kept.iter().filter(|name| !stay(name)).cloned().collect();
    forget_account(&before, &mut draft);
    let changes = SecretChanges { set: seal(app, &draft), remove };
    let was = view::editable(&before).map_err(ApiError::internal)?;
    let note = caller.did(app, "connection.change", &draft.connection).before(&was).after(&view::noted(&draft)?);
    let ends_grant = grants::ends(&before, &draft.connection);
    if ends_grant {
        app.engine().retract_webhook(&before).await?;
    }
    let saved = app.store().noting(note).update_connection(&draft.connection, changes, app.now()).await;
    if ends_grant && saved.is_err() {
        app.store().check_webhook_soon(id, app.now()).await?;
    }
    saved?;
    if ends_grant {
        grants::settle(app, caller, &draft.connection).await?;
    }
    app.engine().wake();
    Ok(())
}

/// Another sign-in or another site may well answer as another account: that is no intrusion.
fn forget_account(before: &Connection, draft: &mut Draft) {
    let connection = &mut draft.connection;
    let other = draft.given.contains_key(sites::TOKEN)
        || connection.auth_kind != before.auth_kind
        || connection.auth_email != before.auth_email
        || connection.server_url != before.server_url;
    if other {
        connection.account = None;
    }
    // A new secret has another end.
    if draft.given.contains_key(sites::TOKEN) && connection.secret_expires_at == before.secret_expires_at {
        connection.secret_expires_at = None;
    }
}

/// Tests a connection step by step and notes the outcome.
#[utoipa::path(post, path = "/connections/{id}/test", tag = "Connections", params(("id" = String, Path)),
    responses((status = 200, body = TestView)))]
async fn test(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> ApiResult<Json<TestView>> {
    caller.may(Act::EditConnection(&app.store().get_connection(id).await?))?;
    Ok(Json(test_stored(&app, id).await?.into()))
}

/// Tests a stored connection and notes the outcome.
pub(crate) async fn test_stored(app: &App, id: ConnectionId) -> ApiResult<ProbeReport> {
    may_ask(app).await?;
    Ok(app.engine().test(id).await?)
}

/// A connection before anything is known of it.
fn blank(app: &App, owner_id: UserId) -> Connection {
    let now = app.now();
    Connection::new(app.random().id(now), owner_id, now)
}
