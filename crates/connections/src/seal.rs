//! Secrets at rest: sealed with an authenticated cipher, bound to the place where they are stored.

use crate::Error;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use okrsync_domain::Random;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt, sync::Arc};

const VERSION: &str = "v1";
const NONCE_LEN: usize = 24;

/// Where a secret is stored; it cannot be opened anywhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Name of the table.
    pub table: &'a str,
    /// Id of the row.
    pub row: &'a str,
    /// Name of the column.
    pub column: &'a str,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.table, self.row, self.column)
    }
}

/// A sealed secret: `v1.<key id>.<base64url(nonce ‖ ciphertext)>`. Safe to store and to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub String);

impl Sealed {
    /// Id of the key that sealed it; none where it is no seal at all.
    pub fn key_id(&self) -> Option<&str> {
        parts(self).map(|(id, _)| id)
    }
}

/// The key that seals, and earlier ones that still open.
///
/// ```
/// use okrsync_connections::{KeyRing, Place};
/// use okrsync_domain::Random;
/// use secrecy::ExposeSecret;
/// let ring = KeyRing::new([7; 32], []);
/// let place = Place { table: "connections", row: "01J", column: "token" };
/// let sealed = ring.seal(&"s3cret".into(), place, &Random::from_os());
/// assert_eq!(ring.open(&sealed, place).unwrap().expose_secret(), "s3cret");
/// assert!(ring.open(&sealed, Place { row: "01K", ..place }).is_err());
/// ```
#[derive(Clone)]
pub struct KeyRing {
    current: String,
    keys: Arc<BTreeMap<String, SecretBox<[u8; 32]>>>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("current", &self.current).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring that seals with `current` and also opens what `earlier` keys sealed.
    pub fn new(current: [u8; 32], earlier: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let named = |key: [u8; 32]| (key_id(&key), SecretBox::new(Box::new(key)));
        let keys = earlier.into_iter().chain([current]).map(named).collect();
        Self { current: key_id(&current), keys: Arc::new(keys) }
    }

    /// The same from base64 text, as settings carry it; either alphabet, padded or not.
    ///
    /// # Errors
    /// [`Error::Settings`] unless each text holds 32 bytes.
    pub fn from_base64(current: &SecretString, earlier: &[SecretString]) -> Result<Self, Error> {
        let earlier = earlier.iter().map(key_from).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::new(key_from(current)?, earlier))
    }

    /// Seals `secret` for `place`.
    ///
    /// # Panics
    /// Never: the current key is in the ring, and no secret comes near the cipher's limit of 256 GiB.
    pub fn seal(&self, secret: &SecretString, place: Place<'_>, random: &Random) -> Sealed {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let aad = place.to_string();
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: aad.as_bytes() };
        let cipher = self.cipher(&self.current).expect("the current key is in the ring");
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).expect("a secret is far shorter than the limit");
        Sealed(format!("{VERSION}.{}.{}", self.current, URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())))
    }

    /// Opens what was sealed for `place`.
    ///
    /// # Errors
    /// [`Error::KeyUnknown`] without its key, [`Error::SealBroken`] if it was altered or belongs elsewhere.
    pub fn open(&self, sealed: &Sealed, place: Place<'_>) -> Result<SecretString, Error> {
        let (id, body) = parts(sealed).ok_or(Error::SealBroken)?;
        let cipher = self.cipher(id).ok_or_else(|| Error::KeyUnknown { id: id.to_owned() })?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| Error::SealBroken)?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(Error::SealBroken)?;
        let aad = place.to_string();
        let payload = Payload { msg: ciphertext, aad: aad.as_bytes() };
        let plain = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Error::SealBroken)?;
        String::from_utf8(plain).map(SecretString::from).map_err(|_| Error::SealBroken)
    }

    /// The same sealed with the current key; none where it is already.
    ///
    /// # Errors
    /// As [`KeyRing::open`].
    pub fn reseal(&self, sealed: &Sealed, place: Place<'_>, random: &Random) -> Result<Option<Sealed>, Error> {
        let secret = self.open(sealed, place)?;
        Ok(self.needs_rotation(sealed).then(|| self.seal(&secret, place, random)))
    }

    /// Id of the key that seals. It tells nothing of the key.
    pub fn current_id(&self) -> &str {
        &self.current
    }

    /// Ids of the keys that only open.
    pub fn earlier_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str).filter(|id| *id != self.current)
    }

    /// Whether it was sealed with an earlier key.
    pub fn needs_rotation(&self, sealed: &Sealed) -> bool {
        parts(sealed).is_none_or(|(id, _)| id != self.current)
    }

    fn cipher(&self, id: &str) -> Option<XChaCha20Poly1305> {
        Some(XChaCha20Poly1305::new(self.keys.get(id)?.expose_secret().into()))
    }
}

