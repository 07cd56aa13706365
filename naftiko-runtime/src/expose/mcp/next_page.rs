//! Tells an agent how to get the next page of a result: the arguments that change.

use super::tools::ToolEntry;
use crate::operation::NextPage;
use serde_json::Value;

/// Returns a note about the next page. `continued` is whether the call continued a truncated answer, with a cursor. The
/// next call must omit that cursor, which is valid only with the arguments of this call.
pub(super) fn note(entry: &ToolEntry, next: &NextPage, continued: bool) -> String {
    let inputs = entry.inputs();
    let changes = next.changes.iter().filter_map(|(index, texts)| {
        let input = inputs.get(*index)?;
        let values: Vec<String> = texts.iter().map(|text| typed(&input.schema, text)).collect();
        let value = match values.as_slice() {
            // Null means absence.
            [] => "null".to_owned(),
            [value] if !input.argument.many => value.clone(),
            values => format!("[{}]", values.join(",")),
        };
        Some(format!("{}:{value}", quoted(&input.argument.name)))
    });
    let changes = format!("{{{}}}", changes.collect::<Vec<_>>().join(","));
    let without =
        entry.limit.as_ref().filter(|_| continued).map(|limit| format!(", and without `{}`", limit.argument()));
    let without = without.unwrap_or_default();
    format!(
        "There are more results. For the next page, call the tool with the same arguments, except {changes}{without}"
    )
}

/// Returns a string as JSON of the type in the schema: as a number, if the schema allows a number but not a string. A number keeps
/// all its digits.
fn typed(schema: &Value, text: &str) -> String {
    let allows = |kind: &str| match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        _ => false,
    };
    let is_number = (allows("integer") || allows("number")) && !allows("string");
    let number =
        || Some(text.trim()).filter(|text| serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_number()));
    is_number.then(number).flatten().map_or_else(|| quoted(text), str::to_owned)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::typed;
    use serde_json::json;

    #[test]
    fn a_cursor_has_the_type_of_its_argument() {
        for (schema, text, value) in [
            (json!({ "type": "integer" }), "7", "7"),
            (json!({ "type": ["integer", "null"] }), "7", "7"),
            (json!({ "type": ["string", "integer"] }), "7", "\"7\""),
            (json!({ "type": "string" }), "7", "\"7\""),
            (json!({}), "7", "\"7\""),
            (json!({ "type": "integer" }), "x\"", "\"x\\\"\""),
            (json!({ "type": "integer" }), "123456789012345678901234567890", "123456789012345678901234567890"),
            (json!({ "type": "number" }), "0.10000000000000000000001", "0.10000000000000000000001"),
        ] {
            assert_eq!(typed(&schema, text), value, "{schema} {text}");
        }
    }
}
