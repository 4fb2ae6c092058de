//! Passwords: hashed with argon2id on threads that may block, compared without telling whether the person exists.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use okrsync_domain::Invalid;
use secrecy::{ExposeSecret, SecretString};
use std::sync::OnceLock;

/// Fewest characters of a password.
const SHORTEST: usize = 8;
/// Most characters: hashing longer texts only costs time.
const LONGEST: usize = 512;

/// Checks that a new password is neither too short nor too long.
pub(crate) fn check(password: &SecretString) -> Result<(), Invalid> {
    let length = password.expose_secret().chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        return Ok(());
    }
    let detail = format!("A password has {SHORTEST} to {LONGEST} characters.");
    Err(Invalid::new("invalid_password", "password", detail))
}

/// The hash to store, in [PHC format](https://github.com/P-H-C/phc-string-format) with its own salt.
pub(crate) async fn hash(password: SecretString) -> Result<String, String> {
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string())
    });
    match hashed.await {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(error)) => Err(format!("argon2: {error}")),
        Err(error) => Err(format!("hashing a password: {error}")),
    }
}

/// Whether the password belongs to the hash. Without a hash it takes as long and is never right, so that the time of an
/// answer does not tell who has an account.
pub(crate) async fn verify(password: SecretString, hash: Option<String>) -> bool {
    let checked = tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| nobody().to_owned());
        let Ok(parsed) = PasswordHash::new(&hash) else { return false };
        Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok() && known
    });
    checked.await.unwrap_or(false)
}

/// The hash of a password that nobody has.
fn nobody() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| Argon2::default().hash_password(b"").map(|hash| hash.to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hash = hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse".into(), Some(hash.clone())).await);
        assert!(!verify("correct hors".into(), Some(hash)).await);
        assert!(!verify(String::new().into(), None).await, "nobody's password is never right");
        assert!(!verify("x".into(), Some("not a hash".into())).await);
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(check(&"seven77".into()).is_err());
        assert!(check(&"eight888".into()).is_ok());
        assert!(check(&"x".repeat(513).into()).is_err());
    }
}
