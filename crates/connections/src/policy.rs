//! Which servers okrsync may call: the installation's own lists, and addresses that nobody may name.
//!
//! A policy is asked three times: when an address is entered, before each request, and about every address that a name
//! leads to, at the moment of connecting. So a name that is harmless when it is checked and leads elsewhere when it is
//! called (rebinding) gains nothing. Behind an outbound proxy it is the proxy that looks names up: there the policy sees the
//! name and the proxy itself.

mod network;

use ipnet::IpNet;
use std::{net::IpAddr, sync::Arc};
use url::{Host, Url};

/// Names under which clouds answer with the machine's own credentials.
const METADATA_NAMES: [&str; 4] =
    ["metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];

/// Which servers okrsync may call. A cheap clone.
///
/// ```
/// use okrsync_connections::{Refusal, ServerPolicy};
/// let policy = ServerPolicy::new(&["*.corp.example"], &["old.corp.example"], true).unwrap();
/// let judge = |url: &str| policy.check(&url.parse().unwrap());
/// assert_eq!(judge("https://jira.corp.example"), Ok(()));
/// assert_eq!(judge("https://old.corp.example"), Err(Refusal::Denied));
/// assert_eq!(judge("https://jira.example"), Err(Refusal::NotListed));
/// assert_eq!(judge("http://169.254.169.254"), Err(Refusal::Never));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPolicy(Arc<Rules>);

#[derive(Debug, PartialEq, Eq)]
struct Rules {
    allowed: Vec<Pattern>,
    denied: Vec<Pattern>,
    private_networks: bool,
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// This name.
    Name(String),
    /// Every name below this one, with the dot before it.
    Below(String),
    /// Addresses.
    Network(IpNet),
}

/// Why a server is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A link-local address or a cloud's metadata service, whatever the settings say.
    Never,
    /// A private network or this machine, which the settings rule out.
    Private,
    /// The settings name it as denied.
    Denied,
    /// The settings name the servers that may be called, and it is none of them.
    NotListed,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Never => "it belongs to the machine's own network or to a cloud's metadata service",
            Self::Private => "it is in a private network",
            Self::Denied => "it is on the list of denied servers",
            Self::NotListed => "it is not on the list of allowed servers",
        })
    }
}

impl Refusal {
    /// What to do about it.
    pub fn cure(self) -> &'static str {
        match self {
            Self::Never => "Use the address that people open Jira with; addresses such as 169.254.… are never called.",
            Self::Private => {
                "If Jira is at home there, the operator sets `connections.private_networks = true`, or lists its network \
                 in `connections.allowed_hosts`."
            }
            Self::Denied => "Use another server, or ask the operator to take it off `connections.denied_hosts`.",
            Self::NotListed => "Ask the operator to add the server to `connections.allowed_hosts`.",
        }
    }
}

impl Default for ServerPolicy {
    /// Everything but what is never called.
    fn default() -> Self {
        Self(Arc::new(Rules { allowed: Vec::new(), denied: Vec::new(), private_networks: true }))
    }
}

impl ServerPolicy {
    /// A policy of lists; an empty list of allowed servers allows all. An entry is a host name, `*.` and a domain, an
    /// address or a network such as `10.20.0.0/16`.
    ///
    /// # Errors
    /// The entry that is none of these.
    pub fn new(
        allowed: &[impl AsRef<str>],
        denied: &[impl AsRef<str>],
        private_networks: bool,
    ) -> Result<Self, String> {
        Ok(Self(Arc::new(Rules { allowed: patterns(allowed)?, denied: patterns(denied)?, private_networks })))
    }

    /// Judges an address as it is written. A name may still lead to a forbidden address.
    ///
    /// # Errors
    /// Why it is not called.
    pub fn check(&self, url: &Url) -> Result<(), Refusal> {
        match url.host() {
            Some(Host::Ipv4(ip)) => self.judge(None, Some(ip.into())),
            Some(Host::Ipv6(ip)) => self.judge(None, Some(ip.into())),
            Some(Host::Domain(name)) => self.judge(Some(name), None),
            None => Err(Refusal::Never),
        }
    }

    /// Judges an address that a name leads to.
    ///
    /// # Errors
    /// Why it is not called.
    pub(crate) fn check_found(&self, name: &str, ip: IpAddr) -> Result<(), Refusal> {
        self.judge(Some(name), Some(ip))
    }

    fn judge(&self, name: Option<&str>, ip: Option<IpAddr>) -> Result<(), Refusal> {
        let name = name.map(|name| name.trim_end_matches('.').to_ascii_lowercase());
        let (name, ip) = (name.as_deref(), ip.map(network::plain));
        if name.is_some_and(|name| METADATA_NAMES.contains(&name)) || ip.is_some_and(network::is_never_called) {
            return Err(Refusal::Never);
        }
        let hit = |list: &[Pattern]| list.iter().any(|pattern| pattern.covers(name, ip));
        if hit(&self.0.denied) {
            return Err(Refusal::Denied);
        }
        let listed = self.0.allowed.is_empty() || hit(&self.0.allowed) || self.may_be_listed_by_address(ip);
        if !listed {
            return Err(Refusal::NotListed);
        }
        match ip {
            Some(ip) if network::is_private(ip) && !self.0.private_networks && !self.lists_network(ip) => {
                Err(Refusal::Private)
            }
            _ => Ok(()),
        }
    }

