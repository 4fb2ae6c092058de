//! What the tests need from the machine: found, or installed where that is possible, or named for the reader to install.

use crate::{
    command::{cargo, program, root, run, succeeds},
    programs,
};
use anyhow::bail;
use std::path::Path;

/// Something of the operating system's.
struct Need {
    what: &'static str,
    is_here: fn() -> bool,
    /// Debian's names.
    packages: &'static [&'static str],
}

const NEEDS: [Need; 4] = [
    Need {
        what: "PostgreSQL's server programs",
        is_here: || programs::find_postgres().is_some(),
        packages: &["postgresql"],
    },
    Need {
        what: "Chromium and its driver",
        is_here: has_browser,
        packages: &["chromium", "chromium-driver", "fonts-dejavu-core"],
    },
    Need {
        what: "certificates of the public authorities",
        is_here: || Path::new("/etc/ssl/certs/ca-certificates.crt").is_file(),
        packages: &["ca-certificates"],
    },
    Need {
        what: "a C compiler (SQLite is compiled in)",
        is_here: || programs::find("cc").is_some(),
        packages: &["gcc", "libc6-dev"],
    },
];

/// Cargo's extra commands, with the version that is installed where there is none.
const CARGO_COMMANDS: [(&str, &str); 2] = [("deny", "0.20.2"), ("machete", "0.9.2")];

/// Whether a browser can be driven.
pub(crate) fn has_browser() -> bool {
    programs::find("chromium").is_some() && programs::find("chromedriver").is_some()
}

/// The accessibility checker that the browser tests run on every page; an npm package, and used nowhere else.
const AXE: &str = "axe-core@4.14.1";

/// Whether the accessibility checker was fetched.
pub(crate) fn has_axe() -> bool {
    root().join("target/axe/node_modules/axe-core/axe.min.js").is_file()
}

/// Fetches the accessibility checker into `target`, where npm is; elsewhere its tests say that they are skipped.
pub(crate) fn fetch_axe() -> anyhow::Result<()> {
    if has_axe() || programs::find("npm").is_none() {
        return Ok(());
    }
    let folder = root().join("target/axe");
    std::fs::create_dir_all(&folder)?;
    let options = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
    run(program("npm", &options).arg(&folder).arg(AXE))
}

/// Sees to it that everything is here, or says what to install: all of it, not just the first.
pub(crate) fn ensure() -> anyhow::Result<()> {
    let cargo_commands = CARGO_COMMANDS.iter().map(|(name, version)| ensure_cargo_command(name, version));
    let results = [ensure_toolchain(), ensure_programs()].into_iter().chain(cargo_commands);
    let failures: Vec<String> = results.filter_map(|result| result.err().map(|error| format!("{error:#}"))).collect();
    anyhow::ensure!(failures.is_empty(), "{}", failures.join("; "));
    Ok(())
}

fn ensure_toolchain() -> anyhow::Result<()> {
    for (component, name) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if !succeeds(&mut program("cargo", &[name, "--version"])) {
            bail!("`cargo {name}` is missing: rustup component add {component}");
        }
    }
    Ok(())
}

fn ensure_programs() -> anyhow::Result<()> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.is_here)()).collect();
    for need in &NEEDS {
        println!("{}: {}", need.what, if (need.is_here)() { "found" } else { "missing" });
    }
    if missing.is_empty() {
        return Ok(());
    }
    if !programs::is_root() || programs::find("apt-get").is_none() {
        bail!("{}", how_to_install(&missing));
    }
    install(&missing)
}

fn how_to_install(missing: &[&Need]) -> String {
    let what: Vec<&str> = missing.iter().map(|need| need.what).collect();
    let what = what.join(", ");
    format!(
        "missing: {what}. On Debian, as root: apt-get install --no-install-recommends {}",
        packages(missing).join(" ")
    )
}

fn packages(missing: &[&Need]) -> Vec<&'static str> {
    missing.iter().flat_map(|need| need.packages).copied().collect()
}

fn install(missing: &[&Need]) -> anyhow::Result<()> {
    run(&mut program("apt-get", &["update", "--quiet"]))?;
    let mut command = program("apt-get", &["install", "--quiet", "--yes", "--no-install-recommends"]);
    run(command.args(packages(missing)).env("DEBIAN_FRONTEND", "noninteractive"))?;
    match missing.iter().find(|need| !(need.is_here)()) {
        Some(need) => bail!("{} still missing after installing {}", need.what, need.packages.join(" ")),
        None => Ok(()),
    }
}

fn ensure_cargo_command(name: &str, version: &str) -> anyhow::Result<()> {
    if succeeds(&mut program("cargo", &[name, "--version"])) {
        println!("cargo {name}: found");
        return Ok(());
    }
    println!("cargo {name}: missing");
    cargo(&["install", "--locked", &format!("cargo-{name}@{version}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_packages() {
        let text = how_to_install(&[&NEEDS[0], &NEEDS[3]]);
        assert!(text.contains("PostgreSQL's server programs, a C compiler"), "{text}");
        assert!(text.ends_with("--no-install-recommends postgresql gcc libc6-dev"), "{text}");
    }
}
