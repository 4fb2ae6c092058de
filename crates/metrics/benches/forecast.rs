//! How long a forecast takes that people wait for: 10,000 trials over half a quarter, and the backtest of a quarter.

use criterion::{Criterion, criterion_group, criterion_main};
use okrsync_metrics::forecast::{
    Calendar, Question, Series, TRIALS, backtest,
    calibration::{Project, Shape},
    forecast,
};
use std::hint::black_box;

fn forecasts(criterion: &mut Criterion) {
    let project = Project::new(Shape::Growing, 7);
    let series = Series::of(&project.readings, &project.measure);
    let today = project.starts_on + (project.due_on - project.starts_on) / 2;
    let question = Question {
        measure: project.measure.clone(),
        due_on: project.due_on,
        today,
        scope: true,
        calendar: Calendar::default(),
        trials: TRIALS,
        seed: 7,
    };
    criterion.bench_function("forecast, 10,000 trials", |bencher| {
        bencher.iter(|| forecast(black_box(&series), black_box(&question)));
    });
    let past = Question { trials: 1_000, today: project.due_on, ..question };
    criterion.bench_function("backtest of a quarter", |bencher| {
        bencher.iter(|| backtest(black_box(&series), black_box(&past), project.starts_on));
    });
}

criterion_group!(benches, forecasts);
criterion_main!(benches);