fn parts(sealed: &Sealed) -> Option<(&str, &str)> {
    sealed.0.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')
}

/// Names a key without telling anything of it.
fn key_id(key: &[u8; 32]) -> String {
    let digest = Sha256::new().chain_update("okrsync key id").chain_update(key).finalize();
    format!("{:08x}", u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

fn key_from(text: &SecretString) -> Result<[u8; 32], Error> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = text.expose_secret().trim().replace('-', "+").replace('_', "/");
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, config).decode(text).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| Error::Settings {
        detail: "a secret key must be 32 bytes in base64 (make one with `okrsync key new`)".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { table: "connections", row: "1", column: "token" };

    fn sealed_by(key: u8) -> Sealed {
        KeyRing::new([key; 32], []).seal(&"s3cret".into(), PLACE, &Random::seeded(1))
    }

    #[test]
    fn earlier_keys_open_and_ask_for_rotation() {
        let ring = KeyRing::new([2; 32], [[1; 32]]);
        let old = sealed_by(1);
        assert!(ring.needs_rotation(&old));
        assert_eq!(ring.open(&old, PLACE).unwrap().expose_secret(), "s3cret");
        assert!(!ring.needs_rotation(&sealed_by(2)));
        assert!(matches!(ring.open(&sealed_by(3), PLACE), Err(Error::KeyUnknown { .. })));
    }

    #[test]
    fn moved_altered_and_foreign_texts_do_not_open() {
        let ring = KeyRing::new([1; 32], []);
        let sealed = sealed_by(1);
        for place in [Place { table: "t", ..PLACE }, Place { row: "2", ..PLACE }, Place { column: "c", ..PLACE }] {
            assert_eq!(ring.open(&sealed, place).unwrap_err(), Error::SealBroken);
        }
        let flipped = |at: usize| {
            let mut bytes = sealed.0.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            Sealed(String::from_utf8(bytes).unwrap())
        };
        for at in (12..sealed.0.len() - 1).step_by(7) {
            assert_eq!(ring.open(&flipped(at), PLACE).unwrap_err(), Error::SealBroken, "byte {at}");
        }
        for text in ["", "v1", "v1.", "v2.k.abc", "s3cret"] {
            assert_eq!(ring.open(&Sealed(text.into()), PLACE).unwrap_err(), Error::SealBroken, "{text}");
        }
    }

    #[test]
    fn nothing_shows_the_secret_or_the_key() {
        let ring = KeyRing::new([0xab; 32], []);
        let sealed = sealed_by(1);
        assert!(!sealed.0.contains("s3cret") && !format!("{ring:?}").contains("171"));
        assert_ne!(
            ring.seal(&"a".into(), PLACE, &Random::from_os()),
            ring.seal(&"a".into(), PLACE, &Random::from_os())
        );
    }

    #[test]
    fn keys_come_as_base64_of_either_kind() {
        let key = "-_8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let ring = |text: &str| KeyRing::from_base64(&text.into(), &[]).map(|ring| ring.current);
        let standard = key.replace('-', "+").replace('_', "/") + "=\n";
        assert_eq!(ring(key).unwrap(), ring(&standard).unwrap());
        assert!(matches!(ring("c2hvcnQ="), Err(Error::Settings { .. })));
    }
}
