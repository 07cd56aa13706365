//! Bytes as text in base64 (RFC 4648, section 4), for callers that accept only text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Encodes bytes.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Encodes bytes as a JSON string, which needs no escapes.
pub(super) fn base64_json(bytes: &[u8]) -> String {
    let length = base64::encoded_len(bytes.len(), true).unwrap_or_default();
    let mut json = String::with_capacity(length + 2);
    json.push('"');
    STANDARD.encode_string(bytes, &mut json);
    json.push('"');
    json
}
