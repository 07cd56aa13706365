//! Converts the lowered operations of a document to `Operation`s, which adapters call.

use super::effects::claims_effect;
use super::exposed_operation::Operation;
use crate::schema::{Order, OutputType, Shape};
#[cfg(feature = "document")]
use naftiko_spec::lower::Lowered;
use naftiko_spec::lower::{Call, Format, LoweredOperation, Source, Work};
#[cfg(any(feature = "rest", feature = "mcp"))]
use naftiko_spec::model::Aggregate;
use naftiko_spec::model::Document;
use serde_json::{Map, Value, json};

/// Returns the operations in the form that adapters use.
#[cfg(feature = "document")]
pub(crate) fn operations(lowered: &Lowered) -> Vec<Operation> {
    let effects = effects(&lowered.operations);
    let all = lowered.operations.iter().enumerate();
    all.map(|(index, operation)| adapted(index, operation.clone(), &effects).0).collect()
}

/// Returns the calls that have an effect according to the hints of a tool, whatever their HTTP method: the index of the API, and the
/// name of its operation.
pub(crate) fn effects(operations: &[LoweredOperation]) -> Vec<(usize, String)> {
    let declared = |operation: &LoweredOperation| match &operation.work {
        Work::Call { call } if claims_effect(&operation.fragment) => Some((call.consume, call.operation.clone())),
        _ => None,
    };
    operations.iter().filter_map(declared).collect()
}

/// Converts a lowered operation to the form that adapters use. Returns the converted operation, and the work that a call does.
/// `effects` is the result of [`effects`]: a route has no hints of its own, so the hints of a tool with the same call apply.
pub(crate) fn adapted(index: usize, operation: LoweredOperation, effects: &[(usize, String)]) -> (Operation, Work) {
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
            let (items, constraints) = split_list_schema(list);
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
    operation.has_body = false;
    operation.output_order = output_order(&work);
    operation.passes_files = matches!(&work, Work::Call { call } if call.format == Format::Binary);
    let reads = |call: &Call| {
        let has_effect = effects.iter().any(|(api, name)| *api == call.consume && *name == call.operation);
        call.method.is_read() && !has_effect
    };
    operation.reads = work.calls().all(reads) && !claims_effect(&operation.fragment);
    operation.remove_invalid_defaults();
    (operation, work)
}

/// Returns the order of the members that steps or constants return. Other
/// work needs no order: the schema of an API's answer lists all members in `required`, in their order.
fn output_order(work: &Work) -> Order {
    fn add(source: &Source, lists: &mut Vec<Vec<String>>) {
        if let Source::Object(members) = source {
            lists.push(members.iter().map(|(name, _)| name.clone()).collect());
            for (_, source) in members {
                add(source, lists);
            }
        }
    }

    let mut lists = Vec::new();
    if let Work::Steps { output: source, .. } | Work::Constant(source) = work {
        add(source, &mut lists);
    }
    Order::of_names(lists)
}

/// Splits the schema of a list into the schema of its items and the constraints of the list. Documents write the allowed values and
/// the pattern of the items beside `items`, so these are moved to the items.
fn split_list_schema(list: Value) -> (Value, Map<String, Value>) {
    let Value::Object(mut list) = list else { return (json!({}), Map::new()) };
    let mut items = list.remove("items").unwrap_or_else(|| json!({}));
    list.retain(|keyword, _| !matches!(keyword.as_str(), "type" | "default"));
    let is_of_items = |keyword: &str, value: &Value| match keyword {
        "enum" => value.as_array().is_some_and(|values| !values.iter().any(Value::is_array)),
        keyword => keyword == "pattern",
    };
    if let Value::Object(items) = &mut items {
        for keyword in ["enum", "pattern"] {
            if list.get(keyword).is_some_and(|value| is_of_items(keyword, value))
                && let Some(value) = list.remove(keyword)
            {
                items.entry(keyword).or_insert(value);
            }
        }
    }
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

/// Returns the name of the consumed operation behind a route or a tool, from its `call` or from the function of an aggregate that its `ref`
/// names.
#[cfg(any(feature = "rest", feature = "mcp"))]
pub(crate) fn called<'d>(document: &'d Document, call: Option<&'d str>, reference: Option<&str>) -> Option<&'d str> {
    call.or_else(|| {
        let (namespace, name) = reference?.split_once('.')?;
        let mut aggregates = document.capability.aggregates.iter().filter(|aggregate| aggregate.namespace == namespace);
        let find = |aggregate: &'d Aggregate| aggregate.functions.iter().find(|function| function.name == name);
        aggregates.find_map(find)?.call.as_deref()
    })
}

/// Returns the document without its operations. The APIs in the top-level `consumes` of the file are moved to the `consumes` of the
/// capability.
pub(crate) fn head(document: &Document) -> Document {
    let mut head = document.clone();
    head.capability.consumes.append(&mut head.consumes);
    head.clear_operations();
    head
}
