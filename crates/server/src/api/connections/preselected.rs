//! Which connection is chosen beforehand when somebody links an objective or key result, and why.

use crate::{
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::Params,
};
use axum::{Json, extract::State};
use okrsync_domain::{
    ConnectionId, OkrId,
    connection::{Preselection, Reason, preselect},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What is to be linked.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Linking {
    /// The objective or key result; none for a new one.
    #[param(value_type = Option<String>)]
    okr_id: Option<OkrId>,
}

/// A choice with its reason.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreselectedView {
    /// Null: there is none that the caller may use, so one has to be made first.
    #[schema(value_type = Option<String>)]
    connection_id: Option<ConnectionId>,
    /// `linked`, `only`, `last_used`, `own` or `most_used`.
    #[schema(value_type = Option<String>)]
    reason: Option<Reason>,
    /// The reason in words.
    message: &'static str,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

/// The connection to choose beforehand when linking, and why it: the one that the OKR is linked through, else the only one,
/// the one that the caller used last, the caller's own, the one that most links use.
#[utoipa::path(get, path = "/connections/preselected", tag = "Connections", params(Linking),
    responses((status = 200, body = PreselectedView)))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Params(linking): Params<Linking>,
) -> ApiResult<Json<PreselectedView>> {
    caller.may(Act::Look)?;
    if let Some(id) = linking.okr_id {
        caller.may(Act::SeeOkr(&app.store().get_okr(id).await?))?;
    }
    let chosen = choose(&app, &caller, linking.okr_id).await?;
    Ok(Json(PreselectedView {
        connection_id: chosen.map(|chosen| chosen.id),
        reason: chosen.map(|chosen| chosen.reason),
        message: chosen
            .map_or("There is no connection that you may use: add one first.", |chosen| chosen.reason.words()),
    }))
}

/// The choice for the caller, who may see the OKR.
pub(crate) async fn choose(app: &App, caller: &Caller, okr: Option<OkrId>) -> ApiResult<Option<Preselection>> {
    let (candidates, linked) = app.store().connection_candidates(caller.viewer(), okr).await?;
    Ok(preselect(&candidates, linked))
}
