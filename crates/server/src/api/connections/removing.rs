//! Removing a connection, with its links moved to another first.

use super::view;
use crate::{
    app::App,
    auth::{
        caller::Caller,
        policy::{Act, sees_linked},
    },
    error::{ApiError, ApiResult},
    extract::{Id, Params},
};
use axum::{extract::State, http::StatusCode};
use okrsync_domain::{
    ConnectionId,
    connection::{Connection, Sharing},
    invalid::FieldError,
    person::User,
};
use okrsync_store::LinkedOkr;
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Links named in a refusal; the rest are counted.
const NAMED: usize = 20;

/// Where the links of a removed connection go.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Removing {
    /// Another connection that takes its links over; their queries are measured again there.
    #[param(value_type = Option<String>)]
    move_links_to: Option<ConnectionId>,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(delete))
}

/// Removes a connection. While links use it this is 409 `connection_in_use` with their names, unless `move_links_to` names
/// another connection: then they are moved there first and measured again.
#[utoipa::path(delete, path = "/connections/{id}", tag = "Connections", params(("id" = String, Path), Removing),
    responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Params(removing): Params<Removing>,
) -> ApiResult<StatusCode> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::EditConnection(&connection))?;
    let to = match removing.move_links_to {
        None => None,
        Some(to) => Some(target(&app, &caller, to).await?),
    };
    remove(&app, &caller, &connection, to.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The connection that takes links over, if the caller may use it.
///
/// # Errors
/// Not there, or not theirs to know of.
pub(crate) async fn target(app: &App, caller: &Caller, to: ConnectionId) -> ApiResult<Connection> {
    let to = app.store().find_connection(to).await?.ok_or_else(|| missing(to))?;
    if caller.may(Act::SeeConnection(&to)).is_err() {
        return Err(missing(to.id));
    }
    caller.may(Act::UseConnection(&to))?;
    Ok(to)
}

fn missing(to: ConnectionId) -> ApiError {
    ApiError::missing("connection", to, MOVE_LINKS_TO)
}

/// The parameter, and the form's field, that names where the links go.
pub(crate) const MOVE_LINKS_TO: &str = "move_links_to";

/// Removes a connection for somebody who may, after moving its links `to` another that they may use.
///
/// # Errors
/// `connection_in_use`, with the links that the person may see; `invalid_value` for another connection that cannot take
/// them.
pub(crate) async fn remove(
    app: &App,
    caller: &Caller,
    connection: &Connection,
    to: Option<&Connection>,
) -> ApiResult<()> {
    let id = connection.id;
    let linked = app.store().linked_okrs(id).await?;
    match to {
        None if !linked.is_empty() => return Err(in_use(&caller.user, &linked)),
        None => {}
        Some(to) => {
            may_take_over(id, to, &linked)?;
            let note = caller.did(app, "connection.move_links", connection).after(&json!({ "to": to.id }));
            app.store().noting(note).move_links(id, to.id, app.now()).await?;
        }
    }
    let was = view::editable(connection).map_err(ApiError::internal)?;
    let note = caller.did(app, "connection.delete", connection).before(&was);
    Ok(Box::pin(app.engine().remove_connection(connection, note)).await?)
}

/// A private connection would be out of reach for the owners of what is linked through it.
fn may_take_over(id: ConnectionId, to: &Connection, linked: &[LinkedOkr]) -> ApiResult<()> {
    let refuse = |detail: &str| Err(ApiError::field("invalid_value", MOVE_LINKS_TO, detail));
    if to.id == id {
        return refuse("The links need another connection.");
    }
    if to.sharing == Sharing::Private && linked.iter().any(|okr| okr.owner_id != to.owner_id) {
        return refuse("Others own some of the linked key results, and this connection is private. Share it first.");
    }
    Ok(())
}

fn in_use(user: &User, linked: &[LinkedOkr]) -> ApiError {
    let seen = |okr: &&LinkedOkr| sees_linked(user, okr);
    let named: Vec<FieldError> = linked
        .iter()
        .filter(seen)
        .take(NAMED)
        .map(|okr| FieldError {
            field: format!("/okrs/{}/link", okr.id),
            message: okr.title.clone(),
            start: None,
            end: None,
        })
        .collect();
    let titles: Vec<String> = named.iter().map(|link| format!("\u{201c}{}\u{201d}", link.message)).collect();
    let others = linked.len() - named.len();
    let detail = match (titles.is_empty(), others) {
        (false, 0) => format!("Links use the connection: {}.", titles.join(", ")),
        (false, others) => format!("Links use the connection: {}, and {others} more.", titles.join(", ")),
        (true, others) => format!("{others} links use the connection."),
    };
    ApiError::conflict("connection_in_use", detail)
        .hint("Move them first: repeat with `?move_links_to=` and the id of another connection.")
        .errors(named)
}
