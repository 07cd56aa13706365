//! The arguments that a client relays from a caller to an upstream.

use super::arguments::Arguments;
use super::input::ArgumentCodec;
use crate::error::Result;
use crate::schema::{ArgumentValue, InputType};
use naftiko_spec::fragment::Argument as Described;
use std::any::TypeId;

/// The type of an argument that a client relays from a caller to an upstream.
pub trait RelayArgument: InputType {
    /// Decodes an argument as the method's type, and encodes the decoded value for an upstream. `described` is the declaration of the
    /// argument in the document. The default implementation passes on the caller's value unchanged.
    ///
    /// # Errors
    /// Returns an error if a required argument is missing, or if the value does not match the type.
    fn relay<'a>(&self, arguments: &'a Arguments, index: usize, described: &Described) -> Result<ArgumentValue<'a>> {
        let _ = described;
        Ok(arguments.given(index).borrowed())
    }
}

impl<T: 'static> RelayArgument for ArgumentCodec<T> {
    fn relay<'a>(&self, arguments: &'a Arguments, index: usize, described: &Described) -> Result<ArgumentValue<'a>> {
        if described.file {
            return match arguments.opt_file(index)? {
                None if described.required => Err(arguments.missing(index)),
                file => Ok(ArgumentValue::opt_upload(file)),
            };
        }
        let is_json = described.is_json();
        if !described.many && !is_json && TypeId::of::<T>() == TypeId::of::<String>() {
            if described.required {
                return arguments.str(index).map(ArgumentValue::str);
            }
            return arguments.opt_str(index).map(ArgumentValue::opt_str);
        }
        if described.many {
            let values = arguments.opt_list(index, self)?;
            if described.required && values.is_none() {
                return Err(arguments.missing(index));
            }
            let encode = if is_json { Self::opt_json_many } else { Self::opt_texts };
            return Ok(encode(self, values.as_deref()));
        }
        let value = arguments.opt_value(index, self)?;
        if described.required && value.is_none() {
            return Err(arguments.missing(index));
        }
        let encode = if is_json { Self::opt_json } else { Self::opt_text };
        Ok(encode(self, value.as_ref()))
    }
}
