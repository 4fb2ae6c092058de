//! Finding the programs that the tests start. `xtask` compiles this file too, so that its list of prerequisites and the
//! tests can never disagree.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Where Debian keeps PostgreSQL's server programs: outside `PATH`, a folder a version.
const POSTGRES_VERSIONS: &str = "/usr/lib/postgresql";

/// The program of that name in `PATH`.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    search_path().into_iter().map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The folder with PostgreSQL's `initdb`, `postgres` and `createdb`: `PG_BIN`, else in `PATH`, else the newest that Debian has.
pub(crate) fn find_postgres() -> Option<PathBuf> {
    let chosen = variable("PG_BIN").map(PathBuf::from);
    let folders = chosen.into_iter().chain(search_path()).chain(debian_versions());
    folders.into_iter().find(|folder| ["initdb", "postgres", "createdb"].iter().all(|name| folder.join(name).is_file()))
}

/// Whether this process may install packages, and must step down before it starts PostgreSQL.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// An environment variable, where it is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "the tools' own switches (PATH, PG_BIN, CI, OKRSYNC_REQUIRE_…) are no settings of the product"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn search_path() -> Vec<PathBuf> {
    std::env::split_paths(&variable("PATH").unwrap_or_default()).collect()
}

fn debian_versions() -> Vec<PathBuf> {
    let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let entries = std::fs::read_dir(POSTGRES_VERSIONS).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders.into_iter().map(|folder| folder.join("bin")).collect()
}
