//! Connections in a real browser: the first one is made, a failing one is shown stale and mended.

use anyhow::Context;
use okrsync_jira_sim::{Dialect, IssueDraft};
use okrsync_tests::{
    app::{PASSWORD, TestApp},
    browser::Browser,
    databases::{Backend, TestDatabase},
};
use serde_json::json;
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
    see(&browser, "Connected as").await?;
    press(&browser, "Finish").await?;
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
