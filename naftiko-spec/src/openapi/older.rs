//! Converts OpenAPI 3.1 to 3.0, whose schemas have fewer keywords than JSON Schema 2020-12.

use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The beginning of a reference to a schema in `components`.
const SCHEMAS: &str = "#/components/schemas/";

/// Keywords of JSON Schema 2020-12 that 3.0 has no equivalent of.
const UNSUPPORTED: [&str; 20] = [
    "$schema",
    "$defs",
    "$comment",
    "$id",
    "$anchor",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "patternProperties",
    "dependentSchemas",
    "dependentRequired",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
    "minContains",
    "maxContains",
    "$dynamicRef",
    "$dynamicAnchor",
];

/// Converts an OpenAPI 3.1 description to 3.0.3. Keywords without an equivalent are left out, so that a schema allows more values,
/// never fewer.
pub(super) fn to_3_0(document: &mut Value) {
    document["openapi"] = "3.0.3".into();
    let mut loosened = HashSet::new();
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        loosened = loosened_schemas(schemas);
        schemas.values_mut().for_each(|schema| convert(schema, &loosened));
    }
    convert_schemas(document, &loosened);
}

/// Returns the names of the schemas that allow more values in 3.0, directly or through a reference.
fn loosened_schemas(schemas: &Map<String, Value>) -> HashSet<String> {
    let mut loosened = HashSet::new();
    loop {
        let is_new = |(name, schema): &(&String, &Value)| !loosened.contains(*name) && is_loosened(schema, &loosened);
        let more: Vec<String> = schemas.iter().filter(is_new).map(|(name, _)| name.clone()).collect();
        if more.is_empty() {
            return loosened;
        }
        loosened.extend(more);
    }
}

/// Converts the schemas of parameters, headers and contents, which are under `schema`.
fn convert_schemas(value: &mut Value, loosened: &HashSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match (key.as_str(), value) {
                    // The schemas of components are converted already; examples are not schemas.
                    ("schemas" | "example" | "examples", _) => {}
                    ("schema", value) => convert(value, loosened),
                    (_, value) => convert_schemas(value, loosened),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| convert_schemas(value, loosened)),
        _ => {}
    }
}

/// Converts a schema and all its subschemas. `loosened` are the schemas in `components` that allow more values in 3.0.
fn convert(value: &mut Value, loosened: &HashSet<String>) {
    match value {
        Value::Bool(true) => *value = json!({}),
        Value::Bool(false) => *value = json!({ "not": {} }),
        Value::Object(object) => convert_keywords(object, loosened),
        _ => {}
    }
}

