//! The numeric fields of a site.

use crate::{
    api::listing::Listing,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::Id,
};
use axum::{Json, extract::State};
use okrsync_domain::{
    ConnectionId,
    catalogue::{Field, story_points_fields},
    connection::Connection,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A field that a number can be measured from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldView {
    /// Jira's id: names are not unique.
    id: String,
    /// Display name.
    name: String,
    /// Whether the metric `story_points` reads it.
    story_points: bool,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The numeric fields that the connection's account sees.
#[utoipa::path(get, path = "/connections/{id}/fields", tag = "Connections", params(("id" = String, Path)),
    responses((status = 200, body = Listing<FieldView>)))]
async fn list(State(app): State<App>, caller: Caller, Id(id): Id<ConnectionId>) -> ApiResult<Json<Listing<FieldView>>> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::UseConnection(&connection))?;
    let fields = read(&app, &connection).await?;
    let chosen = match connection.story_points_fields.as_slice() {
        [] => story_points_fields(&fields),
        own => own.to_vec(),
    };
    let numeric = fields.into_iter().filter(Field::is_numeric).map(|field| FieldView {
        story_points: chosen.contains(&field.id),
        id: field.id.0,
        name: field.name,
    });
    Ok(Json(Listing::whole(numeric.collect())))
}

/// The fields as they were read within the last day, else as Jira gives them now, else the old ones.
pub(crate) async fn read(app: &App, connection: &Connection) -> ApiResult<Vec<Field>> {
    match app.engine().catalogue(connection.id).await {
        Ok(catalogue) => Ok(catalogue.fields),
        Err(error) => {
            let known = app.store().find_catalogue(connection.id).await?;
            known.map(|(catalogue, _)| catalogue.fields).ok_or_else(|| error.into())
        }
    }
}

/// The numeric fields that are no story points: what is chosen one by one.
pub(crate) fn choices(connection: &Connection, fields: Vec<Field>) -> Vec<Field> {
    let points = match connection.story_points_fields.as_slice() {
        [] => story_points_fields(&fields),
        own => own.to_vec(),
    };
    fields.into_iter().filter(|field| field.is_numeric() && !points.contains(&field.id)).collect()
}
