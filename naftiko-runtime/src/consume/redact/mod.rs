//! Masks secrets that an upstream returns: each byte of an occurrence becomes an asterisk, so that the Content-Length
//! stays correct.
//!
//! | what | how |
//! |---|---|
//! | secrets | credentials, and values of parameters with a credential's name |
//! | secrets in errors | also every variable of a request, and the caller's confidential arguments |
//! | encodings | plain text, UTF-16, base64 (also inside a longer text) and hexadecimal digits |
//! | escapes | up to two levels of JSON, XML or URL escapes of each encoding |
//! | in JSON | each occurrence in a string value, not in numbers and member names; after a syntax error, as in text (see `stream`) |
//! | in decoded values | the same, after decoding |
//! | in headers, text, other bytes | each occurrence; a header of digits only is kept |
//! | a secret of digits only | the same, but not inside a longer number |
//! | a secret of 1 to 3 bytes | only as a whole text or between quotes: elsewhere it would match too often |

mod escapes;
mod json;
#[cfg(test)]
mod long_tests;
mod search;
mod stream;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use search::SecretSearcher;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
pub(crate) use stream::BodyMasker;

/// The minimum length of the text after a scheme (`Bearer …`) that is treated as a separate secret, in bytes.
const SHORTEST_BARE: usize = 8;

/// A redactor: finds and masks the secrets of a client, a request or a caller.
#[derive(Clone, Default)]
pub(crate) struct Redactor(Option<Arc<SecretSearcher>>);

impl Redactor {
    /// Creates a redactor for these values; each is also searched for without the whitespace around it, and without its scheme
    /// (`Bearer …`, `Token …`).
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let forms = |secret: &'a str| {
            // Whitespace around a header value is not part of it (RFC 9110, section 5.5), so an upstream returns the value without it.
            let trimmed = Some(secret.trim()).filter(|trimmed| *trimmed != secret);
            let bare =
                secret.trim().split_once(' ').map(|(_, bare)| bare.trim()).filter(|bare| bare.len() >= SHORTEST_BARE);
            std::iter::once(secret).chain(trimmed).chain(bare)
        };
        Self(SecretSearcher::new(secrets.into_iter().flat_map(forms)).map(Arc::new))
    }

    /// Returns whether there is nothing to search for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the maximum length of an occurrence, in bytes.
    pub(crate) fn max_length(&self) -> usize {
        self.0.as_ref().map_or(0, |search| search.max_length)
    }

    /// Masks a whole answer; returns it unchanged if it contains no secrets. The answer is treated as JSON if it is `declared`
    /// as JSON or begins like JSON.
    pub(crate) fn mask(&self, bytes: Bytes, declared: bool) -> Bytes {
        let looks_like_json = || matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'));
        BodyMasker::new(declared || looks_like_json()).last(self, bytes)
    }

    /// Masks the end of a text that was cut off, if a secret has begun there.
    fn mask_end(&self, bytes: Bytes) -> Bytes {
        let Some(search) = &self.0 else { return bytes };
        let begun = bytes.len() - search.tail(&bytes)..bytes.len();
        stream::with_asterisks(bytes, &[begun])
    }

    /// Masks a string.
    pub(crate) fn mask_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(search) = &self.0 else { return Cow::Borrowed(text) };
        if search.is_short(text.trim().as_bytes()) {
            return Cow::Owned("*".repeat(text.len()));
        }
        let bytes = text.as_bytes();
        let hits = search.find(bytes).into_iter();
        let masks: Vec<_> =
            hits.filter(|hit| hit.is_part_of_number(&[], bytes, true) == Some(false)).map(|hit| hit.at).collect();
        if masks.is_empty() {
            return Cow::Borrowed(text);
        }
        let masked = stream::with_asterisks(Bytes::copy_from_slice(bytes), &masks);
        Cow::Owned(String::from_utf8_lossy(&masked).into_owned())
    }

    /// Masks the strings of a decoded value; numbers and member names are not masked.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents decode to values"))]
    pub(crate) fn mask_value(&self, value: &mut Value) {
        match value {
            _ if self.is_empty() => {}
            Value::String(text) => {
                if let Cow::Owned(masked) = self.mask_text(text) {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_value(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.mask_value(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Masks header values, except for numbers.
    pub(crate) fn mask_headers(&self, headers: &mut HeaderMap) {
        if self.is_empty() {
            return;
        }
        for value in headers.values_mut() {
            if value.as_bytes().iter().all(u8::is_ascii_digit) {
                continue;
            }
            // A header value may be invalid UTF-8. The invalid bytes cannot be part of a secret, which is text.
            let Cow::Owned(masked) = self.mask_text(&String::from_utf8_lossy(value.as_bytes())) else { continue };
            *value = HeaderValue::from_bytes(masked.as_bytes()).unwrap_or(HeaderValue::from_static("***"));
        }
    }
}

/// A masker of errors: it finds and masks the capability's secrets, and the secrets of one request, such as the caller's confidential
/// arguments.
pub(crate) struct ErrorMasker<'a> {
    capability: &'a Redactor,
    request: Redactor,
}

impl<'a> ErrorMasker<'a> {
    /// Combines the capability's redactor with the secrets of one request.
    pub(crate) fn new(capability: &'a Redactor, request: &[SecretString]) -> Self {
        Self { capability, request: Redactor::new(request.iter().map(ExposeSecret::expose_secret)) }
    }

    /// Returns the maximum length of an occurrence, in bytes.
    pub(crate) fn max_length(&self) -> usize {
        self.capability.max_length().max(self.request.max_length())
    }

    /// Masks a body: as JSON if it is valid JSON, otherwise as text or bytes.
    pub(crate) fn mask(&self, body: Bytes) -> Bytes {
        let json = serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
        if !json && let Ok(text) = std::str::from_utf8(&body) {
            return Bytes::from(self.mask_text(text));
        }
        let masked = BodyMasker::new(json).last(self.capability, body);
        BodyMasker::new(json).last(&self.request, masked)
    }

    /// Masks the beginning of a body, including a secret that has begun at its end.
    pub(crate) fn mask_beginning(&self, body: Bytes) -> Bytes {
        self.request.mask_end(self.capability.mask_end(self.mask(body)))
    }

    /// Masks a string.
    pub(crate) fn mask_text(&self, text: &str) -> String {
        self.request.mask_text(&self.capability.mask_text(text)).into_owned()
    }

    /// Masks header values.
    pub(crate) fn mask_headers(&self, headers: &mut HeaderMap) {
        self.capability.mask_headers(headers);
        self.request.mask_headers(headers);
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Redactor(nothing)" } else { "Redactor" })
    }
}
