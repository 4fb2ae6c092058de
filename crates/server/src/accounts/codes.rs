//! Codes and links that are handed out: the one that makes the first person, and those that reset a password. Each works
//! once; only hashes are kept.

use super::{AccountError, check_email, check_name, noted};
use crate::{app::App, auth::password};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use okrsync_domain::{
    Instant,
    audit::{Actor, Subject, Via},
    person::{Role, User},
};
use okrsync_store::StoreError;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// Letters and digits that nobody confuses ([Crockford](https://www.crockford.com/base32.html)).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code: 100 random bits.
const LENGTH: usize = 20;
/// Letters between two dashes.
const GROUP: usize = 5;
/// How long a link to reset a password works.
const RESET_LASTS: TimeDelta = TimeDelta::hours(24);

/// Who sets the installation up.
#[derive(Debug, Clone)]
pub(crate) struct FirstUser {
    /// The code from the log.
    pub(crate) code: SecretString,
    /// Name of the organisation; empty keeps the one there is.
    pub(crate) organisation: String,
    /// Display name.
    pub(crate) name: String,
    /// E-mail address to sign in with.
    pub(crate) email: String,
    /// 8 characters or more.
    pub(crate) password: SecretString,
}

/// A link by which somebody chooses a new password.
#[derive(Debug, Clone)]
pub struct ResetLink {
    /// The address, with the code in it.
    pub url: SecretString,
    /// From when on it does not work.
    pub expires_at: Instant,
}

/// A code that makes the first person; none where there is somebody already.
pub async fn issue_setup_code(app: &App) -> Result<Option<SecretString>, AccountError> {
    let letters = app.random().bytes::<LENGTH>().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let groups: Vec<String> = letters.chunks(GROUP).map(|group| group.iter().collect()).collect();
    let code = SecretString::from(groups.join("-"));
    Ok(app.store().add_setup_code(hash(&code), app.now()).await?.then_some(code))
}

/// Says in the log how the first person signs in, where there is none.
pub(crate) async fn announce_setup(app: &App) -> Result<(), AccountError> {
    if let Some(code) = issue_setup_code(app).await? {
        let address = app.settings().address();
        let code = code.expose_secret();
        tracing::warn!("Nobody can sign in yet. Open {address}/setup and enter the setup code {code}");
    }
    Ok(())
}

/// Makes the first person, an admin, by a code from the log.
pub(crate) async fn set_up(app: &App, first: FirstUser) -> Result<User, AccountError> {
    let code = hash(&first.code);
    if !app.store().knows_setup_code(code).await? {
        return Err(AccountError::Code);
    }
    let (email, name) = (check_email(&first.email)?, check_name(&first.name)?);
    password::check(&first.password)?;
    let organisation = first.organisation.trim();
    let organisation = if organisation.is_empty() { None } else { Some(check_name(organisation)?) };
    let password = password::hash(first.password).await.map_err(AccountError::Internal)?;
    let now = app.now();
    let user = User { id: app.random().id(now), email, name, role: Role::Admin, active: true, created_at: now };
    let actor = Actor::person(&user, Via::Link);
    let note = app.note(actor.clone(), "user.create", &user).after(&noted(&user));
    app.store().noting(note).add_first_user(&user, password, code).await.map_err(wrong_code)?;
    if let Some(name) = organisation {
        let mut settings = app.store().organisation().await?;
        let note = app.note(actor, "organisation.change", Subject::new("organisation", &1, &name));
        let note =
            note.before(&serde_json::json!({ "name": settings.name })).after(&serde_json::json!({ "name": name }));
        settings.name = name;
        app.store().noting(note).update_organisation(&settings, now).await?;
    }
    Ok(user)
}

/// A link by which a person chooses a new password within a day; an earlier one ends.
pub async fn reset_link(app: &App, actor: Actor, user: &User) -> Result<ResetLink, AccountError> {
    let code = SecretString::from(URL_SAFE_NO_PAD.encode(app.random().bytes::<32>()));
    let expires_at = app.now() + RESET_LASTS;
    let note = app.note(actor, "user.reset_link", user).after(&serde_json::json!({ "expires_at": expires_at }));
    app.store().noting(note).add_password_reset(plain_hash(code.expose_secret()), user.id, expires_at).await?;
    let url = format!("{}/reset?code={}", app.settings().address(), code.expose_secret());
    Ok(ResetLink { url: url.into(), expires_at })
}

/// Whose password the link with this code resets.
pub(crate) async fn whose_reset(app: &App, code: &SecretString) -> Result<User, AccountError> {
    let found = app.store().find_password_reset(plain_hash(code.expose_secret()), app.now()).await?;
    found.ok_or(AccountError::Code)
}

/// Sets a new password by a link. Every session of the person ends.
pub(crate) async fn reset_password(app: &App, code: &SecretString, new: SecretString) -> Result<User, AccountError> {
    let user = whose_reset(app, code).await?;
    password::check(&new)?;
    let password = password::hash(new).await.map_err(AccountError::Internal)?;
    let note = app.note(Actor::person(&user, Via::Link), "user.set_password", &user);
    let code = plain_hash(code.expose_secret());
    app.store().noting(note).reset_password(code, user.id, password).await.map_err(wrong_code)?;
    Ok(user)
}

/// Somebody else was faster.
fn wrong_code(error: StoreError) -> AccountError {
    match error {
        StoreError::NotFound { what: "code", .. } => AccountError::Code,
        error => error.into(),
    }
}

fn hash(code: &SecretString) -> [u8; 32] {
    plain_hash(&tidy(code.expose_secret()))
}

fn plain_hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// A code as it was meant, however it was typed.
fn tidy(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase());
    letters
        .map(|letter| {
            if letter == 'O' {
                '0'
            } else if matches!(letter, 'I' | 'L') {
                '1'
            } else {
                letter
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_carelessly() {
        assert_eq!(tidy(" 0k1-ab cd "), "0K1ABCD");
        assert_eq!(tidy("OKl"), tidy("0K1"));
    }
}
