//! OAuth 1.0a as application links of self-managed Jira speak it: RSA-SHA1 over every request, tokens as form texts.
//!
//! Sources: [RFC 5849](https://www.rfc-editor.org/rfc/rfc5849), the problem reporting extension, and Atlassian's own
//! provider for Jenkins.

mod problem;

pub use problem::Problem;

use crate::{
    Error, Site, address,
    answer::{Answer, Expectation},
    auth::sensitive,
    call::Call,
    grant::{Consent, Grant},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use okrsync_domain::{Instant, Random};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding},
    rand_core,
    signature::{RandomizedSigner, SignatureEncoding},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha1::Sha1;
use std::{fmt, fmt::Write as _, sync::Arc};
use url::Url;

const REQUEST_TOKEN: &str = "plugins/servlet/oauth/request-token";
const AUTHORIZE: &str = "plugins/servlet/oauth/authorize";
const ACCESS_TOKEN: &str = "plugins/servlet/oauth/access-token";
const KEY_BITS: usize = 2048;
/// RFC 5849, 3.6: everything but the unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A key pair of one connection. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Key(Arc<SigningKey<Sha1>>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Makes a key pair of 2048 bits. Takes up to a second: not for an async task.
    ///
    /// # Panics
    /// Never: only a size that no key can have is refused.
    pub fn generate(random: &Random) -> Self {
        let key = RsaPrivateKey::new(&mut Generator(random), KEY_BITS).expect("2048 bits are enough for a key");
        Self(Arc::new(SigningKey::new(key)))
    }

    /// Reads what [`Key::to_pem`] wrote.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn from_pem(pem: &SecretString) -> Result<Self, Error> {
        let key = SigningKey::from_pkcs8_pem(pem.expose_secret());
        key.map(|key| Self(Arc::new(key)))
            .map_err(|_| Error::Settings { detail: "the private key of the application link is unreadable".to_owned() })
    }

    /// The private key (PKCS #8).
    ///
    /// # Panics
    /// Never: every key of ours can be written.
    pub fn to_pem(&self) -> SecretString {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF).expect("an RSA key can be written as PKCS #8");
        pem.as_str().into()
    }

    /// The public key as the application link takes it (X.509 `SubjectPublicKeyInfo`).
    ///
    /// # Panics
    /// Never: every key of ours can be written.
    pub fn public_pem(&self) -> String {
        let key = AsRef::<RsaPrivateKey>::as_ref(&*self.0).to_public_key();
        key.to_public_key_pem(LineEnding::LF).expect("an RSA key can be written as SPKI")
    }
}

/// The installation's randomness for the `rsa` crate.
struct Generator<'a>(&'a Random);

