//! The schemas of inputs.

use crate::model::InputParameter;
use serde_json::{Map, Value, json};

/// Returns the JSON Schema of a parameter.
pub(super) fn schema(parameter: &InputParameter) -> Value {
    if parameter.format.as_deref() == Some("binary") {
        return file();
    }
    let mut schema = Map::new();
    if let Some(kind) = &parameter.kind
        && matches!(kind.as_str(), "string" | "number" | "integer" | "boolean" | "array" | "object")
    {
        schema.insert("type".to_owned(), kind.as_str().into());
        if kind == "array" {
            let items = parameter.items.clone().filter(Value::is_object).unwrap_or_else(|| json!({}));
            schema.insert("items".to_owned(), items);
        }
    }
    if let Some(pattern) = &parameter.pattern {
        schema.insert("pattern".to_owned(), pattern.as_str().into());
    }
    if !parameter.choices.is_empty() {
        schema.insert("enum".to_owned(), parameter.choices.clone().into());
    }
    for (keyword, bound) in parameter.bounds() {
        schema.extend(bound.clone().map(|bound| (keyword.to_owned(), Value::Number(bound))));
    }
    schema.extend(parameter.constraints.clone());
    if !parameter.examples.is_empty() {
        schema.insert("examples".to_owned(), parameter.examples.clone().into());
    }
    if let Some(default) = &parameter.default {
        schema.insert("default".to_owned(), default.clone());
    }
    Value::Object(schema)
}

/// Returns the JSON Schema of a file for callers who send JSON: its content in base64, its name and its media type.
#[must_use]
pub fn file() -> Value {
    json!({
        "type": "object",
        "description": "A file.",
        "required": ["data"],
        "properties": {
            "data": { "type": "string", "contentEncoding": "base64", "description": "Its content, in base64." },
            "filename": { "type": "string", "description": "Its file name." },
            "mimeType": { "type": "string", "description": "Its media type." },
        },
        "additionalProperties": false,
    })
}
