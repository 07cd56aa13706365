//! The types of JSON Schema: their names in other spellings, and the values that texts represent.

use super::scalar;
use serde_json::Value;

/// Returns the JSON type for a name.
pub(super) fn json_type(word: &str) -> Option<&'static str> {
    Some(match word.trim().to_lowercase().as_str() {
        "string" | "str" | "text" | "date" | "datetime" | "date-time" | "time" | "timestamp" | "uuid" | "uri"
        | "url" | "email" | "enum" | "file" | "binary" | "byte" | "bytes" | "base64" | "password" | "char" => "string",
        "integer" | "int" | "int32" | "int64" | "long" => "integer",
        "number" | "float" | "double" | "decimal" | "numeric" | "num" => "number",
        "boolean" | "bool" | "flag" => "boolean",
        "array" | "list" | "set" | "collection" => "array",
        "object" | "map" | "dict" | "dictionary" | "hash" | "json" | "record" | "struct" => "object",
        _ => return None,
    })
}

/// Returns the number or boolean that a string represents, if it is of the given type.
pub(super) fn scalar_of(text: &str, kind: Option<&str>) -> Option<Value> {
    let value = scalar::plain(text.trim())?;
    let fits = match kind {
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => false,
    };
    fits.then_some(value)
}
