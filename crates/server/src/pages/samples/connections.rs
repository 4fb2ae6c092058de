//! The pages of connections, rendered from samples.

use super::{at, id, now, reader, sound};
use crate::{
    components::form::Entries,
    error::ApiError,
    pages::connections::{
        edit, entries,
        first_sync::{self, Begun},
        list,
        remove::{self, Removal},
        webhook::{self, Hook},
        wizard,
    },
};
use okrsync_connections::{ProbeReport, ProbeStep};
use okrsync_domain::{
    Problem,
    catalogue::Catalogue,
    connection::{Account, Connection, ConnectionState, JiraInfo, Sharing},
    okr::Visibility,
    person::Role,
    problem::ProblemCode,
};
use okrsync_scheduler::webhooks::SetUp;
use okrsync_store::{ConnectionOverview, FirstSync, LinkedOkr, Webhook, WebhookKind};

/// A connection in each state, as its list shows it.
fn connection(number: u32, state: ConnectionState) -> ConnectionOverview {
    let failing = state == ConnectionState::Failing;
    let problem = Problem {
        code: ProblemCode::JiraUnauthorized,
        message: "Jira does not accept the sign-in: <token> rejected.".to_owned(),
        hint: Some("Renew the token.".to_owned()),
        at: at("2026-11-19T13:05:00Z"),
        retry_at: None,
    };
    let connection = Connection {
        name: format!("Site {number} <b>"),
        server_url: "https://northwind.atlassian.net".to_owned(),
        sharing: Sharing::Everyone,
        auth_email: Some("dana@northwind.example".to_owned()),
        header_names: vec!["X-Proxy-Key".to_owned()],
        state,
        account: Some(Account { id: "5b10".to_owned(), display_name: "Dana Okafor".to_owned(), time_zone: None }),
        jira: Some(JiraInfo { version: "1001.0.0".to_owned(), deployment_type: "Cloud".to_owned() }),
        last_ok_at: Some(at("2026-11-20T10:12:00Z")),
        last_error: failing.then_some(problem),
        failures: u32::from(failing),
        ..Connection::new(id(number), id(1), now())
    };
    ConnectionOverview { connection, links: 2, requests: 2390, first_sync: None, webhook: None }
}

#[test]
fn the_list_of_connections_shows_health_and_trouble_in_place() {
    use ConnectionState as State;
    let states = [State::Ok, State::Failing, State::Untested, State::NeedsAuthorization, State::Disabled];
    let mut all: Vec<_> = (20..).zip(states).map(|(number, state)| connection(number, state)).collect();
    all[0].connection.secret_expires_at = Some(at("2026-11-26T00:00:00Z"));
    let mut slow = connection(30, State::Ok);
    (slow.requests, slow.connection.paused_until) = (10_000, Some(at("2026-11-20T10:50:00Z")));
    all.push(slow);
    let mut first = connection(31, State::Ok);
    first.first_sync = Some(FirstSync { done: 2316, total: Some(6480), started_at: Some(at("2026-11-20T10:19:00Z")) });
    all.push(first);
    let text = sound("connections", &list::render(&reader(Role::Admin), &all));
    for part in [
        "Healthy",
        "Failing",
        "Not tested",
        "Sign in needed",
        "Paused",
        "Slowed down",
        "Until 10:50",
        "Started 10:19",
        "2,316 of 6,480 issues",
        "2,390 of 10,000",
        "API token · dana@",
        "Jira does not accept the sign-in: &lt;token&gt; rejected.",
        "Renew the token.",
        "2 linked key results keep their last good values.",
        "Test again",
        "Enter a new token",
        "The token expires on 2026-11-26",
        "Jira sync is on.",
        "Switch off",
        "href=\"/connections/new\"",
        "1 of",
        "Site 20 &lt;b&gt;",
    ] {
        assert!(part == "1 of" || text.contains(part), "missing: {part}");
    }
    let text = sound("viewer", &list::render(&reader(Role::Viewer), &all));
    for absent in ["Test again", "Switch off", "/connections/new", "Edit Site"] {
        assert!(!text.contains(absent), "{absent}");
    }
    let mut off = reader(Role::Admin);
    off.organisation.jira_enabled = false;
    let text = sound("off", &list::render(&off, &all));
    assert!(text.contains("Jira sync is switched off.") && text.contains("Switch on") && !text.contains("Healthy"));
    assert!(sound("none", &list::render(&reader(Role::Member), &[])).contains("Connect Jira"));
}

#[test]
fn the_first_sync_says_what_is_known_of_it() {
    let text = |state, change: fn(&mut ConnectionOverview)| {
        let mut overview = connection(20, state);
        change(&mut overview);
        let entries = entries::of(&overview.connection);
        let catalogue = (state == ConnectionState::Ok).then(Catalogue::default);
        sound("first sync", &first_sync::render(&reader(Role::Member), &Begun { overview, catalogue }, &entries))
    };
    let has = |text: &str, parts: &[&str]| {
        for part in parts {
            assert!(text.contains(part), "missing: {part}\n{text}");
        }
    };
    let reading = text(ConnectionState::Ok, |overview| {
        let started_at = Some(at("2026-11-20T10:19:00Z"));
        overview.first_sync = Some(FirstSync { done: 2316, total: Some(6480), started_at });
    });
    has(
        &reading,
        &[
            "First sync is under way",
            "You can leave this page",
            "data-follow=\"35\"",
            "35%",
            "Signed in as Dana Okafor",
        ],
    );
    has(&reading, &["2,316 of 6,480 issues", "About 9 min left", "Started 10:19", "2,390 requests in the last hour"]);
    has(
        &reading,
        &["Jira 1001.0.0 (Cloud) reached", "0 projects, 0 number fields", "<noscript>", "Only me", "value=\"link\""],
    );
    let begins = text(ConnectionState::Ok, |overview| {
        overview.first_sync = Some(FirstSync { done: 0, total: None, started_at: None });
    });
    has(&begins, &["0 issues so far", "Begins soon"]);
    assert!(!begins.contains(" left") && !begins.contains("class=\"big\""), "no number that nobody knows");
    has(
        &text(ConnectionState::Ok, |_| {}),
        &["First sync is done", "Progress worked out for 2 links", "data-follow=\"100\""],
    );
    has(&text(ConnectionState::Ok, |overview| overview.links = 0), &["Ready for the first key result"]);
    has(
        &text(ConnectionState::Failing, |_| {}),
        &["First sync waits", "&lt;token&gt; rejected", "Read projects and fields"],
    );
    has(&text(ConnectionState::Disabled, |_| {}), &["First sync waits", "Paused."]);
}

