//! Tests of keys that their object does not use: each is reported.

use super::{INFO, OPERATION, TOOL, consuming, document, exposing, operation, read, repairs, tool};
use serde_json::json;

#[test]
fn keys_of_the_other_kind_of_step_are_reported() {
    let call = "{type: call, name: one, call: notes.list-notes, match: id, outputParameters: [x]}";
    repairs(
        &tool(&format!("steps:\n- {call}")),
        &[
            "R03: `match` has no effect in a step of type `call`; ignored",
            "R03: `outputParameters` has no effect in a step of type `call`; ignored",
        ],
        &format!("{TOOL}/steps"),
        &json!([{"type": "call", "name": "one", "call": "notes.list-notes"}]),
    );
    let lookup = "{type: lookup, name: two, index: one, match: id, lookupValue: $.one.id, outputParameters: [x]";
    repairs(
        &tool(&format!("steps:\n- {lookup}, calls: notes.list-notes, with: {{a: 1}}}}")),
        &[
            "R04: `calls` read as `call`",
            "R03: `calls` has no effect in a step of type `lookup`; ignored",
            "R03: `with` has no effect in a step of type `lookup`; ignored",
        ],
        &format!("{TOOL}/steps/0/name"),
        &json!("two"),
    );
}

#[test]
fn an_unused_key_has_its_location() {
    let text = tool("steps:\n- {type: call, name: one, call: notes.list-notes, match: id}");
    let found = super::reading(&text).repairs;
    let location = found[0].location.unwrap();
    assert_eq!(
        (found[0].at.as_str(), location.line, location.column),
        ("/capability/exposes/0/tools/0/steps/0/match", 23, 57)
    );
}

#[test]
fn a_step_without_a_type_is_not_both_a_call_and_a_lookup() {
    for kind in ["", "type: operation, "] {
        let keys = "name: a, call: notes.list-notes, index: b, match: id, lookupValue: $.b.id, outputParameters: [x]";
        let errors = read(&tool(&format!("steps:\n- {{{kind}{keys}}}"))).unwrap_err();
        assert!(errors[0].message.contains("a step has the keys of a call and of a lookup"), "{errors:?}");
    }
}

#[test]
fn keys_beside_an_import_are_reported() {
    let import = "- {import: shared, location: ./shared.yaml, namespace: a, baseUri: 'https://a.io', timeout: 5s}\n";
    repairs(
        &document(INFO, &format!("consumes:\n{import}")),
        &["namespace", "baseUri", "timeout"]
            .map(|key| format!("R03: `{key}` has no effect in an imported API; ignored"))
            .each_ref()
            .map(String::as_str),
        "/consumes",
        &json!([{"location": "./shared.yaml", "import": "shared"}]),
    );
}

#[test]
fn the_type_of_a_prompts_argument_is_reported() {
    let prompts = "[{name: p, arguments: [{name: a, type: integer}], template: [{content: '{{a}}'}]}]";
    repairs(
        &exposing(&format!("- {{type: mcp, namespace: m, port: 1, prompts: {prompts}}}")),
        &["R03: unknown key `type` in an argument of a prompt, ignored"],
        "/capability/exposes/0/prompts/0/arguments",
        &json!([{"name": "a"}]),
    );
}

#[test]
fn other_keys_of_short_forms_are_reported() {
    repairs(
        &tool("call: {namespace: notes, operation: list-notes, with: {a: 1}}"),
        &["R27: `call` is an object; read as `notes.list-notes`", "R03: unknown key `with` in `call`, ignored"],
        TOOL,
        &json!({"name": "a", "call": "notes.list-notes"}),
    );
    repairs(
        &tool("call: notes.list-notes\nwith: [{name: a, value: tools.a, type: string}]"),
        &[
            "R06: `with` is a list; read as an object whose keys are the names of its entries",
            "R03: unknown key `type` in an entry of `with`, ignored",
        ],
        &format!("{TOOL}/with"),
        &json!({"a": "tools.a"}),
    );
    repairs(
        &operation("method: POST\nbody: {type: raw, data: x, encoding: utf-8}"),
        &["R17: a body of type `raw`, read as its text", "R03: unknown key `encoding` in a body, ignored"],
        &format!("{OPERATION}/body"),
        &json!("x"),
    );
    repairs(
        &operation("method: POST\nbody: {type: formUrlEncoded, data: [{name: a, value: b, encoding: x}]}"),
        &[
            "R06: the fields of a form as a list, read by name",
            "R03: unknown key `encoding` in a field of a form, ignored",
        ],
        &format!("{OPERATION}/body/data"),
        &json!({"a": "b"}),
    );
    repairs(
        &document(INFO, "binds: [{namespace: env, keys: [{name: A, value: B, required: true}]}]\n"),
        &[
            "R06: `keys` is a list; an entry without a name at the source is read under its own name",
            "R03: unknown key `required` in an entry of `keys`, ignored",
        ],
        "/binds/0/keys",
        &json!({"A": "B"}),
    );
    // A null `value` is not read as the name at the source.
    repairs(
        &document(INFO, "binds: [{namespace: env, keys: [{name: A, value: , env: B}]}]\n"),
        &[
            "R06: `keys` is a list; an entry without a name at the source is read under its own name",
            "R03: unknown key `value` in an entry of `keys`, ignored",
        ],
        "/binds/0/keys",
        &json!({"A": "B"}),
    );
    let schema = "{name: q, in: query, type: string, schema: {type: integer, enum: x}}";
    repairs(
        &consuming(&format!("inputParameters: [{schema}]")),
        &[
            "R04: `type`, `default`, `enum` and `items` of `schema` read as keys of the parameter",
            "R03: the key `type` of `schema` is ignored",
            "R03: the key `enum` of `schema` is ignored",
        ],
        "/capability/consumes/0/inputParameters/0",
        &json!({"name": "q", "in": "query", "type": "string"}),
    );
}

#[test]
fn a_name_that_is_given_twice_in_a_list_is_an_error() {
    let outputs = "call: notes.list-notes\noutputParameters:\n- {type: object, properties: [{name: a, type: string}, {name: a, type: number}]}";
    for (text, expected) in [
        (
            tool("call: notes.list-notes\nwith: [{name: a, value: 1}, {name: a, value: 2}]"),
            "`a` is given twice in `with`",
        ),
        (tool("call: notes.list-notes\nwith: [a: 1, {a: 2, b: 3}]"), "`a` is given twice in `with`"),
        (tool("call: notes.list-notes\nwith: [tools.a, rest.a]"), "`a` is given twice in `with`"),
        (tool(outputs), "`a` is given twice in `properties`"),
        (document(INFO, "binds: [{namespace: env, keys: [A: B, A: C]}]\n"), "`A` is given twice in `keys`"),
    ] {
        let errors = read(&text).unwrap_err();
        assert!(errors.len() == 1 && errors[0].message == expected, "{errors:?}");
    }
}
