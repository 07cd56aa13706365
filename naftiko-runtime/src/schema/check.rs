//! Validates values against a schema. The validator is compiled on first use, and is not used for a value that decoding checks
//! completely.

use super::explain::{explain, not_json};
use super::strict::{Fault, strict};
use super::{Given, InputSchema};
use super::{bind, lists, nulls};
use crate::error::{Error, Result};
use crate::numbers;
use jsonschema::{PatternOptions, Validator};
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::sync::OnceLock;

/// How many steps a backtracking pattern can take before the value is rejected.
const BACKTRACK_LIMIT: usize = 20_000;

/// The validator of one schema.
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub(crate) struct SchemaValidator {
    /// Whether the schema has constraints beyond the types that decoding checks.
    needs_value: bool,
    /// Whether the schema has objects: serde decodes an object from a list as well, so decoding alone does not reject a list.
    has_objects: bool,
    /// Whether every text is valid.
    any_text: bool,
    /// Whether the schema has no `type`.
    #[cfg_attr(
        not(any(feature = "document", feature = "mcp")),
        allow(dead_code, reason = "only a document's engine and approvals read it")
    )]
    untyped: bool,
    /// Compiled on first use; most validators are never used.
    rules: OnceLock<Result<Validator, String>>,
}

impl SchemaValidator {
    /// Creates a validator. Formats are asserted; patterns run in linear time, or with a step limit if they cannot.
    pub(crate) fn new(schema: &Value) -> Self {
        Self {
            needs_value: has_constraints(schema),
            has_objects: lists::has_objects(schema),
            any_text: is_any_text(schema),
            untyped: schema.get("type").is_none(),
            rules: OnceLock::new(),
        }
    }
}

impl InputSchema {
    /// Returns whether a value that is not decoded afterwards is valid.
    pub(super) fn is_valid(&self, value: &Value) -> Result<bool> {
        // The schema is `{}`, or only requires a string.
        if self.check.any_text { Ok(self.check.untyped || value.is_string()) } else { self.accepts(value) }
    }

    /// Returns whether a value that is decoded afterwards is valid.
    fn accepts(&self, value: &Value) -> Result<bool> {
        if self.check.any_text {
            return Ok(true);
        }
        let rules = self.check.rules.get_or_init(|| compiled(&self.schema).map_err(|error| error.masked().to_string()));
        let wrong = |why: &String| Error::internal(format!("the schema of an argument cannot be enforced: {why}"));
        rules.as_ref().map(|rules| rules.is_valid(value)).map_err(wrong)
    }
}

/// Compiles a schema.
pub(super) fn compiled(schema: &Value) -> Result<Validator, jsonschema::ValidationError<'static>> {
    let options =
        || jsonschema::draft202012::options().should_validate_formats(true).should_ignore_unknown_formats(true);
    options().with_pattern_options(PatternOptions::regex()).build(schema).or_else(|_| {
        // Only the backtracking engine supports look-around and back-references.
        options().with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT)).build(schema)
    })
}

/// Returns the `pattern` of a schema that cannot be compiled; `None` if the schema can be compiled, or has no `pattern`.
#[cfg(feature = "document")]
pub(crate) fn bad_pattern(schema: &Value) -> Option<&str> {
    let pattern = schema.get("pattern")?.as_str()?;
    compiled(schema).is_err().then_some(pattern)
}

/// Checks one argument against its schema. JSON whose schema only has types is left to decoding, so that it is parsed only once.
///
/// # Errors
/// Returns an error if the argument is required and missing, not JSON, or invalid.
pub(crate) fn check(input: &InputSchema, given: &Given) -> Result<()> {
    let required = input.argument.required;
    match given {
        Given::Absent if required => Err(bind::missing(&input.argument.name)),
        Given::Absent | Given::Failed(_) | Given::Upload(_) => Ok(()),
        Given::Value(Value::Null) if !required => Ok(()),
        Given::Text(_) | Given::Texts(_) => {
            if input.check.any_text {
                return Ok(());
            }
            verify(input, given)
        }
        Given::Json(json) if !input.check.needs_value => {
            if input.check.has_objects && lists::misplaced(&input.schema, json) { verify(input, given) } else { Ok(()) }
        }
        Given::Value(value) if !input.check.needs_value => {
            if input.check.has_objects && lists::misplaced_in(&input.schema, value) {
                verify(input, given)
            } else {
                Ok(())
            }
        }
        Given::Json(_) | Given::Value(_) => verify(input, given),
    }
}

