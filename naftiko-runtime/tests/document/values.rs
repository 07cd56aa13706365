//! Numbers that documents pass on keep their digits, and duplicate JSON members are refused.

use crate::support::{capability, serve, tool, yaml};
use naftiko_runtime::ErrorKind;
use naftiko_runtime::testing::{Answer, Upstream};
use serde_json::{Value, json};

const WIDE: &str = "12345678901234567890123";

fn numbers() -> String {
    yaml(
        "",
        "
- name: items
  path: /items
  operations:
  - name: get-items
    method: GET
    description: Reads items.
    inputParameters:
    - { name: id, in: query, type: integer }
    - { name: amount, in: query, type: number }
    - { name: code, in: query, type: string }
- name: item
  path: /items/{id}
  operations:
  - name: put-item
    method: PUT
    description: Writes an item.
    inputParameters:
    - { name: id, in: path, type: integer, required: true }
    body:
      type: json
      data: { limit: '{{limit}}', wide: '{{wide}}' }
",
        "
- type: rest
  namespace: rest
  port: 8080
  unknownQuery: refuse
  page: true
  resources:
  - path: /items
    name: items
    description: Items.
    operations:
    - method: GET
      name: get-items
      description: Reads items.
      call: api.get-items
      inputParameters:
      - { name: id, in: query, type: integer, description: An identifier. }
      - { name: amount, in: query, type: number, description: An amount. }
      - { name: code, in: query, type: string, description: A code. }
      with: { id: rest.id, amount: rest.amount, code: rest.code }
      outputParameters:
      - type: object
        properties:
          id: { type: integer, mapping: $.id }
          label: { type: string, mapping: $.id }
          limit: { type: integer, mapping: $.limit }
  - path: /forwarded
    name: forwarded
    description: All else.
    forward: { targetNamespace: api }
- type: mcp
  namespace: mcp
  port: 9090
  transport: http
  tools:
  - name: get-items
    description: Reads items.
    call: api.get-items
    inputParameters:
    - { name: id, type: integer, description: An identifier. }
    - { name: amount, type: number, description: An amount. }
    - { name: code, type: string, description: A code. }
    with: { id: tools.id, amount: tools.amount, code: tools.code }
    outputParameters:
    - type: object
      properties:
        id: { type: integer, mapping: $.id }
        label: { type: string, mapping: $.id }
        limit: { type: integer, mapping: $.limit }
  - name: put-item
    description: Writes an item.
    call: api.put-item
    inputParameters:
    - { name: id, type: integer, description: An identifier., required: true }
    - { name: limit, type: integer, description: A limit. }
    - { name: wide, type: integer, description: A wide one. }
    with: { id: tools.id, limit: tools.limit, wide: tools.wide }
    outputParameters: [{ type: object, mapping: $. }]
",
    )
}

