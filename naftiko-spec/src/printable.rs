//! Escapes text that is shown to people, so that it cannot control a terminal, forge a log line or change the order of the displayed text.

use std::borrow::Cow;

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
    escaped(text, |_| false)
}

/// Escapes text as [`printable`] does, but keeps line feeds and tabs.
///
/// ```
/// assert_eq!(naftiko_spec::printable_lines("a\tb\r\n\u{1b}c"), "a\tb\\r\n\\u{1b}c");
/// ```
#[must_use]
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, keep: fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_escaped(c) && !keep(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_escaped(c) && !keep(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}
