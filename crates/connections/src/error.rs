//! Everything that can go wrong between okrsync and a Jira site, by what a caller can do about it.

mod cure;

use crate::{Refusal, oauth1};
use cure::Flavour;
use okrsync_domain::{
    Instant, Problem,
    issue::{FieldId, IssueKey},
    problem::ProblemCode,
};
use std::time::Duration;

/// Why nothing answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// The host name is not known.
    Dns,
    /// Nobody listens there, or the network does not lead there.
    Connect,
    /// The certificate is not trusted, or there is no common TLS version.
    Tls,
    /// No complete answer in time.
    TimedOut,
    /// The connection was cut.
    Reset,
    /// The outbound proxy refuses.
    Proxy,
}

/// What can go wrong. `Display` says what happened, [`Error::hint`] what to do; neither shows a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Jira refuses the credential, or answers as somebody else or as nobody: sign in anew, do not retry.
    #[error("Jira does not accept the sign-in: {detail}")]
    CredentialInvalid {
        /// The signal.
        detail: String,
    },
    /// What was granted on a consent page is over: somebody must sign in again.
    #[error("Jira no longer accepts the sign-in that was granted: {detail}")]
    GrantLost {
        /// Jira's words.
        detail: String,
    },
    /// Jira does not know okrsync's client id and secret.
    #[error("Jira does not accept the client id and secret: {detail}")]
    ApplicationRefused {
        /// Jira's words.
        detail: String,
    },
    /// Jira refuses a request that was signed by OAuth 1.0a.
    #[error("Jira refuses the application link: {} ({detail})", .problem.meaning())]
    Oauth1 {
        /// What is wrong.
        problem: oauth1::Problem,
        /// The word that Jira used, and what belongs to it.
        detail: String,
    },
    /// A person must sign in with a browser first (CAPTCHA): stop at once.
    #[error("Jira has locked the account until somebody signs in with a browser")]
    CredentialLocked {
        /// Where to sign in.
        login_url: Option<String>,
    },
    /// The token lacks a scope: another token is needed.
    #[error("the token lacks a scope that okrsync needs: {detail}")]
    ScopeMissing {
        /// Jira's words.
        detail: String,
    },
    /// Signed in, but not permitted.
    #[error("the account may not do this in Jira: {detail}")]
    Forbidden {
        /// Jira's words.
        detail: String,
    },
    /// Not there, or not visible to this account. Never proof of a deletion.
    #[error("nothing is at `{path}` on this server, or the account may not see it")]
    NotFound {
        /// What was asked for.
        path: String,
    },
    /// Jira refuses the query.
    #[error("Jira refuses the query: {}", .messages.join(" "))]
    QueryInvalid {
        /// Jira's words, in the language of the account.
        messages: Vec<String>,
    },
    /// The query has no restriction.
    #[error("the query has no restriction, so Jira refuses it")]
    QueryUnbounded,
    /// The endpoint was removed: the wrong flavour of Jira, or an old okrsync.
    #[error("this Jira no longer has the interface for {} (`{path}`)", Flavour::of(path).servers())]
    ApiRemoved {
        /// What was asked for.
        path: String,
    },
    /// Jira asks to wait. Nothing is sent before.
    #[error("Jira asks to wait until {} ({reason})", .retry_at.format("%Y-%m-%d %H:%M:%S UTC"))]
    RateLimited {
        /// When to come back.
        retry_at: Instant,
        /// How long that was when Jira said it.
        retry_after: Duration,
        /// Jira's reason, or a word for it.
        reason: String,
        /// Whether all of the connection has to wait, or only what was asked for.
        whole: bool,
    },
    /// Nothing answered.
    #[error("Jira cannot be reached: {detail}")]
    Unreachable {
        /// Where it failed.
        cause: Unreachable,
        /// What the network said.
        detail: String,
    },
    /// The integration, or the connection, was switched off.
    #[error("the Jira integration is switched off")]
    SwitchedOff,
    /// The connection may send no more requests for now.
    #[error("the connection's budget of {budget} requests an hour is used up until {}", .retry_at.format("%H:%M UTC"))]
    BudgetUsedUp {
        /// Requests an hour.
        budget: u32,
        /// When a good part of it is free again.
        retry_at: Instant,
    },
    /// What must be read at one go, with what is asked before it, is more than the connection may send.
    #[error("reading this query takes {needed} requests at one go, and the connection's budget is {budget} an hour")]
    BudgetTooSmall {
        /// Requests an hour.
        budget: u32,
        /// Requests that it takes.
        needed: u64,
    },
    /// The installation does not call this server.
    #[error("okrsync does not call `{host}`: {refusal}")]
    ServerRefused {
        /// The server as it is written.
        host: String,
        /// Why not.
        refusal: Refusal,
    },
    /// The server is in trouble.
    #[error("Jira answers with an error {status}: {detail}")]
    ServerError {
        /// HTTP status.
        status: u16,
        /// Jira's words.
        detail: String,
    },
    /// The answer ended before it was complete.
    #[error("Jira's answer broke off: {detail}")]
    Truncated {
        /// Where.
        detail: String,
    },
    /// The query matches more issues than this server pages through.
    #[error("the query matches more issues than this Jira lets anybody page through")]
    ResultWindow,
    /// The set of issues moved while it was read: walk again.
    #[error("the matching issues changed while they were read: {detail}")]
    ResultChanged {
        /// How it was noticed.
        detail: String,
    },
    /// Something answered that is not Jira, such as a login page.
    #[error("this is not Jira's API: {detail}")]
    NotJira {
        /// What it is.
        detail: String,
    },
    /// An answer that cannot be trusted or understood.
    #[error("Jira gave an answer that cannot be used: {detail}")]
    UnexpectedAnswer {
        /// Why not.
        detail: String,
    },
    /// A value does not fit an exact decimal.
    #[error("{issue}: the number {text} in `{field}` is too large to be kept exactly")]
    NumberTooLarge {
        /// Where.
        issue: IssueKey,
        /// In which field.
        field: FieldId,
        /// The number as Jira wrote it, shortened.
        text: String,
    },
    /// The connection's own settings are unsound.
    #[error("the connection's settings are not sound: {detail}")]
    Settings {
        /// Which, and why.
        detail: String,
    },
    /// A secret was sealed with a key that is not in the ring.
    #[error("a secret is sealed with the key `{id}`, which okrsync was not given")]
    KeyUnknown {
        /// Id of the key.
        id: String,
    },
    /// A sealed secret was altered, moved to another place, or is none.
    #[error("a sealed secret cannot be opened: it was altered or belongs elsewhere")]
    SealBroken,
}