/// Checks a JSON value against its whole schema, including the types, since the value is not decoded yet.
///
/// # Errors
/// Returns an error if the value is not JSON or not valid.
pub(crate) fn check_types(input: &InputSchema, given: &Given) -> Result<()> {
    if !matches!(given, Given::Json(_) | Given::Value(_)) {
        return Ok(());
    }
    let value = value_of(input, given)?;
    if value.is_null() && !input.argument.required {
        return Ok(());
    }
    let pruned = nulls::pruned(&input.schema, &value);
    if input.is_valid(pruned.as_ref().unwrap_or(&value))? {
        return Ok(());
    }
    Err(explain(input, given, "it does not match its schema"))
}

/// Checks an argument against its schema with the validator, after parsing the argument.
fn verify(input: &InputSchema, given: &Given) -> Result<()> {
    let value = value_of(input, given)?;
    if value.is_null() && !input.argument.required {
        return Ok(());
    }
    reject_duplicate_members(input, given, &value)?;
    let pruned = nulls::pruned(&input.schema, &value);
    if input.accepts(pruned.as_ref().unwrap_or(&value))? {
        return Ok(());
    }
    Err(explain(input, given, "it does not match its schema"))
}

/// Rejects a string that is parsed as JSON and contains a member twice.
fn reject_duplicate_members(input: &InputSchema, given: &Given, value: &Value) -> Result<()> {
    let check = |element: Option<usize>, text: &str, value: &Value| {
        let at = || super::pointer(&input.argument.name) + &element.map_or_else(String::new, |n| format!("/{n}"));
        match value {
            // Strings inside a list of strings are never parsed as JSON.
            Value::Array(items) if items.iter().all(Value::is_string) => Ok(()),
            // The text is the only element of a list.
            Value::Array(_) if !text.trim_start().starts_with('[') => reject_duplicates(at() + "/0", text),
            Value::Array(_) | Value::Object(_) => reject_duplicates(at(), text),
            _ => Ok(()),
        }
    };
    match given {
        Given::Text(text) => check(None, text, value),
        Given::Texts(texts) => {
            let items = value.as_array().into_iter().flatten();
            texts.iter().zip(items).enumerate().try_for_each(|(n, (text, item))| check(Some(n), text, item))
        }
        _ => Ok(()),
    }
}

/// Rejects JSON text that contains a member twice. `at` is the JSON Pointer of the text.
fn reject_duplicates(at: String, text: &str) -> Result<()> {
    match strict(text.as_bytes()) {
        Err(Fault::Twice(member)) => Err(bind::duplicate_member(at + &member)),
        Ok(()) | Err(Fault::Syntax(_)) => Ok(()),
    }
}

/// Returns the argument as a value: strings are parsed according to the schema.
pub(super) fn value_of<'a>(input: &InputSchema, given: &'a Given) -> Result<Cow<'a, Value>> {
    Ok(match given {
        Given::Absent | Given::Failed(_) | Given::Upload(_) => Cow::Owned(Value::Null),
        Given::Value(value) => Cow::Borrowed(value),
        Given::Json(json) => Cow::Owned(serde_json::from_slice(json).map_err(|error| not_json(input, &error))?),
        Given::Text(text) if input.argument.many => {
            Cow::Owned(Value::Array(vec![parse_text(items(&input.schema), text)]))
        }
        Given::Text(text) => {
            let value = parse_text(&input.schema, text);
            if value.is_string() || input.accepts(&value)? {
                return Ok(Cow::Owned(value));
            }
            // Text that spells an invalid number may be intended as a string.
            let plain = Value::from(text.as_ref());
            Cow::Owned(if input.accepts(&plain)? { plain } else { value })
        }
        Given::Texts(texts) => {
            Cow::Owned(Value::Array(texts.iter().map(|text| parse_text(items(&input.schema), text)).collect()))
        }
    })
}

fn items(schema: &Value) -> &Value {
    schema.get("items").unwrap_or(&Value::Null)
}

/// Returns whether every text is valid.
fn is_any_text(schema: &Value) -> bool {
    let annotations = ["type", "description", "title", "default", "examples", "deprecated"];
    schema.as_object().is_some_and(|object| {
        object.get("type").is_none_or(|kind| kind == "string")
            && object.keys().all(|keyword| annotations.contains(&keyword.as_str()))
    })
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

/// Returns whether a schema has constraints that decoding does not check.
fn has_constraints(schema: &Value) -> bool {
    let Value::Object(schema) = schema else { return schema == &Value::Bool(false) };
    let named = |value: &Value| value.as_object().is_some_and(|members| members.values().any(has_constraints));
    schema.iter().any(|(keyword, value)| match keyword.as_str() {
        "type" | "required" | "$ref" | "title" | "description" | "default" | "examples" | "deprecated" | "readOnly"
        | "writeOnly" => false,
        "properties" | "$defs" => named(value),
        "items" | "additionalProperties" => has_constraints(value),
        _ => true,
    })
}
