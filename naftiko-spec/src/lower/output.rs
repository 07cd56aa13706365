//! The JSON Schema of an operation's result, with only what its output parameters guarantee.
//!
//! A value that the upstream leaves out is null, and a value of another type than the declared one is passed on unchanged. So
//! `type` is specified only for values that do not come from the upstream as they are: a whole result with declared members, and
//! constants. `properties` and `items` apply only to objects and arrays (JSON Schema 2020-12), so they need no union with null.

use super::plan::{Shaping, Source, is_scalar};
use crate::jsonpath::Path;
use crate::model::OutputParameter;
use serde_json::{Map, Number, Value, json};

/// The maximum length of a number in a document, in bytes.
const MAX_NUMBER: usize = 400;

/// The maximum nesting of output parameters.
pub const DEEPEST_OUTPUT: usize = 64;

impl Shaping {
    /// Returns whether the result is the whole answer unchanged, so that it need not be decoded.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let Self::One(one) = self else { return false };
        let whole = |mapping: &String| Path::parse(mapping).is_ok_and(|path| path.is_whole());
        one.value.is_none()
            && one.max_length.is_none()
            && one.mapping.as_ref().is_none_or(whole)
            && !has_members(one)
            && (one.kind != "array" || one.items.is_none())
            && matches!(one.kind.as_str(), "object" | "array" | "")
    }
}

/// Returns the schema of a shaped answer; `{}` if the document does not declare it.
///
/// The schema has `"type": "object"` if the result is always an object.
#[must_use]
pub fn output_schema(shaping: &Shaping) -> Value {
    match shaping {
        Shaping::Part(_) => json!({}),
        Shaping::One(parameter) => {
            let mut schema = schema_of(parameter, 0);
            if has_members(parameter) && parameter.value.is_none() {
                schema.insert("type".to_owned(), json!("object"));
                // This object is never null, so the generated description does not apply.
                if parameter.description.is_none() {
                    schema.remove("description");
                }
            } else if is_whole(parameter) {
                // Published documents declare `object` for any value.
                schema.clear();
            }
            Value::Object(schema)
        }
        Shaping::Named(parameters) => {
            let members = parameters.iter().filter_map(|member| Some((member.name.as_deref()?, member)));
            let mut schema = object_schema(members, 0);
            schema.insert("type".to_owned(), json!("object"));
            Value::Object(schema)
        }
    }
}

/// Returns the schema of the result of steps: an object with the mapped members, or `{}` if it may be anything.
///
/// A member that the steps do not return is left out, and the values of steps are passed on unchanged.
#[must_use]
pub(super) fn steps_schema(output: &Source, declared: &[OutputParameter]) -> Value {
    let Source::Object(members) = output else { return json!({}) };
    let whole = match declared {
        [one] if one.name.is_none() => one.properties.as_ref(),
        _ => None,
    };
    let properties = members.iter().map(|(name, source)| {
        let output = declared.iter().find(|output| output.name.as_ref() == Some(name));
        let output = output.or_else(|| whole?.get(name));
        (name.clone(), mapped_schema(source, output))
    });
    json!({ "type": "object", "properties": properties.collect::<Map<_, _>>() })
}

/// Returns the schema of a mapped value.
fn mapped_schema(source: &Source, declared: Option<&OutputParameter>) -> Value {
    let mut schema = Map::new();
    match source {
        Source::Constant(constant) => {
            schema.insert("type".to_owned(), json!(type_of(constant)));
        }
        // `targetName: order.id`: the depth of these objects is limited.
        Source::Object(members) => {
            let member = |(name, source): &(String, Source)| {
                let declared = declared.and_then(|output| output.properties.as_ref()?.get(name));
                (name.clone(), mapped_schema(source, declared))
            };
            schema.insert("type".to_owned(), json!("object"));
            schema.insert("properties".to_owned(), Value::Object(members.iter().map(member).collect()));
        }
        _ => {}
    }
    if let Some(description) = declared.and_then(|output| output.description.as_ref()) {
        schema.insert("description".to_owned(), json!(description));
    }
    Value::Object(schema)
}

/// Returns the value of a constant, in the declared type if `text` parses as that type.
#[must_use]
pub fn constant(kind: &str, text: &str) -> Value {
    let value = || Value::String(text.to_owned());
    match kind {
        "number" | "integer" => number(text).map_or_else(value, Value::Number),
        "boolean" => match text.trim() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => value(),
        },
        "array" => parse_json(text).filter(Value::is_array).unwrap_or_else(value),
        "object" => parse_json(text).filter(Value::is_object).unwrap_or_else(value),
        _ => value(),
    }
}

