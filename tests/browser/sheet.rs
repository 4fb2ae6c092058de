//! Connect data source as a sheet over the page: it has an address of its own, throws nothing away unasked, gives the focus
//! back, and saves what the page of the same address saves.

use crate::{pages, story::Story};
use anyhow::Context;
use serde_json::json;
use thirtyfour::prelude::*;

/// The way to the sheet of a measured key result.
const OPENER: &str = "a[href$='/connect'][data-dialog]";

async fn on_a_key_result(measured: bool) -> anyhow::Result<Option<(Story, String)>> {
    let Some(story) = Story::begin().await? else { return Ok(None) };
    let [_, linked, by_hand] = story.objective().await?;
    let path = format!("/okrs/{}", if measured { linked } else { by_hand });
    story.open(&path).await?;
    story.find(OPENER).await?;
    Ok(Some((story, path)))
}

async fn is_at(story: &Story, path: &str) -> anyhow::Result<()> {
    let url = story.browser.current_url().await?;
    assert_eq!(url.path(), path);
    Ok(())
}

async fn is_closed(story: &Story) -> anyhow::Result<()> {
    story.browser.query(By::Css("dialog")).not_exists().await.context("the sheet stays open").map(drop)
}

/// Goes on with Tab or back with Shift and Tab until it has been everywhere.
async fn stays_inside(story: &Story) -> anyhow::Result<()> {
    for _ in 0..40 {
        story.keys(Key::Tab + "").await?;
        let outside = "const at = document.activeElement; return at !== document.body && !at.closest('dialog')";
        let outside = story.browser.execute(outside, vec![]).await?;
        assert_eq!(outside.json(), &json!(false), "the focus is behind the sheet");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sheet_has_an_address_keeps_the_focus_and_gives_it_back() -> anyhow::Result<()> {
    let Some((story, path)) = on_a_key_result(true).await? else { return Ok(()) };
    let address = format!("{path}/connect");
    story.press(OPENER).await?;
    story.says("dialog.over h1", "Edit data source").await?;
    is_at(&story, &address).await?;
    story.says("dialog [data-part=preview]", "25.0%").await?;
    pages::look(&story, "connect-sheet").await?;
    stays_inside(&story).await?;
    // What happens meanwhile moves the page below, not the sheet.
    story.site.edit(story.site.find("AE-2").context("the second issue")?)?.transition("Done")?;
    story.app.refresh(path.trim_start_matches("/okrs/")).await;
    story.find(".hero [aria-valuetext^='50']").await?;
    story.find("dialog.over textarea[name=jql]").await?;

    story.keys(Key::Escape + "").await?;
    is_closed(&story).await?;
    is_at(&story, &path).await?;
    let focus = story.browser.active_element().await?;
    assert!(focus.attr("href").await?.is_some_and(|href| href.ends_with("/connect")), "the focus is back");
    assert!(story.browser.title().await?.starts_with("Deliver staged updates"), "and so is the title");
    // Forward is the page of the same address.
    story.browser.forward().await?;
    story.says(".main h1", "Edit data source").await?;
    story.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_not_thrown_away_unasked() -> anyhow::Result<()> {
    let Some((story, path)) = on_a_key_result(true).await? else { return Ok(()) };
    story.press(OPENER).await?;
    let area = story.find("dialog textarea[name=jql]").await?;
    area.send_keys(" AND type = Story").await?;
    story.says("dialog [data-part=foot]", "Valid. 4 issues match").await?;
    // In the editor, Escape closes the list of what fits first. Escape, the cross and "back" ask alike; staying keeps everything.
    for way in ["escape", "cross", "back"] {
        match way {
            "escape" => story.find("dialog [data-save]").await?.send_keys(Key::Escape + "").await?,
            "cross" => story.press("dialog .sh [data-close]").await?,
            _ => story.browser.back().await?,
        }
        story.says("dialog h1", "Leave without saving?").await?;
        let safe = story.browser.active_element().await?;
        assert_eq!(safe.text().await?, "Go on editing", "{way}: the focus starts on the safe choice");
        safe.click().await?;
        story.browser.query(By::Css("dialog .danger")).not_exists().await?;
        assert!(area.prop("value").await?.is_some_and(|it| it.ends_with("type = Story")), "{way}");
        is_at(&story, &format!("{path}/connect")).await?;
    }
    story.find("dialog [data-save]").await?.send_keys(Key::Escape + "").await?;
    story.press("dialog .danger").await?;
    is_closed(&story).await?;
    is_at(&story, &path).await?;
    let link = story.app.admin.get(&format!("{path}/link")).await.expect(200);
    assert_eq!(link["jql"], "project = AE", "nothing was stored");
    story.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sheet_saves() -> anyhow::Result<()> {
    let Some((story, path)) = on_a_key_result(false).await? else { return Ok(()) };
    story.site.edit(story.site.find("AE-3").context("the third issue")?)?.transition("In Progress")?;
    story.press(OPENER).await?;
    story.says("dialog.over h1", "Connect data source").await?;
    story.find("dialog textarea[name=jql]").await?.send_keys("project = AE").await?;
    story.says("dialog [data-part=foot]", "Valid. 4 issues match").await?;
    // What is under way is told from what is done and what is to do.
    for mark in [".c-ok", ".c-acc", ".c-none"] {
        story.find(&format!("dialog [data-part=preview] .first {mark}")).await?;
    }
    story.press("dialog [data-save]").await?;
    story.says("[data-toast]", "Connected").await?;
    is_at(&story, &path).await?;
    let link = story.app.admin.get(&format!("{path}/link")).await.expect(200);
    assert_eq!(link["jql"], "project = AE");
    story.says("[data-part=issues] .st:has(.c-acc)", "In Progress").await?;
    story.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_opens_the_sheet_where_a_query_is_to_be_mended() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let okr = story.app.key_result(json!({"title": "Move work orders"})).await;
    let nothing = json!({"confirm_empty": true});
    story.app.link(&okr, &story.connection, "project = AE AND labels = none", nothing).await;
    story.open("/").await?;
    story.says(".note a[data-dialog]", "Edit query").await?.click().await?;
    story.says("dialog.over h1", "Edit data source").await?;
    is_at(&story, &format!("/okrs/{okr}/connect")).await?;
    story.press("dialog .sf [data-close]").await?;
    is_closed(&story).await?;
    is_at(&story, "/").await?;
    assert_eq!(story.browser.active_element().await?.text().await?, "Edit query", "the focus is back");
    story.browser.close().await
}
