//! How errors of the crates below are answered.

use super::ApiError;
use axum::http::StatusCode;
use okrsync_domain::Problem;
use okrsync_scheduler::SyncError;
use okrsync_store::StoreError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what, id } => Self::not_found(what, id),
            StoreError::Changed { what, .. } => {
                Self::conflict("changed_meanwhile", format!("Somebody else has changed the {what} in the meantime."))
                    .hint("Read it again, then decide.")
            }
            StoreError::Duplicate { what, field } => {
                let detail = format!("Another {what} has the same {field}.");
                let mut error = Self::conflict("duplicate", detail.clone());
                error.0.errors = okrsync_domain::Invalid::new("duplicate", field, detail).errors;
                error
            }
            StoreError::HasChildren { children, .. } => {
                Self::conflict("has_children", format!("{children} objectives or key results lie beneath it."))
                    .hint("Repeat with `?with_children=true` to delete them as well.")
            }
            StoreError::ParentLoop { .. } => {
                Self::field("invalid_parent", "parent_id", "An objective cannot lie beneath itself.")
            }
            StoreError::NotAnObjective { .. } => {
                Self::field("invalid_parent", "parent_id", "Only objectives have children, and it is none.")
            }
            StoreError::InUse { links } => {
                Self::conflict("connection_in_use", format!("{links} links use the connection."))
                    .hint("Move them first: repeat with `?move_links_to=` and the id of another connection.")
            }
            StoreError::LastAdmin => Self::conflict("last_admin", "Nobody would be left who may administrate.")
                .hint("Make somebody else an admin first."),
            error if error.is_transient() => {
                Self::unavailable("The database does not answer just now. Nothing was changed.", error)
            }
            error => Self::internal(error),
        }
    }
}

impl From<SyncError> for ApiError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Refused(invalid) => invalid.into(),
            SyncError::Jira(problem) => from_problem(&problem),
            SyncError::Disabled => integration_disabled(),
            SyncError::NeedsAuthorization => needs_authorization(),
            SyncError::Attempt(problem) => crate::consent::refused(problem),
            SyncError::Store(error) => error.into(),
            SyncError::Clock(error) => Self::internal(error),
        }
    }
}

fn from_problem(problem: &Problem) -> ApiError {
    // The problem was seen just now: the moment it was seen is the moment to count from.
    ApiError::jira(problem, problem.at)
}

/// The integration, or the connection, is switched off.
pub(crate) fn integration_disabled() -> ApiError {
    ApiError::conflict("integration_disabled", "The Jira integration is switched off. The last values stay.")
        .hint("An admin switches it on: PATCH /api/v1/integrations/jira {\"enabled\": true}.")
}

fn needs_authorization() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "needs_authorization",
        "The connection waits for somebody to sign in with Jira. The last values stay.",
    )
    .hint("Its owner or an admin opens the connection and chooses \"Sign in with Jira\".")
}
