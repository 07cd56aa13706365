//! Reads and writes the headers that carry the credentials of callers.

use http::request::Parts;
use http::{HeaderName, HeaderValue};

/// Removes the only value of a header from a request, and returns the value.
///
/// # Errors
/// Returns a message if the header is missing or repeated; `help` says how to send the credential.
pub(super) fn take_header(parts: &mut Parts, name: &HeaderName, help: &str) -> Result<HeaderValue, String> {
    if parts.headers.get_all(name).iter().nth(1).is_some() {
        return Err(format!("the request has several `{name}` headers"));
    }
    parts.headers.remove(name).ok_or_else(|| format!("the request has no credential: {help}"))
}

/// Returns the credential after the scheme in `Authorization`. Names of schemes are case-insensitive (RFC 9110, section 11.1).
pub(super) fn after_scheme<'v>(value: &'v [u8], scheme: &str) -> Result<&'v [u8], String> {
    let given = value.split_at_checked(scheme.len());
    let given = given.filter(|(word, rest)| {
        word.eq_ignore_ascii_case(scheme.as_bytes()) && rest.first().is_none_or(|byte| *byte == b' ')
    });
    match given.map(|(_, rest)| rest.trim_ascii()) {
        Some(b"") => Err(format!("expected a credential after `{scheme}` in `Authorization`, found nothing")),
        Some(credential) => Ok(credential),
        None => Err(wrong_scheme(scheme)),
    }
}

/// Returns the message for an `Authorization` whose scheme is not `expected`.
pub(super) fn wrong_scheme(expected: &str) -> String {
    format!("expected `Authorization` to begin with the scheme `{expected}` and a space")
}

/// Returns the printable ASCII characters of a text, except `"` and `\`, as a quoted string (RFC 9110, section 5.6.4).
pub(super) fn quoted(text: &str) -> String {
    let text: String = text.chars().filter(|c| (' '..='~').contains(c) && !matches!(c, '"' | '\\')).collect();
    format!("\"{text}\"")
}

/// Decodes a part of a form-encoded query: `+` is a space. Invalid escapes are kept.
pub(super) fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let mut ahead = bytes.clone();
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'+', ..) => decoded.push(b' '),
            (b'%', Some(high), Some(low)) => {
                decoded.push(high * 16 + low);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}
