//! Arguments that no Rust type stands behind: the schema alone says what a text means and what is right.

use super::check::value_of;
use super::explain::explain;
use super::{Given, Input, integers, nulls};
use crate::error::Result;
use serde_json::Value;
use std::borrow::Cow;

/// An argument as a value; `None` if it was not given. Null for an optional argument is absence.
///
/// # Errors
/// If it is not as its schema says.
pub(crate) fn untyped<'a>(input: &Input, given: &'a Given) -> Result<Option<Cow<'a, Value>>> {
    if let Given::Absent = given {
        return Ok(None);
    }
    let value = value_of(input, given)?;
    if value.is_null() && !input.argument.required {
        return Ok(None);
    }
    let mut value = value;
    let is_exact = match integers::rewritten(&input.schema, &value) {
        Ok(Some(rewritten)) => {
            value = Cow::Owned(rewritten);
            true
        }
        Ok(None) => true,
        Err(()) => false,
    };
    let pruned = nulls::pruned(&input.schema, &value);
    if is_exact && input.holds(pruned.as_ref().unwrap_or(&value))? {
        return Ok(Some(value));
    }
    let why = if is_exact { "it is not as its schema says" } else { integers::INEXACT };
    Err(explain(input, given, why))
}
