//! Keywords that are added at the root of a tool's input schema.

use serde_json::Value;

/// The reason why a value cannot be added to an input schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputSchemaFault {
    /// It is not an object.
    NotAnObject,
    /// Its `type` is not `object`.
    OtherType,
}

impl InputSchemaFault {
    /// Returns what to do about it.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::NotAnObject => {
                "write keywords of JSON Schema, such as `{ \"anyOf\": [{ \"required\": [\"phone\"] }] }`"
            }
            Self::OtherType => "write `\"type\": \"object\"`, or remove `type`",
        }
    }
}

/// Returns why a value cannot be added to an input schema; `None` if it can.
#[must_use]
pub fn wrong_input_schema(schema: &Value) -> Option<InputSchemaFault> {
    let Value::Object(keywords) = schema else { return Some(InputSchemaFault::NotAnObject) };
    let other = keywords.get("type").is_some_and(|kind| kind != "object");
    other.then_some(InputSchemaFault::OtherType)
}
