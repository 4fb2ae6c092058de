//! Forecasts: what they refuse, what they never claim, and whether they come true.

use chrono::Days;
use okrsync_domain::{
    Date,
    measure::{Control, Measure},
    reading::Tally,
};
use okrsync_metrics::forecast::{
    Calendar, Chance, DayReading, NoForecast, Question, Series, backtest,
    calibration::{Project, Shape, calibrate},
    forecast,
};

fn day(text: &str) -> Date {
    text.parse().expect("a literal day")
}

fn first() -> Date {
    day("2026-10-05")
}

/// A reading a day from Monday, 5 October on.
fn readings(done: impl IntoIterator<Item = i64>, total: i64) -> Vec<DayReading> {
    let reading = |(on, done): (Date, i64)| {
        let tally = Tally { done: Some(done.into()), total: Some(total.into()), ..Tally::default() };
        DayReading { on, measure: Measure::default(), due_on: None, definition: String::new(), tally }
    };
    first().iter_days().zip(done).map(reading).collect()
}

fn question(today: &str, due_on: &str) -> Question {
    Question {
        measure: Measure::default(),
        due_on: day(due_on),
        today: day(today),
        scope: true,
        calendar: Calendar::default(),
        trials: 2_000,
        seed: 42,
    }
}

fn ask(readings: &[DayReading], question: &Question) -> Result<okrsync_metrics::forecast::Forecast, NoForecast> {
    forecast(&Series::of(readings, &question.measure), question)
}

#[test]
fn what_cannot_be_known_is_not_told() {
    let steady = readings(0..40, 100);
    // 15 readings are 14 days, of which the last is not over
    assert_eq!(ask(&steady, &question("2026-10-19", "2026-12-31")), Err(NoForecast::ShortHistory { days: 13 }));
    assert!(ask(&steady, &question("2026-10-20", "2026-12-31")).is_ok());
    let quiet = readings((0..40).map(|day| day / 10), 100);
    assert_eq!(ask(&quiet, &question("2026-11-13", "2026-12-31")), Err(NoForecast::FewActiveDays { days: 3 }));
    assert_eq!(ask(&steady, &question("2026-11-13", "2026-11-13")), Err(NoForecast::PastDue));
    assert_eq!(ask(&steady, &question("2026-10-01", "2026-12-31")), Err(NoForecast::NoData));
    let done = readings((0..40).map(|day| day.min(20)), 20);
    assert_eq!(ask(&done, &question("2026-11-13", "2026-12-31")), Err(NoForecast::Achieved));
    let line = Control { name: String::new(), unit: String::new(), target: 2.into(), risk_line: None };
    let control = Question { measure: Measure::StayBelow(line), ..question("2026-11-13", "2026-12-31") };
    assert_eq!(ask(&steady, &control), Err(NoForecast::Control));
}

#[test]
fn nothing_is_certain_while_work_remains() {
    let steady = readings(0..40, 41);
    let sure = ask(&steady, &question("2026-11-13", "2026-12-31")).unwrap();
    assert_eq!((sure.chance, sure.chance.to_string().as_str()), (Chance::Above, "> 95 %"));
    assert!(sure.chance.share() <= 0.95);
    let hopeless = ask(&readings(0..40, 4_000), &question("2026-11-13", "2026-12-31")).unwrap();
    assert_eq!((hopeless.chance, hopeless.likely_on), (Chance::Below, None));
}

#[test]
fn a_team_that_rests_at_weekends_rests_in_the_forecast() {
    let weekdays = |on: &Date| Calendar::default().is_working(*on);
    let done = first().iter_days().scan(0, |done, on| {
        *done += i64::from(weekdays(&on));
        Some(*done)
    });
    let readings = readings(done.take(40), 60);
    let forecast = ask(&readings, &question("2026-11-13", "2026-12-31")).unwrap();
    let at = |on: &str| forecast.cone.iter().find(|spread| spread.on == day(on)).unwrap().median;
    assert!((at("2026-11-14") - at("2026-11-15")).abs() < 1e-9, "Saturday and Sunday");
    assert!(at("2026-11-16") > at("2026-11-15"), "Monday");
}

