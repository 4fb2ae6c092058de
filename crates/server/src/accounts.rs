//! People and tokens as commands and requests make them: checked, hashed, stored.

pub(crate) mod codes;

pub use codes::{ResetLink, issue_setup_code, reset_link};

use crate::{
    app::App,
    auth::{bearer, password},
};
use okrsync_domain::{
    Date, Invalid, SessionId, TokenId, UserId,
    audit::Actor,
    invalid::Fields,
    person::{Role, Scope, Token, User},
};
use okrsync_store::StoreError;
use secrecy::{ExposeSecret as _, SecretString};

/// Longest name of a person or token in characters.
const MAX_NAME: usize = 100;

/// A person to add.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// E-mail address; signs in with it.
    pub email: String,
    /// Display name.
    pub name: String,
    /// 8 characters or more.
    pub password: SecretString,
    /// Rights.
    pub role: Role,
}

/// Why a person or token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Mend what was handed in.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database, or somebody has the e-mail address already.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A code or link that is wrong, was used, or is too old.
    #[error("the code is not right, or no longer")]
    Code,
    /// Hashing failed.
    #[error("{0}")]
    Internal(String),
}

/// Adds a person who signs in with a password, as the command line does.
pub async fn create_user(app: &App, new: NewUser) -> Result<User, AccountError> {
    add_user(app, Actor::command_line(), new).await
}

/// Adds a person who signs in with a password.
pub(crate) async fn add_user(app: &App, actor: Actor, new: NewUser) -> Result<User, AccountError> {
    let email = check_email(&new.email)?;
    let name = check_name(&new.name)?;
    password::check(&new.password)?;
    let hash = password::hash(new.password).await.map_err(AccountError::Internal)?;
    let now = app.now();
    let user = User { id: app.random().id(now), email, name, role: new.role, active: true, created_at: now };
    let note = app.note(actor, "user.create", &user).after(&noted(&user));
    app.store().noting(note).add_user(&user, Some(hash)).await?;
    Ok(user)
}

/// What the audit log keeps of a person.
pub(crate) fn noted(user: &User) -> serde_json::Value {
    serde_json::json!({ "name": user.name, "email": user.email, "role": user.role, "active": user.active })
}

/// Sets a new password. The person's sessions end, but for the one that is kept.
pub(crate) async fn set_password(
    app: &App,
    actor: Actor,
    user: &User,
    new: SecretString,
    keep: Option<SessionId>,
) -> Result<(), AccountError> {
    password::check(&new)?;
    let hash = password::hash(new).await.map_err(AccountError::Internal)?;
    let note = app.note(actor, "user.set_password", user);
    Ok(app.store().noting(note).set_password(user.id, hash, keep).await?)
}

/// Whether somebody may sign in or not. Of somebody who may not, sessions, tokens and reset links end at once and for good;
/// what they own stays.
pub async fn set_active(app: &App, actor: Actor, user: &User, active: bool) -> Result<User, AccountError> {
    let changed = User { active, ..user.clone() };
    let note = app.note(actor, if active { "user.activate" } else { "user.deactivate" }, user);
    let note = note.before(&noted(user)).after(&noted(&changed));
    app.store().noting(note).update_user(&changed).await?;
    Ok(changed)
}

/// Ends one of a person's tokens.
pub async fn revoke_token(app: &App, actor: Actor, owner: UserId, id: TokenId) -> Result<(), AccountError> {
    let tokens = app.store().tokens(owner).await?;
    let token = tokens.iter().find(|token| token.id == id);
    let token = token.ok_or_else(|| StoreError::NotFound { what: "token", id: id.to_string() })?;
    Ok(app.store().noting(app.note(actor, "token.revoke", token)).delete_token(owner, id).await?)
}

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// How far it reaches.
    pub scope: Scope,
    /// Last day on which it works.
    pub expires_on: Option<Date>,
}

/// Makes a personal API token for the person with this e-mail address, as the command line does. The secret is not kept:
/// it comes back once.
pub async fn create_token(app: &App, email: &str, new: NewToken) -> Result<(Token, SecretString), AccountError> {
    let user = app.store().find_user_by_email(&email.trim().to_lowercase()).await?;
    let user = user.ok_or_else(|| StoreError::NotFound { what: "user", id: email.to_owned() })?;
    add_token(app, Actor::command_line(), &user, new).await
}

/// Makes a personal API token for a person.
pub(crate) async fn add_token(
    app: &App,
    actor: Actor,
    user: &User,
    new: NewToken,
) -> Result<(Token, SecretString), AccountError> {
    let name = check_name(&new.name)?;
    let NewToken { scope, expires_on, .. } = new;
    let today = app.store().organisation().await?.today(app.now());
    if expires_on.is_some_and(|last| last < today) {
        return Err(Invalid::new("invalid_token", "expires_on", "The last day of the token lies in the past.").into());
    }
    let secret = bearer::new_token(app.random());
    let now = app.now();
    let (id, user_id) = (app.random().id(now), user.id);
    let token = Token { id, user_id, name, scope, created_at: now, expires_on, last_used_at: None };
    let note = app.note(actor, "token.create", &token);
    let note = note.after(&serde_json::json!({ "owner": user.email, "scope": scope, "expires_on": expires_on }));
    app.store().noting(note).add_token(&token, bearer::hash(secret.expose_secret())).await?;
    Ok((token, secret))
}

/// The e-mail address in lower case, if it looks like one.
pub(crate) fn check_email(text: &str) -> Result<String, Invalid> {
    let email = text.trim().to_lowercase();
    let sound = email.len() <= 254
        && !email.contains(char::is_whitespace)
        && email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    let mut fields = Fields::default();
    fields.require(sound, "email", "give an e-mail address such as dana@northwind.example");
    fields.into_result("invalid_email", "This is not an e-mail address.")?;
    Ok(email)
}

/// The name without spaces around it, if it is neither empty nor endless.
pub(crate) fn check_name(text: &str) -> Result<String, Invalid> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(Invalid::new("invalid_name", "name", format!("A name has 1 to {MAX_NAME} characters.")));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lowered_and_judged() {
        assert_eq!(check_email(" Dana@Northwind.example ").unwrap(), "dana@northwind.example");
        for wrong in ["", "dana", "@x", "a@", "a b@c", "a@b@c"] {
            assert_eq!(check_email(wrong).unwrap_err().errors[0].field, "email", "{wrong}");
        }
    }

    #[test]
    fn names_are_trimmed_and_judged() {
        assert_eq!(check_name("  Dana ").unwrap(), "Dana");
        assert!(check_name("  ").is_err());
        assert!(check_name(&"x".repeat(101)).is_err());
    }
}
