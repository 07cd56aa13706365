//! The HMAC signature of Veracode: <https://docs.veracode.com/r/c_hmac_signing_example>. It covers the host, the path with its query, and
//! the method.

use super::hmac;
use crate::consume::layers::retry::random;
use crate::consume::outgoing::Outgoing;
use crate::consume::reference::host_header;
use crate::digest::hex;
use crate::error::Error;
use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::time::{SystemTime, UNIX_EPOCH};

const ID: &str = "API ID";
const KEY: &str = "API key";

/// Credentials of Veracode.
pub(crate) struct Veracode {
    id: SecretString,
    key: Zeroizing<Vec<u8>>,
}

impl Veracode {
    /// Decodes an API ID and a key, each without the prefix that names its region (`vera01ei-`).
    ///
    /// # Errors
    /// Returns the name of the wrong value, and what is wrong with it, without quoting it.
    pub(super) fn new(id: &SecretString, key: &SecretString) -> Result<Self, (&'static str, &'static str)> {
        let bare = |text: &'_ SecretString| {
            let text = text.expose_secret().trim();
            text.rsplit_once('-').map_or(text, |(_, bare)| bare).to_owned()
        };
        let digits = Zeroizing::new(bare(key));
        let pairs = digits.as_bytes().chunks(2);
        let bytes = pairs.map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2 && !pair.starts_with('+'))?;
            u8::from_str_radix(pair, 16).ok()
        });
        // `None` if a character is not a hexadecimal digit, or if the number of digits is odd.
        let key: Option<Vec<u8>> = bytes.collect();
        let key = Zeroizing::new(key.ok_or((KEY, "must consist of pairs of hexadecimal digits"))?);
        let id = bare(id);
        let is_empty = "is empty, apart from the prefix that names its region";
        if key.is_empty() {
            return Err((KEY, is_empty));
        }
        if id.is_empty() {
            return Err((ID, is_empty));
        }
        Ok(Self { id: id.into(), key })
    }

    /// Adds a signature to a request.
    ///
    /// # Errors
    /// Returns an error if the system provides no random numbers, or if the API ID is not a valid header value.
    pub(super) fn sign(&self, request: &mut Request<Outgoing>, now: SystemTime) -> Result<(), Error> {
        let nonce: [u8; 16] =
            random().ok_or_else(|| Error::internal("the system provides no random numbers for a nonce"))?;
        let value = self.signature(request, now, &nonce);
        let mut value =
            HeaderValue::from_str(&value).map_err(|_| Error::configuration("the API ID is not valid in a header"))?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(())
    }

    /// Returns the value of `Authorization`.
    fn signature(&self, request: &Request<Outgoing>, now: SystemTime, nonce: &[u8]) -> String {
        let uri = request.uri();
        let (id, host, method) = (self.id.expose_secret(), host_header(uri).unwrap_or_default(), request.method());
        let target = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let time = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string();
        let text = format!("id={id}&host={host}&url={target}&method={method}");
        let key = hmac(&self.key, nonce);
        let key = hmac(key.as_ref(), time.as_bytes());
        let key = hmac(key.as_ref(), b"vcode_request_version_1");
        let signature = hex(hmac(key.as_ref(), text.as_bytes()).as_ref());
        format!("VERACODE-HMAC-SHA-256 id={id},ts={time},nonce={},sig={signature}", hex(nonce))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::time::Duration;

    const DIGITS: &str = "00112233445566778899aabbccddeeff";
    const NONCE: [u8; 16] = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

    #[test]
    fn a_request_is_signed() {
        let mut request = Request::new(Outgoing::default());
        *request.uri_mut() = "https://api.veracode.com/appsec/v1/applications?name=a%20b".parse().unwrap();
        // Computed by Python's `hmac`, as Veracode's own signing library does.
        let expected = "VERACODE-HMAC-SHA-256 id=abc123,ts=1440938160000,nonce=0f0e0d0c0b0a09080706050403020100,sig=7241512ff8c86cb629c4d36d1fc7725311f01eadac642adb8dc676066812b346";
        for (id, key) in
            [("abc123".to_owned(), DIGITS.to_owned()), ("vera01ei-abc123".to_owned(), format!("vera01es-{DIGITS}"))]
        {
            let signer = Veracode::new(&id.into(), &key.into()).unwrap();
            let now = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
            assert_eq!(signer.signature(&request, now, &NONCE), expected);
        }
    }

    #[test]
    fn a_key_that_is_not_hexadecimal_is_refused() {
        for key in ["0", "0g", "é0", "+1"] {
            let refused = Veracode::new(&"id".into(), &key.into()).err();
            assert_eq!(refused, Some((super::KEY, "must consist of pairs of hexadecimal digits")), "{key}");
        }
    }

    #[test]
    fn a_value_that_is_only_a_prefix_is_refused() {
        let refused = |id: &str, key: &str| Veracode::new(&id.into(), &key.into()).err().map(|(what, _)| what);
        assert_eq!(refused("vera01ei-abc", "vera01es-"), Some("API key"));
        assert_eq!(refused("vera01ei-", "vera01es-00"), Some("API ID"));
        assert_eq!(refused("vera01ei-abc", "vera01es-00"), None);
    }
}