/// Converts the keywords of a schema, and its subschemas.
fn convert_keywords(object: &mut Map<String, Value>, loosened: &HashSet<String>) {
    // If a subschema allows more values than before, `not` and `oneOf` allow fewer.
    if object.get("not").is_some_and(|schema| is_loosened(schema, loosened)) {
        object.remove("not");
    }
    if object.get("oneOf").is_some_and(|branches| is_loosened(branches, loosened))
        && let Some(branches) = object.remove("oneOf")
    {
        object.entry("anyOf").or_insert(branches);
    }
    convert_patterns(object);
    for keyword in UNSUPPORTED {
        object.remove(keyword);
    }
    if let Some(constant) = object.remove("const") {
        if constant.is_null() {
            object.insert("nullable".to_owned(), true.into());
        }
        object.insert("enum".to_owned(), json!([constant]));
    }
    if let Some(Value::Array(examples)) = object.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        object.entry("example").or_insert(first);
    }
    for (bound, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        let Some(limit) = object.remove(exclusive) else { continue };
        let inclusive = object.get(bound).and_then(Value::as_f64);
        let is_stricter = |inclusive: f64| match limit.as_f64() {
            Some(limit) if bound == "minimum" => inclusive > limit,
            Some(limit) => inclusive < limit,
            None => true,
        };
        if !inclusive.is_some_and(is_stricter) {
            object.insert(bound.to_owned(), limit);
            object.insert(exclusive.to_owned(), true.into());
        }
    }
    let media_type = object.remove("contentMediaType");
    let format = match (object.remove("contentEncoding"), media_type) {
        (Some(encoding), _) if encoding == "base64" => Some("byte"),
        (None, Some(media_type)) if media_type == "application/octet-stream" => Some("binary"),
        _ => None,
    };
    if let Some(format) = format {
        object.entry("type").or_insert_with(|| "string".into());
        object.insert("format".to_owned(), format.into());
    }
    if object.remove("prefixItems").is_some() {
        object.insert("items".to_owned(), json!({}));
    }
    convert_types(object);
    remove_null_branches(object);
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(value) = object.get_mut(keyword).filter(|value| !(keyword != "items" && value.is_boolean())) {
            convert(value, loosened);
        }
    }
    if let Some(Value::Object(members)) = object.get_mut("properties") {
        members.values_mut().for_each(|schema| convert(schema, loosened));
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let Some(Value::Array(branches)) = object.get_mut(keyword) {
            for schema in branches {
                convert(schema, loosened);
            }
        }
    }
    if object.get("type") == Some(&json!("array")) {
        object.entry("items").or_insert_with(|| json!({}));
    }
    // 3.0 ignores keywords beside a reference.
    if object.len() > 1
        && let Some(reference) = object.remove("$ref")
    {
        let all = object.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.insert(0, json!({ "$ref": reference }));
        }
    }
}

/// Removes `patternProperties`, and `additionalProperties`, which would then apply to the members that matched a pattern. If there is
/// one pattern and other members are forbidden, the schema of the pattern becomes `additionalProperties`.
fn convert_patterns(object: &mut Map<String, Value>) {
    let Some(Value::Object(patterns)) = object.remove("patternProperties") else { return };
    let others = object.remove("additionalProperties");
    let mut schemas = patterns.into_iter().map(|(_, schema)| schema);
    if let (Some(Value::Bool(false)), Some(only), None) = (others, schemas.next(), schemas.next()) {
        object.insert("additionalProperties".to_owned(), only);
    }
}

/// Replaces a list of types with one type or `anyOf`, and null with `nullable`.
fn convert_types(object: &mut Map<String, Value>) {
    if object.get("type") == Some(&json!("null")) {
        object.remove("type");
        object.insert("nullable".to_owned(), true.into());
        object.insert("enum".to_owned(), json!([null]));
        return;
    }
    let Some(Value::Array(types)) = object.get("type").cloned() else { return };
    object.remove("type");
    let is_nullable = types.iter().any(|kind| kind == "null");
    if is_nullable {
        object.insert("nullable".to_owned(), true.into());
    }
    let others: Vec<Value> = types.into_iter().filter(|kind| kind != "null").collect();
    match others.as_slice() {
        [] => {}
        [only] => {
            object.insert("type".to_owned(), only.clone());
        }
        several => {
            // `nullable` has no effect on the branches of a union (OpenAPI 3.0.3).
            let branch =
                |kind| if is_nullable { json!({ "type": kind, "nullable": true }) } else { json!({ "type": kind }) };
            let branches: Value = several.iter().map(branch).collect();
            if object.contains_key("anyOf") {
                let all = object.entry("allOf").or_insert_with(|| json!([]));
                if let Value::Array(all) = all {
                    all.push(json!({ "anyOf": branches }));
                }
            } else {
                object.insert("anyOf".to_owned(), branches);
            }
        }
    }
}

