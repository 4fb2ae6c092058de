//! A query before it is linked: our own parser first, then Jira's verdict, placed with the catalogue. Nothing is stored.

pub(crate) mod asked;
mod placed;

use okrsync_domain::{Invalid, Problem, connection::Connection, invalid::FieldError, problem::ProblemCode};
use okrsync_jql::{
    Query, SyntaxError,
    lint::{Fix, Lint, Measured},
    unchecked::Unchecked,
    unknown::Unknown,
};

/// Something wrong with a query. Positions count characters from 0, the end exclusive; absent where the whole query is
/// meant, or Jira gives none and names nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JqlError {
    /// Stable word: `syntax_error`, `unbounded_query`, `unknown_field`, `unknown_value`, `unknown_function`, or
    /// `refused_by_jira` for whatever else Jira refuses.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The cure.
    pub hint: Option<String>,
    /// First character of the wrong part.
    pub start: Option<usize>,
    /// One past its last character.
    pub end: Option<usize>,
    /// An edit that mends it.
    pub fix: Option<Fix>,
}

/// What is asked about a query.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The query as written.
    pub jql: &'a str,
    /// The connection whose site it is for.
    pub connection: Option<&'a Connection>,
    /// What is made of its matches.
    pub measured: Measured,
    /// Whether Jira is asked, too. Else the last catalogue is all that is known of the site.
    pub ask_jira: bool,
}

/// What is known of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JqlCheck {
    /// The whole query in canonical form, if it is one.
    pub canonical: Option<String>,
    /// Its restriction alone: what identifies a shared query. None where there is none.
    pub where_clause: Option<String>,
    /// What is wrong; empty if nothing is.
    pub errors: Vec<JqlError>,
    /// Whether the query is refused for want of a restriction.
    pub unbounded: bool,
    /// What the query means, though it may not be meant. Names that the catalogue does not know are here while Jira has
    /// not confirmed that there are no such things.
    pub lints: Vec<Lint>,
    /// What nobody can check.
    pub unchecked: Vec<Unchecked>,
    /// What Jira tolerates, such as unknown people.
    pub warnings: Vec<String>,
    /// Whether nothing matches at this moment, if Jira was asked.
    pub matches_nothing: Option<bool>,
    /// Why Jira's verdict is missing although it was asked.
    pub unanswered: Option<Problem>,
    /// The tree, if the text is a query.
    pub(crate) query: Option<Query>,
}

impl JqlCheck {
    /// Whether nothing is wrong with the query as far as is known.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    /// What our own parser says, without asking anybody.
    ///
    /// ```
    /// use okrsync_scheduler::check::JqlCheck;
    /// let check = JqlCheck::of_text("project = AE order by key");
    /// assert!(check.is_valid() && check.where_clause.is_some());
    /// assert!(JqlCheck::of_text("ORDER BY key").unbounded);
    /// assert_eq!(JqlCheck::of_text("project = ").errors[0].start, Some(10));
    /// ```
    pub fn of_text(jql: &str) -> Self {
        match okrsync_jql::parse(jql) {
            Ok(query) if query.is_bounded() => Self::sound(query),
            Ok(query) => Self { errors: vec![unbounded()], unbounded: true, ..Self::sound(query) },
            Err(errors) => Self { errors: errors.into_iter().map(JqlError::from).collect(), ..Self::default() },
        }
    }

    fn sound(query: Query) -> Self {
        let (canonical, where_clause) = (Some(query.canonical()), query.canonical_where());
        let unchecked = okrsync_jql::unchecked::unchecked(&query);
        Self { canonical, where_clause, unchecked, query: Some(query), ..Self::default() }
    }

    /// The query as text for Jira, or why it is refused.
    pub(crate) fn accepted(self) -> Result<Self, Invalid> {
        match self.errors.first() {
            None => Ok(self),
            Some(_) if self.unbounded => {
                Err(Invalid::new("unbounded_query", "jql", unbounded().message).hint(UNBOUNDED_HINT))
            }
            Some(first) => Err(Invalid {
                code: ProblemCode::InvalidJql.as_str(),
                detail: format!("The query is not valid: {}", first.message),
                hint: first.hint.clone(),
                errors: self.errors.iter().map(FieldError::from).collect(),
            }),
        }
    }
}

const UNBOUNDED_HINT: &str = "Restrict the query, for example with `project = …`.";

fn unbounded() -> JqlError {
    JqlError {
        message: "The query has no restriction: it would match every issue.".to_owned(),
        hint: Some(UNBOUNDED_HINT.to_owned()),
        ..JqlError::new(ProblemCode::UnboundedQuery.as_str())
    }
}

impl JqlError {
    fn new(code: &'static str) -> Self {
        Self { code, message: String::new(), hint: None, start: None, end: None, fix: None }
    }
}

impl From<SyntaxError> for JqlError {
    fn from(error: SyntaxError) -> Self {
        let (start, end) = (Some(error.span.start), Some(error.span.end));
        Self { message: error.message, hint: error.hint, start, end, fix: error.fix, ..Self::new("syntax_error") }
    }
}

impl From<&Unknown> for JqlError {
    fn from(unknown: &Unknown) -> Self {
        Self {
            code: unknown.code().as_str(),
            message: unknown.message(),
            hint: unknown.hint(),
            start: Some(unknown.span.start),
            end: Some(unknown.span.end),
            fix: unknown.fix(),
        }
    }
}

impl From<&JqlError> for FieldError {
    fn from(error: &JqlError) -> Self {
        // A refusal has one hint for all its errors.
        let message = match &error.hint {
            Some(hint) => format!("{} {hint}", error.message),
            None => error.message.clone(),
        };
        Self { field: "jql".to_owned(), message, start: error.start, end: error.end }
    }
}

/// A query that may be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkCheck {
    /// The restriction in canonical form: it identifies the shared query.
    pub where_clause: String,
    /// What Jira tolerates.
    pub warnings: Vec<String>,
    /// Why Jira's verdict is missing: the link may be stored all the same and shows as failing.
    pub unanswered: Option<Problem>,
}
