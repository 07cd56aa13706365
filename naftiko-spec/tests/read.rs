//! Each repair, once: what is written, what is told, what is read. And what is an error rather than a guess.
#![cfg(feature = "yaml")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests")]

use naftiko_spec::read::{Reading, read};
use serde_json::{Value, json};

/// Reads a document that needs to be readable.
fn reading(text: &str) -> Reading {
    read(text).unwrap_or_else(|errors| {
        let shown: Vec<_> = errors.iter().map(|error| error.show("a.yaml", text)).collect();
        panic!("{}\n{text}", shown.join("\n"))
    })
}

/// The repairs of a document, and its value at a pointer.
fn repaired(text: &str, pointer: &str) -> (Vec<String>, Value) {
    let reading = reading(text);
    // What was written of it needs no repair.
    let written = reading.document.to_yaml().unwrap();
    let again = self::reading(&written);
    assert_eq!(again.repairs, [], "{text}\n{written}");
    assert_eq!(again.document, reading.document, "{text}");
    let document = serde_json::to_value(&reading.document).unwrap();
    let value = document.pointer(pointer).cloned().unwrap_or(Value::Null);
    (reading.repairs.iter().map(ToString::to_string).collect(), value)
}

/// Indents a text below a key.
fn below(text: &str, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    text.trim_matches('\n').lines().map(|line| format!("{blanks}{line}\n")).collect()
}

fn document(info: &str, rest: &str) -> String {
    format!("naftiko: 1.0.0-alpha2\ninfo:\n{}{rest}", below(info, 2))
}

const INFO: &str = "label: Notes\ndescription: Notes.";

/// A document whose only consumed API has these keys besides its namespace, its type and its base URI.
fn consuming(api: &str) -> String {
    let head = "capability:\n  consumes:\n  - type: http\n    namespace: notes\n";
    let uri = if api.contains("baseUri") || api.contains("url:") { "" } else { "    baseUri: https://notes.io\n" };
    document(INFO, &format!("{head}{uri}{}", below(api, 4)))
}

/// A document whose only consumed operation, `GET /notes/{id}`, has these keys.
fn operation(keys: &str) -> String {
    let method = if keys.contains("ethod:") { "" } else { "    method: GET\n" };
    consuming(&format!(
        "resources:\n- name: notes\n  path: /notes/{{id}}\n  operations:\n  - name: get-note\n{method}{}",
        below(keys, 4)
    ))
}

const OPERATION: &str = "/capability/consumes/0/resources/0/operations/0";

/// A document with this adapter.
fn exposing(adapter: &str) -> String {
    let operation =
        "resources:\n- name: notes\n  path: /notes\n  operations:\n  - name: list-notes\n    method: POST\n";
    format!("{}  exposes:\n{}", consuming(operation), below(adapter, 2))
}

/// A document whose only tool has these keys.
fn tool(keys: &str) -> String {
    exposing(&format!("- type: mcp\n  namespace: notes-mcp\n  port: 9090\n  tools:\n  - name: a\n{}", below(keys, 4)))
}

/// A document whose only route has these keys.
fn route(keys: &str) -> String {
    let head = "- type: rest\n  namespace: notes-rest\n  port: 8080\n  resources:\n  - path: /notes\n    operations:\n";
    let keys = below(keys, 6);
    exposing(&format!("{head}    -{}", &keys[5..]))
}

const TOOL: &str = "/capability/exposes/0/tools/0";
const ROUTE: &str = "/capability/exposes/0/resources/0/operations/0";

#[track_caller]
fn repairs(text: &str, messages: &[&str], pointer: &str, expected: &Value) {
    let (told, value) = repaired(text, pointer);
    assert_eq!(told, messages, "{text}");
    assert_eq!(value, *expected, "{text}");
}

#[track_caller]
fn refuses(text: &str, expected: &str) {
    let Err(errors) = read(text) else { panic!("this is read:\n{text}") };
    let shown: Vec<_> = errors.iter().map(|error| error.show("a.yaml", text)).collect();
    assert_eq!(shown.join("\n"), expected, "{text}");
}

