//! Passwords: hashed with argon2id on threads that may block, compared without telling whether the person exists.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use okrsync_domain::Invalid;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

/// Fewest characters of a password.
const SHORTEST: usize = 8;
/// Most characters: hashing longer texts only costs time.
const LONGEST: usize = 512;

/// Memory in KiB, passes and lanes, as [OWASP](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html)
/// recommends them. Raise them at will: who signs in with an older hash gets a new one.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes at once: each takes [`MEMORY`] and a core, and nobody may use up either.
static TURNS: Semaphore = Semaphore::const_new(4);

/// The hash of a password that nobody knows, for comparing where there is no person.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Checks that a new password is neither too short nor too long.
pub(crate) fn check(password: &SecretString) -> Result<(), Invalid> {
    let length = password.expose_secret().chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        return Ok(());
    }
    let detail = format!("A password has {SHORTEST} to {LONGEST} characters.");
    Err(Invalid::new("invalid_password", "password", detail))
}

fn hasher() -> Result<Argon2<'static>, argon2::Error> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(MEMORY, PASSES, LANES, None)?))
}

/// The hash to store, in [PHC format](https://github.com/P-H-C/phc-string-format) with its own salt.
pub(crate) async fn hash(password: SecretString) -> Result<SecretString, String> {
    let hashed = in_turn(move || {
        let hasher = hasher().map_err(|error| error.to_string())?;
        let hash = hasher.hash_password(password.expose_secret().as_bytes()).map_err(|error| error.to_string())?;
        Ok::<_, String>(SecretString::from(hash.to_string()))
    });
    hashed.await.and_then(|hashed| hashed).map_err(|error| format!("argon2: {error}"))
}

/// Whether the password belongs to the hash. Without a hash it takes as long and is never right, so that the time of an
/// answer does not tell who has an account.
pub(crate) async fn verify(password: SecretString, hash: Option<SecretString>) -> bool {
    let checked = in_turn(move || {
        let known = hash.is_some();
        let hash = hash.as_ref().map_or(NOBODY, ExposeSecret::expose_secret);
        // a text that nobody could have chosen is not worth the time
        let (Ok(parsed), true) = (PasswordHash::new(hash), password.expose_secret().len() <= 4 * LONGEST) else {
            return false;
        };
        Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok() && known
    });
    checked.await.unwrap_or(false)
}

/// Whether a hash was made in another way than new ones are.
pub(crate) fn is_outdated(hash: &SecretString) -> bool {
    !hash.expose_secret().starts_with(&format!("$argon2id$v=19$m={MEMORY},t={PASSES},p={LANES}$"))
}

async fn in_turn<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R, String> {
    let _turn = TURNS.acquire().await.map_err(|error| error.to_string())?;
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hash = hash("correct horse".into()).await.unwrap();
        assert!(!is_outdated(&hash));
        assert!(verify("correct horse".into(), Some(hash.clone())).await);
        assert!(!verify("correct hors".into(), Some(hash)).await);
        assert!(!verify(String::new().into(), None).await, "nobody's password is never right");
        assert!(!verify("x".into(), Some("not a hash".into())).await);
    }

    #[test]
    fn nobody_is_compared_with_as_much_work_as_anybody() {
        assert!(PasswordHash::new(NOBODY).is_ok() && !is_outdated(&NOBODY.into()));
    }

    #[test]
    fn weaker_hashes_are_told_apart() {
        assert!(is_outdated(&NOBODY.replace("t=2", "t=1").into()));
        assert!(is_outdated(&NOBODY.replace("argon2id", "argon2i").into()));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(check(&"seven77".into()).is_err());
        assert!(check(&"eight888".into()).is_ok());
        assert!(check(&"x".repeat(513).into()).is_err());
    }
}
