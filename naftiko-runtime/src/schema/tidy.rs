//! Tidies a schema so that real clients accept it: no bare `true`, no null unions for optional members, no formats for
//! the width of a number, and `enum` lists where schemars writes a union of constants.

use super::subschemas::each_subschema;
use serde_json::{Map, Value, json};

/// The formats that schemars adds for the width of a number; some clients reject them.
const WIDTHS: [&str; 14] = [
    "int8", "int16", "int32", "int64", "int128", "int", "uint8", "uint16", "uint32", "uint64", "uint128", "uint",
    "float", "double",
];

/// A function that returns whether null differs from absence for a member, given all members of its object and its name.
pub(super) type KeepsNull<'a> = &'a dyn Fn(&Map<String, Value>, &str) -> bool;

/// Tidies a schema and all its subschemas.
pub(super) fn tidy(schema: &mut Value, keeps_null: KeepsNull<'_>) {
    match schema {
        Value::Bool(true) => *schema = json!({}),
        Value::Object(object) => {
            if object.get("format").and_then(Value::as_str).is_some_and(|format| WIDTHS.contains(&format)) {
                object.remove("format");
            }
            // A null default means the same as no default.
            if object.get("default") == Some(&Value::Null) {
                object.remove("default");
            }
            for keyword in ["additionalProperties", "unevaluatedProperties"] {
                // `additionalProperties: true` is needed only if members are named.
                if object.get(keyword) == Some(&Value::Bool(true)) && !object.contains_key("properties") {
                    object.remove(keyword);
                }
            }
            remove_null_of_optional_members(object, keeps_null);
            each_subschema(object, |schema| tidy(schema, keeps_null));
            fold_constants(object);
        }
        // `false` closes an object or an array.
        _ => {}
    }
}

/// Removes `null` from the types of optional members, where null would mean absence.
fn remove_null_of_optional_members(object: &mut Map<String, Value>, keeps_null: KeepsNull<'_>) {
    let required: Vec<String> = match object.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let Some(Value::Object(members)) = object.get_mut("properties") else { return };
    let means_absence = |name: &String| !required.contains(name) && !keeps_null(members, name);
    let names: Vec<String> = members.keys().filter(|name| means_absence(name)).cloned().collect();
    for name in names {
        if let Some(member) = members.get_mut(&name) {
            remove_null(member);
        }
    }
}

/// Replaces `T` or null with `T`. A schema of null alone is kept.
fn remove_null(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    if let Some(Value::Array(types)) = object.get_mut("type")
        && types.len() > 1
    {
        types.retain(|kind| kind != "null");
        if let [kind] = types.as_slice() {
            let kind = kind.clone();
            object.insert("type".to_owned(), kind);
        }
        if let Some(Value::Array(values)) = object.get_mut("enum") {
            values.retain(|value| !value.is_null());
        }
    }
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = object.get_mut(keyword) else { continue };
        if branches.len() < 2 {
            continue;
        }
        branches.retain(|branch| branch["type"] != "null");
        if let [Value::Object(only)] = branches.as_mut_slice() {
            let only = std::mem::take(only);
            object.remove(keyword);
            // The member's own keywords take precedence over the keywords of its type.
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}

/// Replaces a union of documented constants with one `enum`; their descriptions are added to the description.
fn fold_constants(object: &mut Map<String, Value>) {
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(branches)) = object.get(keyword) else { continue };
        let Some(constants) = branches.iter().map(constants).collect::<Option<Vec<_>>>() else { continue };
        let mut names = Vec::new();
        let mut lines: Vec<String> =
            object.get("description").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
        for (branch_names, description) in constants {
            if let (Some(description), [name]) = (description, branch_names.as_slice()) {
                lines.push(format!("- `{}`: {description}", name.as_str().unwrap_or_default()));
            }
            names.extend(branch_names);
        }
        object.remove(keyword);
        object.insert("type".to_owned(), json!("string"));
        object.insert("enum".to_owned(), Value::Array(names));
        if !lines.is_empty() {
            object.insert("description".to_owned(), Value::String(lines.join("\n")));
        }
    }
}

/// Returns the constant strings of a schema and their description, if it contains nothing else.
fn constants(schema: &Value) -> Option<(Vec<Value>, Option<&str>)> {
    let object = schema.as_object()?;
    let known = |key: &String| matches!(key.as_str(), "type" | "const" | "enum" | "description" | "title");
    if object.get("type") != Some(&json!("string")) || !object.keys().all(known) {
        return None;
    }
    let names = match (object.get("const"), object.get("enum")) {
        (Some(name), None) => vec![name.clone()],
        (None, Some(Value::Array(names))) => names.clone(),
        _ => return None,
    };
    Some((names, object.get("description").and_then(Value::as_str)))
}
