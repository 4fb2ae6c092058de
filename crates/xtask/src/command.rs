//! Running other programs, so that the reader sees what was run.

use anyhow::{Context, ensure};
use std::{path::Path, process::Command};

/// What `cargo run` tells the program that it starts. Handed on to another cargo it would make build scripts that watch
/// these variables (ring's does) run again.
const CARGO_RUN_VARIABLES: [&str; 5] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];

/// The workspace's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A program in the workspace's folder, with a clean environment.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    for (variable, _) in std::env::vars_os() {
        if CARGO_RUN_VARIABLES.iter().any(|prefix| variable.to_string_lossy().starts_with(prefix)) {
            command.env_remove(variable);
        }
    }
    command
}

/// Runs cargo with these arguments; an error names the command line.
pub(crate) fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(&mut program("cargo", arguments))
}

/// Shows the command line, runs it with its output on ours, and fails if it does.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = command_line(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("`{line}` did not start"))?;
    ensure!(status.success(), "`{line}` failed ({status})");
    Ok(())
}

/// The standard output of a command that is expected to succeed.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let line = command_line(command);
    let output = command.output().with_context(|| format!("`{line}` did not start"))?;
    ensure!(output.status.success(), "`{line}` failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// Whether a command starts and succeeds, silently.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// The command as one would type it, with the variables that were set for it.
fn command_line(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        let value = value?.to_string_lossy().into_owned();
        let quote = if value.contains(' ') { "'" } else { "" };
        Some(format!("{}={quote}{value}{quote}", name.to_string_lossy()))
    });
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    variables.chain(words.map(|word| word.to_string_lossy().into_owned())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_line() {
        let error = run(program("false", &["really"]).env("MODE", "a b")).unwrap_err().to_string();
        assert!(error.starts_with("`MODE='a b' false really` failed"), "{error}");
        let error = run(&mut program("no-such-program", &[])).unwrap_err().to_string();
        assert_eq!(error, "`no-such-program` did not start");
    }

    #[test]
    fn cargo_runs_own_variables_are_not_handed_on() {
        let environment = output(&mut program("env", &[])).unwrap();
        assert!(!String::from_utf8_lossy(&environment).contains("CARGO_PKG_"));
    }
}
