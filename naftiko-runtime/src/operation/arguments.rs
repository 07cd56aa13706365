//! The arguments that a caller sent, and how a method's parameters are decoded from them.

use super::context::Context;
use super::decode::{decode_file, decode_structured};
use super::exposed_operation::Operation;
use super::input::ArgumentCodec;
use crate::error::{Error, Result};
use crate::limits::CallBudget;
use crate::numbers;
use crate::schema::OwnedArgument;
use crate::upload::Upload;
use serde_json::Value;
use std::any::Any;
use std::sync::{Arc, OnceLock};
use tokio::time::Instant;

/// The arguments of one call, in the order of the method.
///
/// References that a method takes (`&T`, `&[T]`) borrow from `Arguments`: a value is decoded once and kept for the call.
pub struct Arguments {
    operation: Arc<Operation>,
    slots: Vec<Slot>,
    call_budget: CallBudget,
    context: Context,
    /// The time at which the time limit of the call ends.
    deadline: Option<Instant>,
}

struct Slot {
    given: OwnedArgument,
    /// The decoded value, once a method has taken a reference to it.
    held: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Arguments {
    /// Creates the arguments of a call of `operation`. Arguments beyond the end of `given` are absent.
    #[must_use]
    pub fn new(operation: Arc<Operation>, given: Vec<OwnedArgument>) -> Self {
        let slots = given.into_iter().map(|given| Slot { given, held: OnceLock::new() }).collect();
        Self { operation, slots, call_budget: CallBudget::default(), context: Context::none(), deadline: None }
    }

    /// Returns the same arguments for a call of another operation, in the same context; `None` if an argument is a file, because a
    /// file may be readable only once.
    pub(super) fn for_operation(&self, operation: &Arc<Operation>) -> Option<Self> {
        let given: Vec<OwnedArgument> = self.slots.iter().map(|slot| slot.given.clone()).collect();
        if given.iter().any(|given| matches!(given, OwnedArgument::Upload(_))) {
            return None;
        }
        let copy = Self::new(operation.clone(), given);
        Some(copy.within(self.call_budget.clone()).until(self.deadline).with_context(self.context.clone()))
    }

    /// Sets the memory budget of the call.
    pub(crate) fn within(self, call_budget: CallBudget) -> Self {
        Self { call_budget, ..self }
    }

    /// Sets the time at which the time limit of the call ends.
    pub(crate) fn until(self, deadline: Option<Instant>) -> Self {
        Self { deadline, ..self }
    }

    /// Returns the time at which the time limit of the call ends, if it has one.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Sets the context of the call.
    #[must_use]
    pub fn with_context(self, context: Context) -> Self {
        Self { context, ..self }
    }

    /// Returns the context of the call.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Returns the memory budget of the call.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client reads answers"))]
    pub(crate) fn call_budget(&self) -> &CallBudget {
        &self.call_budget
    }

    /// Remembers the digits of the numbers in the arguments, so that numbers are passed on unchanged.
    pub(crate) fn remember_numbers(&self) {
        for slot in &self.slots {
            match &slot.given {
                OwnedArgument::Json(json) => numbers::remember_numbers(json),
                OwnedArgument::Text(text) => numbers::remember_numbers_of(text),
                OwnedArgument::Texts(texts) => texts.iter().for_each(|text| numbers::remember_numbers_of(text)),
                OwnedArgument::Absent
                | OwnedArgument::Value(_)
                | OwnedArgument::Upload(_)
                | OwnedArgument::Failed(_) => {}
            }
        }
    }

    /// Returns the operation that is called.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only a document's engine calls it"))]
    pub(crate) fn operation(&self) -> &Arc<Operation> {
        &self.operation
    }

    /// Returns what was sent for the argument with that index.
    #[must_use]
    pub fn given(&self, index: usize) -> &OwnedArgument {
        self.slots.get(index).map_or(&OwnedArgument::Absent, |slot| &slot.given)
    }

    /// Decodes argument `index` as a `&str`.
    ///
    /// # Errors
    /// Returns an error if the argument is missing or not text.
    pub fn str(&self, index: usize) -> Result<&str> {
        self.opt_str(index)?.ok_or_else(|| self.missing(index))
    }

    /// Decodes argument `index` as an `Option<&str>`.
    ///
    /// # Errors
    /// Returns an error if the argument is not text.
    pub fn opt_str(&self, index: usize) -> Result<Option<&str>> {
        match self.given(index) {
            OwnedArgument::Absent | OwnedArgument::Value(Value::Null) => Ok(None),
            OwnedArgument::Text(text) => Ok(Some(text)),
            OwnedArgument::Value(Value::String(text)) => Ok(Some(text)),
            OwnedArgument::Json(_) => Ok(self.hold(index, decode_structured::<Option<String>>)?.as_deref()),
            OwnedArgument::Texts(_) | OwnedArgument::Value(_) | OwnedArgument::Upload(_) | OwnedArgument::Failed(_) => {
                Err(self.explain(index, "expected a string"))
            }
        }
    }

    /// Decodes argument `index` as a `T`.
    ///
    /// # Errors
    /// Returns an error if the argument is missing or not a `T`.
    pub fn value<T: 'static>(&self, index: usize, input: &ArgumentCodec<T>) -> Result<T> {
        self.opt_value(index, input)?.ok_or_else(|| self.missing(index))
    }

