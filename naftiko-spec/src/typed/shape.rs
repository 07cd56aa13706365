//! Converts JSON Schemas to parameters of the specification: types, properties, items and JSONPath expressions.

use crate::model::OutputParameter;
use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::cell::Cell;

/// The maximum depth of a declared output. At this depth, objects have no declared members, and items of arrays are declared as objects.
const MAX_DEPTH: usize = 12;

/// The number of parameters of an output after which no more members are declared. A dozen types that contain each other would have
/// billions of them.
const MAX_PARAMETERS: usize = 10_000;

/// The maximum number of schemas that are read to determine a type.
const MAX_SCHEMAS: usize = 1000;

/// The whole answer, as published documents write it.
const WHOLE: &str = "$.";

/// Returns the type of an input: `string`, `number`, `integer`, `boolean`, `array` or `object`; `None` if the schema does not
/// determine it.
pub(super) fn input_kind(schema: &Value) -> Option<&'static str> {
    kind(schema, schema)
}

/// Returns the type of an output: as for an input, but integers are numbers, and an undetermined type is `object`.
pub(super) fn output_kind(schema: &Value) -> &'static str {
    output_type(input_kind(schema))
}

/// Converts the type of an input to the type of an output.
fn output_type(kind: Option<&'static str>) -> &'static str {
    match kind {
        Some("integer") => "number",
        Some(kind) => kind,
        None => "object",
    }
}

/// Returns the output of a route, or of a tool with a call: one parameter, with its nested properties and items.
pub(super) fn output(schema: &Value) -> OutputParameter {
    let remaining = Cell::new(MAX_PARAMETERS);
    let mut whole = Outputs { root: schema, inside: Vec::new(), remaining: &remaining }.parameter(schema, "$");
    whole.mapping = Some(WHOLE.to_owned());
    whole
}

/// Returns the outputs of a tool without a call: at least one named value.
pub(super) fn named_outputs(schema: Option<&Value>) -> Vec<OutputParameter> {
    let parameter = |name: &str, kind: &str| OutputParameter {
        name: Some(name.to_owned()),
        kind: kind.to_owned(),
        value: Some(format!("{{{{{name}}}}}")),
        ..OutputParameter::default()
    };
    let properties = schema.and_then(|root| properties(root, resolved(root, root)));
    let scalar = |name: &str, schema: &Value, root: &Value| {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let kind = output_type(kind(root, schema));
        (plain && matches!(kind, "string" | "number" | "boolean")).then(|| parameter(name, kind))
    };
    let root = schema.unwrap_or(&Value::Null);
    let named: Option<Vec<_>> = properties
        .map(|properties| properties.iter().map(|(name, schema)| scalar(name, schema, root)).collect())
        .unwrap_or_default();
    // Without members, or if a member is not a scalar with a plain name, the output is a JSON text.
    named.filter(|named| !named.is_empty()).unwrap_or_else(|| vec![parameter("result", "string")])
}

/// A converter of a schema to output parameters.
struct Outputs<'a> {
    root: &'a Value,
    /// The schemas being converted; a recursive reference to one of them is not followed.
    inside: Vec<&'a Value>,
    /// How many more parameters may be declared; beyond them, objects have no declared members, as at [`MAX_DEPTH`].
    remaining: &'a Cell<usize>,
}