/// Replaces a branch for null with `nullable`.
fn remove_null_branches(object: &mut Map<String, Value>) {
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = object.get_mut(keyword) else { continue };
        let before = branches.len();
        branches.retain(|branch| branch.get("type") != Some(&json!("null")));
        if branches.len() == before {
            continue;
        }
        if branches.is_empty() {
            object.remove(keyword);
            object.insert("enum".to_owned(), json!([null]));
        } else if branches.len() == 1
            && let Some(only) = branches.pop()
        {
            object.remove(keyword);
            match only {
                // Keywords beside the union take precedence over the keywords of its branch.
                Value::Object(only) if !only.contains_key("$ref") => {
                    for (key, value) in only {
                        object.entry(key).or_insert(value);
                    }
                    convert_types(object);
                }
                only => match object.get_mut("allOf") {
                    Some(Value::Array(all)) => all.push(only),
                    _ => {
                        object.insert("allOf".to_owned(), json!([only]));
                    }
                },
            }
        }
        object.insert("nullable".to_owned(), true.into());
        // 3.0.3 allows null only if the allowed values include it.
        if let Some(Value::Array(allowed)) = object.get_mut("enum")
            && !allowed.contains(&Value::Null)
        {
            allowed.push(Value::Null);
        }
    }
}

/// Returns whether a schema, or one of several, allows more values in 3.0: a part of it has no equivalent, or refers to a schema that has
/// such a part.
fn is_loosened(schema: &Value, loosened: &HashSet<String>) -> bool {
    match schema {
        Value::Object(object) => object.iter().any(|(keyword, value)| {
            let name = value.as_str().filter(|_| keyword == "$ref").and_then(|to| to.strip_prefix(SCHEMAS));
            UNSUPPORTED.contains(&keyword.as_str())
                || keyword == "prefixItems"
                || name.is_some_and(|name| loosened.contains(name))
                || is_loosened(value, loosened)
        }),
        Value::Array(values) => values.iter().any(|value| is_loosened(value, loosened)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn older(mut value: Value) -> Value {
        convert(&mut value, &HashSet::new());
        value
    }

    #[test]
    fn null_is_nullable() {
        assert_eq!(older(json!({ "type": ["string", "null"] })), json!({ "type": "string", "nullable": true }));
        let reference = json!({ "$ref": "#/components/schemas/Book" });
        assert_eq!(
            older(json!({ "anyOf": [reference, { "type": "null" }], "description": "A book." })),
            json!({ "allOf": [reference], "nullable": true, "description": "A book." })
        );
        assert_eq!(
            older(json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }, { "type": "null" }] })),
            json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }], "nullable": true })
        );
        assert_eq!(
            older(json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] })),
            json!({ "type": "string", "nullable": true })
        );
        assert_eq!(
            older(json!({ "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "null" }] })),
            json!({ "type": "string", "enum": ["a", null], "nullable": true })
        );
    }

    #[test]
    fn a_conversion_never_allows_fewer_values() {
        let range = json!({ "type": "object", "propertyNames": { "minLength": 1 } });
        assert_eq!(older(json!({ "not": range })), json!({}));
        assert_eq!(
            older(json!({ "oneOf": [range, range] })),
            json!({ "anyOf": [{ "type": "object" }, { "type": "object" }] })
        );
        assert_eq!(older(json!({ "not": { "const": 1 } })), json!({ "not": { "enum": [1] } }));
    }

    #[test]
    fn a_conversion_of_referenced_schemas_never_allows_fewer_values() {
        let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
        let either = |of: &str| json!({ of: [reference("Through"), reference("Plain")] });
        let mut document = json!({
            "paths": { "/": { "schema": either("oneOf") }, "/not": { "schema": { "not": reference("Through") } } },
            "components": { "schemas": {
                "Names": { "type": "object", "propertyNames": { "minLength": 1 } },
                "Plain": { "type": "string" },
                "Through": { "properties": { "a": reference("Names") } },
                "Either": either("oneOf"),
                "Fine": { "oneOf": [reference("Plain"), { "type": "integer" }] },
            } },
        });
        to_3_0(&mut document);
        assert_eq!(document["paths"], json!({ "/": { "schema": either("anyOf") }, "/not": { "schema": {} } }));
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Either"], either("anyOf"));
        assert_eq!(schemas["Fine"], json!({ "oneOf": [reference("Plain"), { "type": "integer" }] }));
    }

    #[test]
    fn several_types_stay_beside_a_union() {
        let types = json!([{ "type": "string" }, { "type": "integer" }]);
        assert_eq!(
            older(json!({ "type": ["string", "integer"], "anyOf": [{ "minLength": 1 }, { "minimum": 1 }] })),
            json!({ "anyOf": [{ "minLength": 1 }, { "minimum": 1 }], "allOf": [{ "anyOf": types }] })
        );
        let nullable = json!([{ "type": "string", "nullable": true }, { "type": "integer", "nullable": true }]);
        assert_eq!(
            older(json!({ "type": ["string", "integer", "null"], "anyOf": [{ "minLength": 1 }] })),
            json!({ "nullable": true, "anyOf": [{ "minLength": 1 }], "allOf": [{ "anyOf": nullable }] })
        );
        assert_eq!(
            older(
                json!({ "type": ["string", "integer", "null"], "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }] })
            )["allOf"],
            json!([{ "anyOf": nullable }, { "$ref": "#/$defs/A" }])
        );
        assert_eq!(
            older(json!({ "not": { "type": ["string", "integer"], "anyOf": [{ "minLength": 1 }], "allOf": [{}] } })),
            json!({ "not": { "anyOf": [{ "minLength": 1 }], "allOf": [{}, { "anyOf": types }] } })
        );
    }

    #[test]
    fn members_with_patterns_stay_allowed() {
        let numbers = json!({ "type": "object", "patternProperties": { "^\\d+$": { "type": "string" } }, "additionalProperties": false });
        assert_eq!(older(numbers), json!({ "type": "object", "additionalProperties": { "type": "string" } }));
        let several =
            json!({ "patternProperties": { "^a": { "type": "string" }, "^b": true }, "additionalProperties": false });
        assert_eq!(older(several), json!({}));
        let open = json!({ "patternProperties": { "^a": { "type": "string" } }, "additionalProperties": { "type": "integer" } });
        assert_eq!(older(open), json!({}));
    }

    #[test]
    fn an_encoded_text_can_be_null() {
        assert_eq!(
            older(json!({ "type": ["string", "null"], "contentEncoding": "base64" })),
            json!({ "type": "string", "nullable": true, "format": "byte" })
        );
    }

    #[test]
    fn keywords_become_those_of_3_0() {
        assert_eq!(older(json!({ "const": 1 })), json!({ "enum": [1] }));
        assert_eq!(older(json!({ "const": null })), json!({ "enum": [null], "nullable": true }));
        assert_eq!(older(json!({ "anyOf": [{ "type": "null" }] })), json!({ "enum": [null], "nullable": true }));
        assert_eq!(older(json!({ "maximum": 3, "exclusiveMaximum": 5 })), json!({ "maximum": 3 }));
        assert_eq!(
            older(json!({ "contentMediaType": "application/octet-stream" })),
            json!({ "type": "string", "format": "binary" })
        );
        assert_eq!(older(json!({ "type": "string", "contentMediaType": "text/html" })), json!({ "type": "string" }));
        assert_eq!(
            older(json!({ "type": "integer", "exclusiveMinimum": 0, "examples": [3, 4] })),
            json!({ "type": "integer", "minimum": 0, "exclusiveMinimum": true, "example": 3 })
        );
        assert_eq!(older(json!({ "type": "array", "prefixItems": [{}] })), json!({ "type": "array", "items": {} }));
        assert_eq!(
            older(json!({ "type": ["string", "integer"] })),
            json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] })
        );
        assert_eq!(
            older(json!({ "properties": { "a": true }, "additionalProperties": false })),
            json!({ "properties": { "a": {} }, "additionalProperties": false })
        );
        assert_eq!(
            older(json!({ "$ref": "#/x", "description": "It." })),
            json!({ "allOf": [{ "$ref": "#/x" }], "description": "It." })
        );
    }
}
