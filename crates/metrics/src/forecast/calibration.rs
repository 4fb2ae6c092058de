//! Calibration: forecasts of simulated projects, whose end is known.
//!
//! Ten shapes of projects, each with a pace, a scope and a target of its own chance, from hopeless to easy. Every project
//! is forecast once a week from its third week on, and each forecast is judged by whether the target was reached.

use super::{Backtest, Calendar, DayReading, Question, Series, backtest::Judge, share_reaching};
use chrono::Days;
use num_traits::ToPrimitive;
use okrsync_domain::{Date, measure::Measure, reading::Tally};
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{RngCore, SeedableRng},
};
use rust_decimal::Decimal;

/// How a simulated team works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// About the same every working day.
    Steady,
    /// Most at the end of every second week.
    Sprints,
    /// Few stories of very different size.
    Points,
    /// Weekends, too.
    EveryDay,
    /// Slow in the first weeks.
    SlowStart,
    /// Slower in the last weeks.
    Tiring,
    /// The scope grows with the work.
    Growing,
    /// Busy weeks and idle ones.
    Bursts,
    /// A number that falls and wavers.
    Falling,
    /// A week without anybody.
    Holiday,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Steady,
        Self::Sprints,
        Self::Points,
        Self::EveryDay,
        Self::SlowStart,
        Self::Tiring,
        Self::Growing,
        Self::Bursts,
        Self::Falling,
        Self::Holiday,
    ];

    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Sprints => "sprints",
            Self::Points => "points",
            Self::EveryDay => "every day",
            Self::SlowStart => "slow start",
            Self::Tiring => "tiring",
            Self::Growing => "growing",
            Self::Bursts => "bursts",
            Self::Falling => "falling",
            Self::Holiday => "holiday",
        }
    }

    /// How busy a day is, where 1 is usual.
    fn busyness(self, day: i64, working: bool, week_is_busy: bool) -> f64 {
        match self {
            Self::EveryDay if !working => 0.5,
            _ if !working => 0.0,
            Self::Sprints if day % 14 >= 9 => 3.0,
            Self::Sprints => 0.4,
            Self::SlowStart if day < 28 => 0.6,
            Self::Tiring if day >= 60 => 0.7,
            Self::Bursts => {
                if week_is_busy {
                    1.7
                } else {
                    0.3
                }
            }
            Self::Holiday if (42..49).contains(&day) => 0.0,
            _ => 1.0,
        }
    }
}

/// Days of a simulated project: a quarter.
const LENGTH_DAYS: u64 = 91;
/// First day on which it is forecast.
const FIRST_FORECAST_DAY: i64 = 18;

/// A simulated project.
#[derive(Debug, Clone)]
pub struct Project {
    /// What it is measured against.
    pub measure: Measure,
    /// Its first day.
    pub starts_on: Date,
    /// Its last day.
    pub due_on: Date,
    /// A reading of every day.
    pub readings: Vec<DayReading>,
}

/// Dice with a memory for one thing: whether this is a busy week.
struct Dice {
    random: Xoshiro256PlusPlus,
    busy: bool,
}

