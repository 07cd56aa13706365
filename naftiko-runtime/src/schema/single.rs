//! Converts single values to lists of one where a schema requires a list: in XML, one element and a list of one look the same.

use super::layers::{Root, item_of, member_of};
use crate::numbers;
use schemars::generate::Contract;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

/// Converts the values in JSON that the schema requires to be lists. `schema` is the schema of the type that the JSON is decoded to.
/// Returns `None` if no value has to be converted.
pub(crate) fn with_lists_of(schema: impl FnOnce(&mut SchemaGenerator) -> Schema, json: &[u8]) -> Option<Vec<u8>> {
    let mut generator = super::generate::generator(Contract::Deserialize, super::generate::NamedTypes::Inline);
    let schema = schema(&mut generator).to_value();
    let schema = super::generate::finished(schema, &mut generator, &|_, _| true);
    let mut value = serde_json::from_slice(json).ok()?;
    numbers::remembering_those_of(json, || {
        wrap(Root(&schema), &[&schema], &mut value).then(|| numbers::json(&value).ok())?
    })
}

/// Converts a value in place. Returns whether anything was converted. The recursion ends with the value, whose depth is limited.
fn wrap<'a>(root: Root<'a>, schemas: &[&'a Value], value: &mut Value) -> bool {
    let mut any = false;
    if !value.is_array() && !value.is_null() {
        let layers = root.layers(schemas, value);
        let mut types = layers.iter().filter_map(|layer| layer.get("type"));
        if types.any(is_list) {
            *value = Value::Array(vec![value.take()]);
            any = true;
        }
    }
    let layers = root.layers(schemas, value);
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let schemas: Vec<_> = layers.iter().filter_map(|layer| item_of(layer, index)).collect();
                any |= wrap(root, &schemas, item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let schemas: Vec<_> = layers.iter().filter_map(|layer| member_of(layer, name)).collect();
                any |= wrap(root, &schemas, member);
            }
        }
        _ => {}
    }
    any
}

/// Returns whether a `type` allows only lists, or lists and null.
fn is_list(kind: &Value) -> bool {
    match kind {
        Value::String(kind) => kind == "array",
        Value::Array(kinds) => {
            kinds.iter().any(|kind| kind == "array") && kinds.iter().all(|kind| kind == "array" || kind == "null")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use schemars::JsonSchema;
    use serde_json::json;

    /// A node of a tree.
    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct Node {
        name: String,
        nodes: Option<Vec<Node>>,
        tags: Vec<String>,
    }

    fn lists(given: &Value) -> Option<Value> {
        let json = with_lists_of(SchemaGenerator::subschema_for::<Vec<Node>>, given.to_string().as_bytes());
        json.map(|json| serde_json::from_slice(&json).unwrap())
    }

    #[test]
    fn a_single_value_becomes_a_list_where_the_schema_requires_one() {
        let one = json!({ "name": "a", "tags": "x", "nodes": { "name": "b", "tags": ["y"] } });
        let list = json!([{ "name": "a", "tags": ["x"], "nodes": [{ "name": "b", "tags": ["y"] }] }]);
        assert_eq!(lists(&one), Some(list.clone()));
        assert_eq!(lists(&list), None);
        assert_eq!(lists(&json!([{ "name": "a", "nodes": null, "other": { "tags": "x" } }])), None);
        assert_eq!(lists(&Value::Null), None);
    }
}
