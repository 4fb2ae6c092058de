//! Webhooks that okrsync registers itself: with OAuth 2.0 on Cloud, renewed before they end, removed with the connection's.

use chrono::TimeDelta;
use okrsync_jira_sim::{Dialect, Fault, IssueDraft, JiraSim};
use okrsync_tests::{
    app::{DEADLINE, TestApp, connection_body, text},
    consent::Oauth,
    databases::TestDatabase,
    journey, leaks, wait,
};
use serde_json::{Value, json};

/// What an app may ask for that may also register webhooks.
const SCOPES: &str = "read:jira-work read:jira-user offline_access manage:jira-webhook";

async fn signed_in(database: &TestDatabase) -> (TestApp, JiraSim, String) {
    let app = TestApp::start(database).await;
    let site = app.jira(Dialect::Cloud).await;
    site.add_project("AE", "Arm engineering").expect("a new project");
    site.create(IssueDraft::new("AE", "Story").label("told")).expect("an issue");
    app.clock.advance(TimeDelta::hours(3));
    let body = app.consent_body(&site, Oauth::Two);
    site.set_client_scopes(&text(&body["auth"]["client_id"]), SCOPES);
    let connection = text(&app.admin.post("/connections", &body).await.expect(201)["id"]);
    app.sign_in(&connection).await;
    (app, site, connection)
}

async fn webhook(app: &TestApp, connection: &str) -> Value {
    app.connection(connection).await["webhook"].clone()
}

/// Without the scope it says what to do; signing in again asks for it, and then it is registered, heard and renewed.
async fn a_webhook_is_registered_and_renewed(database: TestDatabase, _: Dialect) {
    let (app, site, connection) = signed_in(&database).await;
    let made = app.admin.post(&format!("/connections/{connection}/webhook"), &json!({})).await.expect(200);
    assert_eq!((&made["kind"], &made["signing_secret"]), (&json!("registered"), &Value::Null), "{made}");
    assert!(text(&made["last_error"]["hint"]).contains("manage:jira-webhook"), "{made}");
    assert!(site.webhooks().is_empty());
    let url = text(&made["url"]);
    leaks::watch(url.rsplit('/').next().expect("a secret"));

    app.sign_in(&connection).await;
    let seen = webhook(&app, &connection).await;
    assert_eq!(seen["last_error"], Value::Null, "{seen}");
    let hooks = site.webhooks();
    assert_eq!(
        (hooks.len(), hooks[0].url.as_str(), hooks[0].filter.as_deref()),
        (1, url.as_str(), Some("project IN (\"AE\")"))
    );
    let seen = webhook(&app, &connection).await;
    assert_eq!((&seen["last_error"], &seen["expires_at"]), (&Value::Null, &json!(hooks[0].expires)), "{seen}");

    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "labels = told", json!({})).await;
    site.edit(site.find("AE-1").expect("an issue")).expect("it").transition("Done").expect("done");
    wait::until("the number moves", DEADLINE, async || (app.readings(&okr).await[0]["completed"] == 1).then_some(()))
        .await
        .expect("in time");
    assert_eq!(site.deliveries().receipts()[0].status, 202, "signed by a token");

    // A new project belongs to the filter; the days are counted anew.
    site.add_project("HID", "Hidden treasures").expect("a new project");
    for _ in 0..8 {
        app.clock.advance(TimeDelta::days(5));
        let due = webhook(&app, &connection).await["expires_at"].clone();
        app.app.engine().wake();
        wait::until("it is renewed", DEADLINE, async || {
            (webhook(&app, &connection).await["expires_at"] != due).then_some(())
        })
        .await
        .expect("in time");
    }
    let hooks = site.webhooks();
    assert_eq!((hooks.len(), hooks[0].filter.as_deref()), (1, Some("project IN (\"AE\", \"HID\")")), "{hooks:?}");
    assert_eq!(hooks[0].expires, Some(app.clock.now() + TimeDelta::days(30)));

    // Somebody removes it in Jira: it comes back.
    site.remove_webhook(hooks[0].id);
    app.clock.advance(TimeDelta::hours(25));
    app.app.engine().wake();
    wait::until("it comes back", DEADLINE, async || (site.webhooks().len() == 1).then_some(())).await.expect("in time");

    // Set up anew, the old address goes from Jira, too.
    let again = app.admin.post(&format!("/connections/{connection}/webhook"), &json!({})).await.expect(200);
    leaks::watch(text(&again["url"]).rsplit('/').next().expect("a secret"));
    let urls: Vec<String> = site.webhooks().into_iter().map(|hook| hook.url).collect();
    assert_eq!(urls, [text(&again["url"])]);
    app.admin.delete(&format!("/connections/{connection}/webhook")).await.expect(204);
    assert!(site.webhooks().is_empty());
    assert_eq!(webhook(&app, &connection).await, Value::Null);
}

