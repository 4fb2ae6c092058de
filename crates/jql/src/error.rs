//! What is wrong with a query: a text that is no JQL, or JQL that means nothing on a site.

use crate::span::{Fix, Span};

/// Why a text is no JQL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What was expected and what was found.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The wrong part; empty at the end where something is missing there.
    pub span: Span,
    /// An edit that mends it, where one is as good as certain.
    pub fix: Option<Fix>,
}

impl SyntaxError {
    pub(crate) fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), hint: None, span, fix: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Why a well-formed query means nothing on a site. The texts are those of Jira.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// No field of that name.
    #[error("Field '{field}' does not exist or you do not have permission to view it.")]
    UnknownField {
        /// As the query names it.
        field: String,
        /// Where.
        span: Span,
    },
    /// No function of that name.
    #[error("Unable to find JQL function '{function}()'.")]
    UnknownFunction {
        /// As the query names it.
        function: String,
        /// Where.
        span: Span,
    },
    /// No such value of the field; the term is still evaluated, without it.
    #[error("The value '{value}' does not exist for the field '{field}'.")]
    UnknownValue {
        /// The field as the query names it.
        field: String,
        /// The value.
        value: String,
        /// Whether it is a value of the past (WAS, FROM, TO), which may have been given up since: Cloud misses none.
        in_history: bool,
        /// Where.
        span: Span,
    },
    /// The field does not take this operator.
    #[error("The operator '{operator}' is not supported by the '{field}' field.")]
    UnsupportedOperator {
        /// The field as the query names it.
        field: String,
        /// The operator as written.
        operator: String,
        /// Where.
        span: Span,
    },
    /// The operand cannot be read as a value of the field.
    #[error("{message}")]
    InvalidOperand {
        /// The whole sentence.
        message: String,
        /// Where.
        span: Span,
    },
}

impl EvalError {
    /// The wrong part of the query.
    pub fn span(&self) -> Span {
        match self {
            Self::UnknownField { span, .. }
            | Self::UnknownFunction { span, .. }
            | Self::UnknownValue { span, .. }
            | Self::UnsupportedOperator { span, .. }
            | Self::InvalidOperand { span, .. } => *span,
        }
    }

    /// Whether it is a value of the past that is not known today: it may have been given up since, and not every Jira
    /// minds.
    pub fn is_of_the_past(&self) -> bool {
        matches!(self, Self::UnknownValue { in_history: true, .. })
    }
}
