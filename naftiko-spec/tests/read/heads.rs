//! Tests of reading `info`, `binds`, variables and names.

use super::{INFO, below, consuming, document, operation, repairs};
use serde_json::json;

#[test]
fn heads_are_repaired() {
    repairs(
        "info: {label: A, description: A.}",
        &["R01: a document without `naftiko`, read as 1.0.0-alpha2"],
        "/naftiko",
        &json!("1.0.0-alpha2"),
    );
    repairs(
        "naftiko: 0.5\ninfo: {label: A, description: A.}",
        &["R05: `naftiko` is a number; read as a string", "R01: `naftiko: 0.5`, read as 1.0.0-alpha2"],
        "/naftiko",
        &json!("1.0.0-alpha2"),
    );
    repairs(
        &document("title: A\ndescription: A.\npersonas: [dev]\nx-y: 1", ""),
        &[
            "R02: `title` read as `label`",
            "R03: unknown key `personas` in `info`, ignored",
            "R03: unknown key `x-y` in `info`, ignored",
        ],
        "/info",
        &json!({"label": "A", "description": "A."}),
    );
    repairs(
        &document("name: A\nDescription: 7\ntags: a, b\ncreated: 2026\nmodified:\n", ""),
        &[
            "R02: `name` read as `label`",
            "R04: `Description` read as `description`",
            "R05: `description` is a number; read as a string",
            "R06: `tags` is a string; read as a list",
            "R05: `created` is a number; read as a string",
            "R30: `modified` has no value; ignored",
        ],
        "/info",
        &json!({"label": "A", "description": "7", "tags": ["a", "b"], "created": "2026"}),
    );
    repairs(
        &document("label: A\ndescription: A.\nowners:\n- Ada\n- {name: Bob, role: owner}", ""),
        &[
            "R04: `owners` read as `stakeholders`",
            "R06: a string, read as the `fullName` of a stakeholder",
            "R04: `name` read as `fullName`",
        ],
        "/info/stakeholders",
        &json!([{"fullName": "Ada"}, {"role": "owner", "fullName": "Bob"}]),
    );
    repairs(
        &document("description: A.", "consumes:\n- {type: http, namespace: my-notes, baseUri: https://a.io}\n"),
        &["R25: a capability without a label, named \"My notes\""],
        "/info/label",
        &json!("My notes"),
    );
    repairs(
        &document(INFO, "exposes:\n- {type: rest, namespace: a, port: 1}\n"),
        &["R04: `exposes` outside of `capability`, read as the capability's"],
        "/capability/exposes/0/port",
        &json!(1),
    );
}

#[test]
fn binds_are_repaired() {
    for (binds, message) in [
        (
            "- {namespace: env, keys: [KEY]}",
            "R06: `keys` is a list; an entry without a name at the source is read under its own name",
        ),
        ("- {namespace: env, keys: {KEY: }}", "R05: `KEY` has no name at the source; read under its own name"),
        ("- {namespace: env, keys: {KEY: \"${KEY}\"}}", "R33: `${KEY}` read as the name `KEY`"),
        ("- {keys: {KEY: KEY}}", "R25: a bind without a namespace, read as `env`, the environment"),
        ("{env: {KEY: KEY}}", "R06: `binds` has named entries; read as a list"),
        ("{env: {keys: {KEY: KEY}}}", "R06: `binds` has named entries; read as a list"),
        ("{namespace: env, keys: {KEY: KEY}}", "R06: `binds` is a single entry; read as a list"),
    ] {
        let text = document(INFO, &format!("binds:\n{}", below(binds, 2)));
        repairs(&text, &[message], "/binds", &json!([{"namespace": "env", "keys": {"KEY": "KEY"}}]));
    }
    let refs = "externalRefs:\n- {name: env, type: environment, resolution: runtime, keys: {a_b: A_B}}\n";
    repairs(
        &document(INFO, refs),
        &[
            "R04: `externalRefs` read as `binds`",
            "R04: `name` read as `namespace`",
            "R03: unknown key `type` in a bind, ignored",
            "R03: unknown key `resolution` in a bind, ignored",
        ],
        "/binds",
        &json!([{"namespace": "env", "keys": {"a_b": "A_B"}}]),
    );
}

#[test]
fn undeclared_variables_are_declared() {
    let api = "authentication: {type: bearer, token: \"{{A}}\"}\ninputParameters:\n- {name: X-B, in: header, value: \"{{env.B}}-{{tools.c}}\"}";
    repairs(
        &consuming(api),
        &[
            "R14: no bind declares `{{A}}`; read from the environment under its own name",
            "R14: no bind declares `{{env.B}}`; read from the environment under its own name",
        ],
        "/binds",
        &json!([{"namespace": "env", "keys": {"A": "A", "B": "B"}}]),
    );
    let with_binds = consuming("authentication: {type: bearer, token: \"{{secrets.A}}{{B}}\"}").replace(
        "capability:",
        "binds:\n- {namespace: secrets, location: \"file:///s.yaml\", keys: {B: b}}\ncapability:",
    );
    repairs(
        &with_binds,
        &["R14: no bind declares `{{secrets.A}}`; read from file:///s.yaml under its own name"],
        "/binds/0/keys",
        &json!({"B": "b", "A": "A"}),
    );
    // An argument of the operation is not a variable; neither is a name that is not in capitals.
    let body = "method: POST\ninputParameters: [{name: TITLE, in: body}]\nbody: {type: json, data: {a: \"{{TITLE}}\", b: \"{{text}}\", c: \"{{KEY}}\"}}";
    repairs(
        &operation(body),
        &["R14: no bind declares `{{KEY}}`; read from the environment under its own name"],
        "/binds",
        &json!([{"namespace": "env", "keys": {"KEY": "KEY"}}]),
    );
}

#[test]
fn missing_names_are_derived_if_unambiguous() {
    let api = "capability:\n  consumes:\n  - baseUri: https://a.io\n    resources:\n    - path: /notes/{id}\n      operations: [{method: GET}]\n";
    let text =
        document(INFO, api) + "  exposes:\n  - {type: mcp, namespace: m, port: 1, tools: [{name: a, call: notes.x}]}\n";
    repairs(
        &text,
        &[
            "R29: a consumed API without a type, read as `http`",
            "R25: a consumed API without a namespace, named `notes` after its calls",
            "R25: a consumed resource without a name, named `notes-id` after its path",
            "R25: an operation without a name, named `get-notes-id` after its method and path",
        ],
        "/capability/consumes/0/namespace",
        &json!("notes"),
    );
}

#[test]
fn an_empty_type_is_http() {
    repairs(
        &operation("method: GET").replace("type: http", "type: ''"),
        &["R29: a consumed API with an empty type, read as `http`"],
        "/capability/consumes/0/type",
        &json!("http"),
    );
}
