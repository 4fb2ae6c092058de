//! What is on the disk: the repository's own files, without what git and cargo keep.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A text file of the repository.
pub(crate) struct Source {
    /// From the top, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// A made-up file, for the samples.
    pub(crate) fn sample(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Line number and code of each line, without line comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines.map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
    }

    /// The first line of the unit tests in this file.
    pub(crate) fn first_test_line(&self) -> usize {
        self.code().find(|(_, code)| code.trim() == "#[cfg(test)]").map_or(usize::MAX, |(number, _)| number)
    }

    /// Whether it is a file of Rust.
    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    /// Whether the whole file is test code.
    pub(crate) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/")
    }
}

/// Every text file; what is built, fetched or kept by git is left out.
pub(crate) fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root(), &mut paths);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).ok()?; // what is not text has no lines to judge
        Some(Source { path: path.strip_prefix(root()).ok()?.to_str()?.to_owned(), text })
    };
    let sources: Vec<Source> = paths.into_iter().filter_map(read).collect();
    assert!(sources.len() > 50, "the walk finds the repository's files, not {}", sources.len());
    sources
}

/// The names at the top level.
pub(crate) fn top_level() -> Vec<String> {
    let entries = fs::read_dir(root()).expect("the repository is there").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// A file that must be there.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Whether a path from the top exists.
pub(crate) fn exists(path: &str) -> bool {
    root().join(path).exists()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository").to_owned()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        // a folder, or in a linked work tree a file that points elsewhere
        if name == ".git" {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && name != "target" => collect(&entry.path(), paths),
            Ok(kind) if kind.is_file() => paths.push(entry.path()),
            _ => {}
        }
    }
}

#[test]
fn comments_are_no_code() {
    let source = Source::sample("a.rs", "one // two\n#[cfg(test)]\n");
    assert_eq!(source.code().collect::<Vec<_>>(), [(1, "one "), (2, "#[cfg(test)]")]);
    assert_eq!(source.first_test_line(), 2);
}
