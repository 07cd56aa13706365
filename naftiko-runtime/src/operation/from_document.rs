//! Converts the operations of a document, with their schemas, into the form that adapters use.

use super::capability::Operation;
use crate::schema::{OutputType, Shape};
#[cfg(feature = "document")]
use naftiko_spec::lower::Lowered;
use naftiko_spec::lower::{Call, Format, LoweredOperation, StepWork, Work};
use naftiko_spec::model::{Document, Method};
use serde_json::{Map, Value, json};

/// Returns the operations in the form that adapters use.
#[cfg(feature = "document")]
pub(crate) fn operations(lowered: &Lowered) -> Vec<Operation> {
    lowered.operations.iter().enumerate().map(|(index, operation)| adapted(index, operation.clone()).0).collect()
}

/// Converts a lowered operation to the form that adapters use, and returns it with the work that a call does.
pub(crate) fn adapted(index: usize, operation: LoweredOperation) -> (Operation, Work) {
    let LoweredOperation { mut fragment, mut schemas, output, work, at: _ } = operation;
    // If the caller leaves out an argument, the operation gets the default, as a method of a trait does.
    let default = |schema: &Value| schema.get("default").filter(|default| !default.is_null()).cloned();
    let defaults =
        schemas.iter().map(|schema| default(schema).map_or(Value::Null, |value| json!({ "default": value })));
    fragment.refinements = defaults.collect();
    // Adapters take the schema of one value for a repeatable argument, and the constraints of the list as a refinement.
    for (at, (argument, schema)) in fragment.arguments.iter().zip(&mut schemas).enumerate() {
        if argument.many && schema.get("type").and_then(Value::as_str) == Some("array") {
            let list = std::mem::replace(schema, json!({}));
            let (items, constraints) = of_list(list);
            *schema = items;
            if let Some(refinement) = fragment.refinements.get_mut(at).filter(|_| !constraints.is_empty()) {
                let mut constraints = constraints;
                constraints.extend(refinement.as_object().cloned().unwrap_or_default());
                *refinement = Value::Object(constraints);
            }
        }
    }
    schemas.resize(fragment.arguments.len(), json!({}));
    let shape = shape(&work);
    let schema = match shape {
        Shape::Value => output,
        // The outputs of a stream describe each item.
        Shape::Stream => json!({ "type": "array", "items": output }),
        _ => json!({}),
    };
    let name = fragment.name.clone();
    let mut operation = Operation::new(index, &name, fragment, schemas, OutputType { shape, schema });
    operation.passes_files = matches!(&work, Work::Call { call } if call.format == Format::Binary);
    operation.reads = reads(&work);
    operation.forget_wrong_defaults();
    (operation, work)
}

/// Returns whether an operation only reads, in all its steps.
fn reads(work: &Work) -> bool {
    let reads = |call: &Call| matches!(call.method, Method::Get | Method::Head);
    match work {
        Work::Call { call } => reads(call),
        Work::Steps { steps, .. } => steps.iter().all(|step| match &step.work {
            StepWork::Call(call) => reads(call),
            StepWork::Lookup { .. } => true,
        }),
        Work::Constant(_) => true,
    }
}

/// Splits the schema of a list into that of its items and the constraints of the list. Documents write the allowed values, the pattern
/// and the default of the items beside `items`; these do not constrain the list, so they are dropped.
fn of_list(list: Value) -> (Value, Map<String, Value>) {
    let Value::Object(mut list) = list else { return (json!({}), Map::new()) };
    let items = list.remove("items").unwrap_or_else(|| json!({}));
    list.retain(|keyword, _| !matches!(keyword.as_str(), "type" | "enum" | "pattern" | "default"));
    (items, list)
}

/// Returns the shape of an answer: raw if it is passed on unchanged.
fn shape(work: &Work) -> Shape {
    match work {
        Work::Call { call } => match (call.format, &call.output) {
            (Format::Stream, _) => Shape::Stream,
            (Format::Binary, _) | (Format::Json, None) => Shape::Raw,
            (Format::Json, Some(output)) if output.is_whole() => Shape::Raw,
            _ => Shape::Value,
        },
        Work::Steps { .. } | Work::Constant(_) => Shape::Value,
    }
}

/// Returns the document without its operations.
pub(crate) fn head(document: &Document) -> Document {
    let mut head = document.clone();
    head.capability.consumes.append(&mut head.consumes);
    head.clear_operations();
    head
}
