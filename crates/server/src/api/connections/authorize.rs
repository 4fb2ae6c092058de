//! Signing a connection in on Jira's consent page, and choosing among the sites that were granted.

use super::{answer, view::ConnectionView};
use crate::{
    api::listing::Listing,
    app::App,
    auth::{caller::Caller, policy::Act},
    consent,
    error::{ApiError, ApiResult},
    extract::{Body, Id},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use okrsync_connections::GrantedSite;
use okrsync_domain::ConnectionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Routes of the sign-in.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(authorize)).routes(routes!(sites, choose))
}

/// Where somebody allows the access.
#[derive(Debug, Serialize, ToSchema)]
struct AuthorizeView {
    /// Jira's consent page. It sends the browser back to okrsync within ten minutes.
    authorize_url: String,
}

/// Begins a sign-in (`oauth2`, `oauth1`): open the address in the browser that this answer's cookie is given to.
#[utoipa::path(post, path = "/connections/{id}/authorize", tag = "Connections", params(("id" = String, Path)),
    responses((status = 200, body = AuthorizeView, headers(("Set-Cookie" = String)))))]
async fn authorize(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let begun = consent::begin(&app, &caller, id, &headers).await?;
    let view = AuthorizeView { authorize_url: begun.url.into() };
    Ok(([(header::SET_COOKIE, begun.cookie)], Json(view)).into_response())
}

/// A site of Jira Cloud that was granted.
#[derive(Debug, Serialize, ToSchema)]
struct SiteView {
    /// Its id.
    cloud_id: String,
    /// Its name.
    name: String,
    /// Its address.
    url: String,
}

impl From<GrantedSite> for SiteView {
    fn from(site: GrantedSite) -> Self {
        Self { cloud_id: site.cloud_id, name: site.name, url: site.url }
    }
}

/// The sites that a sign-in with Jira Cloud reaches; one is to be chosen where none has the connection's address.
#[utoipa::path(get, path = "/connections/{id}/site", tag = "Connections", params(("id" = String, Path)),
    responses((status = 200, body = Listing<SiteView>)))]
async fn sites(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> ApiResult<Json<Listing<SiteView>>> {
    caller.may(Act::EditConnection(&app.store().get_connection(id).await?))?;
    let sites = app.engine().granted_sites(id).await?;
    Ok(Json(Listing { items: sites.into_iter().map(SiteView::from).collect(), next_cursor: None }))
}

/// The choice among sites.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SiteBody {
    /// Id of the chosen site.
    cloud_id: String,
}

/// Chooses the site that the connection is about, and tests it.
#[utoipa::path(put, path = "/connections/{id}/site", tag = "Connections", params(("id" = String, Path)),
    request_body = SiteBody, responses((status = 200, body = ConnectionView)))]
async fn choose(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Body(body): Body<SiteBody>,
) -> ApiResult<Json<ConnectionView>> {
    choose_site(&app, &caller, id, &body.cloud_id).await?;
    Ok(Json(answer(&app, id).await?))
}

/// The same for the page.
pub(crate) async fn choose_site(app: &App, caller: &Caller, id: ConnectionId, cloud_id: &str) -> ApiResult<()> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&connection))?;
    let note = caller.did(app, "connection.choose_site", &connection);
    let chosen = app.engine().choose_site(id, cloud_id, note).await?;
    chosen.map(|_| ()).ok_or_else(|| ApiError::missing("granted site", cloud_id, "cloud_id"))
}
