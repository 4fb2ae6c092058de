//! The addresses that a client may speak to: the site, and Atlassian's gateway before it.

use crate::{Error, SiteConfig, address};
use url::Url;

/// Atlassian's gateway for scoped tokens and OAuth.
const ATLASSIAN_GATEWAY: &str = "https://api.atlassian.com/";

/// Holds an address against the installation's policy.
pub(super) fn permit(config: &SiteConfig, url: &Url) -> Result<(), Error> {
    let host = || url.host_str().unwrap_or_default().to_owned();
    config.policy.check(url).map_err(|refusal| Error::ServerRefused { host: host(), refusal })
}

/// Where a site is behind the gateway.
pub(super) fn gateway(config: &SiteConfig, cloud_id: &str) -> Result<Url, Error> {
    if cloud_id.is_empty() || !cloud_id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(Error::Settings { detail: "the cloud id is not sound".to_owned() });
    }
    address::beneath(&gateway_base(config)?, &format!("ex/jira/{cloud_id}/"))
}

/// Where the gateway is.
pub(crate) fn gateway_base(config: &SiteConfig) -> Result<Url, Error> {
    match &config.gateway_url {
        Some(url) => Ok(url.clone()),
        None => Url::parse(ATLASSIAN_GATEWAY).map_err(|error| Error::Settings { detail: error.to_string() }),
    }
}
