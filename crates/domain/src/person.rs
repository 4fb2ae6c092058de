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
    /// When it was made.
    pub created_at: Instant,
    /// Last day on which it works.
    pub expires_on: Option<Date>,
    /// When it was last used (kept to the hour).
    pub last_used_at: Option<Instant>,
}
