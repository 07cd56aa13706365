//! Tests of numbers that are sent as text, of quoted numbers, and of values of the type `string`.

use super::{OPERATION, below, consuming, operation, repaired, repairs};
use serde_json::{Value, json};

/// Returns the report of a number that is read as a string. It does not contain the number, which may be a secret.
fn read_as(name: &str) -> String {
    format!("R05: `{name}` is a number; read as a string")
}

/// Returns the repairs R05 of a document, and its value at a JSON Pointer.
fn r05_repairs_and_value(text: &str, pointer: &str) -> (Vec<String>, Value) {
    let (mut repairs, value) = repaired(text, pointer);
    repairs.retain(|repair| repair.starts_with("R05"));
    (repairs, value)
}

/// Returns a document whose operation has parameters at each location, with a tool and a function.
fn capability(tool: &str, function: &str) -> String {
    let api = consuming(
        "resources:\n- name: notes\n  path: /notes/{version}\n  operations:\n  - name: list-notes\n    method: POST\n    \
         inputParameters:\n    - {name: version, in: path}\n    - {name: zip, in: query}\n    - {name: X-Pin, in: header}\n    \
         - {name: rate, in: body}\n",
    );
    let adapter = "  exposes:\n  - type: mcp\n    namespace: notes-mcp\n    port: 9090\n    tools:\n    - name: a\n      description: A.\n";
    let functions =
        "  aggregates:\n  - namespace: lib\n    label: Lib\n    functions:\n    - name: f\n      description: F.\n";
    let functions = if function.is_empty() { String::new() } else { format!("{functions}{}", below(function, 6)) };
    format!("{api}{adapter}{}{functions}", below(tool, 6))
}

const TOOL: &str = "/capability/exposes/0/tools/0";

#[test]
fn a_number_that_is_sent_as_text_keeps_its_spelling() {
    let with = "{version: 1.10, zip: 02134, X-Pin: [a, 1e3], rate: 1.10}";
    let sent = json!({"version": "1.10", "zip": "02134", "X-Pin": ["a", "1e3"], "rate": 1.1});
    let reports = [read_as("version"), read_as("zip"), read_as("X-Pin")];
    let called = capability(&format!("call: notes.list-notes\nwith: {with}"), "");
    assert_eq!(r05_repairs_and_value(&called, &format!("{TOOL}/with")), (reports.to_vec(), sent.clone()));
    let stepped = capability(&format!("steps:\n- {{type: call, name: s, call: notes.list-notes, with: {with}}}"), "");
    assert_eq!(r05_repairs_and_value(&stepped, &format!("{TOOL}/steps/0/with")), (reports.to_vec(), sent.clone()));
    let referred = capability(&format!("ref: lib.f\nwith: {with}"), "call: notes.list-notes");
    assert_eq!(r05_repairs_and_value(&referred, &format!("{TOOL}/with")), (reports.to_vec(), sent.clone()));
    let defined = capability("ref: lib.f", &format!("call: notes.list-notes\nwith: {with}"));
    assert_eq!(r05_repairs_and_value(&defined, "/capability/aggregates/0/functions/0/with"), (reports.to_vec(), sent));
}

#[test]
fn a_number_whose_text_is_its_json_stays_a_number() {
    let with = "{version: 7, zip: 1.5, X-Pin: -3, rate: 007}";
    let called = capability(&format!("call: notes.list-notes\nwith: {with}"), "");
    let sent = json!({"version": 7, "zip": 1.5, "X-Pin": -3, "rate": 7});
    assert_eq!(r05_repairs_and_value(&called, &format!("{TOOL}/with")), (Vec::new(), sent));
}

#[test]
fn the_numbers_of_a_form_keep_their_spelling() {
    let body = |body: &str| operation(&format!("method: POST\nbody: {body}"));
    for (text, expected, reports) in [
        (
            "{type: formUrlEncoded, data: {v: 1.10, l: [0042, 7], o: {x: 1.10}}}",
            json!({"v": "1.10", "l": ["0042", 7], "o": {"x": 1.1}}),
            vec![read_as("v"), read_as("l")],
        ),
        (
            "{type: formUrlEncoded, lists: brackets, data: {o: {x: 1.10}}}",
            json!({"o": {"x": "1.10"}}),
            vec![read_as("x")],
        ),
        (
            "{type: formUrlEncoded, data: [{name: v, value: 1.10}, {name: v, value: 2}]}",
            json!({"v": ["1.10", 2]}),
            vec![read_as("v")],
        ),
        (
            "{type: multipartForm, data: [{name: v, value: 1.10}]}",
            json!([{"name": "v", "value": "1.10"}]),
            vec![read_as("value")],
        ),
        ("{type: multipartForm, data: {v: 1.10}}", json!([{"name": "v", "value": "1.10"}]), vec![read_as("value")]),
        ("{type: text, data: 1.10}", json!("1.10"), vec![read_as("data")]),
        ("{type: json, data: {v: 1.10}}", json!({"v": 1.1}), vec![]),
    ] {
        assert_eq!(
            r05_repairs_and_value(&body(text), &format!("{OPERATION}/body/data")),
            (reports, expected),
            "{text}"
        );
    }
}

