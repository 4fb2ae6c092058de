//! Outlooks: the forecast of an OKR from its stored readings, as the API and the pages show it.

use crate::{
    api::days,
    app::App,
    error::{ApiError, ApiResult},
};
use okrsync_domain::{
    OkrId,
    link::Settings,
    okr::{Okr, ProgressMode},
};
use okrsync_metrics::forecast::{
    Backtest, Calendar, DayReading, Forecast, NoForecast, Question, Series, TRIALS, backtest, forecast,
};
use okrsync_store::DailyReading;

/// Trials of each forecast of a backtest: there are as many as days.
const BACKTEST_TRIALS: u32 = 1_000;

/// What is known of where an OKR goes.
pub(crate) struct Outlook {
    /// What was asked.
    pub(crate) question: Question,
    /// The days of its measurements.
    pub(crate) series: Series,
    /// The forecast, or why there is none.
    pub(crate) forecast: Result<Forecast, NoForecast>,
    /// How earlier forecasts came out.
    pub(crate) backtest: Backtest,
}

impl Outlook {
    /// Of an OKR as it is stored; `scope` tells whether its scope may go on growing.
    pub(crate) async fn of(app: &App, okr: &Okr, scope: bool) -> ApiResult<Self> {
        let (question, readings) = Self::ground(app, okr, scope).await?;
        let (starts_on, closed) = (okr.starts_on, okr.closed.is_some());
        // ten thousand trials are work for the machine, not a wait
        tokio::task::spawn_blocking(move || {
            let series = Series::of(&readings, &question.measure);
            let forecast = if closed { Err(NoForecast::Closed) } else { forecast(&series, &question) };
            let tested = backtest(&series, &Question { trials: BACKTEST_TRIALS, ..question.clone() }, starts_on);
            Self { question, series, forecast, backtest: tested }
        })
        .await
        .map_err(ApiError::internal)
    }

    /// What is asked of an OKR as it is now, and the readings to answer from: none unless it is measured.
    pub(crate) async fn ground(app: &App, okr: &Okr, scope: bool) -> ApiResult<(Question, Vec<DayReading>)> {
        let (organisation, now) = (app.store().organisation().await?, app.now());
        let first = okr.starts_on.min(organisation.today(okr.created_at));
        let readings = match okr.progress_mode {
            ProgressMode::DataSource => {
                let zone = organisation.time_zone;
                let (from, to) = (days::start_of(first, zone), days::end_of(organisation.today(now), zone));
                app.store().daily_readings(okr.id, from, to).await?
            }
            ProgressMode::Manual | ProgressMode::RollUp => vec![],
        };
        let question = Question {
            measure: okr.measure.clone(),
            due_on: okr.due_on,
            today: organisation.today(now),
            scope,
            calendar: Calendar::default(),
            trials: TRIALS,
            seed: seed(okr.id),
        };
        Ok((question, readings.into_iter().map(day_reading).collect()))
    }
}

/// The same OKR is always forecast with the same dice, so that a forecast moves only when its readings do.
fn seed(okr: OkrId) -> u64 {
    okr.to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn day_reading(daily: DailyReading) -> DayReading {
    let DailyReading { on, reading, settings, due_on } = daily;
    // the spelling of a query changes no number
    let rule = settings.map(|Settings { metric, completed_only, story_points_fields, .. }| {
        (metric, completed_only, story_points_fields)
    });
    let definition = format!("{:?} {rule:?}", reading.query_id);
    DayReading { on, measure: reading.measure, due_on, definition, tally: reading.tally }
}
