//! Connections to Jira sites: made, tested, edited, removed.

pub(crate) mod body;
pub(crate) mod fields;
mod refused;
mod suggestions;
mod view;

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
use axum::{Json, extract::State, http::StatusCode, response::Response};
use body::{ConnectionBody, Draft};
use chrono::TimeDelta;
use okrsync_domain::{
    ConnectionId, Instant, UserId,
    connection::{AuthKind, Connection, ConnectionState, Deployment, Sharing},
};
use okrsync_scheduler::sites;
use okrsync_store::{ConnectionOverview, SealedSecret, SecretChanges};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use view::{ConnectionView, TestView};

/// Routes of connections.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, change, remove))
        .routes(routes!(test))
        .merge(fields::routes())
        .merge(suggestions::routes())
}

/// An hour ago: usage is counted since then.
pub(crate) fn an_hour_before(now: Instant) -> Instant {
    now - TimeDelta::hours(1)
}

async fn answer(app: &App, id: ConnectionId) -> ApiResult<ConnectionView> {
    let now = app.now();
    Ok(ConnectionView::of(app.store().connection_overview(id, an_hour_before(now)).await?, now))
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
    Ok(Json(Listing::of(slice, |overview: ConnectionOverview| ConnectionView::of(overview, now))))
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
    let mut draft = body.settle(blank(&app, caller.user.id))?;
    if let Some(missing) = draft.needed.iter().find(|name| !draft.given.contains_key(*name)) {
        return Err(refused::missing_secret(missing));
    }
    if !draft.connection.auth_kind.is_token() {
        draft.connection.state = ConnectionState::NeedsAuthorization;
    } else if adding.test.unwrap_or(true) {
        try_out(&app, &mut draft).await?;
    }
    let id = draft.connection.id;
    let note = caller.did(&app, "connection.create", &draft.connection).after(&view::noted(&draft)?);
    app.store().noting(note).add_connection(&draft.connection, &seal(&app, &draft)).await?;
    Ok(reply::created(&format!("/connections/{id}"), answer(&app, id).await?))
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
    let before = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&before))?;
    let current = view::editable(&before).map_err(ApiError::internal)?;
    let mut draft = patch.apply::<ConnectionBody>(current)?.settle(before.clone())?;
    let kept: Vec<String> = app.store().sealed_secrets(id).await?.into_iter().map(|secret| secret.name).collect();
    let same_kind = before.auth_kind == draft.connection.auth_kind;
    let stays = |name: &String| kept.contains(name) && (same_kind || name != sites::TOKEN);
    if let Some(missing) = draft.needed.iter().find(|name| !draft.given.contains_key(*name) && !stays(name)) {
        return Err(refused::missing_secret(missing));
    }
    let remove = kept.iter().filter(|name| !draft.needed.contains(name)).cloned().collect();
    forget_account(&before, &mut draft);
    let changes = SecretChanges { set: seal(&app, &draft), remove };
    let was = view::editable(&before).map_err(ApiError::internal)?;
    let note = caller.did(&app, "connection.change", &draft.connection).before(&was).after(&view::noted(&draft)?);
    app.store().noting(note).update_connection(&draft.connection, changes, app.now()).await?;
    app.engine().wake();
    Ok(Json(answer(&app, id).await?))
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
}

/// Where the links of a removed connection go.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Removing {
    /// Another connection that takes its links over.
    #[param(value_type = Option<String>)]
    move_links_to: Option<ConnectionId>,
}

/// Removes a connection. While links use it, only with `move_links_to`.
#[utoipa::path(delete, path = "/connections/{id}", tag = "Connections", params(("id" = String, Path), Removing),
    responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Params(removing): Params<Removing>,
) -> ApiResult<StatusCode> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&connection))?;
    if let Some(to) = removing.move_links_to {
        if to == id {
            return Err(ApiError::field("invalid_value", "move_links_to", "The links need another connection."));
        }
        caller.may(Act::UseConnection(&app.store().get_connection(to).await?))?;
        let note = caller.did(&app, "connection.move_links", &connection).after(&serde_json::json!({ "to": to }));
        app.store().noting(note).move_links(id, to, app.now()).await?;
    }
    let was = view::editable(&connection).map_err(ApiError::internal)?;
    let note = caller.did(&app, "connection.delete", &connection).before(&was);
    app.store().noting(note).delete_connection(id).await?;
    app.engine().wake();
    Ok(StatusCode::NO_CONTENT)
}

/// Tests a connection step by step and notes the outcome.
#[utoipa::path(post, path = "/connections/{id}/test", tag = "Connections", params(("id" = String, Path)),
    responses((status = 200, body = TestView)))]
async fn test(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> ApiResult<Json<TestView>> {
    caller.may(Act::EditConnection(&app.store().get_connection(id).await?))?;
    may_ask(&app).await?;
    Ok(Json(app.engine().test(id).await?.into()))
}

/// A connection before anything is known of it.
fn blank(app: &App, owner_id: UserId) -> Connection {
    let now = app.now();
    Connection {
        id: app.random().id(now),
        name: String::new(),
        server_url: String::new(),
        deployment: Deployment::Cloud,
        owner_id,
        sharing: Sharing::Private,
        auth_kind: AuthKind::ApiToken,
        auth_email: None,
        auth_client: None,
        header_names: vec![],
        gateway_url: None,
        auth_url: None,
        cloud_id: None,
        ca_pem: None,
        proxy_url: None,
        timeout_seconds: 0,
        budget_per_hour: 0,
        concurrency: 0,
        story_points_fields: vec![],
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
        created_at: now,
        version: 0,
    }
}
