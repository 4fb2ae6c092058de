//! The day on which an achieved OKR got there, as its pages say it.

use crate::samples::World;
use chrono::TimeDelta;
use okrsync_jira_sim::{Dialect, IssueDraft};
use okrsync_tests::{clients::Client, databases::TestDatabase, journey};
use reqwest::Method;
use serde_json::json;

/// What a page says after "Reached": each day once, in order.
async fn reached(world: &World, client: &Client, path: &str) -> Vec<String> {
    let page = client.send(Method::GET, path, None, &[("cookie", world.admin.cookie())]).await;
    assert_eq!(page.status.as_u16(), 200, "{path}: {}", page.text);
    let said = page.text.split("Reached ").skip(1);
    said.map(|rest| rest.split('<').next().unwrap_or_default().to_owned()).collect()
}

/// The first day of the stretch that still goes on: falling back and getting there again begins a new one.
async fn an_achieved_okr_says_since_when(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let (app, day) = (&world.app, TimeDelta::days(1));
    let site = app.jira(dialect).await;
    site.add_project("DOC", "Documents").expect("a project");
    let issue = site.create(IssueDraft::new("DOC", "Story").status("To Do")).expect("an issue");
    let become_ = |status: &str| site.edit(issue).expect("the issue").transition(status).expect("a status");
    let connection = app.connect(&site).await;
    let objective = app.key_result(json!({"kind": "objective", "title": "Answer every question"})).await;
    let measured = app.key_result(json!({"title": "Write articles", "parent_id": objective})).await;
    let by_hand = app
        .key_result(json!({"title": "Train people", "parent_id": objective,
        "measure": {"kind": "kpi", "unit": "people", "start": "0", "target": "60"}}))
        .await;
    app.link(&measured, &connection, "project = DOC", json!({})).await;
    let check_in = async |value: &str| {
        let body = json!({"value": value, "note": "counted"});
        app.admin.post(&format!("/okrs/{by_hand}/check-ins"), &body).await.expect(201);
    };
    let page = format!("/okrs/{measured}");
    assert!(reached(&world, &world.nobody, &page).await.is_empty(), "on the 20th nothing is done");

    app.pass_time(day).await;
    become_("Done");
    app.refresh(&measured).await;
    app.pass_time(day).await;
    assert_eq!(reached(&world, &world.nobody, &page).await, ["21 Nov"], "also on the day after");
    become_("To Do");
    app.refresh(&measured).await;
    assert!(reached(&world, &world.nobody, &page).await.is_empty(), "it fell back");
    app.pass_time(day).await;
    become_("Done");
    app.refresh(&measured).await;
    check_in("30").await;
    app.pass_time(day).await;
    check_in("60").await;
    app.pass_time(day).await;
    check_in("61").await;
    assert_eq!(reached(&world, &world.nobody, &page).await, ["23 Nov"], "the stretch that goes on");
    assert_eq!(reached(&world, &world.nobody, &format!("/okrs/{by_hand}")).await, ["24 Nov"]);
    // The objective got there with the last of them.
    let all = ["24 Nov", "23 Nov", "24 Nov"];
    assert_eq!(reached(&world, &world.nobody, "/").await, all, "the board has each in its row");
    // Another process knows nothing by heart.
    let twin = app.twin(&database).await;
    assert_eq!(reached(&world, &world.nobody.at(&twin.base), "/").await, all);
}

journey!(an_achieved_okr_says_since_when, crossed);
