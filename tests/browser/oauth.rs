//! Connections that people sign in on Jira's own page, made in a real browser: what is copied into Jira, denial, consent, choice.

use crate::story::Story;
use anyhow::Context;
use okrsync_jira_sim::{Dialect, JiraSim};
use serde_json::json;

async fn fill(story: &Story, name: &str, text: &str) -> anyhow::Result<()> {
    let field = story.find(&format!("[name='{name}']")).await?;
    field.clear().await?;
    Ok(field.send_keys(text).await?)
}

/// Opens the wizard and fills in the site and the kind of sign-in.
async fn begin(story: &Story, address: &str, deployment: &str, kind: &str) -> anyhow::Result<()> {
    story.open("/connections/new").await?;
    fill(story, "name", "Halden plant").await?;
    fill(story, "server_url", address).await?;
    story.press(&format!("input[value={deployment}]")).await?;
    story.press(&format!("input[value={kind}]")).await?;
    assert!(!story.find("[name='auth.token']").await?.is_displayed().await?, "the kind swaps the form below");
    Ok(())
}

/// Registers okrsync at the site with the address that the page says, and enters what the site gave.
async fn register(story: &Story, site: &JiraSim) -> anyhow::Result<()> {
    let callback = copied(story, ".only-oauth2 .copy code").await?;
    let client = site.register_client(&callback);
    fill(story, "auth.client_id", &client.id).await?;
    fill(story, "auth.client_secret", &client.secret).await
}

async fn copied(story: &Story, selector: &str) -> anyhow::Result<String> {
    story.find(selector).await?.prop("textContent").await?.context("a text to copy")
}

/// Signs in on Jira's page, which the button leads to.
async fn decide(story: &Story, decision: &str) -> anyhow::Result<()> {
    story.press(".consent button").await?;
    story.press(&format!("button[name=decision][value={decision}]")).await
}

async fn state(story: &Story) -> String {
    let all = story.app.admin.get("/connections").await.expect(200);
    let mine = all["items"].as_array().expect("a list").iter().find(|it| it["name"] == "Halden plant");
    mine.map_or_else(String::new, |it| it["state"].as_str().unwrap_or_default().to_owned())
}

/// A denial is told with its cure where one can try again; consent leads on to sharing.
#[tokio::test(flavor = "multi_thread")]
async fn oauth2_is_denied_then_allowed() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let site = story.app.jira(Dialect::DataCenter).await;
    begin(&story, &site.base_url(), "self_managed", "oauth2").await?;
    register(&story, &site).await?;
    story.press(".actions .pri").await?;
    story.says("h2", "Sign in with Jira").await?;
    assert_eq!(state(&story).await, "needs_authorization");
    decide(&story, "deny").await?;
    story.says(".banner.bad", "not granted").await?;
    story.says(".banner.bad", "choose \"Allow\"").await?;
    let address = story.browser.current_url().await?;
    assert!(address.path().ends_with("/sign-in") && address.query().is_none(), "{address}");
    decide(&story, "allow").await?;
    story.says(".banner.ok", "Connected as").await?;
    story.press("a.pri[href$='/start']").await?;
    story.press("input[value=everyone]").await?;
    story.press(".actions .pri").await?;
    story.says(".toast", "Halden plant is connected").await?;
    assert_eq!(state(&story).await, "ok");
    story.browser.close().await
}

/// The page has what an administrator of Jira copies; until they have, it says what Jira does not know.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_link_is_made_from_what_the_page_shows() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let site = story.app.jira(Dialect::DataCenter).await;
    begin(&story, &site.base_url(), "self_managed", "oauth1").await?;
    story.press(".actions .pri").await?;
    let consumer = copied(&story, ".copies dd:nth-of-type(1) code").await?;
    let key = copied(&story, ".copies dd:nth-of-type(2) code").await?;
    let callback = copied(&story, ".copies dd:nth-of-type(3) code").await?;
    assert!(callback.starts_with(&story.app.base) && callback.ends_with("/oauth1/callback"), "{callback}");
    story.press(".consent button").await?;
    story.says(".banner.bad", "consumer").await?;
    site.register_consumer(&consumer, &key).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    decide(&story, "allow").await?;
    story.says(".banner.ok", "Connected as").await?;
    assert_eq!(state(&story).await, "ok");
    // The form of an application link is saved as what it is.
    story.open("/connections").await?;
    story.press("a[aria-label='Edit Halden plant']").await?;
    fill(&story, "name", "Halden plant").await?;
    story.press(".actions .pri").await?;
    story.says(".toast", "is saved").await?;
    assert_eq!(state(&story).await, "ok");
    story.browser.close().await
}

/// A grant of Cloud reaches several sites: somebody says which one is meant.
#[tokio::test(flavor = "multi_thread")]
async fn a_site_of_the_cloud_is_chosen() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let site = &story.site;
    site.add_granted_site("Other", "https://other.example", "99999999-0000-4000-a000-000000000000");
    begin(&story, "https://jira.northwind.example", "cloud", "oauth2").await?;
    register(&story, site).await?;
    story.press(".fold summary").await?;
    fill(&story, "gateway_url", &site.gateway_url()).await?;
    fill(&story, "auth_url", &site.auth_url()).await?;
    story.press(".actions .pri").await?;
    decide(&story, "allow").await?;
    story.says("h2", "Which site is it?").await?;
    story.press(&format!("button[value='{}']", site.cloud_id())).await?;
    story.says(".banner.ok", "Connected as").await?;
    let all = story.app.admin.get("/connections").await.expect(200);
    let chosen =
        all["items"].as_array().expect("a list").iter().any(|it| {
            it["name"] == "Halden plant" && it["server_url"] == json!(site.base_url()) && it["state"] == "ok"
        });
    assert!(chosen, "{all}");
    story.browser.close().await
}
