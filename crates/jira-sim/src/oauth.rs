//! Applications that people let into a site: OAuth 2.0 clients, OAuth 1.0a application links, and who granted what.

mod apps;
mod links;
mod signature;

use std::sync::Mutex;

pub(crate) use apps::{Apps, ConsentRequest, Habits};
pub(crate) use links::{Links, Problem};
pub(crate) use signature::{Signed, Signer, encode};

use crate::catalogue::User;
use crate::error::SimError;
use crate::options::Dialect;
use crate::sim::JiraSim;
use crate::sync::lock;

/// A registered OAuth 2.0 client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthClient {
    /// Client id.
    pub id: String,
    /// Client secret.
    pub secret: String,
}

/// A site that a grant of Atlassian's cloud reaches.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) url: String,
}

/// Everything about applications.
#[derive(Debug)]
pub(crate) struct Oauth {
    pub(crate) apps: Mutex<Apps>,
    pub(crate) links: Mutex<Links>,
    /// Sites besides the own one; and whether that one is granted at all.
    pub(crate) resources: Mutex<(Vec<Resource>, bool)>,
}

impl Oauth {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let habits = match dialect {
            Dialect::Cloud => Habits::cloud(),
            Dialect::DataCenter => Habits::data_center(),
        };
        Self { apps: Mutex::new(Apps::new(habits)), links: Mutex::default(), resources: Mutex::new((Vec::new(), true)) }
    }
}

impl JiraSim {
    /// Cloud: what stands for `https://auth.atlassian.com`. Empty on Data Center, which has its consent pages itself.
    pub fn auth_url(&self) -> String {
        self.shared.auth_url.clone()
    }

    /// Registers an OAuth 2.0 client that may come back to exactly this address: an incoming application link (scope
    /// `READ`), or an app with the classic read scopes on Cloud.
    pub fn register_client(&self, redirect_uri: &str) -> OauthClient {
        lock(&self.shared.oauth.apps).register(redirect_uri)
    }

    /// Changes what a client may ask for, separated by spaces. False if there is no such client.
    pub fn set_client_scopes(&self, client_id: &str, scopes: &str) -> bool {
        lock(&self.shared.oauth.apps).set_scopes(client_id, scopes)
    }

    /// Data Center: makes an OAuth 1.0a application link with a consumer key and a public key in PEM.
    pub fn register_consumer(&self, consumer_key: &str, public_key: &str) -> Result<(), SimError> {
        lock(&self.shared.oauth.links).register(consumer_key, public_key)
    }

    /// Somebody takes back all that they granted to applications.
    pub fn revoke_grants(&self, user: &User) {
        lock(&self.shared.oauth.apps).revoke(&user.id);
        lock(&self.shared.oauth.links).revoke(&user.id);
    }

    /// Cloud: grants reach another site as well.
    pub fn add_granted_site(&self, name: &str, url: &str, cloud_id: &str) {
        let resource = Resource { id: cloud_id.to_owned(), name: name.to_owned(), url: url.to_owned() };
        lock(&self.shared.oauth.resources).0.push(resource);
    }

    /// Cloud: grants do not reach this site.
    pub fn withhold_site(&self) {
        lock(&self.shared.oauth.resources).1 = false;
    }
}