#[test]
fn scope_that_grew_goes_on_growing_unless_told_otherwise() {
    let mut readings = readings((0..40).map(|day| day / 2), 30);
    for (number, reading) in (0_i64..).zip(&mut readings) {
        reading.tally.total = Some((30 + number / 2).into());
    }
    let growing = question("2026-11-13", "2027-01-24");
    let fixed = Question { scope: false, ..growing.clone() };
    let chance = |question: &Question| ask(&readings, question).unwrap().chance.share();
    assert!(chance(&growing) + 0.3 < chance(&fixed), "{} and {}", chance(&growing), chance(&fixed));
}

#[test]
fn a_falling_target_is_reached_from_above() {
    let kpi = Measure::Kpi { name: String::new(), unit: String::new(), start: 60.into(), target: 0.into() };
    let falling: Vec<DayReading> = readings(0..40, 1)
        .into_iter()
        .zip(0_i64..)
        .map(|(reading, number)| {
            let tally = Tally { value: Some((60 - number).into()), ..Tally::default() };
            DayReading { measure: kpi.clone(), tally, ..reading }
        })
        .collect();
    let asked = Question { measure: kpi, ..question("2026-11-13", "2026-12-31") };
    let forecast = ask(&falling, &asked).unwrap();
    assert_eq!((forecast.chance, forecast.pace.to_bits()), (Chance::Above, 1.0_f64.to_bits()));
    assert_eq!(forecast.likely_on, Some(day("2026-12-04")), "21 left, one a day");
}

#[test]
fn the_cone_is_in_order_and_the_same_seed_gives_the_same() {
    for (number, shape) in (0..).zip(Shape::ALL) {
        let project = Project::new(shape, number);
        let today = project.starts_on + Days::new(40);
        let asked = Question {
            measure: project.measure.clone(),
            due_on: project.due_on,
            today,
            ..question("2026-11-13", "2026-12-31")
        };
        let Ok(forecast) = ask(&project.readings, &asked) else { continue };
        for spread in &forecast.cone {
            let ends = [spread.low_80, spread.low_50, spread.median, spread.high_50, spread.high_80];
            assert!(ends.is_sorted() && ends[0] >= 0.0 && ends[4] <= 100.0, "{shape:?} {spread:?}");
        }
        assert_eq!(ask(&project.readings, &asked).as_ref(), Ok(&forecast), "{shape:?}");
        assert_eq!(forecast.cone.len(), 51, "tomorrow to the last day");
    }
}

#[test]
fn a_backtest_judges_what_was_known_then() {
    let project = Project::new(Shape::Steady, 3);
    let series = Series::of(&project.readings, &project.measure);
    let asked = Question {
        measure: project.measure.clone(),
        due_on: project.due_on,
        today: project.due_on,
        trials: 300,
        ..question("2026-11-13", "2026-12-31")
    };
    let tested = backtest(&series, &asked, project.starts_on);
    assert!(tested.forecasts > 150, "{tested:?}");
    assert!(tested.brier.is_some_and(|brier| (0.0..0.25).contains(&brier)), "{tested:?}");
    assert_eq!(tested.table.iter().map(|bin| bin.forecasts).sum::<u32>(), tested.forecasts);
    let short = Series::of(&project.readings[..14], &project.measure);
    assert_eq!(backtest(&short, &asked, project.starts_on).brier, None);
}

/// Of the forecasts of 500 projects that said 70 to 80 %, between 65 and 85 % came true.
#[test]
fn forecasts_come_true_as_often_as_they_say() {
    let outcome = calibrate(&Shape::ALL, 500, 200, 2026);
    let bin = outcome.bin(70).unwrap();
    assert!(bin.forecasts >= 100, "{outcome:?}");
    assert!((0.65..=0.85).contains(&bin.came_true), "{outcome:?}");
}