#[test]
fn heads() {
    repairs(
        "info: {label: A, description: A.}",
        &["R01: a document of no revision, read as 1.0.0-alpha2"],
        "/naftiko",
        &json!("1.0.0-alpha2"),
    );
    repairs(
        "naftiko: 0.5\ninfo: {label: A, description: A.}",
        &["R05: `naftiko` is a number, taken as the text \"0.5\"", "R01: revision `0.5`, read as 1.0.0-alpha2"],
        "/naftiko",
        &json!("1.0.0-alpha2"),
    );
    repairs(
        &document("title: A\ndescription: A.\npersonas: [dev]\nx-y: 1", ""),
        &[
            "R02: `title` taken for `label`",
            "R03: `personas` is no key of `info`, left out",
            "R03: `x-y` is no key of `info`, left out",
        ],
        "/info",
        &json!({"label": "A", "description": "A."}),
    );
    repairs(
        &document("name: A\nDescription: 7\ntags: a, b\ncreated: 2026\nmodified:\n", ""),
        &[
            "R02: `name` taken for `label`",
            "R04: `Description` taken for `description`",
            "R05: `description` is a number, taken as the text \"7\"",
            "R06: `tags` is a text, taken as a list",
            "R05: `created` is a number, taken as the text \"2026\"",
            "R30: `modified` has no value, left out",
        ],
        "/info",
        &json!({"label": "A", "description": "7", "tags": ["a", "b"], "created": "2026"}),
    );
    repairs(
        &document("label: A\ndescription: A.\nowners:\n- Ada\n- {name: Bob, role: owner}", ""),
        &[
            "R04: `owners` taken for `stakeholders`",
            "R06: a text, taken as the `fullName` of a stakeholder",
            "R04: `name` taken for `fullName`",
        ],
        "/info/stakeholders",
        &json!([{"fullName": "Ada"}, {"role": "owner", "fullName": "Bob"}]),
    );
    repairs(
        &document("description: A.", "consumes:\n- {type: http, namespace: my-notes, baseUri: https://a.io}\n"),
        &["R25: a capability without label, called \"My notes\""],
        "/info/label",
        &json!("My notes"),
    );
    repairs(
        &document(INFO, "exposes:\n- {type: rest, namespace: a, port: 1}\n"),
        &["R04: `exposes` outside of `capability`, taken for the capability's"],
        "/capability/exposes/0/port",
        &json!(1),
    );
}

#[test]
fn binds() {
    for (binds, message) in [
        ("- {namespace: env, keys: [KEY]}", "R06: `keys` is a list, each taken under its own name"),
        ("- {namespace: env, keys: {KEY: }}", "R05: `KEY` without a name at the source, taken under its own name"),
        ("- {namespace: env, keys: {KEY: \"${KEY}\"}}", "R33: `${KEY}` taken for the name `KEY`"),
        ("- {keys: {KEY: KEY}}", "R25: a bind without namespace, taken as `env`, the environment"),
        ("{env: {KEY: KEY}}", "R06: `binds` has entries by name, taken as a list"),
        ("{env: {keys: {KEY: KEY}}}", "R06: `binds` has entries by name, taken as a list"),
        ("{namespace: env, keys: {KEY: KEY}}", "R06: `binds` is one entry, taken as a list of one"),
    ] {
        let text = document(INFO, &format!("binds:\n{}", below(binds, 2)));
        repairs(&text, &[message], "/binds", &json!([{"namespace": "env", "keys": {"KEY": "KEY"}}]));
    }
    let refs = "externalRefs:\n- {name: env, type: environment, resolution: runtime, keys: {a_b: A_B}}\n";
    repairs(
        &document(INFO, refs),
        &[
            "R04: `externalRefs` taken for `binds`",
            "R04: `name` taken for `namespace`",
            "R03: `type` is no key of a bind, left out",
            "R03: `resolution` is no key of a bind, left out",
        ],
        "/binds",
        &json!([{"namespace": "env", "keys": {"a_b": "A_B"}}]),
    );
}

