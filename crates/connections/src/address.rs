//! Which addresses okrsync calls: sound ones, and never a cloud's metadata service.

use okrsync_domain::Invalid;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

const METADATA_NAMES: [&str; 3] = ["metadata.google.internal", "metadata.goog", "instance-data"];

/// Reads the address of a Jira site: `http` or `https`, a host, maybe a port and a context path.
///
/// # Errors
/// `invalid_url` for anything else: user names, queries, fragments, link-local and metadata addresses.
///
/// ```
/// use okrsync_connections::address;
/// let url = address::server_url("https://jira.corp.example/jira/").unwrap();
/// assert_eq!(address::text(&url), "https://jira.corp.example/jira");
/// assert_eq!(address::server_url("http://169.254.169.254/").unwrap_err().code, "invalid_url");
/// ```
pub fn server_url(text: &str) -> Result<Url, Invalid> {
    let url = parse(text, "server_url")?;
    let problem = if !matches!(url.scheme(), "http" | "https") {
        "The address must start with https:// or http://."
    } else if !url.username().is_empty() || url.password().is_some() {
        "The address must not contain a user name or password."
    } else if url.query().is_some() || url.fragment().is_some() {
        "The address must end before `?` and `#`."
    } else if is_forbidden_host(&url) {
        "okrsync never calls this address: it belongs to the machine's own network or to a cloud's metadata service."
    } else {
        return Ok(with_trailing_slash(url));
    };
    Err(invalid("server_url", problem))
}

/// Reads the address of an outbound proxy; it may carry a user name and password.
///
/// # Errors
/// `invalid_url`.
pub fn proxy_url(text: &str) -> Result<Url, Invalid> {
    let url = parse(text, "proxy_url")?;
    if matches!(url.scheme(), "http" | "https") && !is_forbidden_host(&url) {
        return Ok(url);
    }
    Err(invalid("proxy_url", "The proxy must be an address such as http://proxy.example:3128."))
}

/// The address as it is shown and stored: without a trailing slash.
pub fn text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn parse(text: &str, field: &str) -> Result<Url, Invalid> {
    let url = Url::parse(text.trim()).map_err(|_| invalid(field, "This is not a complete address."))?;
    if url.host().is_none() {
        return Err(invalid(field, "The address has no host name."));
    }
    Ok(url)
}

fn invalid(field: &str, detail: &str) -> Invalid {
    Invalid::new("invalid_url", field, detail).hint("Write it as https://jira.example.com or https://example.com/jira.")
}

/// So that paths join behind a context path.
pub(crate) fn with_trailing_slash(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

/// Whether an address as written is never called.
pub(crate) fn is_forbidden_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_forbidden(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_forbidden(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            METADATA_NAMES.iter().any(|metadata| name.eq_ignore_ascii_case(metadata))
        }
        None => true,
    }
}

/// Whether an address, as written or as a name resolves to it, is never called. Private networks are fine: Jira is at
/// home there.
pub(crate) fn is_forbidden(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_forbidden_v4(ip),
        IpAddr::V6(ip) => {
            ip.to_ipv4().filter(|_| !ip.is_loopback()).map_or_else(|| is_forbidden_v6(ip), is_forbidden_v4)
        }
    }
}

fn is_forbidden_v4(ip: Ipv4Addr) -> bool {
    const ALIBABA_METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() || ip == ALIBABA_METADATA
}

fn is_forbidden_v6(ip: Ipv6Addr) -> bool {
    const AWS_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast() || ip == AWS_METADATA
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsound_addresses_are_refused() {
        for text in [
            "",
            "jira.example",
            "ftp://jira.example",
            "file:///etc/passwd",
            "https://dana:secret@jira.example",
            "https://jira.example/?a=b",
            "https://jira.example/#x",
            "http://169.254.169.254/latest",
            "http://[fe80::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[fd00:ec2::254]/",
            "http://0.0.0.0/",
            "http://2852039166/", // 169.254.169.254 as one number
            "http://metadata.google.internal/",
            "http://METADATA.google.internal./",
        ] {
            let refused = server_url(text).unwrap_err();
            assert_eq!((refused.code, refused.errors[0].field.as_str()), ("invalid_url", "server_url"), "{text}");
        }
    }

    #[test]
    fn sound_addresses_keep_their_context_path() {
        for (text, kept) in [
            ("https://northwind.atlassian.net", "https://northwind.atlassian.net"),
            (" https://corp.example:8443/jira/ ", "https://corp.example:8443/jira"),
            ("http://127.0.0.1:2990/jira", "http://127.0.0.1:2990/jira"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("http://10.1.2.3", "http://10.1.2.3"),
        ] {
            assert_eq!(super::text(&server_url(text).unwrap()), kept);
        }
        let base = server_url("https://corp.example/jira").unwrap();
        assert_eq!(base.join("rest/api/2/myself").unwrap().path(), "/jira/rest/api/2/myself");
    }

    #[test]
    fn a_proxy_may_need_a_password() {
        assert!(proxy_url("http://user:pass@proxy.example:3128").is_ok());
        assert!(proxy_url("proxy.example:3128").is_err());
        assert!(proxy_url("http://169.254.169.254:80").is_err());
    }
}
