//! Samples of the pages about people: first run, reset, people, account, audit log, organisation.

use super::{id, now, reader, sound, user};
use crate::{
    api::sessions::SessionView,
    components::{form::Entries, shell::Theme},
    error::ApiError,
    pages::{account, audit, organisation, people, reset, setup},
};
use okrsync_domain::{
    audit::{Actor, Entry, Note, Subject, Via},
    person::{Role, Scope, Token, User},
};
use okrsync_store::{Cursor, Slice};
use serde_json::json;

#[test]
fn the_first_run_asks_for_the_code_and_shows_the_server() {
    let check = setup::Check { name: "Public address", text: "Not set", found: "http://x".to_owned(), good: false };
    let error = ApiError::field("invalid_code", "code", "The code is not right, or no longer.");
    let entries = Entries::new([("name", "<Dana>".to_owned())]).refused(&error);
    let text = sound("setup", &setup::render(&entries, &[check], Theme::Light));
    for part in ["name=\"code\"", "f-code-error", "&lt;Dana&gt;", "Public address", "new-password"] {
        assert!(text.contains(part), "missing: {part}");
    }
    let text =
        sound("reset", &reset::render(&user(Role::Viewer), &"secret-code".into(), &Entries::default(), Theme::Dark));
    assert!(text.contains("value=\"secret-code\"") && text.contains("action=\"/reset\""));
}

#[test]
fn admins_change_people_and_others_look() {
    let gone = User { active: false, name: "<b>Kenji</b>".to_owned(), id: id(2), ..user(Role::Member) };
    let everybody = [user(Role::Admin), gone.clone()];
    let text = sound("people", &people::render(&reader(Role::Admin), &everybody));
    for part in ["/people/new", "&lt;b&gt;Kenji&lt;/b&gt;", "Deactivated", "/audit", "aria-current=\"page\""] {
        assert!(text.contains(part), "missing: {part}");
    }
    let text = sound("people for a viewer", &people::render(&reader(Role::Viewer), &everybody));
    assert!(!text.contains("/people/new") && !text.contains("/audit"), "no links that would be refused");
    let entries = Entries::new([("role", "member".to_owned()), ("active", "true".to_owned())]);
    let text = sound("a person", &people::render_edit(&reader(Role::Admin), &gone, &entries));
    assert!(text.contains("reset-link") && text.contains("token-of-the-session"));
    sound("a new person", &people::render_new(&reader(Role::Admin), &entries));
    let link = people::render_link(&reader(Role::Admin), &gone, "https://okrs.example/reset?code=abc");
    assert!(sound("a link", &link).contains("reset?code=abc"));
}

#[test]
fn an_account_shows_its_sessions_and_tokens() {
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned();
    let session = |number, current| SessionView {
        id: id(number),
        began_at: now(),
        seen_at: now(),
        agent: agent.clone(),
        current,
    };
    let token = Token {
        id: id(90),
        user_id: id(1),
        name: "laptop".to_owned(),
        scope: Scope::Write,
        created_at: now(),
        expires_on: Some("2026-12-31".parse().unwrap()),
        last_used_at: None,
    };
    let shown = account::Account {
        sessions: vec![session(81, true), session(82, false)],
        tokens: vec![token],
        made: Some("okr_once".to_owned()),
        refused: None,
    };
    let text = sound("account", &account::render(&reader(Role::Member), &shown));
    for part in ["Firefox", "This one", "00000000000000000000000082/end", "okr_once", "31 Dec", "never", "Write"] {
        assert!(text.contains(part), "missing: {part}");
    }
    assert!(!text.contains("00000000000000000000000081/end"), "nobody ends the session they are in by mistake");
}

#[test]
fn the_audit_log_says_who_changed_what() {
    let note = Note {
        at: now(),
        actor: Actor { user_id: Some(id(1)), name: "Dana <admin>".to_owned(), via: Via::Token },
        action: "okr.change".to_owned(),
        subject: Subject::new("okr", &"10", "Ship & test"),
        before: Some(json!({"title": "a"})),
        after: Some(json!({"title": "b".repeat(100), "share": null})),
    };
    let next = Some(Cursor { at: now(), id: "01".to_owned() });
    let entries = Slice { items: vec![Entry { id: id(70), note }], next };
    let page = audit::render(&reader(Role::Admin), &audit::Asked::default(), &entries, &[user(Role::Admin)]);
    let text = sound("audit", &page);
    for part in ["Dana &lt;admin&gt;", "by token", "2 fields", "Ship &amp; test", "Older entries", "format=csv", "bbb…"]
    {
        assert!(text.contains(part), "missing: {part}");
    }
    let nothing =
        audit::render(&reader(Role::Admin), &audit::Asked::default(), &Slice { items: vec![], next: None }, &[]);
    assert!(sound("no entries", &nothing).contains("Nothing was changed"));
}

#[test]
fn the_organisation_has_a_form() {
    let entries = Entries::new([("name", "Northwind".to_owned()), ("gap_reading", "points".to_owned())]);
    let text = sound("organisation", &organisation::render(&reader(Role::Admin), &entries));
    assert!(text.contains("value=\"Northwind\"") && text.contains("Percentage points"));
}
