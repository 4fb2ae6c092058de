//! What a site is opened with.

use crate::{Admission, Credential, Retry, ServerPolicy, address::with_trailing_slash};
use okrsync_domain::connection::Deployment;
use secrecy::SecretString;
use std::{fmt, sync::Arc, time::Duration};
use url::Url;

/// Requests that a connection starts in a second unless told otherwise. Jira Cloud has a [bucket][limits] of 100 for each
/// endpoint, filled by 100 a second.
///
/// [limits]: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
pub const REQUESTS_PER_SECOND: u32 = 80;

/// What a site is opened with. `Debug` shows no secret.
#[derive(Clone)]
pub struct SiteConfig {
    /// Address of the site with its context path; see [`crate::address::server_url`].
    pub server_url: Url,
    /// Where Jira runs.
    pub deployment: Deployment,
    /// How we sign in.
    pub credential: Credential,
    /// Headers sent with every request, for a proxy in front of Jira.
    pub headers: Vec<(String, SecretString)>,
    /// Base of the API gateway; none is Atlassian's.
    pub gateway_url: Option<Url>,
    /// Base of the consent pages; none is Atlassian's, or the server itself.
    pub auth_url: Option<Url>,
    /// Cloud id of the site, once known.
    pub cloud_id: Option<String>,
    /// Whether requests go through the gateway.
    pub via_gateway: bool,
    /// Certificate authorities in PEM, in addition to the system's.
    pub ca_pem: Option<String>,
    /// Outbound proxy; none follows the system's settings.
    pub proxy_url: Option<Url>,
    /// Which servers may be called.
    pub policy: ServerPolicy,
    /// Asked before each request; none lets all pass.
    pub admission: Option<Arc<dyn Admission>>,
    /// Time for one request and its answer.
    pub timeout: Duration,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Requests started in a second, evened out; after a rest three quarters of them at once.
    pub requests_per_second: u32,
    /// The account that every answer must come from, once known.
    pub expected_account: Option<String>,
    /// How failures that pass by themselves are retried.
    pub retry: Retry,
}

impl SiteConfig {
    /// A site with defaults for everything else: 120 s a request, 4 requests at once, [`REQUESTS_PER_SECOND`].
    pub fn new(server_url: Url, deployment: Deployment, credential: Credential) -> Self {
        Self {
            server_url,
            deployment,
            credential,
            headers: Vec::new(),
            gateway_url: None,
            auth_url: None,
            cloud_id: None,
            via_gateway: false,
            ca_pem: None,
            proxy_url: None,
            policy: ServerPolicy::default(),
            admission: None,
            timeout: Duration::from_mins(2),
            concurrency: 4,
            requests_per_second: REQUESTS_PER_SECOND,
            expected_account: None,
            retry: Retry::default(),
        }
    }

    /// Whether both speak to one Jira, whoever signs in and on whatever way.
    pub(crate) fn is_same_site(&self, other: &Self) -> bool {
        let site = |config: &Self| (with_trailing_slash(config.server_url.clone()), config.deployment);
        site(self) == site(other)
    }
}

impl fmt::Debug for SiteConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteConfig")
            .field("server_url", &self.server_url.as_str())
            .field("deployment", &self.deployment)
            .field("credential", &self.credential)
            .field("via_gateway", &self.via_gateway)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_printed() {
        let mut config = SiteConfig::new(
            "https://jira.example/".parse().unwrap(),
            Deployment::SelfManaged,
            Credential::PersonalAccessToken { token: "s3cret".into() },
        );
        config.headers = vec![("X-Proxy-Key".into(), "s3cret".into())];
        config.proxy_url = Some("http://u:s3cret@proxy/".parse().unwrap());
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
