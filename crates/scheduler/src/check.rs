//! A query before it is linked: our own parser first, then Jira's verdict. Nothing is stored.

use crate::{Engine, SyncError, error::jira};
use okrsync_connections::{Error, Verdict};
use okrsync_domain::{ConnectionId, Invalid, Problem, invalid::FieldError, problem::ProblemCode};
use okrsync_jql::{Query, SyntaxError};

/// Something wrong with a query. Positions count characters from 0, the end exclusive; absent where Jira gives none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JqlError {
    /// What is wrong.
    pub message: String,
    /// The cure.
    pub hint: Option<String>,
    /// First character of the wrong part.
    pub start: Option<usize>,
    /// One past its last character.
    pub end: Option<usize>,
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
    /// What Jira tolerates.
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
        Self { canonical, where_clause, query: Some(query), ..Self::default() }
    }

    /// Adds what Jira says.
    pub(crate) fn judged(mut self, verdict: Result<Verdict, Error>, at: okrsync_domain::Instant) -> Self {
        match verdict {
            Ok(verdict) => {
                let error = |error: okrsync_connections::VerdictError| JqlError {
                    message: error.message,
                    hint: None,
                    start: error.start,
                    end: error.end,
                };
                self.errors = verdict.errors.into_iter().map(error).collect();
                self.warnings = verdict.warnings;
                self.matches_nothing = verdict.matches_nothing;
            }
            Err(Error::QueryInvalid { messages }) => {
                let error = |message| JqlError { message, hint: None, start: None, end: None };
                self.errors = messages.into_iter().map(error).collect();
            }
            Err(Error::QueryUnbounded) => (self.errors, self.unbounded) = (vec![unbounded()], true),
            Err(error) => self.unanswered = Some(jira(&error, at)),
        }
        self
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
        start: None,
        end: None,
    }
}

impl From<SyntaxError> for JqlError {
    fn from(error: SyntaxError) -> Self {
        let (start, end) = (Some(error.span.start), Some(error.span.end));
        Self { message: error.message, hint: error.hint, start, end }
    }
}

impl From<&JqlError> for FieldError {
    fn from(error: &JqlError) -> Self {
        Self { field: "jql".to_owned(), message: error.message.clone(), start: error.start, end: error.end }
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

impl Engine {
    /// Checks a query: syntax and restriction at once, and what Jira says if a connection is given and the text is
    /// sound. A Jira that does not answer is no error here.
    ///
    /// # Errors
    /// No such connection, or one that cannot be asked.
    pub async fn check_jql(&self, connection: Option<ConnectionId>, jql: &str) -> Result<JqlCheck, SyncError> {
        let check = JqlCheck::of_text(jql);
        let Some(id) = connection else { return Ok(check) };
        let connection = self.connection(id).await?;
        if !check.is_valid() {
            return Ok(check);
        }
        // As it was written, so that Jira's positions fit.
        let asked = self.ask(&connection, async |site| site.check_query(jql).await).await;
        Ok(match asked {
            Ok(verdict) => check.judged(verdict, self.context.clock.now()),
            Err(SyncError::Jira(problem)) => JqlCheck { unanswered: Some(problem), ..check },
            Err(error) => return Err(error),
        })
    }

    /// Checks a query before it is linked. Without `confirm_empty`, one that matches nothing is refused: a typo in a
    /// value looks the same.
    ///
    /// # Errors
    /// [`SyncError::Refused`] with `invalid_jql`, `unbounded_query` or `matches_nothing`; [`SyncError::Disabled`].
    pub async fn check_link(
        &self,
        connection: ConnectionId,
        jql: &str,
        confirm_empty: bool,
    ) -> Result<LinkCheck, SyncError> {
        let check = self.check_jql(Some(connection), jql).await?.accepted()?;
        if check.matches_nothing == Some(true) && !confirm_empty {
            let detail = "The query matches no issue at this moment.";
            return Err(Invalid::new("matches_nothing", "jql", detail)
                .hint("Check the spelling of its values, or confirm with `confirm_empty`.")
                .into());
        }
        let JqlCheck { where_clause, warnings, unanswered, .. } = check;
        Ok(LinkCheck { where_clause: where_clause.unwrap_or_default(), warnings, unanswered })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> okrsync_domain::Instant {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn code(check: JqlCheck) -> Result<(), &'static str> {
        check.accepted().map(drop).map_err(|invalid| invalid.code)
    }

    #[test]
    fn a_text_is_refused_for_its_own_reason() {
        assert_eq!(code(JqlCheck::of_text("project = AE")), Ok(()));
        for text in ["", "  ", "order by key desc"] {
            assert_eq!(code(JqlCheck::of_text(text)), Err("unbounded_query"), "{text:?}");
        }
        for text in ["project =", "a = b) OR (c = d", "project = AE AND"] {
            assert_eq!(code(JqlCheck::of_text(text)), Err("invalid_jql"), "{text:?}");
        }
    }

    #[test]
    fn jiras_verdict_decides_and_its_silence_does_not() {
        let sound = || JqlCheck::of_text("project = AE");
        let messages = vec!["The value 'AE' does not exist for the field 'project'.".to_owned()];
        assert_eq!(code(sound().judged(Err(Error::QueryInvalid { messages }), at())), Err("invalid_jql"));
        assert_eq!(code(sound().judged(Err(Error::QueryUnbounded), at())), Err("unbounded_query"));
        let silent = sound().judged(Err(Error::Truncated { detail: "cut".to_owned() }), at());
        assert!(silent.is_valid() && silent.unanswered.is_some());
    }
}
