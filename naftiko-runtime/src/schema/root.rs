//! The keywords that an author adds at the root of a tool's input schema: rules about several arguments, definitions, and so on.

use super::messages::short;
use super::pointer::pointer;
use super::types::InputSchema;
use super::validator::compiled;
use crate::error::{Error, Result};
use crate::numbers::parse_finite;
use bytes::Bytes;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use naftiko_spec::pointer::escape;
use serde_json::{Map, Value, json};

/// The rules of an input schema about all arguments.
pub(crate) struct RootKeywords {
    rules: Result<Validator, String>,
}

impl RootKeywords {
    /// Adds keywords to `schema`, the schema of a tool's arguments, and compiles them. If they are invalid, logs the error, and `check`
    /// rejects every call.
    pub(crate) fn add(tool: &str, keywords: &Value, schema: &mut Map<String, Value>) -> Self {
        let empty = Map::new();
        let keywords = keywords.as_object().unwrap_or(&empty);
        merge(keywords, schema);
        let rules = compiled(&enforced(keywords, schema)).map_err(|error| error.masked().to_string());
        if let Err(error) = &rules {
            tracing::error!(tool, error, "the input schema is not valid, so the tool cannot be called");
        }
        Self { rules }
    }

    /// Checks all arguments of a call, which are JSON. A null means that an optional argument is absent.
    ///
    /// # Errors
    /// Returns an error if the arguments do not match the schema, or if the schema is invalid.
    pub(crate) fn check(&self, inputs: &[InputSchema], arguments: Option<&Bytes>) -> Result<()> {
        let rules = self.rules.as_ref();
        let rules =
            rules.map_err(|why| Error::internal(format!("the input schema of the tool is not valid: {why}")))?;
        let arguments = arguments.filter(|json| json.trim_ascii() != b"null");
        let mut arguments: Value = match arguments {
            Some(json) => {
                let json = std::str::from_utf8(json).map_err(Error::internal)?;
                parse_finite(json).map_err(Error::internal)?
            }
            None => json!({}),
        };
        if let Value::Object(members) = &mut arguments {
            let is_optional =
                |name: &str| inputs.iter().any(|input| input.argument.name == name && !input.argument.required);
            members.retain(|name, value| !(value.is_null() && is_optional(name)));
        }
        rules.validate(&arguments).map_err(|error| {
            let (at, why) = explained(&error);
            Error::argument(at, format!("the arguments do not match the input schema of the tool: {why}"))
        })
    }
}

/// Adds the keywords to the schema of the arguments. A keyword replaces the keyword of the same name in that schema, except that the
/// members of `properties` and `$defs` and the names of `required` are merged.
fn merge(keywords: &Map<String, Value>, schema: &mut Map<String, Value>) {
    for (keyword, given) in keywords {
        match (keyword.as_str(), schema.get_mut(keyword), given) {
            ("properties" | "$defs", Some(Value::Object(own)), Value::Object(given)) => own.extend(given.clone()),
            ("required", Some(Value::Array(own)), Value::Array(given)) => {
                let new: Vec<Value> = given.iter().filter(|name| !own.contains(name)).cloned().collect();
                own.extend(new);
            }
            _ => {
                schema.insert(keyword.clone(), given.clone());
            }
        }
    }
}

