//! Reads arguments as JSON values: texts are parsed according to the schema.

use super::argument_errors::not_json;
use super::types::{InputSchema, OwnedArgument};
use crate::error::Result;
use crate::numbers;
use serde_json::{Number, Value};
use std::borrow::Cow;

/// Returns the argument as a value: strings are parsed according to the schema.
pub(super) fn value_of<'a>(input: &InputSchema, given: &'a OwnedArgument) -> Result<Cow<'a, Value>> {
    Ok(match given {
        OwnedArgument::Absent | OwnedArgument::Failed(_) | OwnedArgument::Upload(_) => Cow::Owned(Value::Null),
        OwnedArgument::Value(value) => Cow::Borrowed(value),
        OwnedArgument::Json(json) => Cow::Owned(serde_json::from_slice(json).map_err(|error| not_json(input, &error))?),
        OwnedArgument::Text(text) if input.argument.many => {
            Cow::Owned(Value::Array(vec![parse_text(items(&input.schema), text)]))
        }
        OwnedArgument::Text(text) => {
            let value = parse_text(&input.schema, text);
            if value.is_string() || input.may_be_valid(&value)? {
                return Ok(Cow::Owned(value));
            }
            // Text that spells an invalid number may be intended as a string.
            let plain = Value::from(text.as_ref());
            Cow::Owned(if input.may_be_valid(&plain)? { plain } else { value })
        }
        OwnedArgument::Texts(texts) => {
            Cow::Owned(Value::Array(texts.iter().map(|text| parse_text(items(&input.schema), text)).collect()))
        }
    })
}

fn items(schema: &Value) -> &Value {
    schema.get("items").unwrap_or(&Value::Null)
}

/// Parses a string according to the schema; a string that does not match stays a string.
pub(super) fn parse_text(schema: &Value, text: &str) -> Value {
    let json = |open: char| text.trim_start().starts_with(open).then(|| serde_json::from_str(text).ok()).flatten();
    let as_kind = |kind: &str| match kind {
        "integer" => integer(text),
        "number" => number(text),
        "boolean" => text.parse().ok().map(Value::Bool),
        // Lists and objects are JSON where only text can be sent.
        "array" => json('['),
        "object" => json('{'),
        _ => None,
    };
    let parsed = match &schema["type"] {
        // A string that is not a list becomes a list with one element.
        Value::String(kind) if kind == "array" => {
            Some(as_kind(kind).unwrap_or_else(|| Value::Array(vec![parse_text(items(schema), text)])))
        }
        Value::String(kind) => as_kind(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find_map(as_kind),
        _ => {
            let mut branches =
                ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|union| schema[union].as_array()).flatten();
            let constants = schema["enum"].as_array().into_iter().flatten();
            constants
                .chain(schema.get("const"))
                .find(|constant| !constant.is_string() && spells(text, constant))
                .cloned()
                .or_else(|| {
                    branches.find_map(|branch| Some(parse_text(branch, text)).filter(|value| !value.is_string()))
                })
        }
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Returns whether a string spells the given number or boolean.
fn spells(text: &str, constant: &Value) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| &value == constant)
}

fn integer(text: &str) -> Option<Value> {
    let narrow = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from));
    // Wider numbers are integers too.
    let is_wide = || text.parse::<i128>().is_ok() || text.parse::<u128>().is_ok();
    let with_point_or_exponent = || numbers::integer_of_text(text).map(Value::from);
    narrow.ok().or_else(|| is_wide().then(|| number(text)).flatten()).or_else(with_point_or_exponent)
}

fn number(text: &str) -> Option<Value> {
    let integer = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok();
    integer.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64)).map(Value::Number)
}
