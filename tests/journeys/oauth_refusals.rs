//! Signing in on Jira's consent page when something is wrong: nothing is believed, numbers stay, and the cure is told.

use crate::oauth::{Measured, site, token_requests};
use chrono::TimeDelta;
use okrsync_jira_sim::Dialect;
use okrsync_tests::{
    app::TestApp,
    clients::{Answer, Client},
    consent::{Oauth, decide},
    databases::TestDatabase,
    journey,
};
use reqwest::Method;
use serde_json::{Value, json};

/// Checks that a browser reads a page with this status, these words, and a cure.
#[track_caller]
fn says(page: &Answer, status: u16, words: &str) {
    assert_eq!(page.status.as_u16(), status, "{}", page.text);
    assert!(page.text.contains(words), "no \"{words}\" in {}", page.text);
    assert!(page.text.contains("class=\"sub\""), "no cure in {}", page.text);
}

async fn a_denial_changes_nothing(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    for kind in Oauth::all(dialect) {
        let site = site(&app, dialect).await;
        let connection = app.connect_by_consent(&site, *kind).await;
        let begun = app.begin_sign_in(&connection).await;
        let back = decide(&begun.url, "deny").await;
        says(&app.come_back(&back, &begun.cookie).await, 403, "not granted");
        says(&app.come_back(&back, &begun.cookie).await, 409, "completed before");
        assert_eq!(app.connection(&connection).await["state"], "needs_authorization");
        assert_eq!(token_requests(&site, 0), 0, "{kind:?}");
        app.sign_in(&connection).await;
        assert_eq!(app.connection(&connection).await["state"], "ok");
    }
}

async fn a_state_is_good_once_in_time_in_one_browser(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    for kind in Oauth::all(dialect) {
        let site = site(&app, dialect).await;
        let connection = app.connect_by_consent(&site, *kind).await;
        let begun = app.begin_sign_in(&connection).await;
        let back = decide(&begun.url, "allow").await;
        let other = app.begin_sign_in(&connection).await;
        assert_ne!(other.cookie, begun.cookie);
        for cookie in ["", &other.cookie, "okrsync_consent=short"] {
            says(&app.come_back(&back, cookie).await, 403, "another browser");
        }
        assert_eq!(token_requests(&site, 0), 0, "nothing was asked for other browsers");
        assert_eq!(app.come_back(&back, &begun.cookie).await.status, 303);
        says(&app.come_back(&back, &begun.cookie).await, 409, "completed before");
        assert_eq!(token_requests(&site, 0), 1, "a replay asks nothing");
        assert_eq!(app.connection(&connection).await["state"], "ok");

        let begun = app.begin_sign_in(&connection).await;
        let back = decide(&begun.url, "allow").await;
        app.clock.advance(TimeDelta::minutes(10));
        says(&app.come_back(&back, &begun.cookie).await, 410, "longer than ten minutes");
        says(&app.come_back("http://okrs.example/oauth/callback", &begun.cookie).await, 409, "never began");
    }
}

/// A wrong client secret shows when the browser is back, a wrong consumer key and clock already before it leaves.
async fn wrong_settings_name_their_cure(database: TestDatabase, dialect: Dialect) {
    let app = TestApp::start(&database).await;
    for kind in Oauth::all(dialect) {
        let site = site(&app, dialect).await;
        let connection = app.connect_by_consent(&site, *kind).await;
        let path = format!("/connections/{connection}");
        if *kind == Oauth::Two {
            let wrong = json!({"auth": {"client_secret": "wrong"}});
            app.admin.patch(&path, &wrong).await.expect(200);
            let begun = app.begin_sign_in(&connection).await;
            let back = decide(&begun.url, "allow").await;
            says(&app.come_back(&back, &begun.cookie).await, 502, "does not accept the client id and secret");
            continue;
        }
        let authorize = format!("{path}/authorize");
        let cure = async |words: &str| {
            let problem = app.admin.post(&authorize, &json!({})).await.problem(502, "jira_unauthorized");
            let hint = problem["hint"].as_str().unwrap_or_default();
            assert!(hint.contains(words), "no \"{words}\" in {problem}");
        };
        site.clock().advance(TimeDelta::minutes(6));
        cure("Synchronise the clocks").await;
        site.clock().advance(TimeDelta::minutes(-6));
        app.admin.patch(&path, &json!({"auth": {"consumer_key": "unknown"}})).await.expect(200);
        cure("exactly the consumer key").await;
        let key = "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKYNaptCVcQOgMMAr87q8iMwUvn33Kxm\n-----END PUBLIC KEY-----";
        assert!(site.register_consumer("unknown", key).is_err(), "half a key is none");
        let other = app.admin.post("/connections", &app.consent_body(&site, *kind)).await.expect(201);
        site.register_consumer("unknown", other["public_key"].as_str().unwrap_or_default()).expect("a key");
        cure("public key").await;
    }
}

/// Clocks that drift apart after the sign-in.
async fn a_skewed_clock_is_told_and_forgiven(database: TestDatabase, dialect: Dialect) {
    if dialect == Dialect::Cloud {
        return;
    }
    let Measured { app, site, connection, okr } = Measured::start(&database, dialect, Oauth::One).await;
    site.clock().advance(TimeDelta::minutes(6));
    let refused = app.admin.post(&format!("/okrs/{okr}/refresh?wait=50"), &json!({})).await;
    let hint = refused.problem(502, "jira_unauthorized")["hint"].to_string();
    assert!(hint.contains("Synchronise the clocks"), "{hint}");
    assert_eq!(app.okr(&okr).await["progress"], "50");
    assert_eq!(app.connection(&connection).await["state"], "failing", "the grant is not to blame");
    site.clock().advance(TimeDelta::minutes(-6));
    assert_eq!(app.refresh(&okr).await["freshness"]["state"], "fresh");
}