#[test]
fn variables_that_nobody_declares_are_declared() {
    let api = "authentication: {type: bearer, token: \"{{A}}\"}\ninputParameters:\n- {name: X-B, in: header, value: \"{{env.B}}-{{tools.c}}\"}";
    repairs(
        &consuming(api),
        &[
            "R14: no bind declares `{{A}}`, taken from the environment under its own name",
            "R14: no bind declares `{{env.B}}`, taken from the environment under its own name",
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
        &["R14: no bind declares `{{secrets.A}}`, taken from file:///s.yaml under its own name"],
        "/binds/0/keys",
        &json!({"B": "b", "A": "A"}),
    );
    // An argument of the operation is none, neither is what is not in capitals.
    let body = "method: POST\ninputParameters: [{name: TITLE, in: body}]\nbody: {type: json, data: {a: \"{{TITLE}}\", b: \"{{text}}\", c: \"{{KEY}}\"}}";
    repairs(
        &operation(body),
        &["R14: no bind declares `{{KEY}}`, taken from the environment under its own name"],
        "/binds",
        &json!([{"namespace": "env", "keys": {"KEY": "KEY"}}]),
    );
}

#[test]
fn base_uris() {
    for (written, read, messages) in [
        ("https://a.io/v1/", "https://a.io/v1", &["R12: the slash at the end of `https://a.io/v1/` left out"][..]),
        ("a.io/v1", "https://a.io/v1", &["R11: `a.io/v1` has no scheme, called by https"]),
        ("localhost:8080", "http://localhost:8080", &["R11: `localhost:8080` has no scheme, called by http"]),
        (
            "https://<host>/v1",
            "https://{host}/v1",
            &["R13: `https://<host>/v1` taken as `https://{host}/v1`, with a variable"],
        ),
        (
            "https://YOUR_ORG.a.io",
            "https://{YOUR_ORG}.a.io",
            &["R13: `https://YOUR_ORG.a.io` taken as `https://{YOUR_ORG}.a.io`, with a variable"],
        ),
        ("https://[tenant_id].a.io", "https://[tenant_id].a.io", &[]),
    ] {
        repairs(&consuming(&format!("baseUri: {written}")), messages, "/capability/consumes/0/baseUri", &json!(read));
    }
    repairs(
        &consuming("url: https://a.io"),
        &["R04: `url` taken for `baseUri`"],
        "/capability/consumes/0/baseUri",
        &json!("https://a.io"),
    );
    repairs(
        &consuming("baseUri: {{BASE_URL}}"),
        &[
            "R05: `baseUri` without quotes, taken as the text \"{{BASE_URL}}\"",
            "R14: no bind declares `{{BASE_URL}}`, taken from the environment under its own name",
        ],
        "/capability/consumes/0/baseUri",
        &json!("{{BASE_URL}}"),
    );
}

#[test]
fn authentications() {
    let apikey = json!({"type": "apikey", "key": "X-Key", "value": "{{env.KEY}}", "placement": "header"});
    let with = |keys: &str| {
        consuming(&format!("authentication: {{{keys}}}"))
            .replace("capability:", "binds:\n- {namespace: env, keys: {KEY: KEY, USER: USER}}\ncapability:")
    };
    let at = "/capability/consumes/0/authentication";
    let value = "\"{{env.KEY}}\"";
    repairs(&with(&format!("type: apikey, key: X-Key, value: {value}, placement: header")), &[], at, &apikey);
    repairs(
        &with(&format!("type: apikey, key: X-Key, value: {value}")),
        &["R07: apikey without placement, taken as a header"],
        at,
        &apikey,
    );
    repairs(
        &with(&format!("type: apiKey, in: header, name: X-Key, value: {value}")),
        &[
            "R09: an authentication of type `apiKey`, taken for `apikey`",
            "R08: `in: header` taken for `placement: header`",
            "R08: `name` taken for `key`",
        ],
        at,
        &apikey,
    );
    repairs(
        &with(&format!("type: apikey, header: X-Key, key: {value}")),
        &[
            "R07: apikey without placement, taken as a header",
            "R08: `header` taken for `key`",
            "R08: `key` taken for `value`",
        ],
        at,
        &apikey,
    );
    repairs(
        &with(&format!("type: header, header: X-Key, token: {value}")),
        &[
            "R09: an authentication of type `header`, taken for `apikey`",
            "R07: apikey without placement, taken as a header",
            "R08: `header` taken for `key`",
            "R08: `token` taken for `value`",
        ],
        at,
        &apikey,
    );
    repairs(
        &with(&format!("type: api_key, key: X-Key, value: {value}, placement: Header")),
        &[
            "R09: an authentication of type `api_key`, taken for `apikey`",
            "R08: `placement: Header` taken for `placement: header`",
        ],
        at,
        &apikey,
    );
    repairs(
        &with("type: apikey, key: X-Key, value: \"${KEY}\", placement: header"),
        &["R33: `${KEY}` taken for `{{KEY}}`"],
        at,
        &json!({"type": "apikey", "key": "X-Key", "value": "{{KEY}}", "placement": "header"}),
    );
    repairs(
        &with(&format!("type: query, name: key, value: {value}")),
        &[
            "R09: an authentication of type `query`, taken for `apikey`",
            "R07: apikey without placement, taken as a query parameter",
            "R08: `name` taken for `key`",
        ],
        at,
        &json!({"type": "apikey", "key": "key", "value": "{{env.KEY}}", "placement": "query"}),
    );
    let bearer = json!({"type": "bearer", "token": "{{env.KEY}}"});
    repairs(
        &with(&format!("type: Bearer, value: {value}")),
        &["R09: an authentication of type `Bearer`, taken for `bearer`", "R04: `value` taken for `token`"],
        at,
        &bearer,
    );
    repairs(
        &with(&format!("type: http, scheme: bearer, token: {value}")),
        &["R09: an authentication of type `http`, taken for `bearer`"],
        at,
        &bearer,
    );
    repairs(
        &with(&format!("type: oauth2, accessToken: {value}")),
        &["R09: an authentication of type `oauth2`, taken for `bearer`", "R04: `accessToken` taken for `token`"],
        at,
        &bearer,
    );
    repairs(
        &with(&format!("token: {value}")),
        &["R09: an authentication without type, taken for `bearer`"],
        at,
        &bearer,
    );
    repairs(
        &with(&format!("type: basic, user: {value}, pass: x")),
        &["R04: `user` taken for `username`", "R04: `pass` taken for `password`"],
        at,
        &json!({"type": "basic", "username": "{{env.KEY}}", "password": "x"}),
    );
    repairs(
        &with(&format!("type: basic, username: {value}")),
        &["R32: a basic authentication without password, taken with an empty one"],
        at,
        &json!({"type": "basic", "username": "{{env.KEY}}", "password": ""}),
    );
    repairs(&with("type: none"), &["R09: an authentication of type `none` is none"], at, &json!(null));
    // What nobody supports is kept, to be refused by name.
    for unknown in ["oauth1", "hmac", "aws-sig-v4", "certificate"] {
        repairs(
            &with(&format!("type: {unknown}, key: {value}")),
            &[],
            at,
            &json!({"type": unknown, "key": "{{env.KEY}}"}),
        );
    }
    repairs(
        &with("type: oauth2, clientId: x, tokenUrl: y"),
        &[],
        at,
        &json!({"type": "oauth2", "clientId": "x", "tokenUrl": "y"}),
    );
    repairs(
        &with(&format!("type: bearer, token: {value}")).replace("authentication:", "auth:"),
        &["R04: `auth` taken for `authentication`"],
        at,
        &bearer,
    );
}

#[test]
fn what_the_specification_does_not_have_is_kept() {
    let text = consuming("authentication: {type: apikey, key: token, value: x, placement: path}");
    let kept: Vec<_> = reading(&text).kept.iter().map(ToString::to_string).collect();
    assert_eq!(kept, ["R10: an apikey travels in the path, which the specification does not have; kept"]);
    assert_eq!(reading(&text).repairs, []);
    let text = tool("call: notes.list-notes\nwith: {a: [1], b: tools.b}");
    let kept: Vec<_> = reading(&text).kept.iter().map(ToString::to_string).collect();
    assert_eq!(kept, ["R28: the value of `a` is a list, taken as it is"]);
    let text = operation("method: POST\nbody: {type: json}");
    let kept: Vec<_> = reading(&text).kept.iter().map(ToString::to_string).collect();
    assert_eq!(kept, ["R31: a body without `data`: it is what the caller gives"]);
    repairs(&text, &[], &format!("{OPERATION}/body"), &json!({"type": "json"}));
}

#[test]
fn paths_and_methods() {
    let resource = |path: &str| consuming(&format!("resources:\n- name: notes\n  path: {path}\n  operations: []"));
    let at = "/capability/consumes/0/resources/0/path";
    for (written, read, messages) in [
        ("notes", "/notes", &["R15: `notes` without a slash at its beginning, taken as `/notes`"][..]),
        ("'/n/{{id}}'", "/n/{id}", &["R16: `/n/{{id}}` taken as `/n/{id}`"]),
        ("'/n/{{tools.id}}'", "/n/{id}", &["R16: `/n/{{tools.id}}` taken as `/n/{id}`"]),
        ("/n/:id/x:cancel", "/n/{id}/x:cancel", &["R16: `/n/:id/x:cancel` taken as `/n/{id}/x:cancel`"]),
        ("/n/<id>", "/n/{id}", &["R16: `/n/<id>` taken as `/n/{id}`"]),
        ("'/n/{id}/{?a,b}'", "/n/{id}/", &["R16: `/n/{id}/{?a,b}` taken as `/n/{id}/`"]),
        ("/n/", "/n/", &[]),
        ("'?action=x'", "?action=x", &[]),
        ("\"/range(address='{a}')\"", "/range(address='{a}')", &[]),
    ] {
        repairs(&resource(written), messages, at, &json!(read));
    }
    let bound =
        resource("'/n/{{KEY}}'").replace("capability:", "binds:\n- {namespace: env, keys: {KEY: KEY}}\ncapability:");
    repairs(&bound, &[], at, &json!("/n/{{KEY}}"));
    repairs(&operation("method: get"), &["R24: `get` taken as `GET`"], &format!("{OPERATION}/method"), &json!("GET"));
    repairs(
        &operation("Method: GET"),
        &["R04: `Method` taken for `method`"],
        &format!("{OPERATION}/method"),
        &json!("GET"),
    );
    repairs(
        &operation("x: 1").replace("        method: GET\n", ""),
        &["R24: an operation without method, taken for a GET", "R03: `x` is no key of a consumed operation, left out"],
        &format!("{OPERATION}/method"),
        &json!("GET"),
    );
    repairs(
        &route("call: notes.list-notes"),
        &["R24: an operation without method, taken for a POST as what it calls"],
        &format!("{ROUTE}/method"),
        &json!("POST"),
    );
}

#[test]
fn parameters() {
    let at = format!("{OPERATION}/inputParameters");
    for (written, read, messages) in [
        (
            "{id: {in: path}}",
            json!([{"name": "id", "in": "path"}]),
            &["R06: `inputParameters` has entries by name, taken as a list"][..],
        ),
        (
            "{id: string}",
            json!([{"name": "id", "in": "path", "type": "string"}]),
            &[
                "R06: `inputParameters` has entries by name, taken as a list",
                "R19: `id` does not say where it goes, taken for the path",
            ],
        ),
        (
            "[id, page]",
            json!([{"name": "id", "in": "path"}, {"name": "page", "in": "query"}]),
            &[
                "R06: `id` taken for the name of a parameter",
                "R19: `id` does not say where it goes, taken for the path",
                "R06: `page` taken for the name of a parameter",
                "R19: `page` does not say where it goes, taken for the query",
            ],
        ),
        (
            "{name: q, in: query}",
            json!([{"name": "q", "in": "query"}]),
            &["R06: `inputParameters` is one entry, taken as a list of one"],
        ),
        (
            "[{name: q, in: querystring, required: \"true\", type: int}]",
            json!([{"name": "q", "in": "query", "type": "integer", "required": true}]),
            &[
                "R19: \"querystring\" taken for `query`",
                "R05: `required: true` taken as true",
                "R29: the type \"int\" taken as `integer`",
            ],
        ),
        (
            "[{name: q, in: somewhere, type: [string, 'null']}]",
            json!([{"name": "q", "in": "query", "type": "string"}]),
            &[
                "R19: \"somewhere\" is no place of a parameter, taken for the query",
                "R29: the type a list taken as `string`",
            ],
        ),
        (
            "[{name: q, in: query, type: 'string[]', values: a|b, default: 3}]",
            json!([
                {"name": "q", "in": "query", "type": "array", "default": 3, "enum": ["a", "b"], "items": {"type": "string"}}
            ]),
            &[
                "R29: the type \"string[]\" taken as `array`",
                "R04: `values` taken for `enum`",
                "R06: `enum` is a text, taken as a list",
            ],
        ),
        (
            "[{name: v, in: header, value: 2}]",
            json!([{"name": "v", "in": "header", "value": "2"}]),
            &["R05: `value` is a number, taken as the text that is written there"],
        ),
        (
            "[{name: v, in: query, schema: {type: integer, enum: [1]}}]",
            json!([{"name": "v", "in": "query", "type": "integer", "enum": [1]}]),
            &["R04: what `schema` says taken for what the parameter says"],
        ),
        (
            "[{name: v, in: query, optional: true, example: 7}]",
            json!([{"name": "v", "in": "query", "required": false}]),
            &[
                "R04: `optional: true` taken as `required: false`",
                "R03: `example` is no key of an input parameter, left out",
            ],
        ),
    ] {
        repairs(&operation(&format!("inputParameters: {written}")), messages, &at, &read);
    }
    repairs(
        &operation("parameters: [{name: q, in: query}]"),
        &["R04: `parameters` taken for `inputParameters`"],
        &at,
        &json!([{"name": "q", "in": "query"}]),
    );
    repairs(
        &operation("headers: {X-A: \"1\"}"),
        &["R04: `headers` taken for `inputParameters` in the header"],
        &at,
        &json!([{"name": "X-A", "in": "header", "value": "1"}]),
    );
    repairs(
        &operation("queryParams: [{name: q}]"),
        &["R04: `queryParams` taken for `inputParameters` in the query"],
        &at,
        &json!([{"name": "q", "in": "query"}]),
    );
    repairs(
        &tool("call: notes.list-notes\ninputParameters: [{name: a, in: query, type: string}]"),
        &["R03: `in` is no key of a tool's parameter, left out"],
        &format!("{TOOL}/inputParameters"),
        &json!([{"name": "a", "type": "string"}]),
    );
}

#[test]
fn bodies() {
    let at = format!("{OPERATION}/body");
    for (written, read, messages) in [
        ("{type: json, data: {a: 1}}", json!({"type": "json", "data": {"a": 1}}), &[][..]),
        ("'raw {{tools.x}}'", json!("raw {{tools.x}}"), &[]),
        (
            "{a: 1}",
            json!({"type": "json", "data": {"a": 1}}),
            &["R17: a body without `type` and `data`, taken for the JSON itself"],
        ),
        (
            "{type: note, a: 1}",
            json!({"type": "json", "data": {"type": "note", "a": 1}}),
            &["R17: a body without `type` and `data`, taken for the JSON itself"],
        ),
        ("{data: {a: 1}}", json!({"type": "json", "data": {"a": 1}}), &["R17: a body without `type`, taken for JSON"]),
        ("[1]", json!({"type": "json", "data": [1]}), &["R17: a body that is a list, taken for JSON"]),
        (
            "{type: json, a: 1}",
            json!({"type": "json", "data": {"a": 1}}),
            &["R17: a body without `data`: all beside its type is taken for it"],
        ),
        (
            "{type: json, content: {a: 1}}",
            json!({"type": "json", "data": {"a": 1}}),
            &["R04: `content` taken for `data`"],
        ),
        (
            "{type: form, data: {a: b}}",
            json!({"type": "formUrlEncoded", "data": {"a": "b"}}),
            &["R29: a body of type `form`, taken for `formUrlEncoded`"],
        ),
        (
            "{type: multipart/form-data, data: {a: b}}",
            json!({"type": "multipartForm", "data": [{"name": "a", "value": "b"}]}),
            &[
                "R29: a body of type `multipart/form-data`, taken for `multipartForm`",
                "R06: the parts of a form by name, taken as a list",
            ],
        ),
        ("{type: raw, data: x}", json!("x"), &["R17: a body of type `raw`, taken for its text"]),
        (
            "{type: binary, data: {content: '{{tools.x}}'}}",
            json!({"type": "binary", "data": "{{tools.x}}"}),
            &["R17: `data` is taken for the text of its `content`"],
        ),
        ("{type: yaml, data: 'a: b'}", json!({"type": "yaml", "data": "a: b"}), &[]),
    ] {
        repairs(&operation(&format!("method: POST\nbody: {written}")), messages, &at, &read);
    }
}

#[test]
fn outputs() {
    let at = format!("{OPERATION}/outputParameters");
    for (written, read, messages) in [
        (
            "[{name: a, mapping: $.a}]",
            json!([{"name": "a", "type": "string", "value": "$.a"}]),
            &["R23: an output parameter without type, taken for `string`", "R23: `mapping` taken for `value`"][..],
        ),
        (
            "[{name: a, value: $.}]",
            json!([{"name": "a", "type": "object", "value": "$."}]),
            &["R23: an output parameter without type, taken for `object`"],
        ),
        (
            "{a: $.a}",
            json!([{"name": "a", "type": "string", "value": "$.a"}]),
            &[
                "R06: `outputParameters` has entries by name, taken as a list",
                "R23: `mapping` taken for `value`",
                "R23: an output parameter without type, taken for `string`",
            ],
        ),
        (
            "[note]",
            json!([{"name": "note", "type": "string", "value": "$.note"}]),
            &[
                "R23: `note` taken for the output of that name",
                "R23: an output parameter without type, taken for `string`",
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
            &["R23: `value` taken for `mapping`"][..],
        ),
        ("[{name: a, type: string, value: b}]", json!([{"name": "a", "type": "string", "value": "b"}]), &[]),
        (
            "{type: object, mapping: $.}",
            json!([{"type": "object", "mapping": "$."}]),
            &["R06: `outputParameters` is one entry, taken as a list of one"],
        ),
        (
            "[$.a]",
            json!([{"type": "string", "mapping": "$.a"}]),
            &["R23: `$.a` taken for a `mapping`", "R23: an output parameter without type, taken for `string`"],
        ),
        (
            "[{type: list, mapping: $., items: [{type: object, properties: {a: string}}]}]",
            json!([
                {"type": "array", "mapping": "$.", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}
            ]),
            &[
                "R29: the type \"list\" taken as `array`",
                "R23: `items` is a list of one, taken for its entry",
                "R23: `string` taken for an output parameter",
            ],
        ),
        (
            "[{type: array, items: [{name: a, type: string}, {name: b, type: number}]}]",
            json!([
                {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}}}
            ]),
            &[
                "R23: `items` is a list of names, taken for the properties of each element",
                "R23: `properties` is a list, taken by the names of its entries",
            ],
        ),
        (
            "[{type: object, properties: [{name: a, type: string, maxLength: \"9\"}]}]",
            json!([
                {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}}
            ]),
            &[
                "R23: `properties` is a list, taken by the names of its entries",
                "R05: `maxLength` is \"9\", taken as the number 9",
            ],
        ),
    ] {
        repairs(&tool(&format!("call: notes.list-notes\noutputParameters: {written}")), messages, &at, &read);
    }
}

