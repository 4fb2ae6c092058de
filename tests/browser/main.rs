//! Stories in a real browser.

mod board;
mod connect;
mod connections;
mod morning;
mod oauth;
mod okrs;
mod pages;
mod people;
mod sheet;
mod size;
mod story;

use okrsync_tests::browser::Browser;
use thirtyfour::prelude::*;

/// No server and no page of ours: if this fails, the browser is the trouble.
#[tokio::test]
async fn the_browser_runs_scripts_and_waits_for_what_they_do() -> anyhow::Result<()> {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let script = "setTimeout(()=>document.querySelector('p').textContent='clicked',200)";
    browser.goto(format!("data:text/html,<p>waiting</p><button onclick=\"{script}\">Go</button>")).await?;
    browser.find(By::Tag("button")).await?.click().await?;
    browser.query(By::Tag("p")).with_text("clicked").first().await?;
    browser.close().await
}
