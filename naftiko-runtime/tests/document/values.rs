//! Numbers and members as documents pass them on.

use crate::support::{capability, serve, tool, yaml};
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
async fn integers_of_a_document_are_integers_of_any_width() {
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
async fn a_float_beyond_2_to_the_53_is_no_integer_of_a_document() {
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
async fn what_goes_on_as_it_is_has_no_member_twice_either() {
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
async fn json_in_a_query_header_cookie_or_path_has_no_member_twice_either() {
    let upstream = Upstream::start().await;
    for route in ["/o/1", "/o/x"] {
        upstream.answer("GET", route, Answer::json(200, json!({ "ok": true })));
    }
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
    // A text may look like that.
    get(&format!("{once}?s={{\"a\":1,\"a\":2}}"), ("x", "y")).await;
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_document_may_refuse_what_it_does_not_know() {
    let (upstream, url) = start().await;
    let (status, problem) = get(&url, "aomunt=5").await;
    assert_eq!(status, 400, "{problem}");
    assert!(problem.contains("there is no query parameter `aomunt`; the nearest is `amount`"), "{problem}");
    assert!(upstream.requests().is_empty());
    assert!(
        numbers().contains("unknownQuery")
            && capability(&numbers(), &upstream).document().to_yaml().unwrap().contains("unknownQuery: refuse")
    );
}

/// Two integers that are the same float.
const NEAR: [&str; 2] = ["12345678901234567890123", "12345678901234567890124"];

#[tokio::test]
async fn integers_that_cannot_be_told_apart_are_not_rounded_in_a_url() {
    let (upstream, url) = start().await;
    let [one, other] = NEAR;
    let (status, problem) = get(&url, &format!("amount={one}&code={other}")).await;
    assert_eq!(status, 400, "{problem}");
    assert!(problem.contains("pass them as strings"), "{problem}");
    assert!(upstream.requests().is_empty());
    assert_eq!(get(&url, &format!("amount={one}&code={one}")).await.0, 200);
    assert_eq!(upstream.requests()[0].path_and_query, format!("/items?amount={one}&code={one}"));
}

#[tokio::test]
async fn integers_that_cannot_be_told_apart_are_not_rounded_in_an_answer() {
    let upstream = Upstream::start().await;
    let [one, other] = NEAR;
    upstream.answer("GET", "/items", Answer::of(200, "application/json", format!(r#"{{"id":{one},"x":{other}}}"#)));
    let url = serve(&capability(&numbers(), &upstream)).await;
    let (status, problem) = get(&url, "code=a").await;
    assert_eq!(status, 502, "{problem}");
    let result = tool(&url, "get-items", json!({ "code": "a" })).await;
    assert_eq!(result["isError"], true, "{result}");
}
