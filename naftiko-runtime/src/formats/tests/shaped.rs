//! Tests of output parameters that are applied to answers.

use super::super::{CompiledOutputs, CompiledShaping, Unshaped};
use super::decode;
use crate::limits::CallBudget;
use naftiko_spec::lower::{Format, Shaping, output_schema};
use naftiko_spec::model::OutputParameter;
use serde_json::{Value, json};

fn parameters(json: Value) -> Vec<OutputParameter> {
    serde_json::from_value(json).unwrap()
}

fn apply(shaping: Shaping, outputs: Value, answer: Value) -> Value {
    let shaped = CompiledShaping::new(&shaping, &parameters(outputs), Format::Json).unwrap().apply(answer).unwrap();
    let schema = output_schema(&shaping);
    assert!(jsonschema::is_valid(&schema, &shaped), "{shaped} does not match the schema {schema}");
    shaped
}

fn one(parameter: Value, answer: Value) -> Value {
    apply(Shaping::One(serde_json::from_value(parameter).unwrap()), json!([]), answer)
}

#[test]
fn a_whole_answer_is_returned_unchanged() {
    for mapping in
        [json!({ "type": "object", "mapping": "$." }), json!({ "type": "object" }), json!({ "type": "array" })]
    {
        for answer in [json!({ "a": 1 }), json!([1]), Value::Null, json!("x")] {
            assert_eq!(one(mapping.clone(), answer.clone()), answer);
        }
    }
}

#[test]
fn a_string_is_truncated_even_where_an_object_is_declared() {
    assert_eq!(one(json!({ "type": "object", "mapping": "$.", "maxLength": 2 }), json!("abc")), json!("ab"));
    let items = json!({ "type": "array", "mapping": "$.a", "items": { "type": "object", "maxLength": 1 } });
    assert_eq!(one(items, json!({ "a": ["bc", { "d": "ef" }] })), json!(["b", { "d": "ef" }]));
}

#[test]
fn a_part_can_be_a_value_or_a_list() {
    let answer = json!({ "data": { "items": [{ "id": 1 }, { "id": 2 }] }, "n": null });
    for (parameter, expected) in [
        (json!({ "type": "object", "mapping": "$.data" }), answer["data"].clone()),
        (json!({ "type": "array", "mapping": "$.data.items" }), answer["data"]["items"].clone()),
        (json!({ "type": "array", "mapping": "$.data.items[*].id" }), json!([1, 2])),
        (json!({ "type": "number", "mapping": "$.data.items.length" }), json!(2)),
        (json!({ "type": "number", "mapping": "$.data.items[1].id" }), json!(2)),
        (json!({ "type": "string", "mapping": "$.missing.far" }), Value::Null),
        (json!({ "type": "string", "mapping": "$.n" }), Value::Null),
        (json!({ "type": "array", "mapping": "$.missing[*]" }), json!([])),
    ] {
        assert_eq!(one(parameter.clone(), answer.clone()), expected, "{parameter}");
    }
}

#[test]
fn one_value_of_a_filter_is_not_a_list_where_a_single_value_is_declared() {
    let answer = json!({ "l": [{ "k": "a", "v": 1 }, { "k": "b", "v": 2 }, { "k": "b", "v": 3 }] });
    for (kind, mapping, expected) in [
        ("string", "$.l[?(@.k==\"a\")].v", json!("1")),
        ("number", "$.l[-1:].v", json!(3)),
        ("integer", "$.l[?@.k=='b'].v", json!([2, 3])),
        ("boolean", "$.l[?@.k=='c'].v", Value::Null),
        ("array", "$.l[?@.k=='a'].v", json!([1])),
        ("object", "$.l[?@.k=='a']", json!([{ "k": "a", "v": 1 }])),
    ] {
        let parameter = json!({ "type": kind, "mapping": mapping });
        assert_eq!(one(parameter, answer.clone()), expected, "{kind} {mapping}");
        let outputs = parameters(json!([{ "name": "n", "type": kind, "value": mapping }]));
        let named = CompiledOutputs::new(&outputs, Format::Json).unwrap().named(&answer).unwrap();
        assert_eq!(named["n"], expected, "{kind} {mapping}");
    }
}

#[test]
fn values_are_converted_if_only_their_spelling_changes() {
    for (kind, answer, expected) in [
        ("string", json!(5), json!("5")),
        ("string", json!(1.50), json!("1.5")),
        ("string", json!(true), json!("true")),
        ("string", json!([1]), json!([1])),
        ("number", json!(" 5.5 "), json!(5.5)),
        ("number", json!("12 pieces"), json!("12 pieces")),
        ("number", json!("1e999"), json!("1e999")),
        ("integer", json!("7"), json!(7)),
        ("boolean", json!("true"), json!(true)),
        ("boolean", json!("yes"), json!("yes")),
        ("array", json!({ "a": 1 }), json!([{ "a": 1 }])),
        ("array", json!(null), json!(null)),
    ] {
        let parameter = json!({ "type": kind, "mapping": "$.v" });
        assert_eq!(one(parameter, json!({ "v": answer })), expected, "{kind} {answer}");
    }
}

