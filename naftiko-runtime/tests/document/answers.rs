//! The answers that callers get.

use crate::support::{capability, indented, serve, tool, yaml};
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::{Value, json};

/// Returns a document with a route and a tool that call the same operation.
fn both(format: &str, output: &str) -> String {
    let format = if format.is_empty() { String::new() } else { format!("    outputRawFormat: {format}\n") };
    let resources = format!("- name: r\n  path: /x\n  operations:\n  - name: get\n    method: GET\n{format}");
    let rest = indented(output, 6);
    let mcp = indented(output, 4);
    let exposes = format!(
        "- type: rest\n  namespace: rest\n  resources:\n  - path: /x\n    operations:\n    - method: GET\n      call: api.get\n{rest}\
         - type: mcp\n  namespace: tools\n  tools:\n  - name: get\n    description: Gets.\n    call: api.get\n{mcp}"
    );
    yaml("", &resources, &exposes)
}

/// Starts an upstream with that answer, and a server for the document.
async fn answering(yaml: &str, answer: Answer) -> (Upstream, String) {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/x", answer);
    let url = serve(&capability(yaml, &upstream)).await;
    (upstream, url)
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}"))
}

#[tokio::test]
async fn json_without_shaping_is_passed_on_unchanged() {
    let raw = "{ \"n\": 1.50, \"n\": 12345678901234567890123 }";
    let (_upstream, url) = answering(&both("", ""), Answer::of(201, "application/json", raw)).await;
    let answer = reqwest::get(format!("{url}/x")).await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await.unwrap(), raw);
    assert_eq!(text(&tool(&url, "get", json!({})).await), raw);
}

#[tokio::test]
async fn an_empty_answer_is_not_an_error() {
    for answer in [
        Answer::status(204),
        Answer::of(200, "application/json", ""),
        Answer::of(200, "application/json", "").without_length(),
        Answer::of(202, "text/html", ""),
    ] {
        for shaping in ["", "outputParameters: [{ type: object, properties: { a: { type: string, mapping: $.a } } }]"] {
            let (_upstream, url) = answering(&both("", shaping), answer.clone()).await;
            let rest = reqwest::get(format!("{url}/x")).await.unwrap();
            assert_eq!(rest.status(), 204);
            let result = tool(&url, "get", json!({})).await;
            assert_ne!(result["isError"], true, "{result}");
            assert_eq!(result["structuredContent"].is_object(), !shaping.is_empty(), "{result}");
        }
    }
}

#[tokio::test]
async fn parts_of_an_answer_are_shaped() {
    let shaping =
        "outputParameters: [{ type: object, properties: { first: { type: string, mapping: '$.items[0].name' } } }]";
    let answer = Answer::json(200, json!({ "items": [{ "name": "a", "secret": 1 }] }));
    let (_upstream, url) = answering(&both("", shaping), answer).await;
    let rest: Value = reqwest::get(format!("{url}/x")).await.unwrap().json().await.unwrap();
    assert_eq!(rest, json!({ "first": "a" }));
    assert_eq!(tool(&url, "get", json!({})).await["structuredContent"], json!({ "first": "a" }));
}

#[tokio::test]
async fn other_formats_are_read() {
    let (upstream, url) = answering(&both("csv", ""), Answer::of(200, "text/csv", "a,b\n1,x\n")).await;
    let rest: Value = reqwest::get(format!("{url}/x")).await.unwrap().json().await.unwrap();
    assert_eq!(rest, json!([{ "a": "1", "b": "x" }]));
    assert_eq!(upstream.requests()[0].header("accept"), Some("text/csv, */*;q=0.1"));
    let (_upstream, url) = answering(&both("xml", ""), Answer::of(200, "text/xml", "<a><b>")).await;
    let broken = reqwest::get(format!("{url}/x")).await.unwrap();
    assert_eq!(broken.status(), 502);
}

#[tokio::test]
async fn bytes_are_passed_on_with_their_type() {
    let (_upstream, url) = answering(&both("binary", ""), Answer::of(200, "image/png", vec![0x89, b'P', 0, 255])).await;
    let rest = reqwest::get(format!("{url}/x")).await.unwrap();
    assert_eq!(rest.headers()["content-type"], "image/png");
    assert_eq!(rest.headers()["x-content-type-options"], "nosniff");
    assert_eq!(rest.bytes().await.unwrap(), vec![0x89, b'P', 0, 255]);
    let result = tool(&url, "get", json!({})).await;
    let resource = json!({ "uri": "file:///get", "mimeType": "image/png", "blob": "iVAA/w==" });
    assert_eq!(result["content"], json!([{ "type": "resource", "resource": resource }]));
}

