//! People, their roles and API tokens.

use crate::{Date, Instant, TokenId, UserId};
use serde::{Deserialize, Serialize};

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Own connections and OKRs.
    Member,
    /// Reading.
    Viewer,
}

/// How far a personal API token reaches; never further than its owner's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reading, as a viewer does.
    Read,
    /// Reading and writing, as a member does.
    Write,
    /// Everything that its owner may do.
    Admin,
}

impl Scope {
    /// The role as far as this scope reaches.
    ///
    /// ```
    /// use okrsync_domain::person::{Role, Scope};
    /// assert_eq!(Scope::Write.limit(Role::Admin), Role::Member);
    /// assert_eq!(Scope::Admin.limit(Role::Viewer), Role::Viewer);
    /// ```
    pub fn limit(self, role: Role) -> Role {
        match (self, role) {
            (Self::Read, _) => Role::Viewer,
            (Self::Write, Role::Admin) => Role::Member,
            (Self::Write | Self::Admin, role) => role,
        }
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Id.
    pub id: UserId,
    /// E-mail address, lower case; signs in with it.
    pub email: String,
    /// Display name.
    pub name: String,
    /// Rights.
    pub role: Role,
    /// Whether they may sign in.
    pub active: bool,
    /// When they were added.
    pub created_at: Instant,
}

/// A personal API token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Id.
    pub id: TokenId,
    /// Whose rights it carries.
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// How far it reaches.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Instant,
    /// Last day on which it works.
    pub expires_on: Option<Date>,
    /// When it was last used (kept to the hour).
    pub last_used_at: Option<Instant>,
}
