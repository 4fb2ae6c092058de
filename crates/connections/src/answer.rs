//! Whether an answer can be trusted: from Jira, from the right account, whole. Pure: status, headers and body in, verdict
//! out.

use crate::{Error, call::Kind, oauth1::Problem};
use chrono::DateTime;
use okrsync_domain::Instant;
use percent_encoding::percent_decode_str;
use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, DATE, HeaderMap},
};
use serde::Deserialize;
use serde_json::Value;

/// Longest text of Jira's that is repeated.
const LONGEST_DETAIL: usize = 300;
/// Headers that only Jira sends, not a proxy in front of it.
const JIRA_HEADERS: [&str; 6] =
    ["x-arequestid", "x-ausername", "x-aaccountid", "x-anodeid", "atl-traceid", "x-seraph-loginreason"];

/// One answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The path that was asked for, for messages.
    pub path: String,
}

/// What an answer is held against.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Expectation<'a> {
    /// What was asked: to which kind of call it is the answer.
    pub kind: Kind,
    /// The account that must have been answered, if known.
    pub account: Option<&'a str>,
    /// Whether earlier answers named the account, so that this one must too.
    pub named: bool,
}

impl Answer {
    /// Accepts the answer, or says why not.
    pub(crate) fn judge(&self, expected: Expectation<'_>) -> Result<(), Error> {
        if let Some(error) = Problem::told_by(self) {
            return Err(error);
        }
        match self.status.as_u16() {
            200..=299 | 400 | 404 if expected.kind != Kind::Anonymous => self.judge_identity(expected)?,
            401 | 403 => return Err(self.refusal()),
            _ => {}
        }
        match self.status.as_u16() {
            200..=299 if expected.kind == Kind::Command && self.body.trim_ascii().is_empty() => Ok(()),
            200..=299 => self.judge_body(),
            300..=399 => Err(self.redirect()),
            400 if expected.kind == Kind::Query => Err(self.query_error()),
            404 => Err(Error::NotFound { path: self.path.clone() }),
            407 => Err(Error::Unreachable { cause: crate::Unreachable::Proxy, detail: self.words() }),
            410 => Err(Error::ApiRemoved { path: self.path.clone() }),
            500 if expected.kind == Kind::Query && self.is_result_window() => Err(Error::ResultWindow),
            status @ (408 | 425 | 500..=599) => Err(Error::ServerError { status, detail: self.words() }),
            status => Err(Error::UnexpectedAnswer { detail: format!("HTTP {status}: {}", self.words()) }),
        }
    }

    /// What it says of a site that does not answer: from a gateway before it, or while it starts. A failure of Jira's own is an
    /// answer.
    pub(crate) fn outage(&self) -> Option<Error> {
        let status = self.status.as_u16();
        matches!(status, 408 | 425 | 502..=504).then(|| Error::ServerError { status, detail: self.words() })
    }

    /// The account that the answer is for: `X-AAccountId` on Cloud, `X-AUSERNAME` on Data Center.
    pub(crate) fn account(&self) -> Option<String> {
        let value = self.header("x-aaccountid").or_else(|| self.header("x-ausername"))?;
        Some(percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned())
    }

    fn judge_identity(&self, expected: Expectation<'_>) -> Result<(), Error> {
        if let Some(reason) = self.login_failure() {
            return Err(self.sign_in_error(reason));
        }
        let invalid = |detail: &str| Err(Error::CredentialInvalid { detail: detail.to_owned() });
        match (self.account(), expected.account) {
            (Some(account), _) if account == "anonymous" => invalid("it answers as to a visitor without an account"),
            (Some(account), Some(expected)) if !same_account(&account, expected) => {
                invalid("it answers as another account than the one this connection was authorised for")
            }
            (None, _) if expected.named && self.status.is_success() => {
                invalid("the answer names no account, although earlier ones did")
            }
            _ => Ok(()),
        }
    }

    /// A value of `X-Seraph-LoginReason` that means failure. `OUT` before an `OK` only says that there was no session.
    fn login_failure(&self) -> Option<&str> {
        let values = || {
            let all = self.headers.get_all("x-seraph-loginreason").into_iter();
            all.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
        };
        let ok = values().any(|value| value.eq_ignore_ascii_case("OK"));
        values().find(|value| !(value.eq_ignore_ascii_case("OK") || ok && value.eq_ignore_ascii_case("OUT")))
    }

    fn sign_in_error(&self, reason: &str) -> Error {
        if reason.eq_ignore_ascii_case("AUTHENTICATION_DENIED")
            || self.header("x-authentication-denied-reason").is_some()
        {
            return Error::CredentialLocked { login_url: self.login_url() };
        }
        Error::CredentialInvalid { detail: format!("login reason {}", shortened(reason)) }
    }

    fn login_url(&self) -> Option<String> {
        let reason = self.header("x-authentication-denied-reason")?;
        let url = reason.split(';').find_map(|part| part.trim().strip_prefix("login-url="))?;
        url.starts_with("http").then(|| shortened(url))
    }