impl rand_core::RngCore for Generator<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.0.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.0.bytes())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(32) {
            part.copy_from_slice(&self.0.bytes::<32>()[..part.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl rand_core::CryptoRng for Generator<'_> {}

/// Who signs: the application, maybe with a token.
#[derive(Clone, Copy)]
pub(crate) struct Signer<'a> {
    pub consumer_key: &'a str,
    pub key: &'a Key,
    pub token: Option<&'a SecretString>,
}

impl Signer<'_> {
    /// The `Authorization` header of a request without a form in its body. `more` are OAuth parameters of the step.
    pub(crate) fn authorization(
        self,
        method: &Method,
        url: &Url,
        more: &[(&str, &str)],
        (now, random): (Instant, &Random),
    ) -> SecretString {
        let nonce = random.bytes::<16>().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a text never fails");
            text
        });
        let timestamp = now.timestamp().to_string();
        let mut parameters = vec![
            ("oauth_consumer_key", self.consumer_key),
            ("oauth_nonce", &nonce),
            ("oauth_signature_method", "RSA-SHA1"),
            ("oauth_timestamp", &timestamp),
            ("oauth_version", "1.0"),
        ];
        parameters.extend(self.token.map(|token| ("oauth_token", token.expose_secret())));
        parameters.extend(more);
        let signature = self.sign(&base_string(method, url, &parameters), random);
        parameters.push(("oauth_signature", &signature));
        let list: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", encode(value))).collect();
        format!("OAuth {}", list.join(", ")).into()
    }

    fn sign(self, text: &str, random: &Random) -> String {
        let signature = self.key.0.sign_with_rng(&mut Generator(random), text.as_bytes());
        STANDARD.encode(signature.to_bytes())
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// What is signed (RFC 5849, 3.4.1): method, address, and all parameters in order.
fn base_string(method: &Method, url: &Url, oauth: &[(&str, &str)]) -> String {
    let in_query = url.query_pairs().map(|(name, value)| (encode(&name), encode(&value)));
    let mut all: Vec<_> = in_query.chain(oauth.iter().map(|(name, value)| (encode(name), encode(value)))).collect();
    all.sort();
    let parameters: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    // `Url` has already put scheme and host into lower case and dropped a usual port.
    let address = format!("{}{}", url.origin().ascii_serialization(), url.path());
    format!("{method}&{}&{}", encode(&address), encode(&parameters.join("&")))
}

/// What a token address answers.
#[derive(Deserialize)]
struct TokenForm {
    #[serde(rename = "oauth_token")]
    token: SecretString,
    #[serde(rename = "oauth_callback_confirmed")]
    callback_confirmed: Option<String>,
    #[serde(rename = "oauth_expires_in")]
    expires_in: Option<i64>,
    #[serde(rename = "oauth_session_handle")]
    session_handle: Option<SecretString>,
    #[serde(rename = "oauth_authorization_expires_in")]
    session_expires_in: Option<i64>,
}

/// Gets a request token and the page on which it is authorised.
pub(crate) async fn consent(site: &Site, consumer_key: &str, key: &Key, callback: &Url) -> Result<Consent, Error> {
    let signer = Signer { consumer_key, key, token: None };
    let form = ask(site, signer, REQUEST_TOKEN, &[("oauth_callback", callback.as_str())]).await?;
    if form.callback_confirmed.as_deref() != Some("true") {
        let detail = "Jira did not take the callback address, as only OAuth 1.0 without the \"a\" does".to_owned();
        return Err(Error::UnexpectedAnswer { detail });
    }
    let config = site.client().config();
    let base = config.auth_url.as_ref().unwrap_or(&config.server_url);
    let mut url = address::beneath(base, AUTHORIZE)?;
    url.query_pairs_mut().append_pair("oauth_token", form.token.expose_secret());
    Ok(Consent { url, state: form.token, secret: None })
}

/// Turns a request token and its verifier, or an access token and its session handle, into an access token.
pub(crate) async fn redeem(
    site: &Site,
    consumer_key: &str,
    key: &Key,
    token: &SecretString,
    (name, proof): (&str, &SecretString),
) -> Result<Grant, Error> {
    let signer = Signer { consumer_key, key, token: Some(token) };
    let form = ask(site, signer, ACCESS_TOKEN, &[(name, proof.expose_secret())]).await?;
    let now = site.client().clock().now();
    let ends = |seconds: Option<i64>| now.checked_add_signed(TimeDelta::try_seconds(seconds?)?);
    Ok(Grant {
        access: form.token,
        renewal: form.session_handle,
        expires_at: ends(form.expires_in),
        renewable_until: ends(form.session_expires_in),
    })
}

async fn ask(site: &Site, signer: Signer<'_>, path: &str, more: &[(&str, &str)]) -> Result<TokenForm, Error> {
    let client = site.client();
    let url = address::beneath(&client.config().server_url, path)?;
    let header = signer.authorization(&Method::POST, &url, more, (client.clock().now(), client.random()));
    let call = Call::form(url.as_str(), String::new()).with_authorization(sensitive(&header, "the signature")?);
    let answer = client.peek(&call).await?;
    if let Some(error) = Problem::told_by(&answer) {
        return Err(error);
    }
    read(&answer)
}

fn read(answer: &Answer) -> Result<TokenForm, Error> {
    let form = serde_urlencoded::from_bytes(&answer.body).ok().filter(|_| answer.status.is_success());
    form.map_or_else(
        || {
            answer.judge(Expectation::default())?;
            Err(Error::UnexpectedAnswer { detail: format!("`{}` is not answered with a token", answer.path) })
        },
        Ok,
    )
}

#[cfg(test)]
mod tests;
