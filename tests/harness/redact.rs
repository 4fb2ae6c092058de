//! Looking for secrets where none may be: logs, answers, pages, dumps; also in the disguises in which they leak.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A shorter text occurs anywhere by chance.
pub(crate) const SHORTEST: usize = 8;

/// Fails if one of the secrets stands in the text, as it is or encoded (base64 in either alphabet and at any offset,
/// percent, JSON, hexadecimal). `place` names the text in the message, which does not repeat the secret.
///
/// ```
/// okrsync_tests::redact::assert_absent(&["hunter2-hunter2"], "the log", "signed in as anna");
/// ```
/// ```should_panic
/// // "anna:hunter2-hunter2"
/// okrsync_tests::redact::assert_absent(&["hunter2-hunter2"], "the log", "authorization: Basic YW5uYTpodW50ZXIyLWh1bnRlcjI=");
/// ```
///
/// # Panics
/// Where a secret was found, and for a secret of fewer than 8 bytes, which proves nothing.
pub fn assert_absent(secrets: &[&str], place: &str, text: impl AsRef<[u8]>) {
    for (number, secret) in secrets.iter().enumerate() {
        assert!(secret.len() >= SHORTEST, "secret {} has fewer than {SHORTEST} bytes", number + 1);
        let found = find(secret, text.as_ref());
        assert!(
            found.is_none(),
            "secret {} of {} stands in {place} ({})",
            number + 1,
            secrets.len(),
            found.unwrap_or_default()
        );
    }
}

/// The disguise in which the secret stands in the text.
pub fn find(secret: &str, text: &[u8]) -> Option<&'static str> {
    let lower_case = text.to_ascii_lowercase();
    disguises(secret)
        .into_iter()
        .find(|(_, needle)| contains(text, needle))
        .map(|(name, _)| name)
        .or_else(|| contains(&lower_case, &hex::encode(secret)).then_some("hexadecimal"))
}

pub(crate) fn disguises(secret: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::Value::from(secret).to_string();
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let form = percent.replace("%20", "+");
    let mut disguises = vec![("plain", secret.to_owned()), ("JSON", json.trim_matches('"').to_owned())];
    disguises.extend([("percent", percent), ("form", form), ("percent", url_component(secret))]);
    for offset in 0..3 {
        disguises.push(("base64", inner_base64(&STANDARD_NO_PAD, secret, offset)));
        disguises.push(("base64url", inner_base64(&URL_SAFE_NO_PAD, secret, offset)));
    }
    disguises
}

/// As JavaScript's `encodeURIComponent` and most libraries do: the unreserved characters stand for themselves.
fn url_component(secret: &str) -> String {
    const RESERVED: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(secret, RESERVED).to_string()
}

/// The characters that the secret has in base64 whatever stands around it, when `offset` bytes precede it in its group of three.
fn inner_base64(engine: &impl Engine, secret: &str, offset: usize) -> String {
    let mut bytes = vec![0; offset];
    bytes.extend(secret.bytes());
    let first = (offset * 8).div_ceil(6); // before it, characters that hold bits of what precedes
    let last = bytes.len() * 8 / 6; // after it, a character that holds bits of what follows
    engine.encode(&bytes)[first..last].to_owned()
}

fn contains(text: &[u8], needle: &str) -> bool {
    text.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "pa ss/wörd+\"1\"";

    #[test]
    fn each_disguise_is_seen_through() {
        for (name, text) in [
            ("plain", format!("token={SECRET};")),
            ("JSON", serde_json::json!({ "token": SECRET }).to_string()),
            ("percent", "?t=pa%20ss%2Fw%C3%B6rd%2B%221%22&x".to_owned()),
            ("form", "t=pa+ss%2Fw%C3%B6rd%2B%221%22".to_owned()),
            ("hexadecimal", hex::encode_upper(SECRET)),
        ] {
            assert_eq!(find(SECRET, text.as_bytes()), Some(name), "{text}");
        }
        assert_eq!(find(SECRET, b"nothing to see"), None);
    }

    #[test]
    #[should_panic(expected = "secret 2 of 2 stands in the page (plain)")]
    fn a_leak_names_place_and_disguise_but_not_the_secret() {
        assert_absent(&["unused-secret", "leaked-secret"], "the page", "<p>leaked-secret</p>");
    }

    #[test]
    #[should_panic(expected = "secret 1 has fewer than 8 bytes")]
    fn a_secret_that_proves_nothing_is_refused() {
        assert_absent(&["short"], "the page", "");
    }

    proptest! {
        #[test]
        fn base64_is_seen_through_whatever_stands_around(before in "[ -~]{0,9}", secret in "[ -~]{8,20}", after in "[ -~]{0,9}") {
            let text = format!("{before}{secret}{after}");
            prop_assert!(find(&secret, STANDARD_NO_PAD.encode(&text).as_bytes()).is_some());
            prop_assert!(find(&secret, URL_SAFE_NO_PAD.encode(&text).as_bytes()).is_some());
        }
    }
}