/// Parses a JSON number; `None` if the text is anything else, or longer than 400 bytes.
#[must_use]
pub fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    // Only a number starts with a minus or a digit.
    if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) || text.len() > MAX_NUMBER {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn parse_json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Returns whether a parameter is an object whose members are declared.
fn has_members(parameter: &OutputParameter) -> bool {
    parameter.kind == "object" && parameter.properties.as_ref().is_some_and(|properties| !properties.is_empty())
}

/// Returns whether a parameter is the whole answer unchanged.
fn is_whole(parameter: &OutputParameter) -> bool {
    let all = |mapping: &String| Path::parse(mapping).is_ok_and(|path| path.is_whole());
    parameter.value.is_none()
        && parameter.mapping.as_ref().is_none_or(all)
        && parameter.items.is_none()
        && !has_members(parameter)
        && matches!(parameter.kind.as_str(), "object" | "")
}

/// Returns the schema of an output parameter at a depth: its members or items, its limits and its description.
fn schema_of(parameter: &OutputParameter, depth: usize) -> Map<String, Value> {
    let mut schema = Map::new();
    if let Some(text) = &parameter.value {
        if text.contains("{{") {
            return schema;
        }
        schema.insert("type".to_owned(), json!(type_of(&constant(&parameter.kind, text))));
    } else if depth < DEEPEST_OUTPUT {
        match (&parameter.properties, &parameter.items) {
            (Some(properties), _) if has_members(parameter) => {
                schema = object_schema(properties.iter().map(|(name, member)| (name.as_str(), member)), depth + 1);
            }
            (_, Some(items)) if parameter.kind == "array" => {
                schema.insert("items".to_owned(), Value::Object(schema_of(items, depth + 1)));
            }
            _ => {}
        }
    }
    // `maxLength` applies only to strings.
    if let Some(most) = parameter.max_length {
        schema.insert("maxLength".to_owned(), json!(most));
    }
    let description = parameter.description.clone().unwrap_or_else(|| describe(parameter));
    if !description.is_empty() {
        schema.insert("description".to_owned(), Value::String(description));
    }
    schema
}

/// Returns the JSON type of a constant.
fn type_of(constant: &Value) -> &'static str {
    match constant {
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Bool(_) => "boolean",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::String(_) => "string",
        Value::Null => "null",
    }
}

/// Describes the declared type in words, for readers; the upstream may send another type, so validators must not enforce it.
fn describe(parameter: &OutputParameter) -> String {
    if parameter.value.is_some() {
        return String::new();
    }
    let what = match parameter.kind.as_str() {
        "string" => "A string",
        "number" => "A number",
        "integer" => "An integer",
        "boolean" => "A boolean",
        "array" => "A list",
        "object" => "An object",
        _ => return String::new(),
    };
    let may_be_several = |mapping: &String| Path::parse(mapping).is_ok_and(|path| !path.is_singular());
    if is_scalar(&parameter.kind) && parameter.mapping.as_ref().is_some_and(may_be_several) {
        return format!("{what}, a list if the upstream sends several, or null if it sends none.");
    }
    format!("{what}, or null if the upstream sends none.")
}

/// Returns the schema of an object (or null) that always has all of its members.
fn object_schema<'a>(
    members: impl Iterator<Item = (&'a str, &'a OutputParameter)>,
    depth: usize,
) -> Map<String, Value> {
    // The names are in declared order, which a JSON map does not preserve.
    let mut required: Vec<&str> = Vec::new();
    let mut properties = Map::new();
    for (name, member) in members {
        if properties.insert(name.to_owned(), Value::Object(schema_of(member, depth))).is_none() {
            required.push(name);
        }
    }
    let mut schema = Map::new();
    schema.insert("required".to_owned(), json!(required));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn parameter(json: Value) -> OutputParameter {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_whole_answer_may_have_any_type() {
        for mapping in [json!({ "type": "object", "mapping": "$." }), json!({ "type": "object" })] {
            assert_eq!(output_schema(&Shaping::One(parameter(mapping))), json!({}));
        }
    }

    #[test]
    fn members_are_required_and_nullable() {
        let shaping = Shaping::One(parameter(json!({
            "type": "object",
            "properties": {
                "id": { "type": "string", "mapping": "$.id", "maxLength": 8 },
                "tags": { "type": "array", "mapping": "$.tags", "items": { "type": "string", "description": "One tag." } },
                "version": { "type": "number", "value": "2" },
            },
        })));
        assert_eq!(
            output_schema(&shaping),
            json!({
                "type": "object",
                "required": ["id", "tags", "version"],
                "properties": {
                    "id": { "maxLength": 8, "description": "A string, or null if the upstream sends none." },
                    "tags": {
                        "items": { "description": "One tag." },
                        "description": "A list, or null if the upstream sends none.",
                    },
                    "version": { "type": "integer" },
                },
            })
        );
    }

    #[test]
    fn a_path_that_may_select_several_values_is_described_so() {
        for (kind, mapping, expected) in [
            (
                "string",
                "$.l[?@.k == 'a'].v",
                "A string, a list if the upstream sends several, or null if it sends none.",
            ),
            ("string", "$.l[0].v", "A string, or null if the upstream sends none."),
            ("array", "$.l[*].v", "A list, or null if the upstream sends none."),
        ] {
            let shaping = Shaping::One(parameter(json!({ "type": kind, "mapping": mapping })));
            assert_eq!(output_schema(&shaping)["description"], expected, "{mapping}");
        }
    }

    #[test]
    fn a_constant_has_its_declared_type_if_possible() {
        for (kind, text, expected) in [
            ("number", "5", json!(5)),
            ("number", " 5.5 ", json!(5.5)),
            ("number", "five", json!("five")),
            ("integer", "5", json!(5)),
            ("boolean", "true", json!(true)),
            ("boolean", "yes", json!("yes")),
            ("array", "[1]", json!([1])),
            ("array", "1", json!("1")),
            ("object", r#"{"a":1}"#, json!({ "a": 1 })),
            ("object", "null", json!("null")),
            ("string", "5", json!("5")),
        ] {
            assert_eq!(constant(kind, text), expected, "{kind} {text}");
        }
    }
}