#[test]
fn adapters() {
    for (written, messages) in [
        ("- {type: rest, namespace: a, port: \"8080\"}", &["R05: `port` is \"8080\", taken as the number 8080"][..]),
        ("- {type: api, namespace: a, port: 8080}", &["R29: an adapter of type `api`, taken for `rest`"]),
        ("  {type: rest, namespace: a, port: 8080}", &["R06: `exposes` is one entry, taken as a list of one"]),
        ("  {rest: {namespace: a, port: 8080}}", &["R06: `exposes` has entries by name, taken as a list"]),
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
            "R25: an adapter without namespace, named `notes-mcp`",
            "R29: the transport `sse` taken for `http`",
            "R29: an adapter without type, taken for `mcp`",
        ],
        "/capability/exposes",
        &json!([
            {"type": "mcp", "namespace": "notes-mcp", "port": 1, "transport": "http", "tools": []},
            {"type": "mcp", "namespace": "x", "tools": []},
        ]),
    );
    // What is not served is kept as it is, unknown keys included.
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
fn tools_and_routes() {
    repairs(
        &tool("call: notes.list_notes\nhints: readOn"),
        &["R27: `notes.list_notes` taken for `notes.list-notes`", "R22: \"readOn\" is no object of hints, left out"],
        TOOL,
        &json!({"name": "a", "call": "notes.list-notes"}),
    );
    repairs(
        &tool("call: list-notes\nannotations: {readOnlyHint: \"true\", destructive: maybe}"),
        &[
            "R27: `list-notes` taken for `notes.list-notes`",
            "R04: `annotations` taken for `hints`",
            "R04: `readOnlyHint` taken for `readOnly`",
            "R05: `readOnly: true` taken as true",
            "R22: `destructive: \"maybe\"` is no hint, left out",
        ],
        TOOL,
        &json!({"name": "a", "call": "notes.list-notes", "hints": {"readOnly": true}}),
    );
    repairs(
        &tool("call: notes.list-notes").replace("  - name: a\n    ", "  - "),
        &["R25: a tool without name, named `list-notes` after its call"],
        &format!("{TOOL}/name"),
        &json!("list-notes"),
    );
    for with in ["[{name: a, value: tools.a}]", "[a: tools.a]"] {
        repairs(
            &tool(&format!("call: notes.list-notes\nwith: {with}")),
            &["R06: `with` is a list, taken by the names of its entries"],
            &format!("{TOOL}/with"),
            &json!({"a": "tools.a"}),
        );
    }
    repairs(
        &tool("call: notes.list-notes\nwiht: {a: tools.a}"),
        &["R04: `wiht` taken for `with`"],
        &format!("{TOOL}/with"),
        &json!({"a": "tools.a"}),
    );
    repairs(
        &route("method: post\nhints: {readOnly: true}\ncall: {namespace: notes, operation: list-notes}"),
        &[
            "R24: `post` taken as `POST`",
            "R03: `hints` is no key of an operation of a REST adapter, left out",
            "R27: `call` is an object, taken for `notes.list-notes`",
        ],
        ROUTE,
        &json!({"method": "POST", "call": "notes.list-notes"}),
    );
    repairs(
        &tool("steps:\n- {name: s, call: Notes.list-notes, with: {a: 1}}\nmappings: {x: $.s.a}"),
        &[
            "R29: a step whose type is not said, taken for a `call`",
            "R27: `Notes.list-notes` taken for `notes.list-notes`",
            "R06: `mappings` has entries by name, taken as a list",
        ],
        TOOL,
        &json!({
            "name": "a",
            "steps": [{"type": "call", "name": "s", "call": "notes.list-notes", "with": {"a": 1}}],
            "mappings": [{"targetName": "x", "value": "$.s.a"}],
        }),
    );
}