#[test]
fn strings_are_truncated_between_characters() {
    let cut = |most: u64, text: &str| {
        one(json!({ "type": "string", "mapping": "$.t", "maxLength": most }), json!({ "t": text }))
    };
    assert_eq!(cut(3, "äöüß"), json!("äöü"));
    assert_eq!(cut(4, "äöüß"), json!("äöüß"));
    assert_eq!(cut(0, "x"), json!(""));
}

#[test]
fn objects_and_lists_are_shaped_all_the_way_down() {
    let parameter = json!({
        "type": "object",
        "mapping": "$.page",
        "properties": {
            "title": { "type": "string", "mapping": "$.properties.Name.title[0].text" },
            "api": { "type": "string", "mapping": "$.version" },
            "kind": { "type": "string", "value": "page", "mapping": "$.version" },
            "stars": { "type": "number", "value": "5" },
            "id": { "type": "string" },
            "none": { "type": "object", "mapping": "$.nothing", "properties": { "x": { "type": "string", "mapping": "$.x" } } },
            "author": { "type": "object", "properties": { "name": { "type": "string", "mapping": "$.name" } } },
            "together": { "type": "object", "properties": { "both": { "type": "string", "mapping": "$.id" } } },
            "tags": {
                "type": "array",
                "mapping": "$.tags",
                "items": { "type": "object", "properties": {
                    "name": { "type": "string", "mapping": "$.name" },
                    "version": { "type": "string", "mapping": "$.version" },
                } },
            },
            "names": { "type": "array", "mapping": "$.tags[*]", "items": { "type": "string", "mapping": "$.name" } },
        },
    });
    let answer = json!({
        "version": 3,
        "page": {
            "id": "p",
            "properties": { "Name": { "title": [{ "text": "T" }] } },
            "author": { "name": "Ann" },
            "tags": [{ "name": "a" }, { "name": "b", "more": true }],
        },
    });
    assert_eq!(
        one(parameter.clone(), answer),
        json!({
            "title": "T", "api": "3", "kind": "page", "stars": 5, "id": "p", "none": null,
            "author": { "name": "Ann" }, "together": { "both": "p" },
            "tags": [{ "name": "a", "version": null }, { "name": "b", "version": null }],
            "names": ["a", "b"],
        })
    );
    let empty = one(parameter, json!([]));
    assert_eq!((&empty["title"], &empty["stars"], &empty["tags"]), (&Value::Null, &json!(5), &Value::Null));
}

#[test]
fn a_single_element_becomes_a_declared_list() {
    let parameter = json!({ "type": "array", "mapping": "$.item", "items": { "type": "number", "mapping": "$.n" } });
    assert_eq!(one(parameter, json!({ "item": { "n": "1" } })), json!([1]));
}

#[test]
fn the_only_element_of_xml_is_read_as_a_list() {
    let outputs = parameters(json!([
        { "name": "files", "type": "array", "value": "$.Contents" },
        { "name": "keys", "type": "array", "value": "$.Contents[*].Key" },
    ]));
    let shaped = |mapping: &str, count: usize| {
        let parameter = json!({ "type": "object", "mapping": mapping });
        let shaping = Shaping::One(serde_json::from_value(parameter).unwrap());
        let compiled = CompiledShaping::new(&shaping, &outputs, Format::Xml).unwrap();
        let xml = format!(
            "<L>{}</L>",
            ["<Contents><Key>a</Key></Contents>", "<Contents><Key>b</Key></Contents>"][..count].concat()
        );
        let answer = decode(Format::Xml, xml.as_bytes(), None).unwrap();
        let named = CompiledOutputs::new(&outputs, Format::Xml).unwrap().named(&answer).unwrap();
        assert_eq!(named["keys"].as_array().map(Vec::len), Some(count));
        compiled.apply(answer).unwrap()
    };
    for mapping in ["$.Contents[*].Key", "$.keys", "$.files[*].Key", "$.Contents[?@.Key].Key"] {
        assert_eq!(shaped(mapping, 2), json!(["a", "b"]), "{mapping}");
        assert_eq!(shaped(mapping, 1), json!(["a"]), "{mapping}");
    }
    for mapping in ["$.Contents[0].Key", "$.files[0].Key"] {
        assert_eq!(shaped(mapping, 2), json!("a"), "{mapping}");
        assert_eq!(shaped(mapping, 1), json!("a"), "{mapping}");
    }
    assert_eq!((shaped("$.Contents.length", 2), shaped("$.files.length", 1)), (json!(2), json!(1)));
}

