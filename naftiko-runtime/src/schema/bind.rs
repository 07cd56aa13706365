//! Splits the JSON object of a call into its arguments.

use super::argument_errors::unknown;
use super::check::check;
use super::strict::Members;
use super::types::{InputSchema, OwnedArgument};
use crate::error::{Error, Result};
use bytes::Bytes;
use serde_json::Value;

/// Checks the arguments of a call against their schemas, and rejects unknown arguments.
///
/// Reports the first problem: an unknown argument before all others, then the arguments in the order of the method.
pub(crate) fn bind(inputs: &[InputSchema], arguments: Value) -> Result<Vec<OwnedArgument>> {
    let mut arguments = match arguments {
        Value::Object(arguments) => arguments,
        // The arguments of a call can be omitted.
        Value::Null => serde_json::Map::new(),
        other => {
            let found = super::messages::kind_of(&other);
            return Err(Error::argument("", format!("expected the arguments as one JSON object, found {found}")));
        }
    };
    reject_unknown(inputs, arguments.keys().map(String::as_str))?;
    checked(inputs, |name| arguments.remove(name).map(OwnedArgument::Value))
}

/// Checks the arguments of a call like [`bind`]. They are JSON text, which [`strict`](super::strict) must have checked; numbers
/// keep all their digits.
pub(crate) fn bind_json(inputs: &[InputSchema], arguments: Option<&Bytes>) -> Result<Vec<OwnedArgument>> {
    let Some(json) = arguments.filter(|json| json.trim_ascii() != b"null") else {
        return checked(inputs, |_| None);
    };
    let Members(members) =
        serde_json::from_slice(json).map_err(|_| Error::argument("", "expected the arguments as one JSON object"))?;
    reject_unknown(inputs, members.iter().map(|(name, _)| name.as_ref()))?;
    checked(inputs, |name| {
        let (_, value) = members.iter().find(|(own, _)| own == name)?;
        Some(OwnedArgument::Json(json.slice_ref(value.get().as_bytes())))
    })
}

/// Rejects names that no argument has.
fn reject_unknown<'a>(inputs: &[InputSchema], mut given: impl Iterator<Item = &'a str>) -> Result<()> {
    let names = || inputs.iter().map(|input| input.argument.name.as_str());
    match given.find(|name| names().all(|known| known != *name)) {
        Some(name) => Err(unknown("argument", name, names())),
        None => Ok(()),
    }
}

/// Returns the arguments in the order of the method, each checked against its schema. `take` returns what was sent for a name.
fn checked(inputs: &[InputSchema], mut take: impl FnMut(&str) -> Option<OwnedArgument>) -> Result<Vec<OwnedArgument>> {
    let given = inputs.iter().map(|input| {
        let given = take(&input.argument.name).unwrap_or_default();
        check(input, &given)?;
        Ok(given)
    });
    given.collect()
}
