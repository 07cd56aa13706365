//! Estimates the memory of values, and limits it: a small input can need a lot of memory, especially with many small objects.
#![cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client reads answers"))]

use serde_json::Value;

/// The maximum estimated memory of one value, in bytes. The maximum is small in tests, so that a test can exceed it.
pub(crate) const MAX_VALUE_BYTES: usize = if cfg!(test) { 8 } else { 256 } * 1024 * 1024;

/// The memory of a value without its text, in bytes.
pub(crate) const VALUE: usize = 64;

/// The memory of an object without its members, in bytes: a tree node has room for eleven members, even if it has few.
pub(crate) const OBJECT: usize = 11 * (size_of::<String>() + size_of::<Value>()) + 32;

/// Estimates the memory of JSON as a value, in bytes, without parsing it.
pub(crate) fn json_cost(json: &[u8]) -> usize {
    cost(json, OBJECT, VALUE)
}

/// Estimates the memory of JSON as a Rust type, in bytes: a field takes less than a value in a tree.
pub(crate) fn typed_cost(json: &[u8]) -> usize {
    cost(json, VALUE / 2, VALUE / 2)
}

fn cost(json: &[u8], object: usize, value: usize) -> usize {
    let bound = upper_bound(json, object, value);
    if bound <= BOUND_SUFFICES { bound } else { exact_cost(json, object, value) }
}

/// The cost in bytes up to which an upper bound is precise enough: the bound is much faster to compute than the cost.
const BOUND_SUFFICES: usize = 1024 * 1024;

/// Returns an upper bound of the cost, which counts the punctuation in strings as well.
fn upper_bound(json: &[u8], object: usize, value: usize) -> usize {
    let (mut opened, mut separators) = (0, 0);
    let mut count = |piece: &[u8]| {
        let (mut opened_here, mut separators_here) = (0_u8, 0_u8);
        for byte in piece {
            // `[` and `{` differ only in one bit.
            opened_here += u8::from(byte | 0x20 == b'{');
            separators_here += u8::from(*byte == b',' || *byte == b':');
        }
        opened += usize::from(opened_here);
        separators += usize::from(separators_here);
    };
    // The count of a piece fits in a byte, so that the CPU can compare many bytes at once.
    let pieces = json.chunks_exact(128);
    count(pieces.remainder());
    pieces.for_each(count);
    // There are at most `separators + 1` strings, each of which takes 16 bytes and its text.
    opened * (object + value) + (separators + 1) * (value + 16) + json.len()
}

fn exact_cost(json: &[u8], object: usize, value: usize) -> usize {
    let (mut cost, mut bytes) = (value, json.iter());
    while let Some(byte) = bytes.next() {
        cost += match byte {
            b'{' => object + value,
            b'[' => 2 * value,
            b',' | b':' => value,
            b'"' => {
                let mut length = 0;
                while let Some(byte) = bytes.next().filter(|byte| **byte != b'"') {
                    length += 1;
                    if *byte == b'\\' {
                        bytes.next();
                    }
                }
                length + 16
            }
            _ => 0,
        };
    }
    cost
}

/// Checks that JSON can be converted to a value.
///
/// # Errors
/// Returns an error if that would take more than the maximum memory.
pub(crate) fn json_fits(json: &[u8]) -> Result<(), String> {
    // JSON this short is always below the limit.
    if json.len() < MAX_VALUE_BYTES / (OBJECT + 2 * VALUE) || json_cost(json) <= MAX_VALUE_BYTES {
        return Ok(());
    }
    Err(too_much())
}

/// Returns the message for a value that needs too much memory.
pub(crate) fn too_much() -> String {
    format!("it would take more than {} MiB of memory", MAX_VALUE_BYTES / 1024 / 1024)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn many_small_objects_cost_more_memory_than_their_text() {
        let many = |json: &str, times: usize| format!("[{}]", vec![json; times].join(","));
        assert!(json_cost(many("{\"id\":\"a\"}", 1000).as_bytes()) > 600_000);
        assert!(json_cost(many("\"{,:[\\\"\"", 1000).as_bytes()) < 160_000, "a string is one value");
        assert!(json_fits(many("{\"id\":\"a\"}", 20_000).as_bytes()).unwrap_err().contains("8 MiB"));
        json_fits(many("{\"id\":\"a\"}", 5_000).as_bytes()).unwrap();
        json_fits(format!("\"{}\"", "x".repeat(4 * 1024 * 1024)).as_bytes()).unwrap();
        for broken in ["\"", "\"\\", "{[\"", ""] {
            json_fits(broken.as_bytes()).unwrap();
        }
    }
}