    /// Decodes argument `index` as an `Option<T>`.
    ///
    /// # Errors
    /// Returns an error if the argument is not a `T`.
    pub fn opt_value<T: 'static>(&self, index: usize, input: &ArgumentCodec<T>) -> Result<Option<T>> {
        if self.is_absent(index) {
            return Ok(None);
        }
        self.decoded(index, self.given(index), input.decode).map(Some)
    }

    /// Decodes argument `index` as a `&T`.
    ///
    /// # Errors
    /// Returns an error if the argument is missing or not a `T`.
    pub fn reference<T: Send + Sync + 'static>(&self, index: usize, input: &ArgumentCodec<T>) -> Result<&T> {
        self.opt_reference(index, input)?.ok_or_else(|| self.missing(index))
    }

    /// Decodes argument `index` as an `Option<&T>`.
    ///
    /// # Errors
    /// Returns an error if the argument is not a `T`.
    pub fn opt_reference<T: Send + Sync + 'static>(
        &self,
        index: usize,
        input: &ArgumentCodec<T>,
    ) -> Result<Option<&T>> {
        if self.is_absent(index) {
            return Ok(None);
        }
        self.hold(index, input.decode).map(Some)
    }

    /// Decodes argument `index` as a `Vec<T>`.
    ///
    /// # Errors
    /// Returns an error if the argument is missing or not a list of `T`.
    pub fn list<T: 'static>(&self, index: usize, input: &ArgumentCodec<T>) -> Result<Vec<T>> {
        self.opt_list(index, input)?.ok_or_else(|| self.missing(index))
    }

    /// Decodes argument `index` as an `Option<Vec<T>>`.
    ///
    /// # Errors
    /// Returns an error if the argument is not a list of `T`.
    pub fn opt_list<T: 'static>(&self, index: usize, input: &ArgumentCodec<T>) -> Result<Option<Vec<T>>> {
        if self.is_absent(index) {
            return Ok(None);
        }
        self.decoded(index, self.given(index), input.decode_many).map(Some)
    }

    /// Decodes argument `index` as a `&[T]`.
    ///
    /// # Errors
    /// Returns an error if the argument is missing or not a list of `T`.
    pub fn slice<T: Send + Sync + 'static>(&self, index: usize, input: &ArgumentCodec<T>) -> Result<&[T]> {
        self.opt_slice(index, input)?.ok_or_else(|| self.missing(index))
    }

    /// Decodes argument `index` as an `Option<&[T]>`.
    ///
    /// # Errors
    /// Returns an error if the argument is not a list of `T`.
    pub fn opt_slice<T: Send + Sync + 'static>(&self, index: usize, input: &ArgumentCodec<T>) -> Result<Option<&[T]>> {
        if self.is_absent(index) {
            return Ok(None);
        }
        self.hold(index, input.decode_many).map(|list| Some(list.as_slice()))
    }

    /// Decodes argument `index` as a file, which was sent as a stream or in JSON; `None` if the argument is absent.
    pub(crate) fn opt_file(&self, index: usize) -> Result<Option<Upload>> {
        if self.is_absent(index) {
            return Ok(None);
        }
        self.decoded(index, self.given(index), decode_file).map(Some)
    }

    fn is_absent(&self, index: usize) -> bool {
        // Null for an optional argument means absence, unless its schema allows null.
        let optional = || {
            let input = self.operation.inputs.get(index);
            input.is_none_or(|input| !input.argument.required && !crate::schema::declares_null(&input.schema))
        };
        match self.given(index) {
            OwnedArgument::Absent => true,
            OwnedArgument::Value(Value::Null) => optional(),
            OwnedArgument::Json(json) => optional() && json.trim_ascii() == b"null",
            _ => false,
        }
    }

    /// Decodes argument `index` into its slot on the first call, and borrows the decoded value.
    fn hold<T: Send + Sync + 'static>(
        &self,
        index: usize,
        decode: impl Fn(&OwnedArgument) -> Result<T, String>,
    ) -> Result<&T> {
        let slot = self.slots.get(index).ok_or_else(|| self.missing(index))?;
        if slot.held.get().is_none() {
            let value = self.decoded(index, &slot.given, decode)?;
            // Another thread may have decoded the slot first; the values are equal.
            let _ = slot.held.set(Box::new(value));
        }
        slot.held
            .get()
            .and_then(|held| held.downcast_ref())
            .ok_or_else(|| Error::internal(format!("argument {index} was decoded as two types")))
    }

    /// Decodes a value. If that fails, decodes the value again without the nulls that mean absence, and with `1` in place of `1.0`.
    fn decoded<T>(
        &self,
        index: usize,
        given: &OwnedArgument,
        decode: impl Fn(&OwnedArgument) -> Result<T, String>,
    ) -> Result<T> {
        decode(given)
            .or_else(|why| {
                let input = self.operation.inputs.get(index);
                let Some(input) = input else { return Err(why) };
                let pruned = crate::schema::without_absent(input, given);
                let whole = crate::schema::with_integers(input, pruned.as_ref().unwrap_or(given));
                whole.or(pruned).map_or(Err(why), |tidied| decode(&tidied))
            })
            .map_err(|why| self.explain(index, &why))
    }

    /// Returns the error for argument `index`, which is required and was not sent.
    pub(super) fn missing(&self, index: usize) -> Error {
        let name = self.operation.inputs.get(index).map_or("", |input| input.argument.name.as_str());
        crate::schema::missing(name).in_operation(&self.operation.fragment.name)
    }

    /// Explains a decoding failure: with the schema if that reveals the location, otherwise with serde's message.
    fn explain(&self, index: usize, why: &str) -> Error {
        let error = match self.operation.inputs.get(index) {
            Some(input) => crate::schema::explain(input, self.given(index), why),
            None => Error::internal(format!("no argument {index}: {why}")),
        };
        error.in_operation(&self.operation.fragment.name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::schema::{OutputType, Shape};
    use serde_json::json;

    #[test]
    fn arguments_with_a_file_cannot_be_given_to_another_call() {
        let output = OutputType { shape: Shape::Value, schema: json!({}) };
        let operation = Arc::new(Operation::new(0, "add", naftiko_spec::Fragment::default(), Vec::new(), output));
        let again = |given| Arguments::new(operation.clone(), given).for_operation(&operation);
        let twice = again(vec![OwnedArgument::Text("a".into()), OwnedArgument::Absent]).unwrap();
        assert!(matches!(twice.given(0), OwnedArgument::Text(text) if text == "a"));
        assert!(
            again(vec![OwnedArgument::Text("a".into()), OwnedArgument::Upload(Upload::from_reader(&b"a"[..]))])
                .is_none()
        );
    }
}
