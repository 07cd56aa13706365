//! Reads keys of a document, compares names, and percent-encodes text.

use serde_json::Value;

/// Returns the value of an environment variable in this test.
pub fn variable(name: &str) -> String {
    // The key that signs requests consists of hexadecimal digits.
    if name == "VERACODE_API_KEY" {
        return "0123456789abcdef".repeat(4);
    }
    format!("v-{}", name.to_lowercase())
}

/// Returns whether names differ only in case, `_` and `-`.
pub(super) fn same(one: &str, other: &str) -> bool {
    let fold = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    fold(one) == fold(other)
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Converts a value to text for a path, a query or a header.
pub(super) fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the names in the braces of a path.
pub(super) fn placeholders(path: &str) -> Vec<String> {
    path.replace("{{", "{")
        .replace("}}", "}")
        .split('{')
        .skip(1)
        .filter_map(|part| Some(part.split_once('}')?.0.trim().to_owned()))
        .collect()
}

/// Percent-encodes everything except unreserved characters (RFC 3986, section 2.3).
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// Decodes a percent-encoded string.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let code = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.push(code.unwrap_or(b'%'));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