#[test]
fn numbers_in_quotes_are_numbers_where_a_number_is_required() {
    let parameters = format!("{OPERATION}/inputParameters");
    let read =
        |name: &str, text: &str, number: &str| format!("R05: `{name}` is \"{text}\"; read as the number {number}");
    for (keys, expected, reports) in [
        (
            "type: integer, minimum: '1', maximum: \"100\"",
            json!({"type": "integer", "minimum": 1, "maximum": 100}),
            vec![read("minimum", "1", "1"), read("maximum", "100", "100")],
        ),
        (
            "type: number, exclusiveMinimum: '0.5', exclusiveMaximum: ' 2 '",
            json!({"type": "number", "exclusiveMinimum": 0.5, "exclusiveMaximum": 2}),
            vec![read("exclusiveMinimum", "0.5", "0.5"), read("exclusiveMaximum", " 2 ", "2")],
        ),
        (
            "minLength: '1', maxLength: '9', minItems: '2', maxItems: '3'",
            json!({"minLength": 1, "maxLength": 9, "minItems": 2, "maxItems": 3}),
            ["minLength 1", "maxLength 9", "minItems 2", "maxItems 3"]
                .iter()
                .map(|it| it.split_once(' ').map(|(name, text)| read(name, text, text)).unwrap())
                .collect(),
        ),
        (
            "type: integer, constraints: {multipleOf: '5'}",
            json!({"type": "integer", "constraints": {"multipleOf": 5}}),
            vec![read("multipleOf", "5", "5")],
        ),
        (
            "type: array, items: {type: integer, maximum: '7', default: '3'}, constraints: {maxContains: '4'}",
            json!({"type": "array", "items": {"type": "integer", "maximum": 7, "default": 3}, "constraints": {"maxContains": 4}}),
            vec![read("maximum", "7", "7"), read("default", "3", "3"), read("maxContains", "4", "4")],
        ),
        ("items: {maximum: '7'}", json!({"items": {"maximum": 7}}), vec![read("maximum", "7", "7")]),
        (
            "type: integer, default: '10', enum: ['10', 20], examples: ['20']",
            json!({"type": "integer", "default": 10, "enum": [10, 20], "examples": [20]}),
            vec![read("default", "10", "10"), read("enum", "10", "10"), read("examples", "20", "20")],
        ),
        (
            "type: boolean, default: 'true'",
            json!({"type": "boolean", "default": true}),
            vec!["R05: `default` is \"true\"; read as true".to_owned()],
        ),
        ("type: integer, enum: '1|2'", json!({"type": "integer", "enum": [1, 2]}), vec![]),
        ("type: string, limit: '10'", json!({"type": "string", "limit": 10}), vec![read("limit", "10", "10")]),
        // R05 does not repair any other text.
        ("type: integer, default: '1.5'", json!({"type": "integer", "default": "1.5"}), vec![]),
        ("type: integer, default: ten", json!({"type": "integer", "default": "ten"}), vec![]),
        ("type: integer, maximum: ten", json!({"type": "integer"}), vec![]),
        (
            "type: string, default: '10', pattern: '10'",
            json!({"type": "string", "default": "10", "pattern": "10"}),
            vec![],
        ),
        ("default: '10'", json!({"default": "10"}), vec![]),
    ] {
        let text = operation(&format!(
            "inputParameters:\n- {{name: v, in: query, {keys}}}\n- {{name: id, in: path, type: string}}"
        ));
        let (mut found, mut value) = r05_repairs_and_value(&text, &format!("{parameters}/0"));
        let mut reports = reports;
        found.sort();
        reports.sort();
        if let Some(keys) = value.as_object_mut() {
            keys.remove("name");
            keys.remove("in");
        }
        assert_eq!((found, value), (reports, expected), "{keys}");
    }
}

#[test]
fn values_of_a_string_are_strings() {
    let parameters = format!("{OPERATION}/inputParameters");
    let boolean = "R05: `enum` is a boolean; read as a string".to_owned();
    for (keys, expected, reports) in [
        ("type: string, default: 0042", json!({"type": "string", "default": "0042"}), vec![read_as("default")]),
        (
            "type: string, enum: [1.10, 2, latest, True]",
            json!({"type": "string", "enum": ["1.10", "2", "latest", "True"]}),
            vec![read_as("enum"), read_as("enum"), boolean],
        ),
        (
            "type: string, examples: [02134]",
            json!({"type": "string", "examples": ["02134"]}),
            vec![read_as("examples")],
        ),
        (
            "type: array, items: {type: string, enum: [1, 2]}",
            json!({"type": "array", "items": {"type": "string", "enum": ["1", "2"]}}),
            vec![read_as("enum"), read_as("enum")],
        ),
        (
            "schema: {type: string, default: 1.10}",
            json!({"type": "string", "default": "1.10"}),
            vec![read_as("default")],
        ),
        ("default: 1.10", json!({"default": "1.10"}), vec![read_as("default")]),
        ("type: number, default: 1.10, enum: [1.10]", json!({"type": "number", "default": 1.1, "enum": [1.1]}), vec![]),
    ] {
        let (found, mut value) = r05_repairs_and_value(
            &operation(&format!(
                "inputParameters:\n- {{name: v, in: query, {keys}}}\n- {{name: id, in: path, type: string}}"
            )),
            &format!("{parameters}/0"),
        );
        if let Some(keys) = value.as_object_mut() {
            keys.remove("name");
            keys.remove("in");
        }
        assert_eq!((found, value), (reports, expected), "{keys}");
    }
    repairs(
        &operation("inputParameters: [{name: id, in: path, type: boolean, enum: [true]}]"),
        &[],
        &format!("{parameters}/0/enum"),
        &json!([true]),
    );
}
