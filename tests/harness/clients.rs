//! HTTP clients that read as sentences in a journey: who asks, what, and what must come back.

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;

/// Somebody who talks to okrsync over HTTP.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The raw text.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub json: Value,
    request: String,
}

impl Client {
    /// Somebody with a personal API token, or without.
    pub fn new(base: &str, token: Option<&str>) -> Self {
        crate::install_crypto();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client without special settings builds");
        Self { http, base: base.to_owned(), token: token.map(ToOwned::to_owned) }
    }

    /// The same service, as somebody else.
    #[must_use]
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(ToOwned::to_owned), ..self.clone() }
    }

    /// The same person at another address.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// Sends a request with a body of any kind.
    #[expect(clippy::disallowed_methods, reason = "a journey plays the outside program; it does not speak to Jira")]
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = self.http.request(method.clone(), url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((kind, bytes)) = body {
            request = request.header("content-type", kind).body(bytes);
        }
        let response = request.send().await.expect("okrsync answers");
        let (status, headers) = (response.status(), response.headers().clone());
        // a stream of events has no end to wait for
        let endless = headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let text = if endless { String::new() } else { response.text().await.expect("the body arrives") };
        let json: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        // a new token is shown once, by the answer that makes it
        let on_page = text.split("class=\"secret\"><code>").nth(1).and_then(|rest| rest.split('<').next());
        let token = json["token"].as_str().or(on_page.filter(|_| path == "/account/tokens"));
        let shown = token.map_or_else(|| text.clone(), |token| text.replace(token, ""));
        crate::leaks::look(&format!("the answer to {method} {path}"), shown.as_bytes());
        Answer { status, headers, text, json, request: format!("{method} {path}") }
    }

    /// `GET /api/v1…` of a stream, which the caller reads piece by piece.
    #[expect(clippy::disallowed_methods, reason = "a journey plays the outside program; it does not speak to Jira")]
    pub async fn listen(&self, path: &str) -> reqwest::Response {
        let mut request = self.http.get(format!("{}/api/v1{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("okrsync answers");
        assert!(response.status().is_success(), "{path} answered {}", response.status());
        response
    }

    async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.send(method, &format!("/api/v1{path}"), body, &[]).await
    }

    /// `GET /api/v1…`
    pub async fn get(&self, path: &str) -> Answer {
        self.json(Method::GET, path, None).await
    }

    /// `GET` of a page or another root path.
    pub async fn page(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// `POST /api/v1…`
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, Some(body)).await
    }

    /// `PUT /api/v1…`
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PUT, path, Some(body)).await
    }

    /// `PATCH /api/v1…`
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        let body = ("application/merge-patch+json", body.to_string().into_bytes());
        self.send(Method::PATCH, &format!("/api/v1{path}"), Some(body), &[]).await
    }

    /// `DELETE /api/v1…`
    pub async fn delete(&self, path: &str) -> Answer {
        self.json(Method::DELETE, path, None).await
    }
}

impl Answer {
    /// The body, once the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{} answered {}: {}", self.request, self.status, self.text);
        self.json
    }

    /// Checks that this is a problem document with `status` and `code` that helps: a detail, and the right media type.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{} answered {}: {}", self.request, self.status, self.text);
        assert_eq!(self.json["code"], code, "{}: {}", self.request, self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.request);
        assert!(self.json["detail"].as_str().is_some_and(|text| text.len() > 10), "{}: no detail", self.request);
        assert_eq!(self.json["status"], u64::from(status));
        self.json
    }
}
