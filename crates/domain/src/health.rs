//! How a connection fares: its states, and the one place where they change.

use crate::problem::ProblemCode;
use serde::{Deserialize, Serialize};

/// How a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Not asked yet, or not since it was changed.
    Untested,
    /// Waits for somebody to sign in with Jira.
    NeedsAuthorization,
    /// The last answer was fine.
    Ok,
    /// The last request failed.
    Failing,
    /// Switched off.
    Disabled,
}

/// What happens to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthNews {
    /// Jira gave a proved answer.
    Answered,
    /// It could not be asked, or gave no good answer.
    Failed(ProblemCode),
    /// It was edited so that Jira is asked something else, or by somebody else.
    Edited,
    /// Somebody signed in with Jira for it, or it signs in with a token now.
    Authorized,
    /// Its grant is gone, or does not fit any more what was edited: somebody has to sign in with Jira.
    AuthorizationLost,
    /// Somebody switched it off.
    SwitchedOff,
    /// Somebody switched it on; whether somebody has to sign in with Jira first.
    SwitchedOn {
        /// Whether a grant is missing.
        needs_authorization: bool,
    },
}

impl ConnectionState {
    /// The state after news.
    ///
    /// ```
    /// use okrsync_domain::{connection::ConnectionState as State, health::HealthNews, problem::ProblemCode};
    /// assert_eq!(State::Ok.after(HealthNews::Failed(ProblemCode::JiraUnreachable)), State::Failing);
    /// // Asked to wait, or out of budget, it is slow, but it works.
    /// assert_eq!(State::Ok.after(HealthNews::Failed(ProblemCode::JiraRateLimited)), State::Ok);
    /// // Neither success nor failure switches a connection on, or signs it in.
    /// assert_eq!(State::Disabled.after(HealthNews::Answered), State::Disabled);
    /// ```
    #[must_use]
    pub fn after(self, news: HealthNews) -> Self {
        match (self, news) {
            (_, HealthNews::SwitchedOff) => Self::Disabled,
            (Self::Disabled, HealthNews::SwitchedOn { needs_authorization: true }) => Self::NeedsAuthorization,
            (Self::Disabled, HealthNews::SwitchedOn { needs_authorization: false }) => Self::Untested,
            (Self::Disabled, _) | (_, HealthNews::SwitchedOn { .. }) => self,
            (_, HealthNews::AuthorizationLost) => Self::NeedsAuthorization,
            (_, HealthNews::Authorized) => Self::Untested,
            (Self::NeedsAuthorization, _) => self,
            (_, HealthNews::Edited) => Self::Untested,
            (_, HealthNews::Answered) => Self::Ok,
            (_, HealthNews::Failed(code)) if is_patience(code) => self,
            (_, HealthNews::Failed(_)) => Self::Failing,
        }
    }

    /// Whether Jira may be asked.
    pub fn may_ask(self) -> bool {
        !matches!(self, Self::Disabled | Self::NeedsAuthorization)
    }
}

/// Whether nothing is wrong but that it has to wait.
fn is_patience(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::JiraRateLimited | ProblemCode::BudgetUsedUp | ProblemCode::IntegrationDisabled)
}

#[cfg(test)]
mod tests {
    use super::{ConnectionState as State, *};

    #[test]
    fn the_table_of_states_holds() {
        use State::{Disabled as D, Failing as F, NeedsAuthorization as N, Ok as O, Untested as U};
        let (on, on_without_grant) = (
            HealthNews::SwitchedOn { needs_authorization: false },
            HealthNews::SwitchedOn { needs_authorization: true },
        );
        let states = [U, N, O, F, D];
        for (news, expected) in [
            (HealthNews::Answered, [O, N, O, O, D]),
            (HealthNews::Failed(ProblemCode::JiraUnauthorized), [F, N, F, F, D]),
            (HealthNews::Failed(ProblemCode::JiraUnreachable), [F, N, F, F, D]),
            (HealthNews::Failed(ProblemCode::AddressNotAllowed), [F, N, F, F, D]),
            (HealthNews::Failed(ProblemCode::JiraRateLimited), [U, N, O, F, D]),
            (HealthNews::Failed(ProblemCode::BudgetUsedUp), [U, N, O, F, D]),
            (HealthNews::Failed(ProblemCode::IntegrationDisabled), [U, N, O, F, D]),
            (HealthNews::Edited, [U, N, U, U, D]),
            (HealthNews::Authorized, [U, U, U, U, D]),
            (HealthNews::AuthorizationLost, [N, N, N, N, D]),
            (HealthNews::SwitchedOff, [D, D, D, D, D]),
            (on, [U, N, O, F, U]),
            (on_without_grant, [U, N, O, F, N]),
        ] {
            assert_eq!(states.map(|state| state.after(news)), expected, "{news:?}");
        }
    }
}
