//! What Jira delivers by itself: the secrets that guard its address, the proofs that it comes from Jira, and which issues it is
//! about. Everything else in a delivery is hearsay and is not read.
//!
//! Sources: [webhooks of Cloud](https://developer.atlassian.com/cloud/jira/platform/webhooks/), [of Data
//! Center](https://developer.atlassian.com/server/jira/platform/webhooks/).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use okrsync_domain::{Instant, Random, issue::IssueId};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What a webhook is registered for.
pub const ISSUE_EVENTS: [&str; 3] = ["jira:issue_created", "jira:issue_updated", "jira:issue_deleted"];
/// Seconds by which Jira's clock may differ from ours.
const SKEW: i64 = 60;
/// Issues that one delivery may name.
const MOST_ISSUES: usize = 1000;

/// Why a delivery is not believed to come from Jira, or cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no signature where there must be one.
    #[error("the delivery is not signed")]
    Unsigned,
    /// It was signed with another secret, or changed on the way.
    #[error("the signature does not fit the delivery")]
    Forged,
    /// Its token is over, or not valid yet.
    #[error("the token of the delivery is not valid at this time")]
    Expired,
    /// It is no JSON object.
    #[error("the delivery is not a JSON object")]
    Unreadable,
}

/// The secret of one connection's webhook, from which the one in its address and the one that signs are derived: neither
/// tells anything of the other.
pub struct HookSecret(SecretString);

impl HookSecret {
    /// A new one of 256 random bits.
    pub fn new(random: &Random) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random.bytes::<32>()).into())
    }

    /// One that was kept.
    pub fn kept(secret: SecretString) -> Self {
        Self(secret)
    }

    /// The secret itself, to be kept sealed.
    pub fn root(&self) -> &SecretString {
        &self.0
    }

    /// What stands in the address.
    pub fn in_address(&self) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.derive("address")).into()
    }

    /// What Jira signs with.
    pub fn signing(&self) -> SecretString {
        hex::encode(self.derive("signing")).into()
    }

    fn derive(&self, purpose: &str) -> [u8; 32] {
        keyed(self.0.expose_secret(), purpose.as_bytes()).finalize().into_bytes().into()
    }
}

/// SHA-256 in hex of what stands in an address: it can be looked up without opening anything.
pub fn address_hash(in_address: &str) -> String {
    hex::encode(Sha256::digest(in_address))
}

fn keyed(secret: &str, message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(message);
    mac
}

/// Checks `X-Hub-Signature` of a raw body.
///
/// ```
/// use okrsync_connections::webhook::{Refused, check_signature};
/// let secret = "It's a Secret to Everybody".into();
/// let signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
/// assert_eq!(check_signature(&secret, b"Hello World!", Some(signature)), Ok(()));
/// assert_eq!(check_signature(&secret, b"Hello world!", Some(signature)), Err(Refused::Forged));
/// assert_eq!(check_signature(&secret, b"Hello World!", None), Err(Refused::Unsigned));
/// ```
///
/// # Errors
/// [`Refused::Unsigned`] or [`Refused::Forged`].
pub fn check_signature(secret: &SecretString, body: &[u8], header: Option<&str>) -> Result<(), Refused> {
    let header = header.ok_or(Refused::Unsigned)?;
    let signature = header.trim().strip_prefix("sha256=").and_then(|text| hex::decode(text).ok());
    let signature = signature.ok_or(Refused::Forged)?;
    keyed(secret.expose_secret(), body).verify_slice(&signature).map_err(|_| Refused::Forged)
}

/// Checks the token that Jira Cloud signs with the secret of the application whose webhook it is.
///
/// # Errors
/// [`Refused::Unsigned`], [`Refused::Forged`] or [`Refused::Expired`].
pub fn check_token(
    (client_id, client_secret): (&str, &SecretString),
    header: Option<&str>,
    now: Instant,
) -> Result<(), Refused> {
    #[derive(Deserialize)]
    struct Claims {
        iss: String,
        exp: i64,
        nbf: Option<i64>,
        iat: Option<i64>,
    }
    let token = header.and_then(|header| header.strip_prefix("Bearer ")).ok_or(Refused::Unsigned)?;
    // Strictly this algorithm; times are held against our own clock below.
    let mut validation = Validation::new(Algorithm::HS256);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(client_secret.expose_secret().trim().as_bytes());
    let decoded = jsonwebtoken::decode::<Claims>(token.trim(), &key, &validation).map_err(|_| Refused::Forged)?;
    let Claims { iss, exp, nbf, iat } = decoded.claims;
    if iss != client_id {
        return Err(Refused::Forged);
    }
    let now = now.timestamp();
    let begins = nbf.or(iat).unwrap_or(now);
    if now > exp.saturating_add(SKEW) || now < begins.saturating_sub(SKEW) { Err(Refused::Expired) } else { Ok(()) }
}