#[test]
fn named_parameters_are_the_members_of_an_object() {
    let named = parameters(json!([
        { "name": "id", "type": "string", "mapping": "$.user.id" },
        { "name": "total", "type": "number" },
        { "name": "kind", "type": "string", "value": "user" },
    ]));
    assert_eq!(
        apply(Shaping::Named(named), json!([]), json!({ "user": { "id": 7 }, "total": "3" })),
        json!({ "id": "7", "total": 3, "kind": "user" })
    );
}

#[test]
fn named_outputs_of_the_consumed_operation_can_be_mapped() {
    let outputs = json!([
        { "name": "users", "type": "array", "value": "$.data.users" },
        { "name": "ids", "type": "array", "value": "$.data.users[*].id" },
        { "name": "data", "type": "object", "value": "$.elsewhere" },
    ]);
    let answer = json!({ "data": { "users": [{ "id": 1 }, { "id": 2 }] } });
    for (mapping, expected) in [
        ("$.users[1].id", json!(2)),
        ("$.users.length", json!(2)),
        ("$.users[?@.id > 1].id", json!([2])),
        ("$.ids", json!([1, 2])),
        ("$.ids[0]", json!(1)),
        ("$.data.users[0].id", json!(1)),
        ("$.data.missing", Value::Null),
    ] {
        let shaping = Shaping::One(serde_json::from_value(json!({ "type": "object", "mapping": mapping })).unwrap());
        assert_eq!(apply(shaping, outputs.clone(), answer.clone()), expected, "{mapping}");
    }
    let named = CompiledOutputs::new(&parameters(outputs), Format::Json).unwrap().named(&answer).unwrap();
    assert_eq!(Value::Object(named), json!({ "users": [{ "id": 1 }, { "id": 2 }], "ids": [1, 2], "data": null }));
}

#[test]
fn an_invalid_path_is_named() {
    let shaping = Shaping::One(
        parameters(json!([{ "type": "array", "items": { "type": "string", "mapping": "$.a[" } }])).remove(0),
    );
    let error = CompiledShaping::new(&shaping, &[], Format::Json).unwrap_err();
    assert_eq!(error, "`$.a[` is not a JSONPath: a `[` is not closed");
}

#[test]
fn shaping_item_by_item_gives_the_same_list() {
    let items = json!({ "type": "object", "properties": {
        "id": { "type": "string", "mapping": "$.id" }, "n": { "type": "number" }, "c": { "type": "string", "value": "x" } } });
    let list = json!({ "type": "array", "mapping": "$.", "items": items });
    let shaping = |parameter: &Value| {
        let one = Shaping::One(serde_json::from_value(parameter.clone()).unwrap());
        let names = parameters(json!([{ "name": "id", "type": "string", "value": "$[0].id" }]));
        CompiledShaping::new(&one, &names, Format::Json).unwrap()
    };
    let compiled = shaping(&list);
    for answer in [
        json!([]),
        json!([{ "id": "a", "n": 1.5, "other": [1] }, { "n": "7" }, null, 3, "text", [{ "id": "in a list" }]]),
        json!([[], {}, { "id": 18_446_744_073_709_551_615_u64 }]),
    ] {
        let text = format!(" {answer}\n");
        let each = compiled.each(text.as_bytes(), &CallBudget::default()).unwrap().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&each).unwrap(), compiled.apply(answer).unwrap());
    }
    let wide = compiled.each(br#"[{"id":"a"},{"n":2e400}]"#, &CallBudget::default()).unwrap();
    assert!(matches!(wide, Err(Unshaped::NotJson(_))));
    for broken in ["[", "[{}", "[{},]", "[{}] x", "[{\"id\":}]", "[{}{}]"] {
        let each = compiled.each(broken.as_bytes(), &CallBudget::default()).unwrap();
        assert!(matches!(each, Err(Unshaped::NotJson(_))), "{broken}");
    }
    let large = format!("[{{}},{{\"id\":[{}]}}]", vec!["{}"; 50_000].join(","));
    assert!(matches!(compiled.each(large.as_bytes(), &CallBudget::default()), Some(Err(Unshaped::Mismatch(_)))));
    // An object, which `apply` turns into a list, and outputs that are not lists of the answer's items.
    assert!(compiled.each(b"{}", &CallBudget::default()).is_none());
    assert!(
        shaping(&json!({ "type": "array", "mapping": "$.a", "items": items }))
            .each(b"[]", &CallBudget::default())
            .is_none()
    );
    assert!(shaping(&items).each(b"[]", &CallBudget::default()).is_none());
}