impl<'a> Outputs<'a> {
    /// Returns the parameter for the value at a path.
    fn parameter(&self, schema: &'a Value, path: &str) -> OutputParameter {
        let schema = alternative(self.root, resolved(self.root, schema));
        let kind = output_type(kind(self.root, schema));
        let plain = OutputParameter { kind: kind.to_owned(), ..OutputParameter::default() };
        self.remaining.set(self.remaining.get().saturating_sub(1));
        let may_descend = self.remaining.get() > 0
            && self.inside.len() < MAX_DEPTH
            && !self.inside.iter().any(|outer| std::ptr::eq(*outer, schema));
        let inside = self.inside.iter().copied().chain([schema]).collect();
        let deeper = Self { root: self.root, inside, remaining: self.remaining };
        match kind {
            // An object with declared members has no path; its members have paths.
            "object" => {
                let properties = properties(self.root, schema).filter(|_| may_descend);
                let member = |(name, schema): (&String, &'a Value)| {
                    (name.clone(), deeper.parameter(schema, &format!("{path}{}", step(name))))
                };
                let properties: IndexMap<_, _> = properties.into_iter().flatten().map(member).collect();
                let mapping = (properties.is_empty()).then(|| path.to_owned());
                OutputParameter { properties: Some(properties), mapping, ..plain }
            }
            "array" => {
                let items = schema.get("items").filter(|_| may_descend).unwrap_or(&Value::Null);
                // Paths in an element start at the element.
                let items = Some(Box::new(deeper.parameter(items, "$")));
                OutputParameter { items, mapping: Some(path.to_owned()), ..plain }
            }
            _ => OutputParameter { mapping: Some(path.to_owned()), ..plain },
        }
    }
}

/// Returns a step of a JSONPath to a member (RFC 9535, section 2.5.1).
fn step(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!(".{name}") } else { format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")) }
}

/// Returns the members of an object, if the schema names them.
fn properties<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Map<String, Value>> {
    alternative(root, schema).get("properties")?.as_object()
}

/// Follows `$ref` to the schema that it refers to.
fn resolved<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    // A longer chain is a cycle.
    for _ in 0..MAX_DEPTH {
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|reference| root.pointer(reference.strip_prefix('#')?));
        match target {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

/// Returns the only schema of `anyOf` or `oneOf` that is not null (an `Option`); the schema itself if there is not exactly one.
fn alternative<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let schemas = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)).and_then(Value::as_array);
    let mut some =
        schemas.into_iter().flatten().filter(|schema| schema.get("type").and_then(Value::as_str) != Some("null"));
    match (some.next(), some.next()) {
        (Some(only), None) => resolved(root, only),
        _ => schema,
    }
}

/// Returns the type that a schema determines; its references are resolved in `root`.
fn kind(root: &Value, schema: &Value) -> Option<&'static str> {
    kind_within(root, schema, 0, &Cell::new(MAX_SCHEMAS))
}

/// Returns the type that a schema determines; `None` if it is nested too deeply, or if no more schemas may be read (`remaining`).
fn kind_within(root: &Value, schema: &Value, depth: usize, remaining: &Cell<usize>) -> Option<&'static str> {
    if depth > MAX_DEPTH || remaining.get() == 0 {
        return None;
    }
    remaining.set(remaining.get() - 1);
    let schema = resolved(root, schema);
    let known = |name: &str| {
        ["string", "number", "integer", "boolean", "array", "object"].into_iter().find(|word| *word == name)
    };
    match schema.get("type") {
        Some(Value::String(name)) => return known(name),
        Some(Value::Array(names)) => return names.iter().filter_map(Value::as_str).find_map(known),
        _ => {}
    }
    if let Some(value) = schema.get("const").or_else(|| schema.get("enum")?.as_array()?.first()) {
        return match value {
            Value::String(_) => Some("string"),
            Value::Number(_) => Some("number"),
            Value::Bool(_) => Some("boolean"),
            Value::Array(_) => Some("array"),
            Value::Object(_) => Some("object"),
            Value::Null => None,
        };
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(schemas) = schema.get(key).and_then(Value::as_array) {
            let mut kinds = schemas.iter().filter_map(|schema| kind_within(root, schema, depth + 1, remaining));
            let first = kinds.next()?;
            return kinds.all(|other| other == first).then_some(first);
        }
    }
    let has = |key| schema.get(key).is_some();
    if has("properties") { Some("object") } else { has("items").then_some("array") }
}

#[cfg(test)]
mod tests;