impl Error {
    /// Whether the same request may succeed later by itself.
    ///
    /// ```
    /// use okrsync_connections::Error;
    /// assert!(Error::ServerError { status: 503, detail: String::new() }.is_transient());
    /// assert!(!Error::QueryUnbounded.is_transient());
    /// ```
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { cause, .. } => *cause != Unreachable::Tls,
            Self::RateLimited { .. }
            | Self::ServerError { .. }
            | Self::Truncated { .. }
            | Self::ResultChanged { .. } => true,
            // each try is signed anew
            Self::Oauth1 { problem, .. } => *problem == oauth1::Problem::NonceUsed,
            _ => false,
        }
    }

    /// Whether it has nothing to do with other requests on the same connection: one endpoint wants a rest, or one query is
    /// too much.
    pub fn leaves_others_alone(&self) -> bool {
        matches!(self, Self::RateLimited { whole: false, .. } | Self::BudgetTooSmall { .. })
    }

    /// Whether somebody must sign in on the consent page again: no renewal helps.
    pub fn needs_consent(&self) -> bool {
        match self {
            Self::GrantLost { .. } => true,
            Self::Oauth1 { problem, .. } => problem.ends_grant(),
            _ => false,
        }
    }

    /// Whether another token of the same grant may be accepted.
    pub(crate) fn refuses_token(&self) -> bool {
        match self {
            // a newer grant may reach further
            Self::CredentialInvalid { .. } | Self::ScopeMissing { .. } => true,
            Self::Oauth1 { problem, .. } => problem.ends_grant(),
            _ => false,
        }
    }

    /// The stable word for programs.
    pub fn problem_code(&self) -> ProblemCode {
        match self {
            Self::CredentialInvalid { .. }
            | Self::GrantLost { .. }
            | Self::ApplicationRefused { .. }
            | Self::Oauth1 { .. } => ProblemCode::JiraUnauthorized,
            Self::CredentialLocked { .. } => ProblemCode::JiraLocked,
            Self::ScopeMissing { .. } => ProblemCode::JiraScopeMissing,
            Self::Forbidden { .. } => ProblemCode::JiraForbidden,
            Self::QueryInvalid { .. } => ProblemCode::InvalidJql,
            Self::QueryUnbounded => ProblemCode::UnboundedQuery,
            Self::RateLimited { .. } => ProblemCode::JiraRateLimited,
            Self::SwitchedOff => ProblemCode::IntegrationDisabled,
            Self::BudgetUsedUp { .. } | Self::BudgetTooSmall { .. } => ProblemCode::BudgetUsedUp,
            Self::ServerRefused { .. } => ProblemCode::AddressNotAllowed,
            Self::Unreachable { .. } | Self::ServerError { .. } | Self::Truncated { .. } | Self::Settings { .. } => {
                ProblemCode::JiraUnreachable
            }
            Self::NotFound { .. } | Self::ApiRemoved { .. } | Self::NotJira { .. } => ProblemCode::NotJira,
            Self::ResultWindow | Self::ResultChanged { .. } | Self::UnexpectedAnswer { .. } => {
                ProblemCode::JiraUnexpectedAnswer
            }
            Self::NumberTooLarge { .. } => ProblemCode::NumberTooLarge,
            Self::KeyUnknown { .. } | Self::SealBroken => ProblemCode::Internal,
        }
    }

    /// How long Jira asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::RateLimited { retry_after, .. } = self { Some(*retry_after) } else { None }
    }

    /// Until when Jira asked to wait, or the connection's budget does.
    pub fn retry_at(&self) -> Option<Instant> {
        match self {
            Self::RateLimited { retry_at, .. } | Self::BudgetUsedUp { retry_at, .. } => Some(*retry_at),
            _ => None,
        }
    }

    /// The same as a stored problem, seen at `at`.
    pub fn problem(&self, at: Instant) -> Problem {
        let (code, message) = (self.problem_code(), sentence(&self.to_string()));
        Problem { code, message, hint: self.hint(), at, retry_at: self.retry_at() }
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    first.chain(letters).collect::<String>() + stop
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_a_sentence_with_a_cure() {
        let at = "2026-11-20T10:00:00Z".parse().unwrap();
        let problem = Error::CredentialLocked { login_url: Some("https://jira/login.jsp".into()) }.problem(at);
        assert_eq!(problem.code, ProblemCode::JiraLocked);
        assert_eq!(problem.message, "Jira has locked the account until somebody signs in with a browser.");
        assert!(problem.hint.unwrap().contains("https://jira/login.jsp"));
    }

    #[test]
    fn waiting_is_told_as_instant_and_as_duration() {
        let at: Instant = "2026-11-20T10:00:17Z".parse().unwrap();
        let (retry_after, reason) = (Duration::from_secs(17), "burst".into());
        let error = Error::RateLimited { retry_at: at, retry_after, reason, whole: false };
        assert_eq!(error.problem(at).retry_at, Some(at));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(17)));
        assert_eq!(error.to_string(), "Jira asks to wait until 2026-11-20 10:00:17 UTC (burst)");
    }
}
