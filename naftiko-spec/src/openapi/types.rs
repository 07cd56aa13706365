//! The types of an operation, for which documents have no keys; and the schema of a file.

use crate::model::BodyKind;
use serde_json::{Map, Value, json};

/// The schemas of one operation, for which documents have no keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OperationTypes {
    /// The JSON Schema (2020-12) of each argument, in the order of [`Fragment::arguments`](crate::fragment::Fragment::arguments).
    pub inputs: Vec<Value>,
    /// The JSON Schema of the result, if the operation returns one.
    pub output: Option<Value>,
    /// Whether the operation passes on JSON without a known schema.
    pub raw: bool,
    /// Whether the result is a file, without a known media type.
    pub file: bool,
    /// Whether the result is a stream of items; `output` is the schema of an array of them.
    pub stream: bool,
    /// The statuses that its error type distinguishes.
    pub errors: Vec<ErrorType>,
}

impl OperationTypes {
    /// Returns the schema of an item of a stream.
    pub(crate) fn item(&self) -> Option<Value> {
        let all = self.output.as_ref().filter(|_| self.stream)?;
        let mut item = all.get("items").cloned().unwrap_or_else(|| Value::Object(Map::new()));
        if let (Some(definitions), Value::Object(item)) = (all.get("$defs"), &mut item) {
            item.entry("$defs").or_insert_with(|| definitions.clone());
        }
        Some(item)
    }
}

/// A status that an operation's error type distinguishes.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorType {
    /// The status.
    pub status: u16,
    /// Its meaning.
    pub description: String,
    /// The JSON Schema of the API's answer with this status, if it is known.
    pub body: Option<Value>,
}

/// Returns the schema of a file of any type.
pub(super) fn binary() -> Value {
    json!({ "contentMediaType": BodyKind::Binary.media_type() })
}
