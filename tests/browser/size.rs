//! What a large board costs a browser: bytes and requests, and that nothing jumps.

use crate::story::Story;
use anyhow::Context;
use okrsync_domain::{ConnectionId, OkrId, measure::Metric};
use okrsync_store::PutLink;
use serde_json::{Value, json};

/// Objectives with three linked key results each: a thousand rows.
const OBJECTIVES: usize = 250;

/// Writes the board down and measures it once.
async fn fill(story: &Story) -> anyhow::Result<()> {
    let connection: ConnectionId = story.connection.parse()?;
    let (kept, now) = (story.app.app.store(), story.app.clock.now());
    let [objective, measured, _] = story.objective().await?;
    let objective = kept.get_okr(objective.parse()?).await?;
    let key_result = kept.get_okr(measured.parse()?).await?;
    for group in 1..OBJECTIVES {
        let parent: OkrId = story.app.app.random().id(now);
        let mut head = objective.clone();
        (head.id, head.title) = (parent, format!("Objective {group}: ship fleet updates that customers trust"));
        kept.add_okr(&head).await?;
        for number in 0..3 {
            let mut okr = key_result.clone();
            okr.id = story.app.app.random().id(now);
            okr.parent_id = Some(parent);
            okr.title = format!("Deliver {number} staged updates for group {group}");
            kept.add_okr(&okr).await?;
            let jql = "project = AE".to_owned();
            let link = PutLink {
                okr_id: okr.id,
                connection_id: connection,
                canonical: jql.clone(),
                jql,
                metric: Metric::Count,
                completed_only: false,
                period_minutes: None,
                measure: None,
            };
            kept.put_link(link, now).await?;
        }
    }
    story.app.settle().await;
    Ok(())
}

/// Sizes by the browser's own account, after a moment in which things could have jumped.
const ACCOUNT: &str = "const done = arguments[arguments.length - 1]; let shift = 0;
    new PerformanceObserver((list) => { for (const it of list.getEntries()) shift += it.value; })
        .observe({ type: 'layout-shift', buffered: true });
    const page = performance.getEntriesByType('navigation')[0];
    requestAnimationFrame(() => requestAnimationFrame(() => done({
        sent: page.encodedBodySize, whole: page.decodedBodySize, shift,
        rows: document.querySelectorAll('[role=row][data-part]').length,
        asked: performance.getEntriesByType('resource').map((it) => [new URL(it.name).pathname, it.decodedBodySize]),
    })));";

#[tokio::test(flavor = "multi_thread")]
async fn a_board_of_a_thousand_okrs_is_one_light_page() -> anyhow::Result<()> {
    let Some(story) = Story::begin().await? else { return Ok(()) };
    fill(&story).await?;
    story.open("/").await?;
    story.find(".tree [role=row][data-part]").await?;
    let account = story.browser.execute_async(ACCOUNT, vec![]).await?.json().clone();
    let number = |name: &str| account[name].as_f64().with_context(|| format!("{name} in {account}"));
    assert!(number("rows")? >= 998.0, "all on one page: {account}");
    assert!(number("sent")? < 400_000.0 && number("whole")? > number("sent")?, "{account}");
    assert!(number("shift")? < 0.001, "nothing jumps: {account}");
    for asked in account["asked"].as_array().context("a list")? {
        let path = asked[0].as_str().unwrap_or_default();
        let (own, limit) = match path {
            "/api/v1/events" => (true, 0.0),
            path if path.ends_with("/app.js") => (true, 40_000.0),
            path => (path.ends_with("/style.css") || path.ends_with("/icon.svg"), 100_000.0),
        };
        assert!(own, "a page asks for nothing else: {account}");
        assert!(path == "/api/v1/events" || asked[1].as_f64().is_some_and(|bytes| bytes < limit), "{asked}");
    }
    assert_ne!(account["asked"], Value::Null);
    assert_ne!(account["asked"], json!([]), "the browser keeps account");
    story.browser.close().await
}
