//! The last pass over a schema before it is published to MCP clients. The pass changes what the clients' validators or the providers
//! of models reject, and removes copies of definitions and keywords that models do not read. The enforced schema does not go
//! through this pass.

use super::subschemas::each_subschema;
use serde_json::{Map, Value, json};

/// Prepares the schema of a tool.
pub(super) fn for_clients(schema: &mut Value) {
    with_items(schema);
    deduplicate_definitions(schema);
}

/// The keywords that do not describe the structure of a result: annotations, and bounds of strings, numbers and lists,
/// which every result satisfies anyway. Declared examples are kept.
const ONLY_DESCRIBE: [&str; 17] = [
    "description",
    "title",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
];

/// Removes the keywords that only describe values from the schema of a result. Keeps everything that clients generate
/// types from or convert results with: types, formats, members and whether they are required, choices.
///
/// Models read the result, not this schema.
pub(super) fn remove_descriptive_keywords(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    object.retain(|keyword, _| !ONLY_DESCRIBE.contains(&keyword.as_str()));
    each_subschema(object, remove_descriptive_keywords);
}

/// The HTML tags that remain at the end of a description that a converter has truncated.
const TAGS: [&str; 10] = ["br", "br/", "p", "pre", "code", "ul", "li", "div", "span", "a"];

/// Returns a description without HTML tags at its end, complete or cut off, and without a last sentence that introduces what
/// would follow the tags: `The token. Example: <br><pre><code class=` is `The token.`
pub(super) fn without_markup_at_end(text: &str) -> &str {
    let mut rest = text.trim_end();
    while let Some((before, tag)) = rest.rsplit_once('<') {
        let name = tag.trim_end_matches('>').split_whitespace().next().unwrap_or_default();
        if tag.trim_end_matches('>').contains('>') || !TAGS.contains(&name.trim_start_matches('/')) {
            break;
        }
        rest = before.trim_end();
    }
    if rest.len() == text.trim_end().len() {
        return text;
    }
    let sentence = rest.rfind(['.', '!', '?', '\n']).map_or(0, |end| end + 1);
    if rest.ends_with(':') && sentence > 0 { rest.get(..sentence).unwrap_or(rest).trim_end() } else { rest }
}

/// Adds `items` to each array: VS Code and `OpenAI` reject a tool that has an array without them.
fn with_items(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    each_subschema(object, with_items);
    let is_array = match object.get("type") {
        Some(Value::String(kind)) => kind == "array",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "array"),
        _ => object.contains_key("prefixItems"),
    };
    if !is_array || object.get("items").is_some_and(Value::is_object) {
        return;
    }
    // A tuple is closed by `items: false`, or by `maxItems` if it equals the number of `prefixItems`.
    let Some(Value::Array(prefix)) = object.get("prefixItems") else {
        object.insert("items".to_owned(), json!({}));
        return;
    };
    let (length, first) = (prefix.len(), prefix.first().cloned());
    let closed = object.get("items") == Some(&Value::Bool(false)) || object.get("maxItems") == Some(&json!(length));
    if closed {
        object.insert("maxItems".to_owned(), json!(length));
    }
    let same = first.filter(|first| closed && prefix_of(object).iter().all(|item| item == first));
    if same.is_some() {
        object.remove("prefixItems");
    }
    object.insert("items".to_owned(), same.unwrap_or_else(|| json!({})));
}

fn prefix_of(object: &Map<String, Value>) -> &[Value] {
    object.get("prefixItems").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Replaces each copy of a definition with a reference: schemars writes a recursive type as a definition, and also inline where it is
/// used.
fn deduplicate_definitions(schema: &mut Value) {
    let Value::Object(root) = schema else { return };
    let Some(Value::Object(mut definitions)) = root.remove("$defs") else { return };
    let own: Vec<(String, Value)> =
        definitions.iter().map(|(name, schema)| (name.clone(), without_description(schema))).collect();
    let whole = without_description(&Value::Object(root.clone()));
    let of_root = own.iter().find(|(_, definition)| *definition == whole).map(|(name, _)| name.clone());
    each_subschema(root, |part| refer(part, &own));
    for definition in definitions.values_mut().filter_map(Value::as_object_mut) {
        each_subschema(definition, |part| refer(part, &own));
    }
    if let Some(name) = of_root {
        definitions.remove(&name);
        let old = format!("#/$defs/{name}");
        each_subschema(root, |part| repoint(part, &old));
        definitions.values_mut().for_each(|part| repoint(part, &old));
    }
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
}

/// Returns a schema without its description, which can differ where the schema is used.
fn without_description(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(object) = &mut schema {
        object.remove("description");
    }
    schema
}

/// Replaces copies of definitions in a schema with references to them.
fn refer(schema: &mut Value, definitions: &[(String, Value)]) {
    let whole = without_description(schema);
    let Value::Object(object) = schema else { return };
    let find = |schema: &Value| definitions.iter().find(|(_, definition)| definition == schema);
    let reference = |name: &str| Value::String(format!("#/$defs/{name}"));
    if let Some((name, _)) = find(&whole) {
        object.retain(|keyword, _| keyword == "description");
        object.insert("$ref".to_owned(), reference(name));
        return;
    }
    // The inline schema of an `Option` has `null` among its types.
    if let Some((name, _)) = without_null(whole).and_then(|whole| find(&whole)) {
        object.retain(|keyword, _| keyword == "description");
        object.insert("anyOf".to_owned(), json!([{ "$ref": reference(name) }, { "type": "null" }]));
        return;
    }
    each_subschema(object, |part| refer(part, definitions));
}

/// Returns a schema whose type is `T` or null with the type `T`; `None` for any other schema.
fn without_null(mut schema: Value) -> Option<Value> {
    let kind = match schema.get("type")?.as_array()?.as_slice() {
        [kind, null] if null == "null" => kind.clone(),
        _ => return None,
    };
    schema["type"] = kind;
    Some(schema)
}

/// Makes references to a definition refer to the root.
fn repoint(schema: &mut Value, old: &str) {
    let Value::Object(object) = schema else { return };
    if let Some(Value::String(reference)) = object.get_mut("$ref")
        && reference == old
    {
        "#".clone_into(reference);
    }
    each_subschema(object, |part| repoint(part, old));
}

#[cfg(test)]
mod tests {
    use super::without_markup_at_end;

    #[test]
    fn only_markup_at_the_end_is_left_out() {
        for (text, shown) in [
            ("The token. Example: <br><pre><code class=", "The token."),
            ("The token.<br/>", "The token."),
            ("Example: <br>", "Example:"),
            ("A `Vec<T>`", "A `Vec<T>`"),
            ("See <https://example.com>", "See <https://example.com>"),
            ("<p>The token.</p>", "<p>The token."),
            ("One of:", "One of:"),
            ("a < p > b", "a < p > b"),
        ] {
            assert_eq!(without_markup_at_end(text), shown, "{text}");
        }
    }
}
