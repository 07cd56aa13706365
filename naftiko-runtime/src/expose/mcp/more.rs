//! Tells an agent how to get the next page of a result: the arguments that change.

use super::tools::ToolEntry;
use crate::operation::NextPage;
use serde_json::{Map, Value};

/// Returns the text about the next page. `continued` is whether the call had the cursor of a cut answer, which is only valid for this page.
pub(super) fn text(entry: &ToolEntry, next: &NextPage, continued: bool) -> String {
    let inputs = entry.inputs();
    let changes = next.changes.iter().filter_map(|(index, texts)| {
        let input = inputs.get(*index)?;
        let typed = |text: &String| typed(&input.schema, text);
        let value = match texts.as_slice() {
            // Null means absence.
            [] => Value::Null,
            [text] if !input.argument.many => typed(text),
            texts => texts.iter().map(typed).collect(),
        };
        Some((input.argument.name.clone(), value))
    });
    let changes = Value::Object(changes.collect::<Map<_, _>>());
    let without =
        entry.limit.as_ref().filter(|_| continued).map(|limit| format!(", and without `{}`", limit.argument()));
    let without = without.unwrap_or_default();
    format!(
        "There are more results. For the next page, call the tool with the same arguments, except {changes}{without}"
    )
}

/// Returns a text as the schema has it: as a number, if it may be one and may not be a text.
fn typed(schema: &Value, text: &str) -> Value {
    let allows = |kind: &str| match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        _ => false,
    };
    let is_number = (allows("integer") || allows("number")) && !allows("string");
    let number = || serde_json::from_str::<Value>(text).ok().filter(Value::is_number);
    is_number.then(number).flatten().unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::typed;
    use serde_json::json;

    #[test]
    fn a_cursor_has_the_type_of_its_argument() {
        for (schema, text, value) in [
            (json!({ "type": "integer" }), "7", json!(7)),
            (json!({ "type": ["integer", "null"] }), "7", json!(7)),
            (json!({ "type": ["string", "integer"] }), "7", json!("7")),
            (json!({ "type": "string" }), "7", json!("7")),
            (json!({}), "7", json!("7")),
            (json!({ "type": "integer" }), "x", json!("x")),
        ] {
            assert_eq!(typed(&schema, text), value, "{schema} {text}");
        }
    }
}
