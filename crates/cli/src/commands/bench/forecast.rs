//! `okrsync bench forecast`: how often forecasts of simulated projects come true.

use crate::output;
use okrsync_metrics::forecast::{
    Backtest,
    calibration::{Shape, calibrate},
};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Simulated projects, evenly of ten shapes.
    #[arg(long, default_value_t = 500)]
    projects: u64,
    /// Trials of each forecast.
    #[arg(long, default_value_t = 1_000)]
    trials: u32,
    /// Another seed is another set of projects.
    #[arg(long, default_value_t = 2026)]
    seed: u64,
    /// Also a line for each shape.
    #[arg(long)]
    shapes: bool,
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
}

/// A row of the reliability table.
#[derive(Debug, Serialize)]
struct Row {
    said: String,
    forecasts: u32,
    said_on_average: String,
    came_true: String,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Report {
    projects: u64,
    forecasts: u32,
    brier_score: String,
    table: Vec<Row>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let all = report(args.projects, &calibrate(&Shape::ALL, args.projects, args.trials, args.seed));
    if args.json {
        output::line(serde_json::to_string_pretty(&all)?);
        return Ok(ExitCode::SUCCESS);
    }
    print(&all);
    if args.shapes {
        for shape in Shape::ALL {
            let of_one = calibrate(&[shape], args.projects / 10, args.trials, args.seed);
            output::line(format_args!("\n{}", shape.name()));
            print(&report(args.projects / 10, &of_one));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn report(projects: u64, outcome: &Backtest) -> Report {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let row = |bin: &okrsync_metrics::forecast::Bin| Row {
        said: format!("{} to {} %", bin.from_percent, bin.from_percent + 10),
        forecasts: bin.forecasts,
        said_on_average: percent(bin.said),
        came_true: percent(bin.came_true),
    };
    Report {
        projects,
        forecasts: outcome.forecasts,
        brier_score: outcome.brier.map_or_else(|| "–".to_owned(), |brier| format!("{brier:.4}")),
        table: outcome.table.iter().map(row).collect(),
    }
}

fn print(report: &Report) {
    output::line(format_args!(
        "{} projects, {} forecasts, Brier score {}",
        report.projects, report.forecasts, report.brier_score
    ));
    output::line(format_args!("{:<14}{:>10}{:>18}{:>12}", "said", "forecasts", "said on average", "came true"));
    for row in &report.table {
        let Row { said, forecasts, said_on_average, came_true } = row;
        output::line(format_args!("{said:<14}{forecasts:>10}{said_on_average:>18}{came_true:>12}"));
    }
}
