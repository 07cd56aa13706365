//! What a document says, as adapters see it: its operations with their schemas.

use super::capability::Operation;
use crate::schema::{OutputType, Shape};
use naftiko_spec::fragment::Draft;
use naftiko_spec::lower::{Format, Lowered, LoweredOperation, Work};
use naftiko_spec::model::Document;
use serde_json::{Value, json};

/// The operations as adapters see them.
#[cfg(feature = "document")]
pub(crate) fn operations(lowered: &Lowered) -> Vec<Operation> {
    lowered.operations.iter().enumerate().map(|(index, operation)| adapted(index, operation)).collect()
}

/// One operation; the draft's schema of an argument is that of one value.
pub(crate) fn adapted(index: usize, operation: &LoweredOperation) -> Operation {
    let fragment = operation.fragment.clone();
    // The schema of an argument that may be given several times is that of one value.
    let of_one = |(at, schema): (usize, &Value)| {
        let many = fragment.arguments.get(at).is_some_and(|argument| argument.many);
        let list = schema.get("type").and_then(Value::as_str) == Some("array");
        if many && list { schema.get("items").cloned().unwrap_or_else(|| json!({})) } else { schema.clone() }
    };
    let mut schemas: Vec<Value> = operation.schemas.iter().enumerate().map(of_one).collect();
    schemas.resize(fragment.arguments.len(), json!({}));
    let shape = shape(&operation.work);
    let schema = if shape == Shape::Value { operation.output.clone() } else { json!({}) };
    let name = fragment.name.clone();
    Operation::new(index, &name, fragment, schemas, OutputType { shape, schema })
}

/// Whether an answer is passed on as it is.
fn shape(work: &Work) -> Shape {
    match work {
        Work::Call { call } => match (call.format, &call.output) {
            (Format::Binary, _) | (Format::Json, None) => Shape::Raw,
            (Format::Json, Some(output)) if output.is_whole() => Shape::Raw,
            _ => Shape::Value,
        },
        Work::Steps { .. } | Work::Constant(_) => Shape::Value,
    }
}

/// What `OpenAPI` is made of: the document without its operations, and the operations.
pub(crate) fn draft(document: &Document, lowered: &Lowered) -> Draft {
    let mut head = document.clone();
    head.capability.consumes.append(&mut head.consumes);
    head.clear_operations();
    Draft { head, fragments: lowered.operations.iter().map(|operation| operation.fragment.clone()).collect() }
}
