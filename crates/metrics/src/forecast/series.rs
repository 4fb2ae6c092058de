//! The series: daily readings as what was done on each day and what was added to the scope.

use chrono::Days;
use num_traits::ToPrimitive;
use okrsync_domain::{Date, measure::Measure, reading::Tally};
use rust_decimal::Decimal;

/// The last reading of a day in the organisation's time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayReading {
    /// The day.
    pub on: Date,
    /// What the OKR was measured against.
    pub measure: Measure,
    /// The last day that the OKR had then, where it is known.
    pub due_on: Option<Date>,
    /// Names the query, the metric and whatever else makes the number another number. Days on which it changed are no
    /// pace of anybody.
    pub definition: String,
    /// The numbers.
    pub tally: Tally,
}

/// How far something is: `have` of `goal`, in the link's unit. A KPI counts from its start in the direction of its
/// target, so that a falling one rises here.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Position {
    /// What is there.
    pub have: f64,
    /// What it takes.
    pub goal: f64,
}

impl Position {
    /// By `measure`; none without data and for a line to keep.
    ///
    /// ```
    /// use okrsync_domain::{measure::Measure, reading::Tally};
    /// use okrsync_metrics::forecast::Position;
    /// let falling = Measure::Kpi { name: String::new(), unit: String::new(), start: 50.into(), target: 10.into() };
    /// let tally = Tally { value: Some(40.into()), ..Tally::default() };
    /// assert_eq!(Position::of(&falling, &tally), Some(Position { have: 10.0, goal: 40.0 }));
    /// ```
    pub fn of(measure: &Measure, tally: &Tally) -> Option<Self> {
        match measure {
            Measure::PercentComplete {} => {
                let (have, goal) = (float(tally.done?)?, float(tally.total?)?);
                (goal > 0.0).then_some(Self { have, goal })
            }
            Measure::Kpi { start, target, .. } => {
                let (value, start, target) = (float(tally.value?)?, float(*start)?, float(*target)?);
                let way = target - start;
                Some(Self { have: (value - start) * way.signum(), goal: way.abs() })
            }
            Measure::StayBelow(_) | Measure::StayAbove(_) => None,
        }
    }

    /// Whether the target is reached, but for the error of adding floats.
    pub fn is_reached(self) -> bool {
        self.goal > 0.0 && self.have >= self.goal * (1.0 - 1e-9)
    }

    /// Progress in percent, between 0 and 100.
    pub fn progress(self) -> f64 {
        if self.is_reached() {
            100.0
        } else if self.goal > 0.0 {
            (self.have / self.goal * 100.0).clamp(0.0, 100.0)
        } else {
            0.0
        }
    }
}

fn float(value: Decimal) -> Option<f64> {
    value.to_f64().filter(|value| value.is_finite())
}

/// What happened on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// The day.
    pub on: Date,
    /// What was done in the link's unit; less than nothing where more was undone.
    pub done: f64,
    /// What was added to the scope.
    pub added: f64,
}

/// Something that was moved by a person, not by work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The first day with the new setting.
    pub on: Date,
    /// What was moved.
    pub kind: StepKind,
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// The value at 0 or at 100 percent.
    Target {
        /// Before.
        from: Measure,
        /// Since.
        to: Measure,
    },
    /// The last day.
    DueDate {
        /// Before.
        from: Date,
        /// Since.
        to: Date,
    },
    /// The query, the metric or the way of measuring: the number is another number since.
    Definition,
}

/// Daily readings as days.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What each day ended with, without gaps from the first reading with data on.
    positions: Vec<(Date, Position)>,
    /// What happened on each day that followed another of the same definition.
    days: Vec<Day>,
    /// What was moved.
    pub steps: Vec<Step>,
}

impl Series {
    /// Of the last reading of each day in order of days, measured by `measure`, which is today's.
    ///
    /// A day without a reading was like the end of the day before: what happened on it counts on the next day that has
    /// one, so that nothing is lost. A reading without data is none.
    pub fn of(readings: &[DayReading], measure: &Measure) -> Self {
        let mut series = Self { positions: Vec::new(), days: Vec::new(), steps: Vec::new() };
        let mut last: Option<(&DayReading, Position)> = None;
        for reading in readings {
            let Some(position) = Position::of(measure, &reading.tally) else { continue };
            if let Some((before, at)) = last {
                series.follow(before, at, reading, position);
            }
            series.positions.push((reading.on, position));
            last = Some((reading, position));
        }
        series
    }

    /// Adds the days from one reading to the next.
    fn follow(&mut self, before: &DayReading, was: Position, reading: &DayReading, is: Position) {
        let redefined = before.definition != reading.definition
            || before.measure.is_percent_complete() != reading.measure.is_percent_complete();
        if redefined {
            self.steps.push(Step { on: reading.on, kind: StepKind::Definition });
        } else if ends(&before.measure) != ends(&reading.measure) {
            let kind = StepKind::Target { from: before.measure.clone(), to: reading.measure.clone() };
            self.steps.push(Step { on: reading.on, kind });
        }
        if let (Some(from), Some(to)) = (before.due_on, reading.due_on)
            && from != to
        {
            self.steps.push(Step { on: reading.on, kind: StepKind::DueDate { from, to } });
        }
        for on in before.on.iter_days().skip(1).take_while(|on| *on < reading.on) {
            self.positions.push((on, was));
            self.days.push(Day { on, done: 0.0, added: 0.0 });
        }
        if !redefined {
            self.days.push(Day { on: reading.on, done: is.have - was.have, added: is.goal - was.goal });
        }
    }

