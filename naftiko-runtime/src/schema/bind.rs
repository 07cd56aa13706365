//! The arguments of a tool call, from one JSON object to one argument after another.

use super::check::check;
use super::{Given, Input, pointer};
use crate::error::{Error, Result};
use serde_json::Value;

/// Names longer than this are not said again.
const LONG: usize = 64;

/// The arguments of a tool call: every one checked against its schema, unknown ones refused.
///
/// The first problem is the answer: an unknown argument before all others, then the arguments in the order of the method.
pub(crate) fn bind(inputs: &[Input], arguments: Value) -> Result<Vec<Given>> {
    let mut arguments = match arguments {
        Value::Object(arguments) => arguments,
        // A call without arguments may leave them out.
        Value::Null => serde_json::Map::new(),
        _ => return Err(Error::argument("", "the arguments are one JSON object, by name")),
    };
    let names = || inputs.iter().map(|input| input.argument.name.as_str());
    if let Some(name) = arguments.keys().find(|name| names().all(|known| known != name.as_str())) {
        return Err(unknown("argument", name, names()));
    }
    inputs
        .iter()
        .map(|input| {
            let given = arguments.remove(&input.argument.name).map_or(Given::Absent, Given::Value);
            check(input, &given)?;
            Ok(given)
        })
        .collect()
}

/// An argument that is required was not given.
pub(crate) fn missing(name: &str) -> Error {
    Error::argument(pointer(name), format!("the argument `{name}` is missing"))
}

/// There is no such name; the right one that is near, if one is, is named.
pub(crate) fn unknown<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str>) -> Error {
    if name.len() > LONG {
        return Error::argument(
            "",
            format!("there is no {what} of a name that long ({} characters)", name.chars().count()),
        );
    }
    Error::argument(pointer(name), format!("there is no {what} `{name}`{}", nearest(name, names)))
}

/// Which of the names may have been meant, as the end of a sentence.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    naftiko_spec::nearest(name, names).map(|nearest| format!("; the nearest is `{nearest}`")).unwrap_or_default()
}
