//! A period begins with the objectives and key results of an earlier one.

use crate::{
    forms::send,
    samples::{Person, World},
};
use okrsync_domain::person::Role;
use okrsync_jira_sim::Dialect;
use okrsync_tests::{app::text, clients::Answer, databases::TestDatabase, journey};
use reqwest::Method;
use serde_json::{Value, json};

async fn page(world: &World, who: &Person, path: &str) -> Answer {
    world.nobody.send(Method::GET, path, None, &[("cookie", who.cookie())]).await
}

async fn copy(world: &World, who: &Person, period: &str, mark: &str) -> Answer {
    send(world, who, "/okrs/copy", &[("period", period), ("once", mark)]).await
}

/// What is in a period, by title.
async fn between(world: &World, before: &str, after: &str) -> Vec<Value> {
    let path = format!("/okrs?starts_before={before}&due_after={after}&limit=200");
    let mut items = world.app.admin.get(&path).await.expect(200)["items"].as_array().expect("a list").clone();
    items.sort_by_key(|okr| text(&okr["title"]));
    items
}

/// An objective with a fixed share on a KPI, a linked key result and a private one, and an objective of the member's.
async fn fourth_quarter(world: &World, member: &Person) {
    let app = &world.app;
    let ship = app
        .key_result(json!({"kind": "objective", "title": "Ship it", "description": "All of it", "team": "Apps"}))
        .await;
    let linked = app.key_result(json!({"title": "Read the backlog", "parent_id": ship, "visibility": "private"})).await;
    let kpi = json!({"kind": "kpi", "name": "Sites", "unit": "sites", "start": "3", "target": "8"});
    let sites = app.key_result(json!({"title": "Open sites", "parent_id": ship, "share": "60", "measure": kpi})).await;
    let check_in = json!({"value": "5", "note": "two more"});
    app.admin.post(&format!("/okrs/{sites}/check-ins"), &check_in).await.expect(201);
    let connection = text(&app.admin.get("/connections").await.expect(200)["items"][0]["id"]);
    app.link(&linked, &connection, "project = AE", json!({})).await;
    app.key_result(json!({"kind": "objective", "title": "Theirs", "owner_id": member.id})).await;
}

async fn a_quarter_begins_with_the_last_one(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let member = world.person("member@northwind.example", Role::Member).await;
    let viewer = world.person("viewer@northwind.example", Role::Viewer).await;
    fourth_quarter(&world, &member).await;
    let empty = page(&world, &world.admin, "/?period=2027-Q1").await.text;
    assert!(empty.contains("/okrs/copy?period=2027-Q1") && empty.contains("copy the objectives of Q4 2026"), "{empty}");
    let shown = page(&world, &world.admin, "/okrs/copy?period=2027-Q1").await.text;
    for part in ["Copy Q4 2026 into Q1 2027?", "Ship it", "3 → 8 sites", "Links to Jira are not copied"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }

    let noted = world.noted().await;
    let admin = &world.admin;
    let (first, second) = tokio::join!(copy(&world, admin, "2027-Q1", "m1"), copy(&world, admin, "2027-Q1", "m1"));
    for answer in [&first, &second] {
        assert_eq!((answer.status.as_u16(), &answer.headers["location"]), (303, &first.headers["location"]));
    }
    let okrs = between(&world, "2027-01-02", "2027-03-30").await;
    let titles: Vec<&str> = okrs.iter().filter_map(|okr| okr["title"].as_str()).collect();
    assert_eq!(titles, ["Fix 20 bugs", "Open sites", "Read the backlog", "Ship it", "Theirs"], "each once");
    assert_eq!(world.noted().await - noted, 5, "each is an entry of its own in the log");
    let [_, sites, backlog, ship, theirs] = &okrs[..] else { panic!("five") };
    assert_eq!((&ship["starts_on"], &ship["due_on"]), (&json!("2027-01-01"), &json!("2027-03-31")));
    assert_eq!((&ship["description"], &ship["team"]), (&json!("All of it"), &json!("Apps")));
    assert_eq!((&sites["parent_id"], &backlog["parent_id"]), (&ship["id"], &ship["id"]), "below the copy");
    assert_eq!(sites["measure"], json!({"kind": "kpi", "name": "Sites", "unit": "sites", "start": "3", "target": "8"}));
    assert_eq!((&sites["share"], &sites["value"]), (&json!("60"), &Value::Null), "no number comes along");
    let kept = (&backlog["progress_mode"], &backlog["link"], &backlog["visibility"]);
    assert_eq!(kept, (&json!("manual"), &Value::Null, &json!("private")));
    assert_eq!(theirs["owner_id"], json!(member.id));
    let again = copy(&world, admin, "2027-Q1", "m2").await;
    assert_eq!(again.status.as_u16(), 409, "{}", again.text);
    assert!(again.text.contains("There is nothing to copy into Q1 2027"), "{}", again.text);
    assert_eq!(between(&world, "2027-01-02", "2027-03-30").await.len(), 5);

    assert_eq!(copy(&world, &viewer, "2027-Q2", "v").await.status.as_u16(), 403);
    assert!(!page(&world, &viewer, "/?period=2027-Q2").await.text.contains("/okrs/copy"));
}

/// A member copies what is theirs; two people at once fill a period once.
async fn a_period_is_filled_once_and_by_who_may(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let member = world.person("member@northwind.example", Role::Member).await;
    fourth_quarter(&world, &member).await;
    let shown = page(&world, &member, "/okrs/copy?period=2027-Q2").await.text;
    assert!(shown.contains("Theirs") && shown.contains("3 more belong to other people"), "{shown}");
    assert!(!shown.contains("Ship it") && !shown.contains("Read the backlog"), "{shown}");

    let other = world.person("other@northwind.example", Role::Admin).await;
    let (one, two) = tokio::join!(copy(&world, &world.admin, "2027-Q1", "one"), copy(&world, &other, "2027-Q1", "two"));
    let mut outcomes = [one.status.as_u16(), two.status.as_u16()];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [303, 409], "{}\n{}", one.text, two.text);
    assert_eq!(between(&world, "2027-01-02", "2027-03-30").await.len(), 5, "each once");

    assert_eq!(copy(&world, &member, "2027-Q2", "three").await.status.as_u16(), 303);
    let okrs = between(&world, "2027-04-02", "2027-06-29").await;
    assert_eq!((okrs.len(), &okrs[0]["title"]), (1, &json!("Theirs")), "{okrs:?}");
}

journey!(a_quarter_begins_with_the_last_one, one dialect);
journey!(a_period_is_filled_once_and_by_who_may, one dialect);
