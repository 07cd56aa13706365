//! Tests of the schemas of many types, and of the validation of arguments.
#![allow(clippy::unwrap_used, clippy::option_option, clippy::items_after_statements, reason = "tests")]

mod enforced;
mod published;

use crate::operation::{InputSchema, InputType, Operation, OutputType, ReturnType};
use naftiko_spec::fragment::{Argument, Fragment};
use naftiko_spec::model::ParameterIn;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Returns the published schema of an argument of type `T`.
fn input_schema<T: DeserializeOwned + JsonSchema + Send + Sync + 'static>() -> Value {
    super::of_input(&crate::operation::input::<T>()).0
}

/// Returns the shape and the published schema of an answer of type `T`.
fn output<T: Serialize + JsonSchema + Send + 'static>() -> OutputType {
    super::of_output(&crate::operation::output::<crate::Result<T>, _>(&[]) as &dyn ReturnType)
}

/// Returns an argument that is sent in `place`.
fn argument(name: &str, place: ParameterIn, required: bool) -> Argument {
    let whole_body = place == ParameterIn::Body;
    let description = Some(format!("What `{name}` is."));
    Argument { name: name.to_owned(), place, required, whole_body, description, ..Argument::default() }
}

/// Returns an operation with those arguments.
fn operation(arguments: Vec<(Argument, &dyn InputType)>) -> Operation {
    let schemas = arguments.iter().map(|(_, kind)| super::of_input(*kind).0).collect();
    let arguments = arguments.into_iter().map(|(argument, _)| argument).collect();
    let fragment = Fragment { name: "make-token".to_owned(), arguments, ..Fragment::default() };
    Operation::new(0, "make_token", fragment, schemas, output::<()>())
}

/// Returns the only argument of an operation with a body of type `T`.
fn body<T: DeserializeOwned + JsonSchema + Send + Sync + 'static>() -> InputSchema {
    let kind = crate::operation::input::<T>();
    operation(vec![(argument("body", ParameterIn::Body, true), &kind)]).inputs.remove(0)
}
