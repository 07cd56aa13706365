//! Escapes text that is shown to people, so that it cannot control a terminal, forge a log line or change the order of the displayed text.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns whether a character is escaped: a control, bidirectional or invisible character.
fn is_escaped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Escapes control, bidirectional and invisible characters in Rust's notation.
///
/// ```
/// assert_eq!(naftiko_spec::printable("one\n\u{1b}[2Jtwo\u{202e}"), r"one\n\u{1b}[2Jtwo\u{202e}");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, is_escaped, in_rust)
}

/// Escapes text as [`printable`] does, but keeps line feeds and tabs.
///
/// ```
/// assert_eq!(naftiko_spec::printable_lines("a\tb\r\n\u{1b}c"), "a\tb\\r\n\\u{1b}c");
/// ```
#[must_use]
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_escaped(c) && !matches!(c, '\n' | '\t'), in_rust)
}

/// Escapes the same characters as [`printable`] in JSON, except line feeds and tabs between its tokens. The value of the JSON stays
/// the same.
///
/// ```
/// assert_eq!(naftiko_spec::printable_json("[\n\"\u{9b}2J\u{202e}\"\n]"), "[\n\"\\u009b2J\\u202e\"\n]");
/// ```
#[must_use]
pub fn printable_json(json: &str) -> Cow<'_, str> {
    escaped(json, |c| is_escaped(c) && !matches!(c, '\n' | '\t'), in_json)
}

/// Escapes the same characters as [`printable`] in a double-quoted scalar of YAML, which has `\U` instead of surrogate pairs.
pub(crate) fn printable_yaml(quoted: &str) -> Cow<'_, str> {
    escaped(quoted, is_escaped, in_yaml)
}

/// Escapes control characters and those that change the order of the displayed text in Markdown. Joiners stay, since emoji contain them.
pub(crate) fn printable_markdown(text: &str) -> Cow<'_, str> {
    let has_effect = |c: char| match c {
        '\n' | '\t' => false,
        c => c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
    };
    escaped(text, has_effect, in_rust)
}

/// Returns whether a character is escaped in YAML, although the library that writes YAML does not escape it. Joiners stay, as in Markdown.
#[cfg(feature = "write-yaml")]
pub(crate) fn is_raw_in_yaml(c: char) -> bool {
    is_escaped(c) && !c.is_control() && !matches!(c, '\u{200c}' | '\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn in_rust(c: char, shown: &mut String) {
    shown.extend(c.escape_default());
}

fn in_json(c: char, shown: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a string does not fail.
        let _ = write!(shown, "\\u{unit:04x}");
    }
}

fn in_yaml(c: char, shown: &mut String) {
    // Writing to a string does not fail.
    let _ = match u32::from(c) {
        code @ ..=0xffff => write!(shown, "\\u{code:04x}"),
        code => write!(shown, "\\U{code:08x}"),
    };
}

/// Writes the characters for which `is_escaped` is true with `escape`.
fn escaped(text: &str, is_escaped: fn(char) -> bool, escape: fn(char, &mut String)) -> Cow<'_, str> {
    if !text.chars().any(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_escaped(c) {
            escape(c, &mut shown);
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}
