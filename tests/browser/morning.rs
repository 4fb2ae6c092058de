//! The first morning, from an empty installation to a coloured row, as somebody lives it who never read a manual; then with
//! keys alone, and on a telephone.

use crate::story::{Story, person_of_first_run};
use serde_json::json;
use thirtyfour::prelude::*;

async fn fill(story: &Story, fields: &[(&str, &str)]) -> anyhow::Result<()> {
    for (name, text) in fields {
        let field = story.find(&format!("main [name='{name}']")).await?;
        field.clear().await?;
        field.send_keys(*text).await?;
    }
    Ok(())
}

/// First run, connection, objective, key result, a query with a mistake that is mended, preview, saved, coloured.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_morning_ends_with_a_coloured_row() -> anyhow::Result<()> {
    let Some((story, code)) = Story::first_run().await? else { return Ok(()) };
    story.open("/").await?;
    fill(&story, &[("code", &code)]).await?;
    fill(&story, &person_of_first_run()).await?;
    story.press(".auth .btn.pri").await?;
    story.says("h2", "No objectives in Q4 2026 yet").await?;
    story.press(".steps .btn.pri").await?;
    let token = story.site.token(&story.site.account());
    fill(&story, &[("name", "Halden plant"), ("server_url", &story.site.base_url())]).await?;
    story.press("input[value=self_managed]").await?;
    fill(&story, &[("auth.token", &token)]).await?;
    story.press(".actions .pri").await?;
    story.says("[data-part=first-sync]", "Signed in as").await?;
    story.press(".actions .pri").await?;
    story.says(".toast", "is connected").await?;
    story.press(".nav a[href='/']").await?;
    story.press(".steps .btn.pri").await?;
    fill(&story, &[("title", "Ship fleet updates")]).await?;
    story.press(".actions .pri").await?;
    story.press("a.btn.pri[href^='/okrs/new?parent']").await?;
    fill(&story, &[("title", "Deliver staged updates")]).await?;
    story.press(".actions .pri").await?;
    story.says("h1", "Deliver staged updates").await?;
    story.press("a[href$='/connect']").await?;
    story.find("[name=jql]").await?.send_keys("projct = AE ").await?;
    story.says("[data-part=foot]", "Line 1, column 1").await?;
    let mend = story.find("[data-part=foot] [data-mend]").await?;
    mend.scroll_into_view().await?;
    mend.click().await?;
    story.says("[data-part=foot]", "4 issues match").await?;
    story.says("[data-part=preview]", "25.0%").await?;
    story.press("[data-save]").await?;
    story.says(".pct", "25.0").await?;
    story.press(".nav a[href='/']").await?;
    let bar = story.find(".kr [role=progressbar]").await?.attr("aria-valuetext").await?.unwrap_or_default();
    assert!(bar.starts_with("25") && bar.contains("at risk"), "{bar}");
    story.browser.close().await
}

/// Presses Tab until the focus is on what a selector finds.
async fn tab_to(story: &Story, selector: &str) -> anyhow::Result<()> {
    let there = "return document.activeElement.matches(arguments[0])";
    for _ in 0..60 {
        story.keys(Key::Tab + "").await?;
        if story.browser.execute(there, vec![json!(selector)]).await?.json() == &json!(true) {
            return Ok(());
        }
    }
    anyhow::bail!("Tab does not reach {selector}")
}

/// Reads the board, opens a key result, checks in: without a mouse.
#[tokio::test(flavor = "multi_thread")]
async fn keys_alone_are_enough() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let [objective, measured, by_hand] = story.objective().await?;
    story.open("/").await?;
    story.keys(Key::Tab + "").await?;
    assert_eq!(story.browser.active_element().await?.text().await?, "Skip to the content");
    tab_to(&story, "[role=row]").await?;
    assert_eq!(story.focus().await?, objective);
    story.keys(Key::Down + "").await?;
    assert_eq!(story.focus().await?, measured);
    story.keys(Key::Down + "").await?;
    assert_eq!(story.focus().await?, by_hand);
    story.keys(Key::Enter + "").await?;
    story.says("h1", "Train operators").await?;
    tab_to(&story, ".d-act a[href$='/check-in']").await?;
    story.keys(Key::Enter + "").await?;
    story.find("dialog [name=value]:focus").await?;
    story.keys("36").await?;
    story.keys(Key::Control + Key::Enter).await?;
    // The number may be there before the dialog is gone.
    story.find("[data-toast]").await?;
    story.says(".pct", "60.0").await?;
    // The dialog of a second thought closes by Escape and gives the focus back.
    tab_to(&story, ".d-act a[href$='/check-in']").await?;
    story.keys(Key::Enter + "").await?;
    story.find("dialog [name=value]:focus").await?;
    story.keys(Key::Escape + "").await?;
    story.find(".d-act a[href$='/check-in']:focus").await?;
    story.browser.close().await
}

/// On a telephone: another period, a key result, a check-in, and the way back.
#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_is_enough() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let [objective, _, by_hand] = story.objective().await?;
    let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true});
    story.browser.cdp().send_raw("Emulation.setDeviceMetricsOverride", phone).await?;
    story.open("/").await?;
    story.press("summary[aria-label='Choose a period']").await?;
    story.press(".period a[href='/?period=2027-Q1']").await?;
    story.says("h2", "No objectives in Q1 2027 yet").await?;
    story.press(".mnav a[href='/']").await?;
    story.press(&format!("[data-part='{by_hand}'] .row-link")).await?;
    story.press(".d-act a[href$='/check-in']").await?;
    story.find("dialog [name=value]").await?.send_keys("36").await?;
    story.press("dialog .actions .pri").await?;
    story.says(".pct", "60.0").await?;
    story.press(&format!(".mtop a[href='/okrs/{objective}']")).await?;
    story.says(".mtop", "Q4 2026").await?;
    story.press(".mnav a[href='/more']").await?;
    story.press(".nav.list a[href='/connections']").await?;
    story.says(".cgrp", "Healthy").await?;
    story.browser.close().await
}