impl Dice {
    /// Between 0 and 1.
    fn unit(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / f64::from(u32::MAX)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// How often something happens that happens `mean` times on average (Knuth's method).
    fn events(&mut self, mean: f64) -> i64 {
        let (limit, mut product, mut events) = ((-mean).exp(), self.unit(), 0);
        while product > limit && events < 1_000 {
            product *= self.unit();
            events += 1;
        }
        events
    }

    fn size(&mut self, shape: Shape) -> i64 {
        const POINTS: [i64; 6] = [1, 2, 3, 5, 8, 13];
        match shape {
            Shape::Points => POINTS[(self.unit() * 5.999).floor().to_usize().unwrap_or(0)],
            _ => 1,
        }
    }
}

impl Project {
    /// A project of a shape; another seed is another one.
    pub fn new(shape: Shape, seed: u64) -> Self {
        let mut dice = Dice { random: Xoshiro256PlusPlus::seed_from_u64(seed), busy: true };
        let starts_on = Date::default().checked_add_days(Days::new(20_366)).unwrap_or_default();
        let due_on = starts_on.checked_add_days(Days::new(LENGTH_DAYS)).unwrap_or(starts_on);
        let pace = if shape == Shape::Points { dice.between(0.3, 0.9) } else { dice.between(0.5, 2.5) };
        let size = if shape == Shape::Points { 5.3 } else { 1.0 };
        let days = if shape == Shape::EveryDay { 78.0 } else { 65.0 };
        let growth = if shape == Shape::Growing { 0.3 } else { 0.03 };
        // what the whole takes at this pace, made easier or harder
        let target = (pace * size * days * dice.between(0.75, 1.35)).ceil().max(5.0);
        let target = Decimal::from(target.to_i64().unwrap_or(5));
        let measure = match shape {
            Shape::Falling => {
                Measure::Kpi { name: String::new(), unit: String::new(), start: target, target: Decimal::ZERO }
            }
            _ => Measure::default(),
        };
        let mut project = Self { measure, starts_on, due_on, readings: Vec::new() };
        let begun = if shape == Shape::Growing { target * Decimal::new(8, 1) } else { target };
        project.live(shape, &mut dice, (pace, growth), begun.ceil());
        project
    }

    fn live(&mut self, shape: Shape, dice: &mut Dice, (pace, growth): (f64, f64), begun: Decimal) {
        let (mut done, mut total) = (Decimal::ZERO, begun);
        for (number, on) in (0_i64..).zip(self.starts_on.iter_days()).take_while(|(_, on)| *on <= self.due_on) {
            if number % 7 == 0 {
                dice.busy = dice.unit() < 0.5;
            }
            let busyness = shape.busyness(number, Calendar::default().is_working(on), dice.busy);
            for _ in 0..dice.events(pace * busyness) {
                done += Decimal::from(dice.size(shape));
            }
            for _ in 0..dice.events(pace * busyness * growth) {
                total += Decimal::from(dice.size(shape));
            }
            if shape == Shape::Falling && busyness > 0.0 {
                done += Decimal::from(dice.events(0.5) - dice.events(0.5));
            }
            let tally = match &self.measure {
                Measure::Kpi { start, .. } => Tally { value: Some(*start - done), ..Tally::default() },
                _ => Tally { done: Some(done.min(total)), total: Some(total), ..Tally::default() },
            };
            let (measure, due_on) = (self.measure.clone(), Some(self.due_on));
            self.readings.push(DayReading { on, measure, due_on, definition: String::new(), tally });
        }
    }

    /// Whether the target was reached on a day up to the last.
    pub fn was_reached(&self) -> bool {
        let reached = |reading: &DayReading| {
            super::Position::of(&self.measure, &reading.tally).is_some_and(super::Position::is_reached)
        };
        self.readings.iter().any(reached)
    }

    fn question(&self, today: Date, trials: u32, seed: u64) -> Question {
        let calendar = Calendar::default();
        Question { measure: self.measure.clone(), due_on: self.due_on, today, scope: true, calendar, trials, seed }
    }

    /// Forecasts it once a week and judges what was said.
    fn judge(&self, judge: &mut Judge, trials: u32, seed: u64) {
        let series = Series::of(&self.readings, &self.measure);
        let came_true = self.was_reached();
        for number in (FIRST_FORECAST_DAY..91).step_by(7) {
            let today = self.starts_on + chrono::TimeDelta::days(number);
            let question = self.question(today, trials, seed);
            if let Ok(share) = share_reaching(&series, &question) {
                judge.note(share, came_true);
            }
        }
    }
}

/// How forecasts of so many projects, evenly of these shapes, came out.
pub fn calibrate(shapes: &[Shape], projects: u64, trials: u32, seed: u64) -> Backtest {
    let mut judge = Judge::default();
    for (number, shape) in (0..projects).zip(shapes.iter().cycle()) {
        Project::new(*shape, seed.wrapping_add(number)).judge(&mut judge, trials, number);
    }
    judge.verdict()
}
