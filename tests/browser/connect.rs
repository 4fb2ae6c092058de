//! Connect data source in a real browser: a mistake is mended by one click, the preview follows, the row is coloured.

use anyhow::Context;
use okrsync_jira_sim::{Dialect, IssueDraft, JiraSim};
use okrsync_tests::{
    app::TestApp,
    browser::Browser,
    databases::{Backend, TestDatabase},
};
use serde_json::json;
use thirtyfour::prelude::*;

/// An application with a connected site of four stories, one of them done, and a key result without a data source.
struct Scene {
    app: TestApp,
    _site: JiraSim,
    okr: String,
    browser: Browser,
}

impl Scene {
    /// None on a machine without a browser.
    async fn open(database: &TestDatabase, dialect: Dialect) -> anyhow::Result<Option<Self>> {
        let Some(browser) = Browser::start().await? else { return Ok(None) };
        let app = TestApp::start(database).await;
        let site = app.jira(dialect).await;
        site.add_project("AE", "Arm engineering")?;
        for status in ["Done", "To Do", "To Do", "To Do"] {
            site.create(IssueDraft::new("AE", "Story").status(status).points("2"))?;
        }
        app.connect(&site).await;
        let okr = app.key_result(json!({"title": "Deliver staged updates"})).await;
        browser.goto(format!("{}/sign-in?next=/okrs/{okr}/connect", app.base)).await?;
        browser.query(By::Name("email")).first().await?.send_keys("admin@northwind.example").await?;
        let password = browser.find(By::Name("password")).await?;
        password.send_keys("correct horse battery").await?;
        password.send_keys(Key::Enter + "").await?;
        Ok(Some(Self { app, _site: site, okr, browser }))
    }

    /// Waits for an element that holds this text.
    async fn sees(&self, css: &str, text: &str) -> anyhow::Result<WebElement> {
        let found = self.browser.query(By::Css(css)).with_filter({
            let text = text.to_owned();
            move |element: WebElement| {
                let text = text.clone();
                // A part may be replaced while it is looked at.
                async move { Ok(element.text().await.is_ok_and(|shown| shown.contains(&text))) }
            }
        });
        found.first().await.with_context(|| format!("no `{text}` in {css}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_mended_previewed_and_saved() -> anyhow::Result<()> {
    let database = TestDatabase::fresh(Backend::Sqlite).context("SQLite is always there")?;
    let Some(scene) = Scene::open(&database, Dialect::Cloud).await? else { return Ok(()) };
    let area = scene.browser.query(By::Name("jql")).first().await?;
    scene.sees("p.help", "Chosen for you").await?;
    area.send_keys("project = AE AND status in (Done, \"To Doo\")").await?;
    scene.sees("[data-part=foot]", "Line 1, column 35: There is no status To Doo").await?;
    scene.browser.query(By::Css(".jql .q-k")).first().await?;
    assert!(!scene.browser.find(By::Css("[data-save]")).await?.is_enabled().await?, "a rejected query is not saved");
    let mend = scene.sees("[data-part=foot] button", "Use To Do").await?;
    mend.scroll_into_view().await?;
    mend.click().await?;
    scene.sees("[data-part=foot]", "Valid. 4 issues match").await?;
    scene.sees("[data-part=preview]", "25.0%").await?;
    scene.sees("[data-part='percent-story_points']", "25.0%").await?;
    scene.sees("[data-part='kpi-count']", "4").await?;
    scene.browser.find(By::Css("[data-save]")).await?.click().await?;
    scene.browser.query(By::Css("[role=progressbar][aria-valuetext^='25']")).first().await?;
    let link = scene.app.admin.get(&format!("/okrs/{}/link", scene.okr)).await.expect(200);
    assert_eq!(link["jql"], "project = AE AND status in (Done, \"To Do\")");
    scene.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_is_enough() -> anyhow::Result<()> {
    let database = TestDatabase::fresh(Backend::Sqlite).context("SQLite is always there")?;
    let Some(scene) = Scene::open(&database, Dialect::DataCenter).await? else { return Ok(()) };
    let area = scene.browser.query(By::Name("jql")).first().await?;
    area.focus().await?;
    area.send_keys("proj").await?;
    scene.sees("#jql-offer [role=option]", "project").await?;
    area.send_keys(Key::Down + "").await?;
    scene.sees("#jql-offer [aria-selected=true]", "project").await?;
    area.send_keys(Key::Enter + "").await?;
    area.send_keys("= a").await?;
    scene.sees("#jql-offer [role=option]", "AE").await?;
    area.send_keys(Key::Down + "").await?;
    scene.sees("#jql-offer [aria-selected=true]", "AE").await?;
    area.send_keys(Key::Enter + "").await?;
    assert_eq!(area.prop("value").await?.as_deref(), Some("project = AE "));
    area.send_keys("AND labels = none").await?;
    scene.sees("[data-part=foot]", "Valid. 0 issues match").await?;
    area.send_keys(Key::Escape + "").await?;
    area.send_keys(Key::Tab + "").await?;
    let left = scene.browser.active_element().await?;
    assert_ne!(left.attr("name").await?.as_deref(), Some("jql"), "Tab leaves the editor");
    let confirm = scene.browser.query(By::Name("confirm_empty")).first().await?;
    confirm.focus().await?;
    confirm.send_keys(" ").await?;
    area.focus().await?;
    area.send_keys(Key::Control + Key::Enter).await?;
    scene.sees(".toast", "Connected").await?;
    let okr = scene.app.okr(&scene.okr).await;
    assert_eq!((&okr["progress_mode"], &okr["value"]), (&json!("data_source"), &json!(null)), "{okr}");
    scene.browser.close().await
}
