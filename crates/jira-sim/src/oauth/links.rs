//! OAuth 1.0a as a state machine: application links, request tokens, access tokens with a session. The time is handed in.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePublicKey;
use rsa::signature::Verifier;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::signature::Signed;
use crate::clock::Instant;
use crate::error::SimError;

const REQUEST_TOKEN_LASTS: TimeDelta = TimeDelta::minutes(10);
const ACCESS_TOKEN_LASTS: TimeDelta = TimeDelta::seconds(157_680_000);
const SESSION_LASTS: TimeDelta = TimeDelta::seconds(160_272_000);
/// How far the clocks may be apart.
const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// What is refused: the word, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) word: &'static str,
    pub(crate) more: Option<(&'static str, &'static str)>,
}

impl Problem {
    pub(crate) fn new(word: &'static str) -> Self {
        Self { word, more: None }
    }

    pub(crate) fn absent(parameter: &'static str) -> Self {
        Self { word: "parameter_absent", more: Some(("oauth_parameters_absent", parameter)) }
    }

    fn rejected(parameter: &'static str) -> Self {
        Self { word: "parameter_rejected", more: Some(("oauth_parameters_rejected", parameter)) }
    }

    pub(crate) fn status(&self) -> u16 {
        if self.word.starts_with("parameter_") { 400 } else { 401 }
    }
}

#[derive(Debug)]
struct Link {
    consumer_key: String,
    public_key: VerifyingKey<Sha1>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Decision {
    Open,
    Allowed { user: String, verifier: String },
    Denied,
}

#[derive(Debug)]
struct RequestToken {
    text: String,
    consumer_key: String,
    callback: String,
    ends: Instant,
    decision: Decision,
}

#[derive(Debug)]
struct AccessToken {
    text: String,
    consumer_key: String,
    user: String,
    ends: Instant,
    session: String,
    session_ends: Instant,
}

/// All application links, and all that was granted to them.
#[derive(Debug, Default)]
pub(crate) struct Links {
    known: Vec<Link>,
    requests: Vec<RequestToken>,
    access: Vec<AccessToken>,
    nonces: HashSet<(String, i64, String)>,
    made: u32,
}

impl Links {
    /// A text that nothing else contains.
    fn text(&mut self, prefix: &str) -> String {
        self.made += 1;
        let digest = Sha256::digest(format!("{prefix}{}", self.made));
        format!("{prefix}{:04}x{}", self.made, &URL_SAFE_NO_PAD.encode(digest)[..16])
    }

    pub(crate) fn register(&mut self, consumer_key: &str, public_key: &str) -> Result<(), SimError> {
        let public_key = VerifyingKey::from_public_key_pem(public_key)
            .map_err(|error| SimError::unknown("public key", &error.to_string()))?;
        self.known.retain(|link| link.consumer_key != consumer_key);
        self.known.push(Link { consumer_key: consumer_key.to_owned(), public_key });
        Ok(())
    }

    /// Checks everything about a request but its token; tells the consumer key.
    fn verify(&mut self, request: &Signed<'_>, now: Instant) -> Result<String, Problem> {
        let part = |name: &'static str| request.signer.get(name).ok_or(Problem::absent(name));
        let consumer_key = part("oauth_consumer_key")?;
        let link = self.known.iter().find(|link| link.consumer_key == consumer_key);
        let link = link.ok_or(Problem::new("consumer_key_unknown"))?;
        if part("oauth_signature_method")? != "RSA-SHA1" {
            return Err(Problem::new("signature_method_rejected"));
        }
        if request.signer.get("oauth_version").is_some_and(|version| version != "1.0") {
            return Err(Problem::new("version_rejected"));
        }
        let seconds: i64 = part("oauth_timestamp")?.parse().map_err(|_| Problem::rejected("oauth_timestamp"))?;
        if (seconds - now.timestamp()).abs() > WINDOW.num_seconds() {
            return Err(Problem::new("timestamp_refused"));
        }
        let nonce = part("oauth_nonce")?.to_owned();
        let oldest = now.timestamp() - WINDOW.num_seconds();
        self.nonces.retain(|(_, seconds, _)| *seconds >= oldest);
        if !self.nonces.insert((consumer_key.to_owned(), seconds, nonce)) {
            return Err(Problem::new("nonce_used"));
        }
        let bytes = STANDARD.decode(part("oauth_signature")?).ok();
        let signature = bytes.and_then(|bytes| Signature::try_from(bytes.as_slice()).ok());
        let holds = |signature: Signature| link.public_key.verify(request.base_string().as_bytes(), &signature).is_ok();
        if signature.is_some_and(holds) { Ok(consumer_key.to_owned()) } else { Err(Problem::new("signature_invalid")) }
    }

