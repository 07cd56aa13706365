//! Converts the values of an answer to their declared types, and truncates strings.

use crate::numbers;
use naftiko_spec::jsonpath::Path;
use naftiko_spec::lower::number;
use serde_json::Value;

/// Converts a value to its declared type: numbers and booleans to text, strings to numbers and booleans (XML and CSV have
/// only strings), `5.0` to the integer 5, a single value to a list. Other values are kept.
///
/// # Errors
/// Returns an error for a boolean where a number is declared, or a number with a fraction where an integer is; the
/// message contains the `path`.
pub(super) fn coerce(kind: &str, path: &Path, value: Value) -> Result<Value, String> {
    let value = converted(kind, value);
    let found = match (kind, &value) {
        ("integer", Value::Number(number)) if number.is_f64() && !numbers::is_integer(number) => "a fraction",
        ("integer" | "number", Value::Bool(_)) => "a boolean",
        _ => return Ok(value),
    };
    let article = if kind == "integer" { "an" } else { "a" };
    Err(format!("expected {article} {kind} at `{}`, found {found}", path.source()))
}

/// Converts a value as [`coerce`] does, without errors.
pub(crate) fn converted(kind: &str, value: Value) -> Value {
    match (kind, value) {
        ("string", Value::Number(number)) => Value::String(numbers::number(&number)),
        ("integer", Value::Number(number)) => number
            .as_f64()
            .filter(|_| number.is_f64())
            .and_then(numbers::integer_of_float)
            .map_or(Value::Number(number), Value::from),
        ("string", Value::Bool(flag)) => Value::String(flag.to_string()),
        ("number" | "integer", Value::String(text)) => match number(&text) {
            Some(number) => {
                numbers::remember_numbers_of(text.trim());
                converted(kind, Value::Number(number))
            }
            None => Value::String(text),
        },
        ("boolean", Value::String(text)) => match text.trim() {
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            _ => Value::String(text),
        },
        ("array", one @ (Value::Object(_) | Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
            Value::Array(vec![one])
        }
        (_, value) => value,
    }
}

/// Truncates a string to `max_length` characters; other values are kept.
pub(super) fn cut(mut value: Value, max_length: Option<usize>) -> Value {
    if let (Value::String(text), Some(max_length)) = (&mut value, max_length)
        && let Some((end, _)) = text.char_indices().nth(max_length)
    {
        text.truncate(end);
    }
    value
}
