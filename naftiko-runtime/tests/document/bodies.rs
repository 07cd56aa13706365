//! Request bodies: JSON, forms, multipart and text.

use crate::support::{capability, indented, lowered, only, sent, upstream, yaml};
use naftiko_runtime::document::{self, Settings};
use naftiko_runtime::spec::lower::{Body, MultipartPart, Piece, Source, Work};
use naftiko_runtime::spec::model::BodyKind;
use naftiko_runtime::testing::Recorded;
use serde_json::{Value, json};

fn post(operation: &str) -> String {
    let operation = indented(operation, 4);
    let resources = format!("- name: r\n  path: /x\n  operations:\n  - name: post\n    method: POST\n{operation}");
    let tools = "- type: mcp\n  namespace: tools\n  tools:\n  - name: post\n    description: Posts.\n    call: api.post\n    \
                 inputParameters: [{ name: a, type: string }, { name: b, type: object }]\n    with: { a: tools.a, b: tools.b }\n";
    yaml("", &resources, tools)
}

/// Sends a body that uses the arguments `a` and `b`, and returns the request.
async fn body(body: Body, arguments: Value) -> Recorded {
    let upstream = upstream(&[("POST", "/x")]).await;
    let (document, mut lowered) = lowered(&post("body: { type: json, data: { a: '{{tools.a}}', b: '{{tools.b}}' } }"));
    let Work::Call { call, .. } = &mut lowered.operations[0].work else { panic!("expected a call") };
    call.body = Some(body);
    let settings = Settings::default().upstream("api", upstream.url());
    document::capability(document, lowered, settings).unwrap().call("post", arguments).await.unwrap();
    only(&upstream)
}

const A: Source = Source::Argument(0);
const B: Source = Source::Argument(1);

fn literal(text: &str) -> Piece {
    Piece::Literal(text.to_owned())
}

#[tokio::test]
async fn a_template_keeps_types_and_omits_absent_values() {
    let upstream = upstream(&[("POST", "/x")]).await;
    let yaml = post("body: { type: json, data: { text: 'Hello {{tools.a}}', all: '{{tools.b}}', n: 7 } }");
    let seen = sent(&yaml, &upstream, "post", json!({ "a": "\"é\"", "b": { "x": [1, null] } })).await;
    assert_eq!(seen.json().unwrap(), json!({ "text": "Hello \"é\"", "all": { "x": [1, null] }, "n": 7 }));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    capability(&yaml, &upstream).call("post", json!({})).await.unwrap();
    assert_eq!(upstream.requests()[1].json().unwrap(), json!({ "n": 7 }));
}

#[tokio::test]
async fn an_absent_element_of_a_list_does_not_move_the_next_one() {
    let data =
        "[1, '{{tools.a}}', '{{tools.b}}', { in: ['{{tools.a}}', 'x{{tools.b}}'] }, ['{{tools.b}}', '{{tools.a}}']]";
    let yaml = post(&format!("body: {{ type: json, data: {{ params: {data} }} }}"));
    for (arguments, params) in [
        (
            json!({ "a": "A", "b": { "c": 1 } }),
            json!([1, "A", { "c": 1 }, { "in": ["A", "x{\"c\":1}"] }, [{ "c": 1 }, "A"]]),
        ),
        (json!({ "a": "A" }), json!([1, "A", null, { "in": ["A"] }, [null, "A"]])),
        (json!({}), json!([1, null, null, { "in": [] }, []])),
    ] {
        let upstream = upstream(&[("POST", "/x")]).await;
        let seen = sent(&yaml, &upstream, "post", arguments).await;
        assert_eq!(seen.json().unwrap(), json!({ "params": params }));
    }
}

