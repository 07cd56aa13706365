//! The subschemas of a schema (JSON Schema 2020-12, core, section 10).

use serde_json::{Map, Value};

/// The keywords with a single subschema.
pub(super) const SINGLE: [&str; 10] = [
    "items",
    "additionalProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// The keywords with a list of subschemas.
pub(super) const LISTS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
/// The keywords with subschemas by name.
pub(super) const NAMED: [&str; 4] = ["properties", "patternProperties", "$defs", "dependentSchemas"];

/// Calls `work` on each direct subschema (JSON Schema 2020-12, core, section 10).
pub(super) fn each_subschema(schema: &mut Map<String, Value>, mut work: impl FnMut(&mut Value)) {
    for (keyword, value) in schema {
        match value {
            Value::Object(map) if NAMED.contains(&keyword.as_str()) => map.values_mut().for_each(&mut work),
            Value::Array(list) if LISTS.contains(&keyword.as_str()) => list.iter_mut().for_each(&mut work),
            value if SINGLE.contains(&keyword.as_str()) => work(value),
            _ => {}
        }
    }
}
