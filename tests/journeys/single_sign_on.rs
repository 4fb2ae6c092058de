//! Single sign-on: to the provider and back, and everything that must not let anybody in.

use okrsync_domain::person::Role;
use okrsync_jira_sim::Dialect;
use okrsync_tests::{
    app::{TestApp, text},
    clients::Answer,
    databases::TestDatabase,
    journey,
    provider::{CLIENT_SECRET, Fault, Provider},
};
use reqwest::Method;
use serde_json::json;

struct Story {
    app: TestApp,
    provider: Provider,
}

impl Story {
    async fn begin(database: &TestDatabase, new_role: Option<Role>) -> Self {
        let clock = okrsync_domain::Clock::manual(okrsync_tests::app::opening_day());
        let provider = Provider::start(clock.clone()).await;
        let issuer = provider.issuer().parse().expect("a URL");
        let app = TestApp::start_at(database, clock, |settings| {
            settings.oidc.issuer = Some(issuer);
            "okrsync".clone_into(&mut settings.oidc.client_id);
            settings.oidc.client_secret = Some(CLIENT_SECRET.to_owned().into());
            settings.oidc.new_role = new_role;
            settings.public_url = Some("http://okrs.northwind.example".parse().expect("a URL"));
        })
        .await;
        provider.register("http://okrs.northwind.example/oidc/callback");
        Self { app, provider }
    }

    async fn open(&self, path: &str, cookie: &str) -> Answer {
        self.app.admin.with_token(None).send(Method::GET, path, None, &[("cookie", cookie)]).await
    }

    /// A browser that was sent to the provider: its cookie, and the path by which the provider sends it back.
    async fn leave(&self) -> (String, String) {
        let start = self.open("/oidc/start?next=/%3Fmine%3Dtrue", "").await;
        assert_eq!(start.status.as_u16(), 303, "{}", start.text);
        let cookie = cookie(&start).expect("a cookie before the sign-in");
        let back = self.open(&location(&start), "").await;
        assert_eq!(back.status.as_u16(), 303, "the provider refused: {}", back.text);
        let path = location(&back).strip_prefix("http://okrs.northwind.example").expect("back to us").to_owned();
        (cookie, path)
    }

    /// The whole way.
    async fn sign_in(&self) -> Answer {
        let (cookie, path) = self.leave().await;
        self.open(&path, &cookie).await
    }

    async fn me(&self, answer: &Answer) -> serde_json::Value {
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
        self.open("/api/v1/me", &cookie(answer).expect("a session")).await.expect(200)
    }
}

fn location(answer: &Answer) -> String {
    answer.headers["location"].to_str().expect("text").to_owned()
}

fn cookie(answer: &Answer) -> Option<String> {
    let cookie = answer.headers.get("set-cookie")?.to_str().expect("text");
    Some(cookie.split(';').next().expect("a cookie").to_owned())
}

async fn a_known_address_is_let_in_and_the_account_remembered(database: TestDatabase, _dialect: Dialect) {
    let story = Story::begin(&database, None).await;
    let entered = story.sign_in().await;
    assert_eq!(location(&entered), "/?mine=true");
    let me = story.me(&entered).await;
    assert_eq!(me["email"], "admin@northwind.example");
    let before = cookie(&story.open("/oidc/start", "").await).expect("a cookie");
    assert_ne!(before, cookie(&entered).expect("a cookie"), "the id changes with the sign-in");
    // the account is theirs, whatever its address becomes
    story.provider.sign_in("1", "renamed@northwind.example", false);
    assert_eq!(story.me(&story.sign_in().await).await["id"], me["id"]);
    let log = story.app.admin.get("/audit?action=user.link_identity").await.expect(200);
    assert_eq!(log["items"].as_array().map(Vec::len), Some(1));
    story.provider.misbehave(Some(Fault::NewKey));
    story.me(&story.sign_in().await).await;
    story.provider.misbehave(Some(Fault::ThinToken));
    story.me(&story.sign_in().await).await;
}