#[test]
fn what_lacks_a_name_gets_it_where_there_is_one_way() {
    let api = "capability:\n  consumes:\n  - baseUri: https://a.io\n    resources:\n    - path: /notes/{id}\n      operations: [{method: GET}]\n";
    let text =
        document(INFO, api) + "  exposes:\n  - {type: mcp, namespace: m, port: 1, tools: [{name: a, call: notes.x}]}\n";
    repairs(
        &text,
        &[
            "R29: a consumed API without type, taken for `http`",
            "R25: a consumed API without namespace, named `notes` as calls name it",
            "R25: a consumed resource without name, named `notes-id` after its path",
            "R25: an operation without name, named `get-notes-id` after its method and path",
        ],
        "/capability/consumes/0/namespace",
        &json!("notes"),
    );
}

/// What is wrong with a document, each as `LINE:COLUMN: message; help`.
fn wrong(text: &str) -> Vec<String> {
    let Err(errors) = read(text) else { panic!("this is read:\n{text}") };
    errors
        .iter()
        .map(|e| format!("{}:{}: {}; {}", e.line, e.column, e.message, e.help.as_deref().unwrap_or("-")))
        .collect()
}

#[test]
fn a_guess_that_could_send_another_request_is_an_error() {
    let mut told = Vec::new();
    for text in [
        operation("method: POST\nbody: {type: json, data: {}}\npayload: {a: 1}"),
        operation("method: POST\nbody: {type: jsno, data: {}}"),
        operation("method: POST\nbody: 7"),
        operation("body: {data: 1}").replace("        method: GET\n", ""),
        operation("method: OPTIONS"),
        operation("method: [GET]"),
        operation("inputParameters: [{name: a, in: formData}, {in: query}, {name: b, in: environment}]"),
        consuming("authentication: {type: apikey, key: \"{{KEY}}\"}"),
        consuming("authentication: {type: apikey, key: X-Key, value: x, placement: there}"),
        consuming("authentication: {type: apikey, key: X-Key, value: x, placement: query, in: header}"),
        consuming("authentication: {type: bearer, header: X-Token, token: x}"),
        consuming("authentication: {type: bearer}"),
        consuming("authentication: {x: y}"),
        consuming("authentication: [a, b]"),
        consuming("inputParameters: [{name: a, value: b}]"),
        consuming("baseUri: /v1"),
        consuming("resources: [{name: a, path: 'https://a.io/b', operations: []}]"),
        consuming("resources: [{name: a, operations: [{name: b, method: GET}]}]"),
        consuming("").replace("baseUri: https://notes.io", "type_: http"),
        consuming("").replace("type: http", "type: grpc"),
        exposing(
            "- {type: rest, namespace: a, port: eighty}\n- {type: rset, namespace: b}\n- {type: mcp, namespace: c, port: 70000}",
        ),
        exposing("- {type: rest, namespace: a, resources: [{operations: []}]}"),
        tool("call: notes.list-notes\nwiht: 3"),
        tool("call: notes.list-notes\nwith: {a: tools.a}\nwiht: {b: tools.b}"),
        tool("call: notes.list-notes\nwith: tools.a"),
        tool("steps: [{name: a}, {type: wait, name: b}, {call: a.b}]"),
        tool("x: 1").replace("  - name: a\n    ", "  - "),
        document(INFO, "binds: [{namespace: env, keys: 3}, {location: 'file:///a'}]\n"),
        "- a".to_owned(),
        document(INFO, "capability: []\n"),
    ] {
        told.extend(wrong(&text));
    }
    let expected = [
        "17:9: `payload` and `body` are both here, and may mean the same; keep one of them, as `body`",
        "16:22: `jsno` is no type of a body; the types are `json`, `text`, `xml`, `sparql`, `yaml`, `binary`, `formUrlEncoded` and `multipartForm`",
        "16:15: a body has `type` and `data`, and this is 7; write `body: {type: json, data: {…}}`",
        "14:9: an operation with a body has no `method`; write `method: POST`, `PUT` or `PATCH`",
        "15:17: `method` is one of GET, HEAD, POST, PUT, PATCH and DELETE, and this is \"OPTIONS\"; write the method that the API has for it",
        "15:17: `method` is one of GET, HEAD, POST, PUT, PATCH and DELETE, and this is a list; write the method that the API has for it",
        "16:41: `a` is in a form, which an input parameter cannot say; write `body: {type: formUrlEncoded, data: {NAME: \"{{tools.NAME}}\"}}` instead",
        "16:52: an input parameter has no `name`; write `name: NAME`, the name that the API has for it",
        "16:79: `b` is in the environment, which no request carries; declare it in `binds`, and write `{{env.NAME}}` where it belongs",
        "10:21: an apikey authentication has no `value`; write it as a variable, `\"{{env.NAME}}\"`, and never as it is",
        "10:58: `there` is no place of an apikey; write `placement: header` or `placement: query`",
        "10:76: `in` says something else of this `apikey` than its other keys; keep one of them; the keys are those of the specification",
        "10:36: a bearer travels in `Authorization`, and this one names another header; write `type: apikey` with `key`, `value` and `placement: header`",
        "10:21: a bearer authentication has no `token`; write it as a variable, `\"{{env.NAME}}\"`, and never as it is",
        "10:21: an authentication has no `type`; write `type: bearer`, `apikey`, `basic` or `digest`",
        "10:21: an authentication is one object, and this is a list; write `authentication: {type: bearer, token: \"{{env.TOKEN}}\"}`",
        "10:23: `a` does not say where it goes; write `in: header` or `in: query`",
        "9:14: `/v1` is no base URI: it names no host; write `baseUri: https://HOST`, the host as a variable if it differs: `{{HOST}}`",
        "10:33: `https://a.io/b` is a whole URL, where a path below the base URI belongs; put scheme and host into `baseUri`, and write the rest here: `path: /…`",
        "10:17: a consumed resource has no `path`; write `path: /…`, the part after the base URI",
        "7:5: a consumed API has no `baseUri`; write `baseUri: https://HOST/PATH`, the part of every URL before the paths of the resources",
        "7:11: a consumed API of type `grpc` cannot be called; only APIs over HTTP can be: write `type: http`",
        "17:38: `port` is a whole number from 1 to 65535, and this is \"eighty\"; write `port: 8080`",
        "18:5: an adapter of type `rset` cannot be served; the types are `rest`, `mcp`, `skill` and `control`",
        "19:37: `port` is a whole number from 1 to 65535, and this is 70000; write `port: 8080`",
        "17:44: a resource of a REST adapter has no `path`; write `path: /…`, the path of the route",
        "23:7: `wiht` is no key of a tool, and decides which request is sent if it is `with`; write `with`, or take it out; the keys are `name`, `label`, `description`, `hints`, `ref`, `call`, `with`, `steps`, `mappings`, `inputParameters`, `outputParameters`",
        "24:7: `wiht` and `with` are both here, and may mean the same; keep one of them, as `with`",
        "23:13: `with` is an object, and this is \"tools.a\"; write `with: {NAME: rest.NAME}` for a route, `tools.NAME` for a tool",
        "22:15: a step has no `call`; write `call: NAMESPACE.OPERATION`",
        "22:26: a step of type `wait` cannot be run; the types of steps are `call`, `lookup` and `script`",
        "22:49: a step has no `name`; write `name: NAME`; mappings refer to it: `$.NAME`",
        "21:9: a tool has no `name`; write `name: NAME`, in kebab-case",
        "5:32: `keys` is an object of names, and this is something else; write `KEY: NAME_AT_THE_SOURCE` for each",
        "5:36: a bind has no `namespace`; write `namespace: NAME` for `{{NAME.KEY}}`",
        "1:1: a document is an object, and this is a list; write its keys: `naftiko`, `info`, `binds`, `consumes`, `capability`, `exposes`, `aggregates`",
        "5:13: `capability` is an object, and this is a list; write its keys: `binds`, `consumes`, `exposes`, `aggregates`",
    ];
    assert_eq!(told, expected);
}
