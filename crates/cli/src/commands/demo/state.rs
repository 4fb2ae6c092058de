//! What a demo remembers between runs.

use anyhow::{Context, bail};
use okrsync_domain::Date;
use okrsync_server::App;
use serde::{Deserialize, Serialize};
use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

/// Where the simulated sites are looked for first; four ports from there.
const FIRST_PORT: u16 = 18_180;
/// How many blocks of four ports are tried.
const BLOCKS: u16 = 20;
/// Ports of one demo.
const SITES: u16 = 4;

/// What a demo remembers between runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) seed: u64,
    /// The day on which the board stands as it was written.
    pub(super) first_day: Date,
    /// Things that the simulated people have done since.
    pub(super) steps: u64,
    /// The first of four ports.
    pub(super) first_port: u16,
    pub(super) password: String,
    pub(super) api_token: String,
}

impl State {
    /// The state of the last run, or a new one and true.
    pub(super) fn load_or_make(folder: &Path, app: &App) -> anyhow::Result<(Self, bool)> {
        let file = folder.join("demo.json");
        if file.exists() {
            let text = std::fs::read_to_string(&file)?;
            let state = serde_json::from_str(&text)
                .with_context(|| format!("{} is damaged: start anew with --fresh", file.display()))?;
            return Ok((state, false));
        }
        let made = Self {
            seed: 7,
            first_day: app.clock().now().date_naive(),
            steps: 0,
            first_port: free_block()?,
            password: "welcome-to-okrsync".to_owned(),
            api_token: String::new(),
        };
        Ok((made, true))
    }

    /// Writes it beside the database, in one step, so that an interrupted write leaves the old state.
    pub(super) fn save(&self, folder: &Path) -> anyhow::Result<()> {
        let (new, file) = (folder.join("demo.json.new"), folder.join("demo.json"));
        std::fs::write(&new, serde_json::to_string_pretty(self)?)?;
        std::fs::rename(new, file)?;
        Ok(())
    }
}

/// The first block of ports that nobody listens on.
fn free_block() -> anyhow::Result<u16> {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let blocks = (0..BLOCKS).map(|block| FIRST_PORT + block * SITES);
    match blocks.into_iter().find(|first| (*first..first + SITES).all(is_free)) {
        Some(first) => Ok(first),
        None => bail!("no four ports in a row are free from {FIRST_PORT} on for the simulated Jira sites"),
    }
}