async fn strangers_are_let_in_only_where_the_settings_say_so(database: TestDatabase, _dialect: Dialect) {
    let story = Story::begin(&database, None).await;
    story.provider.sign_in("7", "kenji@northwind.example", true);
    let refused = story.sign_in().await;
    assert_eq!(refused.status.as_u16(), 401);
    assert!(refused.text.contains("not to this okrsync"), "{}", refused.text);
    story.provider.sign_in("8", "admin@northwind.example", false);
    assert_eq!(story.sign_in().await.status.as_u16(), 401, "an address that is not verified proves nothing");
}

async fn a_new_person_gets_the_role_of_the_settings(database: TestDatabase, _dialect: Dialect) {
    let story = Story::begin(&database, Some(Role::Viewer)).await;
    story.provider.sign_in("7", "Kenji@northwind.example", true);
    let me = story.me(&story.sign_in().await).await;
    assert_eq!(
        (&me["email"], &me["role"], &me["name"]),
        (&json!("kenji@northwind.example"), &json!("viewer"), &json!("Kenji Mori"))
    );
    assert_eq!(story.me(&story.sign_in().await).await["id"], me["id"], "one person, however often");
    let id = text(&me["id"]);
    story.app.admin.patch(&format!("/users/{id}"), &json!({"active": false})).await.expect(200);
    assert_eq!(story.sign_in().await.status.as_u16(), 401, "deactivated");
    // nobody has this password
    let sign_in = json!({"email": "kenji@northwind.example", "password": ""});
    story.app.admin.post("/session", &sign_in).await.problem(401, "unauthorized");
}

async fn nothing_false_lets_anybody_in(database: TestDatabase, _dialect: Dialect) {
    let story = Story::begin(&database, None).await;
    for fault in [
        Fault::WrongNonce,
        Fault::WrongAudience,
        Fault::WrongIssuer,
        Fault::Expired,
        Fault::ForgedSignature,
        Fault::Unsigned,
        Fault::SwappedAccessToken,
        Fault::Denied,
    ] {
        story.provider.misbehave(Some(fault));
        let answer = story.sign_in().await;
        assert_eq!(answer.status.as_u16(), 401, "{fault:?}: {}", answer.text);
        let cookie = cookie(&answer).unwrap_or_default();
        story.open("/api/v1/me", &cookie).await.problem(401, "unauthorized");
    }
    story.provider.misbehave(None);
    let (one, path) = story.leave().await;
    let (other, _) = story.leave().await;
    assert_eq!(story.open(&path, &other).await.status.as_u16(), 401, "another browser");
    assert_eq!(story.open(&path, "").await.status.as_u16(), 401, "no browser at all");
    story.me(&story.open(&path, &one).await).await;
    assert_eq!(story.open(&path, &one).await.status.as_u16(), 401, "a second time");
    let (slow, path) = story.leave().await;
    story.app.clock.advance(chrono::TimeDelta::minutes(16));
    assert_eq!(story.open(&path, &slow).await.status.as_u16(), 401, "too late");
}

async fn a_provider_that_is_away_stops_nobody_with_a_password(database: TestDatabase, _dialect: Dialect) {
    let story = Story::begin(&database, None).await;
    story.provider.misbehave(Some(Fault::Down));
    let answer = story.open("/oidc/start", "").await;
    assert_eq!(answer.status.as_u16(), 502);
    assert!(answer.text.contains("Sign in with your password"), "{}", answer.text);
    let page = story.open("/sign-in", "").await;
    assert!(page.text.contains("Continue with single sign-on"), "{}", page.text);
    let off = TestApp::start_again(&database, story.app.clock.clone(), |_| {}).await;
    assert!(!off.admin.page("/sign-in").await.text.contains("/oidc/start"));
    assert_eq!(off.admin.page("/oidc/start").await.status.as_u16(), 404);
}

journey!(a_known_address_is_let_in_and_the_account_remembered, one dialect);
journey!(strangers_are_let_in_only_where_the_settings_say_so, one dialect);
journey!(a_new_person_gets_the_role_of_the_settings, one dialect);
journey!(nothing_false_lets_anybody_in, one dialect);
journey!(a_provider_that_is_away_stops_nobody_with_a_password, one dialect);