/// Returns the keywords, with all arguments in `properties`, since `additionalProperties` and `unevaluatedProperties`
/// depend on their names. The schema of an argument, from the merged `schema`, is included only if a reference leads to
/// it: the argument itself has been checked already.
fn enforced(keywords: &Map<String, Value>, schema: &Map<String, Value>) -> Value {
    let mut enforced = keywords.clone();
    let mut references = Vec::new();
    keywords.values().for_each(|value| references_of(value, &mut references));
    let is_referenced = |name: &str| {
        let name = escape(name);
        // A reference may contain percent-encoded characters (RFC 6901, section 6).
        let leads = |rest: &str| rest.contains('%') || rest.split('/').next() == Some(&*name);
        references.iter().any(|reference| reference.strip_prefix("#/properties/").is_some_and(leads))
    };
    let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let own: Vec<(&String, &Value)> = own.collect();
    let needs_definitions = references.iter().any(|reference| reference.starts_with("#/$defs/"));
    if (needs_definitions || own.iter().any(|(name, _)| is_referenced(name)))
        && let Some(definitions) = schema.get("$defs")
    {
        enforced.insert("$defs".to_owned(), definitions.clone());
    }
    if let Value::Object(members) = enforced.entry("properties").or_insert_with(|| json!({})) {
        for (name, schema) in own {
            let schema = || if is_referenced(name) { schema.clone() } else { Value::Bool(true) };
            members.entry(name.clone()).or_insert_with(schema);
        }
    }
    Value::Object(enforced)
}

/// Adds the references in a schema to `found`.
fn references_of<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
    match schema {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| references_of(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references_of(value, found)),
        _ => {}
    }
}

/// Returns the location of a mistake and what is wrong. An argument that is not allowed is named.
fn explained(error: &ValidationError<'_>) -> (String, String) {
    let at = error.instance_path().to_string();
    let not_allowed = |at: String| {
        let why = format!("`{}` is not allowed with these arguments", short(at.strip_prefix('/').unwrap_or(&at)));
        (at, why)
    };
    match error.kind() {
        ValidationErrorKind::FalseSchema if !at.is_empty() => not_allowed(at),
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => match unexpected.first() {
            Some(name) => not_allowed(at + &pointer(name)),
            None => (at, error.masked().to_string()),
        },
        _ => (at, error.masked().to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn keywords_are_added_to_those_of_the_arguments() {
        let given = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": { "b": { "type": "string" } },
            "required": ["a", "c"],
            "anyOf": [{ "required": ["b"] }],
        });
        let Value::Object(mut schema) =
            json!({ "type": "object", "properties": { "a": {}, "b": {} }, "required": ["a"] })
        else {
            panic!()
        };
        RootKeywords::add("t", &given, &mut schema);
        let expected = json!({
            "type": "object",
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": { "a": {}, "b": { "type": "string" } },
            "required": ["a", "c"],
            "anyOf": [{ "required": ["b"] }],
        });
        assert_eq!(Value::Object(schema), expected);
    }

    #[test]
    fn keywords_can_refer_to_the_definitions_of_the_arguments() {
        let node = json!({ "type": "object", "properties": { "id": { "type": "integer" } } });
        let argument = json!({ "$ref": "#/$defs/Node" });
        let Value::Object(mut schema) =
            json!({ "type": "object", "properties": { "a": argument, "b": true }, "$defs": { "Node": node } })
        else {
            panic!()
        };
        let both = json!({ "properties": { "b": { "$ref": "#/$defs/Node" } } });
        let keywords = RootKeywords::add("t", &json!({ "allOf": [both] }), &mut schema);
        keywords.check(&[], Some(&Bytes::from_static(b"{\"b\":{\"id\":1}}"))).unwrap();
        keywords.check(&[], Some(&Bytes::from_static(b"{\"b\":{\"id\":\"x\"}}"))).unwrap_err();
    }

    #[test]
    fn calls_are_checked_and_an_invalid_schema_refuses_all() {
        let add = |keywords: &Value| RootKeywords::add("t", keywords, &mut Map::new());
        let keywords = add(&json!({ "anyOf": [{ "required": ["b"] }, { "required": ["c"] }] }));
        keywords.check(&[], Some(&Bytes::from_static(b"{\"b\":1}"))).unwrap();
        let error = keywords.check(&[], None).unwrap_err().to_string();
        assert!(error.contains("the arguments do not match the input schema of the tool"), "{error}");
        let invalid = add(&json!({ "anyOf": 1 }));
        assert_eq!(invalid.check(&[], None).unwrap_err().kind(), crate::error::ErrorKind::Internal);
    }
}
