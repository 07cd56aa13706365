//! Checks arguments against their schemas. Decoding checks the types of a value, so the validator is not used if a schema has only types.

use super::argument_errors::{duplicate_member, missing};
use super::explain::explain;
use super::parse::value_of;
use super::pointer::pointer;
use super::strict::{Fault, strict};
use super::types::{InputSchema, OwnedArgument};
use super::{lists, nulls};
use crate::error::Result;
use serde_json::Value;

/// Checks one argument against its schema. JSON whose schema only has types is left to decoding, so that it is parsed only once.
///
/// # Errors
/// Returns an error if the argument is required and missing, not JSON, or invalid.
pub(crate) fn check(input: &InputSchema, given: &OwnedArgument) -> Result<()> {
    let required = input.argument.required;
    match given {
        OwnedArgument::Absent if required => Err(missing(&input.argument.name)),
        OwnedArgument::Absent | OwnedArgument::Failed(_) | OwnedArgument::Upload(_) => Ok(()),
        OwnedArgument::Value(Value::Null) if !required => Ok(()),
        OwnedArgument::Text(_) | OwnedArgument::Texts(_) => {
            if input.check.accepts_any_text {
                return Ok(());
            }
            verify(input, given)
        }
        OwnedArgument::Json(json) if !input.check.needs_value => {
            if input.check.has_objects && lists::misplaced(&input.schema, json) { verify(input, given) } else { Ok(()) }
        }
        OwnedArgument::Value(value) if !input.check.needs_value => {
            if input.check.has_objects && lists::misplaced_in(&input.schema, value) {
                verify(input, given)
            } else {
                Ok(())
            }
        }
        OwnedArgument::Json(_) | OwnedArgument::Value(_) => verify(input, given),
    }
}

/// Checks a JSON value against its whole schema, including the types, since the value is not decoded yet.
///
/// # Errors
/// Returns an error if the value is not JSON or not valid.
pub(crate) fn check_types(input: &InputSchema, given: &OwnedArgument) -> Result<()> {
    if !matches!(given, OwnedArgument::Json(_) | OwnedArgument::Value(_)) {
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
fn verify(input: &InputSchema, given: &OwnedArgument) -> Result<()> {
    let value = value_of(input, given)?;
    if value.is_null() && !input.argument.required {
        return Ok(());
    }
    reject_duplicate_members(input, given, &value)?;
    let pruned = nulls::pruned(&input.schema, &value);
    if input.may_be_valid(pruned.as_ref().unwrap_or(&value))? {
        return Ok(());
    }
    Err(explain(input, given, "it does not match its schema"))
}

/// Rejects a string that is parsed as JSON and contains a member twice.
fn reject_duplicate_members(input: &InputSchema, given: &OwnedArgument, value: &Value) -> Result<()> {
    let check = |element: Option<usize>, text: &str, value: &Value| {
        let at = || pointer(&input.argument.name) + &element.map_or_else(String::new, |n| format!("/{n}"));
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
        OwnedArgument::Text(text) => check(None, text, value),
        OwnedArgument::Texts(texts) => {
            let items = value.as_array().into_iter().flatten();
            texts.iter().zip(items).enumerate().try_for_each(|(n, (text, item))| check(Some(n), text, item))
        }
        _ => Ok(()),
    }
}

/// Rejects JSON text that contains a member twice. `at` is the JSON Pointer of the text.
fn reject_duplicates(at: String, text: &str) -> Result<()> {
    match strict(text.as_bytes()) {
        Err(Fault::Twice(member)) => Err(duplicate_member(at + &member)),
        Ok(()) | Err(Fault::Syntax(_)) => Ok(()),
    }
}
