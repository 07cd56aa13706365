//! The defaults of arguments.

use super::exposed_operation::Operation;
use crate::error::{Error, Result};
use crate::schema::{self, OwnedArgument};
use serde_json::Value;

impl Operation {
    /// Returns the arguments of a call, with defaults for those that were not sent.
    ///
    /// # Errors
    /// Returns an error if a default does not match the argument's schema, which is a mistake in the trait.
    pub(crate) fn with_defaults(&self, mut given: Vec<OwnedArgument>) -> Result<Vec<OwnedArgument>> {
        for (at, (input, given)) in self.inputs.iter().zip(&mut given).enumerate() {
            if let Some(default) = self.default_of(at).filter(|_| given.is_nothing()) {
                *given = OwnedArgument::Value(default.clone());
                let (name, checked) = (&input.argument.name, schema::check(input, given));
                checked.map_err(|error| Error::internal(format!("the default of `{name}` is invalid: {error}")))?;
            }
        }
        Ok(given)
    }

    /// Removes the defaults that do not match their schemas. They are still published, but not used in calls.
    pub(crate) fn remove_invalid_defaults(&mut self) {
        for (at, input) in self.inputs.iter().enumerate() {
            let Some(refinement) = self.fragment.refinements.get_mut(at) else { continue };
            let Some(default) = refinement.get("default") else { continue };
            if let Err(why) = schema::check_types(input, &OwnedArgument::Value(default.clone())) {
                tracing::warn!(
                    operation = self.fragment.name,
                    "the default of `{}` is not used: {why}",
                    input.argument.name
                );
                *refinement = Value::Null;
            }
        }
    }

    /// Returns the default of an argument, if it has one.
    pub(crate) fn default_of(&self, argument: usize) -> Option<&Value> {
        self.fragment.refinement(argument)?.get("default")
    }
}
