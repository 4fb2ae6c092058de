//! Running the steps one after another, and the table at the end.

use crate::step::Step;
use std::time::{Duration, Instant};

/// What became of one step.
pub(crate) struct Outcome {
    step: String,
    result: Result<(), String>,
    took: Duration,
}

impl Outcome {
    /// Whether the step ran and found nothing.
    pub(crate) fn is_ok(&self) -> bool {
        self.result.is_ok()
    }
}

/// Runs every step, whatever became of the others; only what cannot even be built is not tried.
pub(crate) fn run_all(steps: &[Step]) -> Vec<Outcome> {
    let mut built = true;
    let mut outcomes = Vec::new();
    for step in steps {
        println!("\n==> {}: {}", step.name(), step.about());
        let start = Instant::now();
        let result = if step.needs_build() && !built {
            Err("not run: the build failed".to_owned())
        } else {
            step.run().map_err(|error| format!("{error:#}"))
        };
        if let Err(error) = &result {
            println!("{} FAILED: {error}", step.name());
        }
        built &= *step != Step::Build || result.is_ok();
        outcomes.push(Outcome { step: step.name(), result, took: start.elapsed() });
    }
    outcomes
}

/// Prints the table of step, outcome and seconds, then what failed and why.
pub(crate) fn print(outcomes: &[Outcome]) {
    println!("\n{}", table(outcomes));
    for outcome in outcomes {
        if let Err(error) = &outcome.result {
            println!("{}: {error}", outcome.step);
        }
    }
}

fn table(outcomes: &[Outcome]) -> String {
    let row = |step: &str, outcome: &str, seconds: &str| format!("{step:<16}{outcome:<10}{seconds:>8}\n");
    let mut table = row("step", "outcome", "seconds");
    for outcome in outcomes {
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        table += &row(&outcome.step, word, &format!("{:.1}", outcome.took.as_secs_f64()));
    }
    let took = outcomes.iter().map(|outcome| outcome.took).sum::<Duration>();
    let word = if outcomes.iter().all(Outcome::is_ok) { "ok" } else { "FAILED" };
    table + &row("all", word, &format!("{:.1}", took.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_the_whole() {
        let outcome = |step: &str, result| Outcome { step: step.to_owned(), result, took: Duration::from_millis(1250) };
        let table = table(&[outcome("format", Ok(())), outcome("deny", Err("why".to_owned()))]);
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["format", "ok", "1.2"]);
        assert_eq!(rows[2], ["deny", "FAILED", "1.2"]);
        assert_eq!(rows[3], ["all", "FAILED", "2.5"]);
    }
}
