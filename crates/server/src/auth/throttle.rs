//! Sign-in is tried a few times a minute, not a thousand: counted in the database, over restarts and replicas.

use crate::{
    app::App,
    error::{ApiError, ApiResult},
};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{StatusCode, request::Parts},
};
use okrsync_store::Limit;
use sha2::{Digest as _, Sha256};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// The address that a request comes from: behind as many proxies as the settings say, the one that the first of them saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl FromRequestParts<App> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let near = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        let passed = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let passed: Vec<&str> = passed.flat_map(|line| line.split(',')).map(str::trim).collect();
        Ok(Self(origin(near.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), &passed, app.settings().web.proxies)))
    }
}

/// Each proxy adds the address it sees at the end; what stands further left, anybody may have written.
fn origin(near: IpAddr, passed: &[&str], proxies: u32) -> IpAddr {
    let proxies = usize::try_from(proxies).unwrap_or(usize::MAX);
    let seen = passed.len().checked_sub(proxies).filter(|_| proxies > 0).and_then(|place| passed.get(place));
    seen.and_then(|text| text.parse().ok()).unwrap_or(near).to_canonical()
}

impl Peer {
    /// What is limited: of IPv6 the network, since one machine has any number of addresses in it.
    fn network(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("{:x?}", &address.segments()[..4]),
        }
    }
}

/// Counts a try to prove who one is: for this account from this address, for the account from anywhere, and from the
/// address for any account. Guessing from one address does not lock the account's owner out. Accounts that do not exist
/// are counted alike.
pub(crate) async fn admit(app: &App, account: &str, peer: Peer) -> ApiResult<()> {
    let per_minute = app.settings().web.sign_ins_per_minute;
    let (account, network) = (hex::encode(&Sha256::digest(account)[..16]), peer.network());
    let limit = |key: String, times: u32| Limit { key, per_minute: per_minute.saturating_mul(times) };
    let limits = vec![
        limit(format!("sign-in {account} {network}"), 1),
        limit(format!("sign-in {account}"), 5),
        limit(format!("sign-in from {network}"), 10),
    ];
    let Err(wait) = app.store().admit(limits, app.now()).await? else { return Ok(()) };
    let seconds = wait.num_seconds().saturating_add(1);
    let detail = format!("Too many tries to sign in. Try again in {seconds} seconds.");
    Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", detail).retry_after(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        let near: IpAddr = "10.0.0.1".parse().unwrap();
        for (passed, proxies, address) in [
            (vec![], 0, "10.0.0.1"),
            (vec!["6.6.6.6"], 0, "10.0.0.1"),
            (vec!["6.6.6.6", "192.0.2.7"], 1, "192.0.2.7"),
            (vec!["6.6.6.6", "192.0.2.7", "10.0.0.9"], 2, "192.0.2.7"),
            (vec!["192.0.2.7"], 2, "10.0.0.1"),
            (vec!["nonsense"], 1, "10.0.0.1"),
        ] {
            assert_eq!(origin(near, &passed, proxies).to_string(), address, "{passed:?} behind {proxies}");
        }
        let near: IpAddr = "::ffff:192.0.2.7".parse().unwrap();
        assert_eq!(origin(near, &[], 0).to_string(), "192.0.2.7");
        let [one, other] = ["2001:db8::1", "2001:db8:0:0:ffff::2"].map(|text| Peer(text.parse().unwrap()).network());
        assert_eq!(one, other);
    }
}
