//! JSON Schemas: made from types so that real clients take them, published, and enforced as published.

use crate::capability::{Input, Operation, OutputType};
use crate::error::{Error, Result};
use crate::operation::{Given, InputType, ReturnType, Shape};
use naftiko_spec::fragment::Argument;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// Enforces one schema.
pub(crate) struct Check {
    validator: Option<jsonschema::Validator>,
}

impl Check {
    /// What enforces a schema.
    pub(crate) fn new(schema: &Value) -> Self {
        Self { validator: jsonschema::validator_for(schema).ok() }
    }
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .into_generator()
}

/// The schema of an argument's type.
pub(crate) fn of_input(input: &dyn InputType) -> Value {
    input.schema(&mut generator()).to_value()
}

/// The schema of what an operation gives.
pub(crate) fn of_output(output: &dyn ReturnType) -> OutputType {
    let shape = output.shape();
    let schema = match shape {
        Shape::Value => output.schema(&mut generator()).to_value(),
        Shape::Unit | Shape::Raw => Value::Object(Map::new()),
    };
    OutputType { shape, schema }
}

/// The schema of an argument, given that of one value of its type: a list of them where it may be given several times.
pub(crate) fn for_argument(argument: &Argument, schema: Value) -> Value {
    if argument.many { serde_json::json!({ "type": "array", "items": schema }) } else { schema }
}

/// An argument that is required was not given.
pub(crate) fn missing(name: &str) -> Error {
    Error::argument(format!("/{name}"), format!("the argument `{name}` is missing"))
}

/// A decoding failure, in the words of the schema where it finds what is wrong, otherwise in serde's.
pub(crate) fn explain(input: &Input, given: &Given, why: &str) -> Error {
    let _ = (&input.check.validator, given);
    Error::argument(format!("/{}", input.argument.name), why)
}

/// There is no such name; the nearest right one is named.
pub(crate) fn unknown<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str>) -> Error {
    let nearest = names.max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    let hint = nearest.map(|nearest| format!("; the nearest is `{nearest}`")).unwrap_or_default();
    Error::argument(format!("/{name}"), format!("there is no {what} `{name}`{hint}"))
}

/// The arguments of a tool call: every one checked against its schema, unknown ones refused.
pub(crate) fn bind(operation: &Operation, arguments: Value) -> Result<Vec<Given>> {
    let Value::Object(mut arguments) = arguments else {
        return Err(Error::argument("", "the arguments are an object"));
    };
    Ok(operation
        .inputs
        .iter()
        .map(|input| arguments.remove(&input.argument.name).map_or(Given::Absent, Given::Value))
        .collect())
}

/// Whether a schema describes objects and nothing else.
#[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "MCP wraps what is no object"))]
pub(crate) fn is_object(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}

/// The schema of a tool's arguments.
pub(crate) fn tool_input_schema(operation: &Operation) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for input in &operation.inputs {
        let mut schema = input.schema.clone();
        if let (Some(description), Value::Object(schema)) = (&input.argument.description, &mut schema) {
            schema.insert("description".into(), description.as_str().into());
        }
        properties.insert(input.argument.name.clone(), schema);
        if input.argument.required {
            required.push(Value::from(input.argument.name.as_str()));
        }
    }
    let mut schema = serde_json::json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

/// The schema of a tool's result: an object.
pub(crate) fn mcp_output_schema(output: &OutputType) -> Option<Value> {
    match output.shape {
        Shape::Unit | Shape::Raw => None,
        Shape::Value if is_object(&output.schema) => Some(output.schema.clone()),
        Shape::Value => Some(serde_json::json!({
            "type": "object", "properties": { "result": output.schema }, "required": ["result"],
        })),
    }
}
