//! Converts the arguments of `call` from `NAME=VALUE` to JSON, according to the schema of each argument.

use super::hosted_capability::quoted;
use super::options::NamedValue;
use crate::operation::{InputSchema, Operation};
use crate::schema::{self, Fault};
use crate::upload::media_type_of;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

/// Returns the arguments of a call as one JSON object.
///
/// A value is text if the schema expects a string, and JSON otherwise. Invalid JSON is an error if the schema does not accept a string
/// and either the schema expects an object, or the value begins like an object, a list or a string. Other invalid JSON is kept as text,
/// so that the schema check reports what was expected.
///
/// `@FILE` and `@-` read JSON from a file or from `stdin`; if the argument is a file, its value is that file itself. `@` is not
/// ambiguous: JSON never begins with `@`, and the value of a string argument is always taken literally.
///
/// Each value of a list is a JSON array with some of its items, or one item. An item of a list of strings is literal text unless it
/// begins with `@`; in a file, it is a JSON string.
pub(super) fn arguments(operation: &Operation, pairs: &[NamedValue], mut stdin: impl Read) -> Result<String, String> {
    let mut object: Vec<(&str, Box<RawValue>)> = Vec::new();
    let mut lists: Vec<(&str, Vec<Box<RawValue>>)> = Vec::new();
    for pair in pairs {
        let input = find(operation, &pair.name)?;
        let name = input.argument.name.as_str();
        // Check this before the value is read: stdin is empty for a second value.
        if object.iter().any(|(known, _)| *known == name) {
            return Err(format!("the argument {} is given twice", quoted(name)));
        }
        let value = value(&input.schema, input.argument.file, pair, &mut stdin)?;
        if !is_list(&input.schema) {
            object.push((name, value));
            continue;
        }
        // The whole list as JSON, or one of its items.
        let items = match serde_json::from_str(value.get()) {
            Ok(items) => items,
            Err(_) if !pair.names_source() && input.schema.get("items").is_some_and(is_string) => {
                vec![text(&pair.value)]
            }
            Err(_) => vec![value],
        };
        match lists.iter_mut().find(|(known, _)| *known == name) {
            Some((_, list)) => list.extend(items),
            None => lists.push((name, items)),
        }
    }
    let member = |(name, json): (&str, String)| format!("{}:{json}", Value::from(name));
    let list = |list: Vec<Box<RawValue>>| {
        let items: Vec<_> = list.iter().map(|item| item.get()).collect();
        format!("[{}]", items.join(","))
    };
    let object = object.into_iter().map(|(name, value)| (name, String::from(Box::<str>::from(value))));
    let members = object.chain(lists.into_iter().map(|(name, items)| (name, list(items)))).map(member);
    Ok(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
}

/// Returns the argument with the given name: its name in the operation, or its name in a tool of the operation, as `tools` prints it.
/// Case, `_` and `-` are ignored if the name stays unambiguous.
fn find<'a>(operation: &'a Operation, name: &str) -> Result<&'a InputSchema, String> {
    let inputs = &operation.inputs;
    if let Some(input) = inputs.iter().find(|input| input.argument.name == name) {
        return Ok(input);
    }
    let of_tools = operation.fragment.tools.iter().filter_map(|part| {
        let names = part.argument_names(inputs.iter().map(|input| &input.argument));
        names.iter().position(|own| own == name)
    });
    let of_tools: BTreeSet<usize> = of_tools.collect();
    if let [Some(input)] = of_tools.into_iter().map(|at| inputs.get(at)).collect::<Vec<_>>()[..] {
        return Ok(input);
    }
    let mut alike = inputs.iter().filter(|input| normalized(&input.argument.name) == normalized(name));
    if let (Some(input), None) = (alike.next(), alike.next()) {
        return Ok(input);
    }
    let names: Vec<_> = inputs.iter().map(|input| quoted(&input.argument.name)).collect();
    let takes = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Err(format!("{} has no argument {}; expected {takes}", quoted(operation.name()), quoted(name)))
}

