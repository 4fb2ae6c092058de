//! The backtest: what earlier forecasts of the same series would have said, and how that came out.

use super::{Position, Question, SURE, Series, ground, trials::Trials};
use crate::expected::expected;
use chrono::Days;
use num_traits::ToPrimitive;
use okrsync_domain::Date;

/// Days ahead that are judged, besides the last day.
const AHEAD_DAYS: [u64; 3] = [7, 14, 28];
/// Farther than this the last day is not judged from.
const FARTHEST_DAYS: i64 = 92;
/// Groups of chances in the reliability table, each of 10 %.
const BINS: usize = 10;

/// Forecasts that said about the same, and what share of them came true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Smallest chance in it, in percent; the largest is 10 more.
    pub from_percent: u32,
    /// How many forecasts.
    pub forecasts: u32,
    /// What they said on average, as a share.
    pub said: f64,
    /// The share of them that came true.
    pub came_true: f64,
}

/// How forecasts came out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backtest {
    /// How many forecasts could be judged.
    pub forecasts: u32,
    /// Mean squared difference between what was said and what came: 0 is perfect, 0.25 is what "50 %" always gets.
    pub brier: Option<f64>,
    /// By what was said; groups without a forecast are left out.
    pub table: Vec<Bin>,
    /// The share of days on which progress was within the middle half of the cone.
    pub within_50: Option<f64>,
    /// The same for the middle four fifths.
    pub within_80: Option<f64>,
}

/// Judges forecasts: what each said and whether it came true.
#[derive(Debug, Clone, Default)]
pub(super) struct Judge {
    forecasts: u32,
    squares: f64,
    bins: [(u32, f64, u32); BINS],
    cones: u32,
    within: [u32; 2],
}

impl Judge {
    /// Notes a forecast. Beyond what may be told it counts as what is told.
    pub(super) fn note(&mut self, said: f64, came_true: bool) {
        let said = said.clamp(1.0 - SURE, SURE);
        self.forecasts += 1;
        self.squares += (said - f64::from(u8::from(came_true))).powi(2);
        let bin = (said * 10.0 + 1e-9).floor().to_usize().unwrap_or(0).min(BINS - 1);
        let (forecasts, sum, true_ones) = &mut self.bins[bin];
        *forecasts += 1;
        *sum += said;
        *true_ones += u32::from(came_true);
    }

    fn note_cone(&mut self, within_50: bool, within_80: bool) {
        self.cones += 1;
        self.within[0] += u32::from(within_50);
        self.within[1] += u32::from(within_80);
    }

    /// What came of all of them.
    pub(super) fn verdict(&self) -> Backtest {
        let share = |part: f64, all: u32| (all > 0).then(|| part / f64::from(all));
        let row = |(bin, (forecasts, said, came_true)): (u32, &(u32, f64, u32))| {
            Some(Bin {
                from_percent: bin * 10,
                forecasts: *forecasts,
                said: share(*said, *forecasts)?,
                came_true: share(f64::from(*came_true), *forecasts)?,
            })
        };
        Backtest {
            forecasts: self.forecasts,
            brier: share(self.squares, self.forecasts),
            table: (0..).zip(&self.bins).filter_map(row).collect(),
            within_50: share(f64::from(self.within[0]), self.cones),
            within_80: share(f64::from(self.within[1]), self.cones),
        }
    }
}

/// What forecasts on each day of the past would have said of 7, 14 and 28 days later and of the last day, against what
/// came: "progress will be where it is expected to be", which on the last day means that the target is reached.
///
/// A forecast knows only the days before it. Where the target or the definition was moved in between, nothing is judged;
/// the dates are taken as they are now.
pub fn backtest(series: &Series, question: &Question, starts_on: Date) -> Backtest {
    let mut judge = Judge::default();
    let Some((first, last)) = series.span() else { return judge.verdict() };
    for on in first.iter_days().take_while(|on| *on < last && *on < question.due_on) {
        let asked = Question { today: on, seed: question.seed ^ days_since(first, on), ..question.clone() };
        let targets = targets(series, &asked, last.min(question.today));
        let Ok((now, days)) = ground(series, &asked) else { continue };
        let Some(farthest) = targets.last().copied() else { continue };
        let mut trials = Trials::new(now, days, &asked);
        for day in on.iter_days().skip(1).take_while(|day| *day <= farthest) {
            trials.live(day);
            if targets.contains(&day) {
                judge_day(&mut judge, series, &asked, starts_on, &trials, day);
            }
        }
    }
    judge.verdict()
}

/// The days to judge a forecast by, as far as they have come and nothing was moved before them.
fn targets(series: &Series, asked: &Question, known_until: Date) -> Vec<Date> {
    let ahead = AHEAD_DAYS.iter().filter_map(|days| asked.today.checked_add_days(Days::new(*days)));
    let near = (asked.due_on - asked.today).num_days() <= FARTHEST_DAYS;
    let mut days: Vec<Date> = ahead.filter(|day| *day < asked.due_on).chain(near.then_some(asked.due_on)).collect();
    days.retain(|day| *day <= known_until && !series.moved_between(asked.today, *day));
    days.sort_unstable();
    days
}

fn judge_day(judge: &mut Judge, series: &Series, asked: &Question, starts_on: Date, trials: &Trials, day: Date) {
    let planned = expected(&asked.measure, starts_on, asked.due_on, day);
    let planned = planned.and_then(|percent| percent.fraction().to_f64()).unwrap_or(0.0);
    let Some(came) = series.position_on(day) else { return };
    // like a trial: who has reached the target once has reached it
    let was_reached = asked
        .today
        .iter_days()
        .take_while(|on| *on <= day)
        .any(|on| series.position_on(on).is_some_and(Position::is_reached));
    let progress = if was_reached { 100.0 } else { came.progress() };
    if planned > 0.0 {
        judge.note(trials.at_least(planned), progress >= planned);
    }
    let cone = trials.spread(day);
    judge.note_cone((cone.low_50..=cone.high_50).contains(&progress), (cone.low_80..=cone.high_80).contains(&progress));
}

fn days_since(first: Date, day: Date) -> u64 {
    u64::try_from((day - first).num_days()).unwrap_or(0)
}

impl Backtest {
    /// The row of the table whose smallest chance is `from_percent`.
    pub fn bin(&self, from_percent: u32) -> Option<&Bin> {
        self.table.iter().find(|bin| bin.from_percent == from_percent)
    }
}
