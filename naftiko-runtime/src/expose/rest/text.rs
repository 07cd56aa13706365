//! Decodes percent-encoded strings of a request target.

use crate::error::{Error, Result};
use crate::schema::pointer;

/// Decodes a path segment (RFC 3986, section 3.3). `name` is the argument that it sets; the error message names it.
pub(super) fn segment(name: &str, encoded: &str) -> Result<String> {
    if encoded.is_empty() {
        return Err(refused(name, "is empty"));
    }
    decode(encoded, false).map_err(|why| refused(name, why))
}

/// Decodes a query value, encoded as in forms: `+` is a space.
pub(super) fn query_value(name: &str, encoded: &str) -> Result<String> {
    decode(encoded, true).map_err(|why| refused(name, why))
}

/// Decodes the name of a query parameter; `None` if its encoding is not valid.
pub(super) fn query_name(encoded: &str) -> Option<String> {
    decode(encoded, true).ok()
}

fn refused(name: &str, why: &str) -> Error {
    let pointer = pointer(name);
    let message = format!("`{pointer}` {why}");
    Error::argument(pointer, message)
}

/// Returns the beginning of a name that a caller sent, without control characters.
pub(super) fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Decodes a percent-encoded string; with `form`, `+` is a space. The error completes a sentence that begins with the name of the
/// string.
pub(super) fn decode(encoded: &str, form: bool) -> Result<String, &'static str> {
    let special = |byte: u8| byte == b'%' || (form && byte == b'+');
    if !encoded.bytes().any(special) {
        return Ok(encoded.to_owned());
    }
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' if form => b' ',
            b'%' => match (bytes.next().and_then(hexadecimal), bytes.next().and_then(hexadecimal)) {
                (Some(high), Some(low)) => 16 * high + low,
                _ => return Err("has invalid percent-encoding: each `%` must be followed by two hexadecimal digits"),
            },
            other => other,
        });
    }
    String::from_utf8(decoded).map_err(|_| "is not UTF-8 once it is percent-decoded")
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_decoded() {
        assert_eq!(decode("a", false), Ok("a".to_owned()));
        assert_eq!(decode("a%2Fb%20c+d", false), Ok("a/b c+d".to_owned()));
        assert_eq!(decode("a%2fb%20c+d%2B", true), Ok("a/b c d+".to_owned()));
        assert_eq!(decode("caf%C3%A9%00", false), Ok("café\0".to_owned()));
    }

    #[test]
    fn invalid_percent_encoding_is_refused() {
        for wrong in ["%", "%2", "%zz", "a%2", "%+1", "%c3%28", "%ff"] {
            assert!(decode(wrong, true).is_err(), "{wrong}");
        }
    }
}
