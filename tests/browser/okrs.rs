//! Objectives and key results in a real browser: written down, checked in on, refreshed, reached by keys.

use crate::story::Story;
use serde_json::json;
use thirtyfour::prelude::*;

/// From an empty board to a key result with a number, without reading a manual.
#[tokio::test(flavor = "multi_thread")]
async fn an_objective_and_a_key_result_are_written_down() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    story.says("h2", "No objectives in Q4 2026 yet").await?;
    story.press(".steps .btn.pri").await?;
    story.find("[name=title]").await?.send_keys("Ship fleet updates").await?;
    story.press(".actions .pri").await?;
    story.says("h1", "Ship fleet updates").await?;
    story.says("[data-toast]", "is written down").await?;

    story.press("a.btn.pri[href^='/okrs/new?parent']").await?;
    story.find("[name=title]").await?.send_keys("Train 60 operators").await?;
    story.press("input[value=kpi]").await?;
    story.press(".actions .pri").await?;
    // The target is missing: what was typed stays, and the field says what is wrong.
    story.says("#f-measure-target-error", "missing").await?;
    let title = story.find("[name=title]").await?;
    assert_eq!(title.prop("value").await?.as_deref(), Some("Train 60 operators"));
    story.find("[name='measure.target']").await?.send_keys("60").await?;
    story.press(".actions .pri").await?;
    story.says("h1", "Train 60 operators").await?;

    story.press(".d-act a[href$='/check-in']").await?;
    story.find("dialog [name=value]").await?.send_keys("36").await?;
    story.press("dialog .actions .pri").await?;
    story.says(".pct", "60.0").await?;
    story.press(".crumb a[href^='/okrs/']").await?;
    story.says("[role=treegrid]", "36 / 60").await?;
    story.browser.close().await
}

/// A check-in stands over the measured value until somebody resumes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_stands_over_the_value_until_it_is_resumed() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let [_, measured, _] = story.objective().await?;
    story.open(&format!("/okrs/{measured}")).await?;
    story.says(".pct", "25.0").await?;
    story.press(".d-act a[href$='/check-in']").await?;
    story.says("dialog", "The automatic value is 25.0%").await?;
    story.find("dialog [name=progress]").await?.send_keys("60").await?;
    story.press("dialog input[value=until_resumed]").await?;
    story.press("dialog .actions .pri").await?;
    story.says(".pct", "60.0").await?;
    story.says(".banner", "The automatic value is 25.0%").await?;
    story.press("form[action$='/resume'] button").await?;
    story.says(".pct", "25.0").await?;
    story.browser.close().await
}

/// Somebody else's refresh moves the number on an open page; nothing else moves.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_elsewhere_is_seen() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let [_, measured, _] = story.objective().await?;
    story.open(&format!("/okrs/{measured}")).await?;
    story.says(".pct", "25.0").await?;
    story.site.edit(story.site.find("AE-2").expect("the second issue"))?.transition("Done")?;
    story.app.refresh(&measured).await;
    story.says(".pct", "50.0").await?;
    story.says(".hist", "4 issues").await?;
    story.browser.close().await
}

/// The session ends while somebody types: they sign in, and what they typed is saved.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_outlives_the_session() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    story.open("/okrs/new?kind=objective").await?;
    story.find("[name=title]").await?.send_keys("Answer every customer").await?;
    story.browser.delete_all_cookies().await?;
    story.press(".actions .pri").await?;
    story.says("[role=alert]", "what you entered is kept").await?;
    story.sign_in().await?;
    story.says("h1", "What you entered is kept").await?;
    story.press("button.pri").await?;
    story.says("h1", "Answer every customer").await?;
    story.browser.close().await
}

