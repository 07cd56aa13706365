//! Converts bytes to text: UTF-8, unless the bytes or their Content-Type specify another encoding.

use bytes::Bytes;
use serde_json::Value;
use std::borrow::Cow;

/// Converts a value to text: a string without quotes, other values as JSON.
pub(crate) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(crate::numbers::text(other)),
    }
}

/// A declared encoding; UTF-16 is detected by its byte-order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    /// ISO-8859-1 as the Web interprets it, which is Windows-1252 (WHATWG Encoding, section 4.2).
    Latin1,
    /// An unsupported encoding.
    Other,
}

/// Returns the encoding that a Content-Type declares.
pub(crate) fn charset(content_type: &str) -> Option<Charset> {
    parameter(content_type, "charset").map(charset_by_name)
}

/// Returns the value of a parameter of a Content-Type.
pub(crate) fn parameter<'a>(content_type: &'a str, wanted: &str) -> Option<&'a str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// Returns the encoding that an XML declaration at the start of a document specifies.
pub(crate) fn declared_by_xml(bytes: &[u8]) -> Option<Charset> {
    let start = bytes.get(..bytes.len().min(200)).unwrap_or_default();
    let declaration = start.strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(declaration.get(..end)?).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    after.split(quote).nth(1).map(charset_by_name)
}

fn charset_by_name(name: &str) -> Charset {
    match name.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => Charset::Utf8,
        "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1" | "windows-1252" | "cp1252" => Charset::Latin1,
        _ => Charset::Other,
    }
}

/// Decodes text in formats that are UTF-8, unless a byte-order mark or `charset` specifies another encoding.
pub(crate) fn strict(bytes: &[u8], charset: Option<Charset>) -> Result<Cow<'_, str>, String> {
    let (bytes, charset) = match detect_bom(bytes) {
        ByteOrderMark::Utf16(text) => return Ok(Cow::Owned(text?)),
        ByteOrderMark::Utf8(bytes) => (bytes, Charset::Utf8),
        ByteOrderMark::Missing => (bytes, charset.unwrap_or(Charset::Utf8)),
    };
    match (charset, std::str::from_utf8(bytes)) {
        (Charset::Latin1, _) => Ok(latin1(bytes)),
        (_, Ok(text)) => Ok(Cow::Borrowed(text)),
        (Charset::Utf8, Err(error)) => Err(format!("it is not UTF-8, at byte {}", error.valid_up_to())),
        (Charset::Other, Err(_)) => {
            Err("its encoding is not supported; use UTF-8, ISO-8859-1, or UTF-16 with a byte-order mark".to_owned())
        }
    }
}

/// Decodes text in formats older than UTF-8: bytes without a charset that are not UTF-8 are decoded as Windows-1252.
pub(crate) fn lenient(bytes: &[u8], charset: Option<Charset>) -> Result<Cow<'_, str>, String> {
    match charset {
        None => strict(bytes, None).or_else(|_| Ok(latin1(bytes))),
        charset => strict(bytes, charset),
    }
}

/// Converts JSON to UTF-8 without a byte-order mark. Valid UTF-8 is accepted regardless of its label: JSON has no
/// charset parameter (RFC 8259, sections 8.1 and 11).
///
/// # Errors
/// Returns an error for an unsupported encoding, or invalid UTF-16. Invalid UTF-8 is passed on, so that the parser can report
/// its location.
pub(crate) fn json(bytes: Bytes, content_type: Option<&str>) -> Result<Bytes, String> {
    let charset = content_type.and_then(charset).unwrap_or(Charset::Utf8);
    let is_wide = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    if !is_wide && (charset == Charset::Utf8 || std::str::from_utf8(&bytes).is_ok()) {
        return Ok(match bytes.strip_prefix(MARK) {
            Some(rest) => bytes.slice_ref(rest),
            None => bytes,
        });
    }
    strict(&bytes, Some(charset)).map(|text| text.into_owned().into())
}

/// The UTF-8 byte-order mark.
pub(crate) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// The byte-order mark at the start of bytes.
enum ByteOrderMark<'a> {
    Missing,
    /// The mark of UTF-8, and the bytes after it.
    Utf8(&'a [u8]),
    /// The mark of UTF-16, and the text after it.
    Utf16(Result<String, String>),
}

/// Detects the encoding by the byte-order mark.
fn detect_bom(bytes: &[u8]) -> ByteOrderMark<'_> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes.as_chunks::<2>();
        let text = char::decode_utf16(units.iter().copied().map(unit)).collect::<Result<String, _>>();
        match (text, rest) {
            (Ok(text), []) => Ok(text),
            _ => Err("it has a UTF-16 byte-order mark, but is not valid UTF-16".to_owned()),
        }
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => ByteOrderMark::Utf8(rest),
        [0xFF, 0xFE, rest @ ..] => ByteOrderMark::Utf16(wide(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => ByteOrderMark::Utf16(wide(rest, u16::from_be_bytes)),
        _ => ByteOrderMark::Missing,
    }
}

/// The characters of Windows-1252 between 0x80 and 0x9F (WHATWG Encoding, index windows-1252).
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => {
            let high = |byte: u8| usize::from(byte).checked_sub(0x80).and_then(|at| HIGH.get(at));
            bytes.iter().map(|byte| high(*byte).copied().unwrap_or(char::from(*byte))).collect()
        }
    }
}
