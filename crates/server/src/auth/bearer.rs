//! Personal API tokens: shown once, stored as a hash.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use okrsync_domain::Random;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

/// What every token begins with, so that scanners recognise a leaked one.
const PREFIX: &str = "okr_";

/// A new token: 256 random bits.
pub(crate) fn new_token(random: &Random) -> SecretString {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random.bytes::<32>())).into()
}

/// What is stored and looked up. A plain hash is enough for 256 random bits.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// The token of an `Authorization` header, if it holds one of ours.
pub(crate) fn from_header(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(PREFIX)).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn tokens_are_recognised_and_hashed() {
        let token = new_token(&Random::seeded(1));
        let text = token.expose_secret();
        assert_eq!(text.len(), 4 + 43);
        assert_eq!(from_header(&format!("bearer {text}")), Some(text));
        assert_eq!(from_header("Basic abc"), None);
        assert_eq!(from_header("Bearer other"), None);
        assert_eq!(hex::encode(hash("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
