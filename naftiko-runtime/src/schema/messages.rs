//! The messages about invalid arguments. They never quote long values.

use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::Write;

/// The maximum length of a quoted text, in characters (in [`with_text`], in bytes).
const MAX_QUOTED: usize = 60;

/// Shortens a name or a string.
pub(super) fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Replaces `found a string` at the end of a message with the text that was found, if the text is short and printable.
pub(super) fn with_text(message: String, text: &str) -> String {
    let plain = text.len() <= MAX_QUOTED && !text.is_empty() && !text.chars().any(|c| c.is_control() || c == '`');
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_integer = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match message.strip_suffix(", found a string") {
        // The integer is beyond 128 bits.
        Some(start) if is_integer && start.ends_with("expected an integer") => {
            format!("{}number out of range", start.trim_end_matches("expected an integer"))
        }
        Some(start) if text.is_empty() => format!("{start}, found an empty string"),
        Some(start) if plain => format!("{start}, found `{text}`"),
        Some(start) => start.to_owned(),
        None => message,
    }
}

/// Describes a value that does not satisfy a keyword of its schema.
pub(super) fn of_keyword(keyword: &str, expected: &Value, value: &Value, at: &str) -> String {
    let characters = || value.as_str().map_or(0, |text| text.chars().count());
    let items = || value.as_array().map_or(0, Vec::len);
    let members = || value.as_object().map_or(0, Map::len);
    match keyword {
        "type" => format!("`{at}`: expected {}, found {}", kinds(expected), kind_of(value)),
        "enum" => match expected.as_array().map(Vec::as_slice) {
            Some([only]) => format!("`{at}`: expected {}", short(&only.to_string())),
            Some(values) => {
                format!(
                    "`{at}`: expected one of {}",
                    choices(values.iter().map(|value| short(&value.to_string()).into_owned()))
                )
            }
            None => format!("`{at}` is not one of the allowed values"),
        },
        "const" => format!("`{at}`: expected {}", short(&expected.to_string())),
        "minLength" if characters() == 0 => {
            format!("`{at}` is empty: at least {} needed", count_is(expected, "character"))
        }
        "minLength" => {
            format!("`{at}` is too short: at least {} needed, found {}", count_is(expected, "character"), characters())
        }
        "maxLength" => {
            format!("`{at}` is too long: at most {} allowed, found {}", count_is(expected, "character"), characters())
        }
        "format" => format!("`{at}`: expected {}", format_name(expected.as_str().unwrap_or_default())),
        "pattern" => format!("`{at}` does not match the pattern `{}`", short(expected.as_str().unwrap_or_default())),
        "minimum" => format!("`{at}` is too small: at least {expected} is needed"),
        "exclusiveMinimum" => format!("`{at}` is too small: it must be more than {expected}"),
        "maximum" => format!("`{at}` is too large: at most {expected} is allowed"),
        "exclusiveMaximum" => format!("`{at}` is too large: it must be less than {expected}"),
        "multipleOf" => format!("`{at}` is not a multiple of {expected}"),
        "minItems" => format!("`{at}` has too few elements: at least {expected} needed, found {}", items()),
        "maxItems" => format!("`{at}` has too many elements: at most {expected} allowed, found {}", items()),
        "uniqueItems" => format!("`{at}` contains an element twice"),
        "minProperties" => format!("`{at}` has too few members: at least {expected} needed, found {}", members()),
        "maxProperties" => format!("`{at}` has too many members: at most {expected} allowed, found {}", members()),
        _ => format!("`{at}` does not match its schema (`{keyword}`)"),
    }
}

/// Describes a value that matches no branch of a union.
pub(super) fn of_union(branches: &[&Map<String, Value>], at: &str) -> String {
    let names: Option<Vec<String>> = branches
        .iter()
        .map(|branch| match branch.get("required").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::String(name)]) => Some(format!("`{name}`")),
            _ => None,
        })
        .collect();
    if let Some(names) = names {
        return format!("`{at}`: expected an object with one of the members {}", choices(names.into_iter()));
    }
    let mut expected: Vec<String> = Vec::new();
    for branch in branches {
        let Some(kind) = branch.get("type") else {
            return format!("`{at}` matches none of the forms that its schema allows");
        };
        let kind = kinds(kind);
        if !expected.contains(&kind) {
            expected.push(kind);
        }
    }
    match expected.as_slice() {
        [] | [_] => format!("`{at}` matches none of the forms that its schema allows"),
        _ => format!("`{at}`: expected {}", expected.join(" or ")),
    }
}

/// Describes text that is not valid JSON, or is nested too deeply.
pub(super) fn of_syntax(what: &str, error: &serde_json::Error) -> String {
    if error.to_string().starts_with("recursion limit exceeded") {
        return format!("{what} is nested too deeply: the limit is 127 levels");
    }
    let at = format!("line {}, column {}", error.line(), error.column());
    if is_surrogate(error) {
        return format!("{what} is not valid JSON: unpaired surrogate at {at}");
    }
    if super::json_location::is_out_of_range(error) {
        return format!("{what} contains a number out of the range of 64-bit floats, at {at}");
    }
    if error.is_eof() {
        return format!("{what} is not valid JSON: it ends too early");
    }
    format!("{what} is not valid JSON ({at})")
}

/// Returns whether the error is about half of a surrogate pair (RFC 8259, section 8.2), for which serde has two
/// messages.
pub(super) fn is_surrogate(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    message.starts_with("lone leading surrogate") || message.starts_with("unexpected end of hex escape")
}