    /// A name whose addresses are not known yet.
    fn may_be_listed_by_address(&self, ip: Option<IpAddr>) -> bool {
        ip.is_none() && self.0.allowed.iter().any(|pattern| matches!(pattern, Pattern::Network(_)))
    }

    fn lists_network(&self, ip: IpAddr) -> bool {
        self.0.allowed.iter().any(|pattern| pattern.covers(None, Some(ip)))
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Some(Self::Network(ip.into()));
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Some(Self::Network(network));
        }
        let (name, below) = text.strip_prefix("*.").map_or((text.as_str(), false), |name| (name, true));
        let Ok(Host::Domain(name)) = Host::parse(name) else { return None };
        let sound = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        sound.then(|| if below { Self::Below(format!(".{name}")) } else { Self::Name(name) })
    }

    fn covers(&self, name: Option<&str>, ip: Option<IpAddr>) -> bool {
        match self {
            Self::Name(listed) => name == Some(listed),
            Self::Below(domain) => name.is_some_and(|name| name.ends_with(domain)),
            Self::Network(network) => ip.is_some_and(|ip| network.contains(&ip)),
        }
    }
}

fn patterns(list: &[impl AsRef<str>]) -> Result<Vec<Pattern>, String> {
    let parse = |entry: &str| Pattern::parse(entry).ok_or_else(|| entry.to_owned());
    list.iter().map(|entry| parse(entry.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allowed: &[&str], denied: &[&str], private_networks: bool) -> ServerPolicy {
        ServerPolicy::new(allowed, denied, private_networks).unwrap()
    }

    fn written(policy: &ServerPolicy, host: &str) -> Result<(), Refusal> {
        policy.check(&format!("http://{host}/jira").parse().unwrap())
    }

    #[test]
    fn what_is_never_called_is_seen_through_every_spelling() {
        let everything = policy(&["0.0.0.0/0", "::/0", "*.internal"], &[], true);
        for host in [
            "169.254.169.254",
            "2852039166",          // the same as one number
            "0xa9fea9fe",          // in hexadecimal
            "0251.0376.0251.0376", // in octal
            "169.254.1.1",
            "0.0.0.0",
            "100.100.100.200",
            "[fe80::1]",
            "[::ffff:169.254.169.254]",
            "[::169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]",
            "[fd00:ec2::254]",
            "[::]",
            "metadata.google.internal",
            "METADATA.google.internal.",
        ] {
            for policy in [&ServerPolicy::default(), &everything] {
                assert_eq!(written(policy, host), Err(Refusal::Never), "{host}");
            }
        }
    }

    #[test]
    fn lists_decide_over_names_and_networks() {
        let lists =
            policy(&["jira.example", "*.corp.example", "10.20.0.0/16"], &["old.corp.example", "10.20.9.9"], false);
        for (host, expected) in [
            ("jira.example", Ok(())),
            ("JIRA.example.", Ok(())),
            ("other.jira.example", Ok(())), // its addresses decide: a network is listed
            ("deep.jira.corp.example", Ok(())),
            ("old.corp.example", Err(Refusal::Denied)),
            ("10.20.1.1", Ok(())),
            ("10.20.9.9", Err(Refusal::Denied)),
            ("10.21.1.1", Err(Refusal::NotListed)),
            ("[::ffff:10.20.1.1]", Ok(())),
        ] {
            assert_eq!(written(&lists, host), expected, "{host}");
        }
        let names = policy(&["*.corp.example"], &[], true);
        for host in ["corp.example", "evilcorp.example", "corp.example.evil"] {
            assert_eq!(written(&names, host), Err(Refusal::NotListed), "{host}");
        }
    }

    #[test]
    fn private_networks_may_be_ruled_out() {
        let public = policy(&[], &[], false);
        let private = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "[::1]", "[fd12::1]"];
        for host in private {
            assert_eq!(written(&public, host), Err(Refusal::Private), "{host}");
            assert_eq!(written(&ServerPolicy::default(), host), Ok(()), "{host}");
        }
        assert_eq!(written(&public, "93.184.216.34"), Ok(()));
        assert_eq!(written(&public, "jira.example"), Ok(()), "a name is judged by what it leads to");
    }

    #[test]
    fn a_listed_name_does_not_open_private_networks() {
        let lists = policy(&["jira.example", "10.20.0.0/16"], &["203.0.113.7"], false);
        let found = |ip: &str| lists.check_found("jira.example", ip.parse().unwrap());
        assert_eq!(found("93.184.216.34"), Ok(()));
        assert_eq!(found("10.20.1.1"), Ok(()), "its network is listed");
        assert_eq!(found("10.1.1.1"), Err(Refusal::Private));
        assert_eq!(found("203.0.113.7"), Err(Refusal::Denied));
        assert_eq!(found("169.254.169.254"), Err(Refusal::Never));
        assert_eq!(lists.check_found("evil.example", "1.1.1.1".parse().unwrap()), Err(Refusal::NotListed));
    }

    #[test]
    fn an_entry_that_means_nothing_is_named() {
        for entry in ["", "http://jira.example", "10.0.0.0/99", "a b", "*.", "*.10.0.0.1", "jira.*"] {
            assert_eq!(ServerPolicy::new(&[entry], &[""; 0], true), Err(entry.to_owned()), "{entry}");
        }
    }
}