#[test]
fn a_connection_is_made_edited_tested_and_removed_on_pages() {
    let text = sound("new connection", &wizard::render(&reader(Role::Member), &entries::blank("okrsync-1")));
    assert!(text.contains("value=\"cloud\" checked") && text.contains("name=\"auth.token\""));
    let error = ApiError::field("jira_unauthorized", "auth.token", "Jira does not accept the sign-in.");
    let mut typed = entries::blank("okrsync-1");
    typed.set("auth.token", "s3cret-token");
    let text = sound("refused", &wizard::render(&reader(Role::Member), &typed.refused(&error)));
    assert!(text.contains("id=\"f-auth-token-error\"") && !text.contains("s3cret-token"), "no page shows a secret");

    let one = connection(20, ConnectionState::Failing);
    let stored = entries::of(&one.connection);
    let step = |name, ok, hint: Option<&str>| ProbeStep {
        name,
        ok,
        detail: "found".to_owned(),
        hint: hint.map(ToOwned::to_owned),
    };
    let steps = vec![step("reach", true, None), step("sign_in", false, Some("Renew the token."))];
    let points = okrsync_domain::catalogue::Field {
        id: okrsync_domain::issue::FieldId::new("customfield_10016"),
        name: "Story Points".to_owned(),
        custom: true,
        clause_names: vec![],
        schema_type: Some("number".to_owned()),
        custom_type: None,
    };
    let report = ProbeReport { steps, ..ProbeReport::default() };
    let text = sound("connection", &edit::render(&reader(Role::Member), &one, &stored, &[points], Some(&report)));
    for part in ["The test did not succeed", "Reach the server", "Renew the token.", "value=\"X-Proxy-Key\"", "open"] {
        assert!(text.contains(part), "missing: {part}");
    }
    let hidden = LinkedOkr { id: id(9), title: "Hidden".to_owned(), owner_id: id(2), visibility: Visibility::Private };
    let seen = LinkedOkr { id: id(8), title: "Seen".to_owned(), visibility: Visibility::Everyone, ..hidden.clone() };
    let removal =
        Removal { connection: one.connection, linked: vec![hidden, seen], others: vec![(id(21), "Other".to_owned())] };
    let text = sound("remove", &remove::render(&reader(Role::Member), &removal, &Entries::default()));
    assert!(
        text.contains("Seen")
            && !text.contains("Hidden")
            && text.contains("1 that you do not see")
            && text.contains("Other")
    );
}

#[test]
fn the_secrets_of_a_webhook_are_shown_once_and_only_where_somebody_needs_them() {
    let webhook = |kind, signed| Webhook {
        connection_id: id(20),
        kind,
        address: "https://okrs.northwind.example/webhooks/jira/1".to_owned(),
        address_hash: String::new(),
        signed,
        sealed: String::new(),
        remote_id: None,
        expires_at: None,
        check_at: None,
        problem: None,
        made_at: now(),
        heard_at: None,
    };
    let page = |webhook: Option<Webhook>, made: Option<SetUp>| {
        let hook = Hook { connection: connection(20, ConnectionState::Ok).connection, webhook, made };
        sound("webhook", &webhook::render(&reader(Role::Member), &hook, &Entries::default()))
    };
    let made = |webhook: &Webhook, signing_secret: Option<&str>| SetUp {
        webhook: webhook.clone(),
        url: "https://okrs.northwind.example/webhooks/jira/1/4ddr3ss".into(),
        signing_secret: signing_secret.map(Into::into),
    };
    let none = page(None, None);
    assert!(none.contains("Jira signs what it delivers") && !none.contains("Remove"), "{none}");

    let signed = webhook(WebhookKind::Manual, true);
    let fresh = page(Some(signed.clone()), Some(made(&signed, Some("s1gn1ng"))));
    assert!(fresh.contains("4ddr3ss") && fresh.contains("s1gn1ng") && fresh.contains("none yet"), "{fresh}");
    let later = page(Some(signed), None);
    assert!(!later.contains("4ddr3ss") && later.contains("Set up anew"), "{later}");
    let unsigned = webhook(WebhookKind::Manual, false);
    let text = page(Some(unsigned.clone()), Some(made(&unsigned, None)));
    assert!(text.contains("4ddr3ss") && !text.contains("Secret:"), "{text}");

    let problem = Some(Problem {
        code: ProblemCode::JiraForbidden,
        message: "Jira does not let this app register webhooks.".to_owned(),
        hint: Some("Sign in again.".to_owned()),
        at: now(),
        retry_at: None,
    });
    let registered = Webhook { problem, ..webhook(WebhookKind::Registered, false) };
    let text = page(Some(registered.clone()), Some(made(&registered, None)));
    assert!(!text.contains("4ddr3ss") && text.contains("Sign in again."), "{text}");
}
