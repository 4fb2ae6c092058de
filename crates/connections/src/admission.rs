//! Asking before each request whether it may leave at all.

use crate::Error;
use okrsync_domain::Instant;
use std::pin::Pin;

/// What an [`Admission`] answers later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Jira's wish that nothing is sent for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What is not to be asked, as method and path; none is all of the connection.
    pub endpoint: Option<String>,
    /// Nothing is sent before.
    pub until: Instant,
}

/// Who is asked before each request whether it may leave now: the keeper of the integration's switch, of budgets, and of
/// waits that Jira asked some process for.
pub trait Admission: Send + Sync {
    /// Lets one request leave, and counts it.
    ///
    /// # Errors
    /// [`Error::SwitchedOff`] or [`Error::BudgetUsedUp`]: nothing is sent.
    fn admit(&self) -> Later<'_, Result<(), Error>>;

    /// What Jira asked anybody to wait for, as far as it is not over.
    fn waits(&self) -> Later<'_, Vec<Wait>>;

    /// Tells everybody else of a wait that Jira has just asked for.
    fn note(&self, wait: Wait) -> Later<'_, ()>;
}
