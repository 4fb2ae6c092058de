//! Consent over HTTP: what a browser and an application meet, and what is refused.

use chrono::TimeDelta;
use okrsync_jira_sim::{JiraSim, SiteOptions};
use serde_json::Value;

use crate::client::{Answer, Visitor, cloud, data_center};

const BACK: &str = "https://okrs.example/oauth/callback";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn parts(url: &str) -> std::collections::BTreeMap<String, String> {
    url.parse::<reqwest::Url>().expect("an address").query_pairs().into_owned().collect()
}

/// Walks from the consent page to where it sends the browser.
async fn decide(browser: &Visitor, authorize: &str, decision: &str) -> String {
    let to_page = browser.absolute(authorize).await;
    assert_eq!(to_page.status, 302, "{}", to_page.text);
    let page = browser.absolute(to_page.header("location")).await;
    assert!(page.text.contains("<form method=\"post\">"), "{}", page.text);
    let number = parts(to_page.header("location"))["request"].clone();
    let form = [("request", number.as_str()), ("decision", decision)];
    let back = browser.form(to_page.header("location"), &form).await;
    assert_eq!(back.status, 302, "{}", back.text);
    back.header("location").to_owned()
}

pub(crate) struct App {
    pub(crate) sim: JiraSim,
    pub(crate) browser: Visitor,
    pub(crate) id: String,
    secret: String,
}

impl App {
    async fn data_center() -> Self {
        let (sim, _) = data_center(SiteOptions { context_path: "/jira".into(), ..SiteOptions::default() }, 2).await;
        Self::at(sim)
    }

    pub(crate) async fn cloud() -> Self {
        Self::at(cloud(SiteOptions::default(), 2).await.0)
    }

    fn at(sim: JiraSim) -> Self {
        let client = sim.register_client(BACK);
        Self { browser: Visitor::anonymous(&sim), sim, id: client.id, secret: client.secret }
    }

    fn token_url(&self) -> String {
        match self.sim.auth_url().as_str() {
            "" => format!("{}/rest/oauth2/latest/token", self.sim.base_url()),
            auth => format!("{auth}/oauth/token"),
        }
    }

    async fn code(&self) -> String {
        self.code_for("read:jira-work%20read:jira-user%20offline_access").await
    }

    /// A code for these scopes of Cloud.
    async fn code_for(&self, scopes: &str) -> String {
        let id = &self.id;
        let authorize = match self.sim.auth_url().as_str() {
            "" => format!(
                "{}/rest/oauth2/latest/authorize?client_id={id}&redirect_uri={BACK}&response_type=code&state=s&scope=READ\
                 &code_challenge={CHALLENGE}&code_challenge_method=S256",
                self.sim.base_url()
            ),
            auth => format!(
                "{auth}/authorize?client_id={id}&redirect_uri={BACK}&response_type=code&state=s&prompt=consent\
                 &audience=api.atlassian.com&scope={scopes}"
            ),
        };
        let back = decide(&self.browser, &authorize, "allow").await;
        assert!(back.starts_with(BACK), "{back}");
        assert_eq!(parts(&back)["state"], "s");
        parts(&back)["code"].clone()
    }

    async fn token(&self, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![("client_id", self.id.as_str()), ("client_secret", self.secret.as_str())];
        form.extend(more);
        self.browser.form(&self.token_url(), &form).await
    }

    async fn redeem(&self, code: &str, verifier: &str) -> Answer {
        let grant = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK)];
        self.token(&[&grant[..], &[("code_verifier", verifier)]].concat()).await
    }

    /// An access token for these scopes of Cloud.
    pub(crate) async fn access(&self, scopes: &str) -> String {
        let code = self.code_for(&scopes.replace(' ', "%20")).await;
        text(&self.redeem(&code, VERIFIER).await, "access_token")
    }

    async fn renew(&self, refresh: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh), ("redirect_uri", BACK)]).await
    }

    async fn myself(&self, access: &str) -> Answer {
        let url = match self.sim.gateway_url().as_str() {
            "" => format!("{}/rest/api/2/myself", self.sim.base_url()),
            gateway => format!("{gateway}/ex/jira/{}/rest/api/3/myself", self.sim.cloud_id()),
        };
        self.browser.bearer(&url, access).await
    }
}

fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", answer.text)).to_owned()
}

fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status, &answer.json()["error"]), (status, &Value::from(error)), "{}", answer.text);
}

#[tokio::test]
async fn a_code_is_good_once_in_time_with_its_verifier_and_address() {
    let app = App::data_center().await;
    let granted = app.redeem(&app.code().await, VERIFIER).await;
    assert_eq!(granted.json()["token_type"], "bearer", "{}", granted.text);
    assert_eq!(app.myself(&text(&granted, "access_token")).await.json()["name"], "account");
    refused(&app.redeem(&app.code().await, &VERIFIER.replace('d', "e")).await, 400, "invalid_grant");
    let late = app.code().await;
    app.sim.clock().advance(TimeDelta::seconds(10));
    refused(&app.redeem(&late, VERIFIER).await, 400, "invalid_grant");
    let stolen = app.code().await;
    let first = text(&app.redeem(&stolen, VERIFIER).await, "access_token");
    refused(&app.redeem(&stolen, VERIFIER).await, 400, "invalid_grant");
    assert_eq!(app.myself(&first).await.header("x-seraph-loginreason"), "AUTHENTICATED_FAILED", "a code came twice");
    let wrong = [("grant_type", "authorization_code"), ("client_secret", "x")];
    let form = [&[("client_id", app.id.as_str())], &wrong[..]].concat();
    refused(&app.browser.form(&app.token_url(), &form).await, 401, "invalid_client");
}

#[tokio::test]
async fn a_refresh_token_rotates_and_its_second_use_ends_everything() {
    let app = App::data_center().await;
    let first = app.redeem(&app.code().await, VERIFIER).await;
    let refresh = text(&first, "refresh_token");
    let without = app.token(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    refused(&without, 400, "invalid_grant");
    let second = app.renew(&refresh).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_ne!(app.myself(&text(&first, "access_token")).await.json()["name"], "account", "both old tokens die");
    assert_eq!(app.myself(&text(&second, "access_token")).await.json()["name"], "account");
    refused(&app.renew(&refresh).await, 400, "invalid_grant");
    refused(&app.renew(&text(&second, "refresh_token")).await, 400, "invalid_grant");
    assert_ne!(app.myself(&text(&second, "access_token")).await.json()["name"], "account");
}

#[tokio::test]
async fn cloud_is_lenient_for_ten_minutes_and_reaches_sites_by_the_gateway() {
    let app = App::cloud().await;
    let granted = app.redeem(&app.code().await, "").await;
    let access = text(&granted, "access_token");
    assert_eq!(app.myself(&access).await.status, 200);
    let own = app.browser.bearer(&format!("{}/rest/api/3/myself", app.sim.base_url()), &access).await;
    assert_eq!(own.status, 401, "not at the site itself");
    app.sim.add_granted_site("Other", "https://other.example", "22222222-0000");
    let sites =
        app.browser.bearer(&format!("{}/oauth/token/accessible-resources", app.sim.gateway_url()), &access).await;
    let json = sites.json();
    assert_eq!((&json[0]["id"], &json[1]["name"]), (&Value::from(app.sim.cloud_id()), &Value::from("Other")));
    let refresh = text(&granted, "refresh_token");
    assert_eq!(app.renew(&refresh).await.status, 200);
    app.sim.clock().advance(TimeDelta::minutes(9));
    assert_eq!(app.renew(&refresh).await.status, 200, "an answer may have been lost");
    app.sim.clock().advance(TimeDelta::minutes(1));
    refused(&app.renew(&refresh).await, 403, "invalid_grant");
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let app = App::data_center().await;
    let base = format!("{}/rest/oauth2/latest/authorize?response_type=code&state=s", app.sim.base_url());
    let elsewhere = format!("{base}&client_id={}&redirect_uri=https://evil.example&scope=READ", app.id);
    assert_eq!(app.browser.absolute(&elsewhere).await.status, 400);
    let more = app.browser.absolute(&format!("{base}&client_id={}&redirect_uri={BACK}&scope=WRITE", app.id)).await;
    assert_eq!(parts(more.header("location"))["error"], "invalid_scope");
    let allowed = format!("{base}&client_id={}&redirect_uri={BACK}&scope=READ", app.id);
    let denied = parts(&decide(&app.browser, &allowed, "deny").await);
    assert_eq!((denied["error"].as_str(), denied["state"].as_str()), ("access_denied", "s"));
}
