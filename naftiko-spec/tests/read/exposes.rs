//! Tests of reading adapters, routes and tools, and of extensions that are kept.

use super::{OPERATION, ROUTE, TOOL, consuming, exposing, operation, reading, repairs, route, tool};
use serde_json::json;

#[test]
fn extensions_are_kept() {
    let text = consuming("authentication: {type: apikey, key: token, value: x, placement: path}");
    let kept: Vec<_> = reading(&text).kept.iter().map(ToString::to_string).collect();
    assert_eq!(kept, ["R10: an API key is sent in the path, which is not in the specification; kept"]);
    assert_eq!(reading(&text).repairs, []);
    let text = tool("call: notes.list-notes\nwith: {a: [1], b: tools.b}");
    let kept: Vec<_> = reading(&text).kept.iter().map(ToString::to_string).collect();
    assert_eq!(kept, ["R28: the value of `a` is a list; kept"]);
    let text = operation("method: POST\nbody: {type: json}");
    let kept: Vec<_> = reading(&text).kept.iter().map(ToString::to_string).collect();
    assert_eq!(kept, ["R31: a body without `data` is sent by the caller"]);
    repairs(&text, &[], &format!("{OPERATION}/body"), &json!({"type": "json"}));
}

#[test]
fn adapters_are_repaired() {
    for (written, messages) in [
        ("- {type: rest, namespace: a, port: \"8080\"}", &["R05: `port` is \"8080\"; read as the number 8080"][..]),
        ("- {type: api, namespace: a, port: 8080}", &["R29: an adapter of type `api`, read as `rest`"]),
        ("  {type: rest, namespace: a, port: 8080}", &["R06: `exposes` is a single entry; read as a list"]),
        ("  {rest: {namespace: a, port: 8080}}", &["R06: `exposes` has named entries; read as a list"]),
    ] {
        repairs(
            &exposing(written),
            messages,
            "/capability/exposes",
            &json!([{"type": "rest", "namespace": "a", "port": 8080}]),
        );
    }
    repairs(
        &exposing("- {type: mcp, port: 1, transport: sse}\n- {tools: [], namespace: x}"),
        &[
            "R25: an adapter without a namespace, named `notes-mcp`",
            "R29: the transport `sse` read as `http`",
            "R29: an adapter without a type, read as `mcp`",
        ],
        "/capability/exposes",
        &json!([
            {"type": "mcp", "namespace": "notes-mcp", "port": 1, "transport": "http", "tools": []},
            {"type": "mcp", "namespace": "x", "tools": []},
        ]),
    );
    // A skill adapter is kept unchanged, including unknown keys.
    let skill = "- {type: skill, namespace: s, port: 1, skills: [{name: a, odd: {b: [1, ~]}}], more: 1.5}";
    repairs(
        &exposing(skill),
        &[],
        "/capability/exposes/0",
        &json!(
            {"type": "skill", "namespace": "s", "port": 1, "skills": [{"name": "a", "odd": {"b": [1, null]}}], "more": 1.5}
        ),
    );
}

