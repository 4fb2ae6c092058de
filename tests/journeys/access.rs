//! Who may what, over HTTP: every role, owner or not, shared or private, against every endpoint there is.

use crate::samples::{Person, Things, World};
use okrsync_domain::person::Role;
use okrsync_jira_sim::Dialect;
use okrsync_server::access::{Effect, RULES, Rule, Who};
use okrsync_tests::{
    app::{TestApp, text},
    clients::Answer,
    databases::TestDatabase,
    journey,
};
use serde_json::json;
use std::fmt::Write as _;

/// What an endpoint does with somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It lets them in.
    A,
    /// It does not know them: 401, or off to the sign-in.
    U,
    /// It knows them and refuses: 403.
    F,
    /// They may not know of the thing: 404.
    H,
}

/// Verdicts for nobody, a viewer, a member and an admin who own nothing, and for a member and a viewer who own the thing.
type Row = [Verdict; 6];

/// What must come out, shared and private. Written by hand, beside the code that decides.
fn expected(who: Who) -> (Row, Option<Row>) {
    use Verdict::{A, F, H, U};
    match who {
        Who::Anyone => ([A, A, A, A, A, A], None),
        Who::SignedIn => ([U, A, A, A, A, A], None),
        Who::Writers => ([U, F, A, A, A, F], None),
        Who::Admins => ([U, F, F, A, F, F], None),
        Who::OkrReaders | Who::ConnectionReaders => ([U, A, A, A, A, A], Some([U, H, H, A, A, A])),
        Who::OkrRefreshers | Who::ConnectionUsers => ([U, F, A, A, A, F], Some([U, H, H, A, A, F])),
        Who::OkrEditors | Who::ConnectionEditors => ([U, F, F, A, A, F], Some([U, H, H, A, A, F])),
        Who::Person => ([U, F, F, A, A, A], None),
        Who::Holder => ([U, H, H, H, A, A], None),
    }
}

fn verdict(rule: &Rule, answer: &Answer) -> Verdict {
    let to_sign_in = answer.headers.get("location").is_some_and(|to| to.as_bytes().starts_with(b"/sign-in"));
    let is_page = !rule.path.starts_with("/api/");
    match answer.status.as_u16() {
        401 => Verdict::U,
        // what is open to everybody may have nothing to give: a first run that is over, single sign-on that is not set up
        303 | 404 if rule.who == Who::Anyone => Verdict::A,
        303 if to_sign_in && rule.path != "/sign-out" => Verdict::U,
        303 if to_sign_in && answer.headers.get("set-cookie").is_none() => Verdict::U,
        403 => Verdict::F,
        404 if is_page || answer.json["code"] == "not_found" => Verdict::H,
        500.. if answer.status.as_u16() != 502 => panic!("{} {}: {}", rule.method, rule.path, answer.text),
        _ => Verdict::A,
    }
}

