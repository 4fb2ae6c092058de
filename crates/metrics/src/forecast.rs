//! Forecast: how likely a target is reached by its day, where progress may run until then, and when it is reached.
//!
//! A Monte Carlo simulation over the days that were: each trial lives through the days to come, and each of these days is
//! like one of the past, drawn with what was done on it and what was added to the scope on it. Working days are drawn
//! from working days and days off from days off ([`Calendar`]): a team that rests at weekends rests in the forecast, one
//! that works through them works, and nobody has to say which it is.
//!
//! What is known of a team is as short as its history. So each trial first draws its own history, as long as the real
//! one and from it, and lives by that: a pace seen over three weeks is believed less than one seen over a quarter.
//!
//! Floats are right here and nowhere else in this crate: nothing of a forecast is stored, and its own error (half a
//! percent at 10,000 trials) is larger than theirs by far. The same readings and seed give the same forecast.
//!
//! | part | what it does |
//! |---|---|
//! | [`Series`] | daily readings become days: what was done, what was added, what was redefined |
//! | [`forecast()`] | the answer, or why there is none |
//! | [`backtest()`] | how well such forecasts of the same series came true |
//! | [`calibration`] | the same over simulated projects of known shapes |
//!
//! `okrsync bench forecast` prints the calibration over 500 projects of ten shapes; of forecasts that said
//! "70 to 80 %", the share that came true is held between 65 and 85 % by a test.

mod backtest;
mod calendar;
pub mod calibration;
mod series;
mod trials;

pub use backtest::{Backtest, Bin, backtest};
pub use calendar::Calendar;
pub use series::{Day, DayReading, Position, Series, Step, StepKind};

use chrono::Days;
use okrsync_domain::{Date, measure::Measure};
use trials::Trials;

/// Fewer days of history make no forecast.
pub const MIN_DAYS: usize = 14;
/// Fewer days on which something was done make no forecast.
pub const MIN_ACTIVE_DAYS: usize = 5;
/// Trials of a forecast that people see.
pub const TRIALS: u32 = 10_000;
/// Days of history that are drawn from: what a team did half a year ago says little of it today.
pub const WINDOW_DAYS: usize = 90;
/// Days after the due date up to which the day of reaching is looked for.
pub const LOOK_BEYOND_DAYS: u64 = 180;
/// No chance above this is told while work remains, nor one below what is left of 100: the unforeseen is not in the data.
const SURE: f64 = 0.95;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the OKR is measured against now.
    pub measure: Measure,
    /// Its last day.
    pub due_on: Date,
    /// The day that is forecast from, in the organisation's time zone. It is not over, so its pace does not count yet;
    /// the first simulated day is the next.
    pub today: Date,
    /// Whether scope may grow (and shrink) as it did; otherwise it stays as it is.
    pub scope: bool,
    /// Which days are working days.
    pub calendar: Calendar,
    /// Number of trials.
    pub trials: u32,
    /// The same seed gives the same forecast.
    pub seed: u64,
}

/// Why there is no forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoForecast {
    /// A line to keep has no day on which it is reached.
    Control,
    /// The OKR is closed.
    Closed,
    /// The target is reached.
    Achieved,
    /// The last day is today or over.
    PastDue,
    /// Nothing is measured, or the last reading is without data.
    NoData,
    /// Less than 14 days of history; how many there are.
    ShortHistory {
        /// Days there are.
        days: usize,
    },
    /// Something was done on less than 5 days; on how many.
    FewActiveDays {
        /// Active days there are.
        days: usize,
    },
}

