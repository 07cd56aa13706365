//! Constants and defaults of parameters, bodies whose type follows from their Content-Type, and types of constants in
//! results.

use crate::support::{capability, sent, serve, tool, upstream, yaml};
use serde_json::{Value, json};

const TOOLS: &str = "
- type: mcp
  namespace: mcp
  port: 9090
  tools:
";

/// Returns a document whose API has the operation `op` of `POST /p`, with these parameters, and whose tool `t` calls it.
fn document(parameters: &str, tool: &str) -> String {
    yaml(
        "",
        &format!(
            "- {{name: p, path: /p, operations: [{{name: op, method: POST, description: Sends., inputParameters: [{parameters}]}}]}}"
        ),
        &format!("{TOOLS}  - {{name: t, description: T., call: api.op, {tool}}}"),
    )
}

#[tokio::test]
async fn callers_cannot_replace_the_value_of_an_input() {
    let upstream = upstream(&[("POST", "/p")]).await;
    let text = document(
        "{name: q, in: query}, {name: n, in: body}",
        "inputParameters: [{name: q, type: string, value: fixed}, {name: n, type: integer, value: '7'}]",
    );
    let capability = capability(&text, &upstream);
    let url = serve(&capability).await;
    let refused = tool(&url, "t", json!({ "q": "over" })).await;
    assert_eq!(refused["isError"], true, "{refused}");
    let sent = sent(&text, &upstream, "t", json!({})).await;
    assert_eq!(sent.path_and_query, "/p?q=fixed");
    assert_eq!(sent.body, r#"{"n":7}"#);
}

#[tokio::test]
async fn an_argument_that_callers_leave_out_has_the_default_of_the_api() {
    let text = document(
        "{name: q, in: query, default: d q}, {name: n, in: body, type: integer, default: 3}, {name: state, in: query, value: open}",
        "inputParameters: [{name: q, type: string}], with: {q: tools.q, state: tools.state}",
    );
    for (arguments, expected) in [
        (json!({}), "/p?q=d%20q&state=open"),
        (json!({ "q": null }), "/p?q=d%20q&state=open"),
        (json!({ "q": "own", "state": "closed" }), "/p?q=own&state=closed"),
    ] {
        let upstream = upstream(&[("POST", "/p")]).await;
        let sent = sent(&text, &upstream, "t", arguments).await;
        assert_eq!((sent.path_and_query.as_str(), &*sent.body), (expected, br#"{"n":3}"#.as_slice()));
    }
}

#[tokio::test]
async fn a_default_that_does_not_match_its_schema_is_not_used() {
    for default in
        ["type: integer, default: abc", "type: string, default: 5", "type: integer, enum: [1, 2], default: 3"]
    {
        let input = format!("inputParameters: [{{name: q, {default}}}], with: {{q: tools.q}}");
        let upstream = upstream(&[("POST", "/p")]).await;
        let sent = sent(&document("{name: q, in: query}", &input), &upstream, "t", json!({})).await;
        assert_eq!(sent.path_and_query, "/p", "{default}");
    }
}

#[tokio::test]
async fn a_form_by_its_content_type_is_sent_as_a_form() {
    let body = async |parameters: &str, arguments: Value| {
        let upstream = upstream(&[("POST", "/p")]).await;
        let sent = sent(&document(parameters, "with: {}"), &upstream, "t", arguments).await;
        (sent.header("content-type").unwrap().to_owned(), String::from_utf8(sent.body.to_vec()).unwrap())
    };
    let form = "application/x-www-form-urlencoded";
    let header = format!("{{name: Content-Type, in: header, value: {form}}}");
    let arguments = json!({ "a": "x y", "l": ["1", "2"] });
    let fields = format!("{header}, {{name: a, in: body}}, {{name: l, in: body, type: array}}");
    assert_eq!(body(&fields, arguments.clone()).await, (form.to_owned(), "a=x+y&l=1&l=2".to_owned()));
    let whole = format!("{header}, {{name: body, in: body, type: object}}");
    assert_eq!(body(&whole, json!({ "body": arguments.clone() })).await, (form.to_owned(), "a=x+y&l=1&l=2".to_owned()));
    let parts = fields.replace(form, "multipart/form-data");
    let (content_type, sent) = body(&parts, arguments).await;
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert!(sent.starts_with(&format!("--{}", boundary.trim_matches('"'))) && sent.contains("x y"), "{sent}");
    let text = "{name: Content-Type, in: header, value: text/plain}, {name: body, in: body, type: string}";
    assert_eq!(body(text, json!({ "body": "x y" })).await, ("text/plain".to_owned(), "x y".to_owned()));
}

#[tokio::test]
async fn the_results_of_steps_and_mocks_have_their_declared_types() {
    let upstream = upstream(&[("POST", "/p")]).await;
    let text = yaml(
        "",
        "- {name: p, path: /p, operations: [{name: op, method: POST, description: Sends.}]}",
        &format!(
            "{TOOLS}  - name: steps
    description: S.
    steps: [{{type: call, name: one, call: api.op}}]
    mappings: [{{targetName: n, value: '5'}}, {{targetName: b, value: 'true'}}, {{targetName: ok, value: $.one.ok}}, {{targetName: no, value: $.one.no}}]
    outputParameters: [{{name: n, type: integer}}, {{name: b, type: boolean}}, {{name: ok, type: boolean}}, {{name: no, type: string}}]
  - name: mock
    description: M.
    inputParameters: [{{name: id, type: string, description: I.}}]
    outputParameters: [{{name: id, type: number, value: '{{{{id}}}}'}}, {{name: text, type: string, value: '{{{{id}}}}'}}]
"
        ),
    );
    let url = serve(&capability(&text, &upstream)).await;
    let steps = tool(&url, "steps", json!({})).await;
    assert_eq!(steps["structuredContent"], json!({ "n": 5, "b": true, "ok": true }));
    for (id, number) in [("7", json!(7)), ("1.50", json!(1.5)), ("seven", json!("seven"))] {
        let mock = tool(&url, "mock", json!({ "id": id })).await;
        assert_eq!(mock["structuredContent"], json!({ "id": number, "text": id }));
    }
}
