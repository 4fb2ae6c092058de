//! `okrsync jql check`: shows mistakes in a query as a compiler would, a caret under the wrong word.

use crate::output;
use anyhow::Context;
use clap::Subcommand;
use okrsync_jql::SyntaxError;
use std::{io::Read, process::ExitCode};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Checks one query; exit code 1 if it is wrong.
    Check {
        /// File that holds the query, or - for standard input.
        file: String,
    },
}

pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Check { file } = command;
    let text = read(file)?;
    let name = if file == "-" { "standard input" } else { file };
    match okrsync_jql::parse(text.trim_end()) {
        Ok(query) if query.is_bounded() => {
            output::line(query.canonical());
            Ok(ExitCode::SUCCESS)
        }
        Ok(_) => {
            output::note(format_args!("error: the query has no restriction, so it would match every issue"));
            output::note("  hint: name at least a project, as in `project = AE`");
            Ok(ExitCode::FAILURE)
        }
        Err(errors) => {
            for error in &errors {
                output::note(caret(name, &text, error));
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

fn read(file: &str) -> anyhow::Result<String> {
    if file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input could not be read")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("{file} could not be read"))
}

/// The line of the mistake with a caret under each wrong character. Line and column count from 1.
fn caret(name: &str, text: &str, error: &SyntaxError) -> String {
    let before: String = text.chars().take(error.span.start).collect();
    let row = before.matches('\n').count();
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    let line = text.lines().nth(row).unwrap_or_default();
    let width = (error.span.end - error.span.start).clamp(1, line.chars().count().saturating_sub(column).max(1));
    let number = (row + 1).to_string();
    let margin = " ".repeat(number.len());
    let mut shown = format!(
        "error: {}\n{margin}--> {name}:{number}:{}\n{margin} |\n{number} | {line}\n{margin} | {}{}",
        error.message,
        column + 1,
        " ".repeat(column),
        "^".repeat(width)
    );
    if let Some(hint) = &error.hint {
        shown = format!("{shown}\n{margin} = hint: {hint}");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_wrong_word() {
        let text = "project = AE\nAND größe = order";
        let errors = okrsync_jql::parse(text).unwrap_err();
        let shown = caret("q.jql", text, &errors[0]);
        assert!(shown.contains("--> q.jql:2:13"), "{shown}");
        assert!(shown.contains("\n  |             ^^^^^"), "{shown}");
    }
}
