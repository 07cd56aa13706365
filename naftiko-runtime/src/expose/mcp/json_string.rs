//! Writes text as a JSON string (RFC 8259, section 7). The text of a tool result is mostly JSON with a quotation mark every few
//! bytes, for which serde_json takes several times as long.

/// How many bytes are searched at once.
const WIDTH: usize = 16;
/// The longest escape: `\u001f`.
const LONGEST: usize = 6;
/// How many bytes are collected before they are appended.
const BUFFER: usize = 512;

/// Appends text as a JSON string, with the same escapes as serde_json.
pub(super) fn push(json: &mut Vec<u8>, text: &str) {
    let (mut buffer, mut filled) = ([0; BUFFER], 0);
    let mut rest = text.as_bytes();
    json.push(b'"');
    loop {
        if filled > BUFFER - WIDTH - LONGEST {
            json.extend_from_slice(&buffer[..filled]);
            filled = 0;
        }
        let Some(window) = rest.first_chunk::<WIDTH>() else { break };
        // All bytes are copied, those after the first escape are overwritten.
        buffer[filled..filled + WIDTH].copy_from_slice(window);
        let plain = plain_prefix(*window);
        filled += plain;
        rest = &rest[plain..];
        if plain < WIDTH {
            filled += escape(rest[0], &mut buffer[filled..]);
            rest = &rest[1..];
        }
    }
    json.extend_from_slice(&buffer[..filled]);
    for byte in rest {
        let written = escape(*byte, &mut buffer);
        json.extend_from_slice(&buffer[..written]);
    }
    json.push(b'"');
}

/// Returns how many bytes come before the first that is escaped.
fn plain_prefix(window: [u8; WIDTH]) -> usize {
    const fn each(byte: u8) -> u128 {
        u128::from_ne_bytes([byte; WIDTH])
    }
    // The highest bit of each byte that is zero is set. Bytes after the first one may be wrong, but only the first one counts.
    let zero = |bytes: u128| bytes.wrapping_sub(each(1)) & !bytes & each(0x80);
    let bytes = u128::from_le_bytes(window);
    let control = bytes.wrapping_sub(each(0x20)) & !bytes & each(0x80);
    let escaped = control | zero(bytes ^ each(b'"')) | zero(bytes ^ each(b'\\'));
    escaped.trailing_zeros() as usize / 8
}

/// Writes a byte, escaped if it has to be; returns the length.
fn escape(byte: u8, out: &mut [u8]) -> usize {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\t' => b't',
        b'\r' => b'r',
        0x08 => b'b',
        0x0c => b'f',
        0..0x20 => {
            let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
            out[..LONGEST].copy_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            return LONGEST;
        }
        _ => {
            out[0] = byte;
            return 1;
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
            for before in [0, 1, 7, 8, 15, 16, 17] {
                let text = format!("{}{character}{}", "a".repeat(before), "b".repeat(20));
                assert_eq!(pushed(&text), serde_json::Value::from(&*text).to_string(), "{character:?} after {before}");
            }
        }
    }

    #[test]
    fn long_texts_of_escapes_are_complete() {
        for length in [0, 1, 15, 16, 17, BUFFER - 1, BUFFER, 3 * BUFFER + 5] {
            for piece in ["\"", "\u{1}", "é", "\\\"\u{7f}x"] {
                let text = piece.repeat(length);
                assert_eq!(pushed(&text), serde_json::Value::from(&*text).to_string(), "{length} times {piece:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_text_is_written_as_serde_json_writes_it(
            pieces in prop::collection::vec(prop_oneof![any::<String>(), "[\"\\\\{}:,a-z0-9]{0,40}"], 0..60),
        ) {
            let text = pieces.concat();
            prop_assert_eq!(pushed(&text), serde_json::Value::from(&*text).to_string());
        }
    }
}
