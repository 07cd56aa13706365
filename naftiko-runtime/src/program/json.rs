//! Formats JSON for people, keeping the order of members and the digits of numbers.

use naftiko_spec::printable_json;

/// The maximum length of formatted JSON, as a multiple of the length of its input. Without a maximum, the indentation of deeply nested
/// JSON would grow with the square of its depth.
const GROWTH: usize = 16;

/// The number of bytes added to that maximum, so that short inputs with deep nesting can be formatted.
const ALLOWANCE: usize = 64 * 1024;

/// Returns JSON that is on one line already, with the characters escaped that would have an effect on a terminal.
pub(super) fn one_line(json: &[u8]) -> String {
    let text = String::from_utf8_lossy(json);
    let mut out = String::with_capacity(text.len());
    // Strings contain no raw tab, and between tokens a space means the same.
    text.chars().for_each(|c| if c == '\t' { out.push(' ') } else { push(&mut out, c) });
    out
}

/// Appends a character of JSON, escaped if it would have an effect on a terminal. Only strings contain such characters.
fn push(out: &mut String, c: char) {
    // An escape has the same meaning in JSON, and no effect on a terminal.
    out.push_str(&printable_json(c.encode_utf8(&mut [0; 4])));
}

/// Formats one JSON value with line breaks and indentation. Invalid JSON, and JSON that is mostly nesting, is returned
/// unchanged.
pub(super) fn pretty(json: &[u8]) -> String {
    let text = String::from_utf8_lossy(json);
    if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
        return text.into_owned();
    }
    let longest = text.len().saturating_mul(GROWTH).saturating_add(ALLOWANCE);
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut in_string = false;
    let mut escaped = false;
    // Whether the last opened bracket is still empty.
    let mut opened = false;
    for c in text.chars() {
        if out.len() > longest {
            return text.into_owned();
        }
        if in_string {
            push(&mut out, c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        if c.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(c, '}' | ']');
        if closes {
            depth -= 1;
        }
        // An empty object or array stays on one line.
        if opened != closes {
            new_line(&mut out, depth);
        }
        opened = matches!(c, '{' | '[');
        out.push(c);
        match c {
            '"' => in_string = true,
            '{' | '[' => depth += 1,
            ',' => new_line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn members_stay_in_their_order() {
        let laid = pretty(br#"{"b":[1,{"a":"x, \"y\": {"}],"a":{},"c":[ ],"n":1.50}"#);
        let expected = "{\n  \"b\": [\n    1,\n    {\n      \"a\": \"x, \\\"y\\\": {\"\n    }\n  ],\n  \"a\": {},\n  \"c\": [],\n  \"n\": 1.50\n}";
        assert_eq!(laid, expected);
    }

    #[test]
    fn invalid_json_is_unchanged() {
        assert_eq!(pretty(b"]]] not json"), "]]] not json");
        assert_eq!(pretty(b"\"text\""), "\"text\"");
    }

    #[test]
    fn json_that_is_mostly_nesting_is_unchanged() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(pretty(deep.as_bytes()), deep);
        assert_eq!(pretty(b"[[[]]]"), "[\n  [\n    []\n  ]\n]");
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<Option<bool>>().prop_map(|flag| json!(flag)),
            any::<i64>().prop_map(|n| json!(n)),
            any::<String>().prop_map(|text| json!(text)),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_layout_is_that_of_serde_json(value in value()) {
            let (laid, expected) = (pretty(value.to_string().as_bytes()), format!("{value:#}"));
            prop_assert_eq!(&serde_json::from_str::<Value>(&laid).unwrap(), &value);
            prop_assert_eq!(naftiko_spec::printable_lines(&laid), laid.as_str());
            if naftiko_spec::printable_lines(&expected) == expected {
                prop_assert_eq!(laid, expected);
            }
        }
    }
}
