//! The errors of arguments that are missing, unknown, given twice, or not JSON.

use super::messages;
use super::pointer::pointer;
use super::types::InputSchema;
use crate::error::Error;

/// The maximum length of a name that is quoted in a message, in bytes.
const MAX_QUOTED: usize = 64;

/// Returns the error for a member that is given twice.
pub(crate) fn duplicate_member(pointer: String) -> Error {
    let message = format!("`{}` is given twice", messages::short(&pointer));
    Error::argument(pointer, message)
}

/// Returns the error for a required argument that is missing.
pub(crate) fn missing(name: &str) -> Error {
    Error::argument(pointer(name), format!("the argument `{name}` is missing"))
}

/// Returns the error for an unknown name, which suggests the most similar of `names`, or lists `names` if none is similar. `what` is the
/// kind of the name, such as `argument`.
pub(crate) fn unknown<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str>) -> Error {
    if name.len() > MAX_QUOTED {
        return Error::argument(
            "",
            format!("unknown {what}: the name is too long ({} characters)", name.chars().count()),
        );
    }
    let names: Vec<&str> = names.collect();
    let mut rest = nearest(name, names.iter().copied());
    if rest.is_empty() && !names.is_empty() {
        rest = format!("; expected {}", messages::choices(names.iter().map(|name| format!("`{name}`"))));
    }
    Error::argument(pointer(name), format!("unknown {what} `{name}`{rest}"))
}

/// Returns "; did you mean …?" for the most similar name, as the end of a sentence; an empty string if no name is similar.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    naftiko_spec::nearest(name, names).map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default()
}

/// Returns the error for an argument that is not valid JSON, or nested too deeply.
pub(crate) fn not_json(input: &InputSchema, error: &serde_json::Error) -> Error {
    let at =
        if input.argument.whole_body { "the body".to_owned() } else { format!("`{}`", pointer(&input.argument.name)) };
    Error::argument(pointer(&input.argument.name), messages::of_syntax(&at, error))
}

/// Returns the error for a body of several arguments, or a message, that is not valid JSON.
#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) fn body_not_json(error: &serde_json::Error) -> Error {
    Error::argument("", messages::of_syntax("the body", error))
}

/// Returns the error for arguments that are not valid JSON.
pub(crate) fn arguments_not_json(error: &serde_json::Error) -> Error {
    Error::argument("", messages::of_syntax("the text of the arguments", error))
}
