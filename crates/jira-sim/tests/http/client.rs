//! The client side of the tests: plain requests, answers with everything that a client may look at.

use std::sync::Once;

use okrsync_jira_sim::{Dialect, IssueDraft, JiraSim, SiteOptions};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A header's text, empty where absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The first of Jira's error messages.
    pub(crate) fn error(&self) -> String {
        self.json()["errorMessages"][0].as_str().unwrap_or_default().to_owned()
    }

    /// Ids of the issues.
    pub(crate) fn ids(&self) -> Vec<u64> {
        let json = self.json();
        let issues = json["issues"].as_array().cloned().unwrap_or_default();
        issues.iter().filter_map(|issue| issue["id"].as_str()?.parse().ok()).collect()
    }
}

/// Somebody who asks a site.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    base: String,
    secret: Option<(Option<String>, String)>,
    client: Client,
}

impl Visitor {
    /// The site's own account with a fresh token.
    pub(crate) fn of(sim: &JiraSim) -> Self {
        Self::anonymous(sim).with(sim, &sim.token(&sim.account()))
    }

    /// Nobody.
    pub(crate) fn anonymous(sim: &JiraSim) -> Self {
        Self { base: sim.base_url(), secret: None, client: client() }
    }

    /// The account with another token, in the way of the site's dialect.
    pub(crate) fn with(mut self, sim: &JiraSim, token: &str) -> Self {
        let user = (sim.dialect() == Dialect::Cloud).then(|| sim.account().email);
        self.secret = Some((user, token.to_owned()));
        self
    }

    /// The same at another address.
    pub(crate) fn at(mut self, base: String) -> Self {
        self.base = base;
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.try_send(self.request(Method::GET, path)).await.expect("an answer")
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_post(path, body).await.expect("an answer")
    }

    pub(crate) async fn try_post(&self, path: &str, body: Value) -> Result<Answer, reqwest::Error> {
        self.try_send(self.request(Method::POST, path).json(&body)).await
    }

    /// A complete address.
    pub(crate) async fn absolute(&self, url: &str) -> Answer {
        self.try_send(self.client.get(url)).await.expect("an answer")
    }

    /// A complete address, with a bearer token.
    pub(crate) async fn bearer(&self, url: &str, token: &str) -> Answer {
        self.try_send(self.client.get(url).bearer_auth(token)).await.expect("an answer")
    }

    /// A form, posted to a complete address.
    pub(crate) async fn form(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        self.try_send(self.client.post(url).form(form)).await.expect("an answer")
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.secret {
            None => request,
            Some((Some(user), token)) => request.basic_auth(user, Some(token)),
            Some((None, token)) => request.bearer_auth(token),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the test plays the client")]
    pub(crate) async fn try_send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    /// A search in the dialect's own way, as much as one page gives.
    pub(crate) async fn search(&self, jql: &str) -> Answer {
        self.post("/rest/api/3/search/jql", serde_json::json!({ "jql": jql })).await
    }
}

fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // a second test binary in the process is no harm
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder().redirect(redirect::Policy::none()).no_proxy().build().expect("a client")
}

/// A Cloud site with a project AE and so many stories, every third one done.
pub(crate) async fn cloud(options: SiteOptions, stories: usize) -> (JiraSim, Visitor) {
    filled(JiraSim::cloud(options).await.expect("a site"), stories)
}

/// The same on Data Center.
pub(crate) async fn data_center(options: SiteOptions, stories: usize) -> (JiraSim, Visitor) {
    filled(JiraSim::data_center(options).await.expect("a site"), stories)
}

fn filled(sim: JiraSim, stories: usize) -> (JiraSim, Visitor) {
    sim.add_project("AE", "Arm engineering").expect("a new project");
    for number in 0..stories {
        let status = if number % 3 == 0 { "Done" } else { "To Do" };
        sim.create(IssueDraft::new("AE", "Story").status(status)).expect("a story");
    }
    let visitor = Visitor::of(&sim);
    (sim, visitor)
}
