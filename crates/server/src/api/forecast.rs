//! Forecasts: whether the target is reached by its day, and how well such forecasts came out.

mod view;

use crate::{
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::{Id, Params},
    outlook::Outlook,
};
use axum::{Json, extract::State};
use okrsync_domain::OkrId;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use view::ForecastView;
pub(crate) use view::{ChanceView, NoForecastView};

/// How to forecast.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Whether the scope may go on growing as it did; true if not said. With false it stays as it is.
    scope: Option<bool>,
}

/// Routes of forecasts.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Where an OKR goes: the chance to reach the target by the last day, the range of progress until then, the day by
/// which it is likely reached, and how well such forecasts came out so far.
///
/// Simulated from the daily pace of its own readings. There is none below 14 days of history or below 5 days with
/// progress, and none is surer than "> 95 %" while work remains.
#[utoipa::path(get, path = "/okrs/{id}/forecast", tag = "Readings", params(("id" = String, Path), Asked),
    responses((status = 200, body = ForecastView)))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Params(asked): Params<Asked>,
) -> ApiResult<Json<ForecastView>> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::SeeOkr(&okr))?;
    let outlook = Outlook::of(&app, &okr, asked.scope.unwrap_or(true)).await?;
    Ok(Json((&outlook).into()))
}