    /// A request token for a consumer: the form that is answered.
    pub(crate) fn request_token(
        &mut self,
        request: &Signed<'_>,
        now: Instant,
    ) -> Result<Vec<(&'static str, String)>, Problem> {
        let consumer_key = self.verify(request, now)?;
        let callback = request.signer.get("oauth_callback").ok_or(Problem::absent("oauth_callback"))?.to_owned();
        if callback != "oob" && !callback.starts_with("http://") && !callback.starts_with("https://") {
            return Err(Problem::rejected("oauth_callback"));
        }
        let (text, secret) = (self.text("SimRequest"), self.text("SimRequestSecret"));
        let (ends, decision) = (now + REQUEST_TOKEN_LASTS, Decision::Open);
        self.requests.push(RequestToken { text: text.clone(), consumer_key, callback, ends, decision });
        let confirmed = ("oauth_callback_confirmed", "true".to_owned());
        Ok(vec![("oauth_token", text), ("oauth_token_secret", secret), confirmed])
    }

    /// The consumer that a request token is for, while somebody may still decide.
    pub(crate) fn awaits_decision(&self, token: &str, now: Instant) -> Option<&str> {
        let open = |request: &&RequestToken| request.text == token && request.decision == Decision::Open;
        let request = self.requests.iter().find(open).filter(|request| now < request.ends)?;
        Some(&request.consumer_key)
    }

    /// Somebody decides (none: refuses): where the browser goes, and the verifier.
    pub(crate) fn decide(&mut self, token: &str, user: Option<&str>, now: Instant) -> Option<(String, String)> {
        self.awaits_decision(token, now)?;
        let verifier = self.text("SimVerifier");
        let request = self.requests.iter_mut().find(|request| request.text == token)?;
        let (decision, verifier) = match user {
            Some(user) => (Decision::Allowed { user: user.to_owned(), verifier: verifier.clone() }, verifier),
            None => (Decision::Denied, "denied".to_owned()),
        };
        request.decision = decision;
        Some((request.callback.clone(), verifier))
    }

    /// An access token for a request token with its verifier, or for an access token with its session handle.
    pub(crate) fn access_token(
        &mut self,
        request: &Signed<'_>,
        now: Instant,
    ) -> Result<Vec<(&'static str, String)>, Problem> {
        let consumer_key = self.verify(request, now)?;
        let token = request.signer.get("oauth_token").ok_or(Problem::absent("oauth_token"))?;
        let (verifier, session) = (request.signer.get("oauth_verifier"), request.signer.get("oauth_session_handle"));
        let user = match (verifier, session) {
            (Some(verifier), _) => self.redeem(&consumer_key, token, verifier, now)?,
            (None, Some(session)) => self.renew(&consumer_key, token, session, now)?,
            (None, None) => return Err(Problem::absent("oauth_verifier")),
        };
        let (text, secret, session) =
            (self.text("SimOauth1x"), self.text("SimOauth1Secret"), self.text("SimSessionHandle"));
        self.access.push(AccessToken {
            text: text.clone(),
            consumer_key,
            user,
            ends: now + ACCESS_TOKEN_LASTS,
            session: session.clone(),
            session_ends: now + SESSION_LASTS,
        });
        Ok(vec![
            ("oauth_token", text),
            ("oauth_token_secret", secret),
            ("oauth_expires_in", ACCESS_TOKEN_LASTS.num_seconds().to_string()),
            ("oauth_session_handle", session),
            ("oauth_authorization_expires_in", SESSION_LASTS.num_seconds().to_string()),
        ])
    }

    fn redeem(&mut self, consumer_key: &str, token: &str, verifier: &str, now: Instant) -> Result<String, Problem> {
        let own = |request: &RequestToken| request.text == token && request.consumer_key == consumer_key;
        let place = self.requests.iter().position(own).ok_or(Problem::new("token_rejected"))?;
        let request = &self.requests[place];
        if now >= request.ends {
            return Err(Problem::new("token_expired"));
        }
        match &request.decision {
            Decision::Open => Err(Problem::new("permission_unknown")),
            Decision::Denied => Err(Problem::new("permission_denied")),
            Decision::Allowed { verifier: right, .. } if right != verifier => Err(Problem::new("token_rejected")),
            Decision::Allowed { user, .. } => {
                let user = user.clone();
                self.requests.remove(place);
                Ok(user)
            }
        }
    }

    fn renew(&mut self, consumer_key: &str, token: &str, session: &str, now: Instant) -> Result<String, Problem> {
        let own = |access: &AccessToken| access.text == token && access.consumer_key == consumer_key;
        let place = self.access.iter().position(own).ok_or(Problem::new("token_rejected"))?;
        if self.access[place].session != session {
            return Err(Problem::new("token_rejected"));
        }
        if now >= self.access[place].session_ends {
            return Err(Problem::new("permission_denied"));
        }
        Ok(self.access.remove(place).user)
    }

    /// Whose request it is.
    pub(crate) fn authenticate(&mut self, request: &Signed<'_>, now: Instant) -> Result<String, Problem> {
        let consumer_key = self.verify(request, now)?;
        let token = request.signer.get("oauth_token").ok_or(Problem::absent("oauth_token"))?;
        let own = |access: &&AccessToken| access.text == token && access.consumer_key == consumer_key;
        let access = self.access.iter().find(own).ok_or(Problem::new("token_rejected"))?;
        if now >= access.ends { Err(Problem::new("token_expired")) } else { Ok(access.user.clone()) }
    }

    pub(crate) fn revoke(&mut self, user: &str) {
        self.access.retain(|access| access.user != user);
    }
}