impl NoForecast {
    /// Stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Control => "line_to_keep",
            Self::Closed => "closed",
            Self::Achieved => "achieved",
            Self::PastDue => "past_due",
            Self::NoData => "no_data",
            Self::ShortHistory { .. } => "short_history",
            Self::FewActiveDays { .. } => "few_active_days",
        }
    }

    /// Sentence for people.
    pub fn message(self) -> String {
        match self {
            Self::Control => {
                "A line to keep is due every day, so there is no day on which it will be reached.".to_owned()
            }
            Self::Closed => "The OKR is closed.".to_owned(),
            Self::Achieved => "The target is reached.".to_owned(),
            Self::PastDue => "The last day has come: what is there now is the result.".to_owned(),
            Self::NoData => "There is no reading with data to start from.".to_owned(),
            Self::ShortHistory { days } => {
                format!("A forecast needs {MIN_DAYS} days of history by one query and metric; there are {days}.")
            }
            Self::FewActiveDays { days } => {
                format!("A forecast needs progress on {MIN_ACTIVE_DAYS} days; there was some on {days}.")
            }
        }
    }
}

/// A probability that is not told more exactly than it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Chance {
    /// More than 95 %.
    Above,
    /// Less than 5 %.
    Below,
    /// A share of the trials, between 0.05 and 0.95.
    About(f64),
}

impl Chance {
    /// Of a share of the trials.
    ///
    /// ```
    /// use okrsync_metrics::forecast::Chance;
    /// assert_eq!([1.0, 0.714, 0.001].map(|share| Chance::of(share).to_string()), ["> 95 %", "71 %", "< 5 %"]);
    /// ```
    pub fn of(share: f64) -> Self {
        if share > SURE {
            Self::Above
        } else if share < 1.0 - SURE {
            Self::Below
        } else {
            Self::About(share)
        }
    }

    /// As a share, held between what may be told.
    pub fn share(self) -> f64 {
        match self {
            Self::Above => SURE,
            Self::Below => 1.0 - SURE,
            Self::About(share) => share,
        }
    }
}

impl std::fmt::Display for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Above => f.write_str("> 95 %"),
            Self::Below => f.write_str("< 5 %"),
            Self::About(share) => write!(f, "{:.0} %", share * 100.0),
        }
    }
}

/// Where progress may be at the end of a day, in percent between 0 and 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The day.
    pub on: Date,
    /// Four fifths of the trials are at or above `low_80` and at or under `high_80`.
    pub low_80: f64,
    /// Half of them are between this and `high_50`.
    pub low_50: f64,
    /// Half of them are at or under this.
    pub median: f64,
    /// Upper end of the middle half.
    pub high_50: f64,
    /// Upper end of the middle four fifths.
    pub high_80: f64,
}

/// A forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Chance that the target is reached on a day up to the last.
    pub chance: Chance,
    /// The first day by which half of the trials have reached it; none within [`LOOK_BEYOND_DAYS`] of the last day.
    pub even_on: Option<Date>,
    /// The first day by which 85 % of the trials have reached it; none likewise.
    pub likely_on: Option<Date>,
    /// From tomorrow to the last day, one of each day.
    pub cone: Vec<Spread>,
    /// Days that were drawn from.
    pub days: usize,
    /// Those of them on which something was done.
    pub active_days: usize,
    /// Mean done a day of history, in the link's unit.
    pub pace: f64,
    /// Mean growth of the scope a day of history, in the link's unit; 0 for a KPI, whose target does not grow.
    pub growth: f64,
}

