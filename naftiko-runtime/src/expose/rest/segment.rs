//! Encodes literal path segments for axum, and limits the number of placeholders.

use std::fmt::Write;

/// The maximum number of placeholder segments in a path: axum's router renames each to one letter, and panics at the 26th.
pub(super) const MAX_PLACEHOLDERS: usize = 24;

/// Encodes a literal segment as in a request target (RFC 3986, section 3.3); existing escapes are kept.
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
