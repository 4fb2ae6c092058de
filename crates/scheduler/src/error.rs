//! What can go wrong between a caller and the engine; the variants say what the caller can do.

use crate::{plan, sign_in::AttemptProblem};
use okrsync_domain::{Instant, Invalid, Problem, problem::ProblemCode};
use okrsync_store::StoreError;
use tokio_cron_scheduler::JobSchedulerError;

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// What was handed in cannot be accepted: mend it.
    #[error(transparent)]
    Refused(#[from] Invalid),
    /// Jira could not be asked or its answer not be trusted; the problem has the cure and when to come back.
    #[error("{}", .0.message)]
    Jira(Problem),
    /// The integration or the connection is switched off.
    #[error("the Jira integration is switched off")]
    Disabled,
    /// Somebody has to sign in with Jira first.
    #[error("the connection waits for somebody to sign in with Jira")]
    NeedsAuthorization,
    /// What a browser brought back from the consent page is not accepted.
    #[error("the sign-in that this browser comes back from is not under way ({0:?})")]
    Attempt(AttemptProblem),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ticking clock could not be started or stopped.
    #[error("the scheduler's clock: {0}")]
    Clock(#[from] JobSchedulerError),
}

impl SyncError {
    /// What Jira or the connection did, as a problem seen at `at`.
    pub(crate) fn jira(error: &okrsync_connections::Error, at: Instant) -> Self {
        Self::Jira(jira(error, at))
    }

    /// Whether the same call may succeed soon.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Jira(problem) => plan::is_transient(problem.code),
            Self::Store(error) => error.is_transient(),
            Self::Refused(_) | Self::Disabled | Self::NeedsAuthorization | Self::Attempt(_) | Self::Clock(_) => false,
        }
    }
}

/// What Jira or the connection did. There is always a cure, if only patience.
pub(crate) fn jira(error: &okrsync_connections::Error, at: Instant) -> Problem {
    let problem = error.problem(at);
    let cure = if plan::is_transient(problem.code) {
        "It is tried again by itself. If it lasts, test the connection: the test names the step that fails."
    } else {
        "Test the connection: the test names the step that fails."
    };
    Problem { hint: problem.hint.or_else(|| Some(cure.to_owned())), ..problem }
}

/// A failure of okrsync itself, told in the same form as one of Jira's.
pub(crate) fn internal(detail: &str, at: Instant) -> Problem {
    Problem {
        code: ProblemCode::Internal,
        message: format!("okrsync could not finish the refresh: {detail}."),
        hint: Some("It is tried again by itself. If it stays, the log names the cause.".to_owned()),
        at,
        retry_at: None,
    }
}