async fn start() -> (Upstream, String) {
    let upstream = Upstream::start().await;
    let items = format!(r#"{{"id":{WIDE},"limit":1e3}}"#);
    upstream.answer("GET", "/items", Answer::of(200, "application/json", items));
    upstream.answer("PUT", "/items/5", Answer::json(200, json!({ "ok": true })));
    upstream.answer("POST", "/x", Answer::json(200, json!({ "ok": true })));
    let url = serve(&capability(&numbers(), &upstream)).await;
    (upstream, url)
}

async fn get(url: &str, query: &str) -> (u16, String) {
    let answer = reqwest::get(format!("{url}/items?{query}")).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn an_integer_of_a_document_has_any_width_and_may_be_written_as_a_float() {
    let (upstream, url) = start().await;
    let shaped = format!(r#"{{"id":{WIDE},"label":"{WIDE}","limit":1000}}"#);
    assert_eq!(get(&url, "id=5.0&amount=5.0&code=5.0").await, (200, shaped));
    assert_eq!(get(&url, "id=1e3&code=007").await.0, 200);
    assert_eq!(get(&url, &format!("id={WIDE}")).await.0, 200);
    let result = tool(&url, "get-items", json!({ "id": 5.0, "amount": 0.5 })).await;
    assert_eq!(result["structuredContent"]["limit"].to_string(), "1000", "{result}");
    assert!(result["content"][0]["text"].as_str().unwrap().contains(WIDE), "{result}");
    let targets: Vec<String> = upstream.requests().iter().map(|request| request.path_and_query.clone()).collect();
    let wide = format!("/items?id={WIDE}");
    assert_eq!(
        targets,
        ["/items?id=5&amount=5.0&code=5.0", "/items?id=1000&code=007", &wide, "/items?id=5&amount=0.5"]
    );
}

#[tokio::test]
async fn a_fraction_or_a_float_beyond_2_to_the_53_is_not_an_integer_of_a_document() {
    let (upstream, url) = start().await;
    for id in ["9007199254740993.0", "1e20", "5.5"] {
        assert_eq!(get(&url, &format!("id={id}")).await.0, 400, "{id}");
        let id: Value = serde_json::from_str(id).unwrap();
        let result = tool(&url, "get-items", json!({ "id": id })).await;
        assert_eq!(result["isError"], true, "{result}");
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn integers_in_a_body_of_a_document_keep_their_digits() {
    let (upstream, url) = start().await;
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"put-item","arguments":{{"id":5.0,"limit":1e1,"wide":{WIDE}}}}}}}"#
    );
    let request = reqwest::Client::new().post(format!("{url}/mcp")).header("content-type", "application/json");
    let answer = request.body(body).send().await.unwrap().text().await.unwrap();
    assert!(answer.contains(r#""isError":false"#), "{answer}");
    let sent = upstream.requests();
    assert_eq!(sent[0].path(), "/items/5");
    assert_eq!(String::from_utf8_lossy(&sent[0].body), format!(r#"{{"limit":10,"wide":{WIDE}}}"#));
}

#[tokio::test]
async fn forwarded_json_has_no_duplicate_members() {
    let (upstream, url) = start().await;
    let post = async |body: &str| {
        let request =
            reqwest::Client::new().post(format!("{url}/forwarded/x")).header("content-type", "application/json");
        let answer = request.body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, problem) = post(r#"{"a":{"b":1,"b":2}}"#).await;
    assert_eq!(status, 400, "{problem}");
    assert!(problem.contains("`/a/b` is given twice"), "{problem}");
    assert!(upstream.requests().is_empty());
    assert_eq!(post(&format!(r#"{{"a":{WIDE}}}"#)).await.0, 200);
    assert_eq!(String::from_utf8_lossy(&upstream.requests()[0].body), format!(r#"{{"a":{WIDE}}}"#));
}

#[tokio::test]
async fn json_in_a_query_header_cookie_or_path_has_no_duplicate_members() {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/o/{id}", Answer::json(200, json!({ "ok": true })));
    let parameters: String = [
        ("o", "query", "object"),
        ("s", "query", "string"),
        ("l", "query", "array, items: { type: object }"),
        ("X-O", "header", "object"),
        ("c", "cookie", "object"),
    ]
    .map(|(name, place, kind)| format!("    - {{ name: {name}, in: {place}, type: {kind} }}\n"))
    .concat();
    let document = yaml(
        "",
        &format!(
            "- name: o\n  path: /o/{{id}}\n  operations:\n  - name: get\n    method: GET\n    outputRawFormat: json\n    inputParameters:\n    \
             - {{ name: id, in: path, type: object, required: true }}\n{parameters}"
        ),
        "- type: rest\n  namespace: r\n  resources:\n  - path: /o/{id}\n    name: o\n    description: O.\n    operations:\n    \
         - { method: GET, name: get, description: Gets., call: api.get, with: { id: rest.id, o: rest.o, s: rest.s, l: rest.l, X-O: rest.X-O, c: rest.c } }",
    );
    let url = serve(&capability(&document, &upstream)).await;
    let get = async |target: &str, header: (&str, &str)| {
        let request = reqwest::Client::new().get(format!("{url}/o/{target}")).header(header.0, header.1);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let once = "%7B%22b%22:1%7D";
    for (target, header, pointer) in [
        (format!("{once}?o={{\"a\":1,\"a\":2}}"), ("x", "y"), "/o/a"),
        (format!("{once}?o={{\"a\":{{\"b\":1,\"b\":1}}}}"), ("x", "y"), "/o/a/b"),
        (format!("{once}?l={{\"b\":1,\"b\":1}}"), ("x", "y"), "/l/0/b"),
        (format!("{once}?l={{}}&l={{\"b\":1,\"b\":1}}"), ("x", "y"), "/l/1/b"),
        (once.to_owned(), ("X-O", r#"{"a":1,"a":2}"#), "/X-O/a"),
        (once.to_owned(), ("cookie", r#"c={"a":1,"a":2}"#), "/c/a"),
        (r#"{"a":1,"a":2}"#.to_owned(), ("x", "y"), "/id/a"),
    ] {
        let (status, problem) = get(&target, header).await;
        assert_eq!(status, 400, "{target} {header:?}: {problem}");
        assert!(problem.contains(&format!("`{pointer}` is given twice")), "{target} {header:?}: {problem}");
    }
    assert!(upstream.requests().is_empty());
    // A string argument may contain the same text: it is not parsed as JSON.
    let (status, answer) = get(&format!("{once}?s={{\"a\":1,\"a\":2}}"), ("x", "y")).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_document_can_refuse_unknown_query_parameters() {
    let (upstream, url) = start().await;
    let (status, problem) = get(&url, "aomunt=5").await;
    assert_eq!(status, 400, "{problem}");
    assert!(problem.contains("unknown query parameter `aomunt`; did you mean `amount`?"), "{problem}");
    assert!(upstream.requests().is_empty());
    let written = capability(&numbers(), &upstream).document().to_yaml().unwrap();
    assert!(written.contains("unknownQuery: refuse") && written.contains("page: true"), "{written}");
}

/// Two integers that are read as the same 64-bit float.
const NEAR: [&str; 2] = ["12345678901234567890123", "12345678901234567890124"];

#[tokio::test]
async fn ambiguous_integers_are_not_rounded_in_a_url() {
    let (upstream, url) = start().await;
    let [one, other] = NEAR;
    let (status, problem) = get(&url, &format!("amount={one}&code={other}")).await;
    assert_eq!(status, 400, "{problem}");
    assert!(problem.contains("strings keep their digits"), "{problem}");
    assert!(upstream.requests().is_empty());
    assert_eq!(get(&url, &format!("amount={one}&code={one}")).await.0, 200);
    assert_eq!(upstream.requests()[0].path_and_query, format!("/items?amount={one}&code={one}"));
}

#[tokio::test]
async fn ambiguous_integers_are_not_rounded_in_an_answer() {
    let upstream = Upstream::start().await;
    let [one, other] = NEAR;
    upstream.answer("GET", "/items", Answer::of(200, "application/json", format!(r#"{{"id":{one},"x":{other}}}"#)));
    let url = serve(&capability(&numbers(), &upstream)).await;
    let (status, problem) = get(&url, "code=a").await;
    assert_eq!(status, 502, "{problem}");
    let result = tool(&url, "get-items", json!({ "code": "a" })).await;
    assert_eq!(result["isError"], true, "{result}");
}

#[tokio::test]
async fn ambiguous_integers_are_not_rounded_in_an_item() {
    let upstream = Upstream::start().await;
    let [one, other] = NEAR;
    let item = format!(r#"{{"id":{one},"x":{other}}}"#);
    // A list this long is shaped item by item.
    let list = format!("[{}{item}]", r#"{"id":"a"},"#.repeat(30_000));
    upstream.answer("GET", "/items", Answer::of(200, "application/json", list));
    upstream.answer("GET", "/lines", Answer::of(200, "application/x-ndjson", item + "\n"));
    let resources = "
- { name: items, path: /items, operations: [{ name: list, method: GET }] }
- { name: lines, path: /lines, operations: [{ name: watch, method: GET, outputRawFormat: stream }] }
";
    let shaped = |kind: &str| format!("type: object, properties: {{ id: {{ type: {kind}, mapping: $.id }} }}");
    for kind in ["string", "number"] {
        let exposes = format!(
            "
- type: rest
  namespace: rest
  resources:
  - {{ path: /items, operations: [{{ name: list, method: GET, call: api.list, outputParameters: [{{ type: array, mapping: $., items: {{ {0} }} }}] }}] }}
  - {{ path: /lines, operations: [{{ name: watch, method: GET, call: api.watch, outputParameters: [{{ {0} }}] }}] }}
",
            shaped(kind)
        );
        let capability = capability(&yaml("", resources, &exposes), &upstream);
        for operation in ["list", "watch"] {
            let error = capability.call_json(operation, "{}").await.unwrap_err();
            assert_eq!(
                (error.kind(), error.status().as_u16()),
                (ErrorKind::BadAnswer, 502),
                "{operation} {kind}: {error:?}"
            );
            assert!(error.to_string().contains("strings keep their digits"), "{operation} {kind}: {error}");
        }
    }
}

#[tokio::test]
async fn ambiguous_arguments_of_a_mock_are_the_fault_of_the_caller() {
    let upstream = Upstream::start().await;
    let exposes = "
- type: rest
  namespace: rest
  port: 8080
  resources:
  - name: both
    path: /both
    operations:
    - name: both
      method: GET
      inputParameters: [{name: a, in: query, type: number}, {name: b, in: query, type: number}]
      outputParameters: [{name: text, type: string, value: '{{a}} {{b}}'}]
";
    let url = serve(&capability(
        &yaml("", "- {name: p, path: /p, operations: [{name: op, method: GET}]}", exposes),
        &upstream,
    ))
    .await;
    let [one, other] = NEAR;
    let answer = reqwest::get(format!("{url}/both?a={one}&b={other}")).await.unwrap();
    assert_eq!(answer.status(), 400);
    let problem = answer.text().await.unwrap();
    assert!(problem.contains("the arguments cannot be returned: "), "{problem}");
}

/// Returns a document with one tool, `get`, which takes `o` and `s`, and returns a number, an integer, a string and a
/// boolean of an answer in that format.
fn shaped(format: &str) -> String {
    let resources = format!(
        "
- name: things
  path: /things
  operations:
  - name: get
    method: POST
    description: Gets.
    outputRawFormat: {format}
    inputParameters:
    - {{ name: o, in: query, type: object }}
    body: {{ type: json, data: {{ o: '{{{{o}}}}', s: 'is {{{{s}}}}' }} }}
"
    );
    let path = if format == "csv" || format == "yaml" { "$[0]." } else { "$." };
    let exposes = "
- type: mcp
  namespace: mcp
  port: 9090
  transport: http
  tools:
  - name: get
    description: Gets.
    call: api.get
    inputParameters:
    - { name: o, type: object, description: An object. }
    - { name: s, type: string, description: A text. }
    with: { o: tools.o, s: tools.s }
    outputParameters:
    - type: object
      properties:
        n: { type: number, mapping: 'PATHn' }
        i: { type: integer, mapping: 'PATHi' }
        s: { type: string, mapping: 'PATHs' }
        b: { type: boolean, mapping: 'PATHb' }
";
    yaml("", &resources, &exposes.replace("PATH", path))
}

#[tokio::test]
async fn numbers_of_a_shaped_answer_are_exact_or_refused() {
    let long = "0.1000000000000000055";
    let shaped_as = |i: &str, n: &str, s: &str| format!(r#"{{"n":{n},"i":{i},"s":{s},"b":null}}"#);
    let cases = [
        ("json", format!(r#"{{"n":{long},"i":5.0,"s":1e3}}"#), shaped_as("5", long, "\"1e3\"")),
        ("json", r#"{"n":1e3,"i":"1e3","s":0.10}"#.into(), shaped_as("1000", "1e3", "\"0.10\"")),
        ("json", format!(r#"{{"n":"{WIDE}","i":9007199254740993.0}}"#), shaped_as("9007199254740993.0", WIDE, "null")),
        ("json", format!(r#"{{"n":"{long}"}}"#), shaped_as("null", long, "null")),
        ("csv", format!("n,i,s\n{long},{WIDE},0.50\n"), shaped_as(WIDE, long, "\"0.50\"")),
        ("yaml", format!("- n: {long}\n  i: {WIDE}\n  s: 0.50\n"), shaped_as(WIDE, long, "\"0.50\"")),
        ("json", r#"{"i":5.5}"#.into(), "expected an integer at `$.i`, found a fraction".into()),
        ("json", r#"{"i":5.0000000000000000001}"#.into(), "expected an integer at `$.i`, found a fraction".into()),
        ("json", r#"{"i":"5.5"}"#.into(), "expected an integer at `$.i`, found a fraction".into()),
        ("json", r#"{"i":true}"#.into(), "expected an integer at `$.i`, found a boolean".into()),
        ("json", r#"{"n":false}"#.into(), "expected a number at `$.n`, found a boolean".into()),
        ("json", r#"{"n":1,"x":[1e400]}"#.into(), "a number is out of range, at `/x/0`".into()),
        ("json", format!(r#"{{"n":0.1,"x":{long}}}"#), "strings keep their digits".into()),
    ];
    for (format, answer, expected) in cases {
        let upstream = Upstream::start().await;
        upstream.answer("POST", "/things", Answer::of(200, "application/octet-stream", answer.clone()));
        match capability(&shaped(format), &upstream).call_json("get", "{}").await {
            Ok(json) => assert_eq!(json, expected, "{answer}"),
            Err(error) => {
                assert!(error.to_string().contains(&expected), "{answer}: {error}");
                assert_eq!(error.status().as_u16(), 502, "{error}");
            }
        }
    }
}

#[tokio::test]
async fn numbers_in_arguments_of_a_document_are_passed_on_unchanged() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/things", Answer::json(200, json!({})));
    let object = format!(r#"{{"a":[9007199254740993.0,0.1000000000000000055],"b":{WIDE},"c":0.50}}"#);
    let capability = capability(&shaped("json"), &upstream);
    capability.call_json("get", &format!(r#"{{"o":{object},"s":"0.10"}}"#)).await.unwrap();
    let sent = upstream.requests().remove(0);
    assert_eq!(String::from_utf8_lossy(&sent.body), format!(r#"{{"o":{object},"s":"is 0.10"}}"#));
    let query =
        percent_encoding::percent_decode_str(sent.path_and_query.split_once("o=").unwrap().1).decode_utf8().unwrap();
    assert_eq!(query, object);
}
