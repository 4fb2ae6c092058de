//! What can be written next in a query.

use crate::{
    api::listing::Listing,
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::{Id, Params},
};
use axum::{Json, extract::State};
use okrsync_domain::ConnectionId;
use okrsync_jql::suggest::{Suggestion, suggest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A query that is being written.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Writing {
    /// The text so far, also what stands behind the cursor.
    #[serde(default)]
    jql: String,
    /// Characters before the cursor; by default it stands at the end.
    #[serde(default)]
    cursor: Option<usize>,
}

/// Something that can be written at the cursor: the characters from `start` to `end` become `text`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuggestionView {
    /// With quotes where they are needed.
    text: String,
    /// `field`, `operator`, `value`, `function` or `keyword`.
    kind: &'static str,
    start: usize,
    end: usize,
}

impl From<Suggestion> for SuggestionView {
    fn from(Suggestion { text, kind, replace }: Suggestion) -> Self {
        Self { text, kind: kind.as_str(), start: replace.start, end: replace.end }
    }
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What fits at the cursor, best first: fields, operators, values and functions as the site has them. Jira is asked once a
/// day.
#[utoipa::path(get, path = "/connections/{id}/suggestions", tag = "Connections",
    params(("id" = String, Path), Writing), responses((status = 200, body = Listing<SuggestionView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ConnectionId>,
    Params(writing): Params<Writing>,
) -> ApiResult<Json<Listing<SuggestionView>>> {
    let connection = app.store().get_connection(id).await?;
    caller.may(Act::UseConnection(&connection))?;
    let catalogue = app.engine().catalogue_if_any(&connection).await?;
    let found = suggest(&writing.jql, writing.cursor.unwrap_or(usize::MAX), catalogue.as_ref());
    Ok(Json(Listing::whole(found.into_iter().map(Into::into).collect())))
}
