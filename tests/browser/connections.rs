//! Connections in a real browser: the first one is made, a failing one is shown stale and mended.

use crate::{pages, story::Story};
use anyhow::Context;
use okrsync_jira_sim::{Dialect, Fault, IssueDraft};
use okrsync_tests::{
    app::{PASSWORD, TestApp},
    browser::Browser,
    databases::{Backend, TestDatabase},
};
use serde_json::json;
use std::time::Duration;
use thirtyfour::prelude::*;

async fn sign_in(browser: &Browser, app: &TestApp, path: &str) -> anyhow::Result<()> {
    browser.goto(format!("{}{path}", app.base)).await?;
    browser.query(By::Name("email")).first().await?.send_keys("admin@northwind.example").await?;
    let password = browser.find(By::Name("password")).await?;
    password.send_keys(PASSWORD).await?;
    Ok(password.send_keys(Key::Enter + "").await?)
}

async fn type_into(browser: &Browser, name: &str, text: &str) -> anyhow::Result<()> {
    let field = browser.query(By::Name(name)).first().await?;
    field.clear().await?;
    Ok(field.send_keys(text).await?)
}

async fn see(browser: &Browser, text: &str) -> anyhow::Result<WebElement> {
    let seen = browser.query(By::XPath(format!("//*[contains(text(), \"{text}\")]"))).and_displayed().first().await;
    seen.with_context(|| format!("waiting to see {text:?}"))
}

async fn press(browser: &Browser, text: &str) -> anyhow::Result<()> {
    let button = browser.query(By::XPath(format!("//*[self::button or self::a][contains(., \"{text}\")]")));
    Ok(button.and_displayed().first().await.with_context(|| format!("looking for {text:?}"))?.click().await?)
}

/// A member without a connection makes one: a wrong token is refused at its field, the right one leads on.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_connection_is_made() -> anyhow::Result<()> {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let database = TestDatabase::fresh(Backend::Sqlite).context("SQLite is always there")?;
    let app = TestApp::start(&database).await;
    let site = app.jira(Dialect::DataCenter).await;
    sign_in(&browser, &app, "/connections").await?;
    see(&browser, "No connection yet").await?;
    press(&browser, "Connect Jira").await?;
    type_into(&browser, "name", "Halden plant").await?;
    type_into(&browser, "server_url", &site.base_url()).await?;
    browser.query(By::Css("input[value=self_managed]")).first().await?.click().await?;
    assert!(!browser.find(By::Name("auth.email")).await?.is_displayed().await?, "the type swaps the form below");
    type_into(&browser, "auth.token", "a-token-of-nobody").await?;
    press(&browser, "Test and go on").await?;
    let error = browser.query(By::Id("f-auth-token-error")).first().await?;
    assert!(error.text().await?.contains("sign-in"), "{}", error.text().await?);
    type_into(&browser, "auth.token", &site.token(&site.account())).await?;
    press(&browser, "Test and go on").await?;
    see(&browser, "Signed in as").await?;
    see(&browser, "Ready for the first key result").await?;
    press(&browser, "Done").await?;
    see(&browser, "Healthy").await?;
    let stored = app.admin.get("/connections").await.expect(200);
    assert_eq!((&stored["items"][0]["name"], &stored["items"][0]["state"]), (&json!("Halden plant"), &json!("ok")));
    browser.close().await
}

/// A token that stopped working: the list says so in place, the test names the step, a new token mends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_connection_is_seen_and_mended() -> anyhow::Result<()> {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let database = TestDatabase::fresh(Backend::Sqlite).context("SQLite is always there")?;
    let app = TestApp::start(&database).await;
    let site = app.jira(Dialect::Cloud).await;
    site.add_project("AE", "Arm engineering")?;
    for status in ["Done", "To Do"] {
        site.create(IssueDraft::new("AE", "Story").status(status))?;
    }
    let connection = app.connect(&site).await;
    let okr = app.key_result(json!({"title": "Deliver staged updates"})).await;
    app.link(&okr, &connection, "project = AE", json!({})).await;
    let token = site.token(&site.account());
    app.admin.patch(&format!("/connections/{connection}"), &json!({"auth": {"token": token}})).await.expect(200);
    app.settle().await;
    site.revoke_token(&token);
    app.pass_time(chrono::TimeDelta::minutes(61)).await;

    sign_in(&browser, &app, "/").await?;
    see(&browser, "This is the last good value").await?;
    browser.goto(format!("{}/connections", app.base)).await?;
    see(&browser, "Failing").await?;
    see(&browser, "1 linked key result keeps its last good value").await?;
    press(&browser, "Test again").await?;
    see(&browser, "The test did not succeed").await?;
    see(&browser, "Sign in").await?;
    type_into(&browser, "auth.token", &site.token(&site.account())).await?;
    press(&browser, "Save").await?;
    see(&browser, "is saved").await?;
    app.settle().await;
    browser.goto(format!("{}/connections", app.base)).await?;
    see(&browser, "Healthy").await?;
    assert_eq!(app.okr(&okr).await["freshness"]["state"], "fresh");
    browser.close().await
}

/// The numbers of a first sync move by themselves, every quarter is said, and the page may be left.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_is_followed_to_its_end() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    for _ in 0..996 {
        story.site.create(IssueDraft::new("AE", "Story"))?;
    }
    let start = format!("/connections/{}/start", story.connection);
    story.open(&start).await?;
    story.says("[data-part=first-sync]", "Ready for the first key result").await?;
    story.says("[data-part=first-sync]", "1 project").await?;

    let paced = json!({"concurrency": 1});
    story.app.admin.patch(&format!("/connections/{}", story.connection), &paced).await.expect(200);
    let _slow = story.site.faults().add(Fault::slow(Duration::from_millis(700)).on_path("/bulkfetch").forever());
    let okr = story.app.key_result(json!({"title": "Deliver staged updates"})).await;
    let link = json!({"connection_id": story.connection, "jql": "project = AE", "metric": {"kind": "count"}});
    story.app.admin.put(&format!("/okrs/{okr}/link?wait=0"), &link).await.expect(202);
    story.says("[data-part=first-sync]", "of 1,000 issues").await?;
    story.says("[data-part=first-sync]", "First sync is under way").await?;
    pages::look(&story, "connection-first-sync-under-way").await?;
    story.says("[data-live-status]", "percent").await?;
    story.open("/").await?;
    story.find("[role=treegrid]").await?;
    story.open(&start).await?;
    story.says("[data-part=first-sync]", "First sync is done").await?;
    story.says("[data-part=first-sync]", "Progress worked out for 1 link").await?;
    story.press("input[value=private]").await?;
    story.press("button[value=link]").await?;
    story.find("[role=treegrid]").await?;
    let stored = story.app.admin.get(&format!("/connections/{}", story.connection)).await.expect(200);
    assert_eq!(stored["sharing"], "private");
    story.browser.close().await
}
