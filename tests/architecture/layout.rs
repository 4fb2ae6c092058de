//! Rules about the repository as a whole.

use crate::tree::Source;

/// The top level, besides what begins with a dot. `target` is cargo's, and git does not know it.
const TOP: [&str; 8] = ["Cargo.lock", "Cargo.toml", "README.md", "config", "crates", "migrations", "target", "tests"];

// in two parts, so that these lines do not convict themselves
const ONE_MACHINE: &str = concat!("/wo", "rk/");
const NEIGHBOUR: &str = concat!("../sh", "ared");

/// Crates that do not take part in the workspace's lints; the fuzz targets are no part of the workspace.
pub(crate) fn without_lints(sources: &[Source]) -> Vec<String> {
    let manifests = sources.iter().filter(|source| source.path.ends_with("Cargo.toml") && source.path != "Cargo.toml");
    let members = manifests.filter(|source| !source.path.contains("/fuzz/"));
    let lax = members.filter(|source| !source.text.contains("[lints]\nworkspace = true"));
    lax.map(|source| format!("{}: lacks `[lints] workspace = true`", source.path)).collect()
}

/// Paths of one machine, and paths beside the repository except in tests that are skipped where it has no neighbour.
pub(crate) fn outside_places(sources: &[Source]) -> Vec<String> {
    let is_skipping_test = |source: &Source| source.is_rust() && source.text.contains("skipped");
    let is_wrong = |source: &Source, line: &str| {
        line.contains(ONE_MACHINE) || line.contains(NEIGHBOUR) && !is_skipping_test(source)
    };
    let lines = sources
        .iter()
        .flat_map(|source| source.text.lines().enumerate().map(move |(index, line)| (source, index, line)));
    let wrong = lines.filter(|(source, _, line)| is_wrong(source, line));
    wrong
        .map(|(source, index, _)| format!("{}:{}: names a place outside the repository", source.path, index + 1))
        .collect()
}

/// Names at the top level that have a better place further down.
pub(crate) fn unexpected_at_top(names: &[String]) -> Vec<String> {
    let unexpected = names.iter().filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str()));
    unexpected.map(|name| format!("{name}: does not belong at the top level")).collect()
}

/// Crates that README's table does not name.
pub(crate) fn untold_crates(readme: &str, crates: &[String]) -> Vec<String> {
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with('|')).collect();
    let is_told = |name: &str| rows.iter().any(|row| row.split('|').nth(1).is_some_and(|cell| names(cell, name)));
    let untold = crates.iter().filter(|name| !is_told(name));
    untold.map(|name| format!("README.md: no row of a table is about `{name}`")).collect()
}

/// Whether a cell is about a crate: `name` as code or as the text of a link, with or without a slash.
fn names(cell: &str, name: &str) -> bool {
    cell.split(['`', '[', ']', ' ']).any(|word| word.trim_end_matches('/') == name)
}

/// Links to files that are not there.
pub(crate) fn dead_links(readme: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let targets = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let paths = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    let paths = paths.map(|target| target.split('#').next().unwrap_or(target));
    paths.filter(|path| !exists(path)).map(|path| format!("README.md: links to {path}, which is not there")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_lints_is_found() {
        let lax = Source::sample("crates/a/Cargo.toml", "[package]\nname = \"a\"\n");
        let strict = Source::sample("crates/b/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n");
        let fuzz = Source::sample("crates/b/fuzz/Cargo.toml", "[package]\n");
        assert_eq!(without_lints(&[lax, strict, fuzz]), ["crates/a/Cargo.toml: lacks `[lints] workspace = true`"]);
    }

    #[test]
    fn places_outside_are_found() {
        let sample = |path: &str, place: &str, rest: &str| [Source::sample(path, &format!("first\n{place}{rest}"))];
        let count = |path, place, rest| outside_places(&sample(path, place, rest)).len();
        assert_eq!(
            outside_places(&sample("a.toml", ONE_MACHINE, "x")),
            ["a.toml:2: names a place outside the repository"]
        );
        assert_eq!(count("a.md", NEIGHBOUR, "/x"), 1);
        assert_eq!(count("a.rs", NEIGHBOUR, "/x"), 1);
        assert_eq!(count("a.rs", NEIGHBOUR, "/x\nprintln!(\"skipped: no such file\")"), 0);
        assert_eq!(count("a.rs", ONE_MACHINE, "x\nskipped"), 1);
        assert_eq!(count("a.rs", "/work-sessions", ""), 0);
    }

    #[test]
    fn a_stray_file_at_the_top_is_found() {
        let names = ["notes.txt", ".ci", "Cargo.toml"].map(str::to_owned);
        assert_eq!(unexpected_at_top(&names), ["notes.txt: does not belong at the top level"]);
    }

    #[test]
    fn a_crate_without_its_row_is_found() {
        let readme = "about `store`\n| crate | what |\n|---|---|\n| [`domain`](crates/domain) | words |\n| `tests/` | uses store |\n";
        let crates = ["domain", "store", "tests"].map(str::to_owned);
        assert_eq!(untold_crates(readme, &crates), ["README.md: no row of a table is about `store`"]);
    }

    #[test]
    fn a_dead_link_is_found() {
        let readme = "[a](crates/a) [b](https://x.example/y) [c](#words) [d](docs/d.md#top) [e](config/e.toml)";
        let exists = |path: &str| ["crates/a", "docs/d.md"].contains(&path);
        assert_eq!(dead_links(readme, exists), ["README.md: links to config/e.toml, which is not there"]);
    }
}
