//! Requests that a foreign page makes a browser send are refused.
//!
//! Browsers say where a request comes from (`Sec-Fetch-Site`, or `Origin` on older ones); programs say nothing and carry no
//! cookie that they did not ask for. So: a statement that is not "same origin" is refused, a missing one is accepted. The
//! cookie is `SameSite=Lax` as well, and what changes something carries a token of its session besides.

use axum::http::{HeaderMap, Method, header};
use subtle::ConstantTimeEq as _;

/// Whether a request may change something, as far as its origin goes.
pub(crate) fn is_trusted(method: &Method, headers: &HeaderMap, address: &str) -> bool {
    if method.is_safe() {
        return true;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let host = text(header::HOST.as_str());
    origin == address || origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host)
}

/// Whether a form or script carries its session's token.
pub(crate) fn token_fits(expected: &str, given: &str) -> bool {
    !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_programs_may_change_things() {
        let address = "https://okrs.example.com";
        for (headers, trusted) in [
            (vec![], true),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", address)], false),
            (vec![("origin", address)], true),
            (vec![("origin", "http://10.0.0.1:8080"), ("host", "10.0.0.1:8080")], true),
            (vec![("origin", "https://evil.example"), ("host", "okrs.example.com")], false),
            (vec![("origin", "null"), ("host", "okrs.example.com")], false),
        ] {
            let map: HeaderMap = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
            assert_eq!(is_trusted(&Method::POST, &map, address), trusted, "{headers:?}");
            assert!(is_trusted(&Method::GET, &map, address));
        }
    }

    #[test]
    fn an_empty_token_never_fits() {
        assert!(token_fits("abc", "abc"));
        assert!(!token_fits("abc", "abd"));
        assert!(!token_fits("", ""));
    }
}
