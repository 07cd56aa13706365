//! Routes: placeholders within segments, text arguments, members of the body from the query.

use crate::support::{lowered, serve, upstream, yaml};
use naftiko_runtime::document::{self, Settings};
use naftiko_runtime::testing::Upstream;
use serde_json::{Value, json};

fn document() -> String {
    let resources = "
- name: r
  path: '/r/{id}'
  operations:
  - name: get
    method: GET
    inputParameters: [{ name: id, in: path }, { name: n, in: query, type: integer }, { name: on, in: query, type: boolean }, { name: ids, in: query, type: array }, { name: o, in: query, type: object }]
  - name: put
    method: PUT
    inputParameters: [{ name: id, in: path }]
    body: { type: json, data: { n: '{{tools.n}}', s: '{{tools.s}}' } }
";
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - path: '/x/{id}.json'
    operations:
    - { method: GET, call: api.get }
  - path: '/x/{id}'
    operations:
    - { method: GET, call: api.get }
    - { method: PUT, call: api.put, inputParameters: [{ name: id, in: path, type: string }, { name: n, in: body, type: integer }, { name: s, in: body, type: string }] }
  - path: \"/x/range(address='{id}')\"
    operations:
    - { method: PUT, call: api.put, inputParameters: [{ name: id, in: path, type: string }, { name: n, in: body, type: integer }, { name: s, in: body, type: string }] }
  - path: \"/y/{id}.json\"
    operations:
    - { method: GET, call: api.get }
";
    yaml("", resources, exposes)
}

async fn start() -> (Upstream, String) {
    let upstream = upstream(&[("GET", "/r/{id}"), ("PUT", "/r/{id}")]).await;
    let (document, mut lowered) = lowered(&document());
    for operation in &mut lowered.operations {
        for argument in &mut operation.fragment.arguments {
            argument.also_in_query = argument.name == "n";
        }
    }
    let settings = Settings::default().upstream("api", upstream.url());
    let url = serve(&document::capability(document, lowered, settings).unwrap()).await;
    (upstream, url)
}

#[tokio::test]
async fn the_most_specific_route_is_used() {
    let (upstream, url) = start().await;
    for (path, id) in [("/x/a.json", "a"), ("/x/a.b", "a.b"), ("/x/.json", ".json"), ("/y/a%20b.json", "a%20b")] {
        assert_eq!(reqwest::get(format!("{url}{path}")).await.unwrap().status(), 200, "{path}");
        assert_eq!(upstream.requests().pop().unwrap().path(), format!("/r/{id}"));
    }
    let client = reqwest::Client::new();
    let range = client.put(format!("{url}/x/range(address='A1%3AB2')")).json(&json!({ "n": 1 })).send().await.unwrap();
    assert_eq!(range.status(), 200);
    assert_eq!(upstream.requests().pop().unwrap().path(), "/r/A1%3AB2");
    assert_eq!(reqwest::get(format!("{url}/y/a.xml")).await.unwrap().status(), 404);
    let wrong = client.delete(format!("{url}/y/a.json")).send().await.unwrap();
    assert_eq!((wrong.status().as_u16(), wrong.headers()["allow"].to_str().unwrap()), (405, "GET,HEAD"));
}

#[tokio::test]
async fn texts_are_parsed_according_to_their_schema() {
    let (upstream, url) = start().await;
    let query = "n=7&on=true&ids=a%20b&ids=c&o=%7B%22k%22%3A1%7D";
    assert_eq!(reqwest::get(format!("{url}/x/a?{query}")).await.unwrap().status(), 200);
    assert_eq!(upstream.requests().pop().unwrap().query(), Some("n=7&on=true&ids=a%20b&ids=c&o=%7B%22k%22%3A1%7D"));
    for (query, pointer) in [("n=x", "/n"), ("n=1.5", "/n"), ("on=maybe", "/on"), ("o=x", "/o")] {
        let answer = reqwest::get(format!("{url}/x/a?{query}")).await.unwrap();
        assert_eq!(answer.status(), 400, "{query}");
        assert_eq!(answer.json::<Value>().await.unwrap()["pointer"], pointer);
    }
}

#[tokio::test]
async fn a_body_member_can_also_be_given_in_the_query() {
    let (upstream, url) = start().await;
    let put = |query: &str, body: Value| {
        let request = reqwest::Client::new().put(format!("{url}/x/a{query}"));
        async move { request.json(&body).send().await.unwrap().status().as_u16() }
    };
    assert_eq!(put("?n=5", json!({ "s": "x" })).await, 200);
    assert_eq!(upstream.requests().pop().unwrap().json().unwrap(), json!({ "n": 5, "s": "x" }));
    assert_eq!(put("", json!({ "n": 6 })).await, 200);
    assert_eq!(upstream.requests().pop().unwrap().json().unwrap(), json!({ "n": 6 }));
    assert_eq!(put("?n=5", json!({ "n": 6 })).await, 400);
    assert_eq!(put("?n=x", json!({})).await, 400);
    assert_eq!(put("", json!({ "n": "6" })).await, 400);
    assert_eq!(put("?s=5", json!({})).await, 200);
    assert_eq!(upstream.requests().pop().unwrap().json().unwrap(), json!({}), "`s` was read from the query");
}

#[tokio::test]
async fn allowed_values_beside_items_apply_to_the_items() {
    let resources = "- name: r\n  path: /r\n  operations:\n  - { name: get, method: GET, inputParameters: [{ name: tag, in: query, type: array }] }\n";
    let exposes = "- type: rest\n  namespace: rest\n  resources:\n  - path: /r\n    operations:\n    - { method: GET, call: api.get, \
        inputParameters: [{ name: tag, in: query, type: array, enum: [a, b] }], with: { tag: rest.tag } }\n";
    let upstream = upstream(&[("GET", "/r")]).await;
    let (document, lowered) = lowered(&yaml("", resources, exposes));
    let settings = Settings::default().upstream("api", upstream.url());
    let url = serve(&document::capability(document, lowered, settings).unwrap()).await;
    for (query, status) in [("tag=a&tag=b", 200), ("tag=c", 400), ("tag=a&tag=c", 400)] {
        assert_eq!(reqwest::get(format!("{url}/r?{query}")).await.unwrap().status(), status, "{query}");
    }
}
