//! The keywords that an author adds at the root of a tool's input schema: rules about several arguments, definitions, and so on.

use super::InputSchema;
use super::check::compiled;
use crate::error::{Error, Result};
use crate::numbers::parse_finite;
use bytes::Bytes;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// The keywords at the root of an input schema.
pub(crate) struct RootKeywords {
    keywords: Map<String, Value>,
    rules: Result<Validator, String>,
}

impl RootKeywords {
    /// Reads the keywords of a JSON Schema. If the schema is invalid, logs the error, and `check` rejects every call.
    pub(crate) fn new(tool: &str, schema: &Value) -> Self {
        let rules = compiled(schema).map_err(|error| error.masked().to_string());
        if let Err(error) = &rules {
            tracing::error!(tool, error, "the input schema is not valid, so the tool cannot be called");
        }
        Self { keywords: schema.as_object().cloned().unwrap_or_default(), rules }
    }

    /// Adds the keywords to the schema of the arguments. A keyword replaces the keyword of the same name in that schema, except that the
    /// members of `properties` and `$defs` and the names of `required` are merged.
    pub(crate) fn publish(&self, schema: &mut Map<String, Value>) {
        for (keyword, given) in &self.keywords {
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
            let at = error.instance_path().to_string();
            let why = error.masked().to_string();
            Error::argument(at, format!("the arguments do not match the input schema of the tool: {why}"))
        })
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
        RootKeywords::new("t", &given).publish(&mut schema);
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
    fn calls_are_checked_and_an_invalid_schema_refuses_all() {
        let keywords = RootKeywords::new("t", &json!({ "anyOf": [{ "required": ["b"] }, { "required": ["c"] }] }));
        keywords.check(&[], Some(&Bytes::from_static(b"{\"b\":1}"))).unwrap();
        let error = keywords.check(&[], None).unwrap_err().to_string();
        assert!(error.contains("the arguments do not match the input schema of the tool"), "{error}");
        let invalid = RootKeywords::new("t", &json!({ "anyOf": 1 }));
        assert_eq!(invalid.check(&[], None).unwrap_err().kind(), crate::error::ErrorKind::Internal);
    }
}