    /// The end of a day, or of the last day before it that is known.
    pub fn position_on(&self, day: Date) -> Option<Position> {
        let until = self.positions.partition_point(|(on, _)| *on <= day);
        Some(self.positions.get(until.checked_sub(1)?)?.1)
    }

    /// The days before one, at most so many and none before the last redefinition.
    pub fn days_before(&self, day: Date, most: usize) -> &[Day] {
        let redefined = self.steps.iter().rev().find(|step| step.kind == StepKind::Definition && step.on <= day);
        let oldest = day.checked_sub_days(Days::new(u64::try_from(most).unwrap_or(u64::MAX))).unwrap_or(Date::MIN);
        let oldest = redefined.map_or(oldest, |step| step.on.max(oldest));
        let from = self.days.partition_point(|one| one.on < oldest);
        let to = self.days.partition_point(|one| one.on < day);
        self.days.get(from..to).unwrap_or_default()
    }

    /// The same, but for the end of the last day: what if it had ended otherwise?
    #[must_use]
    pub fn ending_at(mut self, position: Position) -> Self {
        if let Some((_, last)) = self.positions.last_mut() {
            *last = position;
        }
        self
    }

    /// First and last day that is known.
    pub(super) fn span(&self) -> Option<(Date, Date)> {
        Some((self.positions.first()?.0, self.positions.last()?.0))
    }

    /// Whether the number or its target became another between the ends of two days.
    pub(super) fn moved_between(&self, from: Date, to: Date) -> bool {
        self.steps.iter().any(|step| from < step.on && step.on <= to)
    }
}

/// Start and target of a KPI: what a person moves.
fn ends(measure: &Measure) -> Option<(Decimal, Decimal)> {
    match measure {
        Measure::Kpi { start, target, .. } => Some((*start, *target)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(on: &str, definition: &str, done: i64, total: i64) -> DayReading {
        let tally = Tally { done: Some(done.into()), total: Some(total.into()), ..Tally::default() };
        DayReading {
            on: on.parse().unwrap(),
            measure: Measure::default(),
            due_on: None,
            definition: definition.into(),
            tally,
        }
    }

    fn deltas(series: &Series) -> Vec<(String, f64, f64)> {
        series.days.iter().map(|day| (day.on.to_string(), day.done, day.added)).collect()
    }

    #[test]
    fn a_gap_counts_on_the_day_that_ends_it_and_an_edit_is_no_pace() {
        let readings = [
            reading("2026-11-02", "a", 1, 10),
            reading("2026-11-03", "a", 3, 11),
            reading("2026-11-05", "a", 4, 11),
            reading("2026-11-06", "b", 40, 90),
            reading("2026-11-07", "b", 41, 90),
        ];
        let series = Series::of(&readings, &Measure::default());
        let expected = [("2026-11-03", 2.0, 1.0), ("2026-11-04", 0.0, 0.0), ("2026-11-05", 1.0, 0.0)];
        let expected = expected.into_iter().chain([("2026-11-07", 1.0, 0.0)]);
        assert_eq!(deltas(&series), expected.map(|(on, done, added)| (on.to_owned(), done, added)).collect::<Vec<_>>());
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(series.days_before(day("2026-11-05"), 90).len(), 2, "the day itself is not over");
        assert_eq!(series.days_before(day("2026-11-06"), 90).len(), 0, "what was before the edit is another number");
        assert_eq!(series.days_before(day("2026-11-08"), 90).len(), 1);
        assert_eq!(series.position_on(day("2026-11-04")), Some(Position { have: 3.0, goal: 11.0 }));
        assert_eq!(series.position_on(day("2026-11-01")), None);
    }

    #[test]
    fn a_moved_target_is_a_step_and_keeps_the_pace() {
        let kpi = |target: i64| Measure::Kpi {
            name: String::new(),
            unit: String::new(),
            start: 0.into(),
            target: target.into(),
        };
        let at = |on: &str, target: i64, value: i64| DayReading {
            on: on.parse().unwrap(),
            measure: kpi(target),
            due_on: None,
            definition: String::new(),
            tally: Tally { value: Some(value.into()), ..Tally::default() },
        };
        let readings = [at("2026-11-02", 20, 5), at("2026-11-03", 20, 7), at("2026-11-04", 40, 8)];
        let series = Series::of(&readings, &kpi(40));
        assert_eq!(series.steps.len(), 1);
        assert!(matches!(&series.steps[0].kind, StepKind::Target { from, to } if *from == kpi(20) && *to == kpi(40)));
        assert_eq!(deltas(&series).iter().map(|day| (day.1, day.2)).collect::<Vec<_>>(), [(2.0, 0.0), (1.0, 0.0)]);
        assert_eq!(series.position_on(readings[2].on), Some(Position { have: 8.0, goal: 40.0 }));
    }
}
