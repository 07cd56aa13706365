//! Tests of the conversion of JSON Schemas to parameters.

use super::{MAX_PARAMETERS, input_kind, named_outputs, output, output_kind};
use crate::model::OutputParameter;
use serde_json::{Map, Value, json};

fn value(of: impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

#[test]
fn kinds_are_found_in_every_form_of_schema() {
    let node = json!({ "$ref": "#/$defs/Node", "$defs": { "Node": { "type": "object" } } });
    for (schema, kind) in [
        (json!({ "type": "integer", "format": "int64" }), Some("integer")),
        (json!({ "type": ["null", "boolean"] }), Some("boolean")),
        (json!({ "enum": ["a", "b"] }), Some("string")),
        (json!({ "const": 1 }), Some("number")),
        (json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }), Some("string")),
        (json!({ "oneOf": [{ "const": "a" }, { "const": "b" }] }), Some("string")),
        (json!({ "oneOf": [{ "type": "string" }, { "type": "object" }] }), None),
        (node, Some("object")),
        (json!({ "properties": {} }), Some("object")),
        (json!(true), None),
        (json!({ "$ref": "#" }), None),
        (json!({ "$ref": "#/nowhere" }), None),
    ] {
        assert_eq!(input_kind(&schema), kind, "{schema}");
    }
    assert_eq!(output_kind(&json!({ "type": "integer" })), "number");
    assert_eq!(output_kind(&json!(true)), "object");
}

#[test]
fn outputs_have_paths_to_members_and_elements() {
    let schema = json!({ "type": "object", "properties": {
        "id": { "type": "integer" },
        "owner": { "anyOf": [{ "type": "object", "properties": { "user-name": { "type": "string" } } }, { "type": "null" }] },
        "tags": { "type": "array", "items": { "type": "string" } },
        "labels": { "type": "object", "additionalProperties": true },
    } });
    assert_eq!(
        value(output(&schema)),
        json!({ "type": "object", "mapping": "$.", "properties": {
            "id": { "type": "number", "mapping": "$.id" },
            "owner": { "type": "object", "properties": { "user-name": { "type": "string", "mapping": "$.owner['user-name']" } } },
            "tags": { "type": "array", "mapping": "$.tags", "items": { "type": "string", "mapping": "$" } },
            "labels": { "type": "object", "mapping": "$.labels", "properties": {} },
        } })
    );
}

#[test]
fn a_recursive_type_ends() {
    let branch = json!({ "$ref": "#/$defs/Node" });
    let schema = json!({
        "$ref": "#/$defs/Node",
        "$defs": { "Node": { "type": "object", "properties": { "name": { "type": "string" }, "next": branch } } },
    });
    assert_eq!(
        value(output(&schema)),
        json!({ "type": "object", "mapping": "$.", "properties": {
            "name": { "type": "string", "mapping": "$.name" },
            "next": { "type": "object", "mapping": "$.next", "properties": {} },
        } })
    );
    assert_eq!(value(output(&json!({ "$ref": "#" }))), json!({ "type": "object", "mapping": "$.", "properties": {} }));
}

/// Without a limit, these outputs would have more than a billion parameters, and the type would be searched in as many schemas.
#[test]
fn types_that_contain_each_other_have_a_limited_number_of_parameters() {
    fn count(output: &OutputParameter) -> usize {
        let members = output.properties.iter().flatten().map(|(_, member)| member);
        1 + members.chain(output.items.as_deref()).map(count).sum::<usize>()
    }
    let references = || (0..14).map(|to| json!({ "$ref": format!("#/$defs/T{to}") }));
    let types =
        |of_one: &dyn Fn() -> Value| -> Map<String, Value> { (0..14).map(|n| (format!("T{n}"), of_one())).collect() };
    let object = || {
        let members: Map<String, Value> = references().enumerate().map(|(to, own)| (format!("m{to}"), own)).collect();
        json!({ "type": "object", "properties": members })
    };
    let declared = count(&output(&json!({ "$ref": "#/$defs/T0", "$defs": types(&object) })));
    assert!((MAX_PARAMETERS..2 * MAX_PARAMETERS).contains(&declared), "{declared}");
    let either = || json!({ "anyOf": references().collect::<Vec<_>>() });
    assert_eq!(input_kind(&json!({ "$ref": "#/$defs/T0", "$defs": types(&either) })), None);
}

#[test]
fn a_tool_without_a_call_has_named_outputs() {
    let count =
        json!({ "type": "object", "properties": { "tokens": { "type": "integer" }, "ok": { "type": "boolean" } } });
    let mut named = value(named_outputs(Some(&count)));
    if let Some(named) = named.as_array_mut() {
        named.sort_by_key(|parameter| parameter["name"].to_string());
    }
    assert_eq!(
        named,
        json!([
            { "name": "ok", "type": "boolean", "value": "{{ok}}" },
            { "name": "tokens", "type": "number", "value": "{{tokens}}" },
        ])
    );
    let whole = json!([{ "name": "result", "type": "string", "value": "{{result}}" }]);
    let list = json!({ "type": "object", "properties": { "items": { "type": "array" } } });
    for schema in [None, Some(&list), Some(&json!(true))] {
        assert_eq!(value(named_outputs(schema)), whole);
    }
}