async fn the_matrix_holds(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let viewer = world.person("viewer@northwind.example", Role::Viewer).await;
    let member = world.person("member@northwind.example", Role::Member).await;
    let owner = world.person("owner@northwind.example", Role::Member).await;
    let reader = world.person("reader@northwind.example", Role::Viewer).await;
    let people = [None, Some(&viewer), Some(&member), Some(&world.admin), Some(&owner), Some(&reader)];
    // those who are let in and change something get things of their own
    let standing = [
        [world.things(&owner, false).await, world.things(&owner, true).await],
        [world.things(&reader, false).await, world.things(&reader, true).await],
    ];
    let mut wrong = String::new();
    for rule in RULES {
        let (shared, private) = expected(rule.who);
        for (is_shared, row) in [(true, Some(shared)), (false, private)] {
            let Some(row) = row else { continue };
            for (number, who) in people.iter().enumerate() {
                let owner = if number == 5 { &reader } else { &owner };
                let standing = &standing[usize::from(number == 5)][usize::from(is_shared)];
                let found = if rule.effect == Effect::Changes && row[number] == Verdict::A {
                    try_out(&world, rule, *who, &world.things(owner, is_shared).await).await
                } else {
                    try_out(&world, rule, *who, standing).await
                };
                if found != row[number] {
                    let name = who.map_or("nobody", |person| &person.email);
                    let thing = if is_shared { "shared" } else { "private" };
                    let (method, path) = (rule.method, rule.path);
                    writeln!(wrong, "{method} {path} ({thing}) by {name}: {found:?}, not {:?}", row[number])
                        .expect("text");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

async fn try_out(world: &World, rule: &Rule, who: Option<&Person>, things: &Things) -> Verdict {
    let answer = world.ask(rule, who, things).await;
    if rule.path.ends_with("/integrations/jira") {
        world.app.admin.patch("/integrations/jira", &json!({"enabled": true})).await.expect(200);
    }
    verdict(rule, &answer)
}

/// A foreign page may make a browser send a form with its cookie, but does not know the session's token.
async fn no_form_works_without_its_token(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let things = world.things(&world.admin, true).await;
    let forms = RULES.iter().filter(|rule| rule.method == "POST" && !rule.path.starts_with("/api/"));
    for rule in forms.filter(|rule| rule.who != Who::Anyone) {
        let answer = world.forge(rule, &things).await;
        // refused, or shown again to be sent from our own page
        assert!([403, 409].contains(&answer.status.as_u16()), "{}: {}", rule.path, answer.text);
    }
}

/// A token reaches as far as its scope, never further than its owner, and makes no stronger one.
async fn tokens_reach_as_far_as_their_scope(database: TestDatabase, dialect: Dialect) {
    let world = World::start(&database, dialect).await;
    let token = async |body| {
        let made = world.app.admin.post("/tokens", &body).await.expect(201);
        world.app.admin.with_token(made["token"].as_str())
    };
    let reading = token(json!({"name": "r", "scope": "read"})).await;
    let things = world.things(&world.admin, true).await;
    for rule in RULES.iter().filter(|rule| rule.path.starts_with("/api/") && rule.who != Who::Anyone) {
        let person = world.admin.with_token(reading.clone());
        let answer = world.ask(rule, Some(&person), &things).await;
        if rule.effect == Effect::Reads {
            assert_ne!(answer.json["code"], "token_scope", "{} {}", rule.method, rule.path);
        } else {
            assert_eq!(answer.json["code"], "token_scope", "{} {}: {}", rule.method, rule.path, answer.text);
        }
    }
    assert_eq!(reading.get("/me").await.expect(200)["role"], "admin");
    reading.get("/audit").await.problem(403, "forbidden");
    let writing = token(json!({"name": "w", "scope": "write", "expires_on": "2026-12-01"})).await;
    writing.patch("/organisation", &json!({"name": "x"})).await.problem(403, "forbidden");
    let later = json!({"name": "x", "expires_on": "2026-12-02"});
    for stronger in [json!({"name": "x", "scope": "admin", "expires_on": "2026-12-01"}), json!({"name": "x"}), later] {
        writing.post("/tokens", &stronger).await.problem(403, "forbidden");
    }
    writing.post("/tokens", &json!({"name": "x", "expires_on": "2026-11-30"})).await.expect(201);
}

/// What lies below something private does not tell of it, and an edit by somebody who does not see it leaves it there.
async fn a_private_parent_is_not_told(database: TestDatabase, _: Dialect) {
    let app = TestApp::start(&database).await;
    let hidden = json!({"kind": "objective", "title": "Merge", "visibility": "private"});
    let hidden = app.key_result(hidden).await;
    let member = app.person("mona@northwind.example", Role::Member).await;
    let me = text(&member.get("/me").await.expect(200)["id"]);
    let below = app.key_result(json!({"parent_id": hidden, "owner_id": me})).await;
    let path = format!("/okrs/{below}");
    assert_eq!(app.okr(&below).await["parent_id"], hidden.as_str());

    let seen = member.get(&path).await.expect(200);
    let listed = member.get("/okrs").await.expect(200)["items"].clone();
    for view in [&seen, &listed[0]] {
        assert_eq!(view["id"], below.as_str());
        assert!(view.get("parent_id").is_none(), "{view}");
    }
    let edited = member.patch(&path, &json!({"title": "Read the contracts"})).await.expect(200);
    assert!(!edited.to_string().contains(&hidden), "{edited}");
    let after = app.okr(&below).await;
    assert_eq!((&after["title"], &after["parent_id"]), (&json!("Read the contracts"), &json!(hidden)));
    let top = app.key_result(json!({})).await;
    assert!(member.get(&format!("/okrs/{top}")).await.expect(200)["parent_id"].is_null(), "there is none");
}

journey!(the_matrix_holds, one dialect);
journey!(a_private_parent_is_not_told, one dialect);
journey!(no_form_works_without_its_token, one dialect);
journey!(tokens_reach_as_far_as_their_scope, one dialect);
