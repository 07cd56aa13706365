//! The segments of a path as axum matches them.

use std::fmt::Write;

/// How many segments of a path may be placeholders: axum's matcher has a letter for each.
pub(super) const MOST: usize = 24;

/// A literal segment as it comes in a request's target (RFC 3986, section 3.3); what is encoded already stays.
pub(super) fn encoded(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b'%' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';'
            | b'=' | b':' | b'@' => encoded.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}
