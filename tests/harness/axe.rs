//! The accessibility checker, and where pictures go. `cargo xtask` fetches the one and names the other.

use crate::{programs, requirement::Requirement};
use std::path::{Path, PathBuf};

const AXE: Requirement = Requirement {
    what: "axe-core",
    switch: "OKRSYNC_REQUIRE_AXE",
    packages: "npm, then run `cargo xtask test --only browser`",
};

/// The checker's script. `None` and a printed "skipped: …" where it was not fetched.
///
/// # Panics
/// Where there is none although `OKRSYNC_REQUIRE_AXE` is `1`.
pub fn script() -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/axe/node_modules/axe-core/axe.min.js");
    AXE.found_or_skipped(std::fs::read_to_string(path).ok())
}

/// The folder that pictures are to be written into, if any are wanted.
pub fn pictures() -> Option<PathBuf> {
    let folder = PathBuf::from(programs::variable("OKRSYNC_SCREENSHOTS")?);
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder)
}
