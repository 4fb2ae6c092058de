//! People in a real browser: the first run, adding somebody by a link, a token of one's own, the audit log.

use anyhow::Context;
use okrsync_domain::Clock;
use okrsync_server::accounts::issue_setup_code;
use okrsync_tests::{
    app::{TestApp, opening_day},
    browser::Browser,
    databases::{Backend, TestDatabase},
};
use secrecy::ExposeSecret as _;
use thirtyfour::prelude::*;

/// Types into the fields of the page's form and sends it.
async fn fill(browser: &Browser, fields: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut last = None;
    for (name, text) in fields {
        let field = browser.query(By::Css(format!("main [name='{name}']"))).first().await?;
        field.clear().await?;
        field.send_keys(*text).await?;
        last = Some(field);
    }
    last.context("a field")?.send_keys(Key::Enter + "").await?;
    Ok(())
}

async fn secret(browser: &Browser) -> anyhow::Result<String> {
    Ok(browser.query(By::Css(".secret code")).first().await?.text().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_adds_somebody_and_both_get_in() -> anyhow::Result<()> {
    let Some(browser) = Browser::start().await? else { return Ok(()) };
    let database = TestDatabase::fresh(Backend::Sqlite).context("SQLite is always there")?;
    let app = TestApp::start_again(&database, Clock::manual(opening_day()), |_| {}).await;
    let code = issue_setup_code(&app.app).await?.context("nobody is there")?;

    browser.goto(format!("{}/", app.base)).await?;
    let dana = [("organisation", "Northwind Robotics"), ("name", "Dana"), ("email", "dana@northwind.example")];
    let wrong = [&[("code", "0000")][..], &dana, &[("password", "correct horse battery")]].concat();
    fill(&browser, &wrong).await?;
    let error = browser.query(By::Id("f-code-error")).first().await?;
    assert!(error.text().await?.contains("not right"), "{}", error.text().await?);
    fill(&browser, &[("code", code.expose_secret()), ("password", "correct horse battery")]).await?;
    browser.query(By::XPath("//*[contains(text(), 'Northwind Robotics')]")).first().await?;

    browser.goto(format!("{}/people/new", app.base)).await?;
    fill(&browser, &[("name", "Kenji"), ("email", "kenji@northwind.example")]).await?;
    let link = secret(&browser).await?;

    browser.goto(format!("{}/account", app.base)).await?;
    let name = browser.query(By::Css("form[action='/account/tokens'] [name=name]")).first().await?;
    name.send_keys("laptop").await?;
    name.send_keys(Key::Enter + "").await?;
    let token = secret(&browser).await?;
    let me = app.admin.with_token(Some(&token)).get("/me").await.expect(200);
    assert_eq!(me["email"], "dana@northwind.example");
    browser.goto(format!("{}/audit", app.base)).await?;
    browser.query(By::XPath("//code[text()='token.create']")).first().await?;

    browser.delete_all_cookies().await?;
    let path = link.split("/reset?").nth(1).context("a link to reset")?;
    browser.goto(format!("{}/reset?{path}", app.base)).await?;
    fill(&browser, &[("password", "another horse battery")]).await?;
    fill(&browser, &[("email", "kenji@northwind.example"), ("password", "another horse battery")]).await?;
    browser.query(By::Css(".me")).first().await?;
    browser.goto(format!("{}/audit", app.base)).await?;
    browser.query(By::XPath("//*[contains(text(), 'Only admins')]")).first().await?;
    browser.close().await
}
