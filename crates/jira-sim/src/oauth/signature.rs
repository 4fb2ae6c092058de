//! What the provider of OAuth 1.0a reads in a request, and what its signature must cover (RFC 5849, written down from the
//! verifier's side).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// RFC 5849, 3.6.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The parameters of an `Authorization: OAuth …` header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signer(Vec<(String, String)>);

impl Signer {
    /// Reads what comes behind the scheme. None where it is not a list of quoted values.
    pub(crate) fn parse(list: &str) -> Option<Self> {
        let mut parameters = Vec::new();
        for pair in list.split(',') {
            let (name, quoted) = pair.trim().split_once('=')?;
            let value = quoted.strip_prefix('"')?.strip_suffix('"')?;
            parameters.push((name.to_owned(), percent_decode_str(value).decode_utf8().ok()?.into_owned()));
        }
        Some(Self(parameters))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A request as it was signed.
#[derive(Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) method: &'a str,
    /// Scheme, host and port by which the site knows itself.
    pub(crate) origin: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// The body where it is a form.
    pub(crate) form: &'a [u8],
    pub(crate) signer: &'a Signer,
}

impl Signed<'_> {
    /// The text under the signature.
    pub(crate) fn base_string(&self) -> String {
        let pairs = |text: &[u8]| serde_urlencoded::from_bytes::<Vec<(String, String)>>(text).unwrap_or_default();
        let own = self.signer.0.iter().filter(|(name, _)| name != "oauth_signature" && name != "realm").cloned();
        let all = own.chain(pairs(self.query.as_bytes())).chain(pairs(self.form));
        let mut encoded: Vec<String> = Vec::new();
        let mut sorted: Vec<(String, String)> = all.map(|(name, value)| (encode(&name), encode(&value))).collect();
        sorted.sort();
        for (name, value) in sorted {
            encoded.push(name + "=" + &value);
        }
        let address = encode(&format!("{}{}", self.origin, self.path));
        [self.method.to_ascii_uppercase(), address, encode(&encoded.join("&"))].join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 5849, 3.4.1.1, with its form.
    #[test]
    fn the_base_string_is_the_rfcs() {
        let parsed = Signer::parse(
            r#"realm="Example", oauth_consumer_key="9djdj82h48djs9d2", oauth_token="kkk9d7dh3k39sjv7",
               oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="7d8f3e4a",
               oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D""#,
        );
        let parsed = parsed.unwrap();
        let request = Signed {
            method: "POST",
            origin: "http://example.com",
            path: "/request",
            query: "b5=%3D%253D&a3=a&c%40=&a2=r%20b",
            form: b"c2&a3=2+q",
            signer: &parsed,
        };
        assert_eq!(
            request.base_string(),
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26\
             c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26\
             oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
        );
        assert_eq!(parsed.get("oauth_signature"), Some("bYT5CMsGcbgUdFHObYMEfcx6bsw="));
        assert_eq!(Signer::parse("oauth_nonce=7"), None);
    }
}
