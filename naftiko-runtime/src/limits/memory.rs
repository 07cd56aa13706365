//! What values take in memory, and how much of it one may take: a few bytes can ask for a lot, in small objects above all.
#![cfg_attr(not(feature = "client"), allow(dead_code, reason = "answers are the client's"))]

use serde_json::Value;

/// How much one value may take, in bytes, roughly; little in tests, which are to ask for more.
pub(crate) const MOST: usize = if cfg!(test) { 8 } else { 256 } * 1024 * 1024;

/// What a value takes beside its text.
pub(crate) const VALUE: usize = 64;

/// What an object takes beside its members: a node of its tree has room for eleven, however few there are.
pub(crate) const OBJECT: usize = 11 * (size_of::<String>() + size_of::<Value>()) + 32;

/// What JSON takes as a value, in bytes, roughly: counted without making anything of it.
pub(crate) fn json_cost(json: &[u8]) -> usize {
    cost(json, OBJECT, VALUE)
}

/// What JSON takes as a Rust type of its own, in bytes, roughly: a field takes less than a value in a tree.
pub(crate) fn typed_cost(json: &[u8]) -> usize {
    cost(json, VALUE / 2, VALUE / 2)
}

fn cost(json: &[u8], object: usize, value: usize) -> usize {
    let most = bound(json, object, value);
    if most <= ROUGH { most } else { counted(json, object, value) }
}

/// Up to this, a bound will do: it takes a fraction of the time.
const ROUGH: usize = 1024 * 1024;

/// The cost if no text held punctuation.
fn bound(json: &[u8], object: usize, value: usize) -> usize {
    let (mut opened, mut more) = (0, 0);
    let mut count = |piece: &[u8]| {
        let (mut opened_here, mut more_here) = (0_u8, 0_u8);
        for byte in piece {
            // Only case parts `[` from `{`.
            opened_here += u8::from(byte | 0x20 == b'{');
            more_here += u8::from(*byte == b',' || *byte == b':');
        }
        opened += usize::from(opened_here);
        more += usize::from(more_here);
    };
    // In pieces of one length whose count a byte holds, so that many bytes are compared at once.
    let pieces = json.chunks_exact(128);
    count(pieces.remainder());
    pieces.for_each(count);
    // Beside its text, a string takes less than a value.
    opened * (object + value) + (more + 1) * (value + 16) + json.len()
}

fn counted(json: &[u8], object: usize, value: usize) -> usize {
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

/// Whether JSON can be made a value of.
///
/// # Errors
/// If that would take more memory than a value may.
pub(crate) fn json_fits(json: &[u8]) -> Result<(), String> {
    // What is as short as this costs less than the limit, whatever it is.
    if json.len() < MOST / (OBJECT + 2 * VALUE) || json_cost(json) <= MOST {
        return Ok(());
    }
    Err(too_much())
}

/// Why a value is refused.
pub(crate) fn too_much() -> String {
    format!("it would take more than {} MiB of memory", MOST / 1024 / 1024)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn small_objects_cost_what_they_take_and_not_what_they_are_written_in() {
        let many = |json: &str, times: usize| format!("[{}]", vec![json; times].join(","));
        assert!(json_cost(many("{\"id\":\"a\"}", 1000).as_bytes()) > 600_000);
        assert!(json_cost(many("\"{,:[\\\"\"", 1000).as_bytes()) < 160_000, "a text is one value");
        assert!(json_fits(many("{\"id\":\"a\"}", 20_000).as_bytes()).unwrap_err().contains("8 MiB"));
        json_fits(many("{\"id\":\"a\"}", 5_000).as_bytes()).unwrap();
        json_fits(format!("\"{}\"", "x".repeat(4 * 1024 * 1024)).as_bytes()).unwrap();
        for broken in ["\"", "\"\\", "{[\"", ""] {
            json_fits(broken.as_bytes()).unwrap();
        }
    }
}
