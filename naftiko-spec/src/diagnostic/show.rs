//! Formats a finding: its file, line and column, what is wrong, the line itself with a caret, and what to do.

use crate::printable;
use std::fmt::Write as _;

/// The maximum number of characters shown of a line.
const WIDTH: usize = 110;

/// The maximum number of characters before the caret in a truncated line.
const BEFORE: usize = 60;

/// Formats a finding as text, without colour and without a newline at its end.
///
/// ```
/// let text = "capability:\n  port: eighty\n";
/// assert_eq!(
///     naftiko_spec::diagnostic::show("a.yaml", text, 2, 9, "error", "expected a number, found a string", Some("write `port: 8080`")),
///     "a.yaml:2:9: error: expected a number, found a string\n    2 |   port: eighty\n      |         ^\n      = help: write `port: 8080`"
/// );
/// ```
///
/// Lines and columns are counted from 1; 0 means an unknown position. Characters that could control a terminal are escaped.
#[must_use]
pub fn show(name: &str, text: &str, line: u64, column: u64, label: &str, message: &str, help: Option<&str>) -> String {
    let mut shown = plain(name);
    if line > 0 {
        // Writing to a String cannot fail.
        let _ = write!(shown, ":{line}:{column}");
    }
    let _ = write!(shown, ": {label}: {}", paragraph(message));
    let number = line.to_string();
    let width = number.len().max(5);
    if let Some((excerpt, caret)) = excerpt(text, line, column) {
        let _ = write!(shown, "\n{number:>width$} | {excerpt}\n{:>width$} | {:>caret$}^", "", "");
    }
    if let Some(help) = help {
        let _ = write!(shown, "\n{:>width$} = help: {}", "", paragraph(help));
    }
    shown
}

/// Returns the shown part of a line, and the number of characters before the caret; `None` if the text has no such line.
fn excerpt(text: &str, line: u64, column: u64) -> Option<(String, usize)> {
    let line = nth_line(text, usize::try_from(line).ok()?.checked_sub(1)?)?;
    let at = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
    // A line may have millions of characters, so only the part around the caret is escaped and copied.
    let from = if line.chars().nth(WIDTH).is_none() { 0 } else { at.saturating_sub(BEFORE) };
    let mut excerpt = String::new();
    let mut caret = 0;
    if from > 0 {
        excerpt.push('…');
        caret = 1;
    }
    let mut more = false;
    for (index, c) in line.chars().enumerate().skip(from) {
        if index >= from + WIDTH {
            more = true;
            break;
        }
        let shown = if c == '\t' { "    ".into() } else { plain(c.encode_utf8(&mut [0; 4])) };
        if index < at {
            caret += shown.chars().count();
        }
        excerpt.push_str(&shown);
    }
    if more {
        excerpt.push('…');
    }
    Some((excerpt.trim_end().to_owned(), caret))
}

/// Returns a line by its index, counted from 0; `None` if the text has fewer lines. Lines end as in YAML: with LF, CR LF or CR.
fn nth_line(text: &str, index: usize) -> Option<&str> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    for _ in 0..index {
        let end = rest.find(['\n', '\r'])?;
        let (_, next) = rest.split_at(end);
        rest = next.strip_prefix("\r\n").or_else(|| next.strip_prefix(['\n', '\r'])).unwrap_or(next);
    }
    Some(rest.find(['\n', '\r']).and_then(|end| rest.get(..end)).unwrap_or(rest))
}

/// Escapes the control characters of a string, line breaks included.
pub(crate) fn plain(text: &str) -> String {
    printable(text).into_owned()
}

/// Escapes the control characters of a string, except for its line breaks.
fn paragraph(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::show;

    #[test]
    fn a_tab_is_one_column_and_is_shown_as_four_blanks() {
        let shown = show("a.yaml", "a:\r\n\tb: c\r\n", 2, 5, "error", "no", None);
        assert_eq!(shown, "a.yaml:2:5: error: no\n    2 |     b: c\n      |        ^");
    }

    #[test]
    fn long_lines_are_truncated_around_the_caret() {
        let line = format!("{}x{}", "a".repeat(100_000), "b".repeat(100_000));
        let shown = show("a.yaml", &line, 1, 100_001, "error", "no", None);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1], format!("    1 | …{}x{}…", "a".repeat(60), "b".repeat(49)));
        assert_eq!(lines[2].chars().position(|c| c == '^'), lines[1].chars().position(|c| c == 'x'));
    }

    #[test]
    fn no_control_characters_reach_the_terminal() {
        let shown = show("a\u{1b}[2J", "\u{1b}]0;x\u{7}\u{202e}y", 1, 1, "error", "bad \u{1b}[31m", Some("\u{8}"));
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{8}', '\u{202e}']), "{shown:?}");
        assert_eq!(shown.lines().nth(1), Some(r"    1 | \u{1b}]0;x\u{7}\u{202e}y"));
    }

    #[test]
    fn a_line_that_does_not_exist_is_not_shown() {
        assert_eq!(show("a", "x", 9, 1, "error", "no", None), "a:9:1: error: no");
        assert_eq!(show("a", "x", 0, 0, "error", "no", Some("do")), "a: error: no\n      = help: do");
    }

    #[test]
    fn the_only_line_of_an_empty_text_is_shown() {
        assert_eq!(show("a", "", 1, 7, "error", "no", None), "a:1:7: error: no\n    1 | \n      | ^");
    }
}
