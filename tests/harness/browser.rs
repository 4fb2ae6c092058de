//! A real browser: headless Chromium with an empty profile, driven over WebDriver.

use crate::{guarded::Guarded, programs, requirement::Requirement, wait};
use anyhow::Context;
use std::{
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use thirtyfour::{
    ChromiumLikeCapabilities, DesiredCapabilities, WebDriver, extensions::query::ElementPollerWithTimeout,
};

const CHROMIUM: Requirement = Requirement {
    what: "Chromium and its driver",
    switch: "OKRSYNC_REQUIRE_BROWSER",
    packages: "chromium chromium-driver fonts-dejavu-core",
};

/// No window, no sandbox (root in a container has none), and nothing that speaks to an outside host of its own accord.
const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--window-size=1200,800",
];

/// How long a query waits for its element, and between two looks.
const DEADLINE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(50);

/// A browser of its own for one test: everything of [`WebDriver`] (`goto`, `query`, `find`, `screenshot` …), whose queries
/// wait 15 seconds for what they look for. It ends with this value, or with the test process.
#[derive(Debug)]
pub struct Browser {
    driver: WebDriver, // dropped first: it says goodbye to the process below
    _chromedriver: Guarded,
}

impl Browser {
    /// Starts a browser with an empty profile. `None` and a printed "skipped: …" on a machine without one.
    ///
    /// # Panics
    /// Where there is none although `OKRSYNC_REQUIRE_BROWSER` is `1`.
    pub async fn start() -> anyhow::Result<Option<Self>> {
        match CHROMIUM.found_or_skipped(find_programs()) {
            Some((chromium, chromedriver)) => Self::start_from(&chromium, &chromedriver).await.map(Some),
            None => Ok(None),
        }
    }

    /// Ends the session in good order. Dropping does the same, but blocks its thread meanwhile.
    pub async fn close(self) -> anyhow::Result<()> {
        Ok(self.driver.clone().quit().await?)
    }

    async fn start_from(chromium: &Path, chromedriver: &Path) -> anyhow::Result<Self> {
        crate::install_crypto();
        let folder = tempfile::Builder::new().prefix("okrsync-browser-").tempdir()?;
        let capabilities = capabilities(chromium, &folder.path().join("profile"))?;
        let chromedriver = Guarded::start("KILL", folder, chromedriver, ["--port=0"])?;
        let look = async || find_port(&chromedriver.log());
        let port = wait::until("chromedriver's start", DEADLINE, look).await.with_context(|| chromedriver.log())?;
        let poller = Arc::new(ElementPollerWithTimeout::new(DEADLINE, PAUSE));
        let driver = WebDriver::builder(format!("http://127.0.0.1:{port}"), capabilities).poller(poller).await?;
        Ok(Self { driver, _chromedriver: chromedriver })
    }
}

impl Deref for Browser {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.driver
    }
}

fn find_programs() -> Option<(PathBuf, PathBuf)> {
    programs::find("chromium").zip(programs::find("chromedriver"))
}

fn capabilities(chromium: &Path, profile: &Path) -> anyhow::Result<thirtyfour::ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary(chromium.to_str().context("a path in UTF-8")?)?;
    for flag in FLAGS {
        capabilities.add_arg(flag)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    Ok(capabilities)
}

/// The port that the driver chose, from what it prints once it listens.
fn find_port(log: &str) -> Option<u16> {
    let (_, rest) = log.split_once("started successfully on port ")?;
    rest.split_once('.')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_when_the_line_is_complete() {
        assert_eq!(find_port("Starting\nChromeDriver was started successfully on port 45123.\n"), Some(45123));
        assert_eq!(find_port("ChromeDriver was started successfully on port 451"), None);
    }
}