/// The issues that a delivery is about: whatever else it says is not read, because it is asked for anyway.
///
/// ```
/// use okrsync_connections::webhook::issues_of;
/// use okrsync_domain::issue::IssueId;
/// let event = br#"{"webhookEvent": "jira:issue_updated", "issue": {"id": "10231", "key": "OKR-7"}}"#;
/// assert_eq!(issues_of(event).unwrap(), [IssueId(10231)]);
/// let event = br#"{"webhookEvent": "worklog_created", "worklog": {"issueId": 10232}}"#;
/// assert_eq!(issues_of(event).unwrap(), [IssueId(10232)]);
/// assert!(issues_of(br#"{"webhookEvent": "project_created"}"#).unwrap().is_empty());
/// assert!(issues_of(b"hello").is_err());
/// ```
///
/// # Errors
/// [`Refused::Unreadable`].
pub fn issues_of(body: &[u8]) -> Result<Vec<IssueId>, Refused> {
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "camelCase", default)]
    struct Delivery {
        issue: Option<Named>,
        worklog: Option<Logged>,
        issue_link: Option<Link>,
    }
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        id: Value,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Logged {
        #[serde(default)]
        issue_id: Value,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    #[derive(Default)]
    struct Link {
        source_issue_id: Value,
        destination_issue_id: Value,
    }
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refused::Unreadable);
    }
    let Delivery { issue, worklog, issue_link } = serde_json::from_slice(body).map_err(|_| Refused::Unreadable)?;
    let link = issue_link.map(|link| [link.source_issue_id, link.destination_issue_id]);
    let named = issue.map(|issue| issue.id).into_iter();
    let named = named.chain(worklog.map(|worklog| worklog.issue_id)).chain(link.into_iter().flatten());
    let ids: BTreeSet<IssueId> = named.filter_map(|id| number(&id)).map(IssueId).take(MOST_ISSUES).collect();
    Ok(ids.into_iter().collect())
}

/// An id, which comes as a number or as text.
fn number(id: &Value) -> Option<i64> {
    id.as_i64().or_else(|| id.as_str()?.parse().ok()).filter(|id| *id > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::json;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn token(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
        let key = EncodingKey::from_secret(secret.as_bytes());
        format!("Bearer {}", jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap())
    }

    #[test]
    fn a_token_is_of_the_application_and_of_now() {
        let (now, secret) = (at("2026-11-20T10:00:00Z"), "s3cret".into());
        let check = |header: Option<&str>| check_token(("app", &secret), header, now);
        let claims = |iss: &str, from: i64, to: i64| json!({"iss": iss, "iat": now.timestamp() + from, "exp": now.timestamp() + to});
        let good = claims("app", 0, 180);
        assert_eq!(check(Some(&token(Algorithm::HS256, "s3cret", &good))), Ok(()));
        assert_eq!(check(Some(&token(Algorithm::HS256, "s3cret", &claims("app", 30, 210)))), Ok(()), "a little skew");
        for (what, header, refused) in [
            ("nothing", None, Refused::Unsigned),
            ("another scheme", Some("JWT abc".to_owned()), Refused::Unsigned),
            ("another secret", Some(token(Algorithm::HS256, "other", &good)), Refused::Forged),
            ("another algorithm", Some(token(Algorithm::HS512, "s3cret", &good)), Refused::Forged),
            ("another application", Some(token(Algorithm::HS256, "s3cret", &claims("else", 0, 180))), Refused::Forged),
            ("over", Some(token(Algorithm::HS256, "s3cret", &claims("app", -400, -220))), Refused::Expired),
            ("to come", Some(token(Algorithm::HS256, "s3cret", &claims("app", 300, 480))), Refused::Expired),
        ] {
            assert_eq!(check(header.as_deref()), Err(refused), "{what}");
        }
        let unsigned =
            format!("Bearer {}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode("{}"));
        assert_eq!(check(Some(&unsigned)), Err(Refused::Forged), "no algorithm at all");
    }

    #[test]
    fn signatures_that_are_none_are_refused() {
        let secret = "s3cret".into();
        for header in ["", "sha256=", "sha256=zz", "sha1=a4771c", "sha256=a477", "a4771c39"] {
            assert_eq!(check_signature(&secret, b"{}", Some(header)), Err(Refused::Forged), "{header}");
        }
    }

    #[test]
    fn the_derived_secrets_differ_and_stay() {
        let secret = HookSecret::new(&Random::seeded(1));
        let again = HookSecret::kept(secret.root().clone());
        assert_eq!(secret.in_address().expose_secret(), again.in_address().expose_secret());
        assert_eq!(secret.signing().expose_secret(), again.signing().expose_secret());
        assert_ne!(secret.in_address().expose_secret(), secret.signing().expose_secret());
        assert!(secret.in_address().expose_secret().len() >= 43);
    }

    #[test]
    fn whatever_else_a_delivery_says_is_not_read() {
        let ids = |value: Value| issues_of(value.to_string().as_bytes()).unwrap();
        assert_eq!(ids(json!({"issue": {"id": 5, "fields": {"status": 7}}, "user": [1]})), [IssueId(5)]);
        assert_eq!(
            ids(json!({"issueLink": {"sourceIssueId": 9, "destinationIssueId": "8"}})),
            [IssueId(8), IssueId(9)]
        );
        assert_eq!(ids(json!({"issue": {"id": "x"}})), []);
        assert_eq!(ids(json!({"issue": {"id": -3}})), []);
        assert_eq!(issues_of(b"[{}]"), Err(Refused::Unreadable));
        assert_eq!(issues_of(b"{\"issue\": {\"id\": 1}"), Err(Refused::Unreadable), "cut off");
    }
}
