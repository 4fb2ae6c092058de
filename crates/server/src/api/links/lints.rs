//! What is wrong with a query, what it means though it may not be meant, and what nobody can check, as answered.

use okrsync_jql::{
    Span,
    highlight::Part,
    lint::{Fix, Lint},
    unchecked::Unchecked,
};
use okrsync_scheduler::check::JqlError;
use serde::Serialize;
use utoipa::ToSchema;

/// An edit that mends it: the characters from `start` to `end` become `text`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FixView {
    start: usize,
    end: usize,
    text: String,
}

impl From<Fix> for FixView {
    fn from(Fix { span, text }: Fix) -> Self {
        Self { start: span.start, end: span.end, text }
    }
}

/// What a query means, though it may not be meant. It never blocks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LintView {
    /// Stable word, such as `order_by_ignored`.
    code: String,
    /// One sentence.
    message: String,
    /// First character concerned, from 0.
    start: usize,
    /// One past the last.
    end: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixView>,
}

impl From<Lint> for LintView {
    fn from(Lint { code, message, span: Span { start, end }, fix }: Lint) -> Self {
        Self { code: code.as_str().to_owned(), message, start, end, fix: fix.map(Into::into) }
    }
}

/// Something wrong with a query. Positions count characters from 0, the end exclusive; absent where the whole query is
/// meant, or where Jira gives none.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JqlProblem {
    /// `syntax_error`, `unbounded_query`, `unknown_field`, `unknown_value`, `unknown_function`, or `refused_by_jira` for
    /// whatever else Jira refuses.
    code: &'static str,
    message: String,
    /// The cure, such as the nearest name that the site knows.
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixView>,
}

impl From<JqlError> for JqlProblem {
    fn from(JqlError { code, message, hint, start, end, fix }: JqlError) -> Self {
        Self { code, message, hint, start, end, fix: fix.map(Into::into) }
    }
}

/// A part of a query that nobody can check: Jira accepts any label, and any value in a history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UncheckedView {
    message: String,
    start: usize,
    end: usize,
}

impl From<Unchecked> for UncheckedView {
    fn from(Unchecked { message, span: Span { start, end } }: Unchecked) -> Self {
        Self { message, start, end }
    }
}

/// A part of the text, to be shown in its colour.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    /// `field`, `keyword`, `function`, `string`, `number`, `operator`, `punctuation`, or `wrong`, behind which nothing is
    /// read.
    kind: &'static str,
    start: usize,
    end: usize,
}

impl From<(Part, Span)> for TokenView {
    fn from((part, Span { start, end }): (Part, Span)) -> Self {
        Self { kind: part.as_str(), start, end }
    }
}

/// Many of them.
pub(crate) fn views<T, V: From<T>>(things: Vec<T>) -> Vec<V> {
    things.into_iter().map(V::from).collect()
}