/// Nobody can sign in for the webhook of a connection that is gone: it goes from Jira with it.
async fn a_removed_connection_leaves_no_webhook(database: TestDatabase, _: Dialect) {
    let (app, site, connection) = signed_in(&database).await;
    app.admin.post(&format!("/connections/{connection}/webhook"), &json!({})).await.expect(200);
    app.sign_in(&connection).await;
    assert_eq!(site.webhooks().len(), 1);
    let okr = app.key_result(json!({})).await;
    app.link(&okr, &connection, "labels = told", json!({})).await;
    app.admin.delete(&format!("/connections/{connection}")).await.expect(409);
    assert_eq!(site.webhooks().len(), 1, "it is still in use");

    app.admin.delete(&format!("/okrs/{okr}")).await.expect(204);
    app.admin.delete(&format!("/connections/{connection}")).await.expect(204);
    assert!(site.webhooks().is_empty());
}

/// Another sign-in cannot look after what this one registered: Jira forgets it, and okrsync where nothing takes its place.
async fn a_changed_sign_in_leaves_no_webhook(database: TestDatabase, _: Dialect) {
    let (app, site, connection) = signed_in(&database).await;
    app.admin.post(&format!("/connections/{connection}/webhook"), &json!({})).await.expect(200);
    app.sign_in(&connection).await;
    assert_eq!(site.webhooks().len(), 1);
    let path = format!("/connections/{connection}");

    let other = app.consent_body(&site, Oauth::Two)["auth"].clone();
    site.set_client_scopes(&text(&other["client_id"]), SCOPES);
    app.admin.patch(&path, &json!({"auth": other})).await.expect(200);
    assert!(site.webhooks().is_empty(), "it was the other app's");
    assert!(webhook(&app, &connection).await.is_object(), "it waits for the new app's sign-in");
    app.sign_in(&connection).await;
    assert_eq!(site.webhooks().len(), 1);

    let token = connection_body(&site, &site.token(&site.account()))["auth"].clone();
    app.admin.patch(&path, &json!({"auth": token})).await.expect(200);
    assert!(site.webhooks().is_empty());
    assert_eq!(webhook(&app, &connection).await, Value::Null, "an administrator may set up another");
    let noted = app.admin.get("/audit?action=connection.remove_webhook").await.expect(200);
    assert_eq!(noted["items"].as_array().map(Vec::len), Some(1), "{noted}");
}

/// What Jira refuses to take back ends there by itself; the connection goes all the same.
async fn a_jira_that_refuses_keeps_no_connection(database: TestDatabase, _: Dialect) {
    let (app, site, connection) = signed_in(&database).await;
    app.admin.post(&format!("/connections/{connection}/webhook"), &json!({})).await.expect(200);
    app.sign_in(&connection).await;
    let refusal = site.faults().add(Fault::status(403).on_path("/webhook").forever());
    app.admin.delete(&format!("/connections/{connection}")).await.expect(204);
    assert!(site.faults().fired_by(refusal) > 0, "it was tried");
    assert_eq!(site.webhooks().len(), 1);
    app.admin.get(&format!("/connections/{connection}")).await.expect(404);
}

/// A delivery with a signature of an administrator's kind, or none, is nothing to a webhook of ours.
async fn a_token_is_the_only_proof(database: TestDatabase, _: Dialect) {
    let (app, site, connection) = signed_in(&database).await;
    let made = app.admin.post(&format!("/connections/{connection}/webhook?signed=false"), &json!({})).await.expect(200);
    leaks::watch(text(&made["url"]).rsplit('/').next().expect("a secret"));
    for secret in [None, Some("guess")] {
        site.add_webhook(&text(&made["url"]), secret, None).expect("a webhook");
    }
    site.create(IssueDraft::new("AE", "Story")).expect("an issue");
    let receipts = wait::until("both are answered", DEADLINE, async || {
        let receipts = site.deliveries().receipts();
        (receipts.len() == 2).then_some(receipts)
    });
    assert!(receipts.await.expect("in time").iter().all(|receipt| receipt.status == 401));
}

journey!(a_webhook_is_registered_and_renewed, one dialect);
journey!(a_removed_connection_leaves_no_webhook, one dialect);
journey!(a_jira_that_refuses_keeps_no_connection, one dialect);
journey!(a_changed_sign_in_leaves_no_webhook, one dialect);
journey!(a_token_is_the_only_proof, one dialect);
