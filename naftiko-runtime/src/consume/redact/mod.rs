//! Masking secrets where an upstream sends them back: each byte of an occurrence becomes an asterisk, so that a Content-Length
//! stays right.
//!
//! | what | how |
//! |---|---|
//! | a secret | a credential, or a value sent under the name of one; in errors every variable of a request as well, and what the caller gave in confidence |
//! | written | as it is, in UTF-16, in base64 (also within a longer text) and hexadecimal digits, each escaped as JSON, XML and URLs do it, twice even |
//! | JSON | strings, or what of them is the secret; no numbers, no names of members |
//! | values that were decoded | the same, after decoding |
//! | headers, texts, other bytes | each occurrence |
//! | a secret of digits alone | the same, but not where it is a part of a longer number |
//! | a secret of 1 to 3 bytes | only where it is the whole of a text or stands between quotes: elsewhere it would be found everywhere |

mod escapes;
mod search;
mod stream;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use search::Search;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
pub(crate) use stream::Masking;

/// What follows a scheme (`Bearer …`) is a secret of its own if it has this length.
const SHORTEST_BARE: usize = 8;

/// Finds and masks the secrets of one client.
#[derive(Clone, Default)]
pub(crate) struct Redactor(Option<Arc<Search>>);

impl Redactor {
    /// One for those values; each is also looked for without the scheme before it (`Bearer …`, `Token …`).
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let whole_and_bare = |secret: &'a str| {
            let bare = secret.split_once(' ').map(|(_, bare)| bare.trim()).filter(|bare| bare.len() >= SHORTEST_BARE);
            std::iter::once(secret).chain(bare)
        };
        Self(Search::new(secrets.into_iter().flat_map(whole_and_bare)).map(Arc::new))
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How far a secret may reach, in bytes.
    pub(crate) fn reach(&self) -> usize {
        self.0.as_ref().map_or(0, |search| search.reach)
    }

    /// All of an answer, secrets masked; untouched if there are none. It counts as JSON if it is `declared` to be, or begins
    /// like it.
    pub(crate) fn mask(&self, bytes: Bytes, declared: bool) -> Bytes {
        let begins = || matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'));
        Masking::new(declared || begins()).last(self, bytes)
    }

    /// The same text, secrets masked.
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
        let masked = stream::filled(Bytes::copy_from_slice(bytes), &masks);
        Cow::Owned(String::from_utf8_lossy(&masked).into_owned())
    }

    /// Masks the strings of a value that was decoded; numbers and names of members stay.
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

    /// Masks what headers hold, except for numbers.
    pub(crate) fn mask_headers(&self, headers: &mut HeaderMap) {
        if self.is_empty() {
            return;
        }
        for value in headers.values_mut() {
            if value.as_bytes().iter().all(u8::is_ascii_digit) {
                continue;
            }
            // Header values need not be UTF-8; one that is not cannot hold a secret, which is text.
            let Cow::Owned(masked) = self.mask_text(&String::from_utf8_lossy(value.as_bytes())) else { continue };
            *value = HeaderValue::from_bytes(masked.as_bytes()).unwrap_or(HeaderValue::from_static("***"));
        }
    }
}

/// Masks what no error may hold: the capability's secrets, and what the caller of this call gave in confidence.
pub(crate) struct Masks<'a> {
    capability: &'a Redactor,
    caller: Redactor,
}

impl<'a> Masks<'a> {
    /// Both together.
    pub(crate) fn new(capability: &'a Redactor, caller: &[SecretString]) -> Self {
        Self { capability, caller: Redactor::new(caller.iter().map(ExposeSecret::expose_secret)) }
    }

    /// How far a secret may reach, in bytes.
    pub(crate) fn reach(&self) -> usize {
        self.capability.reach().max(self.caller.reach())
    }

    /// The same body, secrets masked: as JSON only if it is JSON.
    pub(crate) fn mask(&self, body: Bytes) -> Bytes {
        let json = serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
        if !json && let Ok(text) = std::str::from_utf8(&body) {
            return Bytes::from(self.mask_text(text));
        }
        let masked = Masking::new(json).last(self.capability, body);
        Masking::new(json).last(&self.caller, masked)
    }

    /// The same text, secrets masked.
    pub(crate) fn mask_text(&self, text: &str) -> String {
        self.caller.mask_text(&self.capability.mask_text(text)).into_owned()
    }

    /// Masks what headers hold.
    pub(crate) fn mask_headers(&self, headers: &mut HeaderMap) {
        self.capability.mask_headers(headers);
        self.caller.mask_headers(headers);
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Redactor(nothing)" } else { "Redactor" })
    }
}
