//! Rules about who depends on whom.

use serde_json::Value;
use std::process::Command;

/// Each crate, and the crates of the workspace that it may use.
const MAY_USE: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("jql", &["domain"]),
    ("metrics", &["domain"]),
    ("connections", &["domain"]),
    ("store", &["domain"]),
    ("scheduler", &["domain", "jql", "metrics", "connections", "store"]),
    ("server", &["domain", "jql", "metrics", "connections", "store", "scheduler"]),
    ("jira-sim", &["jql"]),
    ("cli", &["domain", "jql", "metrics", "connections", "store", "scheduler", "server", "jira-sim"]),
    ("tests", &["domain", "jql", "metrics", "connections", "store", "scheduler", "server", "jira-sim", "cli"]),
    ("xtask", &[]),
];

/// For their tests, crates that do I/O may also use these.
const TEST_AIDS: [&str; 2] = ["jira-sim", "tests"];

const PURE: [&str; 3] = ["domain", "jql", "metrics"];

/// What a pure crate may use: none of these opens a file, a socket or a thread.
const PURE_DEPENDENCIES: [&str; 13] = [
    "chrono",
    "chrono-tz",
    "num-bigint",
    "num-integer",
    "num-rational",
    "num-traits",
    "rand",
    "rand_xoshiro",
    "rust_decimal",
    "serde",
    "serde_json",
    "thiserror",
    "ulid",
];

/// What only the tests and benches of a pure crate may use.
const PURE_TEST_AIDS: [&str; 3] = ["criterion", "insta", "proptest"];

/// What speaks to a database.
const SQL: [&str; 6] = ["diesel", "diesel-async", "diesel_migrations", "libsqlite3-sys", "tokio-postgres", "deadpool"];

/// A crate of the workspace.
pub(crate) struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    is_dev: bool,
}

impl Package {
    /// All of the workspace, as cargo sees them.
    pub(crate) fn all() -> Vec<Self> {
        let mut command = Command::new(env!("CARGO"));
        command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
        let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
        list(&metadata["packages"]).map(Self::from_metadata).collect()
    }

    /// The folder's name, which is the package's without its family name.
    pub(crate) fn folder(&self) -> String {
        short(&self.name).to_owned()
    }

    fn from_metadata(package: &Value) -> Self {
        let dependency = |value: &Value| Dependency { name: text(&value["name"]), is_dev: value["kind"] == "dev" };
        Self { name: text(&package["name"]), dependencies: list(&package["dependencies"]).map(dependency).collect() }
    }

    fn is_pure(&self) -> bool {
        PURE.contains(&short(&self.name))
    }
}

/// Arrows that point up or sideways, and crates that nobody has drawn.
pub(crate) fn wrong_arrows(packages: &[Package]) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in packages {
        let Some((_, may_use)) = MAY_USE.iter().find(|(name, _)| *name == short(&package.name)) else {
            complaints.push(format!("{}: not in the table of crates", package.name));
            continue;
        };
        let is_aid = |dependency: &Dependency| {
            dependency.is_dev && !package.is_pure() && TEST_AIDS.contains(&short(&dependency.name))
        };
        let ours = package.dependencies.iter().filter(|dependency| dependency.name.starts_with("okrsync-"));
        let wrong = ours.filter(|dependency| !may_use.contains(&short(&dependency.name)) && !is_aid(dependency));
        complaints.extend(wrong.map(|dependency| format!("{} may not use {}", package.name, dependency.name)));
    }
    complaints
}

/// Dependencies of a pure crate that are not known to be pure.
pub(crate) fn impure_dependencies(packages: &[Package]) -> Vec<String> {
    let is_pure = |dependency: &Dependency| {
        let name = dependency.name.as_str();
        name.starts_with("okrsync-")
            || PURE_DEPENDENCIES.contains(&name)
            || dependency.is_dev && PURE_TEST_AIDS.contains(&name)
    };
    complain(
        packages.iter().filter(|package| package.is_pure()),
        |dependency| !is_pure(dependency),
        "is not known to be pure",
    )
}

/// Database libraries in other crates than the store.
pub(crate) fn sql_outside_store(packages: &[Package]) -> Vec<String> {
    let others = packages.iter().filter(|package| short(&package.name) != "store");
    complain(others, |dependency| SQL.contains(&dependency.name.as_str()), "is for the store alone")
}

fn complain<'a>(
    packages: impl Iterator<Item = &'a Package>,
    is_wrong: impl Fn(&Dependency) -> bool,
    why: &str,
) -> Vec<String> {
    let pairs = packages.flat_map(|package| package.dependencies.iter().map(move |dependency| (package, dependency)));
    let wrong = pairs.filter(|(_, dependency)| is_wrong(dependency));
    wrong.map(|(package, dependency)| format!("{} uses {}, which {why}", package.name, dependency.name)).collect()
}

fn short(name: &str) -> &str {
    name.strip_prefix("okrsync-").unwrap_or(name)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A crate as cargo tells of it, with its dependencies and its dependencies for tests.
    fn package(name: &str, normal: &[&str], dev: &[&str]) -> [Package; 1] {
        let normal = normal.iter().map(|name| json!({ "name": name, "kind": null }));
        let dev = dev.iter().map(|name| json!({ "name": name, "kind": "dev" }));
        let dependencies: Vec<Value> = normal.chain(dev).collect();
        [Package::from_metadata(&json!({ "name": name, "dependencies": dependencies }))]
    }

    #[test]
    fn arrows_up_and_sideways_are_wrong() {
        let wrong = |name, normal: &[&str], dev: &[&str]| wrong_arrows(&package(name, normal, dev));
        assert_eq!(wrong("okrsync-store", &["okrsync-server"], &[]), ["okrsync-store may not use okrsync-server"]);
        assert_eq!(wrong("okrsync-jql", &["okrsync-metrics"], &[]), ["okrsync-jql may not use okrsync-metrics"]);
        assert_eq!(wrong("okrsync-jql", &[], &["okrsync-jira-sim"]), ["okrsync-jql may not use okrsync-jira-sim"]);
        assert_eq!(wrong("okrsync-scheduler", &["okrsync-jira-sim"], &[]).len(), 1);
        assert_eq!(wrong("okrsync-scheduler", &["okrsync-store", "serde"], &["okrsync-jira-sim"]).len(), 0);
        assert_eq!(wrong("okrsync-utils", &[], &[]), ["okrsync-utils: not in the table of crates"]);
    }

    #[test]
    fn a_pure_crate_with_a_runtime_is_wrong() {
        let wrong = |name, normal: &[&str], dev: &[&str]| impure_dependencies(&package(name, normal, dev)).len();
        assert_eq!(wrong("okrsync-metrics", &["okrsync-domain", "chrono"], &["proptest"]), 0);
        assert_eq!(wrong("okrsync-metrics", &["tokio", "proptest"], &["reqwest"]), 3);
        assert_eq!(wrong("okrsync-server", &["tokio"], &[]), 0);
    }

    #[test]
    fn diesel_in_the_server_is_wrong() {
        let complaints = sql_outside_store(&package("okrsync-server", &["diesel"], &["tokio-postgres"]));
        assert_eq!(complaints[0], "okrsync-server uses diesel, which is for the store alone");
        assert_eq!(complaints.len(), 2);
        assert_eq!(sql_outside_store(&package("okrsync-store", &["diesel"], &[])).len(), 0);
    }
}
