//! Signing a connection in on a simulated Jira's consent page: the browser, and both sides of the application link.

use crate::{
    app::{TestApp, text},
    clients::{Answer, Client},
};
use okrsync_jira_sim::{Dialect, JiraSim};
use reqwest::{Method, Url};
use serde_json::{Value, json};

/// Which OAuth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oauth {
    /// 2.0.
    Two,
    /// 1.0a.
    One,
}

/// Consumer key of the application links of journeys.
pub const CONSUMER_KEY: &str = "okrsync-journeys";

impl Oauth {
    /// All that a dialect knows.
    pub fn all(dialect: Dialect) -> &'static [Self] {
        match dialect {
            Dialect::Cloud => &[Self::Two],
            Dialect::DataCenter => &[Self::Two, Self::One],
        }
    }
}

/// A sign-in that a browser began.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The consent page.
    pub url: String,
    /// What the browser got to keep.
    pub cookie: String,
}

impl TestApp {
    /// What `POST /connections` takes for a site that knows okrsync as an application.
    pub fn consent_body(&self, site: &JiraSim, kind: Oauth) -> Value {
        let client = site.register_client(&format!("{}/oauth/callback", self.app.settings().address()));
        let cloud = site.dialect() == Dialect::Cloud;
        let auth = match kind {
            Oauth::Two => json!({"kind": "oauth2", "client_id": client.id, "client_secret": client.secret}),
            Oauth::One => json!({"kind": "oauth1", "consumer_key": CONSUMER_KEY}),
        };
        json!({"name": "Northwind", "server_url": site.base_url(), "auth": auth, "sharing": "everyone",
               "deployment": if cloud { "cloud" } else { "self_managed" },
               "gateway_url": cloud.then(|| site.gateway_url()), "auth_url": cloud.then(|| site.auth_url())})
    }

    /// Makes a connection that waits for somebody to sign in; answers its id.
    pub async fn connect_by_consent(&self, site: &JiraSim, kind: Oauth) -> String {
        let made = self.admin.post("/connections", &self.consent_body(site, kind)).await.expect(201);
        assert_eq!(made["state"], "needs_authorization", "{made}");
        if kind == Oauth::One {
            site.register_consumer(CONSUMER_KEY, &text(&made["public_key"])).expect("a sound key");
        }
        text(&made["id"])
    }

    /// Begins to sign in.
    pub async fn begin_sign_in(&self, connection: &str) -> Begun {
        let answer = self.admin.post(&format!("/connections/{connection}/authorize"), &json!({})).await;
        let cookie = answer.headers.get("set-cookie").and_then(|cookie| cookie.to_str().ok()).map(ToOwned::to_owned);
        let url = text(&answer.expect(200)["authorize_url"]);
        let cookie = cookie.expect("a cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        Begun { url, cookie: cookie.split(';').next().unwrap_or_default().to_owned() }
    }

    /// A browser comes back to okrsync.
    pub async fn come_back(&self, to: &str, cookie: &str) -> Answer {
        let to: Url = to.parse().expect("an address");
        let path = format!("{}?{}", to.path(), to.query().unwrap_or_default());
        self.admin.with_token(None).send(Method::GET, &path, None, &[("cookie", cookie)]).await
    }

    /// Signs a connection in, as the site's own account.
    pub async fn sign_in(&self, connection: &str) {
        let begun = self.begin_sign_in(connection).await;
        let back = self.come_back(&decide(&begun.url, "allow").await, &begun.cookie).await;
        assert_eq!(back.status.as_u16(), 303, "{}", back.text);
    }

    /// A connection as it stands.
    pub async fn connection(&self, id: &str) -> Value {
        self.admin.get(&format!("/connections/{id}")).await.expect(200)
    }
}

/// Goes to a consent page and submits it with `allow` or `deny`; answers where it sends the browser.
pub async fn decide(url: &str, decision: &str) -> String {
    let browser = Client::new("", None);
    let mut at = url.to_owned();
    let page = loop {
        let answer = browser.page(&at).await;
        match answer.headers.get("location") {
            Some(to) => to.to_str().expect("text").clone_into(&mut at),
            None => break answer,
        }
    };
    assert_eq!(page.status.as_u16(), 200, "{at}: {}", page.text);
    let (name, value) = hidden(&page.text);
    let form = format!("{name}={value}&decision={decision}").into_bytes();
    let back = browser.send(Method::POST, &at, Some(("application/x-www-form-urlencoded", form)), &[]).await;
    back.headers["location"].to_str().expect("text").to_owned()
}

/// Name and value of a page's hidden field.
fn hidden(page: &str) -> (&str, &str) {
    let attribute = |text: &'_ str, name: &str| {
        let start = text.find(&format!("{name}=\"")).expect("the attribute") + name.len() + 2;
        start..start + text[start..].find('"').expect("its end")
    };
    let field = &page[page.find("type=\"hidden\"").expect("a hidden field")..];
    (&field[attribute(field, "name")], &field[attribute(field, "value")])
}
