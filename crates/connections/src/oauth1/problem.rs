//! What OAuth 1.0a says is wrong, in one word: what it means, and the cure.

use crate::{Error, answer::Answer};
use std::collections::HashMap;

/// The words of the [problem reporting extension](https://oauth.pbworks.com/w/page/12239358/ProblemReporting) that Jira
/// may use, with those that it does use first.
const WORDS: [(&str, Problem); 17] = [
    ("consumer_key_unknown", Problem::ConsumerKeyUnknown),
    ("signature_invalid", Problem::SignatureInvalid),
    ("signature_method_rejected", Problem::SignatureMethodRejected),
    ("timestamp_refused", Problem::TimestampRefused),
    ("nonce_used", Problem::NonceUsed),
    ("token_rejected", Problem::TokenRejected),
    ("token_expired", Problem::TokenExpired),
    ("token_revoked", Problem::TokenRevoked),
    ("token_used", Problem::TokenUsed),
    ("permission_unknown", Problem::PermissionUnknown),
    ("permission_denied", Problem::PermissionDenied),
    ("user_refused", Problem::PermissionDenied),
    ("parameter_absent", Problem::ParameterAbsent),
    ("parameter_rejected", Problem::ParameterRejected),
    ("version_rejected", Problem::VersionRejected),
    ("consumer_key_rejected", Problem::ConsumerKeyRefused),
    ("consumer_key_refused", Problem::ConsumerKeyRefused),
];

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Jira has no application link with this consumer key.
    ConsumerKeyUnknown,
    /// There is one, but it may not be used.
    ConsumerKeyRefused,
    /// Jira checks the signature with another public key or another address.
    SignatureInvalid,
    /// Jira does not take RSA-SHA1.
    SignatureMethodRejected,
    /// The clocks disagree by more than five minutes.
    TimestampRefused,
    /// A request came twice.
    NonceUsed,
    /// The token is unknown, or is another application's.
    TokenRejected,
    /// The token has ended.
    TokenExpired,
    /// Somebody revoked the token.
    TokenRevoked,
    /// The request token was used before.
    TokenUsed,
    /// Nobody has answered on the consent page yet.
    PermissionUnknown,
    /// Somebody answered with no, or the session behind the token has ended.
    PermissionDenied,
    /// Jira misses a parameter.
    ParameterAbsent,
    /// Jira does not like a parameter.
    ParameterRejected,
    /// Jira wants another version of OAuth.
    VersionRejected,
    /// A word that okrsync does not know.
    Other,
}

impl Problem {
    /// What it means, as the end of a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::ConsumerKeyUnknown => "it has no application link with this consumer key",
            Self::ConsumerKeyRefused => "the application link with this consumer key may not be used",
            Self::SignatureInvalid => "the signature does not fit the application link's public key or Jira's address",
            Self::SignatureMethodRejected => "it does not take signatures by RSA-SHA1",
            Self::TimestampRefused => "the clocks of Jira and okrsync disagree by minutes",
            Self::NonceUsed => "it has seen the same request before",
            Self::TokenRejected => "it does not know the token",
            Self::TokenExpired => "the token has expired",
            Self::TokenRevoked => "somebody has revoked the token",
            Self::TokenUsed => "the sign-in was completed before",
            Self::PermissionUnknown => "nobody has allowed the access yet",
            Self::PermissionDenied => "the access was refused, or has ended",
            Self::ParameterAbsent => "it misses something in the request",
            Self::ParameterRejected => "it does not accept something in the request",
            Self::VersionRejected => "it wants another version of OAuth",
            Self::Other => "it gives a reason that okrsync does not know",
        }
    }

    /// What to do about it.
    pub fn cure(self) -> &'static str {
        match self {
            Self::ConsumerKeyUnknown => {
                "In Jira's application link, enter under \"Incoming authentication\" exactly the consumer key that the \
                 connection shows."
            }
            Self::ConsumerKeyRefused => "Switch on \"Incoming authentication\" of the application link in Jira.",
            Self::SignatureInvalid => {
                "Copy the connection's public key into Jira's application link again, and use the server URL that Jira has \
                 as its own base URL."
            }
            Self::SignatureMethodRejected => "Let Jira's application link use OAuth with an RSA public key.",
            Self::TimestampRefused => "Synchronise the clocks of both machines (NTP), then try again.",
            Self::NonceUsed => "Nothing to do: okrsync signs each try anew.",
            Self::TokenRejected
            | Self::TokenExpired
            | Self::TokenRevoked
            | Self::TokenUsed
            | Self::PermissionDenied => "Sign in with Jira again.",
            Self::PermissionUnknown => "Choose \"Allow\" on Jira's page, then come back.",
            Self::ParameterAbsent | Self::ParameterRejected => {
                "Check okrsync's public address and the callback URL of the application link."
            }
            Self::VersionRejected => "Use an OAuth 2.0 link or a personal access token instead.",
            Self::Other => "Test the connection; Jira's own log says more.",
        }
    }

    /// Whether only a new consent helps, once a renewal has been tried.
    pub(crate) fn ends_grant(self) -> bool {
        use Problem::{PermissionDenied, TokenExpired, TokenRejected, TokenRevoked, TokenUsed};
        matches!(self, TokenRejected | TokenExpired | TokenRevoked | TokenUsed | PermissionDenied)
    }

    /// The error that an answer tells in the dress of OAuth 1.0a: in the body, or in `WWW-Authenticate`.
    pub(crate) fn told_by(answer: &Answer) -> Option<Error> {
        if !matches!(answer.status.as_u16(), 400 | 401 | 403) {
            return None;
        }
        let told = in_header(answer).or_else(|| in_body(answer))?;
        let word = told.get("oauth_problem")?;
        let problem = WORDS.iter().find(|(known, _)| known == word).map_or(Self::Other, |(_, problem)| *problem);
        let parts = ["oauth_parameters_absent", "oauth_parameters_rejected", "oauth_acceptable_timestamps"];
        let more: Vec<&str> = parts.iter().filter_map(|name| told.get(*name).map(String::as_str)).collect();
        let detail = if more.is_empty() { word.clone() } else { format!("{word}: {}", more.join(" ")) };
        Some(Error::Oauth1 { problem, detail: crate::answer::shortened(&detail) })
    }
}

fn in_body(answer: &Answer) -> Option<HashMap<String, String>> {
    serde_urlencoded::from_bytes(&answer.body).ok()
}

fn in_header(answer: &Answer) -> Option<HashMap<String, String>> {
    let challenges = answer.headers.get_all("www-authenticate").into_iter().filter_map(|value| value.to_str().ok());
    let list =
        challenges.filter_map(|value| value.strip_prefix("OAuth ")).find(|list| list.contains("oauth_problem"))?;
    let pairs = list.split(',').filter_map(|pair| pair.trim().split_once('='));
    let read = |value: &str| percent_encoding::percent_decode_str(value.trim_matches('"')).decode_utf8_lossy().into();
    Some(pairs.map(|(name, value)| (name.to_owned(), read(value))).collect())
}
