//! Combines the schemas of arguments and results into the schemas that adapters publish.

use super::subschemas::each_subschema;
use serde_json::{Map, Value};
use std::fmt::Write;

#[cfg(any(feature = "mcp", test))]
use super::client::{for_clients, remove_descriptive_keywords, without_markup_at_end};
#[cfg(any(feature = "mcp", test))]
use super::{InputSchema, OutputType, Shape};
#[cfg(any(feature = "mcp", test))]
use naftiko_spec::names::repeats_name;
#[cfg(any(feature = "mcp", test))]
use serde_json::json;

/// Moves the `$defs` of a schema to `definitions`, which are the `$defs` of a larger schema that will contain it. In names, characters
/// other than letters, digits, `_`, `.` and `-` become `_`. If a different definition already has one of the names, all moved
/// definitions get a number.
pub(super) fn relocate(mut schema: Value, definitions: &mut Map<String, Value>) -> Value {
    let Some(Value::Object(own)) = schema.as_object_mut().and_then(|object| object.remove("$defs")) else {
        return schema;
    };
    let mut number = 1;
    loop {
        let renamed: Vec<(String, String)> =
            own.keys().map(|name| (reference(name), format!("#/$defs/{}", plain(name, number)))).collect();
        let moved: Vec<(String, Value)> = own
            .iter()
            .map(|(name, definition)| {
                let mut definition = definition.clone();
                refer(&mut definition, &renamed);
                (plain(name, number), definition)
            })
            .collect();
        if moved.iter().all(|(name, definition)| definitions.get(name).is_none_or(|other| other == definition)) {
            refer(&mut schema, &renamed);
            definitions.extend(moved);
            return schema;
        }
        number += 1;
    }
}

/// Returns a definition's name in portable characters, followed by `number` if that is greater than 1.
fn plain(name: &str, number: usize) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' };
    let mut plain: String = name.chars().map(keep).collect();
    if number > 1 {
        plain.push_str(&number.to_string());
    }
    plain
}

/// Returns the reference to a definition as schemars writes it: a JSON Pointer in a URI fragment (RFC 6901, section 6).
fn reference(name: &str) -> String {
    let mut reference = "#/$defs/".to_owned();
    for byte in naftiko_spec::pointer::escape(name).bytes() {
        match byte {
            b'!' | b'$' | b'&'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~' => {
                reference.push(char::from(byte));
            }
            other => {
                let _ = write!(reference, "%{other:2X}");
            }
        }
    }
    reference
}

/// Updates references to renamed definitions.
fn refer(schema: &mut Value, renamed: &[(String, String)]) {
    let Value::Object(object) = schema else { return };
    if let Some(Value::String(reference)) = object.get_mut("$ref")
        && let Some((_, new)) = renamed.iter().find(|(old, _)| old == reference)
    {
        reference.clone_from(new);
    }
    each_subschema(object, |schema| refer(schema, renamed));
}

/// The default description of a body.
#[cfg(any(feature = "mcp", test))]
const ANY_BODY: &str = "Request body (JSON).";

/// Returns the input schema of a tool: an object with one member for each argument, by its wire name. The schema does
/// not forbid unknown members, but calls with unknown members are rejected, with the nearest known name in the error.
#[cfg(any(feature = "mcp", test))]
pub(crate) fn tool_input_schema(inputs: &[InputSchema]) -> Value {
    let mut definitions = Map::new();
    let mut members = Map::new();
    let mut required = Vec::new();
    for input in inputs {
        let mut schema = relocate(input.schema.clone(), &mut definitions);
        let (name, description) = (&input.argument.name, input.argument.description.as_ref());
        // The macro's default description repeats the name.
        let description = description.filter(|text| *text != ANY_BODY && !repeats_name(text, name));
        if let (Value::Object(schema), Some(description)) = (&mut schema, description) {
            let description = without_markup_at_end(description).to_owned();
            schema.insert("description".to_owned(), Value::String(description));
        }
        members.insert(input.argument.name.clone(), schema);
        if input.argument.required {
            required.push(Value::String(input.argument.name.clone()));
        }
    }
    let mut schema = json!({ "type": "object", "properties": members });
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
    if !definitions.is_empty() {
        schema["$defs"] = Value::Object(definitions);
    }
    for_clients(&mut schema);
    schema
}

/// Returns whether a schema allows only objects. Other results are wrapped for MCP: `{"result": …}`.
#[cfg(any(feature = "mcp", test))]
pub(crate) fn is_object(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}

/// Returns the output schema of a tool, which always describes an object; `None` unless the result is a [`Shape::Value`] or a stream.
#[cfg(any(feature = "mcp", test))]
pub(crate) fn mcp_output_schema(output: &OutputType) -> Option<Value> {
    if !matches!(output.shape, Shape::Value | Shape::Stream) {
        return None;
    }
    if is_object(&output.schema) {
        let mut schema = output.schema.clone();
        for_clients(&mut schema);
        remove_descriptive_keywords(&mut schema);
        return Some(schema);
    }
    let mut definitions = Map::new();
    let result = relocate(output.schema.clone(), &mut definitions);
    let mut schema = json!({ "type": "object", "properties": { "result": result }, "required": ["result"] });
    if !definitions.is_empty() {
        schema["$defs"] = Value::Object(definitions);
    }
    for_clients(&mut schema);
    remove_descriptive_keywords(&mut schema);
    Some(schema)
}