/// Rephrases a message of serde, without the value that it quotes.
pub(super) fn of_serde(why: &str) -> String {
    let why = without_position(why);
    let name = || why.split('`').nth(1).map(short).unwrap_or_default();
    if why.starts_with("missing field") {
        return format!("missing member `{}`", name());
    }
    if why.starts_with("duplicate field") {
        return format!("the member `{}` is given twice", name());
    }
    if why.starts_with("unknown field") {
        return format!("unknown member `{}`", name());
    }
    // For `#[serde(flatten)]` and tagged enums, serde buffers values, and its buffer cannot contain 128-bit integers.
    if why.starts_with("i128 is not supported") || why.starts_with("u128 is not supported") {
        return "this server cannot decode this 128-bit integer; only the server's developer can fix that, by using another type".to_owned();
    }
    let prefixes = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "];
    if prefixes.iter().any(|start| why.starts_with(start))
        && let Some((_, expected)) = why.rsplit_once(", expected ")
    {
        return format!("expected {}", rust_type(expected));
    }
    short_sentence(why)
}

/// Returns the location of the value that a message of serde quotes, if exactly one value matches.
pub(super) fn place_of(why: &str, value: &Value) -> Option<String> {
    let quoted = without_position(why);
    let quoted = quoted.strip_prefix("invalid type: ").or_else(|| quoted.strip_prefix("invalid value: "))?;
    let (quoted, _) = quoted.rsplit_once(", expected ")?;
    let mut places = Vec::new();
    find(quoted, value, &mut String::new(), &mut places);
    match places.as_slice() {
        [place] => Some(place.clone()),
        _ => None,
    }
}

fn find(quoted: &str, value: &Value, at: &mut String, places: &mut Vec<String>) {
    if places.len() > 1 {
        return;
    }
    let length = at.len();
    match value {
        Value::Number(number) => {
            let kind = if number.is_f64() { "floating point" } else { "integer" };
            if quoted.strip_prefix(kind).is_some_and(|shown| shown.trim_matches([' ', '`']) == number.to_string()) {
                places.push(at.clone());
            }
        }
        // Comparing the lengths first avoids quoting most strings.
        Value::String(text)
            if quoted.len() >= text.len() + 9
                && quoted.strip_prefix("string ") == Some(format!("{text:?}").as_str()) =>
        {
            places.push(at.clone());
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let _ = write!(at, "/{index}");
                find(quoted, item, at, places);
                at.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                at.push_str(&super::pointer::pointer(name));
                find(quoted, member, at, places);
                at.truncate(length);
            }
        }
        _ => {}
    }
}

fn without_position(why: &str) -> &str {
    why.rfind(" at line ").map_or(why, |end| &why[..end])
}

fn short_sentence(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Describes a type that serde names, in JSON terms.
fn rust_type(name: &str) -> Cow<'_, str> {
    macro_rules! integer {
        ($($kind:ident)*) => {
            match name {
                $(stringify!($kind) => Some(format!("an integer from {} to {}", $kind::MIN, $kind::MAX)),)*
                _ => None,
            }
        };
    }
    if let Some(integer) = integer!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize) {
        return Cow::Owned(integer);
    }
    let name = match name {
        "f32" | "f64" => "a number",
        "a boolean" => "a boolean",
        "a sequence" => "an array",
        "a map" => "an object",
        "unit" => "null",
        other if other.starts_with("struct ") => "an object",
        other if other.starts_with("a nonzero") => "a number other than 0",
        other => return short(other),
    };
    Cow::Borrowed(name)
}

/// Replaces the name of a Rust type in a message of serde: callers know only JSON.
pub(crate) fn without_rust_types(why: &str) -> String {
    let types = ["struct ", "enum ", "internally tagged enum "];
    match why.rsplit_once(", expected ") {
        Some((found, expected)) if types.iter().any(|kind| expected.starts_with(kind)) => {
            format!("{found}, expected an object")
        }
        _ => why.to_owned(),
    }
}

/// Lists the types that a schema's `type` allows.
fn kinds(expected: &Value) -> String {
    let name = |kind: &Value| match kind.as_str().unwrap_or_default() {
        "string" => "a string",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "a boolean",
        "array" => "an array",
        "object" => "an object",
        _ => "null",
    };
    match expected {
        Value::Array(kinds) => kinds.iter().map(name).collect::<Vec<_>>().join(" or "),
        kind => name(kind).to_owned(),
    }
}

/// Returns the type of a value.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Lists the first ten choices, and how many more there are.
pub(super) fn choices(mut all: impl Iterator<Item = String>) -> String {
    let first: Vec<String> = all.by_ref().take(10).map(|choice| short(&choice).into_owned()).collect();
    let more = all.count();
    let listed = first.join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

fn count_is(count: &Value, what: &str) -> String {
    if count == 1 { format!("1 {what} is") } else { format!("{count} {what}s are") }
}

/// Describes a format (JSON Schema 2020-12, validation, section 7.3).
fn format_name(format: &str) -> Cow<'_, str> {
    let name = match format {
        "date-time" => "a date and time (RFC 3339), like 2026-01-31T12:00:00Z",
        "date" => "a date (RFC 3339), like 2026-01-31",
        "time" => "a time (RFC 3339), like 12:00:00Z",
        "duration" => "a duration (ISO 8601), like P3D",
        "email" => "an email address",
        "hostname" => "a host name",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "uri" => "an absolute URI, like https://example.com/x",
        "uri-reference" => "a URI or a relative reference",
        "uuid" => "a UUID",
        "regex" => "a regular expression",
        "json-pointer" => "a JSON Pointer (RFC 6901)",
        other => return Cow::Owned(format!("the format `{}`", short(other))),
    };
    Cow::Borrowed(name)
}
