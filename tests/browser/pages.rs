//! Every page and state in both themes: nothing that a screen reader stumbles over, nothing wider than the screen; with
//! `cargo xtask screenshots` a picture of each in three widths.

use crate::story::Story;
use anyhow::Context;
use okrsync_jira_sim::Dialect;
use okrsync_tests::{app::text, axe, consent::Oauth};
use serde_json::json;
use std::path::PathBuf;

/// Widths in CSS pixels: those of the pictures (desk, tablet, telephone), and a small desk.
const WIDTHS: [u32; 4] = [1440, 1200, 1024, 390];

/// Pages by a name and a path. A page that is not here is neither looked at nor checked.
async fn pages(story: &Story) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut pages = of_okrs(story).await?;
    pages.extend(of_connections(story).await);
    let me = text(&story.app.admin.get("/me").await.expect(200)["id"]);
    let path = ToOwned::to_owned;
    pages.extend([
        ("people", path("/people")),
        ("new-person", path("/people/new")),
        ("person", format!("/people/{me}")),
        ("account", path("/account")),
        ("organisation", path("/organisation")),
        ("audit", path("/audit")),
        ("api", path("/api/docs")),
    ]);
    Ok(pages)
}

async fn of_connections(story: &Story) -> Vec<(&'static str, String)> {
    let halden = story.app.jira(Dialect::DataCenter).await;
    let waiting = story.app.connect_by_consent(&halden, Oauth::One).await;
    let of = |id: &str, rest: &str| format!("/connections/{id}{rest}");
    vec![
        ("connections", "/connections".to_owned()),
        ("new-connection", "/connections/new".to_owned()),
        ("connection", of(&story.connection, "")),
        ("connection-first-sync", of(&story.connection, "/start")),
        ("connection-webhook", of(&story.connection, "/webhook")),
        ("connection-remove", of(&story.connection, "/remove")),
        ("connection-sign-in", of(&waiting, "/sign-in")),
        ("connection-oauth", of(&waiting, "")),
    ]
}

async fn of_okrs(story: &Story) -> anyhow::Result<Vec<(&'static str, String)>> {
    let [objective, measured, by_hand] = story.objective().await?;
    let silent =
        story.app.key_result(json!({"title": "Move work orders off the legacy PLC", "parent_id": objective})).await;
    story
        .app
        .link(
            &silent,
            &story.connection,
            "project = AE AND status = \"In Progress\"",
            json!({"confirm_empty": true, "metric": {"kind": "count"}}),
        )
        .await;
    story
        .app
        .admin
        .post(&format!("/okrs/{by_hand}/check-ins"), &json!({"value": "36", "note": "Half of them are through."}))
        .await
        .expect(201);
    let of = |id: &str, rest: &str| format!("/okrs/{id}{rest}");
    Ok(vec![
        ("board", "/".to_owned()),
        ("board-filtered", "/?status=at_risk".to_owned()),
        ("board-empty", "/?period=2027-Q1".to_owned()),
        ("copy", "/okrs/copy?period=2027-Q1".to_owned()),
        ("mine", "/mine".to_owned()),
        ("sync", "/sync".to_owned()),
        ("more", "/more".to_owned()),
        ("keys", "/keys".to_owned()),
        ("objective", of(&objective, "")),
        ("key-result", of(&measured, "")),
        ("key-result-no-data", of(&silent, "")),
        ("key-result-by-hand", of(&by_hand, "")),
        ("new-objective", "/okrs/new?kind=objective".to_owned()),
        ("new-key-result", format!("/okrs/new?parent={objective}")),
        ("edit", of(&by_hand, "/edit")),
        ("check-in", of(&measured, "/check-in")),
        ("close", of(&by_hand, "/close")),
        ("postpone", of(&by_hand, "/postpone")),
        ("delete", of(&objective, "/delete")),
        ("shares", of(&objective, "/shares")),
        ("not-there", of("00000000000000000000000000", "")),
        ("connect", of(&measured, "/connect")),
        ("connect-by-hand", of(&by_hand, "/connect")),
    ])
}

/// Which elements stand out of the window to the right, from the outside in.
const WIDEST: &str = "return [...document.querySelectorAll('body *')]
    .filter((it) => it.getBoundingClientRect().right > innerWidth + 0.5)
    .map((it) => it.tagName.toLowerCase() + (it.getAttribute('class') ? '.' + it.getAttribute('class') : ''))
    .slice(0, 12).join(' > ')";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_used_by_everybody() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    let pages = pages(&story).await?;
    let mut wrong = vec![];
    for (name, path) in &pages {
        story.open(path).await?;
        story.find("h1").await?;
        wrong.extend(judged(&story, name).await?);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    story.browser.close().await
}

/// Looks at what is shown now, which has no address of its own: something opened over a page.
pub(crate) async fn look(story: &Story, name: &str) -> anyhow::Result<()> {
    let wrong = judged(story, name).await?;
    anyhow::ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// What is wrong with what is shown, in both themes and every width.
async fn judged(story: &Story, name: &str) -> anyhow::Result<Vec<String>> {
    let (script, pictures) = (axe::script(), axe::pictures());
    let mut wrong = vec![];
    for theme in ["light", "dark"] {
        dress(story, theme).await?;
        if let Some(script) = &script {
            wrong.extend(violations(story, script).await?.into_iter().map(|it| format!("{name} ({theme}): {it}")));
        }
        for width in WIDTHS {
            resize(story, width, 900).await?;
            let over =
                story.browser.execute("return document.documentElement.scrollWidth - innerWidth", vec![]).await?;
            if over.json().as_i64().is_some_and(|over| over > 0) {
                let which = story.browser.execute(WIDEST, vec![]).await?;
                wrong.push(format!("{name} is {} px too wide at {width}: {}", over.json(), which.json()));
            }
            if let Some(folder) = &pictures {
                picture(story, folder.join(format!("{name}-{width}-{theme}.png")), width).await?;
            }
        }
        resize(story, WIDTHS[0], 900).await?;
    }
    Ok(wrong)
}

/// The colours, as the button would choose them.
async fn dress(story: &Story, theme: &str) -> anyhow::Result<()> {
    let script = "document.documentElement.dataset.theme = arguments[0]";
    story.browser.execute(script, vec![json!(theme)]).await?;
    Ok(())
}

/// What an accessibility checker finds serious.
async fn violations(story: &Story, script: &str) -> anyhow::Result<Vec<String>> {
    story.browser.execute(script, vec![]).await?;
    let run = "const done = arguments[arguments.length - 1];
        axe.run(document, { resultTypes: ['violations'] }).then((found) => done(found.violations
            .filter((it) => ['serious', 'critical'].includes(it.impact))
            .map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 160) + ' — ' + node.failureSummary).join(' | ')}`)),
            (error) => done([String(error)]));";
    let found = story.browser.execute_async(run, vec![]).await?;
    Ok(found.convert()?)
}

async fn resize(story: &Story, width: u32, height: u32) -> anyhow::Result<()> {
    let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    story.browser.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
    Ok(())
}

/// The whole page, however long.
async fn picture(story: &Story, path: PathBuf, width: u32) -> anyhow::Result<()> {
    let height = story.browser.execute("return document.documentElement.scrollHeight", vec![]).await?;
    let height = height.json().as_u64().and_then(|height| u32::try_from(height).ok()).context("a height")?;
    resize(story, width, height.max(900)).await?;
    story.browser.screenshot(&path).await?;
    Ok(())
}
