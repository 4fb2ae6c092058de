//! Readings of an OKR over time.

use crate::{
    api::{
        days,
        listing::{self, Listing},
        number::{Number, number},
        okrs::view::{WarningView, warnings},
    },
    app::App,
    auth::{caller::Caller, policy::Act},
    error::ApiResult,
    extract::{Id, Params},
};
use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use okrsync_domain::{
    Date, OkrId, ReadingId,
    reading::{Coverage, Reading, ReadingKind},
};
use okrsync_metrics::{attainment, progress, value};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// How a reading came about.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReadingWord {
    /// Measured from Jira.
    Automatic,
    /// Entered by a person.
    CheckIn,
    /// Computed afterwards from Jira's history.
    Reconstructed,
}

/// How many issues carry a value for the metric.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CoverageView {
    with_value: u64,
    without_value: u64,
}

impl From<Coverage> for CoverageView {
    fn from(Coverage { with_value, without_value }: Coverage) -> Self {
        Self { with_value, without_value }
    }
}

/// One measurement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingView {
    #[schema(value_type = String)]
    id: ReadingId,
    at: DateTime<Utc>,
    kind: ReadingWord,
    value: Option<Number>,
    done: Option<Number>,
    total: Option<Number>,
    matched: u64,
    completed: u64,
    progress: Option<Number>,
    attainment: Option<Number>,
    coverage: CoverageView,
    warnings: Vec<WarningView>,
}

impl From<&Reading> for ReadingView {
    fn from(reading: &Reading) -> Self {
        // Against the start and target of its own time: what was read does not change with a later edit.
        let (measure, tally) = (&reading.measure, &reading.tally);
        Self {
            id: reading.id,
            at: reading.at,
            kind: match reading.kind {
                ReadingKind::Automatic => ReadingWord::Automatic,
                ReadingKind::CheckIn => ReadingWord::CheckIn,
                ReadingKind::Reconstructed => ReadingWord::Reconstructed,
            },
            value: number(value(measure, tally)),
            done: number(tally.done),
            total: number(tally.total),
            matched: tally.matched,
            completed: tally.completed,
            progress: progress(measure, tally).map(|progress| progress.api().into()),
            attainment: attainment(measure, tally).map(|attainment| attainment.api().into()),
            coverage: tally.coverage.into(),
            warnings: warnings(&tally.warnings),
        }
    }
}

/// Which readings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Span {
    /// First day in the organisation's time zone.
    from: Option<Date>,
    /// Last day in the organisation's time zone.
    to: Option<Date>,
    /// Without effect yet: every reading is answered.
    #[serde(rename = "resolution")]
    #[param(rename = "resolution")]
    _resolution: Option<String>,
    /// Things on the page: 1 to 200, 50 if not said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Routes of readings.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Readings of an OKR, newest first.
#[utoipa::path(get, path = "/okrs/{id}/readings", tag = "Readings", params(("id" = String, Path), Span),
    responses((status = 200, body = Listing<ReadingView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Params(span): Params<Span>,
) -> ApiResult<Json<Listing<ReadingView>>> {
    caller.may(Act::SeeOkr(&app.store().get_okr(id).await?))?;
    let zone = app.store().organisation().await?.time_zone;
    let from = span.from.map(|day| days::start_of(day, zone));
    let before = span.to.map(|day| days::end_of(day, zone));
    let page = listing::page(span.limit, span.cursor.as_deref())?;
    let slice = app.store().readings(id, from, before, page).await?;
    Ok(Json(Listing::of(slice, |reading| (&reading).into())))
}
