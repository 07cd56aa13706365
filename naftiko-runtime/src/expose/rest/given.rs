//! Adds values to the arguments of a request, and computes the size limits of files.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::operation::{InputSchema, OwnedArgument};
use crate::schema::pointer;

/// The arguments in the body, each with its value so far.
pub(super) type BodyArguments<'a, 'o> = [(&'o InputSchema, &'a mut OwnedArgument)];

/// Adds a string to an argument. Returns an error if the argument already has a value and is not a list.
pub(super) fn add(input: &InputSchema, text: String, given: &mut OwnedArgument) -> Result<()> {
    match given {
        OwnedArgument::Absent if input.argument.many => *given = OwnedArgument::Texts(vec![text]),
        OwnedArgument::Absent => *given = OwnedArgument::Text(text.into()),
        OwnedArgument::Texts(texts) => texts.push(text),
        _ => {
            let pointer = pointer(&input.argument.name);
            let message = format!("`{pointer}` is given more than once");
            return Err(Error::argument(pointer, message));
        }
    }
    Ok(())
}

/// Returns the text of an argument, which must be UTF-8.
pub(super) fn utf8(input: &InputSchema, value: &[u8]) -> Result<String> {
    String::from_utf8(value.to_vec()).map_err(|_| {
        let pointer = pointer(&input.argument.name);
        let message = format!("`{pointer}` is not UTF-8");
        Error::argument(pointer, message)
    })
}

/// Returns the maximum size of a file: the declared limit of the argument, or else the limit of bodies.
pub(super) fn file_limit(input: &InputSchema, limits: &Limits) -> usize {
    input.argument.limit.map_or(limits.body, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}