/// How likely the target is reached by the last day.
///
/// # Errors
/// [`NoForecast`]: the history is too short or too quiet, or there is nothing to forecast.
///
/// A team that does one story a weekday, 20 of 50 done, with 40 days to go:
/// ```
/// use okrsync_domain::{Date, measure::Measure, reading::Tally};
/// use okrsync_metrics::forecast::{Calendar, Chance, DayReading, NoForecast, Question, Series, forecast};
/// let first: Date = "2026-10-05".parse().unwrap();
/// let mut done = 0;
/// let readings: Vec<DayReading> = first.iter_days().take(28).map(|on| {
///     done += i64::from(Calendar::default().is_working(on));
///     let tally = Tally { done: Some(done.into()), total: Some(50.into()), ..Tally::default() };
///     DayReading { on, measure: Measure::default(), due_on: None, definition: String::new(), tally }
/// }).collect();
/// let series = Series::of(&readings, &Measure::default());
/// let question = |due_on: &str| Question {
///     measure: Measure::default(), due_on: due_on.parse().unwrap(), today: "2026-11-02".parse().unwrap(), scope: true,
///     calendar: Calendar::default(), trials: 1_000, seed: 1,
/// };
/// // thirty stories left are thirty weekdays
/// assert_eq!(forecast(&series, &question("2026-12-31"))?.chance, Chance::Above);
/// assert_eq!(forecast(&series, &question("2026-12-04"))?.chance, Chance::Below);
/// assert_eq!(forecast(&series, &question("2026-12-31"))?.likely_on, Some("2026-12-14".parse().unwrap()));
/// let short = Series::of(&readings[..10], &Measure::default());
/// assert_eq!(forecast(&short, &question("2026-12-31")), Err(NoForecast::ShortHistory { days: 9 }));
/// # Ok::<(), NoForecast>(())
/// ```
pub fn forecast(series: &Series, question: &Question) -> Result<Forecast, NoForecast> {
    let (now, days) = ground(series, question)?;
    let mut trials = Trials::new(now, days, question);
    let last = question.due_on.checked_add_days(Days::new(LOOK_BEYOND_DAYS)).unwrap_or(Date::MAX);
    let (mut cone, mut chance, mut even_on, mut likely_on) = (Vec::new(), 0.0, None, None);
    for on in question.today.iter_days().skip(1).take_while(|day| *day <= last) {
        trials.live(on);
        let reached = trials.reached();
        even_on = even_on.or((reached >= 0.5).then_some(on));
        likely_on = likely_on.or((reached >= 0.85).then_some(on));
        if on <= question.due_on {
            cone.push(trials.spread(on));
            chance = reached;
        } else if likely_on.is_some() {
            break;
        }
    }
    let mean = |sum: f64| sum / count(days.len());
    Ok(Forecast {
        chance: Chance::of(chance),
        even_on,
        likely_on,
        cone,
        days: days.len(),
        active_days: active(days),
        pace: mean(days.iter().map(|day| day.done).sum()),
        growth: mean(days.iter().map(|day| day.added).sum()),
    })
}

/// The share of trials that reach the target by the last day, and nothing else.
fn share_reaching(series: &Series, question: &Question) -> Result<f64, NoForecast> {
    let (now, days) = ground(series, question)?;
    let mut trials = Trials::new(now, days, question);
    question.today.iter_days().skip(1).take_while(|day| *day <= question.due_on).for_each(|day| trials.live(day));
    Ok(trials.reached())
}

/// Where the trials start and the days they draw from, if both are good enough.
fn ground<'a>(series: &'a Series, question: &Question) -> Result<(Position, &'a [Day]), NoForecast> {
    if question.measure.is_control() {
        return Err(NoForecast::Control);
    }
    let now = series.position_on(question.today).ok_or(NoForecast::NoData)?;
    if now.is_reached() {
        return Err(NoForecast::Achieved);
    }
    if question.today >= question.due_on {
        return Err(NoForecast::PastDue);
    }
    let days = series.days_before(question.today, WINDOW_DAYS);
    if days.len() < MIN_DAYS {
        return Err(NoForecast::ShortHistory { days: days.len() });
    }
    match active(days) {
        active if active < MIN_ACTIVE_DAYS => Err(NoForecast::FewActiveDays { days: active }),
        _ => Ok((now, days)),
    }
}

/// Days on which something was done (or undone).
fn active(days: &[Day]) -> usize {
    days.iter().filter(|day| day.done.abs() > 0.0).count()
}

/// A small number of things as a float.
fn count(things: usize) -> f64 {
    u32::try_from(things).map_or(f64::MAX, f64::from)
}
