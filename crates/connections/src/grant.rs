//! Signing in on a consent page: what is asked for, what is granted, and how it lives on. OAuth 2.0 and 1.0a alike.

use crate::{Error, Site, oauth1, oauth2};
use okrsync_domain::Instant;
use secrecy::SecretString;
use std::{fmt, pin::Pin};
use url::Url;

/// okrsync as a site's administrator registered it.
#[derive(Clone)]
pub enum Application {
    /// OAuth 2.0: an incoming application link of self-managed Jira, or an app of Atlassian's cloud.
    Oauth2 {
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: SecretString,
    },
    /// OAuth 1.0a: an application link of self-managed Jira.
    Oauth1 {
        /// Consumer key.
        consumer_key: String,
        /// The key pair whose public half the link knows.
        key: oauth1::Key,
    },
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Oauth2 { .. } => "Oauth2",
            Self::Oauth1 { .. } => "Oauth1",
        })
    }
}

/// A consent page to send a browser to.
#[derive(Debug)]
pub struct Consent {
    /// Its address.
    pub url: Url,
    /// What the browser brings back to show which page it comes from: OAuth 2.0's `state`, 1.0a's request token.
    pub state: SecretString,
    /// What stays with us until then, such as the PKCE verifier.
    pub secret: Option<SecretString>,
}

/// What Jira granted.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Signs requests.
    pub access: SecretString,
    /// Gets the next grant: refresh token or session handle. Good once.
    pub renewal: Option<SecretString>,
    /// When `access` ends, if Jira says so.
    pub expires_at: Option<Instant>,
    /// When `renewal` ends, if Jira says so.
    pub renewable_until: Option<Instant>,
}

/// A site of Atlassian's cloud that a grant reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedSite {
    /// Its id at the gateway.
    pub cloud_id: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
}

/// A token that signs requests, and which one of its connection it is.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token.
    pub text: SecretString,
    /// Grows with each renewal.
    pub serial: i64,
}

/// A result that is not there yet.
pub type Promised<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Where the tokens of a grant come from. Whoever implements it keeps them, and renews one at a time.
pub trait Tokens: fmt::Debug + Send + Sync {
    /// The token to sign with; renewed before, if it is about to end.
    fn current(&self) -> Promised<'_, AccessToken>;

    /// Jira refused `token`: the next one, or none if there is no reason to believe that another would do.
    fn instead_of(&self, token: AccessToken) -> Promised<'_, Option<AccessToken>>;
}

impl Site {
    /// Begins a sign-in: the consent page to send a browser to. `callback` is where it comes back to; with `webhooks` it is
    /// asked for the right to register these, too.
    ///
    /// # Errors
    /// [`Error::Oauth1`] and whatever can go wrong on the way: OAuth 1.0a asks Jira for a request token first.
    pub async fn ask_consent(
        &self,
        application: &Application,
        callback: &Url,
        webhooks: bool,
    ) -> Result<Consent, Error> {
        match application {
            Application::Oauth2 { .. } => oauth2::consent(self, application, callback, webhooks),
            Application::Oauth1 { consumer_key, key } => {
                Box::pin(oauth1::consent(self, consumer_key, key, callback)).await
            }
        }
    }

    /// Turns what the browser brought back into a grant. `state` and `secret` are the [`Consent`]'s, `code` is OAuth 2.0's
    /// `code` or 1.0a's `oauth_verifier`.
    ///
    /// # Errors
    /// [`Error::GrantLost`], [`Error::ApplicationRefused`], [`Error::Oauth1`], or Jira does not answer.
    pub async fn redeem(
        &self,
        application: &Application,
        callback: &Url,
        (state, secret): (&SecretString, Option<&SecretString>),
        code: &SecretString,
    ) -> Result<Grant, Error> {
        match application {
            Application::Oauth2 { .. } => Box::pin(oauth2::redeem(self, application, callback, secret, code)).await,
            Application::Oauth1 { consumer_key, key } => {
                Box::pin(oauth1::redeem(self, consumer_key, key, state, ("oauth_verifier", code))).await
            }
        }
    }

    /// The next grant. Whatever Jira answers, the old one may be worth nothing afterwards: save the new one before its
    /// first use.
    ///
    /// # Errors
    /// [`Error::GrantLost`] or an [`Error::Oauth1`] for which [`Error::needs_consent`] holds: somebody must sign in again.
    pub async fn renew(&self, application: &Application, callback: &Url, grant: &Grant) -> Result<Grant, Error> {
        let lost = || Error::GrantLost { detail: "it has ended, and nothing was granted to renew it with".to_owned() };
        let renewal = grant.renewal.as_ref().ok_or_else(lost)?;
        let renewed = match application {
            Application::Oauth2 { .. } => Box::pin(oauth2::renew(self, application, callback, renewal)).await?,
            Application::Oauth1 { consumer_key, key } => {
                Box::pin(oauth1::redeem(self, consumer_key, key, &grant.access, ("oauth_session_handle", renewal)))
                    .await?
            }
        };
        // A server that does not rotate says nothing of the old one.
        Ok(Grant { renewal: renewed.renewal.or_else(|| grant.renewal.clone()), ..renewed })
    }

    /// The sites that a grant reaches; none where a grant is always about the one site.
    ///
    /// # Errors
    /// Jira refuses the token, or does not answer.
    pub async fn granted_sites(&self, access: &SecretString) -> Result<Option<Vec<GrantedSite>>, Error> {
        match self.oauth2_provider()?.sites {
            Some(address) => oauth2::sites(self.client(), &address, access).await.map(Some),
            None => Ok(None),
        }
    }
}
