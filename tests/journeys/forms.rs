//! Forms over HTTP as a browser sends them: twice, too late, after somebody else.

use crate::samples::{Person, World};
use okrsync_domain::person::Role;
use okrsync_jira_sim::Dialect;
use okrsync_tests::{app::PASSWORD, clients::Answer, databases::TestDatabase, journey};
use reqwest::Method;
use serde_json::json;

/// Sends a form with the browser of somebody.
pub(crate) async fn send(world: &World, who: &Person, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut pairs: Vec<(&str, &str)> = fields.to_vec();
    pairs.push(("csrf", who.csrf()));
    let body: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", crate::samples::encode(value))).collect();
    let body = Some(("application/x-www-form-urlencoded", body.join("&").into_bytes()));
    world.nobody.send(Method::POST, path, body, &[("cookie", who.cookie())]).await
}

const OBJECTIVE: [(&str, &str); 4] =
    [("kind", "objective"), ("title", "Ship fleet updates"), ("period", "2026-Q4"), ("once", "mark-1")];

async fn a_form_sent_twice_is_carried_out_once(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let admin = &world.admin;
    let (first, second) =
        tokio::join!(send(&world, admin, "/okrs", &OBJECTIVE), send(&world, admin, "/okrs", &OBJECTIVE));
    let third = send(&world, admin, "/okrs", &OBJECTIVE).await;
    for answer in [&first, &second, &third] {
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
        assert_eq!(answer.headers["location"], first.headers["location"], "all lead to the same one");
    }
    let known = world.app.admin.get("/okrs?q=fleet").await.expect(200);
    assert_eq!(known["items"].as_array().map(Vec::len), Some(1), "{known}");
    // Other words with the same mark are meant anew: somebody went back and wrote another one.
    let mut other = OBJECTIVE;
    other[1].1 = "Make the fleet safe";
    assert_ne!(send(&world, admin, "/okrs", &other).await.headers["location"], first.headers["location"]);
    let page = world.nobody.send(Method::GET, "/", None, &[("cookie", admin.cookie())]).await;
    assert!(page.text.contains("is written down"), "said once");
    let page = world.nobody.send(Method::GET, "/", None, &[("cookie", admin.cookie())]).await;
    assert!(!page.text.contains("is written down"), "and not again");
}

async fn what_is_refused_is_kept(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let fields = [
        ("kind", "key_result"),
        ("title", "Cut <P1> backlog"),
        ("period", "other"),
        ("starts_on", "2026-12-31"),
        ("due_on", "2026-10-01"),
        ("measure.kind", "kpi"),
        ("measure.start", "48"),
        ("measure.target", "eight"),
    ];
    let answer = send(&world, &world.admin, "/okrs", &fields).await;
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
    for part in ["Cut &lt;P1&gt; backlog", "value=\"48\"", "value=\"eight\"", "id=\"f-measure-target-error\""] {
        assert!(answer.text.contains(part), "{part}\n{}", answer.text);
    }
    let mut mended = fields;
    mended[7].1 = "8";
    let answer = send(&world, &world.admin, "/okrs", &mended).await;
    assert!(answer.text.contains("id=\"f-due_on-error\""), "{}", answer.text);
}

async fn a_form_outlives_its_session(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let answer = send(&world, &world.admin.without_session(), "/okrs", &OBJECTIVE).await;
    assert_eq!(answer.status.as_u16(), 401);
    assert!(
        answer.text.contains("what you entered is kept") && answer.text.contains("Ship+fleet+updates"),
        "{}",
        answer.text
    );
    let kept = [
        ("email", "admin@northwind.example"),
        ("password", PASSWORD),
        ("kept_path", "/okrs"),
        ("kept_body", "kind=objective&title=Ship+fleet+updates&period=2026-Q4&once=mark-1"),
    ];
    let answer = send(&world, &world.admin.without_session(), "/sign-in", &kept).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert!(
        answer.text.contains("Send it now") && answer.text.contains("value=\"Ship fleet updates\""),
        "{}",
        answer.text
    );
    assert_eq!(
        world.app.admin.get("/okrs?q=fleet").await.expect(200)["items"],
        json!([]),
        "nothing before the person says so"
    );
}

async fn an_edit_of_something_old_is_noticed(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let okr = world.app.key_result(json!({})).await;
    world.app.admin.patch(&format!("/okrs/{okr}"), &json!({"title": "Fix 30 bugs"})).await.expect(200);
    let fields = [("kind", "key_result"), ("title", "Fix 40 bugs"), ("period", "2026-Q4"), ("version", "0")];
    let answer = send(&world, &world.admin, &format!("/okrs/{okr}/edit"), &fields).await;
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
    assert!(answer.text.contains("Somebody else has changed the OKR") && answer.text.contains("Fix 40 bugs"));
    assert_eq!(world.app.okr(&okr).await["title"], "Fix 30 bugs");
}

/// Who edits what lies below something private to others leaves it there, unless another place is chosen.
async fn an_edit_leaves_an_unseen_parent_alone(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let mona = world.person("mona@northwind.example", Role::Member).await;
    let hidden = json!({"kind": "objective", "title": "Merge", "visibility": "private"});
    let hidden = world.app.key_result(hidden).await;
    let okr = world.app.key_result(json!({"parent_id": hidden, "owner_id": mona.id})).await;
    let page = world.nobody.send(Method::GET, &format!("/okrs/{okr}/edit"), None, &[("cookie", mona.cookie())]).await;
    let chosen = page.text.split("<option").find(|option| option.contains("selected") && option.contains("unseen"));
    assert!(chosen.is_some_and(|option| option.contains("private to others")), "{}", page.text);
    assert!(!page.text.contains(&hidden) && !page.text.contains("Merge"), "{}", page.text);

    let mut fields =
        [("kind", "key_result"), ("title", "Read contracts"), ("period", "2026-Q4"), ("parent_id", "unseen")];
    let answer = send(&world, &mona, &format!("/okrs/{okr}/edit"), &fields).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    let edited = world.app.okr(&okr).await;
    assert_eq!((&edited["title"], &edited["parent_id"]), (&json!("Read contracts"), &json!(hidden)));
    fields[3].1 = "";
    send(&world, &mona, &format!("/okrs/{okr}/edit"), &fields).await;
    assert!(world.app.okr(&okr).await["parent_id"].is_null(), "to the top");
}

journey!(a_form_sent_twice_is_carried_out_once, one dialect);
journey!(what_is_refused_is_kept, one dialect);
journey!(a_form_outlives_its_session, one dialect);
journey!(an_edit_of_something_old_is_noticed, one dialect);
journey!(an_edit_leaves_an_unseen_parent_alone, one dialect);
