//! Tests of the keys of `with` that fill a hole of the request: each is sent only there.

use super::{document, lowered_lines};
use serde_json::{Value, json};

/// Returns the lines of the tool of a document with this path and operation.
fn tool(path: &str, method: &str, operation: &Value, with: &Value) -> String {
    let mut document = document(path, method, operation, path, with);
    document.capability.exposes.remove(0);
    lowered_lines(&document).join("; ")
}

#[test]
fn a_key_that_fills_a_value_is_not_also_sent_under_its_name() {
    let with = json!({ "token": "FROM.token" });
    for (value, hole) in [
        ("Bearer {{token}}", "Bearer <token>"),
        ("Bearer {{ token }}", "Bearer <token>"),
        ("Bearer {{tools.token}}", "Bearer <token>"),
        ("Bearer {{$this.token}}", "Bearer <token>"),
        ("{{token}}", "<token>"),
    ] {
        for (place, sent) in [
            ("header", format!("/x Authorization: {hole}")),
            ("query", format!("/x?Authorization={hole}")),
            ("cookie", format!("/x Authorization: {hole}")),
        ] {
            let more = json!({ "inputParameters": [{ "name": "Authorization", "in": place, "value": value }] });
            for method in ["GET", "POST"] {
                let line = tool("/x", method, &more, &with);
                let at = if place == "query" { "query" } else { place };
                assert_eq!(line, format!("[token in {at}] {method} {sent}"), "{value} in {place}");
            }
        }
    }
    let more = json!({ "inputParameters": [
        { "name": "auth", "in": "body", "value": "Bearer {{token}}" }, { "name": "id", "in": "body" },
    ] });
    let with = json!({ "token": "FROM.token", "id": "FROM.id" });
    assert_eq!(
        tool("/x", "POST", &more, &with),
        "[id in body, token in body] POST /x json {auth: Bearer <token>, id: <id>}"
    );
}

#[test]
fn a_key_that_fills_the_path_is_not_also_sent_under_its_name() {
    let with = json!({ "id": "FROM.id" });
    for path in ["/x/{{tools.id}}", "/x/{{id}}", "/x/{id}", "/x/{{ $this.tools.id }}"] {
        assert_eq!(tool(path, "GET", &json!({}), &with), "[id! in query] GET /x/<id>", "{path}");
    }
    assert_eq!(tool("/x?key={{tools.id}}", "GET", &json!({}), &with), "[id! in query] GET /x?key=<id>");
    let value = json!({ "inputParameters": [{ "name": "name", "in": "path", "value": "items/{{id}}" }] });
    assert_eq!(tool("/x/{name}", "GET", &value, &with), "[id in query] GET /x/items/<id>");
}

#[test]
fn a_key_with_the_name_of_a_bind_is_a_key_of_its_own() {
    let with = json!({ "KEY": "FROM.key" });
    let value = json!({ "inputParameters": [{ "name": "X-Key", "in": "header", "value": "{{env.KEY}}" }] });
    let repair = |name: &str| format!("R20: `op` declares no parameter `KEY`: it is sent in the {name}");
    assert_eq!(
        tool("/x", "GET", &value, &with),
        format!("[key in query] GET /x?KEY=<key> X-Key: $env.KEY; {}", repair("query"))
    );
    let body = json!({ "body": { "type": "json", "data": { "key": "{{env.KEY}}" } } });
    assert_eq!(
        tool("/x", "POST", &body, &with),
        format!("[key in query] POST /x?KEY=<key> json {{key: $env.KEY}}; {}", repair("query"))
    );
    assert_eq!(
        tool("/x/{{env.KEY}}", "GET", &json!({}), &with),
        format!("[key in query] GET /x/$env.KEY?KEY=<key>; {}", repair("query"))
    );
}

#[test]
fn a_key_for_what_is_set_at_startup_is_not_sent() {
    let line = |base_uri: &str, authentication: Value, key: &str| {
        let mut document = document("/x", "GET", &json!({}), "/x", &json!({ key: "FROM.value" }));
        document.capability.exposes.remove(0);
        base_uri.clone_into(&mut document.capability.consumes[0].base_uri);
        document.capability.consumes[0].authentication = serde_json::from_value(authentication).unwrap();
        lowered_lines(&document).join("; ")
    };
    let not_sent = |key: &str, part: &str| {
        format!(
            "[value in query] GET /x; R20: `{key}` is not sent: it is a variable of the {part}, and gets its value at startup"
        )
    };
    let (plain, bearer) = ("https://a.example", json!({ "type": "bearer", "token": "{{token}}" }));
    for uri in ["https://{{shop}}.a.example", "https://{shop}.a.example", "https://[shop].a.example"] {
        assert_eq!(line(uri, Value::Null, "shop"), not_sent("shop", "base URI"), "{uri}");
    }
    assert_eq!(line(plain, bearer.clone(), "token"), not_sent("token", "authentication"));
    let basic = json!({ "type": "basic", "username": "u", "password": "{{password}}" });
    assert_eq!(line(plain, basic, "password"), not_sent("password", "authentication"));
    assert!(line(plain, bearer, "page").contains("?page=<value>;"));
}

#[test]
fn a_part_of_a_template_takes_precedence_over_a_parameter_with_its_name() {
    let sent = |kind: &str, data: &Value| {
        let parameters = json!([{ "name": "title", "in": "body" }, { "name": "note", "in": "body" }]);
        let operation = json!({ "inputParameters": parameters, "body": { "type": kind, "data": data } });
        let line = tool("/x", "POST", &operation, &json!({ "title": "tools.title", "note": "tools.note" }));
        line.split_once("POST /x ").unwrap().1.to_owned()
    };
    let members = json!({ "title": "A" });
    let parts = json!([{ "name": "title", "value": "A" }, { "name": "title", "value": "B" }]);
    assert_eq!(sent("json", &members), "json {title: \"A\", note: <note>}");
    assert_eq!(sent("formUrlEncoded", &members), "form {title: \"A\", note: <note>}");
    assert_eq!(sent("multipartForm", &members), "parts {title: \"A\", note: <note>}");
    assert_eq!(sent("multipartForm", &parts), "parts {title: \"A\", title: \"B\", note: <note>}");
    assert_eq!(sent("formUrlEncoded", &json!("title=A&x=1")), "text title=A&x=1&note=<note>");
    assert_eq!(sent("formUrlEncoded", &json!("x=title")), "text x=title&title=<title>&note=<note>");
}