#[tokio::test]
async fn html_is_a_bad_answer_but_json_may_have_another_content_type() {
    let (_upstream, url) = answering(&both("", ""), Answer::of(200, "text/html", "<h1>hi</h1>")).await;
    let answer = reqwest::get(format!("{url}/x")).await.unwrap();
    assert_eq!(answer.status(), 502);
    let (_upstream, url) = answering(&both("", ""), Answer::of(200, "text/plain", "[1]")).await;
    assert_eq!(reqwest::get(format!("{url}/x")).await.unwrap().text().await.unwrap(), "[1]");
}

#[tokio::test]
async fn json_is_passed_on_in_utf8_or_refused() {
    let document = both("", "outputParameters: [{ type: object, mapping: $. }]");
    for (kind, body) in [
        ("application/json", &b"{\"a\":"[..]),
        ("application/json", b"{\"a\":1} trailing"),
        ("application/json", b"<h1>down</h1>"),
        ("application/problem+json", b"oops"),
        ("", b"oops"),
        ("text/html", b"{\"a\":\"\xff\"}"),
        ("application/json", b"{\"a\":\"\xff\"}"),
        ("application/json; charset=koi8-r", b"{\"a\":\"\xd1\"}"),
        ("application/json", "\u{feff}\u{feff}{}".as_bytes()),
        ("application/json", b"\xff\xfe{"),
    ] {
        let (_upstream, url) = answering(&document, Answer::of(200, kind, body)).await;
        let rest = reqwest::get(format!("{url}/x")).await.unwrap();
        assert_eq!(
            (rest.status().as_u16(), &rest.headers()["content-type"]),
            (502, &"application/problem+json".parse().unwrap()),
            "{kind}"
        );
        let result = tool(&url, "get", json!({})).await;
        assert_eq!(result["_meta"]["io.naftiko/error"]["status"], 502, "{kind}: {result}");
    }
    let latin1 = b"{\"a\":\"\xe9\x80\"}";
    let wide: Vec<u8> = "\u{feff}{\"a\":\"é€\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (kind, body) in [
        ("application/json; charset=iso-8859-1", &latin1[..]),
        ("application/json; charset=\"Windows-1252\"", latin1),
        ("text/json;charset=latin1", latin1),
        // The charset is wrong: valid UTF-8 takes precedence.
        ("application/json; charset=iso-8859-1", "{\"a\":\"é€\"}".as_bytes()),
        ("application/json; charset=utf-16", "{\"a\":\"é€\"}".as_bytes()),
        ("application/json", &wide),
        ("application/json", "\u{feff}{\"a\":\"é€\"}".as_bytes()),
    ] {
        let (_upstream, url) = answering(&document, Answer::of(200, kind, body.to_vec())).await;
        let rest = reqwest::get(format!("{url}/x")).await.unwrap();
        assert_eq!(rest.headers()["content-type"], "application/json");
        assert_eq!(rest.text().await.unwrap(), "{\"a\":\"é€\"}", "{kind}");
        let result = tool(&url, "get", json!({})).await;
        assert_eq!(text(&result), "{\"a\":\"é€\"}", "{kind}");
    }
}

#[tokio::test]
async fn json_beyond_the_limits_of_the_parser_is_not_called_malformed() {
    let shaped = "outputParameters: [{ type: object, properties: { a: { type: string, mapping: $.a } } }]";
    for (body, why) in
        [("{\"a\":1e999}".to_owned(), "a number is out of range"), ("[".repeat(1000), "nested too deeply")]
    {
        let (_upstream, url) = answering(&both("", shaped), Answer::of(200, "application/json", body)).await;
        let problem = reqwest::get(format!("{url}/x")).await.unwrap().text().await.unwrap();
        assert!(problem.contains(why), "{problem}");
    }
}

