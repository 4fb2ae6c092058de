//! What is asked of Jira, before it becomes HTTP.

use reqwest::Method;
use serde::Serialize;

/// One thing to ask.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: Method,
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<String>,
    pub kind: Kind,
}

/// What a call is about, and so how its answer is held against expectations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Plain reading.
    Read,
    /// A query: a 400 is about it.
    Query,
    /// Who am I: the account may be any.
    WhoAmI,
    /// Nobody in particular, without credential, from the site itself.
    Anonymous,
}

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), query: Vec::new(), body: None, kind: Kind::Read }
    }

    /// A POST that only reads.
    pub(crate) fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).expect("requests are plain structs");
        Self { method: Method::POST, body: Some(body), ..Self::get(path) }
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

    /// Without credential, to the site itself.
    pub(crate) fn anonymous(self) -> Self {
        Self { kind: Kind::Anonymous, ..self }
    }
}
