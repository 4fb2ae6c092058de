//! The post: deliveries over HTTP, signed as Jira signs them, and what may become of them on the way.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hmac::{Hmac, Mac};
use jsonwebtoken::{EncodingKey, Header};
use reqwest::header::HeaderMap;
use serde_json::json;
use sha2::Sha256;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{Held, Hook, Owner};
use crate::clock::Instant;
use crate::issue::IssueId;
use crate::sync::lock;

/// How long Jira waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Deliveries of one event after the first, at most.
const RETRIES: u32 = 5;
/// Answers after which a delivery is tried again; no answer at all is another reason.
const AGAIN: [u16; 4] = [408, 409, 425, 429];
/// Seconds that a token on a delivery is good for.
const TOKEN_LASTS: i64 = 180;

/// What becomes of deliveries on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carriage {
    /// They arrive, each on its own: their order is nobody's business.
    #[default]
    Prompt,
    /// They never arrive.
    Lost,
    /// Each arrives twice.
    Doubled,
    /// They wait for [`Deliveries::release`].
    Held,
}

/// A delivery that was answered, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Jira's word for what happened.
    pub event: String,
    /// Number of the issue.
    pub issue: u64,
    /// The answer's status; 0 for none.
    pub status: u16,
    /// 0 for the first try.
    pub retry: u32,
}

/// One event on its way to one webhook.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    url: String,
    event: &'static str,
    issue: IssueId,
    signature: Option<(&'static str, String)>,
    body: String,
    retry: u32,
    identifier: u64,
}

impl Parcel {
    pub(crate) fn new(hook: &Hook, event: &'static str, issue: IssueId, body: String, now: Instant) -> Self {
        let signature = match &hook.owner {
            Owner::Admin { secret: None } => None,
            Owner::Admin { secret: Some(secret) } => Some(("x-hub-signature", sign(secret, &body))),
            Owner::App { client_id, client_secret, .. } => {
                Some(("authorization", token(client_id, client_secret, now)))
            }
        };
        Self { url: hook.url.clone(), event, issue, signature, body, retry: 0, identifier: 0 }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        };
        set("content-type", "application/json; charset=UTF-8");
        set("user-agent", "Atlassian Webhook HTTP Client");
        set("x-atlassian-webhook-identifier", &format!("sim-{}", self.identifier));
        set("x-atlassian-webhook-flow", "Primary");
        if self.retry > 0 {
            set("x-atlassian-webhook-retry", &self.retry.to_string());
        }
        if let Some((name, value)) = &self.signature {
            set(name, value);
        }
        headers
    }
}

/// `sha256=` and the HMAC of the raw body.
fn sign(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// What proves that an app's own site speaks.
fn token(client_id: &str, client_secret: &str, now: Instant) -> String {
    let now = now.timestamp();
    let claims = json!({ "iss": client_id, "iat": now, "nbf": now, "exp": now + TOKEN_LASTS });
    let key = EncodingKey::from_secret(client_secret.as_bytes());
    let text = jsonwebtoken::encode(&Header::default(), &claims, &key).expect("plain claims are written");
    format!("Bearer {text}")
}

#[derive(Debug, Default)]
struct Tray {
    carriage: Carriage,
    /// Waiting for release.
    held: Vec<Parcel>,
    /// Waiting for a further try.
    failed: Vec<Parcel>,
    receipts: Vec<Receipt>,
    sent: u64,
}

/// The deliveries of a site.
#[derive(Debug, Default)]
pub struct Deliveries {
    tray: Held<Tray>,
    /// Begins with the first delivery, within the runtime that it is made in.
    carrier: OnceLock<UnboundedSender<Parcel>>,
}

impl Deliveries {
    /// From now on deliveries fare so.
    pub fn carry(&self, carriage: Carriage) {
        lock(&self.tray).carriage = carriage;
    }

    /// Lets the held ones go, in the order in which things happened or in the reverse one; how many.
    pub fn release(&self, reversed: bool) -> usize {
        let mut held = std::mem::take(&mut lock(&self.tray).held);
        if reversed {
            held.reverse();
        }
        let number = held.len();
        for parcel in held {
            self.hand_over(parcel);
        }
        number
    }

    /// Tries again what was not accepted, as Jira does five to fifteen minutes later; how many.
    pub fn retry(&self) -> usize {
        let failed = std::mem::take(&mut lock(&self.tray).failed);
        let number = failed.len();
        for parcel in failed {
            self.hand_over(Parcel { retry: parcel.retry + 1, ..parcel });
        }
        number
    }

    /// What was answered so far.
    pub fn receipts(&self) -> Vec<Receipt> {
        lock(&self.tray).receipts.clone()
    }

    pub(crate) fn send(&self, parcel: Parcel) {
        let mut tray = lock(&self.tray);
        tray.sent += 1;
        let parcel = Parcel { identifier: tray.sent, ..parcel };
        match tray.carriage {
            Carriage::Lost => return,
            Carriage::Held => return tray.held.push(parcel),
            Carriage::Prompt | Carriage::Doubled => {}
        }
        let twice = tray.carriage == Carriage::Doubled;
        drop(tray);
        if twice {
            self.hand_over(parcel.clone());
        }
        self.hand_over(parcel);
    }

    fn hand_over(&self, parcel: Parcel) {
        let carrier = self.carrier.get_or_init(|| {
            let (sender, mut parcels) = unbounded_channel();
            let (tray, http) = (self.tray.clone(), client());
            tokio::spawn(async move {
                while let Some(parcel) = parcels.recv().await {
                    tokio::spawn(deliver(http.clone(), tray.clone(), parcel));
                }
            });
            sender
        });
        // The task lives as long as its runtime: with it, everybody who would notice is gone.
        let _ = carrier.send(parcel);
    }
}

/// Nothing that is delivered leaves this machine: no TLS, no proxy.
fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring knows the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().timeout(PATIENCE);
    builder.redirect(reqwest::redirect::Policy::none()).build().expect("plain settings make a client")
}

async fn deliver(http: reqwest::Client, tray: Held<Tray>, parcel: Parcel) {
    let request = http.post(&parcel.url).headers(parcel.headers()).body(parcel.body.clone());
    #[expect(clippy::disallowed_methods, reason = "this is Jira itself, which delivers to okrsync")]
    let status = request.send().await.map_or(0, |answer| answer.status().as_u16());
    let mut tray = lock(&tray);
    let (event, retry) = (parcel.event.to_owned(), parcel.retry);
    tray.receipts.push(Receipt { event, issue: parcel.issue.0, status, retry });
    if retry < RETRIES && (status == 0 || status >= 500 || AGAIN.contains(&status)) {
        tray.failed.push(parcel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Atlassian's own example.
    #[test]
    fn a_body_is_signed_as_atlassian_signs_it() {
        let expected = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
        assert_eq!(sign("It's a Secret to Everybody", "Hello World!"), expected);
    }
}
