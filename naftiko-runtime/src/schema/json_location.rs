//! Describes where in a JSON text a mistake is, and what was expected there, without quoting values of the text.

use serde_json::error::Category;

/// The maximum length of a pointer in a message, in bytes.
const MAX_POINTER: usize = 200;

/// One nesting level of the text.
enum Level<'a> {
    /// An object: the last name, if one has been read, and whether the next string is a name.
    Object { name: Option<&'a [u8]>, expects_name: bool },
    /// An array: the index of the current element.
    Array(usize),
}

/// Returns the location of an error as a JSON Pointer (RFC 6901) with line and column; without the pointer if it is empty or too long.
pub(crate) fn of(json: &[u8], error: &serde_json::Error) -> String {
    // A missing member is detected at the end of its object, so the last member is not the mistake.
    place(json, error.line(), error.column(), error.to_string().starts_with("missing field `"))
}

/// Returns the location of the value that begins at byte `offset`, as [`of`] does.
pub(crate) fn of_offset(json: &[u8], offset: usize) -> String {
    let before = json.get(..offset).unwrap_or(json);
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    place(json, line, offset - memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1) + 1, false)
}

/// Describes an error of parsing or decoding without quoting the text.
pub(crate) fn fault(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => expected(error),
        _ if is_out_of_range(error) => "a number is out of range".to_owned(),
        _ if error.to_string().starts_with("recursion limit exceeded") => "it is nested too deeply".to_owned(),
        _ => "it is not valid JSON".to_owned(),
    }
}

/// Returns whether an error is about a number that is too large.
pub(crate) fn is_out_of_range(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("number out of range")
}

/// Describes the location at a line and column. If `is_missing`, the pointer points to the object in which a member is missing.
fn place(json: &[u8], line: usize, column: usize, is_missing: bool) -> String {
    let start = if line <= 1 {
        0
    } else {
        memchr::memchr_iter(b'\n', json).nth(line - 2).map_or(json.len(), |newline| newline + 1)
    };
    // The last byte may already close the object or array of the mistake.
    let end = (start + column.saturating_sub(1)).min(json.len());
    let pointer = pointer(json.get(..end).unwrap_or(json), is_missing);
    match pointer.len() {
        0 => format!("line {line} column {column}"),
        1..=MAX_POINTER => format!("`{pointer}` (line {line} column {column})"),
        _ => format!("line {line} column {column}"),
    }
}

/// Returns the pointer to the last value that begins in an incomplete JSON text or, if `to_object`, to the object that is open at
/// its end.
fn pointer(json: &[u8], to_object: bool) -> String {
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        at += 1;
        match (byte, levels.last_mut()) {
            (b'{', _) => levels.push(Level::Object { name: None, expects_name: true }),
            (b'[', _) => levels.push(Level::Array(0)),
            (b'}' | b']', _) => drop(levels.pop()),
            (b',', Some(Level::Array(index))) => *index += 1,
            (b',', Some(Level::Object { expects_name, .. })) => *expects_name = true,
            (b'"', level) => {
                let Some(length) = string_length(json.get(at..).unwrap_or_default()) else { break };
                if let Some(Level::Object { name, expects_name }) = level
                    && std::mem::take(expects_name)
                {
                    *name = json.get(at..at + length);
                }
                at += length + 1;
            }
            _ => {}
        }
    }
    if to_object && let Some(Level::Object { name, .. }) = levels.last_mut() {
        *name = None;
    }
    let mut pointer = String::new();
    for level in &levels {
        match level {
            Level::Array(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Level::Object { name: None, .. } => {}
            Level::Object { name: Some(name), .. } => {
                pointer.push('/');
                pointer.push_str(&naftiko_spec::pointer::escape(&String::from_utf8_lossy(name)));
            }
        }
    }
    pointer
}

/// Returns the length of a string up to its closing quote.
fn string_length(json: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', json.get(at..)?)?;
        if json.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// Extracts what was expected from a message of serde or of a type's author, without quoting data.
pub(crate) fn expected(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.rfind(" at line ").and_then(|end| message.get(..end)).unwrap_or(&message);
    if message.starts_with("missing field `") || message.starts_with("duplicate field `") {
        return message.to_owned();
    }
    let about_data = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant ", "unknown field "];
    about_data
        .iter()
        .any(|start| message.starts_with(start))
        .then(|| message.rsplit_once(", expected "))
        .flatten()
        .map_or_else(|| "it does not have the expected type".to_owned(), |(_, expected)| format!("expected {expected}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code, reason = "only the errors matter")]
    enum Kind {
        Short,
        Long,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only the errors matter")]
    struct Item {
        id: u32,
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only the errors matter")]
    struct Page {
        items: Vec<Item>,
    }

    fn described(json: &str) -> String {
        let error = serde_json::from_str::<Page>(json).unwrap_err();
        format!("{}, at {}", expected(&error), of(json.as_bytes(), &error))
    }

    #[test]
    fn the_location_and_expectation_are_described_without_data() {
        assert_eq!(
            described(r#"{"items":[{"id":1},{"id":"s3cret"}]}"#),
            "expected u32, at `/items/1/id` (line 1 column 33)"
        );
        assert_eq!(described(r#"{"items":[{"id":1},{}]}"#), "missing field `id`, at `/items/1` (line 1 column 21)");
        assert_eq!(
            described("{\"items\":[\n  {\"id\":1,\n  \"kind\":\"s3cret, expected 7\"}]}"),
            "expected `short` or `long`, at `/items/0/kind` (line 3 column 29)"
        );
        assert_eq!(described(r#"{"items":[{"kind":"long"}]}"#), "missing field `id`, at `/items/0` (line 1 column 25)");
        assert_eq!(described("{}"), "missing field `items`, at line 1 column 2");
    }

    #[test]
    fn an_empty_member_name_is_part_of_the_pointer() {
        for (json, expected) in [
            (r#"{"":"#, "`/` (line 1 column 5)"),
            (r#"{"a":{"":["#, "`/a//0` (line 1 column 11)"),
            (r#"{"":{"":{"b":"#, "`///b` (line 1 column 14)"),
            // No name has been read yet.
            (r#"{"a":{"#, "`/a` (line 1 column 7)"),
            ("{", "line 1 column 2"),
        ] {
            assert_eq!(of_offset(json.as_bytes(), json.len()), expected, "{json}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(json in proptest::collection::vec(any::<u8>(), 0..80), line in 0_usize..5, column in 0_usize..90) {
            let _ = place(&json, line, column, column % 2 == 0);
        }
    }
}
