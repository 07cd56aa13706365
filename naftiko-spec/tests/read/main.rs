//! Tests of reading documents: the report and the result of each repair, and the errors of ambiguous documents.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests")]

mod bodies;
mod consumes;
mod errors;
mod exposes;
mod heads;
mod schema;
mod spelling;
mod unused;

use naftiko_spec::read::{Reading, read};
use serde_json::Value;

/// Reads a document, which must be valid.
fn reading(text: &str) -> Reading {
    read(text).unwrap_or_else(|errors| {
        let shown: Vec<_> = errors.iter().map(|error| error.show("a.yaml", text)).collect();
        panic!("{}\n{text}", shown.join("\n"))
    })
}

/// Returns the repairs of a document, and its value at a JSON Pointer. Checks that the written document needs no repairs.
fn repaired(text: &str, pointer: &str) -> (Vec<String>, Value) {
    let reading = reading(text);
    let written = reading.document.to_yaml().unwrap();
    let again = self::reading(&written);
    assert_eq!(again.repairs, [], "{text}\n{written}");
    assert_eq!(again.document, reading.document, "{text}");
    let document = serde_json::to_value(&reading.document).unwrap();
    let value = document.pointer(pointer).cloned().unwrap_or(Value::Null);
    (reading.repairs.iter().map(ToString::to_string).collect(), value)
}

/// Indents a text, to write it below a key.
fn below(text: &str, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    text.trim_matches('\n').lines().flat_map(|line| [blanks.as_str(), line, "\n"]).collect()
}

fn document(info: &str, rest: &str) -> String {
    format!("naftiko: 1.0.0-alpha2\ninfo:\n{}{rest}", below(info, 2))
}

const INFO: &str = "label: Notes\ndescription: Notes.";

/// Returns a document whose only consumed API has these keys, in addition to its namespace, type and base URI.
fn consuming(api: &str) -> String {
    let head = "capability:\n  consumes:\n  - type: http\n    namespace: notes\n";
    let uri = if api.contains("baseUri") || api.contains("url:") { "" } else { "    baseUri: https://notes.io\n" };
    document(INFO, &format!("{head}{uri}{}", below(api, 4)))
}

/// Returns a document whose only consumed operation, `GET /notes/{id}`, has these keys.
fn operation(keys: &str) -> String {
    let method = if keys.contains("ethod:") { "" } else { "    method: GET\n" };
    consuming(&format!(
        "resources:\n- name: notes\n  path: /notes/{{id}}\n  operations:\n  - name: get-note\n{method}{}",
        below(keys, 4)
    ))
}

const OPERATION: &str = "/capability/consumes/0/resources/0/operations/0";

/// Returns a document with this adapter.
fn exposing(adapter: &str) -> String {
    let operation =
        "resources:\n- name: notes\n  path: /notes\n  operations:\n  - name: list-notes\n    method: POST\n";
    format!("{}  exposes:\n{}", consuming(operation), below(adapter, 2))
}

/// Returns a document whose only tool has these keys.
fn tool(keys: &str) -> String {
    exposing(&format!("- type: mcp\n  namespace: notes-mcp\n  port: 9090\n  tools:\n  - name: a\n{}", below(keys, 4)))
}

/// Returns a document whose only route has these keys.
fn route(keys: &str) -> String {
    let head = "- type: rest\n  namespace: notes-rest\n  port: 8080\n  resources:\n  - path: /notes\n    operations:\n";
    let keys = below(keys, 6);
    exposing(&format!("{head}    -{}", &keys[5..]))
}

const TOOL: &str = "/capability/exposes/0/tools/0";
const ROUTE: &str = "/capability/exposes/0/resources/0/operations/0";

#[track_caller]
fn repairs(text: &str, messages: &[&str], pointer: &str, expected: &Value) {
    let (repairs, value) = repaired(text, pointer);
    assert_eq!(repairs, messages, "{text}");
    assert_eq!(value, *expected, "{text}");
}