#[test]
fn tools_and_routes_are_repaired() {
    repairs(
        &tool("call: notes.list_notes\nhints: readOn"),
        &[
            "R27: `notes.list_notes` read as `notes.list-notes`",
            "R22: expected an object for `hints`, found \"readOn\"; ignored",
        ],
        TOOL,
        &json!({"name": "a", "call": "notes.list-notes"}),
    );
    repairs(
        &tool("call: list-notes\nannotations: {readOnlyHint: \"true\", destructive: maybe}"),
        &[
            "R27: `list-notes` read as `notes.list-notes`",
            "R04: `annotations` read as `hints`",
            "R04: `readOnlyHint` read as `readOnly`",
            "R05: `readOnly: true` read as true",
            "R22: expected `true` or `false` for `destructive`, found \"maybe\"; ignored",
        ],
        TOOL,
        &json!({"name": "a", "call": "notes.list-notes", "hints": {"readOnly": true}}),
    );
    repairs(
        &tool("call: notes.list-notes").replace("  - name: a\n    ", "  - "),
        &["R25: a tool without a name, named `list-notes` after its `call`"],
        &format!("{TOOL}/name"),
        &json!("list-notes"),
    );
    repairs(
        &tool("call: notes.list-notes\nmaxOutput: -1"),
        &["R30: expected an integer of at least 1 for `maxOutput`, found -1; `maxOutput` is ignored"],
        TOOL,
        &json!({"name": "a", "call": "notes.list-notes"}),
    );
    for with in ["[{name: a, value: tools.a}]", "[a: tools.a]"] {
        repairs(
            &tool(&format!("call: notes.list-notes\nwith: {with}")),
            &["R06: `with` is a list; read as an object whose keys are the names of its entries"],
            &format!("{TOOL}/with"),
            &json!({"a": "tools.a"}),
        );
    }
    repairs(
        &tool("call: notes.list-notes\nwiht: {a: tools.a}"),
        &["R04: `wiht` read as `with`"],
        &format!("{TOOL}/with"),
        &json!({"a": "tools.a"}),
    );
    repairs(
        &route("method: post\nhints: {readOnly: true}\ncall: {namespace: notes, operation: list-notes}"),
        &[
            "R24: `post` read as `POST`",
            "R03: unknown key `hints` in an operation of a REST adapter, ignored",
            "R27: `call` is an object; read as `notes.list-notes`",
        ],
        ROUTE,
        &json!({"method": "POST", "call": "notes.list-notes"}),
    );
    repairs(
        &tool("steps:\n- {name: s, call: Notes.list-notes, with: {a: 1}}\nmappings: {x: $.s.a}"),
        &[
            "R29: a step without a type, read as a `call`",
            "R27: `Notes.list-notes` read as `notes.list-notes`",
            "R06: `mappings` has named entries; read as a list",
        ],
        TOOL,
        &json!({
            "name": "a",
            "steps": [{"type": "call", "name": "s", "call": "notes.list-notes", "with": {"a": 1}}],
            "mappings": [{"targetName": "x", "value": "$.s.a"}],
        }),
    );
    repairs(
        &exposing(
            "- type: mcp\n  namespace: x\n  port: 0\n  resources: [{name: all, uri: 'notes://all', call: Notes.list_notes}]",
        ),
        &["R27: `Notes.list_notes` read as `notes.list-notes`"],
        "/capability/exposes",
        &json!([{
            "type": "mcp", "namespace": "x", "port": 0, "tools": [],
            "resources": [{"name": "all", "uri": "notes://all", "call": "notes.list-notes"}],
        }]),
    );
}

#[test]
fn a_route_without_a_method_does_not_choose_between_methods() {
    let document = |methods: [&str; 2]| {
        let operations = methods.map(|method| format!("  - name: note\n    method: {method}\n")).concat();
        let consumed = format!("resources:\n- name: notes\n  path: /notes\n  operations:\n{operations}");
        let exposed = "- type: rest\n  namespace: notes-rest\n  port: 8080\n  resources:\n  - path: /notes\n    operations:\n    - call: notes.note\n";
        format!("{}  exposes:\n{}", consuming(&consumed), super::below(exposed, 2))
    };
    let several =
        "R24: an operation without a method, read as a GET: the operations called `notes.note` have different methods";
    for methods in [["GET", "DELETE"], ["DELETE", "GET"]] {
        let text = document(methods);
        repairs(&text, &[several], &format!("{ROUTE}/method"), &json!("GET"));
        let lowered = naftiko_spec::lower::lower(&reading(&text).document).0;
        let naftiko_spec::lower::Work::Call { call } = &lowered.operations[0].work else { panic!("{lowered:?}") };
        assert_eq!(call.method, naftiko_spec::model::Method::Get, "{methods:?}");
    }
    let text = document(["POST", "DELETE"]);
    let (lowered, found) = naftiko_spec::lower::lower(&reading(&text).document);
    assert!(lowered.operations.is_empty(), "{lowered:?}");
    assert!(found.iter().any(|found| found.message.contains("2 operations are named `notes.note`")), "{found:?}");
    // All operations with the called name have the same method.
    let text = document(["DELETE", "DELETE"]);
    let one = "R24: an operation without a method, read as a DELETE like the operation it calls";
    repairs(&text, &[one], &format!("{ROUTE}/method"), &json!("DELETE"));
}

#[test]
fn an_invalid_approval_task_or_input_schema_is_an_error() {
    let adapter = |keys: &str| super::exposing(&format!("- {{type: mcp, namespace: a, port: 1, {keys}}}"));
    let tool = |keys: &str| super::tool(&format!("call: notes.list-notes\n{keys}"));
    for text in [
        adapter("confirm: true"),
        adapter("confirm: all"),
        adapter("approval: model"),
        adapter("approval: [host]"),
        tool("confirm: destructive"),
        tool("confirm: []"),
        tool("task: true"),
        tool("task: always"),
        tool("inputSchema: [1]"),
        tool("inputSchema: {type: array}"),
    ] {
        assert!(naftiko_spec::read::read(&text).is_err(), "{text}");
    }
    let text = adapter("confirm: destructive, approval: host");
    let Ok(reading) = naftiko_spec::read::read(&text) else { panic!("{text}") };
    let document = serde_json::to_value(&reading.document).unwrap();
    let read = &document["capability"]["exposes"][0];
    assert_eq!((&read["confirm"], &read["approval"]), (&json!("destructive"), &json!("host")));
}
