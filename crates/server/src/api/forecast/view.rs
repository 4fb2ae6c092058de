//! A forecast as it is answered.

use crate::{
    api::{measures::MeasureBody, number::Number},
    outlook::Outlook,
};
use okrsync_domain::Date;
use okrsync_metrics::forecast::{Backtest, Chance, Forecast, NoForecast, Spread, Step, StepKind};
use rust_decimal::{Decimal, prelude::FromPrimitive as _};
use serde::Serialize;
use utoipa::ToSchema;

/// Decimals of a percentage of progress.
const PROGRESS_PLACES: u32 = 2;
/// Decimals of an amount or a share of 1.
const PLACES: u32 = 4;

/// Where an OKR goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastView {
    /// The day it is forecast from, in the organisation's time zone.
    today: Date,
    due_on: Date,
    /// Whether the scope may go on growing as it did.
    scope: bool,
    /// Why there is no forecast; null if there is one.
    none_because: Option<NoForecastView>,
    /// Chance that the target is reached by the last day; null without a forecast.
    chance: Option<ChanceView>,
    /// The first day by which half of the trials reach the target; null also where it is too far away to be told.
    even_on: Option<Date>,
    /// The same for 85 % of the trials.
    likely_on: Option<Date>,
    /// Progress at the end of each day from tomorrow to the last.
    cone: Vec<SpreadView>,
    /// What was moved by a person in the time that was measured.
    steps: Vec<StepView>,
    /// What it rests on; null without a forecast.
    basis: Option<BasisView>,
    /// How earlier forecasts came out.
    backtest: BacktestView,
}

/// Why there is no forecast.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoForecastView {
    /// `line_to_keep`, `closed`, `achieved`, `past_due`, `no_data`, `short_history` or `few_active_days`.
    code: &'static str,
    message: String,
}

/// A chance that is not told more exactly than it is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChanceView {
    /// In percent, whole, from 5 to 95.
    percent: Number,
    /// `above` for more than 95 %, `below` for less than 5 %, else `about`.
    bound: &'static str,
    /// As people read it: "71 %", "> 95 %".
    text: String,
}

/// Where progress may be at the end of a day, in percent.
#[derive(Debug, Serialize, ToSchema)]
struct SpreadView {
    on: Date,
    median: Number,
    /// Half of the trials are between this and `high_50`.
    low_50: Number,
    high_50: Number,
    /// Four fifths of the trials are between this and `high_80`.
    low_80: Number,
    high_80: Number,
}

/// Something that was moved by a person, not by work.
#[derive(Debug, Serialize, ToSchema)]
struct StepView {
    /// The first measured day with the new setting.
    on: Date,
    /// `target`, `due_date`, or `definition` for the query and the metric: what was before is then another number.
    kind: &'static str,
    message: String,
    /// The measure before; of a moved target.
    from_measure: Option<MeasureBody>,
    /// The measure since; of a moved target.
    to_measure: Option<MeasureBody>,
    /// The last day before; of a moved date.
    from_due_on: Option<Date>,
    /// The last day since; of a moved date.
    to_due_on: Option<Date>,
}

/// What a forecast rests on.
#[derive(Debug, Serialize, ToSchema)]
struct BasisView {
    /// Days that were drawn from.
    days: usize,
    /// Days on which something was done.
    active_days: usize,
    /// Mean done a day, in the link's unit.
    pace_per_day: Number,
    /// Mean growth of the scope a day, in the link's unit.
    growth_per_day: Number,
    trials: u32,
}

/// How earlier forecasts came out. Each day of the past is forecast from the days before it alone, and judged 7, 14 and
/// 28 days later and on the last day by: "progress is where it is expected to be".
#[derive(Debug, Serialize, ToSchema)]
struct BacktestView {
    forecasts: u32,
    /// Mean squared difference of chance and outcome: 0 is perfect, 0.25 is what "50 %" always gets. Null without any.
    brier_score: Option<Number>,
    /// By what was said.
    reliability: Vec<BinView>,
    /// Share of the outcomes that were within the 50 % range, in percent.
    within_50: Option<Number>,
    /// Share of the outcomes that were within the 80 % range, in percent.
    within_80: Option<Number>,
}