#[tokio::test]
async fn json_text_accepts_values_inside_and_outside_quotes() {
    let pieces = vec![
        literal(r#"{"q": "say \"#),
        literal(r#""hi\" "#),
        Piece::Value(A),
        literal(r#"", "v": "#),
        Piece::Value(B),
        literal("}"),
    ];
    let seen = body(Body::JsonText(pieces), json!({ "a": "\"x\"\n" })).await;
    assert_eq!(seen.json().unwrap(), json!({ "q": "say \"hi\" \"x\"\n", "v": null }));
}

#[tokio::test]
async fn forms_are_encoded() {
    let fields = vec![("a b".to_owned(), A), ("b".to_owned(), B), ("c".to_owned(), Source::Constant(json!([1, 2])))];
    let seen = body(Body::Form(fields), json!({ "a": "x&y=é" })).await;
    assert_eq!(seen.body, "a+b=x%26y%3D%C3%A9&c=1&c=2");
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    let seen = body(Body::FormText(vec![literal("q="), Piece::Value(A)]), json!({ "a": "x&y" })).await;
    assert_eq!(seen.body, "q=x%26y");
}

#[tokio::test]
async fn an_element_of_a_form_cannot_contain_the_delimiter_of_its_list() {
    for (lists, element, list) in [
        ("space", "x y", "['{{tools.a}}', 'z']"),
        ("pipe", "x|y", "['{{tools.a}}', 'z']"),
        ("space", "x y", "['{{tools.a}}']"),
    ] {
        let text = post(&format!("body: {{ type: formUrlEncoded, lists: {lists}, data: {{ l: {list} }} }}"));
        let (document, lowered) = lowered(&text);
        let upstream = upstream(&[("POST", "/x")]).await;
        let settings = Settings::default().upstream("api", upstream.url());
        let capability = document::capability(document, lowered, settings).unwrap();
        let error = capability.call("post", json!({ "a": element })).await.unwrap_err().to_string();
        assert!(error.contains("an element of `l` contains"), "{error}");
        assert!(error.contains("which separates the elements"), "{error}");
        assert!(upstream.requests().is_empty());
        capability.call("post", json!({ "a": "x,y" })).await.unwrap();
        assert!(upstream.requests()[0].body.starts_with(b"l=x%2Cy"));
    }
}

#[tokio::test]
async fn a_value_cannot_end_its_part() {
    let part = |name: &str, value| MultipartPart {
        name: name.to_owned(),
        value,
        filename: Some(Source::Constant(json!("a\"b.txt"))),
        content_type: Some(Source::Constant(json!("text/csv"))),
    };
    let hostile = "--naftiko-boundary-000000000000\r\nContent-Disposition: form-data; name=\"evil\"\r\n\r\n1";
    let seen = body(Body::Multipart(vec![part("file", A), part("left", B)]), json!({ "a": hostile })).await;
    let content_type = seen.header("content-type").unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let text = String::from_utf8(seen.body.to_vec()).unwrap();
    assert_eq!(text.matches(&format!("--{boundary}")).count(), 2, "{text}");
    assert!(
        text.contains("name=\"file\"; filename=\"a%22b.txt\"\r\nContent-Type: text/csv\r\n\r\n--naftiko"),
        "{text}"
    );
}

#[tokio::test]
async fn the_file_name_and_content_type_of_a_part_can_be_templates() {
    let upstream = upstream(&[("POST", "/x")]).await;
    let part = "{ name: file, value: x, filename: '{{tools.a}}.csv', contentType: '{{tools.b}}' }";
    let yaml =
        post(&format!("body: {{ type: multipartForm, data: [{part}] }}")).replace("b, type: object", "b, type: string");
    let seen = sent(&yaml, &upstream, "post", json!({ "a": "q1\"\r\nX: y", "b": "text/csv" })).await;
    let text = String::from_utf8(seen.body.to_vec()).unwrap();
    assert!(text.contains("filename=\"q1%22%0D%0AX: y.csv\"\r\nContent-Type: text/csv\r\n\r\nx\r\n"), "{text}");
}

#[tokio::test]
async fn a_text_body_escapes_values_in_xml_and_an_absent_body_is_not_sent() {
    let xml = || Source::Text(vec![literal("<a>"), Piece::Value(A), literal("</a>")]);
    let seen = body(Body::Text(BodyKind::Xml, xml()), json!({ "a": "<b>&\"" })).await;
    assert_eq!(seen.body, "<a>&lt;b&gt;&amp;&quot;</a>");
    assert_eq!(seen.header("content-type"), Some("application/xml"));
    let seen = body(Body::Text(BodyKind::Sparql, A), json!({ "a": "SELECT *" })).await;
    assert_eq!(seen.body, "SELECT *");
    assert_eq!(seen.header("content-type"), Some("application/sparql-query"));
    let seen = body(Body::Json(A), json!({})).await;
    assert!(seen.body.is_empty());
    assert_eq!(seen.header("content-type"), None);
}

#[tokio::test]
async fn a_content_type_of_the_caller_replaces_the_bodys_own() {
    let upstream = upstream(&[("POST", "/x")]).await;
    let yaml = post(
        "inputParameters: [{ name: Content-Type, in: header }]\nbody: { type: json, data: { a: '{{tools.a}}', b: '{{tools.b}}' } }",
    )
    .replace("inputParameters: [{ name: a,", "inputParameters: [{ name: Content-Type, type: string }, { name: a,")
    .replace("with: {", "with: { Content-Type: tools.Content-Type,");
    let arguments = json!({ "a": "1", "Content-Type": "application/merge-patch+json" });
    let seen = sent(&yaml, &upstream, "post", arguments).await;
    assert_eq!(seen.header("content-type"), Some("application/merge-patch+json"));
    assert_eq!(seen.json().unwrap(), json!({ "a": "1" }));
}
