//! The project's own commands. `cargo xtask test` is the one test command: what CI runs is what anyone can run.
#![expect(clippy::print_stdout, reason = "a program for the terminal: its output is its purpose")]

mod command;
mod prerequisites;
#[path = "../../../tests/harness/programs.rs"] // shared, so that what is installed here is what the tests look for
mod programs;
mod step;
mod summary;

use clap::{Parser, ValueEnum};
use std::process::ExitCode;
use step::Step;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Xtask {
    /// Checks everything: every step runs, the summary comes last, and any failure makes the exit code 1.
    Test(Selection),
    /// Makes a picture of each page and state, in three widths and both themes, into `target/screenshots`.
    Screenshots,
}

/// Which steps of the test command run; all of them by default.
#[derive(clap::Args)]
struct Selection {
    /// Runs this step and no other (repeatable)
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// Leaves this step out (repeatable)
    #[arg(long, value_name = "STEP")]
    skip: Vec<Step>,
}

impl Selection {
    fn takes(&self, step: Step) -> bool {
        (self.only.is_empty() || self.only.contains(&step)) && !self.skip.contains(&step)
    }
}

fn main() -> ExitCode {
    let selection = match Xtask::parse() {
        Xtask::Test(selection) => selection,
        Xtask::Screenshots => return screenshots(),
    };
    let steps: Vec<Step> = Step::value_variants().iter().copied().filter(|step| selection.takes(*step)).collect();
    let outcomes = summary::run_all(&steps);
    summary::print(&outcomes);
    if outcomes.iter().all(summary::Outcome::is_ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn screenshots() -> ExitCode {
    match step::make_screenshots() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Vec<String> {
        let Xtask::Test(selection) = Xtask::parse_from(["cargo xtask", "test"].iter().chain(arguments)) else {
            panic!("the test command")
        };
        let taken = Step::value_variants().iter().filter(|step| selection.takes(**step));
        taken.map(|step| step.name()).collect()
    }

    #[test]
    fn steps_are_chosen_by_name() {
        assert_eq!(names(&[]).len(), Step::value_variants().len());
        assert_eq!(names(&["--only", "deny", "--only", "journeys"]), ["deny", "journeys"]);
        assert!(!names(&["--skip", "browser"]).contains(&"browser".to_owned()));
        assert!(Xtask::try_parse_from(["cargo xtask", "test", "--only", "nothing"]).is_err());
    }
}