    /// 401 and 403: which kind of no.
    fn refusal(&self) -> Error {
        let words = self.words();
        let denied = self.header("x-authentication-denied-reason").is_some();
        match self.login_failure() {
            Some(reason) if denied || !reason.eq_ignore_ascii_case("OUT") => return self.sign_in_error(reason),
            None if denied => return Error::CredentialLocked { login_url: self.login_url() },
            _ => {}
        }
        let lower = words.to_lowercase();
        match self.status {
            _ if lower.contains("scope") && lower.contains("match") => Error::ScopeMissing { detail: words },
            _ if lower.contains("basic authentication") && lower.contains("disabled") => {
                Error::CredentialInvalid { detail: words }
            }
            StatusCode::UNAUTHORIZED => Error::CredentialInvalid { detail: words },
            _ if self.is_html() && !self.is_from_jira() => {
                Error::NotJira { detail: "a proxy in front of it refuses the request (403)".to_owned() }
            }
            _ => Error::Forbidden { detail: words },
        }
    }

    fn redirect(&self) -> Error {
        let target = self.header("location").map(|to| shortened(to.split(['?', '#']).next().unwrap_or(to)));
        let to = target.map_or_else(String::new, |to| format!(" to {to}"));
        Error::NotJira { detail: format!("it redirects{to}, which okrsync does not follow") }
    }

    fn judge_body(&self) -> Result<(), Error> {
        if self.is_html() {
            return Err(Error::NotJira { detail: "a web page answered, probably a login page or a proxy".to_owned() });
        }
        // A body without an announced length may break off unnoticed beneath.
        match (self.body.trim_ascii_start().first(), self.body.trim_ascii_end().last()) {
            (None, _) => Err(Error::UnexpectedAnswer { detail: format!("an empty answer to `{}`", self.path) }),
            (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')) => Ok(()),
            (Some(b'{' | b'['), _) => Err(Error::Truncated { detail: format!("`{}` ends too early", self.path) }),
            _ => Err(Error::UnexpectedAnswer { detail: format!("`{}` is not answered with JSON", self.path) }),
        }
    }

    fn query_error(&self) -> Error {
        let messages = self.messages();
        if messages.iter().any(|message| message.contains("Unbounded JQL")) {
            return Error::QueryUnbounded;
        }
        Error::QueryInvalid { messages: if messages.is_empty() { vec![self.words()] } else { messages } }
    }

    /// Data Center's search platform refuses to page beyond its window with a 500 that only its text tells apart.
    fn is_result_window(&self) -> bool {
        let words = self.words().to_lowercase();
        words.contains("search limit exceeded") || words.contains("result window") || words.contains("result.window")
    }

    fn is_html(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let starts = self.body.trim_ascii_start().first();
        kind.starts_with("text/html") || kind.starts_with("application/xhtml") || starts == Some(&b'<')
    }

    fn is_from_jira(&self) -> bool {
        JIRA_HEADERS.iter().any(|name| self.headers.contains_key(*name))
    }

    /// Reads the body.
    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| unreadable(&self.path, &error))
    }

    /// What the server's clock showed.
    pub(crate) fn date(&self) -> Option<Instant> {
        DateTime::parse_from_rfc2822(self.headers.get(DATE)?.to_str().ok()?).ok().map(Instant::from)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Jira's messages, whichever family of error bodies it is.
    fn messages(&self) -> Vec<String> {
        let Ok(body) = serde_json::from_slice::<Value>(&self.body) else { return Vec::new() };
        let mut messages = Vec::new();
        for key in ["errorMessages", "errors", "message", "error", "error_description"] {
            collect(&body[key], &mut messages);
        }
        messages
    }

    /// The same as one short text.
    fn words(&self) -> String {
        let messages = self.messages();
        if !messages.is_empty() {
            return shortened(&messages.join(" "));
        }
        let text = String::from_utf8_lossy(&self.body);
        if self.is_html() || text.trim().is_empty() {
            return self.status.canonical_reason().unwrap_or("no reason given").to_owned();
        }
        shortened(&text)
    }
}

/// A body that is not what was asked for; one that simply ends too early may be whole the next time.
pub(crate) fn unreadable(path: &str, error: &serde_json::Error) -> Error {
    if error.is_eof() {
        return Error::Truncated { detail: format!("`{path}` ends too early") };
    }
    Error::UnexpectedAnswer { detail: format!("`{path}`: {}", shortened(&error.to_string())) }
}

/// All texts in a string, a list, or the values of an object.
fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.trim().is_empty() => into.push(shortened(text)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, into)),
        Value::Object(values) => values.values().for_each(|value| collect(value, into)),
        _ => {}
    }
}

/// User names compare without case on Data Center; account ids never differ in case only.
pub(crate) fn same_account(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

/// On one line, and not too long.
pub(crate) fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_DETAIL) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests;