/// The tree by keyboard alone.
#[tokio::test(flavor = "multi_thread")]
async fn the_tree_is_walked_by_keys() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let [objective, measured, by_hand] = story.objective().await?;
    story.open("/").await?;
    story.find("[role=row][tabindex='0']").await?.focus().await?;
    assert_eq!(story.focus().await?, objective);
    for (key, row) in [
        (Key::Down, &measured),
        (Key::Down, &by_hand),
        (Key::Up, &measured),
        (Key::Left, &objective),
        (Key::End, &by_hand),
        (Key::Home, &objective),
    ] {
        let pressed = format!("{key:?}");
        story.keys(key + "").await?;
        assert_eq!(story.focus().await?, *row, "{pressed}");
    }
    // Closed, the objective hides what is below it; opened again, it shows it.
    story.keys(Key::Left + "").await?;
    assert_eq!(story.find("[role=row][aria-level='1']").await?.attr("aria-expanded").await?.as_deref(), Some("false"));
    story.keys(Key::Down + "").await?;
    assert_eq!(story.focus().await?, objective);
    story.keys(Key::Right + "").await?;
    story.keys(Key::Down + "").await?;
    story.keys(Key::Right + "").await?;
    assert_ne!(story.focus().await?, measured, "inside the row");
    story.keys(Key::Left + "").await?;
    assert_eq!(story.focus().await?, measured);
    story.site.edit(story.site.find("AE-2").expect("the second issue"))?.transition("Done")?;
    story.keys("r").await?;
    story.find(&format!("[data-part='{measured}'] [aria-valuetext^='50']")).await?;
    story.find(&format!("[data-part='{measured}']")).await?.focus().await?;
    story.keys(Key::Enter + "").await?;
    story.says("h1", "Deliver staged updates").await?;
    story.keys("?").await?;
    story.says("dialog", "Row above and below").await?;
    story.browser.close().await
}

/// Filters are in the address, and live together.
#[tokio::test(flavor = "multi_thread")]
async fn the_board_is_filtered() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let [_, measured, by_hand] = story.objective().await?;
    story.open("/").await?;
    story.find("[name=q]").await?.send_keys("AE-3" + Key::Enter).await?;
    story.says(".tools", "Clear filters").await?;
    assert!(story.browser.find_all(By::Css(format!("[data-part='{by_hand}']"))).await?.is_empty());
    story.find(&format!("[data-part='{measured}']")).await?;
    story.open("/?source=hand").await?;
    story.find(&format!("[data-part='{by_hand}']")).await?;
    assert!(story.browser.find_all(By::Css(format!("[data-part='{measured}']"))).await?.is_empty());
    story.open("/?status=achieved").await?;
    story.says(".page", "No key result matches.").await?;
    story.browser.close().await
}

/// The choice of colours is kept.
#[tokio::test(flavor = "multi_thread")]
async fn the_dark_theme_is_kept() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let [_, measured, _] = story.objective().await?;
    story.open(&format!("/okrs/{measured}")).await?;
    story.press("form[action='/theme'] button").await?;
    story.find("html[data-theme=dark]").await?;
    story.says("h1", "Deliver staged updates").await?;
    let body = story.find(".main").await?;
    assert_eq!(body.css_value("background-color").await?, "rgba(18, 20, 25, 1)");
    story.browser.close().await
}

/// Somebody else was faster: nothing is overwritten unseen.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_notices_another_one() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let [_, _, by_hand] = story.objective().await?;
    story.open(&format!("/okrs/{by_hand}/edit")).await?;
    story.app.admin.patch(&format!("/okrs/{by_hand}"), &json!({"title": "Train 70 operators"})).await.expect(200);
    let team = story.find("[name=team]").await?;
    team.clear().await?;
    team.send_keys("Manufacturing").await?;
    story.press(".actions .pri").await?;
    story.says(".banner.bad", "Somebody else has changed").await?;
    assert_eq!(story.find("[name=team]").await?.prop("value").await?.as_deref(), Some("Manufacturing"));
    story.press(".actions .pri").await?;
    story.says(".meta", "Manufacturing").await?;
    story.browser.close().await
}