fn normalized(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// Returns the JSON of the value in `pair`, read as [`arguments`] describes. `is_file` is whether the argument is a file.
fn value(schema: &Value, is_file: bool, pair: &NamedValue, stdin: &mut impl Read) -> Result<Box<RawValue>, String> {
    let NamedValue { name, value } = pair;
    if is_string(schema) {
        return Ok(text(value));
    }
    let Some(source) = value.strip_prefix('@') else {
        return match json(value, name) {
            Ok(json) => json,
            Err(error) if is_meant_as_json(schema, value) => {
                Err(format!("the argument {} is not valid JSON: {error}", quoted(name)))
            }
            Err(_) => Ok(text(value)),
        };
    };
    let mut content = Vec::new();
    let (from, read) = match source {
        "-" => ("stdin".to_owned(), stdin.read_to_end(&mut content)),
        path => (quoted(path), std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut content))),
    };
    let unreadable = |error: io::Error| format!("the argument {}: {from} cannot be read: {error}", quoted(name));
    read.map_err(unreadable)?;
    if is_file {
        return file(source, &content);
    }
    let read = String::from_utf8(content).map_err(|error| unreadable(io::Error::other(error)))?;
    if read.trim().is_empty() {
        let again = if source == "-" { ", or was read already" } else { "" };
        return Err(format!("the argument {}: {from} is empty{again}", quoted(name)));
    }
    json(&read, name).map_err(|error| format!("the argument {}: {from} is not valid JSON: {error}", quoted(name)))?
}

/// Encodes a file as the JSON of an [`Upload`](crate::Upload): its content, its name, and the media type for its extension.
fn file(path: &str, content: &[u8]) -> Result<Box<RawValue>, String> {
    use base64::Engine;

    let mut file = serde_json::Map::new();
    file.insert("data".to_owned(), base64::engine::general_purpose::STANDARD.encode(content).into());
    // Stdin has neither a name nor an extension.
    if let Some(name) = Path::new(path).file_name().and_then(|name| name.to_str()).filter(|_| path != "-") {
        file.insert("filename".to_owned(), name.into());
    }
    if let Some(kind) = media_type_of(path) {
        file.insert("mimeType".to_owned(), kind.into());
    }
    serde_json::value::to_raw_value(&file).map_err(|error| error.to_string())
}

/// Encodes a string as JSON.
fn text(text: &str) -> Box<RawValue> {
    RawValue::from_string(Value::from(text).to_string()).unwrap_or_default()
}

/// Parses JSON; numbers keep all their digits. The outer error is a syntax error. The inner error is the whole message about a
/// duplicate member; `name` is the argument in that message.
fn json(text: &str, name: &str) -> serde_json::Result<Result<Box<RawValue>, String>> {
    // A raw value can contain text that is not a valid `Value`, such as half of a surrogate pair.
    serde_json::from_str::<Value>(text)?;
    let json = serde_json::from_str(text)?;
    Ok(match schema::strict(text.as_bytes()) {
        Err(Fault::Twice(at)) => Err(format!("the argument {}: `{at}` is given twice", quoted(name))),
        Ok(()) | Err(Fault::Syntax(_)) => Ok(json),
    })
}

/// Returns whether invalid JSON was intended as JSON: the schema does not accept a string, and it expects an object or the
/// text begins like JSON.
fn is_meant_as_json(schema: &Value, text: &str) -> bool {
    !may_be_text(schema)
        && (types(schema).any(|kind| kind == "object") || text.trim_start().starts_with(['{', '[', '"']))
}

/// Returns whether the schema, or the schema of its items, accepts a string.
fn may_be_text(schema: &Value) -> bool {
    if is_list(schema) {
        return schema.get("items").is_none_or(may_be_text);
    }
    if types(schema).next().is_some() {
        return types(schema).any(|kind| kind == "string");
    }
    let mut unions = ["anyOf", "oneOf"].into_iter().filter_map(|union| schema.get(union)?.as_array()).peekable();
    // A schema without a type allows strings too.
    unions.peek().is_none() || unions.flatten().any(may_be_text)
}

fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let kind = schema.get("type");
    let several = kind.and_then(Value::as_array).into_iter().flatten();
    kind.into_iter().chain(several).filter_map(Value::as_str)
}

/// Returns whether a value of that schema is text: a string, or one of several strings.
fn is_string(schema: &Value) -> bool {
    let of_strings = |values: &Vec<Value>| values.iter().all(Value::is_string);
    types(schema).any(|kind| kind == "string") || schema.get("enum").and_then(Value::as_array).is_some_and(of_strings)
}

