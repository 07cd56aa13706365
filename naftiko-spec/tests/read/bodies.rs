//! Tests of reading bodies and outputs.

use super::{OPERATION, TOOL, operation, repairs, tool};
use serde_json::json;

#[test]
fn bodies_are_repaired() {
    let at = format!("{OPERATION}/body");
    for (written, read, messages) in [
        ("{type: json, data: {a: 1}}", json!({"type": "json", "data": {"a": 1}}), &[][..]),
        ("'raw {{tools.x}}'", json!("raw {{tools.x}}"), &[]),
        (
            "{a: 1}",
            json!({"type": "json", "data": {"a": 1}}),
            &["R17: a body without `data` and without a known `type`, read as the JSON itself"],
        ),
        (
            "{type: note, a: 1}",
            json!({"type": "json", "data": {"type": "note", "a": 1}}),
            &["R17: a body without `data` and without a known `type`, read as the JSON itself"],
        ),
        ("{data: {a: 1}}", json!({"type": "json", "data": {"a": 1}}), &["R17: a body without `type`, read as JSON"]),
        ("[1]", json!({"type": "json", "data": [1]}), &["R17: a body that is a list, read as JSON"]),
        (
            "{type: json, a: 1}",
            json!({"type": "json", "data": {"a": 1}}),
            &["R17: a body without `data`: its other keys are read as the data"],
        ),
        (
            "{type: json, content: {a: 1}}",
            json!({"type": "json", "data": {"a": 1}}),
            &["R04: `content` read as `data`"],
        ),
        (
            "{type: form, data: {a: b}}",
            json!({"type": "formUrlEncoded", "data": {"a": "b"}}),
            &["R29: a body of type `form`, read as `formUrlEncoded`"],
        ),
        (
            "{type: multipart/form-data, data: {a: b}}",
            json!({"type": "multipartForm", "data": [{"name": "a", "value": "b"}]}),
            &[
                "R29: a body of type `multipart/form-data`, read as `multipartForm`",
                "R06: the parts of a form by name, read as a list",
            ],
        ),
        (
            "{type: formUrlEncoded, data: [{name: a, value: b}, {name: c, value: d}, {name: a, value: e}]}",
            json!({"type": "formUrlEncoded", "data": {"a": ["b", "e"], "c": "d"}}),
            &["R06: the fields of a form as a list, read by name"],
        ),
        (
            "{type: formUrlEncoded, data: [{name: a, value: 1}, {name: a, value: [2, 3]}, {name: a, value: [4]}]}",
            json!({"type": "formUrlEncoded", "data": {"a": [1, 2, 3, 4]}}),
            &["R06: the fields of a form as a list, read by name"],
        ),
        (
            "{type: formUrlEncoded, data: [{name: a, value: [1, 2]}, {name: a, value: 3}, {name: b, value: [[4]]}]}",
            json!({"type": "formUrlEncoded", "data": {"a": [1, 2, 3], "b": [[4]]}}),
            &["R06: the fields of a form as a list, read by name"],
        ),
        ("{type: raw, data: x}", json!("x"), &["R17: a body of type `raw`, read as its text"]),
        (
            "{type: binary, data: {content: '{{tools.x}}'}}",
            json!({"type": "binary", "data": "{{tools.x}}"}),
            &["R17: `data` is read as the string of its `content`"],
        ),
        ("{type: yaml, data: 'a: b'}", json!({"type": "yaml", "data": "a: b"}), &[]),
        (
            "{type: formUrlEncoded, lists: brackets, data: {a: [b]}}",
            json!({"type": "formUrlEncoded", "lists": "brackets", "data": {"a": ["b"]}}),
            &[],
        ),
        (
            "{type: json, lists: some, a: 1}",
            json!({"type": "json", "data": {"lists": "some", "a": 1}}),
            &["R17: a body without `data`: its other keys are read as the data"],
        ),
    ] {
        repairs(&operation(&format!("method: POST\nbody: {written}")), messages, &at, &read);
    }
}

#[test]
fn outputs_are_repaired() {
    let at = format!("{OPERATION}/outputParameters");
    for (written, read, messages) in [
        (
            "[{name: a, mapping: $.a}]",
            json!([{"name": "a", "type": "string", "value": "$.a"}]),
            &["R23: an output parameter without a type, read as `string`", "R23: `mapping` read as `value`"][..],
        ),
        (
            "[{name: a, value: $.}]",
            json!([{"name": "a", "type": "object", "value": "$."}]),
            &["R23: an output parameter without a type, read as `object`"],
        ),
        (
            "{a: $.a}",
            json!([{"name": "a", "type": "string", "value": "$.a"}]),
            &[
                "R06: `outputParameters` has named entries; read as a list",
                "R23: `mapping` read as `value`",
                "R23: an output parameter without a type, read as `string`",
            ],
        ),
        (
            "[note]",
            json!([{"name": "note", "type": "string", "value": "$.note"}]),
            &[
                "R23: `note` read as the output of that name",
                "R23: an output parameter without a type, read as `string`",
            ],
        ),
    ] {
        repairs(&operation(&format!("outputParameters: {written}")), messages, &at, &read);
    }
    let at = format!("{TOOL}/outputParameters");
    for (written, read, messages) in [
        (
            "[{type: string, value: $.a}]",
            json!([{"type": "string", "mapping": "$.a"}]),
            &["R23: `value` read as `mapping`"][..],
        ),
        ("[{name: a, type: string, value: b}]", json!([{"name": "a", "type": "string", "value": "b"}]), &[]),
        (
            "{type: object, mapping: $.}",
            json!([{"type": "object", "mapping": "$."}]),
            &["R06: `outputParameters` is a single entry; read as a list"],
        ),
        (
            "[$.a]",
            json!([{"type": "string", "mapping": "$.a"}]),
            &["R23: `$.a` read as a `mapping`", "R23: an output parameter without a type, read as `string`"],
        ),
        (
            "[{type: list, mapping: $., items: [{type: object, properties: {a: string}}]}]",
            json!([
                {"type": "array", "mapping": "$.", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}
            ]),
            &[
                "R29: the type \"list\" read as `array`",
                "R23: `items` is a list with one entry; read as that entry",
                "R23: `string` read as an output parameter",
            ],
        ),
        (
            "[{type: array, items: [{name: a, type: string}, {name: b, type: number}]}]",
            json!([
                {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}}}
            ]),
            &[
                "R23: `items` is a list of names; read as the properties of each element",
                "R23: `properties` is a list; read as an object whose keys are the names of its entries",
            ],
        ),
        (
            "[{type: object, properties: [{name: a, type: string, maxLength: \"9\"}]}]",
            json!([
                {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}}
            ]),
            &[
                "R23: `properties` is a list; read as an object whose keys are the names of its entries",
                "R05: `maxLength` is \"9\"; read as the number 9",
            ],
        ),
    ] {
        repairs(&tool(&format!("call: notes.list-notes\noutputParameters: {written}")), messages, &at, &read);
    }
}
