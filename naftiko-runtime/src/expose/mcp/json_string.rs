//! Writes text as a JSON string (RFC 8259, section 7). The text of a tool result is mostly JSON, with a quotation mark every few
//! bytes; for such text, `serde_json` needs a third more time.

use std::ops::Range;

/// How many bytes are searched at once.
const BLOCK: usize = 64;
/// How many bytes are copied at once: a constant number is much faster to copy.
const COPIED: usize = 16;
/// The length of the longest escapes, such as `\u001f`.
const LONGEST: usize = 6;
/// The maximum length of a block with escapes, plus the bytes that [`copy`] adds.
const CAPACITY: usize = LONGEST * BLOCK + COPIED;

/// Appends text as a JSON string, with the same escapes as `serde_json`.
pub(super) fn push(json: &mut Vec<u8>, text: &str) {
    json.push(b'"');
    // Each block overwrites the buffer, so it need not be cleared again.
    let mut out = [0; CAPACITY];
    let mut padded = [b' '; BLOCK + COPIED];
    let (blocks, rest) = text.as_bytes().as_chunks::<BLOCK>();
    for block in blocks {
        padded[..BLOCK].copy_from_slice(block);
        push_block(json, &padded, BLOCK, &mut out);
    }
    let mut padded = [b' '; BLOCK + COPIED];
    padded[..rest.len()].copy_from_slice(rest);
    push_block(json, &padded, rest.len(), &mut out);
    json.push(b'"');
}

/// Appends the first `length` bytes of a block, with escapes. `out` is a buffer, whose earlier content is ignored.
fn push_block(json: &mut Vec<u8>, block: &[u8; BLOCK + COPIED], length: usize, out: &mut [u8; CAPACITY]) {
    let mut escapes = escapes(block);
    if escapes == 0 {
        return json.extend_from_slice(&block[..length]);
    }
    let (mut filled, mut start) = (0, 0);
    while escapes != 0 {
        let at = escapes.trailing_zeros() as usize;
        escapes &= escapes - 1;
        copy(block, start..at, out, filled);
        filled += at - start;
        filled += match block[at] {
            byte @ (b'"' | b'\\') => {
                out[filled..filled + 2].copy_from_slice(&[b'\\', byte]);
                2
            }
            byte => escape(byte, &mut out[filled..]),
        };
        start = at + 1;
    }
    copy(block, start..length, out, filled);
    json.extend_from_slice(&out[..filled + length - start]);
}

/// Copies a range to `out`, after the `filled` bytes, and up to 15 bytes more, which are overwritten or left out later.
#[inline]
fn copy(block: &[u8; BLOCK + COPIED], range: Range<usize>, out: &mut [u8; CAPACITY], filled: usize) {
    let mut done = 0;
    while done < range.len() {
        let (from, to) = (range.start + done, filled + done);
        out[to..to + COPIED].copy_from_slice(&block[from..from + COPIED]);
        done += COPIED;
    }
}

/// Returns a mask with a bit for each byte of a block, set if the byte must be escaped.
fn escapes(block: &[u8; BLOCK + COPIED]) -> u64 {
    let words = block[..BLOCK].chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()));
    words.rev().fold(0, |escapes, word| escapes << 8 | escapes_of(word))
}

/// Returns a mask with a bit for each byte of a word, set if the byte must be escaped.
fn escapes_of(word: u64) -> u64 {
    const HIGH: u64 = each(0x80);
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    // Sets the highest bit of each byte that is at least 128 - `more`; no carry reaches the next byte.
    let reaches = |word: u64, more: u8| ((word & !HIGH) + each(more)) | word;
    let plain = reaches(word, 0x60) & reaches(word ^ each(b'"'), 0x7f) & reaches(word ^ each(b'\\'), 0x7f);
    // Gathers the highest bits in the highest byte.
    ((!plain & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Writes the escape of a control character; returns the length.
#[cold]
#[inline(never)]
fn escape(byte: u8, out: &mut [u8]) -> usize {
    let short = match byte {
        b'\n' => b'n',
        b'\t' => b't',
        b'\r' => b'r',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
            out[..LONGEST].copy_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            return LONGEST;
        }
    };
    out[..2].copy_from_slice(&[b'\\', short]);
    2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pushed(text: &str) -> String {
        let mut json = Vec::new();
        push(&mut json, text);
        String::from_utf8(json).unwrap_or_default()
    }

    #[test]
    fn each_character_is_written_as_serde_json_writes_it_wherever_it_is() {
        for character in (0..0x180).filter_map(char::from_u32).chain(['\u{2028}', '\u{ffff}', '\u{10ffff}']) {
            for before in [0, 1, 7, 8, 15, 16, 17, 63, 64, 65] {
                let text = format!("{}{character}{}", "a".repeat(before), "b".repeat(20));
                assert_eq!(pushed(&text), serde_json::Value::from(&*text).to_string(), "{character:?} after {before}");
            }
        }
    }

    #[test]
    fn long_texts_of_escapes_are_complete() {
        for length in [0, 1, 15, 16, 17, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 3] {
            for piece in ["\"", "\u{1}", "é", "\\\"\u{7f}x"] {
                let text = piece.repeat(length);
                assert_eq!(pushed(&text), serde_json::Value::from(&*text).to_string(), "{length} times {piece:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_text_is_written_as_serde_json_writes_it(
            pieces in prop::collection::vec(prop_oneof![any::<String>(), "[\"\\\\{}:,a-z0-9]{0,90}"], 0..60),
        ) {
            let text = pieces.concat();
            prop_assert_eq!(pushed(&text), serde_json::Value::from(&*text).to_string());
        }
    }
}
