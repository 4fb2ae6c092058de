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
    history::{self, Resolution, Rolled},
};
use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use okrsync_domain::{
    Date, OkrId, ReadingId,
    okr::ProgressMode,
    reading::{Coverage, Reading, ReadingKind},
};
use okrsync_metrics::{attainment, progress, value};
use okrsync_store::Span;
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
    /// Of an objective: what the readings below it make of it, with the shares of today.
    RolledUp,
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
    /// Null of an objective, which is not stored but rolled up.
    #[schema(value_type = Option<String>)]
    id: Option<ReadingId>,
    /// Of an objective: when the newest reading below it was taken.
    at: DateTime<Utc>,
    /// How often this was measured, itself included, with nothing changed in between: after a day such readings are one.
    /// Null of an objective.
    checks: Option<u64>,
    /// When it was last measured so.
    checked_at: DateTime<Utc>,
    kind: ReadingWord,
    value: Option<Number>,
    done: Option<Number>,
    total: Option<Number>,
    /// Null of an objective, below which an issue may count more than once.
    matched: Option<u64>,
    completed: Option<u64>,
    progress: Option<Number>,
    attainment: Option<Number>,
    /// Issues with and without a value; of an objective, what is below it with and without data.
    coverage: CoverageView,
    warnings: Vec<WarningView>,
}

impl From<&Reading> for ReadingView {
    fn from(reading: &Reading) -> Self {
        // Against the start and target of its own time: what was read does not change with a later edit.
        let (measure, tally) = (&reading.measure, &reading.tally);
        Self {
            id: Some(reading.id),
            at: reading.at,
            checks: Some(reading.repeats.map_or(1, |repeats| repeats.times + 1)),
            checked_at: reading.repeats.map_or(reading.at, |repeats| repeats.last_at),
            kind: match reading.kind {
                ReadingKind::Automatic => ReadingWord::Automatic,
                ReadingKind::CheckIn => ReadingWord::CheckIn,
                ReadingKind::Reconstructed => ReadingWord::Reconstructed,
            },
            value: number(value(measure, tally)),
            done: number(tally.done),
            total: number(tally.total),
            matched: Some(tally.matched),
            completed: Some(tally.completed),
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
struct Wanted {
    /// First day in the organisation's time zone.
    from: Option<Date>,
    /// Last day in the organisation's time zone.
    to: Option<Date>,
    /// The last reading of each hour, day or week (from Monday) in the organisation's time zone; `raw` is every reading.
    #[serde(default)]
    #[param(inline)]
    resolution: Resolution,
    /// Things on the page: 1 to 200, 50 if not said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Routes of readings.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Readings of an OKR, newest first. Those of an objective are rolled up from what is below it, with the shares of today.
#[utoipa::path(get, path = "/okrs/{id}/readings", tag = "Readings", params(("id" = String, Path), Wanted),
    responses((status = 200, body = Listing<ReadingView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<OkrId>,
    Params(wanted): Params<Wanted>,
) -> ApiResult<Json<Listing<ReadingView>>> {
    let okr = app.store().get_okr(id).await?;
    caller.may(Act::SeeOkr(&okr))?;
    let zone = app.store().organisation().await?.time_zone;
    let from = wanted.from.map(|day| days::start_of(day, zone));
    let before = wanted.to.map(|day| days::end_of(day, zone));
    let page = listing::page(wanted.limit, wanted.cursor.as_deref())?;
    let (resolution, span) = (wanted.resolution, Span { from, before });
    if okr.progress_mode == ProgressMode::RollUp {
        let slice = history::of_objective(&app, id, span, page, resolution).await?;
        return Ok(Json(Listing::of(slice, ReadingView::from)));
    }
    let slice = match resolution {
        Resolution::Raw => app.store().readings(id, from, before, page).await?,
        _ => app.store().thinned_readings(id, span, page, resolution.bucket(zone)).await?,
    };
    Ok(Json(Listing::of(slice, |reading| (&reading).into())))
}

impl From<Rolled> for ReadingView {
    fn from(rolled: Rolled) -> Self {
        let progress = rolled.progress.as_ref().map(|progress| progress.api().into());
        Self {
            id: None,
            at: rolled.at,
            checks: None,
            checked_at: rolled.at,
            kind: ReadingWord::RolledUp,
            value: progress,
            done: None,
            total: None,
            matched: None,
            completed: None,
            progress,
            attainment: progress,
            coverage: CoverageView { with_value: rolled.with_data, without_value: rolled.without_data },
            warnings: Vec::new(),
        }
    }
}
