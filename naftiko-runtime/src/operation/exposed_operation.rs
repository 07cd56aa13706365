//! One operation as adapters see it: its declaration, the schemas of its arguments, and its return type.

use super::effects::claims_effect;
use crate::error::Result;
use crate::schema::{self, InputSchema, Order, OutputType, OwnedArgument, SchemaValidator, Shape};
use bytes::Bytes;
use naftiko_spec::fragment::Fragment;
use naftiko_spec::model::Hints;
use naftiko_spec::openapi::{ErrorType, OperationTypes};
use serde_json::{Value, json};

/// One operation, as adapters see it.
pub struct Operation {
    /// Its index in [`Operations::call`].
    pub(crate) index: usize,
    /// The method's name.
    pub(crate) method: String,
    /// Its declaration in the document.
    pub(crate) fragment: Fragment,
    /// Its arguments, with their schemas.
    pub(crate) inputs: Vec<InputSchema>,
    /// Its return type.
    pub(crate) output: OutputType,
    /// The declared order of the members in the schema of its return type.
    #[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only MCP publishes it"))]
    pub(crate) output_order: Order,
    /// Whether the operation returns the API's answer as a file, with the API's media type.
    pub(crate) passes_files: bool,
    /// The statuses that its error type distinguishes.
    pub(crate) errors: Vec<ErrorType>,
    /// Whether the operation only reads, so that a fallback may answer the call.
    pub(crate) reads: bool,
    /// Whether its work is the body of a method, which may call several operations.
    pub(crate) has_body: bool,
    /// The Rust types of the method; `None` for an operation that is not from a trait.
    pub(crate) defined: Option<&'static dyn MethodTypes>,
}

/// The Rust types of a method of a trait.
pub(crate) trait MethodTypes: Send + Sync {
    /// Replaces the schemas of the types that the method declares with schemas that keep the names of types.
    fn keep_type_names(&self, operation: &Operation, types: &mut OperationTypes);
}

impl Operation {
    /// Creates an operation, with the schema of each of the fragment's arguments.
    #[must_use]
    pub fn new(index: usize, method: &str, fragment: Fragment, schemas: Vec<Value>, mut output: OutputType) -> Self {
        if !fragment.examples.is_empty() && output.shape == Shape::Value {
            let examples = json!({ "examples": fragment.examples });
            output.schema = schema::refined(output.schema, Some(&examples));
        }
        let inputs = fragment
            .arguments
            .iter()
            .zip(schemas)
            .enumerate()
            .map(|(at, (argument, schema))| {
                let schema = schema::refined(schema::for_argument(argument, schema), fragment.refinement(at));
                InputSchema {
                    argument: argument.clone(),
                    check: SchemaValidator::new(&schema),
                    schema,
                    order: Order::default(),
                }
            })
            .collect();
        let (method, passes_files, errors, defined) = (method.to_owned(), false, Vec::new(), None);
        let (reads, has_body) = (false, fragment.consumed.is_none());
        let output_order = Order::default();
        let mut new = Self {
            index,
            method,
            fragment,
            inputs,
            output,
            output_order,
            passes_files,
            errors,
            reads,
            has_body,
            defined,
        };
        new.reads = new.method_hints().read_only == Some(true) && !claims_effect(&new.fragment);
        new
    }

    /// Returns whether the operation may send messages to an MCP client before its answer: progress, log messages, questions.
    #[cfg(feature = "mcp")]
    pub(crate) fn sends_messages(&self) -> bool {
        self.fragment.takes_context || self.output.shape == Shape::Stream
    }

    /// Returns the hints that follow from the HTTP method alone: the method of the request to the API, or of the first route. Without a
    /// method, the hints are empty.
    pub(crate) fn method_hints(&self) -> Hints {
        let consumed = self.fragment.consumed.as_ref().map(|part| part.operation.method);
        let method = consumed.or_else(|| self.fragment.routes.first().map(|part| part.operation.method));
        method.map_or_else(Hints::default, naftiko_spec::model::Method::hints)
    }

    /// Returns whether a second call has no further effect.
    pub(crate) fn is_repeatable(&self) -> bool {
        let hints = self.method_hints();
        // If the hints of a tool declare that a GET writes, it is unknown whether that GET can be repeated.
        self.reads || (!hints.reads() && hints.idempotent == Some(true))
    }

    /// Returns the arguments of a call from a JSON object. Each is checked against its schema; unknown ones are rejected.
    pub(crate) fn bind(&self, arguments: Value) -> Result<Vec<OwnedArgument>> {
        schema::bind(&self.inputs, arguments).map_err(|error| error.in_operation(self.name()))
    }

    /// Returns the arguments of JSON text that [`schema::strict`] has checked; numbers keep all their digits.
    pub(crate) fn bind_json(&self, arguments: Option<&Bytes>) -> Result<Vec<OwnedArgument>> {
        schema::bind_json(&self.inputs, arguments).map_err(|error| error.in_operation(self.name()))
    }

    /// Returns the names by which the operation can be called, without duplicates: its name in the document, the method's name, and
    /// the names of its tools.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names = vec![self.name()];
        let tools = self.fragment.tools.iter().map(|part| part.tool.name.as_str());
        for name in [self.method.as_str()].into_iter().chain(tools) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Returns its name in the document.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.fragment.name
    }
}
