//! Arguments that no Rust type stands behind: the schema alone says what a text means and what is right.

use super::check::{read, value_of};
use super::explain::explain;
use super::nulls;
use crate::capability::Input;
use crate::error::Result;
use crate::operation::Given;
use serde_json::Value;
use std::borrow::Cow;

/// An argument as a value; none if it was not given. Null for an optional argument is absence.
///
/// # Errors
/// If it is not as its schema says.
pub(crate) fn untyped<'a>(input: &Input, given: &'a Given) -> Result<Option<Cow<'a, Value>>> {
    let value = match given {
        Given::Absent => return Ok(None),
        Given::Text(text) if !input.argument.many => Cow::Owned(of_text(&input.schema, text)),
        given => value_of(input, given)?,
    };
    if value.is_null() && !input.argument.required {
        return Ok(None);
    }
    let pruned = nulls::pruned(&input.schema, &value);
    if input.check.holds(pruned.as_ref().unwrap_or(&value))? {
        return Ok(Some(value));
    }
    match given {
        // What the text was read as is what is wrong.
        Given::Text(_) => Err(explain(input, &Given::Value(value.into_owned()), "it is not as its schema says")),
        given => Err(explain(input, given, "it is not as its schema says")),
    }
}

/// A text as what the schema expects: lists and objects are JSON; what is no list is the one element of one.
fn of_text(schema: &Value, text: &str) -> Value {
    let kind = schema.get("type").and_then(Value::as_str);
    let json = |open: char| text.trim_start().starts_with(open).then(|| serde_json::from_str(text).ok()).flatten();
    match kind {
        Some("array") => json('[').unwrap_or_else(|| {
            let items = schema.get("items").unwrap_or(&Value::Null);
            Value::Array(vec![of_text(items, text)])
        }),
        Some("object") => json('{').unwrap_or_else(|| Value::String(text.to_owned())),
        _ => read(schema, text),
    }
}