/// Forecasts that said about the same.
#[derive(Debug, Serialize, ToSchema)]
struct BinView {
    /// Smallest chance, in percent.
    from: u32,
    /// Largest chance, in percent.
    to: u32,
    forecasts: u32,
    /// What they said on average, in percent.
    said: Number,
    /// How many of them came true, in percent.
    came_true: Number,
}

impl From<&Outlook> for ForecastView {
    fn from(outlook: &Outlook) -> Self {
        let (forecast, question) = (outlook.forecast.as_ref().ok(), &outlook.question);
        Self {
            today: question.today,
            due_on: question.due_on,
            scope: question.scope,
            none_because: outlook.forecast.as_ref().err().map(|reason| (*reason).into()),
            chance: forecast.map(|forecast| forecast.chance.into()),
            even_on: forecast.and_then(|forecast| forecast.even_on),
            likely_on: forecast.and_then(|forecast| forecast.likely_on),
            cone: forecast.map(|forecast| forecast.cone.iter().map(SpreadView::from).collect()).unwrap_or_default(),
            steps: outlook.series.steps.iter().map(StepView::from).collect(),
            basis: forecast.map(|forecast| BasisView::of(forecast, question.trials)),
            backtest: (&outlook.backtest).into(),
        }
    }
}

impl From<NoForecast> for NoForecastView {
    fn from(reason: NoForecast) -> Self {
        Self { code: reason.code(), message: reason.message() }
    }
}

impl From<Chance> for ChanceView {
    fn from(chance: Chance) -> Self {
        let bound = match chance {
            Chance::Above => "above",
            Chance::Below => "below",
            Chance::About(_) => "about",
        };
        Self { percent: decimal(chance.share() * 100.0, 0), bound, text: chance.to_string() }
    }
}

impl From<&Spread> for SpreadView {
    fn from(spread: &Spread) -> Self {
        let percent = |progress| decimal(progress, PROGRESS_PLACES);
        Self {
            on: spread.on,
            median: percent(spread.median),
            low_50: percent(spread.low_50),
            high_50: percent(spread.high_50),
            low_80: percent(spread.low_80),
            high_80: percent(spread.high_80),
        }
    }
}

impl From<&Step> for StepView {
    fn from(step: &Step) -> Self {
        let view = |kind, message| Self {
            on: step.on,
            kind,
            message,
            from_measure: None,
            to_measure: None,
            from_due_on: None,
            to_due_on: None,
        };
        match &step.kind {
            StepKind::Target { from, to } => Self {
                from_measure: Some(from.into()),
                to_measure: Some(to.into()),
                ..view("target", "Start or target was moved.".to_owned())
            },
            StepKind::DueDate { from, to } => Self {
                from_due_on: Some(*from),
                to_due_on: Some(*to),
                ..view("due_date", format!("The last day was moved from {from} to {to}."))
            },
            StepKind::Definition => {
                let message = "The query or the metric was edited: what was before is not forecast from.";
                view("definition", message.to_owned())
            }
        }
    }
}

impl BasisView {
    fn of(forecast: &Forecast, trials: u32) -> Self {
        Self {
            days: forecast.days,
            active_days: forecast.active_days,
            pace_per_day: decimal(forecast.pace, PLACES),
            growth_per_day: decimal(forecast.growth, PLACES),
            trials,
        }
    }
}

impl From<&Backtest> for BacktestView {
    fn from(tested: &Backtest) -> Self {
        let percent = |share: f64| decimal(share * 100.0, PROGRESS_PLACES);
        let bin = |bin: &okrsync_metrics::forecast::Bin| BinView {
            from: bin.from_percent,
            to: bin.from_percent + 10,
            forecasts: bin.forecasts,
            said: percent(bin.said),
            came_true: percent(bin.came_true),
        };
        Self {
            forecasts: tested.forecasts,
            brier_score: tested.brier.map(|brier| decimal(brier, PLACES)),
            reliability: tested.table.iter().map(bin).collect(),
            within_50: tested.within_50.map(percent),
            within_80: tested.within_80.map(percent),
        }
    }
}

/// A float as the API says decimals. Forecasts are the only numbers that come from floats.
fn decimal(value: f64, places: u32) -> Number {
    Decimal::from_f64(value).unwrap_or_default().round_dp(places).normalize().into()
}
