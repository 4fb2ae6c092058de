//! Addresses as people enter them: read, checked and written in one way.

use crate::{Error, ServerPolicy};
use okrsync_domain::Invalid;
use url::Url;

/// Code of an address that the installation's policy rules out.
pub const NOT_ALLOWED: &str = "address_not_allowed";

/// Reads the address of a Jira site: `http` or `https`, a host, maybe a port and a context path.
///
/// # Errors
/// `invalid_url` for anything else: user names, queries, fragments. `address_not_allowed` against the policy.
///
/// ```
/// use okrsync_connections::{ServerPolicy, address};
/// let policy = ServerPolicy::default();
/// let url = address::server_url("https://jira.corp.example/jira/", &policy).unwrap();
/// assert_eq!(address::text(&url), "https://jira.corp.example/jira");
/// assert_eq!(address::server_url("http://169.254.169.254/", &policy).unwrap_err().code, "address_not_allowed");
/// ```
pub fn server_url(text: &str, policy: &ServerPolicy) -> Result<Url, Invalid> {
    let url = parse(text, "server_url")?;
    let problem = if !matches!(url.scheme(), "http" | "https") {
        "The address must start with https:// or http://."
    } else if !url.username().is_empty() || url.password().is_some() {
        "The address must not contain a user name or password."
    } else if url.query().is_some() || url.fragment().is_some() {
        "The address must end before `?` and `#`."
    } else {
        return permitted(with_trailing_slash(url), "server_url", policy);
    };
    Err(invalid("server_url", problem))
}

/// Reads the address of an outbound proxy; it may carry a user name and password.
///
/// # Errors
/// `invalid_url`, or `address_not_allowed` against the policy.
pub fn proxy_url(text: &str, policy: &ServerPolicy) -> Result<Url, Invalid> {
    let url = parse(text, "proxy_url")?;
    if matches!(url.scheme(), "http" | "https") {
        return permitted(url, "proxy_url", policy);
    }
    Err(invalid("proxy_url", "The proxy must be an address such as http://proxy.example:3128."))
}

/// The address as it is shown and stored: without a trailing slash.
pub fn text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn permitted(url: Url, field: &str, policy: &ServerPolicy) -> Result<Url, Invalid> {
    let refuse = |refusal: crate::Refusal| {
        let detail = format!("okrsync does not call this server: {refusal}.");
        Invalid::new(NOT_ALLOWED, field, detail).hint(refusal.cure())
    };
    policy.check(&url).map_err(refuse)?;
    Ok(url)
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

/// An address below another one.
pub(crate) fn beneath(base: &Url, path: &str) -> Result<Url, Error> {
    let unsound = |error: url::ParseError| Error::Settings { detail: error.to_string() };
    with_trailing_slash(base.clone()).join(path).map_err(unsound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Result<Url, Invalid> {
        server_url(text, &ServerPolicy::default())
    }

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
        ] {
            let refused = server(text).unwrap_err();
            assert_eq!((refused.code, refused.errors[0].field.as_str()), ("invalid_url", "server_url"), "{text}");
        }
    }

    #[test]
    fn the_policy_has_the_last_word_and_names_its_cure() {
        let refused = server("http://2852039166/").unwrap_err();
        assert_eq!((refused.code, refused.errors[0].field.as_str()), (NOT_ALLOWED, "server_url"));
        let policy = ServerPolicy::new(&["*.corp.example"], &[""; 0], true).unwrap();
        let refused = server_url("https://jira.example", &policy).unwrap_err();
        assert!(refused.detail.contains("not on the list"), "{}", refused.detail);
        assert!(refused.hint.unwrap().contains("connections.allowed_hosts"));
        assert!(server_url("https://jira.corp.example", &policy).is_ok());
        assert_eq!(proxy_url("http://proxy.example:3128", &policy).unwrap_err().code, NOT_ALLOWED);
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
            assert_eq!(super::text(&server(text).unwrap()), kept);
        }
        let base = server("https://corp.example/jira").unwrap();
        assert_eq!(base.join("rest/api/2/myself").unwrap().path(), "/jira/rest/api/2/myself");
    }

    #[test]
    fn a_proxy_may_need_a_password() {
        let proxy = |text: &str| proxy_url(text, &ServerPolicy::default()).map_err(|refused| refused.code);
        assert!(proxy("http://user:pass@proxy.example:3128").is_ok());
        assert_eq!(proxy("proxy.example:3128"), Err("invalid_url"));
        assert_eq!(proxy("http://169.254.169.254:80"), Err(NOT_ALLOWED));
    }
}