async fn a_revoked_grant_keeps_the_value_until_somebody_signs_in(database: TestDatabase, dialect: Dialect) {
    for kind in Oauth::all(dialect) {
        let Some(database) = TestDatabase::fresh(database.backend()) else { return };
        let Measured { app, site, connection, okr } = Measured::start(&database, dialect, *kind).await;
        app.clock.advance(TimeDelta::minutes(2));
        site.revoke_grants(&site.account());
        let refused = app.admin.post(&format!("/okrs/{okr}/refresh?wait=50"), &json!({})).await;
        let problem = refused.problem(502, "jira_unauthorized");
        assert_eq!(problem["hint"], "Sign in with Jira again.", "{kind:?}");
        let view = app.connection(&connection).await;
        assert_eq!(view["state"], "needs_authorization", "{view}");
        assert_eq!(view["last_error"]["hint"], "Sign in with Jira again.");
        let kept = app.okr(&okr).await;
        assert_eq!((&kept["progress"], &kept["freshness"]["state"]), (&json!("50"), &json!("failing")));
        let mark = site.ledger().arrived();
        app.pass_time(TimeDelta::hours(3)).await;
        assert_eq!(site.ledger().since(mark).len(), 0, "nothing is asked without a sign-in");
        app.admin.post(&format!("/okrs/{okr}/refresh"), &json!({})).await.problem(409, "needs_authorization");
        app.sign_in(&connection).await;
        app.settle().await;
        let again = app.okr(&okr).await;
        assert_eq!((&again["freshness"]["state"], &again["freshness"]["error"]), (&json!("fresh"), &Value::Null));
    }
}

/// Somebody has read a refresh token and uses it after us: Jira ends the whole grant.
async fn a_rotated_refresh_token_that_is_used_again_ends_the_grant(database: TestDatabase, dialect: Dialect) {
    let Measured { app, site, connection, okr } = Measured::start(&database, dialect, Oauth::Two).await;
    let mark = site.ledger().arrived();
    app.pass_time(TimeDelta::hours(3)).await;
    let entries = site.ledger().since(mark);
    let renewal = entries.iter().find(|entry| entry.path.ends_with("/token")).expect("a renewal");
    let address = match dialect {
        Dialect::Cloud => format!("{}/oauth/token", site.auth_url()),
        Dialect::DataCenter => format!("{}/rest/oauth2/latest/token", site.base_url()),
    };
    app.clock.advance(TimeDelta::minutes(11)); // Cloud forgives ten
    let form = Some(("application/x-www-form-urlencoded", renewal.request_body.clone()));
    let thief = Client::new("", None).send(Method::POST, &address, form, &[]).await;
    assert_eq!(thief.json["error"], "invalid_grant", "{}", thief.text);
    let refused = app.admin.post(&format!("/okrs/{okr}/refresh?wait=50"), &json!({})).await;
    refused.problem(502, "jira_unauthorized");
    assert_eq!(app.connection(&connection).await["state"], "needs_authorization");
    app.sign_in(&connection).await;
    assert_eq!(app.refresh(&okr).await["freshness"]["state"], "fresh");
}

/// An edit that makes the grant worthless asks for another; one that does not leaves it alone.
async fn edits_keep_the_grant_or_ask_for_another(database: TestDatabase, dialect: Dialect) {
    let Measured { app, site, connection, okr } = Measured::start(&database, dialect, Oauth::Two).await;
    let path = format!("/connections/{connection}");
    app.admin.patch(&path, &json!({"name": "Renamed", "concurrency": 2})).await.expect(200);
    assert_eq!(app.refresh(&okr).await["freshness"]["state"], "fresh");
    let client = site.register_client("https://elsewhere.example");
    let edit = json!({"auth": {"client_id": client.id, "client_secret": client.secret}});
    let edited = app.admin.patch(&path, &edit).await.expect(200);
    assert_eq!(edited["state"], "needs_authorization", "{edited}");
    assert_eq!(app.okr(&okr).await["progress"], "50");
    let token = site.token(&site.account());
    let auth = match dialect {
        Dialect::Cloud => {
            json!({"kind": "api_token", "email": site.account().email, "token": token, "client_id": null, "client_secret": null})
        }
        Dialect::DataCenter => json!({"kind": "personal_access_token", "token": token, "client_id": null}),
    };
    let edited = app.admin.patch(&path, &json!({"auth": auth})).await.expect(200);
    assert_eq!(edited["state"], "untested", "{edited}");
    assert_eq!(app.refresh(&okr).await["freshness"]["state"], "fresh");
}

journey!(a_denial_changes_nothing);
journey!(a_state_is_good_once_in_time_in_one_browser);
journey!(wrong_settings_name_their_cure);
journey!(a_skewed_clock_is_told_and_forgiven);
journey!(a_revoked_grant_keeps_the_value_until_somebody_signs_in);
journey!(a_rotated_refresh_token_that_is_used_again_ends_the_grant);
journey!(edits_keep_the_grant_or_ask_for_another);
