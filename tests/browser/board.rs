//! The board in a real browser: signing in, reading a row, pressing its refresh button.

use anyhow::Context;
use okrsync_jira_sim::{Dialect, IssueDraft};
use okrsync_tests::{
    app::TestApp,
    browser::Browser,
    databases::{Backend, TestDatabase},
};
use serde_json::json;
use thirtyfour::prelude::*;

/// An owner signs in, sees where a key result stands, and refreshes it without leaving the page.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_reads_and_refreshes_the_board() -> anyhow::Result<()> {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let database = TestDatabase::fresh(Backend::Sqlite).context("SQLite is always there")?;
    let app = TestApp::start(&database).await;
    let site = app.jira(Dialect::Cloud).await;
    site.add_project("AE", "Arm engineering")?;
    for status in ["Done", "To Do", "To Do", "To Do"] {
        site.create(IssueDraft::new("AE", "Story").status(status))?;
    }
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({"title": "Deliver staged updates"})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;

    browser.goto(format!("{}/", app.base)).await?;
    browser.query(By::Name("email")).first().await?.send_keys("admin@northwind.example").await?;
    let password = browser.find(By::Name("password")).await?;
    password.send_keys("correct horse battery").await?;
    password.send_keys(Key::Enter + "").await?;

    let row = browser.query(By::XPath("//*[contains(text(), 'Deliver staged updates')]")).first().await?;
    assert!(row.is_displayed().await?);
    let bar = browser.query(By::Css("[role=progressbar][aria-valuetext^='25']")).first().await?;
    let said = bar.attr("aria-valuetext").await?.unwrap_or_default();
    assert!(said.contains("expected") && said.contains("at risk"), "{said}");

    let open = site.find("AE-2").context("the second issue")?;
    site.edit(open)?.transition("Done")?;
    browser.find(By::Css("button[aria-label^='Refresh Deliver']")).await?.click().await?;
    browser.query(By::Css("[role=progressbar][aria-valuetext^='50']")).first().await?;
    browser.close().await
}
