//! Agreement with Jira's grammar: Atlassian's own conformance vectors for JQL parsers (Apache-2.0, see
//! `vectors/LICENSE.md`), and texts that we generated and had judged by `@atlaskit/jql-parser` 3.0.1.

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
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let vectors = fs::read_dir(tests.join("vectors")).expect("the folder is in the repository");
    let files = vectors.filter_map(|entry| Some(entry.ok()?.path())).chain([tests.join("generated.json")]);
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: &Path| {
        let text = fs::read_to_string(path).expect("a vector file is readable");
        serde_json::from_str(&text).expect("a vector file is JSON of two lists")
    };
    let mut vectors: Vec<_> = json.map(|path| (path.display().to_string(), read(&path))).collect();
    vectors.sort_by(|(one, _), (other, _)| one.cmp(other));
    vectors
}

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
    assert!(seen >= 780, "only {seen} vectors were found");
}

#[test]
fn invalid_queries_are_refused_with_a_place() {
    let mut seen = 0;
    for (file, vectors) in vectors() {
        for text in &vectors.invalid {
            let Err(errors) = parse(text) else { panic!("{file}: {text} was accepted") };
            let span = errors[0].span;
            assert!(span.start <= span.end && span.end <= text.chars().count(), "{file}: {text}: {span:?}");
            assert!(!errors[0].message.is_empty());
            seen += 1;
        }
    }
    assert!(seen >= 980, "only {seen} vectors were found");
}

/// Where we refuse what Jira's grammar accepts, each with a reason. There is nothing that only we accept.
const DISAGREEMENTS: [(&str, &str); 3] = [
    (r"x = \ud83d", "half of a UTF-16 pair is no character, so that no value of Jira can hold it"),
    ("cf[99999999999999999999] = 1", "no site numbers its fields so high"),
    ("((…x = 1…))", "more than 100 levels could exhaust the stack"),
];

#[test]
fn disagreements_are_as_listed() {
    for (text, reason) in DISAGREEMENTS {
        let text = text.replace("((…", &"(".repeat(101)).replace("…))", &")".repeat(101));
        assert!(parse(&text).is_err(), "{text} is accepted now; it was refused because {reason}");
    }
}