fn is_list(schema: &Value) -> bool {
    types(schema).any(|kind| kind == "array")
}

#[cfg(all(test, feature = "document"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::document::Settings;
    use naftiko_spec::Policy;
    use naftiko_spec::load::load;
    use serde_json::json;

    const DOCUMENT: &str = r#"
naftiko: "1.0.0-alpha2"
info: { label: Things, description: Keeps things. }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: "https://api.example"
    resources:
    - name: things
      path: /things
      operations:
      - name: find
        method: GET
        inputParameters:
        - { name: tag, in: query, type: array, items: { type: string } }
        - { name: id, in: query, type: array, items: { type: integer } }
  exposes:
  - type: mcp
    transport: http
    port: 1
    namespace: tools
    tools:
    - { name: find, description: Finds things., call: api.find }
"#;

    #[test]
    fn a_list_is_given_item_by_item_or_as_json_and_files_contain_json() {
        let loaded = load(DOCUMENT, &Policy::default()).unwrap();
        let capability = crate::document::capability(loaded.document, loaded.lowered, Settings::default()).unwrap();
        let operation = capability.operation("find").unwrap();
        let file = std::env::temp_dir().join(format!("naftiko-call-{}.json", std::process::id()));
        let at_file = |name: &str| format!("{name}=@{}", file.display());
        let called = |pairs: &[&str], content: &str| {
            std::fs::write(&file, content).unwrap();
            let pairs: Vec<_> = pairs.iter().map(|pair| NamedValue::parse(pair).unwrap()).collect();
            arguments(operation, &pairs, content.as_bytes()).map(|json| serde_json::from_str::<Value>(&json).unwrap())
        };
        let (tag, id) = (&*at_file("tag"), &*at_file("id"));
        for (pairs, content, expected) in [
            (&["tag=a", "tag=b"][..], "", json!({ "tag": ["a", "b"] })),
            (&[r#"tag=["a","b"]"#, "tag=c"], "", json!({ "tag": ["a", "b", "c"] })),
            // A text that is not a JSON array is one item, as it is written.
            (&["tag=5", "tag=null", r#"tag="a""#, "tag=[a"], "", json!({ "tag": ["5", "null", "\"a\"", "[a"] })),
            (&["id=1", "id=[2,3]"], "", json!({ "id": [1, 2, 3] })),
            (&[tag], r#""a""#, json!({ "tag": ["a"] })),
            (&[tag, "tag=b"], r#"["a", "@x"]"#, json!({ "tag": ["a", "@x", "b"] })),
            (&["tag=b", "tag=@-"], r#""a""#, json!({ "tag": ["b", "a"] })),
            // The schema check rejects this later.
            (&[tag], "5", json!({ "tag": [5] })),
            (&[id], "1", json!({ "id": [1] })),
            (&[id, "id=3"], "[1, 2]", json!({ "id": [1, 2, 3] })),
        ] {
            assert_eq!(called(pairs, content), Ok(expected), "{pairs:?} {content}");
        }
        let error = called(&[tag], "a").unwrap_err();
        assert!(error.contains("is not valid JSON"), "{error}");
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn the_value_of_a_file_is_the_file_itself() {
        let schema = naftiko_spec::lower::file_schema();
        let file = std::env::temp_dir().join(format!("naftiko-call-{}.CSV", std::process::id()));
        let name = file.file_name().unwrap().to_str().unwrap();
        let of = |text: &str, mut stdin: &[u8]| {
            let json = value(&schema, true, &NamedValue::parse(text).unwrap(), &mut stdin)?;
            Ok::<_, String>(serde_json::from_str::<Value>(json.get()).unwrap())
        };
        std::fs::write(&file, b"\xffa").unwrap();
        let read = of(&format!("file=@{}", file.display()), b"");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read, Ok(json!({ "data": "/2E=", "filename": name, "mimeType": "text/csv" })));
        assert_eq!(of("file=@-", b"{}"), Ok(json!({ "data": "e30=" })));
        assert_eq!(of(r#"file={"data":"e30="}"#, b""), Ok(json!({ "data": "e30=" })));
        let missing = of(&format!("file=@{}", file.display()), b"").unwrap_err();
        assert!(missing.contains("cannot be read"), "{missing}");
    }
}
