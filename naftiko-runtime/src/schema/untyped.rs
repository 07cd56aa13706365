//! Arguments without a Rust type: only the schema decides how a string is parsed and which values are valid.

use super::explain::explain;
use super::parse::value_of;
use super::{InputSchema, OwnedArgument, integers, nulls};
use crate::error::Result;
use serde_json::Value;
use std::borrow::Cow;

/// Returns an argument as a value; `None` if the argument was not given, or if an optional argument is null.
///
/// # Errors
/// Returns an error if the argument does not match its schema.
pub(crate) fn untyped<'a>(input: &InputSchema, given: &'a OwnedArgument) -> Result<Option<Cow<'a, Value>>> {
    if let OwnedArgument::Absent = given {
        return Ok(None);
    }
    let mut value = value_of(input, given)?;
    if value.is_null() && !input.argument.required {
        return Ok(None);
    }
    let is_exact = match integers::rewritten(&input.schema, &value) {
        Ok(Some(rewritten)) => {
            value = Cow::Owned(rewritten);
            true
        }
        Ok(None) => true,
        Err(()) => false,
    };
    // A null that means absence is ignored by the check only: the API gets the value as the caller wrote it.
    let pruned = nulls::pruned(&input.schema, &value);
    if is_exact && input.is_valid(pruned.as_ref().unwrap_or(&value))? {
        return Ok(Some(value));
    }
    let why = if is_exact { "it does not match its schema" } else { integers::INEXACT };
    Err(explain(input, given, why))
}
