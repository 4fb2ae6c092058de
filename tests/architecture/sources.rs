//! Rules about Rust files.

use crate::tree::Source;

/// Longer files are split by noun.
const LONGEST: usize = 400;

const PURE: [&str; 3] = ["crates/domain/src/", "crates/jql/src/", "crates/metrics/src/"];
const IO: [&str; 7] = ["std::env", "std::fs", "std::net", "std::process", "std::thread", "async fn", "async move"];

// in two parts, so that these lines do not convict themselves
const SLEEPS: [&str; 3] = [concat!("::", "sleep("), concat!(" sle", "ep("), concat!("sleep_", "until(")];
const IGNORE: &str = concat!("#[", "ignore]");
const SQL: [&str; 7] = [
    concat!("\"SEL", "ECT "),
    concat!("INSERT ", "INTO "),
    concat!("DELETE ", "FROM "),
    concat!("\"UP", "DATE "),
    concat!("CREATE ", "TABLE "),
    concat!("ALTER ", "TABLE "),
    concat!("diesel", "::"),
];

/// The one place where the tests wait for a state with a deadline.
const HOME_OF_SLEEP: &str = "tests/harness/wait.rs";

/// Files that nobody reads to the end.
pub(crate) fn too_long(sources: &[Source]) -> Vec<String> {
    let lines = |source: &Source| source.text.lines().count();
    let long = sources.iter().filter(|source| lines(source) > LONGEST);
    long.map(|source| format!("{}: {} lines, {LONGEST} are allowed", source.path, lines(source))).collect()
}

/// Files that do not say whose room they are.
pub(crate) fn without_module_doc(sources: &[Source]) -> Vec<String> {
    let silent = sources.iter().filter(|source| !source.text.starts_with("//! "));
    silent.map(|source| format!("{}: its first line is no `//! …`", source.path)).collect()
}

/// I/O and async in the pure crates, their tests apart.
pub(crate) fn impure(sources: &[Source]) -> Vec<String> {
    let pure = sources.iter().filter(|source| PURE.iter().any(|folder| source.path.starts_with(folder)));
    pure.flat_map(|source| complain(source, 1..source.first_test_line(), &IO, "in a pure crate")).collect()
}

/// SQL and diesel in other crates than the store.
pub(crate) fn sql_outside_store(sources: &[Source]) -> Vec<String> {
    let others = sources.iter().filter(|source| !source.path.starts_with("crates/store/"));
    others.flat_map(|source| complain(source, 1..usize::MAX, &SQL, "outside the store")).collect()
}

/// Tests that are switched off without a word.
pub(crate) fn ignored_without_reason(sources: &[Source]) -> Vec<String> {
    sources.iter().flat_map(|source| complain(source, 1..usize::MAX, &[IGNORE], "without a reason")).collect()
}

/// Tests that wait for time to pass, not for a state.
pub(crate) fn sleeping_tests(sources: &[Source]) -> Vec<String> {
    let others = sources.iter().filter(|source| source.path != HOME_OF_SLEEP);
    others
        .flat_map(|source| {
            let first = if source.is_test() { 1 } else { source.first_test_line() };
            complain(source, first..usize::MAX, &SLEEPS, "in a test: wait for a state with a deadline")
        })
        .collect()
}

fn complain(source: &Source, lines: std::ops::Range<usize>, needles: &[&str], why: &str) -> Vec<String> {
    let hit = |code: &str| needles.iter().find(|needle| code.contains(**needle)).copied();
    let hits = source
        .code()
        .filter(|(number, _)| lines.contains(number))
        .filter_map(|(number, code)| Some((number, hit(code)?)));
    hits.map(|(number, needle)| format!("{}:{number}: `{}` {why}", source.path, needle.trim_matches(['"', ' '])))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(path: &str, text: &str) -> [Source; 1] {
        [Source::sample(path, text)]
    }

    #[test]
    fn line_401_is_one_too_many() {
        assert_eq!(too_long(&sample("a.rs", &"x\n".repeat(400))).len(), 0);
        assert_eq!(too_long(&sample("a.rs", &"x\n".repeat(401))), ["a.rs: 401 lines, 400 are allowed"]);
    }

    #[test]
    fn the_first_line_must_speak() {
        assert_eq!(without_module_doc(&sample("a.rs", "//! The room of a.\n")).len(), 0);
        for text in ["use std::fmt;\n//! Late.", "// no doc", "//!\n//! Late", ""] {
            assert_eq!(without_module_doc(&sample("a.rs", text)).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_pure_crate_that_reads_files_is_found() {
        let text = "use std::fs; // std::net\npub async fn f() {}\n#[cfg(test)]\nuse std::env;";
        assert_eq!(
            impure(&sample("crates/jql/src/a.rs", text)),
            ["crates/jql/src/a.rs:1: `std::fs` in a pure crate", "crates/jql/src/a.rs:2: `async fn` in a pure crate"]
        );
        assert_eq!(impure(&sample("crates/server/src/a.rs", text)).len(), 0);
    }

    #[test]
    fn sql_in_a_page_is_found() {
        for text in SQL.map(|needle| format!("f({needle}\")")) {
            assert_eq!(sql_outside_store(&sample("crates/server/src/page.rs", &text)).len(), 1, "{text}");
            assert_eq!(sql_outside_store(&sample("crates/store/src/okrs.rs", &text)).len(), 0, "{text}");
        }
        assert_eq!(sql_outside_store(&sample("tests/journeys/a.rs", "// SELECT 1, by diesel")).len(), 0);
    }

    #[test]
    fn a_test_switched_off_without_a_word_is_found() {
        let text = format!("{IGNORE}\nfn a() {{}}\n#[ignore = \"needs a site\"]");
        assert_eq!(ignored_without_reason(&sample("a.rs", &text)), [format!("a.rs:1: `{IGNORE}` without a reason")]);
    }

    #[test]
    fn a_sleeping_test_is_found() {
        let text = format!("tokio::time{}d)\n#[cfg(test)]\nlet a ={}d)", SLEEPS[0], SLEEPS[1]);
        let lines = |path| {
            sleeping_tests(&sample(path, &text))
                .iter()
                .map(|line| line[..path.len() + 2].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(lines("crates/a/src/b.rs"), ["crates/a/src/b.rs:3"]);
        assert_eq!(lines("tests/journeys/b.rs"), ["tests/journeys/b.rs:1", "tests/journeys/b.rs:3"]);
        assert_eq!(lines("crates/a/tests/b.rs").len(), 2);
        assert_eq!(lines(HOME_OF_SLEEP).len(), 0);
    }
}