#[tokio::test]
async fn an_error_is_returned_as_problem_details() {
    let (_upstream, url) = answering(&both("", ""), Answer::json(409, json!({ "why": "taken" }))).await;
    let answer = reqwest::get(format!("{url}/x")).await.unwrap();
    assert_eq!(answer.status(), 409);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["upstream"], json!({ "status": 409, "body": { "why": "taken" } }));
    assert_eq!(tool(&url, "get", json!({})).await["isError"], true);
}

#[tokio::test]
async fn the_text_of_an_error_is_converted_to_utf8() {
    let wide: Vec<u8> = "\u{feff}{\"why\":\"Größe\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let object = json!({ "why": "Größe" });
    for (kind, body, expected) in [
        ("application/json; charset=iso-8859-1", &b"{\"why\":\"Gr\xf6\xdfe\"}"[..], object.clone()),
        ("application/json; charset=utf-16", &wide, object.clone()),
        ("application/json", "\u{feff}{\"why\":\"Größe\"}".as_bytes(), object.clone()),
        ("text/plain; charset=windows-1252", b"Gr\xf6\xdfe \x80", json!("Größe €")),
        // The encoding is not declared, or not supported.
        ("application/json", b"{\"why\":\"\xf6\"}", json!("{\"why\":\"\u{fffd}\"}")),
        ("text/plain; charset=koi8-r", b"\xf6", json!("\u{fffd}")),
    ] {
        let (_upstream, url) = answering(&both("", ""), Answer::of(422, kind, body.to_vec())).await;
        let problem: Value = reqwest::get(format!("{url}/x")).await.unwrap().json().await.unwrap();
        assert_eq!(problem["upstream"], json!({ "status": 422, "body": expected }), "{kind}");
        let result = tool(&url, "get", json!({})).await;
        assert_eq!(result["_meta"]["io.naftiko/error"]["upstream"], problem["upstream"], "{kind}");
    }
}

#[tokio::test]
async fn the_items_of_a_stream_are_converted_to_utf8() {
    for (kind, body) in [
        ("application/x-ndjson; charset=iso-8859-1", &b"\"\xe9\"\n\"\xe8\"\n"[..]),
        ("application/json; charset=latin1", b"\"\xe9\"\n\"\xe8\""),
        ("application/x-ndjson", "\"é\"\n\"è\"\n".as_bytes()),
    ] {
        let (_upstream, url) = answering(&both("stream", ""), Answer::of(200, kind, body.to_vec())).await;
        let lines = reqwest::get(format!("{url}/x")).await.unwrap().text().await.unwrap();
        assert_eq!(lines, "\"é\"\n\"è\"\n", "{kind}");
    }
    let answer = Answer::of(200, "application/x-ndjson; charset=koi8-r", &b"\"\xe9\"\n"[..]);
    let (_upstream, url) = answering(&both("stream", ""), answer).await;
    let result = tool(&url, "get", json!({})).await;
    assert!(result.to_string().contains("sent an item (number 1) that is not valid text: its encoding"), "{result}");
}

#[tokio::test]
async fn the_document_is_published_unchanged() {
    let yaml = both("", "");
    let upstream = Upstream::start().await;
    let capability = capability(&yaml, &upstream);
    let (document, lowered) = crate::support::lowered(&yaml);
    assert_eq!(capability.document(), &document);
    assert_eq!(naftiko_runtime::document::described(document, &lowered).openapi(), capability.openapi());
    assert!(capability.openapi().pointer("/paths/~1x/get").is_some());
}

#[tokio::test]
async fn an_answer_that_is_not_cached_is_not_the_fault_of_the_api() {
    let upstream = Upstream::start().await;
    let resources = "
- name: r
  path: /x
  operations:
  - { name: get, method: GET, inputParameters: [{ name: Cache-Control, in: header, type: string, required: false }] }
";
    let exposes = "
- type: rest
  namespace: rest
  resources: [{ path: /x, operations: [{ method: GET, call: api.get, with: { Cache-Control: rest.Cache-Control } }] }]
";
    let yaml = yaml("cache: true", resources, exposes);
    let url = serve(&capability(&yaml, &upstream)).await;
    let asked = reqwest::Client::new().get(format!("{url}/x")).header("cache-control", "only-if-cached");
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 504);
    let problem: Value = answer.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("the cache has no usable answer") && problem.get("api").is_none(), "{problem}");
    assert!(upstream.requests().is_empty());
}
