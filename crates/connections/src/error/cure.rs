//! What to do about each error.

use super::{Error, Unreachable};
use crate::data_center;

impl Unreachable {
    fn cure(self) -> &'static str {
        match self {
            Self::Dns => "Check the host name in the server URL, and that this machine's name server knows it.",
            Self::Connect => "Check host and port of the server URL, and that a firewall lets okrsync through.",
            Self::Tls => {
                "Add the certificate authority of the server (PEM) to the connection, or correct the host name."
            }
            Self::TimedOut => "Try again later; raise the connection's time-out if Jira is slow.",
            Self::Reset => "Try again; if it lasts, look at the proxies between okrsync and Jira.",
            Self::Proxy => "Check the outbound proxy and its user name and password.",
        }
    }
}

/// Whose interface a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    Cloud,
    SelfManaged,
}

impl Flavour {
    pub(super) fn of(path: &str) -> Self {
        if path.contains(data_center::API) { Self::SelfManaged } else { Self::Cloud }
    }

    pub(super) fn servers(self) -> &'static str {
        match self {
            Self::Cloud => "Jira Cloud",
            Self::SelfManaged => "self-managed servers",
        }
    }

    fn cure_of_missing(self) -> &'static str {
        match self {
            Self::Cloud => {
                "Check the server URL; if Jira runs on your own servers, choose \"self-managed\" as the connection's type."
            }
            Self::SelfManaged => {
                "Check the server URL and its context path such as `/jira`; if it is Jira Cloud, choose \"Cloud\" as the \
                 connection's type."
            }
        }
    }

    fn cure_of_removed(self) -> &'static str {
        match self {
            Self::Cloud => "Update okrsync: Jira Cloud has replaced this interface.",
            Self::SelfManaged => {
                "If it is Jira Cloud, choose \"Cloud\" as the connection's type; otherwise check the server URL, and \
                 whether a newer okrsync is there."
            }
        }
    }
}

impl Error {
    /// The cure: what a person can do, or that nothing needs to be done. Every error has one.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::CredentialLocked { login_url: Some(url) } => {
                format!("Sign in once with a browser at {url}, then test the connection again.")
            }
            _ => self.cure().to_owned(),
        })
    }

    fn cure(&self) -> &'static str {
        match self {
            Self::CredentialInvalid { .. } => "Renew the token, and check that it belongs to this account and site.",
            Self::GrantLost { .. } => "Sign in with Jira again.",
            Self::ApplicationRefused { .. } => {
                "Copy client id and secret from Jira's application link or developer console into the connection again."
            }
            Self::Oauth1 { problem, .. } => problem.cure(),
            Self::CredentialLocked { .. } => "Sign in once with a browser, then test the connection again.",
            Self::ScopeMissing { .. } => "Create a token with the scopes `read:jira-work` and `read:jira-user`.",
            Self::Forbidden { .. } => "Give the account permission in Jira, or use another account.",
            Self::NotFound { path } => Flavour::of(path).cure_of_missing(),
            Self::ApiRemoved { path } => Flavour::of(path).cure_of_removed(),
            Self::QueryInvalid { .. } => "Correct the query; Jira's search page shows the same error.",
            Self::QueryUnbounded => "Add a restriction, such as `project = KEY`.",
            Self::RateLimited { .. } => "okrsync goes on by itself when Jira allows it.",
            Self::Unreachable { cause, .. } => cause.cure(),
            Self::SwitchedOff => "An admin switches it on under Connections.",
            Self::BudgetUsedUp { .. } => {
                "okrsync goes on by itself; raise the connection's `budget_per_hour` if Jira can bear more."
            }
            Self::BudgetTooSmall { .. } => "Raise the connection's `budget_per_hour`, or narrow the query.",
            Self::ServerRefused { refusal, .. } => refusal.cure(),
            Self::ServerError { .. } => "okrsync tries again by itself; if it lasts, look at Jira itself.",
            Self::Truncated { .. } => {
                "okrsync tries again by itself; if it lasts, look at the proxies between okrsync and Jira."
            }
            Self::ResultWindow => "Narrow the query, or raise `jira.search.platform.max.result.window` in Jira.",
            Self::ResultChanged { .. } => "okrsync reads the issues again by itself.",
            Self::NotJira { .. } => {
                "Use the address of Jira itself; if a proxy guards it, add the header that the proxy expects."
            }
            Self::UnexpectedAnswer { .. } => {
                "Test the connection; if it passes and this stays, report it to okrsync with Jira's version."
            }
            Self::NumberTooLarge { .. } => "Correct the number in Jira, or choose another field.",
            Self::Settings { .. } => "Correct the connection's settings, then test it.",
            Self::KeyUnknown { .. } => "Start okrsync with the secret key that it had when the secret was saved.",
            Self::SealBroken => "Enter the secret again.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use okrsync_domain::problem::ProblemCode;
    use std::time::Duration;

    #[test]
    fn every_failure_of_a_refresh_has_a_cure() {
        let detail = String::new;
        let path = || "rest/api/2/search".to_owned();
        let at = "2026-11-20T10:00:00Z".parse().unwrap();
        for error in [
            Error::CredentialInvalid { detail: detail() },
            Error::GrantLost { detail: detail() },
            Error::ApplicationRefused { detail: detail() },
            Error::CredentialLocked { login_url: None },
            Error::ScopeMissing { detail: detail() },
            Error::Forbidden { detail: detail() },
            Error::NotFound { path: path() },
            Error::QueryInvalid { messages: vec![] },
            Error::QueryUnbounded,
            Error::ApiRemoved { path: path() },
            Error::RateLimited { retry_at: at, retry_after: Duration::ZERO, reason: detail(), whole: true },
            Error::Unreachable { cause: Unreachable::Reset, detail: detail() },
            Error::SwitchedOff,
            Error::BudgetUsedUp { budget: 5, retry_at: at },
            Error::BudgetTooSmall { budget: 5, needed: 20 },
            Error::ServerRefused { host: detail(), refusal: crate::Refusal::Private },
            Error::ServerError { status: 500, detail: detail() },
            Error::Truncated { detail: detail() },
            Error::ResultWindow,
            Error::ResultChanged { detail: detail() },
            Error::NotJira { detail: detail() },
            Error::UnexpectedAnswer { detail: detail() },
            Error::Settings { detail: detail() },
        ] {
            let hint = error.problem(at).hint.unwrap_or_default();
            assert!(hint.ends_with('.') && !hint.contains("  "), "{error:?}: {hint}");
        }
    }

    #[test]
    fn what_is_gone_leads_to_the_right_type_of_connection() {
        let at = "2026-11-20T10:00:00Z".parse().unwrap();
        let removed = Error::ApiRemoved { path: "rest/api/2/search".into() }.problem(at);
        assert_eq!(removed.code, ProblemCode::NotJira);
        let message = "This Jira no longer has the interface for self-managed servers (`rest/api/2/search`).";
        assert_eq!(removed.message, message);
        assert!(removed.hint.unwrap().contains("choose \"Cloud\""));
        let hint = |error: Error| error.hint().unwrap();
        assert!(hint(Error::ApiRemoved { path: "rest/api/3/search/jql".into() }).contains("Update okrsync"));
        assert!(hint(Error::NotFound { path: "rest/api/3/myself".into() }).contains("\"self-managed\""));
        assert!(hint(Error::NotFound { path: "rest/api/2/myself".into() }).contains("context path"));
    }
}
