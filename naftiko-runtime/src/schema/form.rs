//! Converts the strings of a form or a query to the values of a schema.

use super::layers::{Root, item_of, list, member_of, unions};
use super::parse::parse_text;
use serde_json::{Map, Value};
use std::ptr;

/// Converts the strings inside an object to the types of its schema. Where the schema has a list, an object whose member names
/// are numbers becomes a list, in the order of the numbers, and a single string becomes a list with one element. Where the
/// schema has no type, such an object becomes a list only if the numbers are 0, 1, 2 and so on.
pub(crate) fn typed(schema: &Value, object: Value) -> Value {
    typed_by(Root(schema), &[schema], object)
}

/// Returns whether a list is expected at these keys, or `None` if the schema has no type there. An empty key or a number is an
/// element of a list.
pub(crate) fn is_list_at(schema: &Value, keys: &[&str]) -> Option<bool> {
    let root = Root(schema);
    let mut schemas = vec![schema];
    for key in keys {
        let branches = branches(root, &schemas);
        let is_index = key.bytes().all(|digit| digit.is_ascii_digit());
        let item = |branch: &&Map<String, Value>| is_index && is_list(branch);
        schemas = branches
            .iter()
            .filter_map(|branch| if item(branch) { item_of(branch, 0) } else { member_of(branch, key) })
            .collect();
    }
    let branches = branches(root, &schemas);
    branches.iter().any(|branch| !says_nothing(branch)).then(|| branches.into_iter().any(is_list))
}

/// Returns whether a schema, without its references and branches, does not show the type of its values.
fn says_nothing(schema: &Map<String, Value>) -> bool {
    !["type", "properties", "additionalProperties", "items", "enum", "const"]
        .iter()
        .any(|key| schema.contains_key(*key))
}

fn is_list(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == "array",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "array"),
        _ => false,
    }
}

/// Returns the schemas, their references, and all branches of their unions.
fn branches<'a>(root: Root<'a>, schemas: &[&'a Value]) -> Vec<&'a Map<String, Value>> {
    let mut found: Vec<&'a Map<String, Value>> = Vec::new();
    let mut pending: Vec<&'a Value> = schemas.to_vec();
    while let Some(schema) = pending.pop() {
        let Some(object) = schema.as_object() else { continue };
        if found.iter().any(|known| ptr::eq(*known, object)) {
            continue;
        }
        found.push(object);
        pending.extend(root.target(object).into_iter().chain(list(object, "allOf")).chain(unions(object).flatten()));
    }
    found
}

/// Converts the strings in a value to the types of the schemas that apply to it, as [`typed`] does. References start at `root`.
fn typed_by<'a>(root: Root<'a>, schemas: &[&'a Value], value: Value) -> Value {
    let layers = root.layers(schemas, &value);
    let is_list = layers.iter().any(|layer| is_list(layer));
    let elements = |items: Vec<Value>| {
        let element = |(index, item): (usize, Value)| {
            let below: Vec<_> = layers.iter().filter_map(|layer| item_of(layer, index)).collect();
            typed_by(root, &below, item)
        };
        Value::Array(items.into_iter().enumerate().map(element).collect())
    };
    let value = match value {
        Value::Object(members) if is_list => numbered(members, false),
        Value::Object(members) if layers.iter().all(|layer| says_nothing(layer)) => numbered(members, true),
        value => value,
    };
    match value {
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| {
                let below: Vec<_> = layers.iter().filter_map(|layer| member_of(layer, &name)).collect();
                let value = typed_by(root, &below, value);
                (name, value)
            };
            Value::Object(members.into_iter().map(member).collect())
        }
        Value::Array(items) => elements(items),
        Value::String(text) => {
            let target = |schema: &&'a Value| schema.as_object().and_then(|own| root.target(own)).unwrap_or(schema);
            let mut values = schemas.iter().map(|schema| parse_text(target(schema), &text));
            match values.find(|value| !value.is_string()) {
                Some(value) => value,
                None if is_list => elements(vec![Value::String(text)]),
                None => Value::String(text),
            }
        }
        other => other,
    }
}

/// Returns an object as a list if all its names are numbers and, if `without_gaps` is set, they are 0, 1, 2 and so on.
fn numbered(members: Map<String, Value>, without_gaps: bool) -> Value {
    let number = |name: &String| name.parse::<u32>().ok().filter(|number| number.to_string() == *name);
    let mut numbers: Vec<u32> = members.keys().filter_map(number).collect();
    numbers.sort_unstable();
    let fits = numbers.len() == members.len() && !numbers.is_empty();
    if !fits || (without_gaps && !(0_u32..).zip(&numbers).all(|(expected, number)| expected == *number)) {
        return Value::Object(members);
    }
    let mut items: Vec<_> = members.into_iter().map(|(name, value)| (number(&name), value)).collect();
    items.sort_by_key(|(number, _)| *number);
    Value::Array(items.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "amount": { "type": "integer" },
                "note": { "type": "string" },
                "tags": { "type": ["array", "null"], "items": { "type": "string" } },
                "sizes": { "type": "array", "items": { "type": "number" } },
                "items": { "type": "array", "items": { "$ref": "#/$defs/Item" } },
                "ship": { "anyOf": [{ "$ref": "#/$defs/Item" }, { "type": "null" }] },
                "more": { "type": "object", "additionalProperties": { "type": "boolean" } },
                "counts": { "type": "object", "patternProperties": { "^\\d+$": { "type": "integer" } }, "additionalProperties": false },
            },
            "$defs": { "Item": {
                "type": "object",
                "properties": { "price": { "type": "integer" }, "of": { "type": "array", "items": { "$ref": "#/$defs/Item" } } },
                "required": ["price"],
            } },
        })
    }

    #[test]
    fn texts_are_converted_to_the_types_of_the_schema() {
        let raw = json!({
            "amount": "7", "note": "7", "tags": "a", "sizes": ["1", "2.5"],
            "items": { "10": { "price": "2", "of": { "0": { "price": "3" } } }, "2": { "price": "1" } },
            "ship": { "price": "4" }, "more": { "0": "true", "x": "y" }, "unknown": { "1": "b", "0": "a" }, "gap": { "1": "a" },
            "counts": { "7": "1" },
        });
        let expected = json!({
            "amount": 7, "note": "7", "tags": ["a"], "sizes": [1, 2.5],
            "items": [{ "price": 1 }, { "price": 2, "of": [{ "price": 3 }] }],
            "ship": { "price": 4 }, "more": { "0": true, "x": "y" }, "unknown": ["a", "b"], "gap": { "1": "a" },
            "counts": { "7": 1 },
        });
        assert_eq!(typed(&schema(), raw), expected);
    }

    #[test]
    fn the_schema_shows_which_keys_expect_a_list() {
        for (keys, is_list) in [
            (&["tags"][..], Some(true)),
            (&["sizes"], Some(true)),
            (&["items", "0", "of"], Some(true)),
            (&["items", "", "of"], Some(true)),
            (&["ship", "of"], Some(true)),
            (&["note"], Some(false)),
            (&["items", "0", "price"], Some(false)),
            (&["more", "x"], Some(false)),
            (&["unknown", "x"], None),
        ] {
            assert_eq!(is_list_at(&schema(), keys), is_list, "{keys:?}");
        }
    }
}
