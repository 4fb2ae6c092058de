//! The steps of the test command, in the order in which they run.

use crate::{
    command::{cargo, output, program, root, run},
    prerequisites, programs,
};
use anyhow::Context;
use clap::ValueEnum;

/// One step of `cargo xtask test`. All that build use the whole workspace and the same profile, so that nothing is built twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// what the tests need is here, or gets installed
    Prerequisites,
    /// rustfmt has nothing to change
    Format,
    /// lints, warnings denied
    Clippy,
    /// the manual builds: no broken link, private items too
    Documentation,
    /// banned crates (libpq, OpenSSL, AWS-LC), licences, sources
    Deny,
    /// no dependency without a use
    Machete,
    /// the program alone compiles, as a user builds it: without what the tests' features would lend it
    Program,
    /// every program and test of the workspace
    Build,
    /// unit tests, and the crates' own integration tests
    Unit,
    /// the examples in the documentation
    Doc,
    /// the rules of the house
    Architecture,
    /// stories through the whole, on SQLite and PostgreSQL
    Journeys,
    /// stories in a real browser
    Browser,
}

/// The test targets that are steps of their own.
const OWN_STEPS: [&str; 3] = ["architecture", "journeys", "browser"];

impl Step {
    /// The name for `--only` and `--skip`.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// One line for people: what the step makes sure of.
    pub(crate) fn about(self) -> String {
        let help = self.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        help.unwrap_or_default()
    }

    /// Whether the step only repeats the compiler's errors when [`Step::Build`] has failed.
    pub(crate) fn needs_build(self) -> bool {
        matches!(self, Self::Unit | Self::Doc | Self::Architecture | Self::Journeys | Self::Browser)
    }

    /// Runs the step; the error says what failed.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Prerequisites => prerequisites::ensure(),
            Self::Format => cargo(&["fmt", "--all", "--check"]),
            Self::Clippy => cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
            Self::Documentation => document(),
            Self::Deny => cargo(&["deny", "--config", ".config/deny.toml", "check", "bans", "licenses", "sources"]),
            Self::Machete => cargo(&["machete"]),
            Self::Program => cargo(&["check", "-p", "okrsync-cli"]),
            Self::Build => cargo(&["build", "--workspace", "--bins", "--tests"]),
            Self::Unit => test_units(),
            Self::Doc => test(&["--doc"]),
            Self::Architecture => test(&["--test", "architecture"]),
            Self::Journeys => test(&["--test", "journeys"]),
            Self::Browser => {
                prerequisites::fetch_axe()?;
                test(&["--test", "browser"])
            }
        }
    }
}

fn document() -> anyhow::Result<()> {
    let arguments = ["doc", "--workspace", "--no-deps", "--document-private-items"];
    run(program("cargo", &arguments).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Runs tests of the whole workspace. Where PostgreSQL and a browser are, or must be (CI), a test may not skip for want of them.
fn test(selection: &[&str]) -> anyhow::Result<()> {
    let mut command = program("cargo", &["test", "--workspace", "--no-fail-fast"]);
    command.args(selection);
    let is_ci = programs::variable("CI").is_some_and(|value| value == "true");
    if is_ci || programs::find_postgres().is_some() {
        command.env("OKRSYNC_REQUIRE_PG", "1");
    }
    if is_ci || prerequisites::has_browser() {
        command.env("OKRSYNC_REQUIRE_BROWSER", "1");
    }
    if is_ci || prerequisites::has_axe() {
        command.env("OKRSYNC_REQUIRE_AXE", "1");
    }
    run(&mut command)
}

/// Pictures of every page, made by the test that looks at them.
pub(crate) fn make_screenshots() -> anyhow::Result<()> {
    let folder = root().join("target/screenshots");
    let mut command = program("cargo", &["test", "--workspace", "--test", "browser", "--", "pages::"]);
    run(command.env("OKRSYNC_SCREENSHOTS", &folder).env("OKRSYNC_REQUIRE_BROWSER", "1"))?;
    println!("pictures are in {}", folder.display());
    Ok(())
}

/// Libraries, programs, and every integration test that is no step of its own. Naming them keeps the features of the whole
/// workspace, where `--exclude` would build the dependencies again.
fn test_units() -> anyhow::Result<()> {
    let metadata = output(&mut program("cargo", &["metadata", "--no-deps", "--format-version", "1"]))?;
    let targets = test_targets(&serde_json::from_slice(&metadata).context("cargo metadata")?);
    let named = targets.iter().flat_map(|target| ["--test", target]);
    test(&["--lib", "--bins"].into_iter().chain(named).collect::<Vec<_>>())
}

fn test_targets(metadata: &serde_json::Value) -> Vec<String> {
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let targets = list(&metadata["packages"]).into_iter().flat_map(|package| list(&package["targets"]));
    let tests = targets.filter(|target| target["kind"][0] == "test");
    let names = tests.filter_map(|target| target["name"].as_str().map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| !OWN_STEPS.contains(&name.as_str())).collect();
    names.sort();
    names.dedup(); // `--test name` runs the targets of that name in every crate
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integration_tests_of_the_crates_are_unit_tests_here() {
        let metadata = serde_json::json!({ "packages": [
            { "targets": [{ "kind": ["lib"], "name": "okrsync_jql" }, { "kind": ["test"], "name": "vectors" }] },
            { "targets": [{ "kind": ["test"], "name": "vectors" }, { "kind": ["test"], "name": "journeys" }] },
        ]});
        assert_eq!(test_targets(&metadata), ["vectors"]);
    }

    #[test]
    fn every_step_says_what_it_makes_sure_of() {
        for step in Step::value_variants() {
            assert!(!step.about().is_empty(), "{}", step.name());
        }
    }
}
