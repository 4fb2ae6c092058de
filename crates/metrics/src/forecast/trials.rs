//! The trials: many possible futures, lived day by day.

use super::{Calendar, Day, Position, Question, Spread, count};
use okrsync_domain::Date;
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{RngCore, SeedableRng},
};

/// Days next to each other resemble each other: busy weeks and idle ones. So many days tell as much of a team's pace as
/// one that has nothing to do with the others; without it, forecasts claim more than they know ([`super::calibration`]).
const DAYS_ALIKE: usize = 2;

/// Many futures at the end of the same day.
pub(super) struct Trials {
    random: Xoshiro256PlusPlus,
    calendar: Calendar,
    working: Kind,
    resting: Kind,
    /// Where each trial is.
    positions: Vec<Position>,
    /// Those that have not reached the target yet. One that has stays there: what happens later is no matter of its.
    open: Vec<usize>,
}

/// Days of one kind, and which of them each trial has for its own history.
struct Kind {
    days: Vec<(f64, f64)>,
    own: Vec<u16>,
    /// Days of a trial's own history.
    length: usize,
    /// Nothing ever happens on such days.
    idle: bool,
}

impl Kind {
    fn new(days: impl Iterator<Item = (f64, f64)>, trials: usize, random: &mut Xoshiro256PlusPlus) -> Self {
        let days: Vec<(f64, f64)> = days.collect();
        let idle = days.iter().all(|(done, added)| done.abs() + added.abs() <= 0.0);
        let length = days.len().div_ceil(DAYS_ALIKE);
        let draws = if idle { 0 } else { length * trials };
        let own = (0..draws).map(|_| u16::try_from(below(random, days.len())).unwrap_or(0)).collect();
        Self { days, own, length, idle }
    }

    /// A day out of a trial's own history.
    fn draw(&self, trial: usize, random: &mut Xoshiro256PlusPlus) -> (f64, f64) {
        let pick = self.own[trial * self.length + below(random, self.length)];
        self.days[usize::from(pick)]
    }
}

/// A number under `limit`, by multiplication: the bias of one in four billion does not show.
fn below(random: &mut Xoshiro256PlusPlus, limit: usize) -> usize {
    let limit = u64::try_from(limit).unwrap_or(0);
    usize::try_from((u64::from(random.next_u32()) * limit) >> 32).unwrap_or(0)
}

impl Trials {
    /// At the end of today, with the days to draw from.
    pub(super) fn new(now: Position, days: &[Day], question: &Question) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(question.seed);
        let trials = usize::try_from(question.trials.max(1)).unwrap_or(usize::MAX);
        let mut kind = |working: bool| {
            let wanted = days.iter().filter(|day| question.calendar.is_working(day.on) == working);
            let drawn = wanted.map(|day| (day.done, if question.scope { day.added } else { 0.0 }));
            Kind::new(drawn, trials, &mut random)
        };
        let (working, resting) = (kind(true), kind(false));
        let calendar = question.calendar.clone();
        Self { random, calendar, working, resting, positions: vec![now; trials], open: (0..trials).collect() }
    }

    /// Lets every trial live through one more day.
    pub(super) fn live(&mut self, day: Date) {
        let kind = if self.calendar.is_working(day) { &self.working } else { &self.resting };
        if kind.idle {
            return;
        }
        let (positions, random) = (&mut self.positions, &mut self.random);
        self.open.retain(|trial| {
            let (done, added) = kind.draw(*trial, random);
            let position = &mut positions[*trial];
            position.have += done;
            position.goal += added;
            !position.is_reached()
        });
    }

    /// The share of trials that have reached the target.
    pub(super) fn reached(&self) -> f64 {
        1.0 - count(self.open.len()) / count(self.positions.len())
    }

    /// The share of trials whose progress in percent is at least `progress`.
    pub(super) fn at_least(&self, progress: f64) -> f64 {
        let less = self.open.iter().filter(|trial| self.positions[**trial].progress() < progress).count();
        1.0 - count(less) / count(self.positions.len())
    }

    /// Where they are.
    pub(super) fn spread(&self, on: Date) -> Spread {
        let mut open: Vec<f64> = self.open.iter().map(|trial| self.positions[*trial].progress()).collect();
        let last = self.positions.len() - 1;
        let (mut rest, mut passed, mut value) = (open.as_mut_slice(), 0, 0.0);
        // each quantile is looked for above the one before it; who has reached the target is above all
        let [low_80, low_50, median, high_50, high_80] = [10, 25, 50, 75, 90].map(|percent| {
            let rank = last * percent / 100;
            if rank >= passed && rank - passed >= rest.len() {
                value = 100.0;
            } else if rank >= passed {
                let (_, found, above) = std::mem::take(&mut rest).select_nth_unstable_by(rank - passed, f64::total_cmp);
                value = *found;
                (rest, passed) = (above, rank + 1);
            }
            value
        });
        Spread { on, low_80, low_50, median, high_50, high_80 }
    }
}
