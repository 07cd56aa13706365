//! Writes JSON in a canonical form, in one pass over its text.

use crate::numbers::string_end;
use crate::schema::Order;
use serde::de::Error as _;

/// A value of a JSON text. Numbers are parts of the text, so that they keep their digits.
enum TextValue<'a> {
    Plain(&'a str),
    String(String),
    List(Vec<TextValue<'a>>),
    Object(Vec<(String, TextValue<'a>)>),
}

/// The maximum nesting of JSON, as in `serde_json`, whose limit does not apply to JSON that it only skips.
const MAX_DEPTH: usize = 128;

/// The rest of a JSON text, which is valid.
struct RemainingText<'a>(&'a str);

impl<'a> RemainingText<'a> {
    /// Skips spaces and separators, and returns the next byte without consuming it.
    fn next(&mut self) -> Option<u8> {
        self.0 = self.0.trim_start_matches([' ', '\t', '\n', '\r', ',', ':']);
        self.0.bytes().next()
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or((self.0, ""));
        self.0 = rest;
        taken
    }

    fn string(&mut self) -> serde_json::Result<String> {
        serde_json::from_str(self.take(string_end(self.0)))
    }

    /// Reads a value that is nested in `depth` others.
    fn value(&mut self, depth: usize) -> serde_json::Result<TextValue<'a>> {
        Ok(match self.next() {
            Some(b'{' | b'[') if depth == MAX_DEPTH => {
                return Err(serde_json::Error::custom(format_args!("JSON is nested in more than {MAX_DEPTH} levels")));
            }
            Some(b'{') => {
                self.take(1);
                let mut members = Vec::new();
                while self.next().is_some_and(|byte| byte != b'}') {
                    members.push((self.string()?, self.value(depth + 1)?));
                }
                self.take(1);
                TextValue::Object(members)
            }
            Some(b'[') => {
                self.take(1);
                let mut items = Vec::new();
                while self.next().is_some_and(|byte| byte != b']') {
                    items.push(self.value(depth + 1)?);
                }
                self.take(1);
                TextValue::List(items)
            }
            Some(b'"') => TextValue::String(self.string()?),
            _ => {
                let end = self.0.find([' ', '\t', '\n', '\r', ',', ']', '}']);
                TextValue::Plain(self.take(end.unwrap_or(self.0.len())))
            }
        })
    }
}

impl TextValue<'_> {
    fn write(&mut self, order: &Order, to: &mut String) -> serde_json::Result<()> {
        match self {
            Self::Plain(text) => to.push_str(text),
            Self::String(text) => to.push_str(&serde_json::to_string(text)?),
            Self::List(items) => {
                let mut before = '[';
                for item in &mut *items {
                    to.push(before);
                    item.write(order, to)?;
                    before = ',';
                }
                to.push_str(if items.is_empty() { "[]" } else { "]" });
            }
            Self::Object(members) => {
                order.sort(members);
                let mut before = '{';
                for (name, value) in &mut *members {
                    to.push(before);
                    to.push_str(&serde_json::to_string(name)?);
                    to.push(':');
                    value.write(order, to)?;
                    before = ',';
                }
                to.push_str(if members.is_empty() { "{}" } else { "}" });
            }
        }
        Ok(())
    }
}

/// Returns valid JSON in a canonical form: no spaces, members in the given order, no unnecessary escapes. Numbers are not changed, since
/// a number with other digits may mean something else.
///
/// # Errors
/// Returns an error if a string has an escape of an unpaired surrogate, or if the JSON is nested in more than 128 levels.
pub(super) fn in_order(json: &str, order: &Order) -> serde_json::Result<String> {
    let mut written = String::with_capacity(json.len());
    RemainingText(json).value(0)?.write(order, &mut written)?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn json_is_written_in_one_form() {
        for (json, expected) in [
            (" { } ", "{}"),
            ("[ ]", "[]"),
            ("[\n1.50 , -0,1e999\t,null,true , \"\\u0041\\\"\\\\\" ]", r#"[1.50,-0,1e999,null,true,"A\"\\"]"#),
            (
                r#"{"b" : [ {"}":1} , "," ],"a":{"z":"]","y":{}}, "a\u002f" :1}"#,
                r#"{"a":{"y":{},"z":"]"},"a/":1,"b":[{"}":1},","]}"#,
            ),
        ] {
            assert_eq!(in_order(json, &Order::default()).unwrap(), expected);
        }
        in_order(r#"{"a":"\ud800"}"#, &Order::default()).unwrap_err();
    }

    #[test]
    fn json_that_is_nested_too_deeply_is_an_error() {
        let nested = |depth: usize| format!("{}{}", r#"[{"a":"#.repeat(depth / 2), "}]".repeat(depth / 2));
        assert!(in_order(&nested(MAX_DEPTH), &Order::default()).is_ok());
        for depth in [MAX_DEPTH + 2, 1_000_000] {
            in_order(&nested(depth), &Order::default()).unwrap_err();
        }
    }

    #[test]
    fn the_depth_of_json_does_not_multiply_the_work() {
        // To read the text again at each level would take minutes.
        let json = format!("{}{}1{}", "[".repeat(120), "[],".repeat(3_000_000), "]".repeat(120));
        assert_eq!(in_order(&json, &Order::default()).unwrap(), json);
    }
}
