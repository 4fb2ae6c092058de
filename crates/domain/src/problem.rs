//! Why Jira could not be measured: a stable code, what happened, the cure.

use crate::Instant;
use serde::{Deserialize, Serialize};

/// The reasons programs can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// Jira refuses the credential, or answers as somebody else or as nobody.
    JiraUnauthorized,
    /// Jira wants a person to sign in (CAPTCHA) before it accepts the account again.
    JiraLocked,
    /// The credential lacks a scope.
    JiraScopeMissing,
    /// Signed in, but not permitted.
    JiraForbidden,
    /// No answer: address, network, certificate, time-out, server error.
    JiraUnreachable,
    /// Jira asks to wait.
    JiraRateLimited,
    /// The installation's policy does not let this server be called.
    AddressNotAllowed,
    /// The connection's own budget of requests is used up.
    BudgetUsedUp,
    /// The integration was switched off meanwhile.
    IntegrationDisabled,
    /// Something answered that is not Jira, or not the expected flavour.
    NotJira,
    /// An answer that cannot be trusted or understood.
    JiraUnexpectedAnswer,
    /// A field that the metric needs is not there for this account.
    FieldUnavailable,
    /// Jira refuses the query.
    InvalidJql,
    /// The query has no restriction.
    UnboundedQuery,
    /// The query matched issues before and suddenly does not; the account's health could not be confirmed.
    SuddenDrop,
    /// A value is too large to be kept exactly.
    NumberTooLarge,
    /// okrsync itself failed.
    Internal,
}

impl ProblemCode {
    /// The word that the API and the database use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JiraUnauthorized => "jira_unauthorized",
            Self::JiraLocked => "jira_locked",
            Self::JiraScopeMissing => "jira_scope_missing",
            Self::JiraForbidden => "jira_forbidden",
            Self::JiraUnreachable => "jira_unreachable",
            Self::JiraRateLimited => "jira_rate_limited",
            Self::AddressNotAllowed => "address_not_allowed",
            Self::BudgetUsedUp => "budget_used_up",
            Self::IntegrationDisabled => "integration_disabled",
            Self::NotJira => "not_jira",
            Self::JiraUnexpectedAnswer => "jira_unexpected_answer",
            Self::FieldUnavailable => "field_unavailable",
            Self::InvalidJql => "invalid_jql",
            Self::UnboundedQuery => "unbounded_query",
            Self::SuddenDrop => "sudden_drop",
            Self::NumberTooLarge => "number_too_large",
            Self::Internal => "internal",
        }
    }

    /// Whether the whole connection is in trouble, rather than one query.
    pub fn concerns_connection(self) -> bool {
        matches!(
            self,
            Self::JiraUnauthorized
                | Self::JiraLocked
                | Self::JiraScopeMissing
                | Self::JiraUnreachable
                | Self::JiraRateLimited
                | Self::AddressNotAllowed
                | Self::BudgetUsedUp
                | Self::IntegrationDisabled
                | Self::NotJira
        )
    }
}

/// Why a number could not be renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable word.
    pub code: ProblemCode,
    /// What happened, without secrets.
    pub message: String,
    /// The cure.
    pub hint: Option<String>,
    /// When it was seen (of a freshness error: since when it lasts).
    pub at: Instant,
    /// When Jira said to come back.
    pub retry_at: Option<Instant>,
}
