//! What is asked of Jira, before it becomes HTTP.

use reqwest::{Method, header::HeaderValue};
use serde::Serialize;

/// One thing to ask.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: Method,
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<String>,
    /// Whether the body is a form rather than JSON.
    pub form: bool,
    /// What signs an anonymous call in its own way.
    pub authorization: Option<HeaderValue>,
    pub kind: Kind,
}

/// What a call is about, and so how its answer is held against expectations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Plain reading.
    Read,
    /// A query: a 400 is about it.
    Query,
    /// Who am I: the account may be any.
    WhoAmI,
    /// Something is done: an empty answer will do.
    Command,
    /// Nobody in particular, without credential, from the site itself.
    #[default]
    Anonymous,
}

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        let (query, body, form, authorization) = Default::default();
        Self { method: Method::GET, path: path.into(), query, body, form, authorization, kind: Kind::Read }
    }

    /// A POST that only reads.
    pub(crate) fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).expect("requests are plain structs");
        Self { method: Method::POST, body: Some(body), ..Self::get(path) }
    }

    /// A form, posted to a complete address by nobody in particular.
    pub(crate) fn form(address: impl Into<String>, body: String) -> Self {
        Self { method: Method::POST, body: Some(body), form: true, ..Self::get(address).anonymous() }
    }

    pub(crate) fn with_authorization(self, value: HeaderValue) -> Self {
        Self { authorization: Some(value), ..self }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Its refusal is about the query in it.
    pub(crate) fn about_query(self) -> Self {
        Self { kind: Kind::Query, ..self }
    }

    /// It finds out the account.
    pub(crate) fn about_me(self) -> Self {
        Self { kind: Kind::WhoAmI, ..self }
    }

    /// It is done by somebody signed in, and what is done need not be answered with anything.
    pub(crate) fn command(method: Method, path: impl Into<String>, body: &impl Serialize) -> Self {
        Self { method, kind: Kind::Command, ..Self::post(path, body) }
    }

    /// What Jira's limits for one endpoint count: the method and the path, whichever thing it is about.
    pub(crate) fn endpoint(&self) -> String {
        let is_version = |before: Option<&str>| before == Some("api");
        let (mut endpoint, mut before) = (format!("{} ", self.method), None);
        for segment in self.path.split('/') {
            let is_thing = segment.bytes().any(|byte| byte.is_ascii_digit()) && !is_version(before);
            endpoint.extend(before.map(|_| '/'));
            endpoint.push_str(if is_thing { "*" } else { segment });
            before = Some(segment);
        }
        endpoint
    }

    /// Without the connection's credential, to the site itself unless the path is a complete address.
    pub(crate) fn anonymous(self) -> Self {
        Self { kind: Kind::Anonymous, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_the_same_for_all_its_things() {
        let post = |path: &str| Call { method: Method::POST, ..Call::get(path) }.endpoint();
        assert_eq!(post("rest/api/3/search/jql"), "POST rest/api/3/search/jql");
        assert_eq!(Call::get("rest/api/2/issue/10001/changelog").endpoint(), "GET rest/api/2/issue/*/changelog");
        assert_eq!(Call::get("rest/api/2/issue/AE-7").with("a", "b").endpoint(), "GET rest/api/2/issue/*");
    }
}
