//! Atlassian's own conformance vectors for JQL parsers (Apache-2.0, see `vectors/LICENSE.md`).

use okrsync_jql::parse;
use serde::Deserialize;
use std::{fs, path::Path};

#[derive(Deserialize)]
struct Vectors {
    valid: Vec<String>,
    invalid: Vec<String>,
}

/// All vectors with the name of their file.
fn vectors() -> Vec<(String, Vectors)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let files =
        fs::read_dir(folder).expect("the folder is in the repository").filter_map(|entry| Some(entry.ok()?.path()));
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: &Path| {
        let text = fs::read_to_string(path).expect("a vector file is readable");
        serde_json::from_str(&text).expect("a vector file is JSON of two lists")
    };
    let mut vectors: Vec<_> = json.map(|path| (path.display().to_string(), read(&path))).collect();
    vectors.sort_by(|(one, _), (other, _)| one.cmp(other));
    vectors
}

/// Vectors where we differ from Jira's grammar, each with a reason.
const DISAGREEMENTS: [(&str, &str); 0] = [];

#[test]
fn valid_queries_parse_and_print_to_the_same_tree() {
    let mut seen = 0;
    for (file, vectors) in vectors() {
        for text in vectors.valid {
            let query = parse(&text).unwrap_or_else(|errors| panic!("{file}: {text}: {errors:?}"));
            let printed = query.canonical();
            assert_eq!(parse(&printed).as_ref(), Ok(&query), "{file}: {text} printed as {printed}");
            seen += 1;
        }
    }
    assert!(seen >= 180, "only {seen} vectors were found");
}

#[test]
fn invalid_queries_are_refused_with_a_place() {
    let mut seen = 0;
    for (file, vectors) in vectors() {
        for text in vectors.invalid.iter().filter(|text| !DISAGREEMENTS.iter().any(|(known, _)| known == text)) {
            let Err(errors) = parse(text) else { panic!("{file}: {text} was accepted") };
            let span = errors[0].span;
            assert!(span.start <= span.end && span.end <= text.chars().count(), "{file}: {text}: {span:?}");
            assert!(!errors[0].message.is_empty());
            seen += 1;
        }
    }
    assert!(seen >= 380, "only {seen} vectors were found");
}
